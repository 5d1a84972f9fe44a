#include "ops/created.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "core/log.hpp"
#include "core/text.hpp"
#include "generated/mapping.hpp"
#include "model/party_text.hpp"
#include "ops/call_id.hpp"
#include "ops/originate_action.hpp"
#include "ops/variables.hpp"

namespace arigate::ops {
namespace {

bool is_plain(const std::string& endpoint) {
  const auto slash = endpoint.find('/');
  return endpoint.find_first_of("/@:&", slash + 1) == std::string::npos &&
         !iequals(endpoint.substr(0, slash), "Local");
}

void take_device(const ami::Message& row, std::string_view exten, model::Channel& channel) {
  const auto context = row.named("Context");
  if (context.empty()) return;
  channel.dialplan.context = context;
  channel.dialplan.exten = exten;
  channel.caller = model::party_in(row.named("Callerid"));
  if (const auto language = row.named("Language"); !language.empty()) {
    channel.language = language;
  }
}

}  // namespace

// --- make ---------------------------------------------------------------------------------------

/// The PBX is asked for the state of the device: it is invalid or unavailable when no channel to it
/// could be made. Only for a plain "TECH/name"; what else there is shows when it is dialled.
boost::asio::awaitable<bool> CreatedChannels::allocatable(std::string endpoint) {
  if (!is_plain(endpoint)) co_return true;
  const auto answer = co_await world_.ami.request(
      ami::Action{"Getvar"}.add("Variable", fmt::format("DEVICE_STATE({})", endpoint)),
      world_.in(world_.timeouts.action), "");
  if (!answer) co_return true;
  const auto state = (*answer)[ami::Key::value];
  co_return state != "INVALID" && state != "UNAVAILABLE";
}

/// Fills in whom a new channel would show and where it would be, from the phone's configuration.
boost::asio::awaitable<void> CreatedChannels::describe(std::string endpoint,
                                                       model::Channel& channel) {
  const auto slash = endpoint.find('/');
  const auto name = endpoint.substr(slash + 1);
  const TimePoint deadline = world_.in(world_.timeouts.action);
  if (!is_plain(endpoint)) co_return;
  if (iequals(endpoint.substr(0, slash), "PJSIP")) {
    const auto rows =
        co_await world_.ami.list(ami::Action{"PJSIPShowEndpoint"}.add("Endpoint", name), deadline);
    if (!rows) co_return;
    for (const auto& row : *rows) {
      if (!row.named("Callerid").empty()) take_device(row, "s", channel);
    }
  } else if (iequals(endpoint.substr(0, slash), "SIP")) {
    const auto peer =
        co_await world_.ami.request(ami::Action{"SIPshowpeer"}.add("Peer", name), deadline, "");
    if (peer) take_device(*peer, "", channel);
  }
}

std::string CreatedChannels::name_for(const std::string& endpoint) {
  const auto slash = endpoint.find('/');
  const bool local = iequals(endpoint.substr(0, slash), "Local");
  const auto resource = endpoint.substr(slash + 1, endpoint.find('/', slash + 1) - slash - 1);
  return fmt::format("{}/{}-{:08x}{}", endpoint.substr(0, slash), resource, next_number_++,
                     local ? ";1" : "");
}

boost::asio::awaitable<Result<model::Channel>> CreatedChannels::create(CreateRequest request) {
  const auto full = [this] { return entries_.size() >= channels_max; };
  const Error too_many{Errc::overloaded, "too many created channels"};
  if (full()) co_return too_many;
  if (has_line_break(request.endpoint) || request.variables.size() > variables_max) {
    co_return Error{Errc::bad_request, "The channel cannot be made from this"};
  }
  if (const auto fine = check_wanted(world_, request.variables); !fine) co_return fine.error();
  if (request.channel.value.empty()) request.channel = fresh_channel_id(world_.clock.wall());
  // What could not be sent when it is dialled is refused here.
  if (const auto action = originate_action(request, "0", 0); !action) co_return action.error();
  const bool possible = co_await allocatable(request.endpoint);
  if (!possible) co_return Error{Errc::refused_by_pbx, "Allocation failed"};
  const ChannelId id = request.channel;
  const Destination application = request.application;
  if (world_.store.find(request.originator) != nullptr) {
    world_.applications.follow(application.application, request.originator);
    if (request.formats.empty()) request.formats = co_await formats_of(world_, request.originator);
  }
  model::Channel channel;
  channel.id = id;
  channel.name = name_for(request.endpoint);
  channel.language = "en";
  channel.dialplan.context = "default";
  if (const auto local = request.endpoint; iequals(local.substr(0, 6), "Local/")) {
    const auto at = local.find('@');
    channel.dialplan.exten = local.substr(6, std::min(at, local.find('/', 6)) - 6);
    if (at != std::string::npos) {
      channel.dialplan.context = local.substr(at + 1, local.find('/', at) - at - 1);
    }
  }
  co_await describe(request.endpoint, channel);
  if (full()) co_return too_many;  // Others have come meanwhile.
  const auto free = check_other(world_, request.endpoint, request.other_channel);
  if (!free) co_return free.error();
  const WallTime now = world_.clock.wall();
  if (const auto made = world_.reconciler.create(std::move(channel), now); !made) {
    co_return made.error();
  }
  entries_.emplace(id, Entry{std::move(request), false, {}});
  entrance_.await_session(id);
  world_.applications.follow(application.application, id);
  for (const auto& [name, value] : entries_.at(id).request.variables) {
    world_.reconciler.set_created_variable(id, name, value, now);
  }
  const model::Channel shown = *world_.store.find(id);  // Natively before it is in its application.
  world_.reconciler.enter_created(id, application.application, application.arguments, now);
  co_return shown;
}

// --- dial ---------------------------------------------------------------------------------------

Result<ami::Action> CreatedChannels::originate_action(const CreateRequest& request,
                                                      const std::string& token,
                                                      long timeout_s) const {
  ami::Action action{"Originate"};
  action.add("Channel", request.endpoint)
      .add("Context", world_.dialplan_context)
      .add("Exten", token)
      .add("Priority", "1")
      .add("Async", "true")
      .add("Timeout", timeout_ms(timeout_s));
  if (!request.formats.empty()) action.add("Codecs", request.formats);
  add_ids(action, world_, request.channel, request.other_channel);
  auto variables = request.variables;
  variables.emplace_back("ARIGATE_APP", model::text_of(request.application));
  if (const auto added = add_variables(action, world_, variables, nullptr); !added) {
    return added.error();
  }
  if (const auto added = add_identity(action, world_, request.channel, token); !added) {
    return added.error();
  }
  const auto fits = ami::encode(action, std::string{originate_id_prefix} + token);
  if (!fits) return fits.error();
  return action;
}

boost::asio::awaitable<Result<void>> CreatedChannels::dial(ChannelId channel, ChannelId caller,
                                                           long timeout_s) {
  co_await world_.ensure_reentry();
  const auto accounts = co_await accounts_from(world_, caller);
  const auto control = control_of(world_, channel);
  if (!control) co_return control.error();
  const auto* known = world_.store.find(channel);
  if (known->state != model::ChannelState::down || !known->made_first) {
    co_return Error{Errc::conflict, "Channel is not in the 'Down' state"};
  }
  const auto found = entries_.find(channel);
  if (found == entries_.end() || found->second.dialling) co_return Result<void>{};
  auto token = entrance_.expect(channel, found->second.request.application);
  if (!token) co_return token.error();
  const auto* calling = world_.store.find(caller);
  const auto inherited = calling == nullptr ? VariableList{} : inherited_from(*calling, accounts);
  auto wanted = found->second.request;
  wanted.variables.insert(wanted.variables.begin(), inherited.begin(), inherited.end());
  auto action = originate_action(wanted, *token, timeout_s);
  if (!action) {
    entrance_.forget(*token);
    co_return action.error();
  }
  const std::string endpoint = found->second.request.endpoint;
  const auto expected =
      world_.reconciler.expect_dial(channel, *token, endpoint.substr(endpoint.find('/') + 1),
                                    found->second.request.other_channel);
  if (!expected) {
    entrance_.forget(*token);
    co_return expected.error();
  }
  found->second.dialling = true;
  const auto queued =
      co_await world_.ami.request(std::move(*action), world_.in(world_.timeouts.originate),
                                  std::string{originate_id_prefix} + *token);
  if (queued) {
    show_inherited(world_, channel, inherited);
    world_.spawn(follow_dial(channel, *token));
    co_return Result<void>{};
  }
  entrance_.forget(*token);
  const Errc why = queued.error().code;
  // What the PBX has not refused it may still do.
  const bool may_come = why == Errc::timeout || why == Errc::unavailable;
  if (may_come && condemned_.contains(channel)) co_return queued.error();
  forget_condemned(channel);
  world_.reconciler.forget_expected(channel);
  if (const auto still = entries_.find(channel); still != entries_.end()) {
    still->second.dialling = false;  // It can be dialled again.
  }
  settle(channel);
  co_return queued.error();
}

/// Until the PBX has the channel, or will not have it.
boost::asio::awaitable<void> CreatedChannels::follow_dial(ChannelId channel, std::string token) {
  Eventual<bool> outcome;
  const auto* known = world_.store.find(channel);
  const auto entry = entries_.find(channel);
  if (known != nullptr && known->unborn && entry != entries_.end()) {
    entry->second.waiting.push_back(outcome);
    co_await outcome.wait(world_.in(world_.timeouts.originate));
    known = world_.store.find(channel);
  }
  if (condemned_.contains(channel)) co_return;
  if (known != nullptr && known->unborn) {
    constexpr int temporary_failure = 41;
    log::warn("created channel was not dialled channel={}", channel.value);
    entrance_.forget(token);
    co_return give_up(channel, temporary_failure);
  }
  world_.reconciler.forget_expected(channel);
  if (known != nullptr) co_await learn_call_id(world_, channel);
}

/// It ends here; the PBX may be about to make it.
void CreatedChannels::give_up(const ChannelId& channel, int cause) {
  const auto entry = entries_.find(channel);
  const bool dialling = entry != entries_.end() && entry->second.dialling;
  if (dialling && condemned_.size() < condemned_max) {
    Eventual<bool> came;
    condemned_.emplace(channel, came);
    world_.spawn(await_condemned(channel, std::move(came)));
  } else {
    world_.reconciler.forget_expected(channel);
  }
  world_.reconciler.destroy_created(channel, cause, mapping::cause_text(cause),
                                    world_.clock.wall());
}

boost::asio::awaitable<void> CreatedChannels::await_condemned(ChannelId channel,
                                                              Eventual<bool> came) {
  const auto decided = co_await came.wait(world_.in(condemned_for));
  if (decided) co_return;
  condemned_.erase(channel);
  world_.reconciler.forget_expected(channel);
}

/// The PBX has made it after all, or never will.
void CreatedChannels::forget_condemned(const ChannelId& channel) {
  auto condemned = condemned_.extract(channel);
  if (!condemned.empty()) condemned.mapped().set(true);
}

void CreatedChannels::settle(const ChannelId& channel) {
  const auto entry = entries_.find(channel);
  if (entry == entries_.end()) return;
  for (auto& waiting : std::exchange(entry->second.waiting, {})) waiting.set(true);
}

void CreatedChannels::on(const model::Change& change, WallTime) {
  if (const auto* failed = std::get_if<model::OriginateFailed>(&change)) {
    forget_condemned(failed->channel);
    // Its cause as far as the PBX tells it: 3 is no answer, 5 busy, the rest congestion.
    if (!entries_.contains(failed->channel)) return;
    const int cause = failed->reason == 3 ? 19 : failed->reason == 5 ? 17 : 34;
    const ChannelId id = failed->channel;
    world_.reconciler.destroy_created(id, cause, mapping::cause_text(cause), world_.clock.wall());
    return;
  }
  const auto* subject = model::subject_of(change);
  const auto* created = std::get_if<model::ChannelCreated>(&change);
  if (created != nullptr && !subject->unborn && condemned_.contains(subject->id)) {
    forget_condemned(subject->id);
    log::info("channel of a dial that was given up is hung up channel={}", subject->id.value);
    return world_.ami.post(ami::Action{"Hangup"}.add("Channel", subject->name));
  }
  if (entries_.empty() || subject == nullptr || !subject->made_first) return;
  if (!subject->unborn) settle(subject->id);
  if (std::holds_alternative<model::ChannelDestroyed>(change)) {
    settle(subject->id);
    entries_.erase(subject->id);
  }
}

// --- while the PBX does not have it -------------------------------------------------------------

boost::asio::awaitable<bool> CreatedChannels::unborn(ChannelId channel) {
  const auto* known = world_.store.find(channel);
  if (known == nullptr || !known->unborn) co_return false;
  const auto entry = entries_.find(channel);
  if (entry == entries_.end() || !entry->second.dialling) co_return true;
  Eventual<bool> outcome;
  entry->second.waiting.push_back(outcome);
  co_await outcome.wait(world_.in(world_.timeouts.action));
  known = world_.store.find(channel);
  co_return known != nullptr && known->unborn;
}

boost::asio::awaitable<bool> CreatedChannels::hangup(ChannelId channel, int cause) {
  constexpr int explicit_hangup = 32;
  const bool ours = co_await unborn(channel);
  if (!ours) co_return false;
  world_.reconciler.hangup_requested(channel, explicit_hangup, true, world_.clock.wall());
  give_up(channel, cause);
  co_return true;
}

std::optional<std::string> CreatedChannels::variable(const ChannelId& channel,
                                                     std::string_view name) const {
  const auto entry = entries_.find(channel);
  if (entry == entries_.end()) return std::nullopt;
  for (const auto& [known, value] : entry->second.request.variables) {
    if (known == name || model::plain_name(known) == name) return value;
  }
  return std::nullopt;
}

Result<void> CreatedChannels::set_variable(const ChannelId& channel, const std::string& name,
                                           std::string value) {
  const auto entry = entries_.find(channel);
  if (entry == entries_.end()) return channel_not_found();
  auto request = entry->second.request;
  auto& variables = request.variables;
  const auto known = std::find_if(variables.begin(), variables.end(), [&](const auto& variable) {
    return model::plain_name(variable.first) == model::plain_name(name);
  });
  if (known != variables.end()) variables.erase(known);
  variables.emplace_back(name, value);
  if (variables.size() > variables_max) {
    return Error{Errc::overloaded, "too many variables before the dial"};
  }
  if (const auto action = originate_action(request, "0", 0); !action) return action.error();
  entry->second.request = std::move(request);
  world_.reconciler.set_created_variable(channel, name, value, world_.clock.wall());
  return {};
}

}  // namespace arigate::ops
