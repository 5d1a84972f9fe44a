#include "ops/room_keepers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <utility>
#include <variant>

#include "core/log.hpp"
#include "core/thrown.hpp"
#include "ops/room.hpp"

namespace arigate::ops {
namespace {

/// Long enough for the change of technology, which waits for the next 20 ms of sound.
constexpr std::chrono::milliseconds between_two{500};
/// How long members of a bridge that has ended may take to come out: while the AMI link is down
/// nobody can be told to.
constexpr std::chrono::minutes members_limit{1};

}  // namespace

void RoomKeepers::leg_goes_in(const BridgeId& bridge) {
  keep(bridge);
}

void RoomKeepers::on(const model::Change& change, WallTime) {
  if (const auto* enters = std::get_if<model::ChannelEnteredBridge>(&change)) {
    if (enters->bridge.own && enters->bridge.channels.size() >= crowd) keep(enters->bridge.id);
  } else if (const auto* leaves = std::get_if<model::ChannelLeftBridge>(&change)) {
    if (leaves->bridge.channels.empty()) let_go(leaves->bridge.id);
  } else if (const auto* out = std::get_if<model::RoomLeft>(&change)) {
    let_go_if_silent(out->room);
  } else if (const auto* ended = std::get_if<model::ChannelDestroyed>(&change)) {
    let_go_if_silent(ended->channel.room, &ended->channel);  // It is still shown in the room.
  } else if (const auto* gone = std::get_if<model::BridgeDestroyed>(&change)) {
    let_go(gone->bridge.id);
  } else if (std::holds_alternative<model::Resynced>(change)) {
    keep_crowds();
  }
}

void RoomKeepers::keep(const BridgeId& id) {
  if (world_.ami.dialect().conference_events || kept_.contains(id)) return;
  const auto bridge = bridges_.own(id);
  if (!bridge || (waits_outside(world_, **bridge) && !bridges_.is_announced(id))) return;
  send_in(id);
}

/// Those of before a restart of ours have gone with it.
void RoomKeepers::keep_crowds() {
  if (world_.ami.dialect().conference_events) return;
  std::unordered_map<BridgeId, std::size_t> sizes;
  world_.store.each_channel([&sizes](const model::Channel& channel) {
    if (!channel.room.value.empty()) ++sizes[channel.room];
  });
  for (const auto& [id, size] : sizes) {
    if (size >= crowd && bridges_.own(id) && !kept_.contains(id)) send_in(id);
  }
}

/// Not while they are on their way: who leaves then could make the room small.
bool RoomKeepers::is_steady(const BridgeId& bridge) const {
  const auto kept = kept_.find(bridge);
  return kept == kept_.end() || kept->second->size() >= keepers;
}

void RoomKeepers::send_in(const BridgeId& id) {
  auto legs = std::make_shared<Kept>();
  kept_.emplace(id, legs);
  for (std::size_t count = 0; count < keepers; ++count) {
    boost::asio::co_spawn(executor_, open(id, legs), log_thrown("room keeper"));
  }
}

boost::asio::awaitable<void> RoomKeepers::open(BridgeId id, std::shared_ptr<Kept> legs) {
  const auto bridge = bridges_.own(id);
  if (!bridge) co_return;
  MemberOptions options;
  options.listener = true;
  LegOrder order;
  order.application = "ConfBridge";
  order.data = room_arguments(world_, **bridge, options);
  order.variables = room_variables(world_, **bridge, options);
  auto leg = co_await legs_.open(std::move(order), world_.in(world_.timeouts.originate));
  const auto found = kept_.find(id);
  const bool wanted = found != kept_.end() && found->second == legs;
  if (!leg) {
    log::warn("room goes without its keeper bridge={} why=\"{}\"", id.value, leg.error().detail);
    if (wanted) kept_.erase(found);  // The next member asks again.
    co_return;
  }
  legs->push_back(*leg);
  if (!wanted) co_await close(std::move(id), std::move(legs));
}

void RoomKeepers::let_go(const BridgeId& bridge) {
  auto kept = kept_.extract(bridge);
  if (kept.empty()) return;
  boost::asio::co_spawn(executor_, close(bridge, std::move(kept.mapped())),
                        log_thrown("room keeper"));
}

/// The announcement of a holding bridge is over, and who waits has left its room.
void RoomKeepers::let_go_if_silent(const BridgeId& id, const model::Channel* gone) {
  if (!kept_.contains(id)) return;
  const auto bridge = bridges_.own(id);
  if (!bridge || !waits_outside(world_, **bridge) || bridges_.is_announced(id)) return;
  if (!has_members(id, gone)) let_go(id);
}

bool RoomKeepers::has_members(const BridgeId& bridge, const model::Channel* gone) const {
  bool found = false;
  world_.store.each_channel(
      [&](const model::Channel& channel) { found |= channel.room == bridge && &channel != gone; });
  return found;
}

boost::asio::awaitable<void> RoomKeepers::pause() {
  const auto end = world_.watches.watch([](const model::Change&) { return false; });
  co_await end->wait(world_.in(between_two));
}

boost::asio::awaitable<void> RoomKeepers::close(BridgeId bridge, std::shared_ptr<Kept> legs) {
  const TimePoint limit = world_.in(members_limit);
  while (has_members(bridge) && world_.clock.now() < limit) co_await pause();
  while (!legs->empty()) {
    co_await pause();
    if (legs->empty()) co_return;
    const auto leg = std::move(legs->back());
    legs->pop_back();
    leg->close();
  }
}

}  // namespace arigate::ops
