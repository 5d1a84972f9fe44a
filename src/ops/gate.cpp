#include "ops/gate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "core/log.hpp"

namespace arigate::ops {

using Verdict = model::Vetting::Verdict;

namespace {

ami::Action getvar(std::string_view channel, std::string_view variable) {
  ami::Action action{"Getvar"};
  action.add("Channel", channel).add("Variable", variable);
  return action;
}

/// Nobody has answered, and somebody may later.
bool is_silent(Errc code) {
  return code == Errc::timeout || code == Errc::unavailable || code == Errc::overloaded;
}

}  // namespace

void Gate::link_up(const ami::Dialect& dialect) {
  vetting_.use(dialect);
}

/// What waited is lost with the link; the list of the next one tells what has become of it.
void Gate::link_down() {
  ++link_;
  asking_ = false;
  held_.clear();
  end_waits();
}

boost::asio::awaitable<void> Gate::passed() {
  if (!asking_) co_return;
  Eventual<bool> over;
  waits_.push_back({held_total_, over});
  // Two questions of this length at most stand before each.
  co_await over.wait(world_.in(2 * world_.timeouts.action));
}

/// Those for whom all has passed on go on.
void Gate::end_waits() {
  const std::uint64_t passed_on = held_total_ - held_.size();
  while (!waits_.empty() && (!asking_ || waits_.front().up_to < passed_on)) {
    waits_.front().over.set(true);
    waits_.pop_front();
  }
}

void Gate::take(const ami::Message& event) {
  if (!asking_) return pass(event);
  if (held_.size() >= held_max) return drop(event, "too much waits");
  ++held_total_;
  held_.push_back(event.copy());
}

void Gate::pass(const ami::Message& event) {
  if (read_all_) {
    if (world_.clock.now() - *read_all_ >= model::Vetting::pause) vetting_.paused();
    read_all_.reset();
  }
  const auto judgement = vetting_.judge(event);
  if (judgement.verdict == Verdict::sound || !may_ask(judgement)) return apply_(event);
  if (judgement.verdict == Verdict::forged) return drop(event, "not from the PBX");
  asking_ = true;
  asked_ = judgement.verdict;
  subject_ = event.copy();
  auto question = judgement.verdict == Verdict::sound_if_so
                      ? ask_whether(std::string{judgement.name}, vetting_.claim(event))
                      : ask(std::string{judgement.name}, std::string{judgement.uniqueid},
                            judgement.announced ? again_max : 0);
  boost::asio::co_spawn(executor_, std::move(question),
                        [this, link = link_](const std::exception_ptr& thrown, Answer answer) {
                          if (link == link_) answered(thrown ? Answer::none : answer);
                        });
}

/// A beginning, and an end that nothing announced, is always asked about.
bool Gate::may_ask(const model::Vetting::Judgement& judgement) {
  const bool claim = judgement.verdict == Verdict::sound_if_so;
  if (!judgement.announced && !claim) return true;
  count_seconds();
  return claim ? claim_questions_++ < claim_questions_max
               : announced_questions_++ < announced_questions_max;
}

void Gate::count_seconds() {
  const TimePoint now = world_.clock.now();
  if (now - second_began_ < std::chrono::seconds{1}) return;
  second_began_ = now;
  announced_questions_ = claim_questions_ = again_ = 0;
}

void Gate::drop(const ami::Message& event, std::string_view why) {
  if (dropped_++ % 1'000 == 0) {
    log::warn("ami message dropped why=\"{}\" event={} channel={} dropped={}", why,
              event[ami::Key::event], event[ami::Key::channel], dropped_);
  }
  world_.ask_resync();
}

void Gate::answered(Answer answer) {
  asking_ = false;
  const ami::Message subject = std::exchange(subject_, {});
  if (is_meant(answer)) {
    apply_(subject);
  } else {
    world_.reconciler.doubt(subject);
    drop(subject, "the PBX knows better");
  }
  while (!asking_ && !held_.empty()) {
    const ami::Message next = std::move(held_.front());
    held_.pop_front();
    pass(next);
  }
  end_waits();
}

bool Gate::is_meant(Answer answer) const {
  if (answer == Answer::refused) return true;  // Who cannot tell cannot be asked.
  if (answer == Answer::none) return false;
  switch (asked_) {
    case Verdict::sound_if_there:
      return answer == Answer::there;
    case Verdict::sound_if_gone:
      return answer == Answer::gone;
    case Verdict::sound_if_so:
      return answer != Answer::as_known;  // One that has gone meanwhile may have been so.
    case Verdict::sound:
    case Verdict::forged:
      break;
  }
  return false;
}

boost::asio::awaitable<Gate::Answer> Gate::ask(std::string name, std::string uniqueid, int again) {
  for (;;) {
    const auto answer = co_await ask_once(name, uniqueid);
    if (answer != Answer::there || again-- == 0) co_return answer;
    count_seconds();
    if (again_++ >= again_a_second_max) co_return answer;
    Eventual<bool> nothing;
    co_await nothing.wait(world_.in(again_after));
  }
}

/// Is it still as it was known? A PBX tells what it has already changed; by now that may be
/// something else again.
boost::asio::awaitable<Gate::Answer> Gate::ask_whether(std::string name,
                                                       model::Vetting::Claim claim) {
  const auto value = co_await world_.ami.request(getvar(name, claim.variable),
                                                 world_.in(world_.timeouts.action), "");
  if (value)
    co_return (*value)[ami::Key::value] == claim.known ? Answer::as_known : Answer::as_told;
  if (value.error().code == Errc::not_found) co_return Answer::gone;
  co_return is_silent(value.error().code) ? Answer::none : Answer::refused;
}

/// Is there a channel of this name, with this uniqueid?
boost::asio::awaitable<Gate::Answer> Gate::ask_once(std::string name, std::string uniqueid) {
  const auto value =
      co_await world_.ami.request(getvar(name, "UNIQUEID"), world_.in(world_.timeouts.action), "");
  if (!value && value.error().code == Errc::not_found) co_return Answer::gone;
  if (value && (*value)[ami::Key::value] == uniqueid) co_return Answer::there;
  if (value && !(*value)[ami::Key::value].empty()) co_return Answer::gone;  // Another one.
  co_return co_await look_in_list(std::move(uniqueid));
}

/// A PBX or an AMI user that cannot tell a variable can still list.
boost::asio::awaitable<Gate::Answer> Gate::look_in_list(std::string uniqueid) {
  const auto rows =
      co_await world_.ami.list(ami::Action{"CoreShowChannels"}, world_.in(world_.timeouts.action));
  if (!rows) {
    co_return is_silent(rows.error().code) ? Answer::none : Answer::refused;
  }
  for (const auto& row : *rows) {
    if (row[ami::Key::uniqueid] == uniqueid) co_return Answer::there;
  }
  co_return Answer::gone;
}

}  // namespace arigate::ops
