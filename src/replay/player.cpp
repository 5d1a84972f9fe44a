#include "replay/player.hpp"

#include <chrono>
#include <utility>
#include <variant>

#include "ami/dialect.hpp"
#include "core/overloaded.hpp"

namespace arigate::replay {
namespace {

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

}  // namespace

Result<void> Player::play(const Line& line, WallTime now) {
  if (line.link == options_.ami_link) {
    if (line.what == Line::What::open || line.what == Line::What::connect) {
      decoder_ = {};
      version_.clear();
      broken_ = begun_ = false;
    }
    if (line.what == Line::What::data && line.dir == Direction::from_pbx && !broken_) {
      return play_ami(line.data, now);
    }
  } else if (options_.sessions_are_ours && line.link.starts_with("agi:")) {
    play_agi(line, now);
  }
  return {};
}

void Player::pass_time(WallTime now) {
  // A PBX that takes no ids leaves new channels unannounced until it is clear whose they are; in
  // the running program a timer ends that.
  constexpr std::chrono::milliseconds decided_within{20};
  reconciler_.decide(now - decided_within, now);
}

Result<void> Player::play_ami(std::string_view bytes, WallTime now) {
  constexpr std::string_view banner_start = "Asterisk Call Manager/";
  pass_time(now);
  if (!std::exchange(begun_, true) && bytes.substr(0, 1) != banner_start.substr(0, 1) &&
      !options_.ami_version.empty()) {
    // A later file of a recording. It may begin with the end of a message, which has no name then.
    decoder_.feed(std::string{banner_start} + options_.ami_version + "\r\n");
  }
  decoder_.feed(bytes);
  for (;;) {
    const auto message = decoder_.next();
    if (!message) {
      broken_ = true;
      return message.error();
    }
    if (version_ != decoder_.version()) {
      version_ = decoder_.version();
      reconciler_.use(ami::dialect_of(version_));
      vetting_.use(ami::dialect_of(version_));
    }
    if (*message == nullptr) return {};
    if ((*message)->is_response()) continue;
    if (vetting_.judge(**message).verdict == model::Vetting::Verdict::forged) continue;
    reconciler_.apply(**message, now);
    if (!sessions_.empty()) look_after_sessions(now);
  }
}

// --- FastAGI ------------------------------------------------------------------------------------

void Player::play_agi(const Line& line, WallTime now) {
  Session& session = sessions_[line.link];
  if (line.what == Line::What::close || line.what == Line::What::eof) {
    leave(session, now);
    sessions_.erase(line.link);
    return;
  }
  if (line.what != Line::What::data) return;
  if (line.dir == Direction::to_pbx) {
    session.commands += line.data;
    return take_commands(session, now);
  }
  session.decoder.feed(line.data);
  for (;;) {
    const auto input = session.decoder.next();
    if (!input || !*input) return;  // A session that breaks the protocol ends with its link.
    take(session, **input, now);
  }
}

void Player::take(Session& session, const agi::Input& input, WallTime now) {
  std::visit(Overloaded{
                 [&](const agi::Environment& environment) {
                   session.environment = environment;
                   session.uniqueid.value = environment.uniqueid;
                   enter_if_ready(session, now);
                 },
                 [&](const agi::Reply& reply) {
                   const bool failed = reply.endpos == 0 && reply.number() == -1;
                   end_playback(session,
                                failed ? model::PlaybackState::failed : model::PlaybackState::done,
                                now);
                 },
                 [&](agi::HangupSeen) {
                   session.ending = true;
                   look_after_sessions(now);
                 },
             },
             input);
}

void Player::take_commands(Session& session, WallTime now) {
  for (;;) {
    const auto end = session.commands.find('\n');
    if (end == std::string::npos) return;
    const std::string command = session.commands.substr(0, end);
    session.commands.erase(0, end + 1);
    if (session.channel.value.empty()) continue;
    // A new command interrupts the one that plays.
    end_playback(session, model::PlaybackState::done, now);
    const auto file = played_file(command);
    if (!file) continue;
    model::Playback playback;
    playback.id.value = "replay-" + std::to_string(++playbacks_);
    playback.media_uri = "sound:" + *file;
    playback.target_uri = "channel:" + session.channel.value;
    playback.channel = session.channel;
    playback.language = "en";
    session.playback = playback.id;
    const std::string media = playback.media_uri;
    if (reconciler_.add_playback(std::move(playback))) {
      reconciler_.set_playback(session.playback, model::PlaybackState::playing, media, "", now);
    }
  }
}

void Player::end_playback(Session& session, model::PlaybackState state, WallTime now) {
  const PlaybackId ended = std::exchange(session.playback, {});
  if (!ended.value.empty()) reconciler_.end_playback(ended, state, now);
}

/// As in the running program: when AMI has told the channel and the AGI line of its dialplan.
void Player::enter_if_ready(Session& session, WallTime now) {
  if (!session.environment || !session.channel.value.empty() || session.ending) return;
  const auto* channel = store_.find(session.uniqueid);
  if (channel == nullptr || !channel->in_agi || channel->application) return;
  const auto target = agi::target_of(*session.environment);
  if (!target) return;
  session.channel = channel->id;
  reconciler_.enter(channel->id, AppName{target->application}, target->arguments,
                    *session.environment, now);
}

void Player::leave(Session& session, WallTime now) {
  end_playback(session, model::PlaybackState::done, now);
  const ChannelId left = std::exchange(session.channel, {});
  if (!left.value.empty()) reconciler_.leave(left, now);
}

/// Stays begin when AMI has caught up, and end when it has told the request for the hangup.
void Player::look_after_sessions(WallTime now) {
  for (auto& [link, session] : sessions_) {
    enter_if_ready(session, now);
    const auto* channel = store_.find(session.channel);
    if (session.ending && channel != nullptr && channel->hangup_told) leave(session, now);
  }
}

}  // namespace arigate::replay
