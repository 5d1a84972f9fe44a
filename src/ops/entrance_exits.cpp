// How a session comes to its end, and how a channel gets out of a command that blocks.
#include <algorithm>
#include <deque>
#include <utility>

#include "agi/command.hpp"
#include "core/log.hpp"
#include "ops/command.hpp"
#include "ops/entrance.hpp"
#include "ops/entrance_session.hpp"
#include "ops/leg.hpp"

namespace arigate::ops {
namespace {

/// Waits for the reply of a command whose job is gone.
class DrainJob : public Job {
 public:
  Step start(TimePoint) override { return Wait{}; }
  Step on(const agi::Reply&, TimePoint) override { return Done{}; }
  bool may_end_by_hangup() const override { return false; }  // It is let go in any case.
  void abandon(const Error&) override {}
};

}  // namespace

void Entrance::let_go(const ChannelId& channel) {
  const auto session = session_of(channel);
  if (session && session->state == Session::State::held) return end(session);
  if (!session && world_.store.find(channel) != nullptr) hung_up_.insert(channel);
}

void Entrance::hangup_asked(const ChannelId& channel, bool asked) {
  const auto session = session_of(channel);
  if (!session) return;
  session->hangup_asked = asked;
  if (asked) {
    session->control->hold_back();
  } else if (!session->hung_up) {
    session->control->go_on();
  }
}

boost::asio::awaitable<void> Entrance::prepare_hangup(Uniqueid channel,
                                                      std::function<void()> ends) {
  if (legs_ != nullptr) co_await legs_->stop_spying(std::move(channel), std::move(ends));
}

void Entrance::give_back(const ChannelId& channel, WayOut way) {
  const auto session = session_of(channel);
  if (!session || session->state != Session::State::held) return;
  way.lines = lines_out(*session, std::move(way.lines));
  end(session, std::move(way));
}

boost::asio::awaitable<void> Entrance::take_out(ChannelId channel, WayOut way) {
  co_await settled(channel);
  const auto session = session_of(channel);
  if (!session || session->state != Session::State::held || session->leaves_by) co_return;
  // Who waits in a bridge of Asterisk 1.8 hears music without a command.
  if (session->control->resting()) way.lines.insert(way.lines.begin(), "SET MUSIC OFF");
  // A leg of ours ends with its line.
  if (session->control->replies_due() > 0 && !session->of_leg) {
    session->leaves_by = way;
    const auto came = co_await reenter(channel);
    if (came) co_return;  // It has left by its new line.
    session->leaves_by.reset();
    log::warn("channel not taken out of what it does channel={} why=\"{}\"", channel.value,
              came.error().detail);
  }
  give_back(channel, std::move(way));
}

/// `lines` behind what leads out of our own context: what they do not say is where the dialplan
/// would have gone on without our redirect.
std::vector<std::string> Entrance::lines_out(const Session& session,
                                             std::vector<std::string> lines) {
  if (!session.in_own_context) return lines;
  if (!session.home) {
    lines.push_back(set_variable_line("ARIGATE_DONE", "1"));
    return lines;
  }
  const auto& home = *session.home;
  const auto home_lines = {agi::command("SET CONTEXT", {home.context}),
                           agi::command("SET EXTENSION", {home.exten}),
                           agi::command("SET PRIORITY", {std::to_string(home.priority)})};
  std::vector<std::string> all;
  for (const auto& line : home_lines) all.push_back(line ? *line : "NOOP");
  all.insert(all.end(), lines.begin(), lines.end());
  return all;
}

/// Whatever runs ends now; StasisEnd; then, in their time, the lines and the end of the AGI.
void Entrance::end(const std::shared_ptr<Session>& session, WayOut way) {
  session->state = Session::State::ending;
  world_.controls.take(session->channel);
  held_.erase(session->channel);
  // The old queue may be what calls us, so it stays until the session goes.
  session->old_control = session->control;
  session->control = std::make_shared<Control>(session->channel, session->link, world_.clock);
  // Not "does a job run": the one that calls us has had its last reply, and a tone awaits none.
  for (auto due = session->old_control->replies_due(); due > 0; --due) {
    session->control->add(std::make_unique<DrainJob>());
  }
  session->old_control->drop(channel_not_found());
  world_.reconciler.leave(session->channel, world_.clock.wall(), true);
  way.lines.push_back(set_variable_line("STASISSTATUS", way.status));
  spawn(say_goodbye(session, std::move(way.lines)));
}

boost::asio::awaitable<void> Entrance::say_goodbye(std::shared_ptr<Session> session,
                                                   std::vector<std::string> lines) {
  const TimePoint deadline = world_.in(world_.timeouts.action);
  for (auto& line : lines) {
    const auto reply = co_await run_command(world_, *session->control, std::move(line), deadline);
    if (!reply) break;
  }
  session->link->close();
  over(*session, channel_not_in_stasis());
}

/// Forgets a session whose link is closed or closing.
void Entrance::over(Session& session, const Error& why) {
  session.state = Session::State::over;
  session.wake.set(Wake::hung_up);
  if (!session.channel.value.empty() &&
      world_.controls.find(session.channel) == session.control.get()) {
    world_.controls.take(session.channel);
  }
  const auto known = held_.find(session.channel);
  if (known != held_.end() && known->second.get() == &session) held_.erase(known);
  session.hangup_request.reset();
  if (session.of_leg) legs_->session_over(session.uniqueid);
  session.control->drop(why);
  settle(session, false);
  sessions_.erase(session.link.get());  // Last: it may be the one that keeps the session.
}

// --- out of a blocking command, and back --------------------------------------------------------

boost::asio::awaitable<Result<void>> Entrance::reenter(ChannelId channel,
                                                       std::function<bool()> wanted) {
  co_await world_.ensure_reentry();
  const auto session = session_of(channel);
  const auto* known = world_.store.find(channel);
  if (!session || known == nullptr) co_return channel_not_in_stasis();
  if (session->state == Session::State::returning) {
    co_await settled(channel);
    if (session->state == Session::State::held) co_return Result<void>{};
    co_return channel_not_in_stasis();
  }
  if (session->state != Session::State::held) co_return channel_not_in_stasis();
  if (wanted && !wanted()) co_return Result<void>{};
  const auto token = std::to_string(next_token_++);
  returning_.emplace(token, channel);
  session->state = Session::State::returning;
  // The command may end before the PBX has answered, and the next one would go with this line.
  session->control->hold_back();
  Eventual<bool> back;
  session->awaiting_return.push_back(back);
  if (!session->in_own_context) remember_home(*session, known->name);
  auto action = ami::Action{"Redirect"}
                    .add("Channel", known->name)
                    .add("Context", world_.dialplan_context)
                    .add("Exten", token)
                    .add("Priority", "1");
  std::function<void()> let_go_of_line = [this, session] { leave_line(session); };
  const auto asked = co_await world_.ami.request_then(
      std::move(action), world_.in(world_.timeouts.action), std::move(let_go_of_line));
  const bool late = !asked && asked.error().code == Errc::timeout;
  if (late && session->hung_up) {
    leave_line(session);  // Nothing but the answer is late.
  } else if (!asked) {
    if (late) {
      expect_late(*session, token);
    } else {
      returning_.erase(token);
    }
    stay(session);
    co_return asked.error();
  }
  const bool came = co_await has_returned(session, back);
  returning_.erase(token);
  returning_.erase(session->late_token);  // The PBX takes our actions in turn: that one is over.
  if (came) co_return Result<void>{};
  co_return Error{Errc::timeout, "The channel did not come back from the PBX"};
}

/// For the extension `h` of the re-entry context, and for us after a restart. The PBX carries out
/// what it is asked in that order: it is there before the channel is.
void Entrance::remember_home(const Session& session, const std::string& name) {
  if (!session.home) return;
  world_.ami.post(ami::Action{"Setvar"}
                      .add("Channel", name)
                      .add("Variable", "ARIGATE_HOME")
                      .add("Value", model::text_of(*session.home)));
}

/// The PBX keeps the channel in the old AGI until that one ends.
void Entrance::leave_line(const std::shared_ptr<Session>& session) {
  if (session->state != Session::State::returning) return;
  sessions_.erase(session->link.get());
  session->hung_up = false;
  session->control->detach();
  session->link->close();
}

/// False: it is over.
boost::asio::awaitable<bool> Entrance::has_returned(std::shared_ptr<Session> session,
                                                    Eventual<bool> back) {
  const auto came = co_await back.wait(world_.in(world_.timeouts.action));
  if (came && *came) co_return true;
  if (session->state == Session::State::returning) {
    log::warn("channel did not come back channel={}", session->channel.value);
    const ChannelId lost = session->channel;
    over(*session, channel_not_in_stasis());
    world_.reconciler.leave(lost, world_.clock.wall());
  }
  co_return false;
}

/// The PBX has not answered: it may redirect the channel at any time, or never.
void Entrance::expect_late(Session& session, std::string token) {
  session.late_token = token;
  late_.emplace_back(world_.in(late_return_within), std::move(token));
  forget_late();
}

void Entrance::forget_late() {
  while (!late_.empty() &&
         (late_.size() > late_returns_max || late_.front().first <= world_.clock.now())) {
    returning_.erase(late_.front().second);
    late_.pop_front();
  }
}

/// The line ends as it would if the PBX redirected the channel only now; then it comes again.
bool Entrance::return_late(const std::shared_ptr<Session>& session) {
  forget_late();
  if (!returning_.contains(session->late_token)) return false;
  session->state = Session::State::returning;
  session->control->hold_back();
  leave_line(session);
  Eventual<bool> back;
  session->awaiting_return.push_back(back);
  spawn(await_late(session, back));
  return true;
}

boost::asio::awaitable<void> Entrance::await_late(std::shared_ptr<Session> session,
                                                  Eventual<bool> back) {
  co_await has_returned(std::move(session), std::move(back));
}

/// The PBX has not redirected it: everything is as before.
void Entrance::stay(const std::shared_ptr<Session>& session) {
  if (session->state != Session::State::returning) return;
  session->state = Session::State::held;
  settle(*session, true);
  if (session->hung_up) return spawn(end_after_hangup(session));
  const auto control = session->control;  // A job that goes on may end the session.
  control->go_on();
}

/// The session of a channel that was redirected takes the place of the one that it had.
bool Entrance::come_back(const std::shared_ptr<Session>& fresh,
                         const agi::Environment& environment) {
  const auto target = agi::target_of(environment);
  if (!fresh->in_own_context || !target || target->arguments.empty()) return false;
  forget_late();
  const auto expected = returning_.extract(target->arguments.front());
  if (expected.empty()) return false;
  const auto session = session_of(expected.mapped());
  if (!session) return false;
  if (session->state == Session::State::held) {  // The newer line is the one that goes on.
    session->state = Session::State::returning;
    leave_line(session);
  }
  if (session->state != Session::State::returning) return false;
  fresh->state = Session::State::over;
  session->link = fresh->link;
  session->uniqueid = fresh->uniqueid;
  session->in_own_context = true;
  session->hung_up = fresh->hung_up;
  session->state = Session::State::held;
  sessions_[session->link.get()] = session;
  settle(*session, true);
  if (session->leaves_by) {
    session->control->attach_to_leave(session->link);
    give_back(session->channel, *std::exchange(session->leaves_by, std::nullopt));
    return true;
  }
  session->control->attach_again(session->link);
  if (session->hung_up && session->state == Session::State::held) spawn(end_after_hangup(session));
  return true;
}

boost::asio::awaitable<void> Entrance::settled(ChannelId channel) {
  const auto session = session_of(channel);
  if (!session || session->state != Session::State::returning) co_return;
  Eventual<bool> back;
  session->awaiting_return.push_back(back);
  co_await back.wait(world_.in(world_.timeouts.action));
}

void Entrance::settle(Session& session, bool came) {
  for (auto& waiting : std::exchange(session.awaiting_return, {})) waiting.set(came);
}

std::string Entrance::home_of(const ChannelId& channel) const {
  const auto session = session_of(channel);
  return session && session->home ? model::text_of(*session->home) : "";
}

// --- the end of this process --------------------------------------------------------------------

/// Those who wait for their Redirect.
struct Entrance::Departure {
  std::deque<std::shared_ptr<Session>> waiting;
  std::size_t at_work = 0;  ///< hand_back_some() that have not ended.
  Eventual<bool> over;
};

boost::asio::awaitable<void> Entrance::hand_back_all(TimePoint deadline) {
  const auto departure = std::make_shared<Departure>();
  auto& waiting = departure->waiting;
  for (const auto& [link, session] : sessions_) {
    const bool waits = session->state == Session::State::arriving && session->waits_for;
    const bool held = session->state == Session::State::held;
    if ((held || waits) && !session->of_leg) waiting.push_back(session);
  }
  if (waiting.empty()) co_return;
  // Not for longer than half of the time: a channel that is not redirected is cut off for certain.
  Eventual<bool> looked;
  world_.spawn(await_reentry(looked));
  const TimePoint now = world_.clock.now();
  co_await looked.wait(now + (deadline - now) / 2);
  departure->at_work = std::min(waiting.size(), handed_back_at_once_max);
  for (auto count = departure->at_work; count > 0; --count) {
    world_.spawn(hand_back_some(departure, deadline));
  }
  co_await departure->over.wait(deadline);
  if (!waiting.empty()) log::warn("channels not handed back in time channels={}", waiting.size());
}

boost::asio::awaitable<void> Entrance::await_reentry(Eventual<bool> looked) {
  co_await world_.ensure_reentry();
  looked.set(true);
}

boost::asio::awaitable<void> Entrance::hand_back_some(std::shared_ptr<Departure> departure,
                                                      TimePoint deadline) {
  auto& waiting = departure->waiting;
  while (!waiting.empty() && world_.clock.now() < deadline) {
    auto session = std::move(waiting.front());
    waiting.pop_front();
    co_await hand_back(std::move(session), deadline);
  }
  if (--departure->at_work == 0) departure->over.set(true);
}

boost::asio::awaitable<void> Entrance::hand_back(std::shared_ptr<Session> session,
                                                 TimePoint deadline) {
  const bool held = session->state == Session::State::held;
  if (!held && !session->waits_for) co_return;  // It has gone while others went.
  const auto* channel = session->waits_for ? world_.store.find(session->uniqueid)
                                           : world_.store.find(session->channel);
  if (channel == nullptr) co_return;
  auto destination = session->waits_for;
  if (channel->application) destination = Destination{*channel->application, channel->arguments};
  if (!destination) co_return;
  if (!channel->room.value.empty()) {
    // In a bridge it is looked after: it goes on talking there, and is found there later.
    session->link->close();
    co_return;
  }
  const std::string name = channel->name;
  const ChannelId id = channel->id;
  session->handed_back = true;
  session->control->hold_back();  // What ends by the Redirect is followed by nothing.
  // The variables that destination_of() reads when the channel comes back.
  remember_home(*session, name);
  world_.ami.post(ami::Action{"Setvar"}
                      .add("Channel", name)
                      .add("Variable", "ARIGATE_APP")
                      .add("Value", model::text_of(*destination)));
  auto redirect = ami::Action{"Redirect"}
                      .add("Channel", name)
                      .add("Context", world_.dialplan_context)
                      .add("Exten", std::to_string(next_token_++))
                      .add("Priority", "1");
  const auto moved = co_await world_.ami.request(std::move(redirect), deadline, "");
  if (!moved) {
    log::warn("channel not handed back channel={} why={}", id.value, moved.error().detail);
  }
  session->link->close();
}

void Entrance::drop_all() {
  const auto sessions = sessions_;
  for (const auto& [link, session] : sessions) {
    link->close();
    over(*session, {Errc::unavailable, "arigate stops"});
  }
}

}  // namespace arigate::ops
