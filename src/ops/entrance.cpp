#include "ops/entrance.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <random>
#include <utility>
#include <variant>

#include "agi/command.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "core/thrown.hpp"
#include "model/destination.hpp"
#include "ops/answer.hpp"
#include "ops/call_id.hpp"
#include "ops/command.hpp"
#include "ops/entrance_session.hpp"
#include "ops/leg.hpp"

namespace arigate::ops {
namespace {

/// The first token is random, so that two gateways on one PBX do not take each other's channels.
std::uint64_t first_entry_token() {
  std::random_device random;
  return std::uniform_int_distribution<std::uint64_t>{100'000'000, 999'000'000}(random)*1'000;
}

}  // namespace

Entrance::Entrance(boost::asio::any_io_executor executor, World& world)
    : executor_{std::move(executor)}, world_{world}, next_token_{first_entry_token()} {}

Entrance::~Entrance() = default;

void Entrance::spawn(boost::asio::awaitable<void> work) {
  boost::asio::co_spawn(executor_, std::move(work), log_thrown("agi session"));
}

Result<std::string> Entrance::expect(const ChannelId& channel, Destination destination,
                                     std::string token) {
  if (awaited_.size() >= destinations_max) {
    return Error{Errc::overloaded, "too many originated channels are awaited"};
  }
  awaited_.emplace(token, Awaited{channel, std::move(destination), {}});
  tokens_.emplace(channel, token);  // The id may be taken: then this originate ends here.
  return token;
}

void Entrance::prepare(const std::string& token, std::vector<std::string> lines) {
  const auto awaited = awaited_.find(token);
  if (awaited != awaited_.end()) awaited->second.lines = std::move(lines);
}

void Entrance::await_session(const ChannelId& channel) {
  auto control = std::make_shared<Control>(channel, world_.clock, world_.commands_queued_max);
  world_.controls.add(control);
  sessionless_[channel] = std::move(control);
}

void Entrance::forget(const std::string& token) {
  const auto forgotten = awaited_.extract(token);
  if (forgotten.empty()) return;
  const auto known = tokens_.find(forgotten.mapped().channel);
  if (known != tokens_.end() && known->second == token) tokens_.erase(known);
}

void Entrance::on(const model::Change& change, WallTime) {
  if (const auto* replaced = std::get_if<model::ChannelReplaced>(&change)) {
    go_on_as(replaced->before, replaced->channel.id);
    return;
  }
  const auto* destroyed = std::get_if<model::ChannelDestroyed>(&change);
  if (destroyed == nullptr) return;
  const ChannelId& channel = destroyed->channel.id;
  hung_up_.erase(channel);
  if (const auto token = tokens_.find(channel); token != tokens_.end()) {
    forget(std::string{token->second});  // Nobody answered.
  }
  if (const auto waiting = sessionless_.extract(channel); !waiting.empty()) {
    world_.controls.take(channel);
    waiting.mapped()->drop(channel_not_found());
  }
  // Most often AMI's Hangup follows the end of the session. Not when the PBX died or its Hangup was
  // lost; then nobody else would close the socket.
  const auto session = session_of(channel);
  if (!session) return;
  session->link->close();
  over(*session, channel_not_found());
}

/// The session stays; who is in it has another id now.
void Entrance::go_on_as(const ChannelId& before, const ChannelId& channel) {
  const auto session = session_of(before);
  if (!session) return;
  world_.controls.take(before);
  held_.erase(before);
  session->channel = channel;
  session->control->set_channel(channel);
  world_.controls.add(session->control);
  held_[channel] = session;
}

// --- arriving -----------------------------------------------------------------------------------

void Entrance::connected(std::shared_ptr<AgiLink> link, agi::Environment environment) {
  const auto taken = legs_ != nullptr ? legs_->take(link, environment) : Legs::Taken::no;
  if (taken == Legs::Taken::wholly) return;
  auto session = std::make_shared<Session>();
  session->of_leg = taken == Legs::Taken::shown;
  session->link = link;
  session->uniqueid.value = environment.uniqueid;
  session->in_own_context = environment.context == world_.dialplan_context;
  session->control =
      std::make_shared<Control>(ChannelId{}, link, world_.clock, world_.commands_queued_max);
  sessions_.emplace(link.get(), session);
  spawn(receive(std::move(session), std::move(environment)));
}

/// What is thrown on the way in costs this session; its channel goes on in the dialplan.
boost::asio::awaitable<void> Entrance::receive(std::shared_ptr<Session> session,
                                               agi::Environment environment) {
  try {
    co_await arrive(session, std::move(environment));
  } catch (const std::exception& thrown) {
    log::error("agi session failed uniqueid={} what=\"{}\"", session->uniqueid.value,
               thrown.what());
    const auto link = session->link;
    link->close();
    closed(*link);
  }
}

boost::asio::awaitable<void> Entrance::arrive(std::shared_ptr<Session> session,
                                              agi::Environment environment) {
  // The channel first: what the environment says is trusted only for a channel that AMI knows.
  const bool ready = co_await channel_ready(session, environment);
  if (session->state != Session::State::arriving) co_return;
  WayOut otherwise{{}, "FAILED"};
  if (!ready) {
    log::warn("agi session of a channel that AMI does not know uniqueid={}", environment.uniqueid);
    co_return co_await refuse(session, true, std::move(otherwise));
  }
  if (come_back(session, environment)) co_return;
  auto destination = co_await destination_of(session, environment);
  if (session->state != Session::State::arriving) co_return;
  if (is_gone(*session)) co_return co_await refuse(session);
  if (take_awaited(session, environment)) co_return;
  if (!session->in_own_context) {
    session->home = model::DialplanPlace{environment.context, environment.extension,
                                         environment.priority + 1, "", ""};
  }
  bool waited = false;
  bool enters = false;
  if (destination) enters = co_await admitted(session, *destination, otherwise, waited);
  // That took a while: everything may be different now.
  if (session->state != Session::State::arriving) co_return;
  if (is_gone(*session)) co_return co_await refuse(session);
  const auto* channel = world_.store.find(session->uniqueid);
  if (enters) {
    co_await learn_call_id(world_, channel->id);
    if (session->state != Session::State::arriving) co_return;
    if (is_gone(*session)) co_return co_await refuse(session);
    channel = world_.store.find(session->uniqueid);
  }
  if (!enters || !world_.applications.active(destination->application)) {
    log::info("application not active, channel goes back to the dialplan channel={} app={}",
              channel->id.value, destination ? destination->application.value : "");
    // In the re-entry context the dialplan would ask again each second: right after a restart of
    // ours, when the application may still come back, but not for a call that has never been in.
    const bool tell = !session->in_own_context || session->fresh || waited;
    co_return co_await refuse(session, tell, std::move(otherwise));
  }
  if (const auto older = session_of(channel->id)) {  // A leftover: the PBX has opened a new one.
    older->link->close();
    over(*older, channel_not_in_stasis());
  }
  hold(session, channel->id);
  // No HANGUP tells of one before its AGI: natively the application begins and ends at once.
  if (channel->hangup_told || environment.extension == "h") session->control->ask_for_life();
  if (session->of_leg) {  // Its far half begins when this one answers.
    session->control->add(std::make_unique<CommandJob>(answer_line(world_.ami.dialect())));
  }
  log::info("channel enters application channel={} app={}", session->channel.value,
            destination->application.value);
  world_.reconciler.enter(session->channel, destination->application, destination->arguments,
                          environment, world_.clock.wall());
}

/// The AGI of a channel that had hung up before it began hears of no hangup.
bool Entrance::is_gone(const Session& session) const {
  const auto* channel = world_.store.find(session.uniqueid);
  return channel == nullptr || session.hung_up || hung_up_.contains(channel->id);
}

/// From now on the channel is ours.
void Entrance::hold(const std::shared_ptr<Session>& session, const ChannelId& channel) {
  session->channel = channel;
  session->control->set_channel(channel);
  session->state = Session::State::held;
  session->hangup_request = world_.watches.watch([session = session.get()](const auto& change) {
    const auto* request = std::get_if<model::ChannelHangupRequest>(&change);
    return request != nullptr && request->channel.id == session->channel;
  });
  world_.controls.add(session->control);
  held_[channel] = session;
}

/// A created channel is in its application already; now it has been answered, and its queue goes
/// on.
bool Entrance::take_awaited(const std::shared_ptr<Session>& session,
                            const agi::Environment& environment) {
  const auto* channel = world_.store.find(session->uniqueid);
  if (channel == nullptr) return false;
  const auto waiting = sessionless_.extract(channel->id);
  if (waiting.empty()) return false;
  session->control = waiting.mapped();
  hold(session, channel->id);
  world_.reconciler.answered(session->channel, environment);
  const auto control = session->control;  // A job that goes on may end the session.
  control->attach(session->link);
  return true;
}

/// Known to the model, and the dialplan's AGI line was told, so that nothing of the time before can
/// come after StasisStart.
boost::asio::awaitable<bool> Entrance::channel_ready(std::shared_ptr<Session> session,
                                                     agi::Environment environment) {
  const Uniqueid uniqueid = session->uniqueid;
  const auto ready = [this, &uniqueid, &environment] {
    const auto* channel = world_.store.find(uniqueid);
    if (channel == nullptr) return false;
    // A line that leads back to itself is not told again.
    const auto& place = channel->dialplan;
    const bool is_ours = place.app_name == "Stasis" || place.app_name == model::broadcast_script;
    const bool same_line = is_ours && place.context == environment.context &&
                           place.exten == environment.extension &&
                           place.priority == environment.priority;
    return channel->in_agi || same_line;
  };
  if (ready()) co_return true;
  const auto watch = world_.watches.watch([&uniqueid](const model::Change& change) {
    const auto* started = std::get_if<model::AgiStarted>(&change);
    return started != nullptr && started->channel.uniqueid == uniqueid;
  });
  const bool told = co_await watch->wait(world_.in(world_.timeouts.channel_known));
  if (told || session->state == Session::State::over) co_return told;
  if (world_.store.find(uniqueid) != nullptr) co_return true;  // Newexten cannot be read, perhaps.
  const auto resynced = world_.watches.watch(
      [](const model::Change& change) { return std::holds_alternative<model::Resynced>(change); });
  world_.ask_resync();
  co_await resynced->wait(world_.in(world_.timeouts.channel_listed));
  co_return world_.store.find(uniqueid) != nullptr;
}

boost::asio::awaitable<std::optional<Destination>> Entrance::destination_of(
    std::shared_ptr<Session> session, agi::Environment environment) {
  const auto target = agi::target_of(environment);
  if (!target) co_return std::nullopt;
  if (!session->in_own_context) {
    co_return Destination{AppName{target->application}, target->arguments};
  }
  if (!target->arguments.empty()) {
    const std::string& token = target->arguments.front();
    if (const auto expected = awaited_.find(token); expected != awaited_.end()) {
      auto destination = std::move(expected->second.destination);
      const auto lines = std::move(expected->second.lines);
      forget(token);
      session->fresh = true;
      for (const auto& line : lines) {
        co_await run_command(world_, *session->control, line, world_.in(world_.timeouts.command));
      }
      co_return destination;
    }
  }
  // Back after a restart of ours: the channel itself remembers where it was.
  const TimePoint deadline = world_.in(world_.timeouts.command);
  const auto reply =
      co_await run_command(world_, *session->control, "GET VARIABLE ARIGATE_APP", deadline);
  if (!reply || !reply->value || reply->value->empty()) co_return std::nullopt;
  session->came_back = true;
  // The dialplan counts its attempts; this one has come through.
  co_await run_command(world_, *session->control, set_variable_line("ARIGATE_TRY", "0"), deadline);
  const auto home =
      co_await run_command(world_, *session->control, "GET VARIABLE ARIGATE_HOME", deadline);
  if (home && home->value) session->home = model::place_in(*home->value);
  co_return model::destination_in(*reply->value);
}

/// May the channel enter, and which application? It may have to wait for that.
boost::asio::awaitable<bool> Entrance::admitted(std::shared_ptr<Session> session,
                                                Destination& destination, WayOut& otherwise,
                                                bool& waited) {
  if (admission_ == nullptr) co_return world_.applications.active(destination.application);
  const auto* channel = world_.store.find(session->uniqueid);
  if (channel == nullptr) co_return false;
  Visitor visitor{channel->id, session->control, session->wake, session->came_back};
  session->waits_for = destination;
  auto decision = co_await admission_->admit(std::move(visitor), destination.application,
                                             destination.arguments);
  session->waits_for.reset();
  otherwise = {std::move(decision.lines), std::move(decision.status)};
  waited = decision.waited;
  if (!decision.enter) co_return false;
  destination.application = std::move(decision.application);
  destination.arguments = std::move(decision.arguments);
  co_return true;
}

/// As Stasis does for an application that is not there: a status variable, then the next priority.
boost::asio::awaitable<void> Entrance::refuse(std::shared_ptr<Session> session, bool tell_status,
                                              WayOut way) {
  session->state = Session::State::ending;
  if (tell_status && !session->hung_up) {
    const TimePoint deadline = world_.in(world_.timeouts.action);
    auto lines = lines_out(*session, std::move(way.lines));
    lines.insert(lines.begin(), set_variable_line("STASISSTATUS", way.status));
    for (auto& line : lines) {
      co_await run_command(world_, *session->control, std::move(line), deadline);
    }
  }
  session->link->close();
  over(*session, {Errc::not_found, "application not active"});
}

// --- held ---------------------------------------------------------------------------------------

void Entrance::received(AgiLink& link, const agi::Reply& reply) {
  const auto found = sessions_.find(&link);
  if (found == sessions_.end()) return legs_ != nullptr ? legs_->received(link, reply) : void();
  const auto control = found->second->control;  // The reply may end the session.
  control->on(reply);
  if (reply.code == agi::dead_channel) hangup_seen(link);  // No HANGUP tells of one before its AGI.
}

void Entrance::hangup_seen(AgiLink& link) {
  const auto found = sessions_.find(&link);
  if (found == sessions_.end()) return legs_ != nullptr ? legs_->hangup_seen(link) : void();
  if (found->second->hung_up || found->second->handed_back) return;
  const auto session = found->second;
  session->hung_up = true;  // While returning, most likely the sign of our own Redirect.
  session->wake.set(Wake::hung_up);
  if (session->state != Session::State::held || return_late(session)) return;
  session->control->hold_back();
  spawn(end_after_hangup(session));
}

boost::asio::awaitable<void> Entrance::end_after_hangup(std::shared_ptr<Session> session) {
  const TimePoint deadline = world_.in(world_.timeouts.hangup_request);
  // No request is told for it, but for ours.
  if (session->of_leg && !session->hangup_asked) co_return end(session);
  const bool in_ami = world_.ami.dialect().hangup_request;
  bool told = false;
  if ((in_ami || session->hangup_asked) && session->hangup_request) {
    // Also HANGUP: a Redirect by somebody else. Then no request comes and the wait runs out.
    told = co_await session->hangup_request->wait(deadline);
  }
  if (!in_ami && !told && session->state == Session::State::held) {
    // Most likely the phone did it, and then native tells neither a cause nor `soft`.
    world_.reconciler.hangup_requested(session->channel, std::nullopt, false, world_.clock.wall());
  }
  if (session->state == Session::State::held) end(session);
}

void Entrance::closed(AgiLink& link) {
  const auto found = sessions_.find(&link);
  if (found == sessions_.end()) return legs_ != nullptr ? legs_->closed(link) : void();
  const auto session = found->second;
  if (session->state == Session::State::returning) {
    sessions_.erase(found);
    return session->control->detach();
  }
  const bool held = session->state == Session::State::held && !session->handed_back;
  if (held && return_late(session)) return;
  over(*session, channel_not_in_stasis());
  if (held) world_.reconciler.leave(session->channel, world_.clock.wall());
}

std::shared_ptr<Entrance::Session> Entrance::session_of(const ChannelId& channel) const {
  const auto found = held_.find(channel);
  return found == held_.end() ? nullptr : found->second;
}

}  // namespace arigate::ops
