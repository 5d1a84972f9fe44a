// States of devices. Asterisk tells them from 13 on; before that there are hints, which tell the
// state of an extension, and what we ask and set ourselves.
#include "core/text.hpp"
#include "model/reconciler.hpp"

namespace arigate::model {

using ami::Key;

void Reconciler::tell_device_state(std::string_view device, std::string_view state, WallTime now) {
  if (const auto shown = devices_.shown(device, state))
    emit(DeviceStateChanged{*shown, state}, now);
}

void Reconciler::device_state(std::string_view device, std::string_view state, bool set,
                              WallTime now) {
  const bool first = devices_.last(device).empty();
  if (devices_.changes(device, state) || (first && set)) tell_device_state(device, state, now);
}

/// Asterisk 13.0 tells, but is asked too: it cannot be told from one that does not.
void Reconciler::on_device_state(std::string_view device, std::string_view state, WallTime now) {
  if (dialect_.device_events) return tell_device_state(device, state, now);
  device_state(device, state, true, now);
}

void Reconciler::delete_device(const std::string& name, WallTime now) {
  devices_.forget(name);
  emit(DeviceStateChanged{"Stasis:" + name, "UNKNOWN"}, now);
}

/// A hint of several devices says nothing of each of them.
void Reconciler::on_extension_status(const ami::Message& event, WallTime now) {
  const auto device = event[Key::hint];
  if (device.empty() || device.find_first_of("&,") != std::string_view::npos) return;
  const auto state = state_of_hint(event[Key::status], devices_.expected(device));
  if (!state.empty()) device_state(device, std::string{state}, true, now);
}

}  // namespace arigate::model
