#include "ops/leg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "ami/action.hpp"
#include "core/log.hpp"
#include "core/overloaded.hpp"
#include "model/leg_name.hpp"
#include "ops/answer.hpp"

namespace arigate::ops {
namespace {

/// Random, so that what an earlier process left behind is not taken for ours.
std::uint64_t first_leg_token() {
  std::random_device random;
  return std::uniform_int_distribution<std::uint64_t>{100'000'000, 999'000'000}(random)*1'000;
}

std::string action_id_of(std::string_view token) {
  return fmt::format("arigate-leg-{}", token);
}

Result<ami::Action> action_of(const World& world, const LegOrder& order, const std::string& token,
                              TimePoint deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::max(deadline - world.clock.now(), std::chrono::steady_clock::duration{}));
  ami::Action action{"Originate"};
  action.add("Channel", fmt::format("Local/{}@{}/n", token, world.dialplan_context))
      .add("Application", order.application)
      .add("Data", order.data)
      .add("Async", "true")
      .add("Timeout", std::to_string(left.count()));
  if (order.shown && world.ami.dialect().takes_channel_id) {
    // Asterisk 22 takes no second id that the first one begins with (seen: 22.10).
    action.add("ChannelId", action_id_of(token)).add("OtherChannelId", order.shown->id.value);
  }
  for (const auto& [name, value] : order.variables) {
    const auto text = ami::originate_variable(name, value);
    if (!text) return text.error();
    action.add("Variable", *text);
  }
  if (const auto fits = ami::encode(action, action_id_of(token)); !fits) return fits.error();
  return action;
}

const Error& ended() {
  static const Error error{Errc::refused_by_pbx, "The PBX ended the leg"};
  return error;
}

/// Of a leg that has no session: it refuses every job.
std::shared_ptr<Control> no_control(const Clock& clock) {
  auto control = std::make_shared<Control>(ChannelId{}, nullptr, clock);
  control->drop(ended());
  return control;
}

/// Out of what it runs, and to its end.
ami::Action to_nowhere(const World& world, const std::string& channel) {
  ami::Action action{"Redirect"};
  action.add("Channel", channel).add("Context", world.dialplan_context);
  action.add("Exten", "nowhere").add("Priority", "1");
  return action;
}

}  // namespace

Leg::Leg(Legs& legs, std::string token, std::string application, bool shown)
    : legs_{&legs},
      token_{std::move(token)},
      application_{std::move(application)},
      shown_{shown},
      control_{no_control(legs.world_.clock)} {}

void Leg::close() {
  if (state_ == State::over || legs_ == nullptr) return;
  if (const auto self = legs_->find(token_)) legs_->end(self, false);
}

void Leg::renew() {
  if (state_ != State::open || shown_ || legs_ == nullptr) return;
  if (const auto self = legs_->find(token_)) legs_->world_.spawn(legs_->renew(self));
}

Legs::Legs(World& world, Entrance& entrance)
    : world_{world}, entrance_{entrance}, next_token_{first_leg_token()} {}

Legs::~Legs() {
  for (const auto& [token, leg] : legs_) leg->legs_ = nullptr;
}

// --- opening ------------------------------------------------------------------------------------

boost::asio::awaitable<Result<std::shared_ptr<Leg>>> Legs::open(LegOrder order,
                                                                TimePoint deadline) {
  co_await world_.ensure_reentry();
  if (legs_.size() >= legs_max) co_return Error{Errc::overloaded, "too many legs of our own"};
  const auto token = fmt::format("{}{}", model::leg_token_prefix, next_token_++);
  const auto action = action_of(world_, order, token, deadline);
  if (!action) co_return action.error();
  if (order.shown) {
    if (const auto shown = show(token, *order.shown); !shown) co_return shown.error();
  }
  const auto leg = std::make_shared<Leg>(*this, token, order.application, order.shown.has_value());
  legs_.emplace(token, leg);
  auto opened = leg->opened_;
  const auto queued = co_await world_.ami.request(*action, deadline, action_id_of(token));
  if (!queued) {
    leg->close();
    co_return queued.error();
  }
  const auto outcome = co_await opened.wait(deadline);
  if (!outcome) {
    log::warn("leg not opened in time application={}", leg->application_);
    leg->close();
    co_return Error{Errc::timeout, "The PBX did not open the leg in time"};
  }
  if (!*outcome) co_return ended();
  co_return leg;
}

