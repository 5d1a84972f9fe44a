#include "ami/snapshot.hpp"

namespace arigate::ami {

Snapshot snapshot_of(const Message& event, Role role) {
  if (role == Role::dest) {
    return {event[Key::destchannel],
            event[Key::destuniqueid],
            event[Key::destlinkedid],
            event[Key::destchannelstate],
            event[Key::destcalleridnum],
            event[Key::destcalleridname],
            event[Key::destconnectedlinenum],
            event[Key::destconnectedlinename],
            event[Key::destlanguage],
            event[Key::destaccountcode],
            event[Key::desttenantid],
            event[Key::destcontext],
            event[Key::destexten],
            event[Key::destpriority]};
  }
  // CoreShowChannel of old versions says Extension, all others Exten.
  const auto exten = event.has(Key::exten) ? event[Key::exten] : event[Key::extension];
  return {event[Key::channel],
          event[Key::uniqueid],
          event[Key::linkedid],
          event[Key::channelstate],
          event[Key::calleridnum],
          event[Key::calleridname],
          event[Key::connectedlinenum],
          event[Key::connectedlinename],
          event[Key::language],
          event[Key::accountcode],
          event[Key::tenantid],
          event[Key::context],
          exten,
          event[Key::priority]};
}

}  // namespace arigate::ami
