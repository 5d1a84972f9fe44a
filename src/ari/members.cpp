// How several sockets have one application, and how one that was away comes back.
#include <algorithm>
#include <utility>

#include "ari/applications.hpp"
#include "ari/name_filter.hpp"
#include "ari/replies.hpp"
#include "core/log.hpp"

namespace arigate::ari {

void Applications::join(Application& application, EventSocket& socket, const Request& request,
                        std::string_view token) {
  if (application.member(&socket) != nullptr) return;  // Named twice.
  const bool share = request.flag("share", false);
  const bool joins = share && application.sharing != Sharing::none;
  if (!application.members.empty() && !joins) replace_members(application);
  if (application.members.empty()) {
    application.owners.clear();
    application.sharing = !share                           ? Sharing::none
                          : request.param("mode") == "one" ? Sharing::one
                                                           : Sharing::all;
  }
  const bool resumes = request.param("resume").has_value();
  application.members.push_back({&socket, resumes, 0});
  if (resumes) resume(application, application.members.back(), token);
  if (application.sharing == Sharing::one && application.members.size() == 1) {
    store_.each_channel([&](const model::Channel& channel) {
      if (channel.application == application.name) give(application, channel.id);
    });
  }
  if (request.flag("announce", false)) announce_to(application, *application.member(&socket));
}

/// As natively: they stay open, and hear nothing more.
void Applications::replace_members(Application& application) {
  const auto members = std::exchange(application.members, {});
  if (!application.filter.passes("ApplicationReplaced")) return;
  std::string replaced;
  writer_.write_plain(replaced, "ApplicationReplaced", clock_.wall());
  replaced += application.tail + '}';
  for (const auto& member : members) member.socket->send(replaced);
}

/// Tells what became of the token, then sends what was missed.
void Applications::resume(Application& application, Member& member, std::string_view token) {
  if (!application.log) {
    application.log = std::make_unique<EventLog>(log_limits_(application.name), next_epoch_++);
  }
  application.log_until = TimePoint::max();
  const EventLog& log = *application.log;
  const bool begins = token.empty() || token == "new";
  const auto missed = begins ? std::nullopt : log.after(token);
  const std::string_view status = begins ? "started" : missed ? "resumed" : "overrun";
  std::string told;
  writer_.write_plain(told, "ArigateResume", clock_.wall());
  told.append(",\"status\":\"").append(status).append("\",\"missed\":");
  told += missed ? std::to_string(missed->second + 1 - missed->first) : "0";
  told += ",\"resume\":";
  append_json_string(told, missed ? token : log.last_token());
  told += application.tail + '}';
  member.socket->send(told);
  log::info("application resumed app={} status={}", application.name.value, status);
  if (!missed) return;
  EventSocket* const socket = member.socket;
  log.each(missed->first, missed->second, [&](const std::string& event, const ChannelId& about) {
    const auto* owner = owner_of(application, about);
    if (owner == nullptr || owner == socket) socket->send(event);
  });
}

void Applications::leave(Application& application, EventSocket& socket) {
  std::erase_if(application.members,
                [&](const Member& member) { return member.socket == &socket; });
  std::vector<ChannelId> orphans;
  for (const auto& [channel, owner] : application.owners) {
    if (owner == &socket) orphans.push_back(channel);
  }
  std::sort(orphans.begin(), orphans.end());  // The same order each time.
  for (const auto& channel : orphans) {
    application.owners.erase(channel);
    const auto* known = store_.find(channel);
    if (application.members.empty() || known == nullptr) continue;
    give(application, channel);
    // Whoever has it from now on knows nothing of it yet.
    if (known->application == application.name) {
      tell(application, "StasisStart", start_event(application, *known), channel);
    }
  }
}

// --- announcing ---------------------------------------------------------------------------------

std::string Applications::start_event(const Application& application,
                                      const model::Channel& channel) const {
  std::string event;
  writer_.write(event, model::StasisStart{channel, application.name, channel.arguments},
                clock_.wall());
  return event;
}

void Applications::announce_to(Application& application, Member& member) {
  store_.each_channel([&](const model::Channel& channel) {
    if (channel.application != application.name) return;
    const auto* owner = owner_of(application, channel.id);
    if (owner != nullptr && owner != member.socket) return;
    tell(application, "StasisStart", start_event(application, channel), channel.id, &member);
  });
}

void Applications::announce(const AppName& name) {
  Application* const application = find(name);
  if (application == nullptr) return;
  store_.each_channel([&](const model::Channel& channel) {
    if (channel.application != name) return;
    tell(*application, "StasisStart", start_event(*application, channel), channel.id);
  });
}

// --- a channel that is offered to several -------------------------------------------------------

void Applications::offer(const ChannelId& channel, const std::string& filter) {
  const auto* known = store_.find(channel);
  if (known == nullptr) return;
  std::string event;
  writer_.write_offer(event, *known, clock_.wall());
  tell_matching(filter, "CallBroadcast", event);
}

void Applications::offer_taken(const ChannelId& channel, const AppName& winner,
                               const std::string& filter) {
  const auto* known = store_.find(channel);
  if (known == nullptr) return;
  std::string event;
  writer_.write_offer_taken(event, *known, winner, clock_.wall());
  tell_matching(filter, "CallClaimed", event);
}

void Applications::tell_matching(const std::string& filter, std::string_view type,
                                 const std::string& event) {
  const NameFilter names{filter};
  if (!names.usable()) log::warn("broken filter, all applications are told filter={}", filter);
  for (const auto& [name, application] : apps_) {
    if (application->members.empty() && !application->log) continue;
    if (names.matches(name)) tell(*application, type, event, {});
  }
}

}  // namespace arigate::ari
