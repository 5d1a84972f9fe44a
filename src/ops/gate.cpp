#include "ops/gate.hpp"

#include <algorithm>
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

/// Whose rows tell what is claimed.
ami::Action list_for(const model::Claim& claim) {
  using Means = model::Claim::Means;
  if (claim.means == Means::lot) return ami::Action{"ParkedCalls"};
  const bool conference = claim.means == Means::conference;
  ami::Action action{conference ? "ConfbridgeList" : "Status"};
  action.add(conference ? "Conference" : "Channel", conference ? claim.place : claim.name);
  return action;
}

/// Nobody has answered, and somebody may later.
bool is_silent(Errc code) {
  return code == Errc::timeout || code == Errc::unavailable || code == Errc::overloaded;
}

bool is_of_line(const model::Claim& claim) {
  using Means = model::Claim::Means;
  return claim.means == Means::line || claim.means == Means::command;
}

/// No more is in doubt than where in the dialplan a channel is.
bool is_of_line(const model::Vetting::Judgement& judgement) {
  return !judgement.claims.empty() &&
         std::ranges::all_of(judgement.claims,
                             [](const model::Claim& claim) { return is_of_line(claim); });
}

}  // namespace

void Gate::link_up(const ami::Dialect& dialect) {
  vetting_.use(dialect, world_.dialplan_context);
}

/// What waited is lost with the link; the list of the next one tells what has become of it.
void Gate::link_down() {
  ++link_;
  asking_ = false;
  said_ = {};
  held_.clear();
  end_waits();
}

boost::asio::awaitable<void> Gate::passed(std::chrono::milliseconds at_most) {
  if (!asking_) co_return;
  Eventual<bool> over;
  waits_.push_back({held_total_, over});
  co_await over.wait(world_.in(at_most));
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
  auto judgement = vetting_.judge(event);
  if (judgement.verdict == Verdict::sound || is_answered(judgement) || !may_ask(judgement)) {
    return apply_(event);
  }
  if (judgement.verdict == Verdict::forged) return drop(event, "not from the PBX");
  asking_ = true;
  asked_ = judgement.verdict;
  of_line_ = is_of_line(judgement);
  subject_ = event.copy();
  std::string name{judgement.name};
  std::string uniqueid{judgement.uniqueid};
  auto question =
      judgement.verdict == Verdict::sound_if_so
          ? ask_whether(std::move(judgement.claims))
          : ask(std::move(name), std::move(uniqueid), judgement.announced ? again_max : 0);
  boost::asio::co_spawn(executor_, std::move(question),
                        [this, link = link_](const std::exception_ptr& thrown, Answer answer) {
                          if (link == link_) answered(thrown ? Answer::none : answer);
                        });
}

/// A channel runs through several lines while the PBX is asked about the first: its answer says of
/// those that wait, too, that the channel is no longer where it was known to be.
bool Gate::is_answered(const model::Vetting::Judgement& judgement) const {
  if (said_.for_held == 0 || judgement.claims.size() != 1) return false;
  const auto& claim = judgement.claims.front();
  return claim.means == said_.means && claim.uniqueid == said_.uniqueid &&
         claim.known != said_.value;
}

/// A beginning, and an end that nothing announced, is always asked about.
bool Gate::may_ask(const model::Vetting::Judgement& judgement) {
  const bool claim = judgement.verdict == Verdict::sound_if_so;
  if (!judgement.announced && !claim) return true;
  count_seconds();
  if (is_of_line(judgement)) return line_questions_++ < line_questions_max;
  if (!claim) return announced_questions_++ < announced_questions_max;
  const bool may = claim_questions_++ < claim_questions_max;
  if (!may) world_.ask_resync();  // What is believed meanwhile is for the list to tell.
  return may;
}

void Gate::count_seconds() {
  const TimePoint now = world_.clock.now();
  if (now - second_began_ < std::chrono::seconds{1}) return;
  second_began_ = now;
  announced_questions_ = claim_questions_ = line_questions_ = again_ = 0;
}

