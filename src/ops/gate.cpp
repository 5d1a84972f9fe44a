#include "ops/gate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "core/log.hpp"

namespace arigate::ops {

using Verdict = model::Vetting::Verdict;

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
  auto question = ask(std::string{judgement.name}, std::string{judgement.uniqueid},
                      judgement.announced ? again_max : 0);
  boost::asio::co_spawn(executor_, std::move(question),
                        [this, link = link_](const std::exception_ptr& thrown, Answer answer) {
                          if (link == link_) answered(thrown ? Answer::none : answer);
                        });
}

/// An end that nothing announced is always asked about.
bool Gate::may_ask(const model::Vetting::Judgement& judgement) {
  if (!judgement.announced) return true;
  count_seconds();
  return announced_questions_++ < announced_questions_max;
}

void Gate::count_seconds() {
  const TimePoint now = world_.clock.now();
  if (now - second_began_ < std::chrono::seconds{1}) return;
  second_began_ = now;
  announced_questions_ = again_ = 0;
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
  const bool meant = answer == Answer::refused ||  // Who cannot tell cannot be asked.
                     (answer == Answer::there && asked_ == Verdict::sound_if_there) ||
                     (answer == Answer::gone && asked_ == Verdict::sound_if_gone);
  if (meant) {
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

/// Is there a channel of this name, with this uniqueid?
boost::asio::awaitable<Gate::Answer> Gate::ask_once(std::string name, std::string uniqueid) {
  ami::Action action{"Getvar"};
  action.add("Channel", name).add("Variable", "UNIQUEID");
  const auto value =
      co_await world_.ami.request(std::move(action), world_.in(world_.timeouts.action), "");
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
    const Errc why = rows.error().code;
    const bool silent = why == Errc::timeout || why == Errc::unavailable || why == Errc::overloaded;
    co_return silent ? Answer::none : Answer::refused;
  }
  for (const auto& row : *rows) {
    if (row[ami::Key::uniqueid] == uniqueid) co_return Answer::there;
  }
  co_return Answer::gone;
}

}  // namespace arigate::ops
