// Actions about conferences, from Asterisk 10 on.
#include <array>

#include "core/text.hpp"
#include "sim/ami_action.hpp"

namespace arigate::sim {
namespace {

using Members = std::vector<ChannelPtr>;

/// The members of the conference that the action names, with the usual complaints.
Members* wanted_conference(const ActionCall& call) {
  const auto name = call.request["Conference"];
  if (name.empty()) {
    call.fail("No Conference name provided.");
    return nullptr;
  }
  auto& conferences = call.exchange->conferences();
  if (conferences.empty()) {
    call.fail("No active conferences.");
    return nullptr;
  }
  const auto found = conferences.find(std::string{name});
  if (found == conferences.end()) {
    call.fail("No Conference by that name found.");
    return nullptr;
  }
  return &found->second;
}

ChannelPtr wanted_member(const ActionCall& call) {
  const auto* members = wanted_conference(call);
  if (members == nullptr) return nullptr;
  for (const auto& member : *members) {
    if (member->name == call.request["Channel"]) return member;
  }
  call.fail("No Channel by that name found in Conference.");
  return nullptr;
}

ActionWork kick(ActionCall call) {
  const auto member = wanted_member(call);
  if (!member) co_return;
  member->kicked = true;
  member->signal.notify();
  call.succeed("User kicked");
}

ActionWork mute(ActionCall call) {
  if (const auto member = wanted_member(call)) {
    member->conference_muted = true;
    call.succeed("User muted");
  }
  co_return;
}

ActionWork unmute(ActionCall call) {
  if (const auto member = wanted_member(call)) {
    member->conference_muted = false;
    call.succeed("User unmuted");
  }
  co_return;
}

ActionWork list_members(ActionCall call) {
  const auto* members = wanted_conference(call);
  if (members == nullptr) co_return;
  call.begin_list("Confbridge user list will follow", true);
  for (const auto& member : *members) {
    call.item("ConfbridgeList", Fields{}
                                    .add("Conference", call.request["Conference"])
                                    .add("CallerIDNum", or_unknown(member->caller.number))
                                    .add("CallerIDName", or_unknown(member->caller.name))
                                    .add("Channel", member->name)
                                    .add("Admin", "No")
                                    .add("MarkedUser", "No"));
  }
  call.end_list(
      "ConfbridgeListComplete",
      call.exchange->dialect().list_end(call.action_id(), static_cast<long>(members->size())));
}

ActionWork list_rooms(ActionCall call) {
  const auto& conferences = call.exchange->conferences();
  if (conferences.empty()) {
    call.fail("No active conferences.");
    co_return;
  }
  call.begin_list("Confbridge conferences will follow", true);
  for (const auto& [name, members] : conferences) {
    call.item("ConfbridgeListRooms", Fields{}
                                         .add("Conference", name)
                                         .add("Parties", static_cast<long>(members.size()))
                                         .add("Marked", 0L)
                                         .add("Locked", "No"));
  }
  call.end_list(
      "ConfbridgeListRoomsComplete",
      call.exchange->dialect().list_end(call.action_id(), static_cast<long>(conferences.size())));
}

ActionWork set_video_source(ActionCall call) {
  if (wanted_member(call)) call.succeed("Conference single video source set.");
  co_return;
}

constexpr std::array<ActionRow, 6> conference_table{{
    {"ConfbridgeKick", privilege::call, kick},
    {"ConfbridgeList", privilege::reporting, list_members},
    {"ConfbridgeListRooms", privilege::reporting, list_rooms},
    {"ConfbridgeMute", privilege::call, mute},
    {"ConfbridgeSetSingleVideoSrc", privilege::call, set_video_source},
    {"ConfbridgeUnmute", privilege::call, unmute},
}};

}  // namespace

std::span<const ActionRow> conference_actions() {
  return conference_table;
}

}  // namespace arigate::sim