/// Its near half is announced as a channel, and its session goes where the channel shall go.
Result<void> Legs::show(const std::string& token, const ShownLeg& shown) {
  if (const auto told = world_.reconciler.show_leg(token, shown.id, shown.name); !told) return told;
  const auto expected = entrance_.expect(shown.id, shown.destination, token);
  if (expected) return {};
  world_.reconciler.forget_leg(token);
  return expected.error();
}

/// The PBX keeps the channel in the old AGI until that one ends.
void Legs::let_go_of_line(Leg& leg) {
  if (leg.state_ != Leg::State::renewing || !leg.link_) return;
  by_link_.erase(leg.link_.get());
  leg.control_->detach();
  std::exchange(leg.link_, {})->close();
}

boost::asio::awaitable<void> Legs::renew(std::shared_ptr<Leg> leg) {
  co_await world_.ensure_reentry();
  if (leg->state_ != Leg::State::open) co_return;
  leg->state_ = Leg::State::renewing;
  leg->opened_ = Eventual<bool>{};
  auto back = leg->opened_;
  auto action = ami::Action{"Redirect"}
                    .add("Channel", leg->halves_.back().name)
                    .add("Context", world_.dialplan_context)
                    .add("Exten", leg->token_)
                    .add("Priority", "1");
  std::function<void()> let_go = [this, leg] { let_go_of_line(*leg); };
  const TimePoint deadline = world_.in(world_.timeouts.action);
  const auto asked =
      co_await world_.ami.request_then(std::move(action), deadline, std::move(let_go));
  std::optional<bool> came;
  if (asked) came = co_await back.wait(deadline);
  if (leg->state_ == Leg::State::renewing && (!came || !*came)) end(leg, true);
}

Legs::Taken Legs::take(const std::shared_ptr<AgiLink>& link, const agi::Environment& environment) {
  const std::string token{model::leg_token_of(environment.channel, world_.dialplan_context)};
  if (token.empty() || environment.context != world_.dialplan_context) return Taken::no;
  const auto leg = find(token);
  if (leg && leg->state_ == Leg::State::renewing && !leg->link_) {
    leg->state_ = Leg::State::open;
    leg->link_ = link;
    by_link_.emplace(link.get(), leg);
    leg->opened_.set(true);
    leg->control_->attach(link);
    return Taken::wholly;
  }
  if (!leg || leg->state_ != Leg::State::opening) {
    // Its dialplan would ask again each second.
    link->send("SET VARIABLE ARIGATE_DONE 1");
    link->close();
    return Taken::wholly;
  }
  leg->state_ = Leg::State::open;
  if (leg->shown_) {
    leg->opened_.set(true);
    return Taken::shown;
  }
  leg->link_ = link;
  leg->control_ = std::make_shared<Control>(ChannelId{environment.uniqueid}, link, world_.clock,
                                            world_.commands_queued_max);
  by_link_.emplace(link.get(), leg);
  const auto answer =
      leg->control_->add(std::make_unique<CommandJob>(answer_line(world_.ami.dialect())));
  leg->opened_.set(answer.has_value());
  return Taken::wholly;
}

boost::asio::awaitable<void> Legs::stop_spying(Uniqueid near_half, std::function<void()> ends) {
  if (!world_.ami.dialect().snapshots) co_return;
  for (const auto& [token, leg] : legs_) {
    if (!leg->shown_ || leg->halves_.back().uniqueid != near_half) continue;
    const auto& spy = leg->halves_.front();
    if (leg->application_ != "ChanSpy" || !spy.alive) co_return;
    auto action = to_nowhere(world_, spy.name);
    const TimePoint deadline = world_.in(world_.timeouts.action);
    co_await world_.ami.request_then(std::move(action), deadline, std::move(ends));
    co_return;
  }
}

