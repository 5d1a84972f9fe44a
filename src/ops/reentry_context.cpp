#include "ops/reentry_context.hpp"

#include <fmt/format.h>

namespace arigate::ops {
namespace {

boost::asio::awaitable<Result<ReentryState>> look(World& world, const std::string& url) {
  constexpr std::string_view entry = "/arigate,${EXTEN}";
  const auto shown = co_await world.ami.request(
      ami::Action{"Command"}.add("Command", "dialplan show " + world.dialplan_context),
      world.in(world.timeouts.action), "");
  if (!shown) {
    // New PBXs answer Error when there is no such context.
    if (shown.error().code == Errc::refused_by_pbx) co_return ReentryState::missing;
    co_return shown.error();
  }
  const auto text = shown->output();
  const auto found = text.find(entry);
  if (found == std::string_view::npos) co_return ReentryState::missing;
  // An address that was written into extensions.conf by name cannot be compared.
  const auto before = text.substr(0, found);
  const auto begins = before.rfind("agi://");
  const auto line = before.rfind('\n');
  const bool literal =
      begins != std::string_view::npos && (line == std::string_view::npos || line < begins);
  if (literal && before.substr(begins) != url) co_return ReentryState::elsewhere;
  co_return ReentryState::present;
}

}  // namespace

std::vector<std::string> reentry_lines(const std::string& url) {
  // No quotes and no labels: the PBX's command line eats the ones and takes no others.
  return {
      "AGI," + url + "/arigate,${EXTEN}",
      "GotoIf,$[0${ARIGATE_DONE}=01]?8",
      "GotoIf,$[x${AGISTATUS}=xHANGUP]?8",
      "Set,ARIGATE_TRY=$[0${ARIGATE_TRY}+1]",
      "GotoIf,$[0${ARIGATE_TRY}>30]?8",
      "Wait,1",
      "Goto,1",
      "Hangup",
  };
}

boost::asio::awaitable<Result<ReentryState>> ensure_reentry_context(World& world, std::string url,
                                                                    bool may_add) {
  const auto found = co_await look(world, url);
  if (!found || *found != ReentryState::missing || !may_add) co_return found;
  const auto lines = reentry_lines(url);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto command = fmt::format("dialplan add extension _X.,{},{} into {}", i + 1, lines[i],
                                     world.dialplan_context);
    const auto added = co_await world.ami.request(ami::Action{"Command"}.add("Command", command),
                                                  world.in(world.timeouts.action), "");
    if (!added && added.error().code != Errc::refused_by_pbx) co_return added.error();
  }
  const auto now = co_await look(world, url);
  if (!now) co_return now.error();
  co_return *now == ReentryState::missing ? ReentryState::missing : ReentryState::added;
}

}  // namespace arigate::ops
