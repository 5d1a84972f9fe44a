#include "ops/room.hpp"

#include <fmt/format.h>

#include <utility>

#include "agi/command.hpp"
#include "model/room_name.hpp"

namespace arigate::ops {

std::string room_name(const World& world, const model::Bridge& bridge) {
  return model::room_of(bridge, world.dialplan_context);
}

/// From Asterisk 10 on, the options of a conference and of its next member are functions of the
/// channel. What is not set comes from [default_user] and [default_bridge] of confbridge.conf (from
/// 11.18 and 13.4 on), which may ask for a PIN, announce, record or refuse: so all that changes
/// what a member hears or is let do is set.
std::vector<std::pair<std::string, std::string>> room_variables(const World& world,
                                                                const model::Bridge& bridge,
                                                                const MemberOptions& options) {
  if (!world.ami.dialect().conference_events) return {};
  const bool waits = bridge.holding && !options.announcer && !options.listener;
  const auto yes_or_no = [](bool yes) { return yes ? "yes" : "no"; };
  std::vector<std::pair<std::string, std::string>> variables{
      {"CONFBRIDGE(user,pin)", ""},
      {"CONFBRIDGE(user,admin)", "no"},
      {"CONFBRIDGE(user,end_marked)", "no"},
      {"CONFBRIDGE(user,announcement)", ""},
      {"CONFBRIDGE(user,announce_join_leave)", "no"},
      {"CONFBRIDGE(user,announce_user_count)", "no"},
      {"CONFBRIDGE(user,announce_user_count_all)", "no"},
      {"CONFBRIDGE(bridge,max_members)", "0"},
      {"CONFBRIDGE(bridge,record_conference)", "no"},
      {"CONFBRIDGE(user,quiet)", "yes"},
      {"CONFBRIDGE(user,announce_only_user)", "no"},
      {"CONFBRIDGE(user,dtmf_passthrough)", yes_or_no(!options.absorb_dtmf)},
      // Who waits is muted, so that those who wait hear the announcer and not each other.
      {"CONFBRIDGE(user,startmuted)", yes_or_no(options.mute || options.listener || waits)},
      {"CONFBRIDGE(user,wait_marked)", yes_or_no(waits)},
      {"CONFBRIDGE(user,music_on_hold_when_empty)", yes_or_no(waits)},
      {"CONFBRIDGE(user,marked)", yes_or_no(bridge.holding && options.announcer)},
      {"CONFBRIDGE(bridge,video_mode)", bridge.video_mode == "sfu" ? "sfu" : "follow_talker"},
  };
  if (world.ami.dialect().snapshots) variables.emplace_back("CONFBRIDGE(user,timeout)", "0");
  return variables;
}

/// 1.8 has options as letters: q no prompts, 1 not even "you are the only one", m muted.
std::string room_arguments(const World& world, const model::Bridge& bridge,
                           const MemberOptions& options) {
  std::string room = room_name(world, bridge);
  if (world.ami.dialect().conference_events) return room;
  const bool waits = bridge.holding && !options.announcer;
  return room += options.mute || options.listener || waits ? ",q1m" : ",q1";
}

RoomLines room_lines(const World& world, const model::Bridge& bridge,
                     const MemberOptions& options) {
  RoomLines lines;
  for (const auto& [name, value] : room_variables(world, bridge, options)) {
    const auto line = agi::command("SET VARIABLE", {name, value});
    lines.before.push_back(line ? *line : "NOOP");
  }
  lines.blocking = "EXEC ConfBridge " + room_arguments(world, bridge, options);
  return lines;
}

bool waits_outside(const World& world, const model::Bridge& bridge) {
  return bridge.holding && !world.ami.dialect().conference_events;
}

RoomLines waiting_lines(const std::string& music_class) {
  auto music = start_moh_lines(music_class);
  return {music ? std::move(*music) : Lines{}, "", stop_moh_lines()};
}

Job::Step RoomRest::on(const agi::Reply& reply, TimePoint) {
  switch (state_) {
    case State::setting_up:
      if (called_away_) return Done{};
      return go_in();
    case State::in_room:
      if (called_away_ && hooks_.by_new_line) return Wait{};  // What is sent now would be lost.
      (called_away_ ? hooks_.is_out : hooks_.fell_out)(reply);
      return Done{};
    case State::idle:
      return Wait{};  // A reply that was late.
    case State::going:
      return go_out();
  }
  return Done{};
}

Job::Step RoomRest::on_new_line(TimePoint) {
  if (state_ == State::in_room) hooks_.is_out({});
  return Done{};
}

Job::Step RoomRest::call_away(TimePoint) {
  called_away_ = true;
  switch (state_) {
    case State::in_room:
      hooks_.pull_out();
      return Wait{};
    case State::idle:
      return go_out();
    case State::setting_up:
    case State::going:
      return Wait{};
  }
  return Wait{};
}

Job::Step RoomRest::go_in() {
  if (!lines_.before.empty()) {
    Send next{std::move(lines_.before.front())};
    lines_.before.pop_front();
    return next;
  }
  state_ = lines_.blocking.empty() ? State::idle : State::in_room;
  hooks_.goes_in();
  if (state_ == State::idle) return Wait{};
  return Send{lines_.blocking};
}

Job::Step RoomRest::go_out() {
  state_ = State::going;
  if (lines_.after.empty()) return Done{};
  Send next{std::move(lines_.after.front())};
  lines_.after.pop_front();
  return next;
}

}  // namespace arigate::ops
