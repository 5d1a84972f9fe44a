// Who waits in a holding bridge of Asterisk 1.8: out of its room, with music on his own line, but
// for the time that somebody speaks in the room. See waits_outside().
#include <algorithm>
#include <utility>
#include <variant>

#include "ops/bridges.hpp"

namespace arigate::ops {

bool Bridges::is_announced(const BridgeId& bridge) const {
  if (sound_.speaks && sound_.speaks(bridge)) return true;
  return std::ranges::any_of(members_, [&bridge](const auto& entry) {
    const Member& member = *entry.second;
    return member.bridge == bridge && member.options.announcer && !member.in_name_only;
  });
}

std::optional<std::string> Bridges::music_outside(const model::Bridge& bridge) const {
  if (!waits_outside(world_, bridge) || is_announced(bridge.id)) return std::nullopt;
  return sound_.music ? sound_.music(bridge.id) : std::string{};
}

void Bridges::settle(const BridgeId& id) {
  const auto* bridge = world_.store.find(id);
  if (bridge == nullptr || !bridge->own || !waits_outside(world_, *bridge)) return;
  const auto music = music_outside(*bridge);
  std::vector<MemberPtr> moving;
  for (const auto& [channel, member] : members_) {
    const bool waits = member->bridge == id && !member->in_name_only && !member->options.announcer;
    if (waits && member->music != music) moving.push_back(member);
  }
  for (const auto& member : moving) {
    if (is_member(member->channel, member)) rest(member->channel, member);
  }
}

bool Bridges::is_on_its_way_in(const BridgeId& bridge) const {
  return std::ranges::any_of(members_, [&](const auto& entry) {
    const auto& [id, member] = entry;
    if (member->bridge != bridge || member->in_name_only) return false;
    const auto* channel = world_.store.find(id);
    const Control* control = world_.controls.find(id);
    return channel != nullptr && control != nullptr && control->resting() &&
           channel->room != bridge;
  });
}

boost::asio::awaitable<void> Bridges::gather(BridgeId id) {
  const auto* bridge = world_.store.find(id);
  if (bridge == nullptr || !waits_outside(world_, *bridge)) co_return;
  const auto watch = world_.watches.watch([this, &id](const model::Change& change) {
    const bool moves = std::holds_alternative<model::RoomEntered>(change) ||
                       std::holds_alternative<model::ChannelLeftBridge>(change);
    return moves && !is_on_its_way_in(id);
  });
  if (is_on_its_way_in(id)) co_await watch->wait(world_.in(world_.timeouts.action));
}

}  // namespace arigate::ops
