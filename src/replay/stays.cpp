#include "replay/stays.hpp"

#include <simdjson.h>

#include <utility>
#include <variant>

#include "core/overloaded.hpp"
#include "core/text.hpp"

namespace arigate::replay {
namespace {

namespace dom = simdjson::dom;

using trace::Direction;
using trace::Line;

/// The file of "STREAM FILE name …" or "CONTROL STREAM FILE name …"; nullopt for other commands.
std::optional<std::string> played_file(std::string_view command) {
  for (const std::string_view verb : {"STREAM FILE ", "CONTROL STREAM FILE "}) {
    if (!command.starts_with(verb)) continue;
    command.remove_prefix(verb.size());
    if (command.starts_with('"')) {
      command.remove_prefix(1);
      return std::string{command.substr(0, command.find('"'))};
    }
    return std::string{command.substr(0, command.find(' '))};
  }
  return std::nullopt;
}

/// The token by which a session of the re-entry context is known.
std::string token_of(const agi::Environment& environment) {
  const auto target = agi::target_of(environment);
  return target && !target->arguments.empty() ? target->arguments.front() : "";
}

}  // namespace

Result<void> Stays::play(const Line& line, WallTime now) {
  auto& session = sessions_[line.link];
  if (line.what == Line::What::close || line.what == Line::What::eof) {
    if (!session.returning) leave(session, now);
    end_playback(session, model::PlaybackState::done, now);
    sessions_.erase(line.link);
    return {};
  }
  session.refused = known_.refused.contains(line.link);
  if (line.what != Line::What::data) {
    session.begun = true;
    return {};
  }
  if (line.dir == Direction::to_pbx) {
    session.commands += line.data;
    take_commands(session, now);
    return {};
  }
  // A later file of a recording: without its beginning nothing is known of a session.
  if (!std::exchange(session.begun, true)) {
    const std::string_view begin = std::string_view{"agi_"}.substr(0, line.data.size());
    session.broken = !line.data.starts_with(begin);
  }
  if (session.broken) return {};
  session.decoder.feed(line.data);
  for (;;) {
    const auto input = session.decoder.next();
    if (!input) {
      session.broken = true;
      return input.error();
    }
    if (!*input) return {};
    take(session, **input, now);
  }
}

void Stays::take(Session& session, const agi::Input& input, WallTime now) {
  std::visit(Overloaded{
                 [&](const agi::Environment& environment) {
                   session.environment = environment;
                   session.uniqueid.value = environment.uniqueid;
                   if (!come_back(session, now)) enter_if_ready(session, now);
                 },
                 [&](const agi::Reply& reply) { take_reply(session, reply, now); },
                 [&](agi::HangupSeen) { take_hangup(session, now); },
             },
             input);
}

void Stays::take_reply(Session& session, const agi::Reply& reply, WallTime now) {
  const bool failed = reply.endpos == 0 && reply.number() == -1;
  end_playback(session, failed ? model::PlaybackState::failed : model::PlaybackState::done, now);
  if (!std::exchange(session.asks_where, false) || !reply.value || reply.value->empty()) return;
  leave(session, now);  // Of the arigate before.
  session.destination = model::destination_in(*reply.value);
  enter_if_ready(session, now);
}

void Stays::take_hangup(Session& session, WallTime now) {
  if (session.returning) return;  // The sign of the Redirect.
  session.ending = true;
  look_after(now);
}

void Stays::take_commands(Session& session, WallTime now) {
  for (;;) {
    const auto end = session.commands.find('\n');
    if (end == std::string::npos) return;
    const std::string command = session.commands.substr(0, end);
    session.commands.erase(0, end + 1);
    session.asks_where = in_own_context(session) && command == "GET VARIABLE ARIGATE_APP";
    if (session.channel.value.empty()) continue;
    // A new command interrupts the one that plays.
    end_playback(session, model::PlaybackState::done, now);
    if (auto file = played_file(command)) begin_playback(session, *std::move(file), now);
    // How an arigate lets a channel go.
    if (command == R"(SET VARIABLE "STASISSTATUS" "SUCCESS")") leave(session, now, true);
  }
}

void Stays::begin_playback(Session& session, std::string file, WallTime now) {
  model::Playback playback;
  playback.id.value = "replay-" + std::to_string(++playbacks_);
  playback.media_uri = "sound:" + std::move(file);
  playback.target_uri = "channel:" + session.channel.value;
  playback.channel = session.channel;
  playback.language = "en";
  const std::string media = playback.media_uri;
  session.playback = reconciler_.add_playback(std::move(playback));
  reconciler_.set_playback(session.playback, model::PlaybackState::playing, media, "", now);
}

void Stays::end_playback(Session& session, model::PlaybackState state, WallTime now) {
  const PlaybackId ended = std::exchange(session.playback, {});
  if (!ended.value.empty()) reconciler_.end_playback(ended, state, now);
}

/// As in the running program: when AMI has told the channel and the AGI line of its dialplan.
void Stays::enter_if_ready(Session& session, WallTime now) {
  if (!session.environment || !session.channel.value.empty() || session.ending || session.refused) {
    return;
  }
  const auto* channel = store_.find(session.uniqueid);
  if (channel == nullptr || !channel->in_agi || channel->application) return;
  const auto destination = destination_of(session, *channel);
  if (!destination) return;
  session.channel = channel->id;
  reconciler_.enter(session.channel, destination->application, destination->arguments,
                    *session.environment, now);
}

bool Stays::in_own_context(const Session& session) const {
  return session.environment && session.environment->context == known_.own_context;
}

std::optional<model::Destination> Stays::destination_of(const Session& session,
                                                        const model::Channel& channel) {
  const auto told = starts_.find(channel.id.value);
  if (told != starts_.end()) return starts_.extract(told).mapped();
  if (known_.all_told || known_.told.contains(channel.id.value)) return std::nullopt;  // Not yet.
  if (session.destination) return session.destination;
  if (in_own_context(session)) {
    const auto originated = originated_.extract(token_of(*session.environment));
    if (originated.empty()) return std::nullopt;
    return originated.mapped();
  }
  auto target = agi::target_of(*session.environment);
  if (!target) return std::nullopt;
  return model::Destination{AppName{std::move(target->application)}, std::move(target->arguments)};
}

/// The session of a channel that was redirected takes the place of the one that it had.
bool Stays::come_back(Session& session, WallTime now) {
  if (!in_own_context(session)) return false;
  const auto expected = returning_.find(token_of(*session.environment));
  if (expected == returning_.end()) return false;
  const auto id = returning_.extract(expected).mapped();
  const auto* channel = store_.find(id);
  if (channel == nullptr || !channel->application) return false;
  for (auto& [link, other] : sessions_) {
    if (&other == &session || other.channel != id) continue;
    end_playback(other, model::PlaybackState::done, now);
    other.channel = {};
  }
  session.channel = id;
  return true;
}

void Stays::leave(Session& session, WallTime now, bool status_follows) {
  end_playback(session, model::PlaybackState::done, now);
  const ChannelId left = std::exchange(session.channel, {});
  if (left.value.empty()) return;
  if (status_follows) session.ending = true;
  reconciler_.leave(left, now, status_follows);
}

void Stays::look_after(WallTime now) {
  for (auto& [link, session] : sessions_) {
    enter_if_ready(session, now);
    const auto* channel = store_.find(session.channel);
    if (session.ending && channel != nullptr && channel->hangup_told) leave(session, now);
  }
}

// --- what else was recorded ---------------------------------------------------------------------

void Stays::told(const std::string& event, WallTime now) {
  if (event.find("\"StasisStart\"") == std::string::npos) return;
  dom::parser parser;
  dom::element start;
  std::string_view type, application, id;
  if (parser.parse(event).get(start) != simdjson::SUCCESS ||
      start["type"].get(type) != simdjson::SUCCESS || type != "StasisStart" ||
      start["application"].get(application) != simdjson::SUCCESS ||
      start["channel"]["id"].get(id) != simdjson::SUCCESS) {
    return;
  }
  model::Destination destination{AppName{std::string{application}}, {}};
  dom::array arguments;
  if (start["args"].get(arguments) == simdjson::SUCCESS) {
    for (const auto argument : arguments) {
      std::string_view text;
      if (argument.get(text) == simdjson::SUCCESS) destination.arguments.emplace_back(text);
    }
  }
  const auto* channel = store_.find(ChannelId{std::string{id}});
  if (channel != nullptr && channel->application) {
    const bool moved = channel->application != destination.application ||
                       channel->arguments != destination.arguments;
    if (moved) reconciler_.move(channel->id, destination.application, destination.arguments, now);
    return;
  }
  if (starts_.size() >= awaited_max) forget_the_gone();
  if (starts_.size() < awaited_max) starts_.insert_or_assign(std::string{id}, destination);
  look_after(now);
}

void Stays::asked(const ami::AskedAction& action) {
  using Kind = ami::AskedAction::Kind;
  if (action.kind() == Kind::redirect) asked_redirect(action);
  if (action.kind() == Kind::originate) asked_originate(action);
}

bool Stays::leads_to_us(const ami::AskedAction& action) const {
  return action["Context"] == known_.own_context && !action["Exten"].empty();
}

void Stays::asked_redirect(const ami::AskedAction& action) {
  const auto* channel = store_.find_name(action["Channel"]);
  if (!leads_to_us(action) || channel == nullptr || !channel->application) return;
  if (returning_.size() >= awaited_max) forget_the_gone();
  if (returning_.size() >= awaited_max) return;
  for (auto& [link, session] : sessions_) {
    if (session.channel == channel->id) session.returning = true;
  }
  returning_.insert_or_assign(std::string{action["Exten"]}, channel->id);
  redirects_.insert_or_assign(std::string{action.id()}, std::string{action["Exten"]});
}

void Stays::asked_originate(const ami::AskedAction& action) {
  if (!action.id().starts_with("arigate-originate-")) return;
  const std::string token{action["Exten"]};
  if (originated_.size() >= awaited_max) originated_.clear();
  if (const auto text = action.variable("ARIGATE_APP"); text && leads_to_us(action)) {
    originated_.insert_or_assign(token, model::destination_in(*text));
  }
  ChannelId channel{std::string{action.channel_id()}};
  if (const auto carried = action.variable("ARIGATE_CHANNEL")) channel.value = *carried;
  if (channel.value.empty() || originates_.size() >= awaited_max) return;
  std::string dialstring{action["Channel"]};
  dialstring.erase(0, dialstring.find('/') + 1);
  const auto known_by = action.variable("ARIGATE_ID");
  (void)reconciler_.expect(channel, known_by.value_or(token), std::move(dialstring),
                           ChannelId{std::string{action.other_channel_id()}});
  originates_.insert_or_assign(std::string{action.id()}, std::move(channel));
}

void Stays::answered(std::string_view action_id, bool ok, WallTime now) {
  if (const auto found = originates_.find(action_id); found != originates_.end()) {
    const auto channel = originates_.extract(found).mapped();
    if (!ok) reconciler_.forget_expected(channel);
  }
  const auto found = redirects_.find(action_id);
  if (found == redirects_.end()) return;
  const auto redirected = returning_.find(redirects_.extract(found).mapped());
  if (ok || redirected == returning_.end()) return;
  const auto id = returning_.extract(redirected).mapped();
  bool stays = false;
  for (auto& [link, session] : sessions_) {
    if (session.channel != id) continue;
    session.returning = false;
    stays = true;
  }
  if (!stays) reconciler_.leave(id, now);
}

void Stays::forget_the_gone() {
  std::erase_if(returning_,
                [&](const auto& entry) { return store_.find(entry.second) == nullptr; });
  std::erase_if(starts_,
                [&](const auto& entry) { return store_.find(ChannelId{entry.first}) == nullptr; });
}

}  // namespace arigate::replay