void Legs::session_over(const Uniqueid& near_half) {
  for (const auto& [token, leg] : legs_) {
    if (leg->shown_ && leg->halves_.back().uniqueid == near_half) {
      return end(std::shared_ptr{leg}, true);
    }
  }
}

// --- what the PBX does --------------------------------------------------------------------------

void Legs::connected(std::shared_ptr<AgiLink> link, agi::Environment environment) {
  if (take(link, environment) != Taken::wholly) link->close();
}

void Legs::received(AgiLink& link, const agi::Reply& reply) {
  const auto leg = find(link);
  if (leg) leg->control_->on(reply);
}

void Legs::hangup_seen(AgiLink& link) {
  const auto leg = find(link);
  if (!leg || leg->state_ == Leg::State::renewing) return;  // The redirect tells so, too.
  end(leg, true);
}

void Legs::closed(AgiLink& link) {
  if (const auto leg = find(link)) end(leg, true);
}

void Legs::on(const model::Change& change, WallTime) {
  if (const auto* half = std::get_if<model::LegSeen>(&change)) return seen(*half);
  if (const auto* half = std::get_if<model::LegGone>(&change)) return gone(*half);
  if (!std::holds_alternative<model::Resynced>(change)) return;
  // The first hangup may have been lost with the link.
  for (const auto& [uniqueid, half] : leaving_) hang_up(half);
}

void Legs::seen(const model::LegSeen& seen) {
  const model::Channel& half = seen.half;
  if (const auto leg = find(std::string{seen.token})) {
    leg->halves_[half.name.ends_with(";2") ? 1 : 0] = {half.name, half.uniqueid, true};
    return;
  }
  log::info("leftover leg hung up channel={}", half.name);
  hang_up(
      leaving_.emplace(half.uniqueid, Leaving{half.name, half.name.ends_with(";1")}).first->second);
}

void Legs::gone(const model::LegGone& gone) {
  if (gone.half != nullptr) leaving_.erase(gone.half->uniqueid);
  const auto leg = find(std::string{gone.token});
  if (!leg) return;
  for (auto& half : leg->halves_) {
    if (gone.half != nullptr && half.uniqueid == gone.half->uniqueid) half.alive = false;
  }
  end(leg, true);
}

void Legs::end(const std::shared_ptr<Leg>& leg, bool tell) {
  leg->state_ = Leg::State::over;
  legs_.erase(leg->token_);
  if (leg->shown_) {
    world_.reconciler.forget_leg(leg->token_);
    entrance_.forget(leg->token_);
  }
  for (const auto& half : leg->halves_) {
    if (!half.alive) continue;
    const bool spies = leg->application_ == "ChanSpy" && half.name.ends_with(";1");
    hang_up(leaving_.emplace(half.uniqueid, Leaving{half.name, spies}).first->second);
  }
  if (leg->link_) {
    by_link_.erase(leg->link_.get());
    // Without an AMI link this is what ends it: else its dialplan would ask for us again.
    leg->link_->send("SET VARIABLE ARIGATE_DONE 1");
    leg->link_->close();
  }
  const auto told = std::exchange(leg->told_, {});
  leg->control_->drop(ended());
  leg->opened_.set(false);
  if (tell && told) told();
}

void Legs::close_all() {
  while (!legs_.empty()) end(std::shared_ptr{legs_.begin()->second}, true);
}

std::shared_ptr<Leg> Legs::find(const std::string& token) const {
  const auto found = legs_.find(token);
  return found == legs_.end() ? nullptr : found->second;
}

std::shared_ptr<Leg> Legs::find(const AgiLink& link) const {
  const auto found = by_link_.find(&link);
  return found == by_link_.end() ? nullptr : found->second;
}

/// ChanSpy does not see that it was hung up until its target speaks or ends (seen: 1.8, 11, 16,
/// 22). From Asterisk 12 on a Redirect ends it, and to an extension that is nowhere the channel
/// too; older ones would keep another channel in its place.
void Legs::hang_up(const Leaving& half) {
  if (half.may_spy && world_.ami.dialect().snapshots) {
    world_.ami.post(to_nowhere(world_, half.name));
  }
  world_.ami.post(ami::Action{"Hangup"}.add("Channel", half.name));
}

}  // namespace arigate::ops
