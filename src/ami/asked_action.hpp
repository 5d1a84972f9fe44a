#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arigate::ami {

/// An action that somebody else has asked of the PBX.
struct AskedAction {
  /// Those that change what one knows of the PBX.
  enum class Kind : std::uint8_t {
    other,
    list_channels,
    list_bridges,
    status,
    core_status,
    originate,
    redirect,
  };

  std::vector<std::pair<std::string, std::string>> headers;

  Kind kind() const;
  std::string_view id() const;  ///< Its ActionID.
  /// The ids that an Originate gives its channels; "" where the PBX chooses them.
  std::string_view channel_id() const;
  std::string_view other_channel_id() const;
  /// The first value of a header, names without regard to case; "" when there is none.
  std::string_view operator[](std::string_view name) const;
  /// The value of "Variable: name=value" as the channel gets it; nullopt when it is not set.
  std::optional<std::string> variable(std::string_view name) const;
};

/// Cuts what went to the PBX on one AMI connection into actions.
class ActionReader {
 public:
  /// One that is longer is left out.
  static constexpr std::size_t action_bytes_max = std::size_t{256} * 1024;

  void feed(std::string_view bytes) { buffer_ += bytes; }
  std::optional<AskedAction> next();

 private:
  std::string buffer_;
  AskedAction action_;
  std::size_t bytes_ = 0;  ///< Of `action_`.
};

}  // namespace arigate::ami
