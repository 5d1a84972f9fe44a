// Transfers as PBXs before Asterisk 12 tell them: one that a SIP phone asks for by an event, one by
// feature codes by variables only.
#include <string>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "model/reconciler.hpp"

namespace arigate::model {

using ami::Key;

/// Who goes on for a uniqueid that an event names: it may be that of a body that is dead already.
const Channel* Reconciler::transfer_party(std::string_view uniqueid) const {
  const auto* channel = store_.find(Uniqueid{std::string{uniqueid}});
  if (channel == nullptr || channel->lives_on_as.value.empty()) return channel;
  return store_.find(channel->lives_on_as);
}

const Channel* Reconciler::other_in(const Channel* channel) const {
  const Bridge* bridge = channel == nullptr ? nullptr : store_.find(channel->bridge);
  if (bridge == nullptr) return nullptr;
  for (const auto& member : bridge->channels) {
    if (member != channel->id) return store_.find(member);
  }
  return nullptr;
}

void Reconciler::on_transfer(const ami::Message& event, WallTime now) {
  const auto* transferer = store_.find(Uniqueid{std::string{event[Key::uniqueid]}});
  if (transferer == nullptr) return;
  const auto* target = transfer_party(event[Key::targetuniqueid]);
  const Bridge* bridge = store_.find(transferer->bridge);
  if (iequals(event[Key::transfertype], "Blind")) {
    return emit(BridgeBlindTransfer{*transferer, target, bridge, event[Key::transferexten],
                                    event[Key::transfercontext], "Success", true},
                now);
  }
  // The target is the transferer's second leg; who it talked to, the transferee goes to.
  const auto* second = store_.find(Uniqueid{std::string{event[Key::targetuniqueid]}});
  if (second == nullptr) return;
  const bool done = target != second;
  BridgeAttendedTransfer transfer{*transferer,
                                  *second,
                                  done ? target : other_in(transferer),
                                  other_in(target),
                                  bridge,
                                  store_.find(target != nullptr ? target->bridge : BridgeId{}),
                                  "Success",
                                  true,
                                  "fail",
                                  {},
                                  {},
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr};
  show_place(transfer, done);
  emit(transfer, now);
}

/// Who talks to the transferer on one leg takes the place of the other one, whatever that is in.
/// When it is in no call of two on either, the PBX hangs up both legs (11.25.3:channels/chan_sip.c;
/// seen: 1.8, 11).
void Reconciler::show_place(BridgeAttendedTransfer& transfer, bool is_second) {
  const auto talks = [](const Bridge* bridge) { return bridge != nullptr && bridge->linked; };
  is_second |= talks(transfer.first_bridge);
  if (!is_second && !talks(transfer.second_bridge)) {
    transfer.result = "Invalid";
    return;
  }
  const Bridge* there = is_second ? transfer.second_bridge : transfer.first_bridge;
  const Channel& leg = is_second ? transfer.second_leg : transfer.first_leg;
  transfer.destination_type = there != nullptr ? "bridge" : "application";
  if (there != nullptr) {
    transfer.destination_bridge = there->id.value;
  } else {
    transfer.destination_application = leg.dialplan.app_name;
  }
}

// --- feature codes ------------------------------------------------------------------------------

/// Blind: BLINDTRANSFER names the other one, first on the transferer, then on the transferee, when
/// all digits are in (1.8.32.3, 11.25.3:main/features.c; seen: feature-blind of 1.8, 11). A SIP
/// phone sets it too, but while the two are still linked, and an event follows. Attended:
/// TRANSFERERNAME on the leg that the transferer calls.
void Reconciler::on_transfer_variable(Channel& channel, std::string_view name,
                                      std::string_view value, WallTime now) {
  if (dialect_.snapshots) return;
  if (name == "TRANSFERERNAME") channel.called_for = value;
  if (name != "BLINDTRANSFER") return;
  const Channel* other = store_.find_name(value);
  channel.transfers = channel.transferer = {};
  if (other == nullptr) return;  // Its transfer is over.
  if (other->transfers != channel.id) {
    channel.transfers = other->id;
    return;
  }
  const Bridge* bridge = store_.find(channel.bridge);
  if (bridge != nullptr && bridge->linked) return;
  channel.transferer = other->id;
  if (!other->digits.empty()) {
    const std::string exten = other->digits;
    blind_transfer(channel, exten, other->dialplan.context, now);
  }
}

/// Told once; not any more when the transferer has gone before it was clear where the call goes.
void Reconciler::blind_transfer(Channel& transferee, std::string_view exten,
                                std::string_view context, WallTime now) {
  if (transferee.transferer.value.empty()) return;
  Channel* transferer = store_.mutable_find(std::exchange(transferee.transferer, {}));
  if (transferer == nullptr) return;
  transferer->transfers = {};
  emit(BridgeBlindTransfer{*transferer, &transferee, store_.find(transferer->bridge), exten,
                           context, "Success", false},
       now);
}

/// The transferer has left its second call, and who it had put on hold goes there in its place: in
/// a bridge that the next Link makes.
void Reconciler::attended_transfer(const Channel& transferee, WallTime now) {
  const Channel* transferer = store_.find(transferee.last_linked);
  if (transferer == nullptr) return;
  const Channel* target = store_.find(transferer->last_linked);
  if (target == nullptr || target->called_for != transferer->name) return;
  const BridgeId joined = link_id(transferee, *target);
  emit(BridgeAttendedTransfer{*transferer,
                              *transferer,
                              &transferee,
                              nullptr,
                              nullptr,
                              nullptr,
                              "Success",
                              false,
                              "bridge",
                              joined.value,
                              {},
                              nullptr,
                              nullptr,
                              nullptr,
                              nullptr},
       now);
}

}  // namespace arigate::model
