#include "replay/player.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ami/dialect.hpp"

namespace arigate::replay {
namespace {

using trace::Direction;
using trace::Line;

constexpr std::string_view banner_start = "Asterisk Call Manager/";

}  // namespace

Result<void> Player::play(const Line& line, WallTime now) {
  lists_.pass_time(now);
  if (line.link == options_.ami_link) return play_ami(line, now);
  if (!options_.sessions_are_ours) return {};
  if (line.link.starts_with("agi:")) return stays_.play(line, now);
  const bool told = line.link.starts_with("ari-ws") && line.what == Line::What::data &&
                    line.dir == Direction::from_pbx;
  if (told) {
    stays_.told(line.data, now);
    bridges_.told(line.data, now);
  }
  return {};
}

Result<void> Player::play_ami(const Line& line, WallTime now) {
  switch (line.what) {
    case Line::What::connect:
    case Line::What::open:
      end_link(now);
      begin_link();
      return {};
    case Line::What::close:
    case Line::What::eof:
      end_link(now);
      return {};
    case Line::What::note:
      return {};
    case Line::What::data:
      break;
  }
  if (line.dir == Direction::to_pbx) {
    take_actions(line.data);
    return {};
  }
  if (line.dir != Direction::from_pbx || broken_) return {};
  auto taken = take_ami(line.data, now);
  broken_ = !taken;
  return taken;
}

void Player::begin_link() {
  decoder_ = {};
  actions_ = {};
  version_.clear();
  held_back_.clear();
  broken_ = begun_ = false;
  opened_ = true;
}

void Player::end_link(WallTime now) {
  if (std::exchange(link_is_up_, false)) lists_.link_down(now);
}

void Player::pass_time(WallTime now) {
  // A PBX that takes no ids leaves new channels unannounced until it is clear whose they are; in
  // the running program a timer ends that.
  constexpr std::chrono::milliseconds decided_within{20};
  reconciler_.decide(now - decided_within, now);
  lists_.pass_time(now);
}

Result<void> Player::take_ami(std::string_view bytes, WallTime now) {
  pass_time(now);
  if (!begun_) {
    held_back_ += bytes;
    const auto size = std::min(held_back_.size(), banner_start.size());
    const bool may_be_banner = held_back_.substr(0, size) == banner_start.substr(0, size);
    if (may_be_banner && size < banner_start.size()) return {};
    begun_ = true;
    // A later file of a recording. It may begin with the end of a message, which has no name then.
    if (!may_be_banner && !opened_ && !options_.ami_version.empty()) {
      decoder_.feed(std::string{banner_start} + options_.ami_version + "\r\n");
    }
    decoder_.feed(std::exchange(held_back_, {}));
  } else {
    decoder_.feed(bytes);
  }
  for (;;) {
    const auto message = decoder_.next();
    if (!message) return message.error();
    if (version_ != decoder_.version()) {
      version_ = decoder_.version();
      link_is_up_ = true;
      reconciler_.use(ami::dialect_of(version_));
      vetting_.use(ami::dialect_of(version_));
      lists_.link_up();
    }
    if (*message == nullptr) return {};
    take_message(**message, now);
  }
}

void Player::take_message(const ami::Message& message, WallTime now) {
  if (message.is_response() && options_.sessions_are_ours) {
    const bool ok = message[ami::Key::response] != "Error";
    stays_.answered(message[ami::Key::actionid], ok, now);
  }
  if (lists_.take(message, now)) {
    stays_.look_after(now);
    return;
  }
  if (message.is_response()) return;
  if (vetting_.judge(message).verdict == model::Vetting::Verdict::forged) return;
  reconciler_.apply(message, now);
  lists_.applied(message, now);
  stays_.look_after(now);
}

void Player::take_actions(std::string_view bytes) {
  actions_.feed(bytes);
  while (const auto action = actions_.next()) {
    lists_.asked(*action);
    if (options_.sessions_are_ours) stays_.asked(*action);
  }
}

}  // namespace arigate::replay