void Gate::drop(const ami::Message& event, std::string_view why) {
  leave_out(event, why);
  world_.ask_resync();
}

void Gate::leave_out(const ami::Message& event, std::string_view why) {
  if (dropped_++ % 1'000 == 0) {
    log::warn("ami message dropped why=\"{}\" event={} channel={} dropped={}", why,
              event[ami::Key::event], event[ami::Key::channel], dropped_);
  }
}

void Gate::answered(Answer answer) {
  asking_ = false;
  const ami::Message subject = std::exchange(subject_, {});
  if (is_meant(answer)) {
    apply_(subject);
  } else if (of_line_ && answer == Answer::as_known &&
             subject.event() == ami::EventName::newexten) {
    // A true one may be over already: a subroutine that has returned to the line it was called in.
    leave_out(subject, "the PBX has the channel in another line");
  } else {
    world_.reconciler.doubt(subject);
    drop(subject, "the PBX knows better");
  }
  while (!asking_ && !held_.empty()) {
    const ami::Message next = std::move(held_.front());
    held_.pop_front();
    pass(next);
    if (said_.for_held > 0) --said_.for_held;
  }
  end_waits();
}

bool Gate::is_meant(Answer answer) const {
  if (answer == Answer::refused) return true;  // Who cannot tell cannot be asked.
  if (answer == Answer::none) return of_line_;
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
    if (!co_await waited_for_more()) co_return answer;
  }
}

/// An event is meant when all that it tells is: one untruth is enough.
boost::asio::awaitable<Gate::Answer> Gate::ask_whether(std::vector<model::Claim> claims) {
  Answer all = Answer::as_told;
  for (const auto& claim : claims) {
    const Answer answer = co_await ask_whether(claim);
    if (answer == Answer::as_known || answer == Answer::none) co_return answer;
    if (answer != Answer::as_told) all = answer;
  }
  co_return all;
}

/// Is it still as it was known? A PBX tells what it has already changed. Who leaves a conference, a
/// lot or a call of two is told of a moment before (11.25:apps/app_confbridge.c, main/channel.c),
/// so one that is still there is asked about again.
boost::asio::awaitable<Gate::Answer> Gate::ask_whether(const model::Claim& claim) {
  for (int again = claim.early ? again_max : 0;; --again) {
    const auto value = co_await what_is(claim);
    if (!value) {
      const Errc code = value.error().code;
      if (code == Errc::not_found) co_return Answer::gone;
      co_return is_silent(code) ? Answer::none : Answer::refused;
    }
    if (is_of_line(claim)) said_ = {claim.means, claim.uniqueid, *value, held_.size()};
    if (model::Claims::is_meant(claim, *value)) co_return Answer::as_told;
    if (again == 0 || !co_await waited_for_more()) co_return Answer::as_known;
  }
}

boost::asio::awaitable<Result<std::string>> Gate::what_is(const model::Claim& claim) {
  using Means = model::Claim::Means;
  const TimePoint deadline = world_.in(world_.timeouts.action);
  if (claim.means == Means::variable) {
    const auto value = co_await world_.ami.request(getvar(claim.name, claim.place), deadline, "");
    if (!value) co_return value.error();
    co_return std::string{(*value)[ami::Key::value]};
  }
  const auto rows = co_await world_.ami.list(list_for(claim), deadline);
  // Nobody is left in the conference, so it is gone.
  const bool none = !rows && rows.error().code == Errc::refused_by_pbx;
  if (none && claim.means == Means::conference) co_return std::string{model::Claims::is_out};
  if (!rows) co_return rows.error();
  auto said = model::Claims::said(claim, *rows);
  if (!said) co_return Error{Errc::refused_by_pbx, "The PBX does not tell"};
  co_return *std::move(said);
}

/// Whether there was time for it.
boost::asio::awaitable<bool> Gate::waited_for_more() {
  count_seconds();
  if (again_++ >= again_a_second_max) co_return false;
  Eventual<bool> nothing;
  co_await nothing.wait(world_.in(again_after));
  co_return true;
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
