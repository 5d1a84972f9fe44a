#include "ops/bridges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <chrono>
#include <utility>
#include <variant>

#include "agi/command.hpp"
#include "core/log.hpp"
#include "core/thrown.hpp"
#include "model/destination.hpp"
#include "model/room_name.hpp"
#include "ops/bridge_memory.hpp"
#include "ops/connected_line.hpp"

namespace arigate::ops {
namespace {

/// As Entrance reads it.
std::string application_text(const model::Channel& channel) {
  return model::text_of({channel.application.value_or(AppName{}), channel.arguments});
}

}  // namespace

void Bridges::spawn(boost::asio::awaitable<void> work) {
  boost::asio::co_spawn(executor_, std::move(work), log_thrown("bridge task"));
}

Result<const model::Bridge*> Bridges::own(const BridgeId& id) const {
  const auto* bridge = world_.store.find(id);
  if (bridge == nullptr) return bridge_not_found();
  if (!bridge->own) return Error{Errc::conflict, "Bridge not in Stasis application"};
  return bridge;
}

Result<BridgeId> Bridges::create(Plan plan) {
  if (plan.variables.size() > variables_max) return Error{Errc::overloaded, "too many variables"};
  model::Bridge bridge;
  bridge.id = std::move(plan.id);
  if (bridge.id.value.empty()) bridge.id.value = to_string(boost::uuids::random_generator{}());
  bridge.name = std::move(plan.name);
  bridge.holding = plan.holding;
  bridge.video_mode = std::move(plan.video_mode);
  bridge.variables = std::move(plan.variables);
  BridgeId id = bridge.id;
  const auto added = world_.reconciler.add_own_bridge(std::move(bridge), world_.clock.wall());
  if (!added) return added.error();
  return id;
}

Result<void> Bridges::set_variable(const BridgeId& id, model::BridgeVariable variable) {
  const auto bridge = own(id);
  if (!bridge) return bridge.error();
  const auto& variables = (*bridge)->variables;
  const bool known =
      std::ranges::find(variables, variable.name, &model::BridgeVariable::name) != variables.end();
  if (!known && variables.size() >= variables_max) {
    return Error{Errc::overloaded, "too many variables"};
  }
  world_.reconciler.set_bridge_variable(id, std::move(variable));
  keep_on_members(world_, **bridge);
  return {};
}

// --- going in -----------------------------------------------------------------------------------

/// All of them are looked at before anything is done, as natively.
Result<void> Bridges::check(const std::vector<ChannelId>& channels, bool goes_in) const {
  if (channels.empty()) return Error{Errc::bad_request, "Missing parameter channel"};
  for (const auto& channel : channels) {
    const auto control = control_of(world_, channel);
    if (control && goes_in && is_recorded_(channel)) {
      return Error{Errc::conflict, fmt::format("Channel {} currently recording", channel.value)};
    }
    if (control) continue;
    if (control.error().code == Errc::not_found) {
      return Error{Errc::bad_request, "Channel not found"};
    }
    return Error{Errc::unprocessable, control.error().detail};
  }
  return {};
}

boost::asio::awaitable<Result<void>> Bridges::add(BridgeId bridge, std::vector<ChannelId> channels,
                                                  MemberOptions options) {
  if (const auto known = own(bridge); !known) co_return known.error();
  if (const auto fine = check(channels, true); !fine) co_return fine.error();
  for (const auto& channel : channels) {
    const auto added = co_await add_one(bridge, channel, options);
    if (!added) co_return added.error();
  }
  co_return Result<void>{};
}

boost::asio::awaitable<Result<void>> Bridges::add_one(BridgeId bridge, ChannelId channel,
                                                      MemberOptions options) {
  if (const auto known = own(bridge); !known) co_return known.error();
  const auto control = control_of(world_, channel);
  if (!control) co_return Error{Errc::unprocessable, control.error().detail};
  auto member = std::make_shared<Member>();
  member->channel = channel;
  member->bridge = bridge;
  member->options = options;
  auto entered = member->entered;
  const auto watch = world_.watches.watch([&, entered](const model::Change& change) mutable {
    const auto* enters = std::get_if<model::ChannelEnteredBridge>(&change);
    if (enters == nullptr || enters->channel.id != channel || enters->bridge.id != bridge) {
      return false;
    }
    entered.set(Result<void>{});
    return true;
  });
  BridgeId left;
  if (const auto before = members_.find(channel); before != members_.end()) {
    before->second->entered.set(Error{Errc::conflict, "The channel went to another bridge"});
    left = before->second->bridge;
  }
  members_[channel] = member;
  world_.reconciler.join(channel, bridge, world_.clock.wall());
  rest(channel, member);
  if (world_.store.find(channel)
          ->unborn) {  // Made, not dialled: there is nothing that could go in.
    member->in_name_only = true;
    world_.reconciler.enter_in_name(channel, world_.clock.wall());
  }
  settle(left);
  settle(bridge);
  const auto outcome = co_await entered.wait(world_.in(world_.timeouts.command));
  if (outcome && *outcome && options.announcer) co_await gather(bridge);
  if (outcome) co_return *outcome;
  if (is_member(channel, member)) let_out(channel);  // It is not to enter behind our answer.
  co_return Error{Errc::timeout, "The PBX did not confirm that the channel entered"};
}

void Bridges::rest(const ChannelId& channel, const MemberPtr& member) {
  Control* control = world_.controls.find(channel);
  if (control == nullptr) return;
  const std::weak_ptr<Member> kept = member;
  control->rest_by([this, control, kept]() -> std::unique_ptr<RestingJob> {
    const auto still = kept.lock();
    return still ? make_rest(control->channel(), still) : nullptr;
  });
}

std::unique_ptr<RestingJob> Bridges::make_rest(const ChannelId& channel, const MemberPtr& member) {
  const auto* bridge = world_.store.find(member->bridge);
  const auto* known = world_.store.find(channel);
  if (!is_member(channel, member) || bridge == nullptr || known == nullptr) return nullptr;
  RoomLines lines;
  member->in_name_only = known->state != model::ChannelState::up;
  member->music.reset();
  if (!member->in_name_only) {
    if (!member->options.announcer) member->music = music_outside(*bridge);
    lines = member->music ? waiting_lines(*member->music)
                          : room_lines(world_, *bridge, member->options);
    // What Entrance reads when the channel comes back after a restart of ours.
    const std::string home = home_ ? home_(channel) : "";
    for (const auto& [name, value] :
         {std::pair{"ARIGATE_APP", application_text(*known)}, {"ARIGATE_HOME", home}}) {
      const auto line = agi::command("SET VARIABLE", {name, value});
      if (line && !value.empty()) lines.before.push_back(*line);
    }
    for (auto& line : keeping_lines(world_, *bridge)) lines.before.push_back(std::move(line));
  }
  const bool told = world_.ami.dialect().conference_events && !lines.blocking.empty();
  const auto out = std::make_shared<bool>(false);
  RoomRest::Hooks hooks;
  hooks.goes_in = [this, member, told, blocks = !lines.blocking.empty()] {
    if (told) return;  // The PBX says when it is in.
    const WallTime now = world_.clock.wall();
    blocks ? world_.reconciler.enter_room(member->channel, now)
           : world_.reconciler.enter_in_name(member->channel, now);
    if (blocks) spawn(waker_.run());
  };
  hooks.pull_out = [this, member, out, room = room_name(world_, *bridge)] {
    spawn(pull_out(member->channel, room, out));
  };
  hooks.by_new_line = !world_.ami.dialect().conference_events;
  hooks.is_out = [this, member, out](const agi::Reply&) {
    *out = true;
    is_out(member->channel);
  };
  hooks.fell_out = [this, member, out](const agi::Reply& reply) {
    *out = true;
    members_.erase(member->channel);  // Or it would go in again at once, and out again.
    settle(member->bridge);
    if (reply.result == "-2") {
      member->entered.set(
          Error{Errc::not_supported, "The PBX has no dialplan application ConfBridge"});
    }
    spawn(fell_out(member));
  };
  return std::make_unique<RoomRest>(std::move(lines), std::move(hooks));
}

// --- going out ----------------------------------------------------------------------------------

boost::asio::awaitable<Result<void>> Bridges::remove(BridgeId bridge,
                                                     std::vector<ChannelId> channels) {
  if (const auto known = own(bridge); !known) co_return known.error();
  if (const auto fine = check(channels, false); !fine) co_return fine.error();
  for (const auto& channel : channels) {
    if (!is_in(channel, bridge)) {
      co_return Error{Errc::unprocessable, "Channel not in this bridge"};
    }
  }
  const TimePoint deadline = world_.in(world_.timeouts.action);
  for (const auto& channel : channels) co_await left(channel, bridge, deadline);
  co_return Result<void>{};
}

/// It leaves; returns when that was told.
boost::asio::awaitable<void> Bridges::left(ChannelId channel, BridgeId bridge, TimePoint deadline) {
  const auto watch = world_.watches.watch([&](const model::Change& change) {
    const auto* leaves = std::get_if<model::ChannelLeftBridge>(&change);
    return leaves != nullptr && leaves->channel.id == channel && leaves->bridge.id == bridge;
  });
  let_out(channel);
  const auto* known = world_.store.find(channel);
  if (known == nullptr || known->bridge != bridge) co_return;
  co_await watch->wait(deadline);
}

void Bridges::let_out(const ChannelId& channel) {
  const auto member = members_.extract(channel);
  if (!member.empty()) {
    member.mapped()->entered.set(Error{Errc::conflict, "The channel was taken out again"});
  }
  world_.reconciler.part(channel, world_.clock.wall());
  if (Control* control = world_.controls.find(channel)) control->rest_by({});
  if (!member.empty()) settle(member.mapped()->bridge);
}

boost::asio::awaitable<Result<void>> Bridges::set_video_source(BridgeId id, ChannelId channel) {
  const auto bridge = own(id);
  if (!bridge) co_return bridge.error();
  const std::vector<ChannelId> one{channel};
  if (const auto fine = check(one, false); !fine) co_return fine.error();
  const auto member = members_.find(channel);
  if (member == members_.end() || member->second->bridge != id) {
    co_return Error{Errc::unprocessable, "Channel not in this bridge"};
  }
  if (!world_.ami.dialect().conference_events) {
    co_return Error{Errc::not_supported, "The conferences of this PBX have no video source"};
  }
  auto action = ami::Action{"ConfbridgeSetSingleVideoSrc"}
                    .add("Conference", room_name(world_, **bridge))
                    .add("Channel", world_.store.find(channel)->name);
  const TimePoint deadline = world_.in(world_.timeouts.action);
  const auto set = co_await world_.ami.request(std::move(action), deadline, "");
  if (!set) co_return set.error();
  world_.reconciler.set_video_source(id, channel, world_.clock.wall());
  co_return Result<void>{};
}

/// Those in it and those on their way, in the order in which they came.
std::vector<ChannelId> Bridges::members_of(const model::Bridge& bridge) const {
  std::vector<ChannelId> members;
  for (const auto& channel : bridge.channels) {
    if (is_in(channel, bridge.id)) members.push_back(channel);
  }
  for (const auto& [channel, member] : members_) {
    const bool there = std::find(members.begin(), members.end(), channel) != members.end();
    if (member->bridge == bridge.id && !there) members.push_back(channel);
  }
  return members;
}

boost::asio::awaitable<Result<void>> Bridges::destroy(BridgeId id) {
  const auto bridge = own(id);
  if (!bridge) co_return bridge.error();
  const std::string room = room_name(world_, **bridge);
  for (const auto& channel : members_of(**bridge)) let_out(channel);
  for (const auto& channel : orphans()) {  // Nobody waits for their reply: the dialplan goes on.
    const auto* known = world_.store.find(channel);
    if (known->room != id) continue;
    if (world_.ami.dialect().conference_events) {
      world_.ami.post(
          ami::Action{"ConfbridgeKick"}.add("Conference", room).add("Channel", known->name));
    } else {
      spawn(send_home(known->name));
    }
    world_.reconciler.part(channel, world_.clock.wall());
  }
  const auto empty = [this, &id] {
    const auto* left = world_.store.find(id);
    return left == nullptr || left->channels.empty();
  };
  const auto watch = world_.watches.watch([&](const model::Change& change) {
    return std::holds_alternative<model::ChannelLeftBridge>(change) && empty();
  });
  if (!empty()) co_await watch->wait(world_.in(world_.timeouts.action));
  world_.reconciler.destroy_own_bridge(id, world_.clock.wall());
  co_return Result<void>{};
}

/// Has the PBX end the command that keeps the channel in the room, for as long as it takes.
boost::asio::awaitable<void> Bridges::pull_out(ChannelId channel, std::string room,
                                               std::shared_ptr<bool> is_out) {
  using std::chrono::milliseconds;
  constexpr milliseconds again_after{100};
  while (!*is_out) {
    const auto* known = world_.store.find(channel);
    if (known == nullptr || world_.controls.find(channel) == nullptr) co_return;
    const auto moves = world_.watches.watch([&channel](const model::Change& change) {
      const auto* enters = std::get_if<model::RoomEntered>(&change);
      const auto* leaves = std::get_if<model::RoomLeft>(&change);
      return (enters != nullptr && enters->channel.id == channel) ||
             (leaves != nullptr && leaves->channel.id == channel);
    });
    if (!world_.ami.dialect().conference_events) {
      std::function<bool()> wanted = [is_out] { return !*is_out; };
      if (reentry_) co_await reentry_(channel, std::move(wanted));
      if (!*is_out) co_await moves->wait(world_.in(again_after));
      continue;
    }
    auto kick = ami::Action{"ConfbridgeKick"}.add("Conference", room).add("Channel", known->name);
    co_await world_.ami.request(std::move(kick), world_.in(world_.timeouts.action), "");
    // Refused while it is not in the room yet, and while the link is down.
    if (!*is_out) co_await moves->wait(world_.in(again_after));
  }
}

void Bridges::is_out(const ChannelId& channel) {
  if (!world_.ami.dialect().conference_events) {
    return world_.reconciler.leave_room(channel, world_.clock.wall());
  }
  spawn(confirm_out(channel));
}

/// AMI tells when a channel has left its room, unless the link was down just then.
boost::asio::awaitable<void> Bridges::confirm_out(ChannelId channel) {
  const auto* known = world_.store.find(channel);
  if (known == nullptr || known->room.value.empty()) co_return;
  const auto told = world_.watches.watch([&channel](const model::Change& change) {
    const auto* leaves = std::get_if<model::RoomLeft>(&change);
    return leaves != nullptr && leaves->channel.id == channel;
  });
  const bool came = co_await told->wait(world_.in(2 * world_.timeouts.hangup_request));
  if (!came) world_.reconciler.leave_room(channel, world_.clock.wall());
}

/// The conference has let it go although nobody asked us. Most often it hangs up, and the end of
/// its session follows; else somebody at the PBX has put it out.
boost::asio::awaitable<void> Bridges::fell_out(MemberPtr member) {
  const ChannelId channel = member->channel;
  const auto over = world_.watches.watch([&channel](const model::Change& change) {
    const auto* end = std::get_if<model::StasisEnd>(&change);
    return end != nullptr && end->channel.id == channel;
  });
  const bool ended = co_await over->wait(world_.in(2 * world_.timeouts.hangup_request));
  member->entered.set(Error{Errc::refused_by_pbx, "The PBX did not let the channel in"});
  if (ended || members_.contains(channel)) co_return;
  log::info("channel was put out of its bridge channel={} bridge={}", channel.value,
            member->bridge.value);
  world_.reconciler.leave_room(channel, world_.clock.wall());
  world_.reconciler.part(channel, world_.clock.wall());
}

/// Two who are alone with each other are told who the other one is, as natively.
void Bridges::introduce(const model::Bridge& bridge) {
  if (!bridge.own || bridge.holding || bridge.channels.size() != 2) return;
  for (const auto& channel : bridge.channels) {
    const auto member = members_.find(channel);
    if (member == members_.end() || member->second->options.keep_connected_line) return;
  }
  introduce(bridge.channels.front(), bridge.channels.back());
  introduce(bridge.channels.back(), bridge.channels.front());
}

void Bridges::introduce(const ChannelId& channel, const ChannelId& peer) {
  const auto* known = world_.store.find(channel);
  const auto* other = world_.store.find(peer);
  if (known == nullptr || other == nullptr || known->connected == other->caller) return;
  if (known->unborn) return;  // The PBX is told when it has the channel.
  world_.spawn(tell_connected_line(world_, channel, other->caller));
}

// --- after a restart of ours --------------------------------------------------------------------

/// Members that the PBX has in rooms of ours and nobody controls: they were there before we were.
std::vector<ChannelId> Bridges::orphans() const {
  std::vector<ChannelId> found;
  world_.store.each_channel([&](const model::Channel& channel) {
    if (channel.room.value.empty() || channel.member_of.value.empty()) return;
    if (world_.controls.find(channel.id) == nullptr) found.push_back(channel.id);
  });
  return found;
}

/// They go on talking until their application is there again; then each is led to us, enters it,
/// and goes back into its room.
boost::asio::awaitable<void> Bridges::adopt_all() {
  constexpr std::chrono::seconds again_after{1};
  const auto work = adopting_.begin();
  if (!work) co_return;
  while (world_.ami.up()) {
    const auto waiting = orphans();
    if (waiting.empty()) break;
    for (const auto& channel : waiting) {
      const auto* known = world_.store.find(channel);
      const bool steady = known == nullptr || is_steady_(known->room);
      if (steady) co_await adopt(channel);
    }
    const auto end = world_.watches.watch([](const model::Change&) { return false; });
    co_await end->wait(world_.in(again_after));
  }
  adopted_by_.clear();
}

boost::asio::awaitable<void> Bridges::adopt(ChannelId channel) {
  co_await world_.ensure_reentry();
  const TimePoint deadline = world_.in(world_.timeouts.action);
  const auto* known = world_.store.find(channel);
  if (known == nullptr) co_return;
  const std::string name = known->name;
  if (!adopted_by_.contains(channel)) {
    auto question = ami::Action{"Getvar"}.add("Channel", name).add("Variable", "ARIGATE_APP");
    const auto answer = co_await world_.ami.request(std::move(question), deadline, "");
    if (!answer) co_return;
    const auto text = (*answer)[ami::Key::value];
    adopted_by_[channel].value = text.substr(0, text.find(','));
  }
  const AppName application = adopted_by_[channel];
  if (!world_.applications.active(application) || world_.controls.find(channel) != nullptr) {
    co_return;
  }
  log::info("member of a bridge comes back channel={} app={}", channel.value, application.value);
  auto redirect = ami::Action{"Redirect"}
                      .add("Channel", name)
                      .add("Context", world_.dialplan_context)
                      .add("Exten", std::to_string(next_extension_++))
                      .add("Priority", "1");
  co_await world_.ami.request(std::move(redirect), deadline, "");
}

/// Out of a room of 1.8, which cannot be told to let go of it: to where its dialplan would go on.
boost::asio::awaitable<void> Bridges::send_home(std::string name) {
  co_await world_.ensure_reentry();
  const TimePoint deadline = world_.in(world_.timeouts.action);
  auto question = ami::Action{"Getvar"}.add("Channel", name).add("Variable", "ARIGATE_HOME");
  const auto answer = co_await world_.ami.request(std::move(question), deadline, "");
  const auto home = model::place_in(answer ? (*answer)[ami::Key::value] : std::string_view{});
  auto redirect = ami::Action{"Redirect"}.add("Channel", name);
  if (home) {
    redirect.add("Context", home->context)
        .add("Exten", home->exten)
        .add("Priority", std::to_string(home->priority));
  } else {
    redirect.add("Context", world_.dialplan_context)
        .add("Exten", std::to_string(next_extension_++))
        .add("Priority", "1");
  }
  world_.ami.post(std::move(redirect));
}

bool Bridges::is_in(const ChannelId& channel, const BridgeId& bridge) const {
  const auto found = members_.find(channel);
  return found != members_.end() && found->second->bridge == bridge;
}

bool Bridges::is_member(const ChannelId& channel, const MemberPtr& member) const {
  const auto found = members_.find(channel);
  return found != members_.end() && found->second == member;
}

void Bridges::on(const model::Change& change, WallTime) {
  const auto gone = [this](const ChannelId& channel) {
    const auto member = members_.extract(channel);
    if (member.empty()) return;
    member.mapped()->entered.set(channel_not_in_stasis());
    settle(member.mapped()->bridge);
  };
  if (const auto* end = std::get_if<model::StasisEnd>(&change)) {
    // A move to another application ends one too, and the channel stays where it is.
    if (world_.controls.find(end->channel.id) == nullptr) gone(end->channel.id);
  } else if (const auto* destroyed = std::get_if<model::ChannelDestroyed>(&change)) {
    gone(destroyed->channel.id);
  } else if (std::holds_alternative<model::Resynced>(change)) {
    if (!orphans().empty()) spawn(adopt_all());
    if (!world_.ami.dialect().conference_events) spawn(waker_.run());
  } else if (const auto* start = std::get_if<model::StasisStart>(&change)) {
    const auto& channel = start->channel;
    if (channel.member_of.value.empty() || members_.contains(channel.id)) return;
    auto member = std::make_shared<Member>();
    member->channel = channel.id;
    member->bridge = channel.member_of;
    members_[channel.id] = member;
    rest(channel.id, member);
  } else if (const auto* enters = std::get_if<model::ChannelEnteredBridge>(&change)) {
    introduce(enters->bridge);
  } else if (const auto* leaves = std::get_if<model::ChannelLeftBridge>(&change)) {
    introduce(leaves->bridge);
  } else if (const auto* replaced = std::get_if<model::ChannelReplaced>(&change)) {
    auto member = members_.extract(replaced->before);
    if (member.empty()) return;
    member.key() = member.mapped()->channel = replaced->channel.id;
    members_.insert(std::move(member));
  } else if (const auto* state = std::get_if<model::ChannelStateChange>(&change)) {
    const auto member = members_.find(state->channel.id);
    if (member == members_.end() || !member->second->in_name_only) return;
    if (state->channel.state != model::ChannelState::up) return;
    rest(state->channel.id, member->second);
    settle(member->second->bridge);
    if (const auto* bridge = world_.store.find(member->second->bridge)) introduce(*bridge);
  }
}

}  // namespace arigate::ops
