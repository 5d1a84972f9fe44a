#include "ops/control.hpp"

#include <utility>

#include "core/assert.hpp"
#include "core/overloaded.hpp"

namespace arigate::ops {

Result<void> Control::add(std::unique_ptr<Job> job) {
  if (dropped_) {
    const Error gone{Errc::not_in_application, "Channel not in Stasis application"};
    job->abandon(gone);
    return gone;
  }
  if (waiting_.size() >= waiting_max_) {
    return Error{Errc::overloaded, "too many commands wait on this channel"};
  }
  waiting_.push_back(std::move(job));
  call_away();
  start_next();
  return {};
}

void Control::rest_by(Rest rest) {
  if (dropped_) return;
  rest_ = std::move(rest);
  call_away();
  start_next();
}

void Control::call_away() {
  if (resting_ == nullptr || std::exchange(called_away_, true)) return;
  const auto keep = weak_from_this().lock();
  follow(resting_->call_away(clock_.now()));
}

void Control::on(const agi::Reply& reply) {
  if (replies_due_ > 0) --replies_due_;
  if (std::exchange(probing_, false)) return probed(reply);
  if (!running_ || dropped_) return;  // A late reply, after a job was given up.
  ended_badly_ = reply.result == "-1" && running_->may_end_by_hangup();
  follow(running_->on(reply, clock_.now()));
}

/// A dead channel has another end, which follows: nothing begins any more.
void Control::probed(const agi::Reply& reply) {
  held_back_ = held_back_ || reply.code == agi::dead_channel;
  if (!held_back_) go_on_with_line();
}

void Control::go_on() {
  held_back_ = false;
  if (!probing_) go_on_with_line();
}

void Control::attach(std::shared_ptr<AgiLink> link) {
  take_line(std::move(link));
  go_on_with_line();
}

void Control::attach_again(std::shared_ptr<AgiLink> link) {
  take_line(std::move(link));
  ask_for_life();
}

void Control::take_line(std::shared_ptr<AgiLink> link) {
  link_ = std::move(link);
  replies_due_ = 0;
  held_back_ = ended_badly_ = probing_ = false;
  line_is_new_ = true;
}

void Control::go_on_with_line() {
  const auto keep = weak_from_this().lock();
  if (std::exchange(line_is_new_, false) && running_ && !dropped_) {
    follow(unsent_ ? Job::Step{Job::Send{*std::exchange(unsent_, std::nullopt)}}
                   : running_->on_new_line(clock_.now()));
  }
  start_next();
}

void Control::attach_to_leave(std::shared_ptr<AgiLink> link) {
  take_line(std::move(link));
  line_is_new_ = false;
  held_back_ = true;
  unsent_.reset();
  if (!running_ || dropped_) return;
  const auto step = running_->on_new_line(clock_.now());
  if (!std::holds_alternative<Job::Done>(step)) return;
  running_.reset();
  resting_ = nullptr;
}

void Control::resume(const Job& job, Job::Step step) {
  if (running_.get() == &job) follow(std::move(step));
}

void Control::follow(Job::Step step) {
  std::visit(Overloaded{
                 [&](Job::Send& send) {
                   if (!link_ || line_is_new_) return void(unsent_ = std::move(send.line));
                   ++replies_due_;
                   link_->send(std::move(send.line));
                 },
                 [](Job::Wait&) {},
                 [&](Job::Done&) {
                   const auto ended = std::move(running_);
                   resting_ = nullptr;
                   start_next();
                 },
             },
             step);
}

/// A job that ends at once starts the next one: a loop, not a recursion.
void Control::start_next() {
  if (starting_) return;
  const auto keep = weak_from_this().lock();  // A job may end the session that owns this queue.
  starting_ = true;
  while (!dropped_ && !running_ && may_start()) {
    running_ = take_next();
    if (!running_) break;
    follow(running_->start(clock_.now()));
  }
  starting_ = false;
}

bool Control::may_start() {
  if (held_back_ || probing_) return false;
  if (!std::exchange(ended_badly_, false) || !link_ || (waiting_.empty() && !rest_)) return true;
  probe("NOOP");
  return false;
}

void Control::probe(std::string line) {
  probing_ = true;
  ++replies_due_;
  link_->send(std::move(line));
}

std::unique_ptr<Job> Control::take_next() {
  if (!link_ && (waiting_.empty() || waiting_.front()->needs_line())) return nullptr;
  if (waiting_.empty()) {
    auto rest = rest_ ? rest_() : nullptr;
    resting_ = rest.get();
    called_away_ = false;
    return rest;
  }
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  return next;
}

void Control::drop(const Error& why) {
  if (dropped_) return;
  dropped_ = true;
  rest_ = {};
  if (running_) running_->abandon(why);
  for (const auto& job : waiting_) job->abandon(why);
  waiting_.clear();
}

Job::Step SequenceJob::next() {
  if (lines_.empty()) {
    if (then_) then_();
    return Done{};
  }
  Send send{std::move(lines_.front())};
  lines_.pop_front();
  return send;
}

Control* Controls::find(const ChannelId& channel) const {
  const auto found = by_channel_.find(channel);
  return found == by_channel_.end() ? nullptr : found->second.get();
}

void Controls::add(std::shared_ptr<Control> control) {
  const ChannelId channel = control->channel();
  by_channel_[channel] = std::move(control);
}

}  // namespace arigate::ops
