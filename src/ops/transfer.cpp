#include "ops/transfer.hpp"

#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>

#include "agi/command.hpp"
#include "core/log.hpp"
#include "core/text.hpp"

namespace arigate::ops {
namespace {

/// One blocking command. `began` runs when it has been sent, `over` is set when it has ended.
class GuardedJob : public Job {
 public:
  GuardedJob(std::string line, Eventual<bool> over, std::function<void()> began)
      : line_{std::move(line)}, over_{std::move(over)}, began_{std::move(began)} {}

  Step start(TimePoint) override {
    began_();
    return Send{line_};
  }
  Step on(const agi::Reply&, TimePoint) override { return end(); }
  Step on_new_line(TimePoint) override { return end(); }
  void abandon(const Error&) override { over_.set(true); }

 private:
  Step end() {
    over_.set(true);
    return Done{};
  }
  std::string line_;
  Eventual<bool> over_;
  std::function<void()> began_;
};

boost::asio::awaitable<void> guard(World& world, Entrance& entrance, ChannelId channel,
                                   Eventual<bool> over) {
  const auto ended = co_await over.wait(world.in(world.timeouts.transfer));
  if (ended) co_return;
  log::warn("phone does not answer a redirect channel={}", channel.value);
  std::function<bool()> wanted = [over] { return !over.is_set(); };
  const auto out = co_await entrance.reenter(channel, std::move(wanted));
  if (!out) log::warn("channel stays in its redirect why=\"{}\"", out.error().detail);
}

}  // namespace

Result<void> redirect(World& world, Entrance& entrance, const ChannelId& channel,
                      const std::string& endpoint) {
  const auto control = usable_control_of(world, channel);
  if (!control) return control.error();
  if (endpoint.empty()) {
    return Error{Errc::bad_request, "Required parameter 'endpoint' not provided."};
  }
  const auto slash = endpoint.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == endpoint.size()) {
    return Error{Errc::unprocessable,
                 fmt::format("Endpoint parameter '{}' does not contain tech/resource", endpoint)};
  }
  const auto technology = std::string_view{endpoint}.substr(0, slash);
  const std::string_view name = world.store.find(channel)->name;
  const auto own = name.substr(0, name.find('/'));
  if (!iequals(technology, own)) {
    return Error{Errc::unprocessable,
                 fmt::format("Endpoint technology '{}' does not match channel technology '{}'",
                             technology, own)};
  }
  // Further arguments and expressions of the dialplan are not meant.
  if (endpoint.find_first_of(",$|") != std::string::npos) {
    return Error{Errc::bad_request, "The endpoint cannot be sent"};
  }
  auto line = agi::command("EXEC Transfer", {endpoint});
  if (!line) return line.error();
  Eventual<bool> over;
  return (*control)->add(std::make_unique<GuardedJob>(
      std::move(*line), over,
      [&world, &entrance, channel, over] { world.spawn(guard(world, entrance, channel, over)); }));
}

}  // namespace arigate::ops
