#include "ops/bridge_memory.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "agi/command.hpp"
#include "model/bridge_record.hpp"
#include "model/room_name.hpp"

namespace arigate::ops {
namespace {

/// All members keep the same; some may have missed the last change as the link broke.
constexpr std::size_t asked_max = 3;

/// The conference that the channel of a row is in; "" for none.
std::string_view room_in(const ami::Message& row) {
  if (row[ami::Key::application] != "ConfBridge") return {};
  const auto data =
      row.has(ami::Key::applicationdata) ? row[ami::Key::applicationdata] : row[ami::Key::data];
  return data.substr(0, data.find(','));
}

boost::asio::awaitable<std::optional<model::BridgeRecord>> record_of(World& world,
                                                                     std::string channel) {
  std::string text;
  for (std::size_t part = 0; part < model::record_parts_max; ++part) {
    auto question =
        ami::Action{"Getvar"}.add("Channel", channel).add("Variable", model::record_variable(part));
    const auto answer =
        co_await world.ami.request(std::move(question), world.in(world.timeouts.action), "");
    if (!answer) co_return std::nullopt;
    const auto value = (*answer)[ami::Key::value];
    if (value.empty() || value.size() > model::record_part_bytes) co_return std::nullopt;
    text += value;
    if (model::is_whole_record(text)) break;
  }
  co_return model::bridge_record_in(text);
}

}  // namespace

std::vector<std::string> keeping_lines(const World& world, const model::Bridge& bridge) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : model::bridge_record(bridge, world.clock.wall())) {
    if (auto line = agi::command("SET VARIABLE", {name, value})) lines.push_back(std::move(*line));
  }
  return lines;
}

void keep_on_members(World& world, const model::Bridge& bridge) {
  const auto parts = model::bridge_record(bridge, world.clock.wall());
  for (const auto& member : bridge.channels) {
    const auto* channel = world.store.find(member);
    if (channel == nullptr || channel->room != bridge.id) continue;
    for (const auto& [name, value] : parts) {
      world.ami.post(ami::Action{"Setvar"}
                         .add("Channel", channel->name)
                         .add("Variable", name)
                         .add("Value", value));
    }
  }
}

boost::asio::awaitable<void> recall_bridges(World& world, const std::vector<ami::Message>& rows) {
  struct Found {
    std::size_t asked = 0;
    std::optional<model::BridgeRecord> best;
  };
  std::set<std::string> known;
  world.store.each_bridge([&known, &world](const model::Bridge& bridge) {
    if (bridge.own) known.insert(model::room_of(bridge, world.dialplan_context));
  });
  std::map<std::string, Found> rooms;
  for (const auto& row : rows) {
    const std::string name{room_in(row)};
    const auto room = model::room_named(name, world.dialplan_context);
    if (!room || known.contains(name)) continue;
    Found& found = rooms[name];
    if (found.asked++ >= asked_max) continue;
    const std::string channel{row[ami::Key::channel]};
    auto record = co_await record_of(world, channel);
    if (!record) continue;
    record->bridge.holding = room->holding;
    // It may be of a bridge that the channel was in before.
    if (model::room_of(record->bridge, world.dialplan_context) != name) continue;
    if (!found.best || found.best->written < record->written) found.best = std::move(record);
  }
  for (auto& [name, found] : rooms) {
    if (found.best) world.reconciler.remember_bridge(std::move(found.best->bridge));
  }
}

}  // namespace arigate::ops
