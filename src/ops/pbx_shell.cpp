#include "ops/pbx_shell.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "agi/command.hpp"
#include "core/base64.hpp"
#include "ops/command.hpp"

namespace arigate::ops {
namespace {

using namespace std::chrono_literals;

constexpr auto leg_timeout = 5s;
constexpr auto script_timeout = 10s;
constexpr auto run_timeout = 60s;  ///< All pages of a script.
/// A leg takes new scripts for so long, and then ends by itself: not before its last one is over.
constexpr auto leg_time = 30s;
constexpr std::string_view leg_wait = "60";
static_assert(leg_time + script_timeout < 60s);

/// What a script prints first, as a line.
constexpr std::string_view works = "ok";

LegOrder idle_leg() {
  LegOrder order;
  order.application = "Wait";
  order.data = leg_wait;
  return order;
}

}  // namespace

std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += R"('\'')";
    } else {
      word += c;
    }
  }
  return word + '\'';
}

Result<std::string> shell_command(std::string_view script) {
  std::string encoded;
  // Without the tools that scripts need there would be nothing to see, as if there were no files.
  append_base64(encoded,
                fmt::format("type tail readlink find >/dev/null && echo {}; {}", works, script));
  return agi::command("GET FULL VARIABLE",
                      {fmt::format("${{SHELL(echo {} | base64 -d | sh 2>/dev/null | "
                                   "head -c {} | base64 | tr -d '\\n')}}",
                                   encoded, works.size() + 1 + Shell::page_bytes)});
}

boost::asio::awaitable<Result<std::shared_ptr<Leg>>> PbxShell::leg() {
  if (!leg_ || leg_->over() || world_.clock.now() >= leg_until_) {
    const TimePoint until = world_.in(leg_time);  // From when its far half can have begun to wait.
    auto opened = co_await legs_.open(idle_leg(), world_.in(leg_timeout));
    if (!opened) co_return opened.error();
    leg_ = std::move(*opened);
    leg_until_ = until;
  }
  co_return leg_;
}

boost::asio::awaitable<Result<std::string>> PbxShell::page(std::string script) {
  auto line = shell_command(script);
  if (!line) co_return line.error();
  const auto with = co_await leg();
  if (!with) co_return with.error();
  const TimePoint deadline = world_.in(script_timeout);
  const auto reply = co_await run_command(world_, (*with)->control(), std::move(*line), deadline);
  if (!reply) co_return reply.error();
  if (!reply->ok()) co_return Error{Errc::refused_by_pbx, reply->text};
  auto output = base64_decoded(reply->value.value_or(""));
  if (!output || !output->starts_with(works) || output->size() == works.size()) {
    co_return Error{Errc::not_supported, "The PBX has no shell to ask, or not all of its tools"};
  }
  co_return output->substr(works.size() + 1);
}

boost::asio::awaitable<Result<std::string>> Shell::read_page(std::string script) {
  auto printed = co_await page(script);
  if (printed || printed.error().code != Errc::refused_by_pbx) co_return printed;
  co_return co_await page(std::move(script));
}

boost::asio::awaitable<Result<std::string>> Shell::run(std::string script) {
  const TimePoint deadline = clock_.now() + run_timeout;
  std::string all;
  for (;;) {
    auto part = fmt::format("{{ {}; }} | tail -c +{}", script, all.size() + 1);
    const auto more = co_await read_page(std::move(part));
    if (!more) co_return more.error();
    all += *more;
    if (more->size() < page_bytes) co_return all;
    if (all.size() >= output_bytes_max) {
      co_return Error{Errc::overloaded, "The PBX lists more files than can be read"};
    }
    if (clock_.now() >= deadline) {
      co_return Error{Errc::timeout, "The PBX did not list its files in time"};
    }
  }
}

}  // namespace arigate::ops
