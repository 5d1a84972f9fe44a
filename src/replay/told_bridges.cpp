#include "replay/told_bridges.hpp"

#include <simdjson.h>

#include <string_view>
#include <utility>

namespace arigate::replay {
namespace {

namespace dom = simdjson::dom;

/// The text of a member; "" when there is none.
std::string_view text_of(dom::element object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

/// A bridge that the event shows; its id is "" when the application did not make it.
model::Bridge bridge_of(dom::element event) {
  model::Bridge bridge;
  dom::element shown;
  if (event["bridge"].get(shown) != simdjson::SUCCESS ||
      text_of(shown, "bridge_class") != "stasis") {
    return bridge;
  }
  bridge.id.value = text_of(shown, "id");
  bridge.name = text_of(shown, "name");
  bridge.holding = text_of(shown, "bridge_type") == "holding";
  bridge.video_mode = text_of(shown, "video_mode");
  return bridge;
}

}  // namespace

void ToldBridges::told(const std::string& event, WallTime now) {
  if (event.find("\"stasis\"") == std::string::npos) return;
  dom::parser parser;
  dom::element told;
  if (parser.parse(event).get(told) != simdjson::SUCCESS) return;
  auto bridge = bridge_of(told);
  if (bridge.id.value.empty()) return;
  const auto type = text_of(told, "type");
  const auto timestamp = text_of(told, "timestamp");
  dom::element channel;
  ChannelId member;
  if (told["channel"].get(channel) == simdjson::SUCCESS) member.value = text_of(channel, "id");
  if (told_before(member.value.empty() ? bridge.id.value : member.value, timestamp)) return;
  const BridgeId id = bridge.id;
  if (type == "BridgeDestroyed") return reconciler_.destroy_own_bridge(id, now);
  if (type == "ChannelLeftBridge") return leaves(member, id, now);
  if (type != "BridgeCreated" && type != "ChannelEnteredBridge") return;
  // Nobody may have been subscribed to it when it was made.
  if (store_.find(id) == nullptr && !reconciler_.add_own_bridge(std::move(bridge), now)) return;
  if (type == "ChannelEnteredBridge") enters(member, id, now);
}

/// The PBX has told that it is in the conference, or never does: 1.8, and who is one in name.
void ToldBridges::enters(const ChannelId& channel, const BridgeId& bridge, WallTime now) {
  const auto* known = store_.find(channel);
  if (known == nullptr || known->bridge == bridge) return;
  reconciler_.join(channel, bridge, now);
  reconciler_.enter_room(channel, now);
}

void ToldBridges::leaves(const ChannelId& channel, const BridgeId& bridge, WallTime now) {
  const auto* known = store_.find(channel);
  if (known == nullptr || known->member_of != bridge) return;
  reconciler_.part(channel, now);
  reconciler_.leave_room(channel, now);
}

/// The timestamps of one arigate have one form, so that they are in order as texts.
bool ToldBridges::told_before(const std::string& object, std::string_view timestamp) {
  if (last_.size() >= remembered_max) {
    std::erase_if(last_, [&](const auto& entry) {
      return store_.find(ChannelId{entry.first}) == nullptr &&
             store_.find(BridgeId{entry.first}) == nullptr;
    });
  }
  auto& last = last_[object];
  if (timestamp < std::string_view{last}) return true;
  last = timestamp;
  return false;
}

}  // namespace arigate::replay
