// Channels that ARI makes before the PBX has them, and the variables that it wants to see with a
// channel.
#include <algorithm>
#include <utility>

#include "model/destination.hpp"
#include "model/reconciler.hpp"
#include "model/told_variables.hpp"

namespace arigate::model {

Result<void> Reconciler::create(Channel channel, WallTime now) {
  // Until the PBX has one, its id stands for the PBX's own, too.
  if (taken(channel.id) || store_.find_uniqueid(channel.id.value) != nullptr) {
    return Error{Errc::conflict, "Channel with given unique ID already exists"};
  }
  if (store_.channel_count() >= Store::channels_max) {
    return Error{Errc::overloaded, "too many channels"};
  }
  channel.uniqueid.value = channel.id.value;
  channel.created = now;
  channel.unborn = channel.made_first = channel.announced = channel.from_ari = true;
  for (const auto& name : options_.channelvars)
    channel.variables.push_back({name, "", "", false, {}});
  Channel& stored = store_.add(std::move(channel));
  ++stored.revision;
  touch(stored);
  emit(ChannelCreated{stored}, now);
  return {};
}

void Reconciler::enter_created(const ChannelId& id, const AppName& application,
                               const std::vector<std::string>& arguments, WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  channel->application = application;
  channel->arguments = arguments;
  channel->dialplan.app_name = "Stasis";
  channel->dialplan.app_data = text_of(Destination{application, arguments});
  ++channel->revision;
  emit(ChannelDialplan{*channel, channel->dialplan.app_name, channel->dialplan.app_data}, now);
  emit(ChannelVarset{channel, "STASISSTATUS", ""}, now);
  emit(StasisStart{*channel, *channel->application, arguments}, now);
}

void Reconciler::set_created_variable(const ChannelId& id, std::string_view name,
                                      std::string_view value, WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  set_variable(*channel, name, value);
  keep_inheritable(*channel, name, value);
  if (name.ends_with(')')) return;
  auto& told = told_variables_of(*channel);
  told.forget(name);
  told.add(name, value);
  emit(ChannelVarset{channel, name, value}, now);
}

ToldVariables& Reconciler::told_variables_of(Channel& channel) {
  if (!channel.told_variables) channel.told_variables = std::make_shared<ToldVariables>();
  return *channel.told_variables;
}

/// Of an originated channel that has not come yet: what has been told of it, or of a created one
/// would have been before its application began to listen. True takes it off the list.
bool Reconciler::was_told(Channel& channel, std::string_view name, std::string_view value) {
  if (channel.in_agi) return false;
  if (channel.made_first && name == "SIPCALLID") return true;
  return channel.told_variables && channel.told_variables->take(name, value);
}

Result<void> Reconciler::expect_dial(const ChannelId& id, const std::string& token,
                                     std::string dialstring, ChannelId other) {
  if (expected_by_id_.size() >= expected_max) {
    return Error{Errc::overloaded, "too many originates under way"};
  }
  ended_.erase(id.value);
  expected_by_token_.emplace(token, Expected{id, dialstring, other, {}});
  expected_by_id_.emplace(id.value, Expected{id, std::move(dialstring), std::move(other), {}});
  return {};
}

/// The PBX has made the channel. Where it takes our ids it is the same one already (`made` is
/// nullptr); elsewhere it came under the PBX's own id.
void Reconciler::be_born(Channel& unborn, Channel* made, WallTime now) {
  unborn.unborn = false;
  if (made != nullptr) {
    const std::string name = made->name;
    store_.swap_uniqueids(unborn, *made);
    unborn.state = made->state;
    unborn.caller = std::move(made->caller);
    // What it was dialled on may be known already, and is set by the PBX a moment later.
    if (!made->accountcode.empty()) unborn.accountcode = std::move(made->accountcode);
    unborn.protocol_id = std::move(made->protocol_id);
    unannounced_.erase(unborn.uniqueid);
    store_.erase(ChannelId{made->id});
    store_.rename(unborn, name);
  }
  touch(unborn);
  ++unborn.revision;
  auto expected = expected_by_id_.extract(unborn.id.value);
  if (made != nullptr) {
    announce_far_half(unborn, expected.empty() ? ChannelId{} : expected.mapped().other, now);
  }
  if (expected.empty() || dialect_.dial_events) return;
  unborn.dialing = unborn.placed = true;
  emit(Dial{nullptr, unborn, "", expected.mapped().dialstring, ""}, now);
}

void Reconciler::destroy_created(const ChannelId& id, int cause, std::string_view text,
                                 WallTime now) {
  Channel* channel = store_.mutable_find(id);
  if (channel != nullptr && channel->unborn) destroy(*channel, cause, text, std::nullopt, now);
}

void Reconciler::answered(const ChannelId& id, const agi::Environment& environment) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  channel->in_agi = channel->agi_running = true;
  if (!environment.language.empty()) channel->language = environment.language;
  if (channel->caller_rdnis.empty()) channel->caller_rdnis = environment.rdnis;
  if (channel->accountcode.empty()) channel->accountcode = environment.accountcode;
  ++channel->revision;
}

// --- report_events ------------------------------------------------------------------------------

Result<void> Reconciler::report_variable(const ChannelId& id, const std::string& name,
                                         bool at_once) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return Error{Errc::not_found, "Channel not found"};
  auto& shown = channel->variables;
  const auto known = std::find_if(shown.begin(), shown.end(),
                                  [&](const ShownVariable& v) { return v.name == name; });
  if (known != shown.end()) {
    known->reported = true;
    if (known->shown()) known->showing = ShownVariable::Showing::yes;
    return {};
  }
  if (shown.size() >= options_.channelvars.size() + reported_max) {
    return Error{Errc::overloaded, "too many variables are reported for this channel"};
  }
  shown.push_back({name, "", "", at_once, ShownVariable::Showing::when_set});
  return {};
}

void Reconciler::set_reported(const ChannelId& id, std::string_view name, std::string_view value) {
  if (Channel* channel = store_.mutable_find(id)) set_variable(*channel, name, value);
}

void Reconciler::forget_reported(const ChannelId& id, std::string_view name) {
  Channel* channel = store_.mutable_find(id);
  if (channel == nullptr) return;
  const auto& configured = options_.channelvars;
  const bool stays = std::find(configured.begin(), configured.end(), name) != configured.end();
  std::erase_if(channel->variables, [&](ShownVariable& variable) {
    if (variable.name != name) return false;
    variable.reported = false;
    if (stays) return false;
    if (!variable.shown()) return true;
    variable.showing = ShownVariable::Showing::until_next_snapshot;
    return false;
  });
}

}  // namespace arigate::model
