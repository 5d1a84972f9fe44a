#include "ops/resync.hpp"

#include <chrono>

namespace arigate::ops {

boost::asio::awaitable<Result<void>> resync(World& world) {
  constexpr std::chrono::seconds list_timeout{60};  // Ten thousand rows from a busy PBX.
  world.reconciler.begin_list();
  const auto rows =
      co_await world.ami.list(ami::Action{"CoreShowChannels"}, world.in(list_timeout));
  if (!rows) {
    world.reconciler.abandon_list();
    co_return rows.error();
  }
  if (!world.ami.dialect().snapshots) {
    world.reconciler.apply_list(*rows, world.clock.wall());
    co_return Result<void>{};
  }
  const auto bridges = co_await world.ami.list(ami::Action{"BridgeList"}, world.in(list_timeout));
  world.reconciler.apply_list(*rows, bridges ? &*bridges : nullptr, world.clock.wall());
  co_return Result<void>{};
}

}  // namespace arigate::ops
