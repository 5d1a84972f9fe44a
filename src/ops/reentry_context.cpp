#include "ops/reentry_context.hpp"

#include <fmt/format.h>

namespace arigate::ops {
namespace {

boost::asio::awaitable<Result<bool>> is_present(World& world) {
  const auto shown = co_await world.ami.request(
      ami::Action{"Command"}.add("Command", "dialplan show " + world.dialplan_context),
      world.in(world.timeouts.action), "");
  if (!shown) {
    // New PBXs answer Error when there is no such context.
    if (shown.error().code == Errc::refused_by_pbx) co_return false;
    co_return shown.error();
  }
  co_return shown->output().find("/arigate,${EXTEN}") != std::string_view::npos;
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
  const auto present = co_await is_present(world);
  if (!present) co_return present.error();
  if (*present) co_return ReentryState::present;
  if (!may_add) co_return ReentryState::missing;
  const auto lines = reentry_lines(url);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto command = fmt::format("dialplan add extension _X.,{},{} into {}", i + 1, lines[i],
                                     world.dialplan_context);
    const auto added = co_await world.ami.request(ami::Action{"Command"}.add("Command", command),
                                                  world.in(world.timeouts.action), "");
    if (!added && added.error().code != Errc::refused_by_pbx) co_return added.error();
  }
  const auto now_present = co_await is_present(world);
  if (!now_present) co_return now_present.error();
  co_return *now_present ? ReentryState::added : ReentryState::missing;
}

}  // namespace arigate::ops
