#include "ops/admission.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <deque>
#include <utility>

#include "agi/command.hpp"
#include "core/log.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "core/thrown.hpp"
#include "model/destination.hpp"
#include "ops/command.hpp"
#include "ops/entrance.hpp"
#include "ops/hangup.hpp"

namespace arigate::ops {
namespace {

constexpr int cause_normal_clearing = 16;
/// Of StasisBroadcast (seen: 22).
constexpr std::chrono::milliseconds claim_time_default{500};
constexpr std::chrono::milliseconds claim_time_max{60'000};

/// Where the configuration has no place that can be said, the call goes on behind its line.
std::vector<std::string> fallback_lines(const DialplanGoal& goal) {
  const auto lines = lines_to(goal);
  return lines ? *lines : std::vector<std::string>{};
}

std::string music_line(const AwayPolicy& policy) {
  const auto line = policy.music_class.empty()
                        ? agi::command("SET MUSIC", {"ON"})
                        : agi::command("SET MUSIC", {"ON", policy.music_class});
  return line ? *line : "NOOP";
}

/// Out of reach is the default.
std::chrono::milliseconds claim_time(std::string_view text) {
  const std::chrono::milliseconds time{whole_number<long>(text).value_or(-1)};
  return time.count() >= 0 && time <= claim_time_max ? time : claim_time_default;
}

bool is_yes(std::string_view text) {
  return iequals(text, "yes") || iequals(text, "true") || iequals(text, "on") || text == "1";
}

}  // namespace

Admission::Admission(boost::asio::any_io_executor executor, World& world, Entrance& entrance,
                     Policies policies)
    : executor_{std::move(executor)},
      world_{world},
      entrance_{entrance},
      policies_{std::move(policies)} {}

Admission::~Admission() = default;

void Admission::spawn(boost::asio::awaitable<void> work) {
  boost::asio::co_spawn(executor_, std::move(work), log_thrown("admission"));
}

boost::asio::awaitable<Admission::Decision> Admission::admit(Visitor visitor, AppName application,
                                                             std::vector<std::string> arguments) {
  if (application.value == model::broadcast_script) {
    co_return co_await broadcast(std::move(visitor), std::move(arguments));
  }
  Decision decision;
  decision.arguments = std::move(arguments);
  for (;;) {
    const auto* channel = world_.store.find(visitor.channel);
    if (channel == nullptr) co_return decision;
    std::string channel_name = channel->name;
    auto summoned = co_await world_.applications.summon(application, std::move(channel_name));
    if (summoned) {
      decision.enter = true;
      decision.application = std::move(*summoned);
      co_return decision;
    }
    auto policy = policies_(application);
    const bool parks = policy.new_call == AwayPolicy::NewCall::park ||
                       (visitor.came_back && policy.lost_call == AwayPolicy::LostCall::park);
    if (!parks) co_return decision;
    auto lines = fallback_lines(policy.fallback);
    const bool came = co_await wait_for(visitor, application, std::move(policy));
    if (came) continue;
    decision.lines = std::move(lines);
    decision.waited = true;
    co_return decision;
  }
}

/// One AGI command; false when the channel is gone or the PBX does not do it.
boost::asio::awaitable<bool> Admission::say(Visitor visitor, std::string line) {
  const auto reply = co_await run_command(world_, *visitor.control, std::move(line),
                                          world_.in(world_.timeouts.command));
  co_return reply && reply->ok();
}

/// True when the application came in time and the channel is still there.
boost::asio::awaitable<bool> Admission::wait_for(Visitor visitor, AppName application,
                                                 AwayPolicy policy) {
  if (waiting_ >= waiting_max) {
    log::warn("call not parked why=\"too many wait\" channel={}", visitor.channel.value);
    co_return false;
  }
  ++waiting_;
  const auto place = waiters_.emplace(application.value, visitor.wake);
  const TimePoint deadline = world_.in(policy.patience);
  log::info("call waits for its application channel={} app={}", visitor.channel.value,
            application.value);
  bool there = co_await say(visitor, policy.answer ? "ANSWER" : "EXEC Ringing");
  if (there && policy.answer) there = co_await say(visitor, music_line(policy));
  auto wake = visitor.wake;
  std::optional<Wake> woken;
  if (there) woken = co_await wake.wait(deadline);
  waiters_.erase(place);
  --waiting_;
  if (!woken) {
    log::info("call waited in vain channel={} app={}", visitor.channel.value, application.value);
  }
  const bool stays = there && woken != Wake::hung_up;
  if (stays && policy.answer) co_await say(visitor, "SET MUSIC OFF");
  co_return stays&& woken == Wake::application_came;
}

// --- offering a channel to several applications -------------------------------------------------

/// Arguments as of the dialplan application: milliseconds, a regular expression for the names of
/// applications, arguments for the winner between colons, whether to tell the others who won.
boost::asio::awaitable<Admission::Decision> Admission::broadcast(
    Visitor visitor, std::vector<std::string> arguments) {
  arguments.resize(std::max<std::size_t>(arguments.size(), 4));
  Decision decision;
  decision.status = "TIMEOUT";
  decision.waited = true;
  if (offered_ >= waiting_max) co_return decision;
  const auto offer = std::make_shared<Offer>();
  offer->wake = visitor.wake;
  offer->filter = arguments[1];
  offer->notify = is_yes(arguments[3]);
  const TimePoint deadline = world_.in(claim_time(arguments[0]));
  offers_.insert_or_assign(visitor.channel, offer);
  ++offered_;
  world_.applications.offer(visitor.channel, offer->filter);
  auto wake = visitor.wake;
  const auto woken = co_await wake.wait(deadline);
  --offered_;
  const bool claimed = woken == Wake::claimed && offer->claimed;
  const bool there = claimed && world_.applications.active(offer->winner);
  if (!there) offers_.erase(visitor.channel);
  if (!claimed) co_return decision;
  decision.status = "FAILED";
  decision.application = offer->winner;
  // As natively: also one that is not there may claim, and then nobody has the channel.
  decision.enter = there;
  for (const auto part : split(arguments[2], ':')) decision.arguments.emplace_back(part);
  co_return decision;
}

Result<void> Admission::claim(const ChannelId& channel, const AppName& application) {
  const auto found = offers_.find(channel);
  if (found == offers_.end()) {
    return Error{Errc::not_found, "Channel not found or not in broadcast state"};
  }
  const auto offer = found->second;
  if (std::exchange(offer->claimed, true)) {
    return Error{Errc::conflict, "Channel has already been claimed by another application"};
  }
  offer->winner = application;
  if (offer->notify) world_.applications.offer_taken(channel, application, offer->filter);
  offer->wake.set(Wake::claimed);
  return {};
}

// --- the application comes and goes -------------------------------------------------------------

void Admission::came(const AppName& application) {
  const auto [first, last] = waiters_.equal_range(application.value);
  for (auto waiter = first; waiter != last; ++waiter) waiter->second.set(Wake::application_came);
}

void Admission::lost(const AppName& application) {
  auto policy = policies_(application);
  if (policy.lost_call == AwayPolicy::LostCall::keep) return;
  spawn(look_after_lost(application, std::move(policy)));
}

std::vector<ChannelId> Admission::channels_of(const AppName& application) const {
  std::vector<ChannelId> channels;
  world_.store.each_channel([&](const model::Channel& channel) {
    if (channel.application == application) channels.push_back(channel.id);
  });
  return channels;
}

/// Each by itself: one that the PBX does not let go keeps no other waiting.
void Admission::let_all_go(const AppName& application, const WayOut& way) {
  for (const auto& channel : channels_of(application)) spawn(entrance_.take_out(channel, way));
}

void Admission::failed(const AppName& application) {
  let_all_go(application, WayOut{{}, "FAILED"});
}

void Admission::on(const model::Change& change, WallTime) {
  if (offers_.empty()) return;
  if (const auto* end = std::get_if<model::StasisEnd>(&change)) {
    // A move to another application ends one too, and the channel stays claimed.
    if (world_.controls.find(end->channel.id) == nullptr) offers_.erase(end->channel.id);
  } else if (const auto* destroyed = std::get_if<model::ChannelDestroyed>(&change)) {
    offers_.erase(destroyed->channel.id);
  }
}

boost::asio::awaitable<void> Admission::look_after_lost(AppName application, AwayPolicy policy) {
  Eventual<Wake> wake;
  const auto place = waiters_.emplace(application.value, wake);
  const auto woken = co_await wake.wait(world_.in(policy.grace));
  if (woken || world_.applications.active(application)) {
    waiters_.erase(place);
    co_return;
  }
  log::info("application stays away app={} calls={}", application.value,
            channels_of(application).size());
  switch (policy.lost_call) {
    case AwayPolicy::LostCall::keep:
      break;
    case AwayPolicy::LostCall::leave:
      let_all_go(application, WayOut{fallback_lines(policy.fallback)});
      break;
    case AwayPolicy::LostCall::hang_up:
      for (const auto& channel : channels_of(application)) {
        spawn(hang_up_lost(channel, application));
      }
      break;
    case AwayPolicy::LostCall::park:
      co_await park_lost(application, policy, wake);
      break;
  }
  waiters_.erase(place);
}

/// By the manager, or while that is away by the channel's own command line, if it is free.
boost::asio::awaitable<void> Admission::hang_up_lost(ChannelId channel, AppName application) {
  const auto lost = [&] {
    const auto* known = world_.store.find(channel);
    return known != nullptr && known->application == application &&
           !world_.applications.active(application);
  };
  for (int attempt = 0; attempt < hangups_max && lost(); ++attempt) {
    const auto link_is_back = world_.watches.watch([](const model::Change& change) {
      return std::holds_alternative<model::Resynced>(change);
    });
    const auto ended = co_await hangup(world_, entrance_, channel, cause_normal_clearing);
    if (ended || !lost()) co_return;
    log::warn("lost call not hung up channel={} why=\"{}\"", channel.value, ended.error().detail);
    const Control* control = world_.controls.find(channel);
    if (control != nullptr && control->idle() && !control->resting()) {
      std::deque<std::string> lines{"HANGUP"};
      co_await run_commands(world_, channel, std::move(lines));
    }
    if (lost()) co_await link_is_back->wait(world_.in(hang_up_again_after));
  }
}

/// Music for those who are alone; then StasisStart again for the application that has come, or the
/// end.
boost::asio::awaitable<void> Admission::park_lost(AppName application, AwayPolicy policy,
                                                  Eventual<Wake> wake) {
  const TimePoint deadline = world_.in(policy.patience);
  std::vector<ChannelId> hear_music;
  for (const auto& channel : channels_of(application)) {
    const auto* known = world_.store.find(channel);
    // Who is in a bridge has somebody to talk to.
    if (known == nullptr || !known->member_of.value.empty()) continue;
    hear_music.push_back(channel);
    std::deque<std::string> lines{music_line(policy)};
    co_await run_commands(world_, channel, std::move(lines));
  }
  const auto woken = co_await wake.wait(deadline);
  if (!woken && !world_.applications.active(application)) {
    auto lines = fallback_lines(policy.fallback);
    lines.insert(lines.begin(), "SET MUSIC OFF");
    let_all_go(application, WayOut{std::move(lines)});
    co_return;
  }
  for (const auto& channel : hear_music) {
    std::deque<std::string> lines{"SET MUSIC OFF"};
    co_await run_commands(world_, channel, std::move(lines));
  }
  world_.applications.announce(application);
}

void Admission::cancel_all() {
  for (auto& [application, wake] : waiters_) wake.set(Wake::hung_up);
  for (auto& [channel, offer] : offers_) offer->wake.set(Wake::hung_up);
}

}  // namespace arigate::ops
