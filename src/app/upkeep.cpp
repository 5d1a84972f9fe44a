#include "app/upkeep.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "core/log.hpp"
#include "ops/device_states.hpp"
#include "ops/read_endpoints.hpp"
#include "ops/reentry_context.hpp"
#include "ops/resync.hpp"

namespace arigate::app {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// How long a new channel of a PBX that takes no ids may stay unidentified.
constexpr auto decide_wait = 50ms;
/// Between two lists that doubts ask for; it grows while each list leaves new ones.
constexpr std::chrono::milliseconds resync_pause_min{250};
constexpr std::chrono::milliseconds resync_pause_max{10'000};
/// A PBX that says that it shuts down closes its links within this time, or it did not say it.
constexpr auto shutdown_limit = 10s;
/// No version tells on AMI that its dialplan was read again, which forgets lines added in memory.
constexpr auto reentry_interval = 5s;
/// Before a PBX that has not answered is asked for it again.
constexpr auto reentry_again = 250ms;
/// How often the states of devices are asked for where the PBX does not tell them, and of how many.
constexpr auto device_interval = 1s;
constexpr std::size_t devices_polled_max = 500;

/// What a duty throws costs that duty, not the loop that it is a part of.
asio::awaitable<void> attempt(asio::awaitable<void> duty) {
  try {
    co_await std::move(duty);
  } catch (const std::exception& thrown) {
    log::error("upkeep failed what=\"{}\"", thrown.what());
  }
}

/// Whether the PBX has said no, which it would do again; else it was too busy to say anything.
bool is_final(const Error& error) {
  return error.code != Errc::timeout && error.code != Errc::unavailable &&
         error.code != Errc::overloaded;
}

}  // namespace

Upkeep::Upkeep(asio::any_io_executor executor, ops::World& world, ari::Applications& applications,
               Duties duties)
    : world_{world},
      applications_{applications},
      duties_{std::move(duties)},
      decide_timer_{executor},
      resync_timer_{executor},
      repair_timer_{executor},
      reentry_timer_{executor},
      reentry_again_timer_{executor},
      device_timer_{executor},
      resync_pause_{resync_pause_min} {
  applications_.on_device([this](const std::string& device) {
    if (const auto own = ops::own_device(device)) world_.reconciler.watch_device(*own);
  });
}

void Upkeep::start() {
  world_.spawn(repair_loop());
  world_.spawn(reentry_loop());
  world_.spawn(device_loop());
}

void Upkeep::stop() {
  stopping_ = true;
  for (auto* timer : {&decide_timer_, &resync_timer_, &repair_timer_, &reentry_timer_,
                      &reentry_again_timer_, &device_timer_}) {
    timer->cancel();
  }
  reentry_seen(false);  // Who waits for it goes on, and ends.
  awaiting_lists_.wake();
}

// --- the link -----------------------------------------------------------------------------------

void Upkeep::link_up() {
  before_link_ = world_.reconciler.serial();
  ++links_;
  shutdown_told_.reset();
  world_.untold_variables = 0;
  world_.spawn(settle());
}

void Upkeep::link_down() {
  synchronised_ = false;
  reentry_seen(false);
  awaiting_lists_.wake();
  if (!shutdown_told_ || world_.clock.now() - *shutdown_told_ >= shutdown_limit) return;
  log::warn("pbx has shut down, its channels are gone channels={}", world_.store.channel_count());
  world_.reconciler.end_all(world_.reconciler.serial(), world_.clock.wall());
}

void Upkeep::applied(const ami::Message& event) {
  if (world_.reconciler.take_gap()) resync_soon();
  using ami::EventName;
  // A PBX that was still loading when we logged in.
  if (event.event() == EventName::fullybooted && synchronised_) world_.spawn(settle());
  // "sip reload" and the like: phones may have come into the configuration, or gone from it.
  const bool reloaded =
      event.event() == EventName::reload || event.event() == EventName::channelreload;
  if (reloaded && synchronised_) resync_soon();
  if (event.event() == EventName::shutdown) {
    log::warn("pbx shuts down");
    shutdown_told_ = world_.clock.now();
  }
}

/// After a login: what is there on the PBX, and is it as we need it?
asio::awaitable<void> Upkeep::settle() {
  co_await attempt(duties_.learn_folders());
  co_await attempt(end_if_restarted());
  co_await resync_now();
  co_await attempt(duties_.learn_pbx());
  co_await ensure_reentry();
}

/// A PBX that was started anew has none of the channels that we knew, and may use their names.
asio::awaitable<void> Upkeep::end_if_restarted() {
  const std::uint64_t up_to = before_link_;
  const std::string started = co_await ops::pbx_started(world_);
  if (started.empty()) co_return;
  const std::string earlier = std::exchange(pbx_started_, started);
  if (earlier.empty() || earlier == started) co_return;
  log::warn("pbx was started anew, its channels are gone channels={}",
            world_.store.channel_count());
  world_.reconciler.end_all(up_to, world_.clock.wall());
}

/// What waits for a moment in the model is decided when that has passed.
void Upkeep::decide_soon() {
  if (!world_.reconciler.has_undecided() || decide_armed_ || stopping_) return;
  decide_armed_ = true;
  decide_timer_.expires_after(decide_wait);
  decide_timer_.async_wait([this](const boost::system::error_code& error) {
    decide_armed_ = false;
    if (error) return;
    const WallTime now = world_.clock.wall();
    world_.reconciler.decide(now - decide_wait, now);
    decide_soon();  // Those that came meanwhile.
  });
}

// --- lists --------------------------------------------------------------------------------------

void Upkeep::resync_soon() {
  if (resyncing_ || resync_armed_) {
    resync_again_ = true;
    return;
  }
  world_.spawn(resync_now());
}

void Upkeep::resync_later() {
  if (stopping_) return;
  if (!std::exchange(resync_again_, false)) {
    resync_pause_ = resync_pause_min;
    return;
  }
  resync_armed_ = true;
  resync_timer_.expires_after(resync_pause_);
  resync_pause_ = std::min(2 * resync_pause_, resync_pause_max);
  resync_timer_.async_wait([this](const boost::system::error_code& error) {
    resync_armed_ = false;
    if (!error && world_.ami.up()) resync_soon();
  });
}

asio::awaitable<void> Upkeep::resync_now() {
  const auto work = resyncing_.begin();
  if (!work) co_return;
  Result<void> outcome;
  try {
    outcome = co_await read_lists();
  } catch (const std::exception& thrown) {
    outcome = Error{Errc::unavailable, thrown.what()};
    resync_again_ = true;
  }
  resync_later();
  if (world_.ami.up()) lists_asked_ = true;
  awaiting_lists_.wake();
  if (outcome) {
    synchronised_ = true;
  } else {
    log::warn("channel list not read why=\"{}\"", outcome.error().detail);
  }
}

asio::awaitable<void> Upkeep::wait_for_lists() {
  if (!learns() || stopping_) co_return;
  co_await awaiting_lists_.wait(world_.in(world_.timeouts.action));
}

asio::awaitable<Result<void>> Upkeep::read_lists() {
  auto outcome = co_await ops::resync(world_);
  if (outcome) co_await ops::read_endpoints(world_);
  co_return outcome;
}

// --- the re-entry context -----------------------------------------------------------------------

asio::awaitable<void> Upkeep::wait_for_reentry() {
  if (reentry_seen_ || !world_.ami.up() || stopping_) co_return;
  world_.spawn(ensure_reentry());
  co_await awaiting_reentry_.wait(world_.in(world_.timeouts.action));
}

/// Two at once would both add it.
asio::awaitable<void> Upkeep::ensure_reentry() {
  const auto work = reentry_work_.begin();
  if (!work) co_return;
  while (world_.ami.up() && !stopping_) {
    const auto link = links_;
    bool looked = false;
    try {
      looked = co_await look_after_reentry();
    } catch (const std::exception& thrown) {
      log::error("upkeep failed what=\"{}\"", thrown.what());
    }
    if (link != links_) continue;  // Another link, perhaps another PBX.
    if (looked && world_.ami.up()) co_return reentry_seen(true);
    co_await pause(reentry_again_timer_, reentry_again);
  }
}

void Upkeep::reentry_seen(bool seen) {
  reentry_seen_ = seen;
  awaiting_reentry_.wake();
}

/// False: the PBX did not answer, so nobody knows. True also where we may not look: asking again
/// would not help.
asio::awaitable<bool> Upkeep::look_after_reentry() {
  const std::string url = "agi://" + duties_.advertised();
  const auto& context = world_.dialplan_context;
  const auto state = co_await ops::ensure_reentry_context(world_, url, duties_.add_reentry);
  if (!state) {
    log::warn("dialplan context not checked context={} why=\"{}\"", context, state.error().detail);
    co_return is_final(state.error());
  }
  switch (*state) {
    case ops::ReentryState::present:
      break;
    case ops::ReentryState::added:
      reentry_in_memory_ = true;
      log::info("dialplan context added in memory context={} url={}", context, url);
      break;
    case ops::ReentryState::completed:
      reentry_in_memory_ = true;
      log::info("dialplan context given an extension h in memory context={}", context);
      break;
    case ops::ReentryState::elsewhere:
      log::warn(
          "dialplan context leads to another address than ours; each arigate on a PBX needs a "
          "context of its own context={} url={}",
          context, url);
      break;
    case ops::ReentryState::missing:
      log::error(
          "dialplan context missing: channels cannot be originated into applications context={}",
          context);
      break;
  }
  co_return true;
}

// --- every so often -----------------------------------------------------------------------------

asio::awaitable<bool> Upkeep::pause(asio::steady_timer& timer, std::chrono::milliseconds time) {
  timer.expires_after(time);
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return !stopping_;
}

asio::awaitable<void> Upkeep::repair_loop() {
  for (;;) {
    const bool goes_on = co_await pause(repair_timer_, duties_.repair_interval);
    if (!goes_on) co_return;
    if (world_.ami.up()) co_await resync_now();
  }
}

/// PBXs before Asterisk 13 do not tell the states of devices: those that somebody is subscribed to
/// are asked for.
asio::awaitable<void> Upkeep::device_loop() {
  for (;;) {
    const bool goes_on = co_await pause(device_timer_, device_interval);
    if (!goes_on) co_return;
    co_await attempt(poll_devices());
  }
}

asio::awaitable<void> Upkeep::poll_devices() {
  if (!world_.ami.up() || world_.ami.dialect().device_events) co_return;
  co_await ops::poll_devices(world_, applications_.devices(devices_polled_max));
}

asio::awaitable<void> Upkeep::reentry_loop() {
  for (;;) {
    const bool goes_on = co_await pause(reentry_timer_, reentry_interval);
    if (!goes_on) co_return;
    applications_.expire(world_.clock.now());
    if (world_.ami.up() && reentry_in_memory_) world_.spawn(ensure_reentry());
  }
}

}  // namespace arigate::app
