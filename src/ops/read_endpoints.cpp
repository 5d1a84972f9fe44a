#include "ops/read_endpoints.hpp"

#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "core/log.hpp"

namespace arigate::ops {
namespace {

struct EndpointList {
  std::string_view technology, action;
  bool needs_snapshots;  ///< The PBX has it from Asterisk 12 on.
};

constexpr std::array<EndpointList, 3> lists{{
    {"PJSIP", "PJSIPShowEndpoints", true},
    {"SIP", "SIPpeers", false},
    {"IAX2", "IAXpeerlist", false},
}};

}  // namespace

boost::asio::awaitable<void> read_endpoints(World& world) {
  constexpr std::chrono::seconds list_timeout{10};
  for (const auto& list : lists) {
    if (list.needs_snapshots && !world.ami.dialect().snapshots) continue;
    world.reconciler.begin_endpoints();
    auto rows = co_await world.ami.list(ami::Action{list.action}, world.in(list_timeout));
    if (!rows) {
      // "Invalid/unknown command", and "No endpoints found" of PJSIP: there are none.
      if (rows.error().code != Errc::refused_by_pbx && rows.error().code != Errc::not_supported) {
        log::debug("endpoints not read technology={} why=\"{}\"", list.technology,
                   rows.error().detail);
        continue;
      }
      rows = std::vector<ami::Message>{};
    }
    world.reconciler.apply_endpoints(list.technology, *rows, world.clock.wall());
  }
}

}  // namespace arigate::ops
