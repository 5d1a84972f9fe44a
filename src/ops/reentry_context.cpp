#include "ops/reentry_context.hpp"

#include <fmt/format.h>

namespace arigate::ops {
namespace {

struct Seen {
  ReentryState state;
  bool ends_at_home = false;  ///< It has an extension h, ours or another.
};

boost::asio::awaitable<Result<Seen>> look(World& world, const std::string& url) {
  constexpr std::string_view entry = "/arigate,${EXTEN}";
  const auto shown = co_await world.ami.request(
      ami::Action{"Command"}.add("Command", "dialplan show " + world.dialplan_context),
      world.in(world.timeouts.action), "");
  if (!shown) {
    // New PBXs answer Error when there is no such context.
    if (shown.error().code == Errc::refused_by_pbx) co_return Seen{ReentryState::missing};
    co_return shown.error();
  }
  const auto text = shown->output();
  const auto found = text.find(entry);
  if (found == std::string_view::npos) co_return Seen{ReentryState::missing};
  // An address that was written into extensions.conf by name cannot be compared.
  const auto before = text.substr(0, found);
  const auto begins = before.rfind("agi://");
  const auto line = before.rfind('\n');
  const bool literal =
      begins != std::string_view::npos && (line == std::string_view::npos || line < begins);
  if (literal && before.substr(begins) != url) co_return Seen{ReentryState::elsewhere};
  co_return Seen{ReentryState::present, shows_hangup_extension(text)};
}

boost::asio::awaitable<Result<void>> add(World& world, std::vector<std::string> lines) {
  for (const auto& line : lines) {
    const auto command =
        fmt::format("dialplan add extension {} into {}", line, world.dialplan_context);
    const auto added = co_await world.ami.request(ami::Action{"Command"}.add("Command", command),
                                                  world.in(world.timeouts.action), "");
    if (!added && added.error().code != Errc::refused_by_pbx) co_return added.error();
  }
  co_return Result<void>{};
}

}  // namespace

// No quotes and no labels: the PBX's command line eats the ones and takes no others. It takes one
// of two backslashes as well.

std::vector<std::string> reentry_lines(const std::string& url) {
  return {
      "_X.,1,AGI," + url + "/arigate,${EXTEN}",
      "_X.,2,GotoIf,$[0${ARIGATE_DONE}=01]?8",
      "_X.,3,GotoIf,$[x${AGISTATUS}=xHANGUP]?8",
      "_X.,4,Set,ARIGATE_TRY=$[0${ARIGATE_TRY}+1]",
      "_X.,5,GotoIf,$[0${ARIGATE_TRY}>30]?8",
      "_X.,6,Wait,1",
      "_X.,7,Goto,1",
      "_X.,8,Hangup",
  };
}

std::string hangup_line() {
  constexpr std::string_view home = R"(${CUT(ARIGATE_HOME,\\,,1)})";
  return fmt::format("h,1,GotoIf(${{DIALPLAN_EXISTS({},h,1)}}?{},h,1)", home, home);
}

bool shows_hangup_extension(std::string_view shown) {
  return shown.find("'h' =>") != std::string_view::npos;
}

boost::asio::awaitable<Result<ReentryState>> ensure_reentry_context(World& world, std::string url,
                                                                    bool may_add) {
  const auto found = co_await look(world, url);
  if (!found) co_return found.error();
  const bool missing = found->state == ReentryState::missing;
  const bool incomplete = found->state == ReentryState::present && !found->ends_at_home;
  if (!may_add || (!missing && !incomplete)) co_return found->state;
  auto lines = missing ? reentry_lines(url) : std::vector<std::string>{};
  lines.push_back(hangup_line());
  const auto added = co_await add(world, std::move(lines));
  if (!added) co_return added.error();
  const auto now = co_await look(world, url);
  if (!now) co_return now.error();
  if (missing) co_return now->state == ReentryState::missing ? now->state : ReentryState::added;
  co_return now->ends_at_home ? ReentryState::completed : now->state;
}

}  // namespace arigate::ops
