#include "ops/dead_line.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "ops/eventual.hpp"
#include "ops/rtp_statistics.hpp"

namespace arigate::ops {

boost::asio::awaitable<bool> line_is_dead(World& world, ChannelId channel,
                                          std::function<bool()> wanted) {
  const std::vector<std::string_view> names{"rxcount"};
  std::string before;  // "": not known
  while (wanted()) {
    const auto counters = co_await rtp_counters(world, channel, names);
    if (!wanted()) break;
    std::string count;
    if (counters) {
      count = counters->at("rxcount");
    } else if (counters.error().code == Errc::forbidden ||
               counters.error().code == Errc::not_found) {
      break;
    }  // Else the PBX is away.
    if (!count.empty() && count == before) co_return true;
    before = std::move(count);
    Eventual<bool> never;
    co_await never.wait(world.in(dead_line_time));
  }
  co_return false;
}

}  // namespace arigate::ops
