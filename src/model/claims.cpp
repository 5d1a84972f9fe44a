#include "model/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "ami/value.hpp"
#include "core/text.hpp"
#include "generated/mapping.hpp"
#include "model/destination.hpp"

namespace arigate::model {

using ami::EventName;
using ami::Key;
using ami::Role;
using Means = Claim::Means;

namespace {

Claim claim_about(const Channel& channel, Means means, std::string place, std::string told,
                  std::string known) {
  return {means,           channel.name,    channel.uniqueid.value, std::move(place),
          std::move(told), std::move(known)};
}

/// As CALLERID(all) says it.
std::string text_of(const Party& party) {
  return fmt::format("\"{}\" <{}>", party.name, party.number);
}

/// "default,100,1"
std::string line_text(std::string_view context, std::string_view exten, std::string_view priority) {
  return fmt::format("{},{},{}", context, exten, priority);
}

std::string line_of(const ami::Snapshot& snapshot) {
  return line_text(snapshot.context, snapshot.exten, snapshot.priority);
}

std::string line_of(const Channel& channel) {
  const auto& place = channel.dialplan;
  return line_text(place.context, place.exten, std::to_string(place.priority));
}

bool is_at(const Channel& channel, const ami::Snapshot& snapshot) {
  const auto& place = channel.dialplan;
  return snapshot.context == place.context && snapshot.exten == place.exten &&
         snapshot.priority == std::to_string(place.priority);
}

/// "default,100,1,Dial,SIP/bob". An AGI of ours is shown as what it stands for.
std::string command_text(const std::string& line, std::string_view app, std::string_view data) {
  const bool agi = app == "AGI" || app == "Stasis" || app == broadcast_script;
  return fmt::format("{},{},{}", line, agi ? "AGI" : app, agi ? "" : data);
}

bool tells_a_link(const ami::Message& event) {
  return event.event() == EventName::bridge || event.event() == EventName::link ||
         event.event() == EventName::unlink;
}

bool tells_an_unlink(const ami::Message& event) {
  return event.event() == EventName::unlink || iequals(event[Key::bridgestate], "Unlink");
}

bool tells_an_unparking(const ami::Message& event) {
  return event.event() == EventName::unparkedcall ||
         event.event() == EventName::parkedcalltimeout ||
         event.event() == EventName::parkedcallgiveup;
}

bool is_in_conference(const Channel& channel, std::string_view name) {
  if (!channel.room.value.empty()) return true;
  const std::string_view bridge = channel.bridge.value;
  constexpr std::string_view made_up = "conference-";
  return bridge.starts_with(made_up) && bridge.substr(made_up.size()) == name;
}

bool is_parked(const Channel& channel) {
  return channel.bridge.value.starts_with("parking-");
}

/// As the PBX has it: not what it makes for itself, nor what is shown otherwise or not there yet.
bool is_shown(const Channel& channel) {
  return !channel.hidden && !channel.in_disguise && !channel.unborn;
}

/// Those whose snapshots the model takes from such an event.
std::span<const Role> roles_of(EventName event) {
  static constexpr Role own[] = {Role::own};
  static constexpr Role dial[] = {Role::own, Role::dest, Role::forwarded};
  const bool dials =
      event == EventName::dialbegin || event == EventName::dialstate || event == EventName::dialend;
  return dials ? std::span<const Role>{dial} : std::span<const Role>{own};
}

}  // namespace

std::vector<Claim> Claims::of(const ami::Message& event, bool behind_another) const {
  if (tells_a_link(event)) return of_link(event);
  std::vector<Claim> claims;
  for (const Role role : roles_of(event.event())) {
    const Channel* channel = channel_of(event, role);
    if (channel == nullptr || !is_shown(*channel)) continue;
    if (dialect_.snapshots) {
      add_snapshot(event, role, *channel, behind_another || role != Role::own, claims);
    } else if (role == Role::own) {
      add_old(event, *channel, behind_another, claims);
    }
  }
  return claims;
}

const Channel* Claims::channel_of(const ami::Message& event, Role role) const {
  const auto uniqueid = ami::snapshot_of(event, role).uniqueid;
  if (!uniqueid.empty()) return store_.find_uniqueid(uniqueid);
  // Asterisk 1.8 up to 1.8.10 and 10 up to 10.2 tell no uniqueid of who leaves a lot.
  return tells_an_unparking(event) ? store_.find_name(event[Key::channel]) : nullptr;
}

/// Before Asterisk 12: who talks to whom.
std::vector<Claim> Claims::of_link(const ami::Message& event) const {
  const Channel* one = store_.find_uniqueid(event[Key::uniqueid1]);
  if (one == nullptr || !is_shown(*one)) return {};
  Claim claim = claim_about(*one, Means::link, {}, {}, {});
  claim.early = tells_an_unlink(event);
  if (!claim.early) claim.told = event[Key::uniqueid2];
  const Bridge* bridge = store_.find(one->bridge);
  if (bridge != nullptr && bridge->linked) {
    for (const auto& id : bridge->channels) {
      const Channel* other = id == one->id ? nullptr : store_.find(id);
      if (other != nullptr) claim.known = other->uniqueid.value;
    }
  }
  if (claim.told == claim.known) return {};
  return {std::move(claim)};
}

void Claims::add_old(const ami::Message& event, const Channel& channel, bool behind_another,
                     std::vector<Claim>& claims) const {
  const EventName type = event.event();
  const auto snapshot = ami::snapshot_of(event);
  if (type == EventName::newstate) add_state(event, snapshot, channel, claims);
  if (type == EventName::newcallerid) {
    const Party told = party(snapshot.caller_name, snapshot.caller_number);
    if (told != channel.caller) {
      claims.push_back(claim_about(channel, Means::variable, "CALLERID(all)", text_of(told),
                                   text_of(channel.caller)));
    }
  }
  add_variables(event, Role::own, channel, claims);
  if (!behind_another) return;
  const auto enters_or_leaves = [&](Means means, std::string place, bool enters) {
    Claim claim =
        claim_about(channel, means, std::move(place), std::string{is_in}, std::string{is_out});
    if (!enters) std::swap(claim.told, claim.known);
    claim.early = !enters;
    claims.push_back(std::move(claim));
  };
  const std::string conference{event[Key::conference]};
  const bool in_conference = is_in_conference(channel, conference);
  if (type == EventName::confbridgejoin && !in_conference) {
    enters_or_leaves(Means::conference, conference, true);
  } else if (type == EventName::confbridgeleave && in_conference) {
    enters_or_leaves(Means::conference, conference, false);
  } else if (type == EventName::parkedcall && !is_parked(channel)) {
    enters_or_leaves(Means::lot, {}, true);
  } else if (tells_an_unparking(event) && is_parked(channel)) {
    enters_or_leaves(Means::lot, {}, false);
  } else if (type == EventName::newaccountcode && snapshot.accountcode != channel.accountcode) {
    claims.push_back(claim_about(channel, Means::variable, "CHANNEL(accountcode)",
                                 std::string{snapshot.accountcode}, channel.accountcode));
  } else if (type == EventName::newexten) {
    add_line(event, snapshot, channel, claims);
  }
}

void Claims::add_snapshot(const ami::Message& event, Role role, const Channel& channel,
                          bool behind_another, std::vector<Claim>& claims) const {
  const auto snapshot = ami::snapshot_of(event, role);
  if (snapshot.state.empty()) {
    if (role == Role::own) add_variables(event, role, channel, claims);
    return;
  }
  const auto differs = [&](std::string place, std::string told, const std::string& known) {
    if (told == known) return;
    claims.push_back(
        claim_about(channel, Means::variable, std::move(place), std::move(told), known));
  };
  const auto parties = [&](const char* place, const Party& told, const Party& known) {
    if (told != known) differs(place, text_of(told), text_of(known));
  };
  add_state(event, snapshot, channel, claims);
  if (snapshot.caller_number.data() != nullptr && snapshot.caller_name.data() != nullptr) {
    parties("CALLERID(all)", party(snapshot.caller_name, snapshot.caller_number), channel.caller);
  }
  add_variables(event, role, channel, claims);
  if (!behind_another) return;
  if (snapshot.channel != channel.name) {
    differs("CHANNEL(name)", std::string{snapshot.channel}, channel.name);
  }
  if (snapshot.connected_number.data() != nullptr && snapshot.connected_name.data() != nullptr) {
    parties("CONNECTEDLINE(all)", party(snapshot.connected_name, snapshot.connected_number),
            channel.connected);
  }
  if (snapshot.accountcode.data() != nullptr) {
    differs("CHANNEL(accountcode)", std::string{snapshot.accountcode}, channel.accountcode);
  }
  if (!snapshot.language.empty() && !channel.hides(snapshot.language)) {
    differs("CHANNEL(language)", std::string{snapshot.language}, channel.language);
  }
  add_line(event, snapshot, channel, claims);
  if (event.event() == EventName::bridgeenter) add_bridge(event, channel, claims);
}

/// Of our own context the model has no lines, only that the channel is there.
void Claims::add_line(const ami::Message& event, const ami::Snapshot& snapshot,
                      const Channel& channel, std::vector<Claim>& claims) const {
  const auto claim = [&](Means means, std::string place, std::string told, std::string known) {
    if (told == known) return;
    claims.push_back(
        claim_about(channel, means, std::move(place), std::move(told), std::move(known)));
  };
  const bool runs = event.event() == EventName::newexten;
  const bool is_own = snapshot.context == own_context_;
  if (is_own != channel.in_own_context) {
    const auto& known = channel.in_own_context ? own_context_ : channel.dialplan.context;
    if (runs || !is_own) claim(Means::variable, "CONTEXT", std::string{snapshot.context}, known);
    return;
  }
  if (is_own) return;
  if (!is_at(channel, snapshot)) {
    return claim(Means::line, {}, line_of(snapshot), line_of(channel));
  }
  if (!runs || !dialect_.snapshots) return;
  const auto& place = channel.dialplan;
  const auto app = event[Key::application], data = event[Key::appdata];
  if (app == place.app_name && data == place.app_data) return;
  const auto line = line_of(channel);
  claim(Means::command, {}, command_text(line, app, data),
        command_text(line, place.app_name, place.app_data));
}

/// A bridge of the PBX has an id that nobody can guess, so nobody can forge that a channel leaves
/// it.
void Claims::add_bridge(const ami::Message& event, const Channel& channel,
                        std::vector<Claim>& claims) const {
  const Bridge* bridge = store_.find(channel.bridge);
  const bool of_the_pbx = bridge != nullptr && !bridge->own;
  Claim enters = claim_about(channel, Means::bridge, {}, std::string{event[Key::bridgeuniqueid]},
                             of_the_pbx ? bridge->id.value : "");
  // Status of Asterisk 12 shows what a cache has (12.0.0:main/manager.c).
  enters.early = true;
  if (enters.told != enters.known) claims.push_back(std::move(enters));
}

void Claims::add_state(const ami::Message& event, const ami::Snapshot& snapshot,
                       const Channel& channel, std::vector<Claim>& claims) const {
  const ChannelState told = state_of(snapshot.state);
  // 1.8 tells the far leg's ringing to a Local half that is up; it stays so.
  const bool back = channel.state == ChannelState::up && told == ChannelState::ringing;
  if (told == channel.state || back) return;
  claims.push_back(claim_about(
      channel, Means::variable, "CHANNEL(state)", std::string{event[Key::channelstatedesc]},
      std::string{mapping::channel_state_name(static_cast<int>(channel.state))}));
}

/// Those that ARI shows: set by the event, or told with it.
void Claims::add_variables(const ami::Message& event, Role role, const Channel& channel,
                           std::vector<Claim>& claims) const {
  const auto add = [&](std::string_view name, std::string_view value) {
    const auto shown = std::ranges::find(channel.variables, name, &ShownVariable::name);
    if (shown == channel.variables.end()) return;
    std::string told = plain(value);
    if (told == shown->next) return;
    claims.push_back(
        claim_about(channel, Means::variable, std::string{name}, std::move(told), shown->next));
  };
  if (role == Role::own && event.event() == EventName::varset) {
    add(event[Key::variable], event[Key::value]);
  }
  if (!channel.variables.empty()) ami::each_variable(event, role, channel.name, add);
}

Party Claims::party(std::string_view name, std::string_view number) const {
  return {plain(ami::known(name)), std::string{ami::known(number)}};
}

std::string Claims::plain(std::string_view value) const {
  std::string scratch;
  return std::string{dialect_.escapes_values ? ami::unescape(value, scratch) : value};
}

bool Claims::is_meant(const Claim& claim, std::string_view said) {
  return claim.means == Means::bridge ? said == claim.told : said != claim.known;
}

std::optional<std::string> Claims::said(const Claim& claim, const std::vector<ami::Message>& rows) {
  if (claim.means == Means::conference || claim.means == Means::lot) {
    const bool listed =
        std::ranges::any_of(rows, [&](const auto& row) { return row[Key::channel] == claim.name; });
    return std::string{listed ? is_in : is_out};
  }
  for (const auto& row : rows) {
    if (row[Key::uniqueid] != claim.uniqueid) continue;
    if (claim.means == Means::link) return std::string{row[Key::bridgeduniqueid]};
    if (claim.means == Means::bridge && row.has(Key::bridgeid)) {
      return std::string{row[Key::bridgeid]};
    }
    if (claim.means == Means::bridge || !row.has(Key::context)) continue;
    const auto line = line_of(ami::snapshot_of(row));
    if (claim.means == Means::line) return line;
    return command_text(line, row[Key::application], row[Key::data]);
  }
  return std::nullopt;
}

}  // namespace arigate::model
