#include "ops/room.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "agi/command.hpp"
#include "model/room_name.hpp"

namespace arigate::ops {
namespace {

/// From Asterisk 10 on, the options of a conference and of its next member are functions of the
/// channel. Without them the application takes those of confbridge.conf, which may ask for a PIN.
std::string option(std::string_view of, std::string_view name, std::string_view value) {
  const auto line =
      agi::command("SET VARIABLE", {fmt::format("CONFBRIDGE({},{})", of, name), value});
  return line ? *line : "NOOP";
}

/// 1.8 has options as letters: q no prompts, 1 not even "you are the only one", m muted.
RoomLines old_lines(const model::Bridge& bridge, const MemberOptions& options) {
  if (bridge.holding && !options.announcer) {
    return {{"SET MUSIC ON"}, "", {"SET MUSIC OFF"}};
  }
  return {{},
          fmt::format("EXEC ConfBridge {},q1{}", model::room_of(bridge), options.mute ? "m" : ""),
          {}};
}

}  // namespace

RoomLines room_lines(const ami::Dialect& dialect, const model::Bridge& bridge,
                     const MemberOptions& options) {
  if (!dialect.conference_events) return old_lines(bridge, options);
  RoomLines lines;
  const auto user = [&](std::string_view name, bool yes) {
    lines.before.push_back(option("user", name, yes ? "yes" : "no"));
  };
  user("quiet", true);
  user("announce_only_user", false);
  user("dtmf_passthrough", !options.absorb_dtmf);
  const bool waits = bridge.holding && !options.announcer;
  // Who waits is muted, so that those who wait hear the announcer and not each other.
  user("startmuted", options.mute || waits);
  user("wait_marked", waits);
  user("music_on_hold_when_empty", waits);
  user("marked", bridge.holding && options.announcer);
  const std::string_view video = bridge.video_mode == "sfu" ? "sfu" : "follow_talker";
  lines.before.push_back(option("bridge", "video_mode", video));
  lines.blocking = "EXEC ConfBridge " + model::room_of(bridge);
  return lines;
}

Job::Step RoomRest::on(const agi::Reply& reply, TimePoint) {
  switch (state_) {
    case State::setting_up:
      if (called_away_) return Done{};
      return go_in();
    case State::in_room:
      (called_away_ ? hooks_.is_out : hooks_.fell_out)(reply);
      return Done{};
    case State::idle:
      return Wait{};  // A reply that was late.
    case State::going:
      return go_out();
  }
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
