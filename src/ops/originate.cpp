#include "ops/originate.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "ami/action.hpp"
#include "ops/call_id.hpp"
#include "ops/originate_action.hpp"

namespace arigate::ops {

namespace {

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

VariableList inherited_by(const World& world, const OriginateRequest& request,
                          const VariableList& accounts) {
  const auto* originator = world.store.find(request.originator);
  // A caller id of its own is what the PBX shows to who is called.
  return originator == nullptr ? VariableList{}
                               : inherited_from(*originator, accounts, request.caller_id.empty());
}

/// `later`: what AGI has to set because it is too long for AMI.
Result<ami::Action> action_of(const World& world, const OriginateRequest& request,
                              const std::string& token, std::vector<std::string>& later) {
  ami::Action action{"Originate"};
  action.add("Channel", request.endpoint);
  if (request.application) {
    action.add("Context", world.dialplan_context).add("Exten", token).add("Priority", "1");
  } else {
    action.add("Context", request.context.empty() ? "default" : request.context)
        .add("Exten", request.exten)
        .add("Priority", request.priority.empty() ? "1" : request.priority);
  }
  action.add("Async", "true").add("Timeout", timeout_ms(request.timeout_s));
  if (!request.caller_id.empty()) action.add("CallerID", request.caller_id);
  if (!request.formats.empty()) action.add("Codecs", request.formats);
  add_ids(action, world, request.channel, request.other_channel);
  // Only a session of ours can set what AMI has no room for.
  auto* const with_agi = request.application ? &later : nullptr;
  if (const auto added = add_variables(action, world, request.variables, with_agi); !added) {
    return added.error();
  }
  if (request.application) {
    const VariableList own{{"ARIGATE_APP", model::text_of(*request.application)}};
    const auto added = add_variables(action, world, own, with_agi);
    if (!added) return added.error();
  }
  // The PBX sets variables last first: this one is to be told before all others.
  if (const auto added = add_identity(action, world, request.channel, token); !added) {
    return added.error();
  }
  const auto fits = ami::encode(action, std::string{originate_id_prefix} + token);
  if (!fits) return fits.error();
  return action;
}

}  // namespace

boost::asio::awaitable<Result<model::Channel>> originate(World& world, Entrance& entrance,
                                                         OriginateRequest request) {
  if (const auto fine = check_wanted(world, request.variables); !fine) co_return fine.error();
  if (request.formats.empty()) request.formats = co_await formats_of(world, request.originator);
  const auto accounts = co_await accounts_from(world, request.originator);
  const auto inherited = inherited_by(world, request, accounts);
  request.variables.insert(request.variables.begin(), inherited.begin(), inherited.end());
  if (request.channel.value.empty()) request.channel = fresh_channel_id(world.clock.wall());
  const ChannelId id = request.channel;
  const auto free = check_other(world, request.endpoint, request.other_channel);
  if (!free) co_return free.error();
  auto token = entrance.expect(id, request.application.value_or(Destination{}));
  if (!token) co_return token.error();
  if (!request.application) entrance.forget(*token);
  std::vector<std::string> later;
  const auto action = action_of(world, request, *token, later);
  entrance.prepare(*token, std::move(later));
  if (!action) {
    entrance.forget(*token);
    co_return action.error();
  }
  const auto slash = request.endpoint.find('/');
  const auto expected = world.reconciler.expect(id, *token, request.endpoint.substr(slash + 1),
                                                request.other_channel, request.reported);
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
  if (request.application) co_await world.ensure_reentry();
  const TimePoint deadline = world.in(world.timeouts.originate);
  const auto queued =
      co_await world.ami.request(*action, deadline, std::string{originate_id_prefix} + *token);
  if (!queued) {
    entrance.forget(*token);
    co_return queued.error();
  }
  const bool told = co_await created->wait(deadline);
  if (!told) {
    entrance.forget(*token);
    co_return Error{Errc::timeout, "The PBX made no channel in time"};
  }
  show_inherited(world, id, inherited);
  co_await dialled->wait(world.in(world.timeouts.dial_begin));
  co_await learn_call_id(world, id);
  const auto* channel = world.store.find(id);
  if (!shown && channel != nullptr) shown = *channel;
  if (!shown) {
    entrance.forget(*token);
    co_return Error{Errc::refused_by_pbx, "Allocation failed"};
  }
  if (channel != nullptr) {
    shown->protocol_id = channel->protocol_id;
    shown->accountcode = channel->accountcode;
  }
  // Of a function that was set, no VarSet tells.
  for (const auto& [name, value] : request.variables) {
    const bool reported = std::ranges::find(request.reported, name) != request.reported.end();
    if (reported && name.ends_with(')')) world.reconciler.set_reported(id, name, value);
  }
  co_return *std::move(shown);
}

}  // namespace arigate::ops
