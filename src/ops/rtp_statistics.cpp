#include "ops/rtp_statistics.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

namespace arigate::ops {
namespace {

/// AMI Status gives as many variables as fit into one line.
boost::asio::awaitable<Result<void>> read(World& world, std::string name, std::string variables,
                                          RtpCounters& counters) {
  const auto rows = co_await world.ami.list(
      ami::Action{"Status"}.add("Channel", name).add("Variables", variables),
      world.in(world.timeouts.action));
  if (!rows) co_return rows.error();
  for (const auto& row : *rows) {
    for (const auto& header : row.headers()) {
      const auto equals = header.value.find(")=");
      if (header.key != ami::Key::variable || equals == std::string_view::npos) continue;
      const auto value = header.value.substr(equals + 2);
      if (value.empty() || value == "(null)") continue;  // The PBX's word for nothing.
      const auto begin = header.value.substr(0, equals).find_last_of(",(") + 1;
      counters.emplace(header.value.substr(begin, equals - begin), value);
    }
  }
  co_return Result<void>{};
}

}  // namespace

boost::asio::awaitable<Result<RtpCounters>> rtp_counters(World& world, ChannelId channel,
                                                         std::vector<std::string_view> names) {
  constexpr std::size_t line_bytes_max = 900;
  const auto* known = world.store.find(channel);
  if (known == nullptr) co_return channel_not_found();
  const std::string name = known->name;
  const Error none{Errc::not_found, "RTP info not found"};
  const bool pjsip = name.starts_with("PJSIP/");
  if (!pjsip && !name.starts_with("SIP/")) {
    co_return Error{Errc::forbidden, "Unsupported channel type"};
  }
  if (known->unborn) co_return none;
  RtpCounters counters;
  std::string variables;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!variables.empty()) variables += ',';
    variables += fmt::format("CHANNEL({},{})", pjsip ? "rtcp" : "rtpqos,audio", names[i]);
    if (variables.size() < line_bytes_max && i + 1 < names.size()) continue;
    const auto outcome = co_await read(world, name, std::exchange(variables, {}), counters);
    if (!outcome && outcome.error().code == Errc::not_found) co_return channel_not_found();
    if (!outcome) co_return outcome.error();
  }
  if (counters.empty()) co_return none;
  co_return counters;
}

}  // namespace arigate::ops
