#include "ops/originate.hpp"

#include <fmt/format.h>

#include <chrono>
#include <random>
#include <utility>
#include <variant>

#include "ami/action.hpp"
#include "ops/call_id.hpp"
#include "ops/variables.hpp"

namespace arigate::ops {

ChannelId fresh_channel_id(WallTime now) {
  static std::uint64_t counter = std::random_device{}() % 1'000'000;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  return ChannelId{fmt::format("arigate-{}.{}", seconds.count(), ++counter)};
}

namespace {

/// "app,arg1,arg2": what destination_of() reads when the channel comes back after a restart.
std::string application_text(const Destination& destination) {
  std::string text = destination.application.value;
  for (const auto& argument : destination.arguments) text.append(",").append(argument);
  return text;
}

/// Gives the bookkeeping of an originate back when it is over, however it ends.
class Bookkeeping {
 public:
  Bookkeeping(World& world, ChannelId id) : world_{world}, id_{std::move(id)} {}
  Bookkeeping(const Bookkeeping&) = delete;
  Bookkeeping& operator=(const Bookkeeping&) = delete;
  ~Bookkeeping() {
    world_.reconciler.forget_expected(id_);
    if (world_.store.find(id_) == nullptr) world_.applications.forget(id_);
  }

 private:
  World& world_;
  ChannelId id_;
};

Result<ami::Action> action_of(const World& world, const OriginateRequest& request,
                              const std::string& token) {
  ami::Action action{"Originate"};
  action.add("Channel", request.endpoint);
  if (request.application) {
    action.add("Context", world.dialplan_context).add("Exten", token).add("Priority", "1");
  } else {
    action.add("Context", request.context.empty() ? "default" : request.context)
        .add("Exten", request.exten)
        .add("Priority", request.priority.empty() ? "1" : request.priority);
  }
  action.add("Async", "true");
  const long timeout_ms = request.timeout_s < 0 ? -1 : request.timeout_s * 1000;
  action.add("Timeout", std::to_string(timeout_ms));
  if (!request.caller_id.empty()) action.add("CallerID", request.caller_id);
  if (!request.formats.empty()) action.add("Codecs", request.formats);
  if (world.ami.dialect().takes_channel_id) {
    action.add("ChannelId", request.channel.value);
    if (!request.other_channel.value.empty()) {
      action.add("OtherChannelId", request.other_channel.value);
    }
  }
  const auto add_variable = [&action](std::string_view name, std::string_view value) {
    auto text = ami::originate_variable(name, value);
    if (text) action.add("Variable", *text);
    return text;
  };
  for (const auto& [name, value] : request.variables) {
    if (const auto fine = check_variable(world, name); !fine) return fine.error();
    if (const auto added = add_variable(name, value); !added) return added.error();
  }
  if (request.application) {
    const auto added = add_variable("ARIGATE_APP", application_text(*request.application));
    if (!added) return added.error();
  }
  // The PBX sets variables last first: this one is to be told before all others.
  if (!world.ami.dialect().takes_channel_id) {
    const auto added = add_variable(carried_id, request.channel.value);
    if (!added) return added.error();
    action.add("Variable", "ARIGATE_ID=" + token);
  }
  if (const auto fits = ami::encode(action, "arigate-originate-" + token); !fits) {
    return fits.error();
  }
  return action;
}

}  // namespace

boost::asio::awaitable<Result<model::Channel>> originate(World& world, Entrance& entrance,
                                                         OriginateRequest request) {
  if (request.channel.value.empty()) request.channel = fresh_channel_id(world.clock.wall());
  const ChannelId id = request.channel;
  auto token = entrance.expect(id, request.application.value_or(Destination{}));
  if (!token) co_return token.error();
  if (!request.application) entrance.forget(*token);
  const auto action = action_of(world, request, *token);
  if (!action) {
    entrance.forget(*token);
    co_return action.error();
  }
  const auto slash = request.endpoint.find('/');
  const auto expected = world.reconciler.expect(id, *token, request.endpoint.substr(slash + 1),
                                                request.other_channel);
  if (!expected) {
    entrance.forget(*token);
    co_return expected.error();
  }
  const Bookkeeping bookkeeping{world, id};
  if (request.application) {
    world.applications.follow_when_dialled(request.application->application, id);
  }

  const auto created = world.watches.watch([&](const model::Change& change) {
    if (const auto* made = std::get_if<model::ChannelCreated>(&change)) {
      return made->channel.id == id;
    }
    const auto* failed = std::get_if<model::OriginateFailed>(&change);
    return failed != nullptr && failed->channel == id;
  });
  // Native answers with the channel as it is when the dialling begins.
  std::optional<model::Channel> shown;
  const auto dialled = world.watches.watch([&](const model::Change& change) {
    const auto* channel = model::subject_of(change);
    if (channel == nullptr || channel->id != id) return false;
    // Kept as it was: by the time that we go on, it may be much further.
    const bool begun = std::holds_alternative<model::Dial>(change) ||
                       std::holds_alternative<model::ChannelStateChange>(change) ||
                       std::holds_alternative<model::ChannelDestroyed>(change);
    if (!begun || !shown) shown = *channel;
    return begun;
  });
  const TimePoint deadline = world.in(world.timeouts.originate);
  const auto queued = co_await world.ami.request(*action, deadline, "arigate-originate-" + *token);
  if (!queued) {
    entrance.forget(*token);
    co_return queued.error();
  }
  const bool told = co_await created->wait(deadline);
  if (!told) {
    entrance.forget(*token);
    co_return Error{Errc::timeout, "The PBX made no channel in time"};
  }
  co_await dialled->wait(world.in(world.timeouts.dial_begin));
  co_await learn_call_id(world, id);
  const auto* channel = world.store.find(id);
  if (!shown && channel != nullptr) shown = *channel;
  if (!shown) {
    entrance.forget(*token);
    co_return Error{Errc::refused_by_pbx, "Allocation failed"};
  }
  if (channel != nullptr) shown->protocol_id = channel->protocol_id;
  co_return *std::move(shown);
}

}  // namespace arigate::ops
