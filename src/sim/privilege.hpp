#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arigate::sim {

/// A set of AMI privilege classes: what an event belongs to, what an action needs, what a user may
/// read or write.
class Privilege {
 public:
  constexpr Privilege() = default;
  constexpr explicit Privilege(std::uint32_t bits) : bits_{bits} {}

  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool meets(Privilege other) const { return (bits_ & other.bits_) != 0; }
  constexpr Privilege operator|(Privilege other) const { return Privilege{bits_ | other.bits_}; }
  constexpr std::uint32_t bits() const { return bits_; }
  constexpr bool operator==(const Privilege&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

/// Bits in the order in which the PBX writes the names.
namespace privilege {
inline constexpr Privilege none{};
inline constexpr Privilege system{1U << 0U};
inline constexpr Privilege call{1U << 1U};
inline constexpr Privilege command{1U << 4U};
inline constexpr Privilege agent{1U << 5U};
inline constexpr Privilege user{1U << 6U};
inline constexpr Privilege config{1U << 7U};
inline constexpr Privilege dtmf{1U << 8U};
inline constexpr Privilege reporting{1U << 9U};
inline constexpr Privilege dialplan{1U << 11U};
inline constexpr Privilege originate{1U << 12U};
inline constexpr Privilege agi{1U << 13U};
inline constexpr Privilege message{1U << 18U};
inline constexpr Privilege all{0xffffffffU};
}  // namespace privilege

/// "system,call" or "all"; unknown names are skipped, as the PBX does.
Privilege parse_privilege(std::string_view text);

/// "call,all" as in a Privilege header; "<none>" for the empty set.
std::string to_string(Privilege privilege);

}  // namespace arigate::sim
