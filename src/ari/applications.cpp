#include "ari/applications.hpp"

#include <algorithm>
#include <array>
#include <variant>

#include "ari/replies.hpp"
#include "core/log.hpp"
#include "core/overloaded.hpp"

namespace arigate::ari {
namespace {

/// The subscriptions of `subscribeAll`, as native shows them.
constexpr std::string_view all_channels = "__AST_CHANNEL_ALL_TOPIC";
constexpr std::string_view all_bridges = "__AST_BRIDGE_ALL_TOPIC";
constexpr std::string_view all_endpoints = "__AST_ENDPOINT_ALL_TOPIC";
constexpr std::string_view all_devices = "__AST_DEVICE_STATE_ALL_TOPIC";

}  // namespace

// --- sockets ------------------------------------------------------------------------------------

std::optional<Response> Applications::refuse(const Request& request) {
  const auto names = request.list("app");
  const bool usable =
      !names.empty() && std::all_of(names.begin(), names.end(), [](const auto& name) {
        return !name.empty() && name.size() <= name_bytes_max;
      });
  if (!usable) return html_response(400, "Missing parameter: app");
  if (apps_.size() + names.size() > applications_max) {
    return message_response(503, "Too many applications");
  }
  return std::nullopt;
}

void Applications::opened(std::shared_ptr<EventSocket> socket, const Request& request) {
  EventSocket* const raw = socket.get();
  sockets_.emplace(raw, std::move(socket));
  const bool subscribe_all = request.flag("subscribeAll", false);
  for (auto& name : request.list("app")) {
    App& application = app(AppName{name});
    if (application.socket != nullptr && application.socket != raw) {
      std::string replaced;
      writer_.write_plain(replaced, "ApplicationReplaced", clock_.wall());
      application.socket->send(replaced + application.tail);  // It stays open, and silent.
    }
    application.socket = raw;
    if (subscribe_all && !application.subscribe_all) {
      application.subscribe_all = true;
      all_.push_back(&application);
    }
    log::info("application connected app={} subscribe_all={}", name, subscribe_all);
  }
}

void Applications::received(EventSocket&, std::string_view text) {
  log::debug("text on an event socket ignored bytes={}", text.size());
}

void Applications::closed(EventSocket& socket) {
  const auto found = sockets_.find(&socket);
  if (found == sockets_.end()) return;
  const auto keep = found->second;  // Its last owner may be us.
  sockets_.erase(found);
  std::vector<App*> gone;
  for (const auto& [name, application] : apps_) {
    if (application->socket != &socket) continue;
    application->socket = nullptr;
    if (std::exchange(application->subscribe_all, false)) std::erase(all_, application.get());
    log::info("application disconnected app={}", name);
    gone.push_back(application.get());
  }
  for (App* application : gone) drop_if_over(*application);
}

void Applications::close_all(std::uint16_t code, std::string_view reason) {
  const auto sockets = sockets_;
  for (const auto& [raw, socket] : sockets) socket->close(code, reason);
}

// --- the applications ---------------------------------------------------------------------------

Applications::App& Applications::app(const AppName& name) {
  auto& place = apps_[name.value];
  if (!place) {
    place = std::make_unique<App>();
    place->name = name;
    place->tail = ",\"application\":";
    append_json_string(place->tail, name.value);
    place->tail += '}';
  }
  return *place;
}

bool Applications::active(const AppName& application) const {
  const auto found = apps_.find(application.value);
  return found != apps_.end() && found->second->socket != nullptr;
}

void Applications::drop_if_over(App& application) {
  const bool over = application.socket == nullptr && application.channels.empty() &&
                    application.endpoints.empty() && application.devices.empty() &&
                    application.bridges.empty() && !application.all_endpoints &&
                    !application.all_devices;
  if (over) apps_.erase(application.name.value);
}

void Applications::interest(App& application, const ChannelId& channel, int more) {
  const auto [place, fresh] = application.channels.try_emplace(channel, 0);
  place->second += more;
  auto& listeners = by_channel_[channel];
  if (fresh) listeners.push_back(&application);
  if (place->second > 0) return;
  application.channels.erase(place);
  std::erase(listeners, &application);
  if (listeners.empty()) by_channel_.erase(channel);
}

void Applications::follow(const AppName& application, const ChannelId& channel) {
  // As native: an application that is not there follows nothing.
  if (const auto found = apps_.find(application.value); found != apps_.end()) {
    interest(*found->second, channel, 1);
  }
}

void Applications::follow_when_dialled(const AppName& application, const ChannelId& channel) {
  awaited_.insert_or_assign(channel, application);
}

std::optional<std::string> Applications::json(const AppName& application) const {
  const auto found = apps_.find(application.value);
  if (found == apps_.end()) return std::nullopt;
  std::string out;
  append_json(out, *found->second);
  return out;
}

std::string Applications::list_json() const {
  std::string out = "[";
  for (const auto& [name, application] : apps_) {
    if (out.size() > 1) out += ',';
    append_json(out, *application);
  }
  return out + ']';
}

void Applications::append_json(std::string& out, const App& application) const {
  const auto list = [&](std::string_view name, std::string_view everything, bool has_everything,
                        const auto& entries, auto text_of) {
    out.append(",\"").append(name).append("\":[");
    bool first = true;
    if (application.subscribe_all || has_everything) {
      append_json_string(out, everything);
      first = false;
    }
    for (const auto& entry : entries) {
      if (!first) out += ',';
      first = false;
      append_json_string(out, text_of(entry));
    }
    out += ']';
  };
  const auto filters = [&](std::string_view name, const auto& types) {
    out.append(",\"").append(name).append("\":[");
    for (const auto& type : types) {
      if (out.back() != '[') out += ',';
      out += "{\"type\":";
      append_json_string(out, type);
      out += '}';
    }
    out += ']';
  };
  const auto self = [](const std::string& text) -> const std::string& { return text; };
  out += "{\"name\":";
  append_json_string(out, application.name.value);
  list("channel_ids", all_channels, false, application.channels,
       [](const auto& entry) -> const std::string& { return entry.first.value; });
  list("bridge_ids", all_bridges, false, application.bridges,
       [](const BridgeId& id) -> const std::string& { return id.value; });
  list("endpoint_ids", all_endpoints, application.all_endpoints, application.endpoints,
       [](const auto& entry) -> const std::string& { return entry.first; });
  list("device_names", all_devices, application.all_devices, application.devices, self);
  filters("events_allowed", application.allowed);
  filters("events_disallowed", application.disallowed);
  out += '}';
}

// --- subscriptions ------------------------------------------------------------------------------

Result<std::vector<Applications::Source>> Applications::sources_of(
    const std::vector<std::string>& sources) const {
  static constexpr std::array<std::string_view, 4> schemes{"channel", "bridge", "endpoint",
                                                           "deviceState"};
  std::vector<Source> parsed;
  for (const auto& source : sources) {
    const auto colon = source.find(':');
    const auto scheme = std::string_view{source}.substr(0, colon);
    const bool known = std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
    if (colon == std::string::npos || !known) {
      return Error{Errc::bad_request, "Invalid event source URI scheme"};
    }
    parsed.push_back({scheme, std::string_view{source}.substr(colon + 1)});
  }
  if (parsed.empty()) return Error{Errc::bad_request, "Missing parameter eventSource"};
  return parsed;
}

Result<void> Applications::subscribe(const AppName& application,
                                     const std::vector<std::string>& sources) {
  const auto found = apps_.find(application.value);
  if (found == apps_.end()) return Error{Errc::not_found, "Application not found"};
  const auto parsed = sources_of(sources);
  if (!parsed) return parsed.error();
  // All or nothing: look first.
  for (const auto& source : *parsed) {
    const bool missing =
        (source.scheme == "channel" && store_.find(ChannelId{std::string{source.id}}) == nullptr) ||
        (source.scheme == "bridge" && store_.find(BridgeId{std::string{source.id}}) == nullptr) ||
        (source.scheme == "endpoint" && !source.id.empty() &&
         store_.find_endpoint_named(source.id) == nullptr);
    if (missing) return Error{Errc::unprocessable, "Event source does not exist"};
  }
  for (const auto& source : *parsed) {
    const std::string id{source.id};
    if (source.scheme == "channel") interest(*found->second, ChannelId{id}, 1);
    if (source.scheme == "bridge") found->second->bridges.insert(BridgeId{id});
    if (source.scheme == "endpoint") add_endpoint(*found->second, id);
    if (source.scheme == "deviceState") add_device(*found->second, id);
  }
  return {};
}

Result<void> Applications::unsubscribe(const AppName& application,
                                       const std::vector<std::string>& sources) {
  const auto found = apps_.find(application.value);
  if (found == apps_.end()) return Error{Errc::not_found, "Application not found"};
  const auto parsed = sources_of(sources);
  if (!parsed) return parsed.error();
  App& of = *found->second;
  for (const auto& source : *parsed) {
    const std::string id{source.id};
    // Natively there is no way back from all endpoints, and a device need not have been subscribed.
    if (source.scheme == "endpoint" && id.empty()) {
      return Error{Errc::not_supported, "Method not implemented"};
    }
    const bool had = (source.scheme == "channel" && of.channels.contains(ChannelId{id})) ||
                     (source.scheme == "bridge" && of.bridges.contains(BridgeId{id})) ||
                     (source.scheme == "endpoint" && of.endpoints.contains(id)) ||
                     source.scheme == "deviceState";
    if (!had) return Error{Errc::unprocessable, "Event source was not subscribed to"};
  }
  for (const auto& source : *parsed) {
    const std::string id{source.id};
    if (source.scheme == "channel") {
      const auto count = of.channels.find(ChannelId{id});
      if (count != of.channels.end()) interest(of, ChannelId{id}, -count->second);
    }
    if (source.scheme == "bridge") of.bridges.erase(BridgeId{id});
    if (source.scheme == "endpoint") drop_endpoint(of, id);
    if (source.scheme == "deviceState") of.devices.erase(id);
    if (source.scheme == "deviceState" && id.empty()) of.all_devices = false;
  }
  return {};
}

void Applications::add_endpoint(App& application, const std::string& name) {
  if (application.subscribe_all || application.all_endpoints) return;  // As native: all is enough.
  if (name.empty()) {
    application.all_endpoints = true;
    by_endpoint_[name].push_back(&application);
  } else if (++application.endpoints[name] == 1) {
    by_endpoint_[name].push_back(&application);
  }
}

void Applications::drop_endpoint(App& application, const std::string& name) {
  const auto count = application.endpoints.find(name);
  if (count == application.endpoints.end() || --count->second > 0) return;
  application.endpoints.erase(count);
  const auto listeners = by_endpoint_.find(name);
  if (listeners == by_endpoint_.end()) return;
  std::erase(listeners->second, &application);
  if (listeners->second.empty()) by_endpoint_.erase(listeners);
}

void Applications::add_device(App& application, const std::string& name) {
  if (application.subscribe_all || application.all_devices) return;
  if (name.empty()) {
    application.all_devices = true;
  } else {
    application.devices.insert(name);
  }
}

std::vector<std::string> Applications::devices(std::size_t most) const {
  std::set<std::string> names;
  for (const auto& [app_name, application] : apps_) {
    for (const auto& device : application->devices) {
      if (names.size() < most) names.insert(device);
    }
  }
  return {names.begin(), names.end()};
}

Result<void> Applications::filter(const AppName& application, std::vector<std::string> allowed,
                                  std::vector<std::string> disallowed) {
  const auto found = apps_.find(application.value);
  if (found == apps_.end()) return Error{Errc::not_found, "Application not found"};
  found->second->allowed = {allowed.begin(), allowed.end()};
  found->second->disallowed = {disallowed.begin(), disallowed.end()};
  return {};
}

// --- delivery -----------------------------------------------------------------------------------

void Applications::on(const model::Change& change, WallTime when) {
  const auto type = event_type(change);
  if (type.empty()) return;
  ++serial_;
  event_length_ = 0;
  if (const auto* start = std::get_if<model::StasisStart>(&change)) {
    follow(start->application, start->channel.id);  // It is told of its own start.
  }
  if (!awaited_.empty()) begin_to_follow(change);
  const auto of = [&](const model::Channel* channel) {
    if (channel == nullptr) return;
    for_channel(channel->id, type, change, when);
    if (!by_endpoint_.empty()) for_endpoint_of(*channel, type, change, when);
  };
  std::visit(Overloaded{
                 [&](const model::Dial& dial) {
                   of(dial.caller);
                   of(&dial.peer);
                 },
                 [&](const model::PlaybackChange& playback) {
                   of(store_.find(playback.playback.channel));
                   for_bridge(store_.find(playback.playback.bridge), type, change, when);
                 },
                 [&](const model::RecordingChange& recording) {
                   of(store_.find(recording.recording.channel));
                   for_bridge(store_.find(recording.recording.bridge), type, change, when);
                 },
                 [&](const model::DeviceStateChanged& device) {
                   for_device(device.device, type, change, when);
                 },
                 // Who is subscribed to all endpoints natively gets no EndpointStateChange.
                 [&](const model::EndpointStateChange& endpoint) {
                   for_endpoint(endpoint.endpoint, false, type, change, when);
                 },
                 [&](const model::PeerStatusChange& peer) {
                   for_endpoint(peer.endpoint, true, type, change, when);
                 },
                 [&](const model::ContactStatusChange& contact) {
                   for_endpoint(contact.endpoint, true, type, change, when);
                 },
                 // Who is told of a channel is not told of the bridges that it passes through.
                 [&](const model::ChannelEnteredBridge& enters) {
                   const auto& app = enters.channel.application;
                   if (app) guests_[enters.bridge.id][enters.channel.id] = app->value;
                   for_bridge(&enters.bridge, type, change, when);
                 },
                 [&](const model::ChannelLeftBridge& leaves) {
                   for_bridge(&leaves.bridge, type, change, when);
                   drop_guest(leaves.bridge.id, leaves.channel.id);
                 },
                 [&](const auto& what) {
                   of(model::subject_of(change));
                   if constexpr (requires { &what.bridge->channels; }) {
                     for_bridge(what.bridge, type, change, when);
                   } else if constexpr (requires { what.bridge.channels; }) {
                     for_bridge(&what.bridge, type, change, when);
                   }
                 },
             },
             change);
  if (!std::holds_alternative<model::EndpointStateChange>(change)) for_all(type, change, when);
  if (const auto* gone = std::get_if<model::BridgeDestroyed>(&change)) drop_bridge(gone->bridge.id);
  if (const auto* end = std::get_if<model::StasisEnd>(&change)) {
    if (const auto found = apps_.find(end->application.value); found != apps_.end()) {
      const auto count = found->second->channels.find(end->channel.id);
      if (count != found->second->channels.end()) {
        interest(*found->second, end->channel.id, -1);
        drop_if_over(*found->second);
      }
    }
  }
  if (const auto* destroyed = std::get_if<model::ChannelDestroyed>(&change)) {
    const ChannelId id = destroyed->channel.id;
    snapshots_.forget(id);
    auto listeners = by_channel_.extract(id);
    if (listeners.empty()) return;
    for (App* application : listeners.mapped()) {
      application->channels.erase(id);
      drop_if_over(*application);
    }
  }
}

void Applications::for_channel(const ChannelId& channel, std::string_view type,
                               const model::Change& change, WallTime when) {
  const auto found = by_channel_.find(channel);
  if (found == by_channel_.end()) return;
  for (App* application : found->second) deliver(*application, type, change, when);
}

/// Those that are subscribed to it, and natively also those that have brought a channel into it.
void Applications::for_bridge(const model::Bridge* bridge, std::string_view type,
                              const model::Change& change, WallTime when) {
  if (bridge == nullptr) return;
  for (const auto& [name, application] : apps_) {
    if (application->bridges.contains(bridge->id)) deliver(*application, type, change, when);
  }
  const auto guests = guests_.find(bridge->id);
  if (guests == guests_.end()) return;
  for (const auto& [channel, name] : guests->second) {
    if (const auto found = apps_.find(name); found != apps_.end()) {
      deliver(*found->second, type, change, when);
    }
  }
}

void Applications::drop_guest(const BridgeId& bridge, const ChannelId& channel) {
  const auto guests = guests_.find(bridge);
  if (guests == guests_.end()) return;
  guests->second.erase(channel);
  if (guests->second.empty()) guests_.erase(guests);
}

void Applications::drop_bridge(const BridgeId& bridge) {
  guests_.erase(bridge);
  std::vector<App*> had;
  for (const auto& [name, application] : apps_) {
    if (application->bridges.erase(bridge) > 0) had.push_back(application.get());
  }
  for (App* application : had) drop_if_over(*application);
}

void Applications::for_endpoint(const model::Endpoint& endpoint, bool for_those_of_all,
                                std::string_view type, const model::Change& change, WallTime when) {
  if (by_endpoint_.empty()) return;
  const auto tell = [&](const std::string& name) {
    const auto listeners = by_endpoint_.find(name);
    if (listeners == by_endpoint_.end()) return;
    for (App* application : listeners->second) deliver(*application, type, change, when);
  };
  tell(endpoint.technology + '/' + endpoint.resource);
  tell(endpoint.technology);
  if (for_those_of_all) tell("");
}

/// Natively the events of a channel are also those of its endpoint; not the ones that tell an
/// application of its own.
void Applications::for_endpoint_of(const model::Channel& channel, std::string_view type,
                                   const model::Change& change, WallTime when) {
  if (std::holds_alternative<model::StasisStart>(change) ||
      std::holds_alternative<model::StasisEnd>(change) ||
      std::holds_alternative<model::ApplicationMoveFailed>(change)) {
    return;
  }
  const auto* endpoint = store_.find_endpoint_named(model::endpoint_of_channel(channel.name));
  if (endpoint != nullptr) for_endpoint(*endpoint, false, type, change, when);
}

void Applications::for_device(std::string_view device, std::string_view type,
                              const model::Change& change, WallTime when) {
  const std::string name{device};
  for (const auto& [app_name, application] : apps_) {
    if (application->all_devices || application->devices.contains(name)) {
      deliver(*application, type, change, when);
    }
  }
}

/// Natively the subscription starts when the new channel was made and set up, and covers both legs
/// of a Local channel: the first event for the application is one of the second leg, or the Dial,
/// or the end if it comes to no Dial.
void Applications::begin_to_follow(const model::Change& change) {
  const auto* channel = model::subject_of(change);
  if (channel == nullptr || std::holds_alternative<model::ChannelCreated>(change)) return;
  const model::Channel* first = channel;
  if (channel->name.ends_with(";2")) {
    first = store_.find_name(channel->name.substr(0, channel->name.size() - 1) + '1');
  } else if (!std::holds_alternative<model::Dial>(change) &&
             !std::holds_alternative<model::ChannelStateChange>(change) &&
             !std::holds_alternative<model::ChannelHangupRequest>(change) &&
             !std::holds_alternative<model::ChannelDestroyed>(change)) {
    return;
  }
  if (first == nullptr) return;
  const auto awaited = awaited_.extract(first->id);
  if (awaited.empty()) return;
  follow(awaited.mapped(), first->id);
  if (!first->name.ends_with(";1")) return;
  const auto* second = store_.find_name(first->name.substr(0, first->name.size() - 1) + '2');
  if (second != nullptr) follow(awaited.mapped(), second->id);
}

void Applications::for_all(std::string_view type, const model::Change& change, WallTime when) {
  for (App* application : all_) deliver(*application, type, change, when);
}

void Applications::deliver(App& application, std::string_view type, const model::Change& change,
                           WallTime when) {
  if (application.socket == nullptr || application.last_event == serial_) return;
  application.last_event = serial_;
  if (level_ != nullptr && !level_->has_event(type)) return;
  if (application.disallowed.contains(type)) return;
  if (!application.allowed.empty() && !application.allowed.contains(type)) return;
  if (event_length_ == 0) {
    event_.clear();
    writer_.write(event_, change, when);
    if (level_ != nullptr) event_ = level_->event(event_);
    event_length_ = event_.size();
  }
  event_.resize(event_length_);
  event_ += application.tail;
  application.socket->send(event_);
}

void Applications::text_message(const AppName& application, const model::Endpoint* endpoint,
                                std::string_view body) {
  constexpr std::string_view type = "TextMessageReceived";
  std::set<std::string> names{application.value};
  const auto add = [&](const std::string& subscription) {
    const auto listeners = by_endpoint_.find(subscription);
    if (listeners == by_endpoint_.end()) return;
    for (const App* listener : listeners->second) names.insert(listener->name.value);
  };
  add("");
  for (const App* listener : all_) names.insert(listener->name.value);
  if (endpoint != nullptr) {
    add(endpoint->technology);
    add(endpoint->technology + '/' + endpoint->resource);
  }
  for (const auto& name : names) send(AppName{name}, type, std::string{body});
}

void Applications::send(const AppName& application, std::string_view type, std::string body) {
  const auto found = apps_.find(application.value);
  if (found == apps_.end() || found->second->socket == nullptr) return;
  App& to = *found->second;
  if (level_ != nullptr && !level_->has_event(type)) return;
  if (level_ != nullptr) body = level_->event(body);
  if (to.disallowed.contains(type) || (!to.allowed.empty() && !to.allowed.contains(type))) return;
  to.socket->send(body + to.tail);
}

}  // namespace arigate::ari
