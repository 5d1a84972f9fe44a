#include "ops/resync.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "ops/bridge_memory.hpp"
#include "ops/originate.hpp"

namespace arigate::ops {

namespace {

constexpr std::chrono::seconds list_timeout{60};  // Ten thousand rows from a busy PBX.

/// Channels that were originated before we came carry the ids that applications know them by.
boost::asio::awaitable<void> remember_ids(World& world) {
  ami::Action status{"Status"};
  status.add("Variables", carried_id);
  const auto rows = co_await world.ami.list(std::move(status), world.in(list_timeout));
  if (!rows) co_return;  // Then they go by the PBX's ids.
  const std::string begin = std::string{carried_id} + "=";
  for (const auto& row : *rows) {
    for (const auto& header : row.headers()) {
      if (header.key != ami::Key::variable || !header.value.starts_with(begin)) continue;
      const auto id = header.value.substr(begin.size());
      // A channel without the variable (seen: 1.8, 11).
      if (!id.empty() && id != "(null)") {
        world.reconciler.remember_id(row[ami::Key::uniqueid], ChannelId{std::string{id}});
      }
    }
  }
}

/// Who is parked: the list of channels does not tell, and every AMI user may ask.
boost::asio::awaitable<void> remember_parked(World& world) {
  const auto rows = co_await world.ami.list(ami::Action{"ParkedCalls"}, world.in(list_timeout));
  if (rows) world.reconciler.remember_parked(*rows);
}

}  // namespace

boost::asio::awaitable<Result<void>> resync(World& world) {
  world.reconciler.begin_list();
  const auto rows =
      co_await world.ami.list(ami::Action{"CoreShowChannels"}, world.in(list_timeout));
  if (!rows) {
    world.reconciler.abandon_list();
    co_return rows.error();
  }
  co_await recall_bridges(world, *rows);
  if (!world.ami.dialect().snapshots) {
    co_await remember_ids(world);
    co_await remember_parked(world);
    world.reconciler.apply_list(*rows, world.clock.wall());
    co_return Result<void>{};
  }
  const auto bridges = co_await world.ami.list(ami::Action{"BridgeList"}, world.in(list_timeout));
  world.reconciler.apply_list(*rows, bridges ? &*bridges : nullptr, world.clock.wall());
  co_return Result<void>{};
}

boost::asio::awaitable<std::string> pbx_started(World& world) {
  const auto status =
      co_await world.ami.request(ami::Action{"CoreStatus"}, world.in(world.timeouts.action), "");
  if (!status) co_return "";
  std::string started{(*status)[ami::Key::corestartupdate]};
  co_return started.append(" ").append((*status)[ami::Key::corestartuptime]);
}

}  // namespace arigate::ops
