#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace arigate::model {

/// The state in which a device is left that is deleted: hints go on showing it.
inline constexpr std::string_view quiet_state = "NOT_INUSE";

/// What is known of the states of devices, for what a PBX does not tell by itself: which custom
/// devices are ARI's own (`Custom:x` stands for `Stasis:x`), and, for PBXs before Asterisk 12,
/// which state was told last.
class DeviceStates {
 public:
  /// More devices are neither remembered nor told of twice.
  static constexpr std::size_t devices_max = 10'000;

  /// ARI sets it, or somebody is subscribed to it: its events are those of `Stasis:name`.
  void own(const std::string& name);
  /// It is about to be deleted: what the PBX tells of that is not shown.
  void leave(const std::string& name);
  /// It is deleted; the PBX goes on answering with its last state.
  void forget(const std::string& name);
  bool deleted(std::string_view name) const { return deleted_.contains(name); }

  /// The name under which ARI shows that the device has this state now; nullopt: it does not show
  /// it, because it is what a deletion leaves behind.
  std::optional<std::string> shown(std::string_view device, std::string_view state);

  /// Whether `state` is another one than was told last. The first one is none.
  bool changes(std::string_view device, std::string_view state);
  /// The state that was told last; "" for none.
  std::string_view last(std::string_view device) const;

  /// It is being set: what a hint tells from now on is this state, if it can be. "" once it is set.
  void expect(const std::string& device, const std::string& state);
  /// The state that is being set, else the one that was told last.
  std::string_view expected(std::string_view device) const;

 private:
  std::set<std::string, std::less<>> own_, leaving_, deleted_;
  std::map<std::string, std::string, std::less<>> last_, expected_;
};

/// The state of a device from the number of a hint (ExtensionStatus) that watches it alone; "" for
/// a number that says nothing. A hint does not tell all states apart, so the one that is expected
/// decides between those that look alike.
std::string_view state_of_hint(std::string_view status, std::string_view expected);

}  // namespace arigate::model
