#include "model/device_states.hpp"

namespace arigate::model {
namespace {

constexpr std::string_view custom = "Custom:";

template <class Set>
void insert_limited(Set& set, const std::string& name) {
  if (set.size() < DeviceStates::devices_max) set.insert(name);
}

}  // namespace

void DeviceStates::own(const std::string& name) {
  insert_limited(own_, name);
  leaving_.erase(name);
  deleted_.erase(name);
}

void DeviceStates::leave(const std::string& name) {
  insert_limited(leaving_, name);
}

void DeviceStates::forget(const std::string& name) {
  own_.erase(name);
  leaving_.erase(name);
  insert_limited(deleted_, name);
  last_.erase(std::string{custom} + name);
}

std::optional<std::string> DeviceStates::shown(std::string_view device, std::string_view state) {
  if (!device.starts_with(custom)) return std::string{device};
  const auto name = device.substr(custom.size());
  if (leaving_.contains(name)) return std::nullopt;
  if (const auto found = deleted_.find(name); found != deleted_.end()) {
    // The quiet state that it was left with may be told late; another one is set by somebody else.
    if (state == quiet_state) return std::nullopt;
    deleted_.erase(found);
  }
  return (own_.contains(name) ? "Stasis:" : std::string{custom}) + std::string{name};
}

bool DeviceStates::changes(std::string_view device, std::string_view state) {
  if (const auto found = last_.find(device); found != last_.end()) {
    if (found->second == state) return false;
    found->second = state;
    return true;
  }
  if (last_.size() < devices_max) last_.emplace(device, state);
  return false;
}

std::string_view DeviceStates::last(std::string_view device) const {
  const auto found = last_.find(device);
  return found == last_.end() ? std::string_view{} : found->second;
}

void DeviceStates::expect(const std::string& device, const std::string& state) {
  expected_.erase(device);
  if (!state.empty() && expected_.size() < devices_max) expected_.emplace(device, state);
}

std::string_view DeviceStates::expected(std::string_view device) const {
  const auto found = expected_.find(device);
  return found == expected_.end() ? last(device) : found->second;
}

std::string_view state_of_hint(std::string_view status, std::string_view expected) {
  if (status == "0") return expected == "UNKNOWN" ? expected : "NOT_INUSE";
  if (status == "1") return "INUSE";
  if (status == "2") return "BUSY";
  if (status == "4") return expected == "INVALID" ? expected : "UNAVAILABLE";
  if (status == "8") return "RINGING";
  if (status == "9") return "RINGINUSE";
  if (status == "16" || status == "17") return "ONHOLD";
  return "";
}

}  // namespace arigate::model
