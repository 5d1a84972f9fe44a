#include "ari/applications.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "ari/replies.hpp"
#include "core/log.hpp"

namespace arigate::ari {
namespace {

/// Random, so that a token of an earlier process is not one of this.
std::uint64_t first_epoch() {
  std::random_device random;
  return std::uniform_int_distribution<std::uint64_t>{1'000'000, 999'999'999}(random)*1'000;
}

}  // namespace

Applications::Applications(const model::Store& store, Snapshots& snapshots, EventWriter& writer,
                           const Clock& clock)
    : store_{store},
      snapshots_{snapshots},
      writer_{writer},
      clock_{clock},
      log_limits_{[](const AppName&) { return EventLog::Limits{}; }},
      came_{[](const AppName&) {}},
      lost_{[](const AppName&) {}},
      device_wanted_{[](const std::string&) {}},
      next_epoch_{first_epoch()} {}

void Applications::on_presence(Told came, Told lost) {
  came_ = std::move(came);
  lost_ = std::move(lost);
}

// --- sockets ------------------------------------------------------------------------------------

std::optional<Response> Applications::refuse(const Request& request) {
  const auto names = request.list("app");
  const bool usable =
      !names.empty() && std::all_of(names.begin(), names.end(), [](const auto& name) {
        return !name.empty() && name.size() <= name_bytes_max;
      });
  if (!usable) return html_response(400, "Missing parameter: app");
  const auto fresh = std::count_if(names.begin(), names.end(), [this](const auto& name) {
    return find(AppName{name}) == nullptr;
  });
  if (apps_.size() + static_cast<std::size_t>(fresh) > applications_max) {
    return message_response(503, "Too many applications");
  }
  if (!request.flag("share", false)) return std::nullopt;
  const auto mode = request.param("mode").value_or("all");
  if (mode != "all" && mode != "one") return message_response(400, "mode is all or one");
  const auto sharing = mode == "one" ? Sharing::one : Sharing::all;
  for (const auto& name : names) {
    const auto* application = find(AppName{name});
    if (application == nullptr || application->members.empty()) continue;
    if (application->sharing != Sharing::none && application->sharing != sharing) {
      return message_response(409, "The application is shared in the other mode");
    }
    if (application->members.size() >= members_max) {
      return message_response(503, "Too many clients share the application");
    }
  }
  return std::nullopt;
}

void Applications::opened(std::shared_ptr<EventSocket> socket, const Request& request) {
  EventSocket* const raw = socket.get();
  sockets_.emplace(raw, std::move(socket));
  const auto names = request.list("app");
  const auto tokens = request.list("resume");
  first_apps_.emplace(raw, names.empty() ? std::string{} : names.front());
  for (std::size_t i = 0; i < names.size(); ++i) {
    Application& application = app(AppName{names[i]});
    const bool fresh = application.members.empty();
    join(application, *raw, request, i < tokens.size() ? tokens[i] : std::string_view{});
    if (request.flag("subscribeAll", false)) {
      for (std::size_t kind = 0; kind < source_kinds; ++kind) {
        if (!std::exchange(application.interests[kind].all, true)) {
          all_[kind].push_back(&application);
        }
      }
    }
    log::info("application connected app={} subscribe_all={} clients={}", names[i],
              request.flag("subscribeAll", false), application.members.size());
    if (fresh) came_(application.name);
  }
}

void Applications::received(EventSocket&, std::string_view text) {
  log::debug("text on an event socket ignored bytes={}", text.size());
}

void Applications::closed(EventSocket& socket) {
  const auto found = sockets_.find(&socket);
  if (found == sockets_.end()) return;
  const auto keep = found->second;  // Its last owner may be us.
  std::erase_if(reserved_, [&](const auto& entry) { return entry.second.owner == &socket; });
  sockets_.erase(found);
  first_apps_.erase(&socket);
  std::vector<AppName> left;
  for (const auto& [name, application] : apps_) {
    if (application->member(&socket) != nullptr) left.push_back(application->name);
  }
  for (const auto& name : left) {
    Application& application = *find(name);
    leave(application, socket);
    log::info("application disconnected app={} clients={}", name.value, application.members.size());
    if (!application.members.empty()) continue;
    if (application.log) {
      application.log_until = clock_.now() + application.log->limits().keep;
    } else {
      lose_all(application);  // As native 22: who listens to everything starts anew.
    }
    drop_if_over(application);
    lost_(name);
  }
}

void Applications::tell_each_of(EventSocket& socket, std::string_view type) {
  for (const auto& [name, application] : apps_) {
    if (application->member(&socket) == nullptr) continue;
    std::string event;
    writer_.write_plain(event, type, clock_.wall());
    socket.send(event + application->tail + '}');
  }
}

void Applications::close_all(std::uint16_t code, std::string_view reason) {
  const auto sockets = sockets_;
  for (const auto& [raw, socket] : sockets) socket->close(code, reason);
}

// --- the applications ---------------------------------------------------------------------------

Application& Applications::app(const AppName& name) {
  auto& place = apps_[name.value];
  if (!place) {
    place = std::make_unique<Application>();
    place->name = name;
    place->tail = ",\"application\":";
    append_json_string(place->tail, name.value);
  }
  return *place;
}

Application* Applications::find(const AppName& name) const {
  const auto found = apps_.find(name.value);
  return found == apps_.end() ? nullptr : found->second.get();
}

bool Applications::active(const AppName& application) const {
  const auto* found = find(application);
  return found != nullptr && !found->members.empty();
}

bool Applications::has_channels(const AppName& application) const {
  bool found = false;
  store_.each_channel(
      [&](const model::Channel& channel) { found |= channel.application == application; });
  return found;
}

boost::asio::awaitable<Result<AppName>> Applications::summon(AppName application,
                                                             std::string channel_name) {
  if (active(application)) co_return application;
  if (!summon_) co_return Error{Errc::not_found, "application not active"};
  co_return co_await summon_(application, std::move(channel_name));
}

void Applications::drop_if_over(Application& application) {
  if (application.over()) apps_.erase(application.name.value);
}

void Applications::lose_all(Application& application) {
  for (std::size_t kind = 0; kind < source_kinds; ++kind) {
    if (std::exchange(application.interests[kind].all, false)) {
      std::erase(all_[kind], &application);
    }
  }
}

void Applications::expire(TimePoint now) {
  std::erase_if(reserved_, [&](const auto& entry) {
    return entry.second.until <= now && store_.find(entry.first) == nullptr;
  });
  std::vector<Application*> late;
  for (const auto& [name, application] : apps_) {
    if (application->members.empty() && application->log && now >= application->log_until) {
      late.push_back(application.get());
    }
  }
  for (Application* application : late) {
    log::info("event log dropped app={} events={}", application->name.value,
              application->log->size());
    application->log.reset();
    lose_all(*application);
  }
  std::erase_if(apps_, [](const auto& entry) { return entry.second->over(); });
}

}  // namespace arigate::ari
