// From a change of the model to the applications that are to be told.
#include <algorithm>
#include <utility>
#include <variant>

#include "ari/applications.hpp"
#include "core/overloaded.hpp"

namespace arigate::ari {
namespace {

/// The channel whose owner gets the event, where each call goes to one client.
ChannelId channel_of(const model::Change& change) {
  if (const auto* playback = std::get_if<model::PlaybackChange>(&change)) {
    return playback->playback.channel;
  }
  if (const auto* recording = std::get_if<model::RecordingChange>(&change)) {
    return recording->recording.channel;
  }
  const auto* channel = model::subject_of(change);
  return channel == nullptr ? ChannelId{} : channel->id;
}

}  // namespace

void Applications::on(const model::Change& change, WallTime when) {
  const auto type = event_type(change);
  if (type.empty()) return;
  ++serial_;
  event_length_ = 0;
  if (const auto* start = std::get_if<model::StasisStart>(&change)) {
    follow(start->application, start->channel.id);  // It is told of its own start.
    if (auto* application = find(start->application)) {
      give(*application, start->channel.id,
           start->replaced != nullptr ? start->replaced->id : ChannelId{});
    }
  }
  if (const auto* enters = std::get_if<model::ChannelEnteredBridge>(&change)) {
    enter_bridge(*enters);
  }
  if (!awaited_.empty()) begin_to_follow(change);
  route({change, type, when, channel_of(change)});
  after(change);
}

/// Native's topics: what is published for a channel goes to its followers, and so on.
void Applications::route(const Delivery& delivery) {
  const auto to_application = [&](const auto& what) {
    for_application(what.application, delivery);
  };
  std::visit(
      Overloaded{
          [&](const model::StasisStart& start) { to_application(start); },
          [&](const model::StasisEnd& end) { to_application(end); },
          [&](const model::ApplicationMoveFailed& failed) { to_application(failed); },
          [&](const model::Dial& dial) {
            for_channel(dial.caller, delivery);
            for_channel(&dial.peer, delivery);
          },
          [&](const model::PlaybackChange& playback) { for_target(playback.playback, delivery); },
          [&](const model::RecordingChange& recording) {
            for_target(recording.recording, delivery);
          },
          [&](const model::DeviceStateChanged& device) {
            for_thing(SourceKind::device, std::string{device.device}, delivery);
          },
          // Who is subscribed to all endpoints natively gets no EndpointStateChange.
          [&](const model::EndpointStateChange& state) { for_endpoint(state.endpoint, delivery); },
          [&](const model::PeerStatusChange& peer) {
            for_endpoint(peer.endpoint, delivery);
            for_those_of_all(SourceKind::endpoint, delivery);
          },
          [&](const model::ContactStatusChange& contact) {
            for_endpoint(contact.endpoint, delivery);
            for_those_of_all(SourceKind::endpoint, delivery);
          },
          // Of these the followers of the channel alone hear nothing.
          [&](const model::ChannelEnteredBridge& enters) { for_bridge(&enters.bridge, delivery); },
          [&](const model::ChannelLeftBridge& leaves) { for_bridge(&leaves.bridge, delivery); },
          [&](const model::BridgeMerged& merged) {
            for_bridge(&merged.bridge, delivery);
            for_bridge(&merged.bridge_from, delivery);
          },
          [&](const model::BridgeBlindTransfer& transfer) {
            for_channel(&transfer.channel, delivery);
            for_bridge(transfer.bridge, delivery);
          },
          [&](const model::BridgeAttendedTransfer& transfer) {
            for_channel(&transfer.first_leg, delivery);
            for_channel(&transfer.second_leg, delivery);
            for_bridge(transfer.first_bridge, delivery);
            for_bridge(transfer.second_bridge, delivery);
          },
          [&](const auto& what) {
            if constexpr (requires { what.bridge.channels; }) {
              for_bridge(&what.bridge, delivery);
            } else {
              for_channel(model::subject_of(delivery.change), delivery);
            }
          },
      },
      delivery.change);
}

void Applications::for_thing(SourceKind kind, const std::string& id, const Delivery& delivery) {
  const auto& by_id = by_id_[static_cast<std::size_t>(kind)];
  if (const auto found = by_id.find(id); found != by_id.end()) {
    for (Application* application : found->second) deliver(*application, delivery);
  }
  if (kind != SourceKind::endpoint) for_those_of_all(kind, delivery);
}

void Applications::for_those_of_all(SourceKind kind, const Delivery& delivery) {
  for (Application* application : all_[static_cast<std::size_t>(kind)]) {
    deliver(*application, delivery);
  }
}

/// Natively the events of a channel are also those of its endpoint.
void Applications::for_channel(const model::Channel* channel, const Delivery& delivery) {
  static const std::string nobody;
  for_thing(SourceKind::channel, channel != nullptr ? channel->id.value : nobody, delivery);
  if (channel == nullptr) return;
  if (by_id_[static_cast<std::size_t>(SourceKind::endpoint)].empty()) return;
  const auto* endpoint = store_.find_endpoint_named(model::endpoint_of_channel(channel->name));
  if (endpoint != nullptr) for_endpoint(*endpoint, delivery);
}

/// A playback or recording is of a channel or of a bridge.
template <class Media>
void Applications::for_target(const Media& media, const Delivery& delivery) {
  if (media.bridge.value.empty()) {
    const auto* channel = store_.find(media.channel);
    if (channel != nullptr) {
      for_channel(channel, delivery);
    } else {
      for_thing(SourceKind::channel, media.channel.value, delivery);
    }
  } else {
    for_thing(SourceKind::bridge, media.bridge.value, delivery);
  }
}

void Applications::for_bridge(const model::Bridge* bridge, const Delivery& delivery) {
  if (bridge != nullptr) for_thing(SourceKind::bridge, bridge->id.value, delivery);
}

void Applications::for_endpoint(const model::Endpoint& endpoint, const Delivery& delivery) {
  for_thing(SourceKind::endpoint, endpoint.technology, delivery);
  for_thing(SourceKind::endpoint, endpoint.technology + '/' + endpoint.resource, delivery);
}

void Applications::for_application(const AppName& name, const Delivery& delivery) {
  if (Application* const application = find(name)) deliver(*application, delivery);
  if (starts_to_all_) for_thing(SourceKind::channel, delivery.about.value, delivery);
}

// --- before and after an event ------------------------------------------------------------------

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

/// Natively the application that brings a channel into a bridge is subscribed to the bridge twice:
/// by the operation, and by the channel's entrance.
void Applications::enter_bridge(const model::ChannelEnteredBridge& enters) {
  const auto& name = enters.channel.application;
  Application* const application = name ? find(*name) : nullptr;
  if (application != nullptr) {
    interest(*application, SourceKind::bridge, enters.bridge.id.value, 2);
  }
}

/// Both end when the operation takes it out; a hangup ends one, so that the application stays
/// subscribed as long as the bridge is there.
void Applications::leave_bridge(const model::ChannelLeftBridge& leaves) {
  const auto& name = leaves.channel.application;
  Application* const application = name ? find(*name) : nullptr;
  if (application == nullptr) return;
  if (!application->of(SourceKind::bridge).contains(leaves.bridge.id.value)) return;
  interest(*application, SourceKind::bridge, leaves.bridge.id.value,
           ending_.contains(leaves.channel.id) ? -1 : -2);
}

void Applications::after(const model::Change& change) {
  if (const auto* leaves = std::get_if<model::ChannelLeftBridge>(&change)) leave_bridge(*leaves);
  if (const auto* request = std::get_if<model::ChannelHangupRequest>(&change)) {
    if (!request->channel.bridge.value.empty()) ending_.insert(request->channel.id);
  }
  if (const auto* gone = std::get_if<model::BridgeDestroyed>(&change)) {
    drop_interest(SourceKind::bridge, gone->bridge.id.value);
  }
  if (const auto* end = std::get_if<model::StasisEnd>(&change)) {
    if (Application* const application = find(end->application)) {
      const auto& id = end->channel.id;
      take(*application, id);
      if (application->of(SourceKind::channel).contains(id.value)) {
        interest(*application, SourceKind::channel, id.value, -1);
      }
      drop_if_over(*application);
    }
  }
  if (const auto* destroyed = std::get_if<model::ChannelDestroyed>(&change)) {
    const ChannelId& id = destroyed->channel.id;
    snapshots_.forget(id);
    ending_.erase(id);
    reserved_.erase(id);
    drop_interest(SourceKind::channel, id.value);
  }
}

// --- to the sockets -----------------------------------------------------------------------------

void Applications::deliver(Application& application, const Delivery& delivery) {
  if (application.last_event == serial_) return;
  if (application.members.empty() && !application.log) return;
  application.last_event = serial_;
  if (!lets_through(application, delivery.type)) return;
  if (event_length_ == 0) {
    event_.clear();
    writer_.write(event_, delivery.change, delivery.when);
    if (level_ != nullptr) event_ = level_->event(event_);
    event_length_ = event_.size();
  }
  event_.resize(event_length_);
  send_to_members(application, event_, delivery.about);
}

bool Applications::lets_through(const Application& application, std::string_view type) const {
  return application.filter.passes(type) && (level_ == nullptr || level_->has_event(type));
}

/// The way of every event that is not delivered as a change. With `only` it is for that one alone,
/// which has no use for it when it comes back: it says again what has been said.
void Applications::tell(Application& application, std::string_view type, std::string body,
                        const ChannelId& about, Member* only) {
  if (!lets_through(application, type)) return;
  if (level_ != nullptr) body = level_->event(body);
  if (only == nullptr) return send_to_members(application, body, about);
  body += application.tail;
  if (only->resume && application.log) {
    body.append(",\"resume\":\"").append(application.log->last_token()).append("\"");
  }
  only->socket->send(body + '}');
}

/// Completes `event` and hands it out; the log keeps it with its token.
void Applications::send_to_members(Application& application, std::string& event,
                                   const ChannelId& about) {
  const auto* owner = owner_of(application, about);
  event += application.tail;
  const auto to = [&](bool resume) {
    for (const auto& member : application.members) {
      if (member.resume == resume && (owner == nullptr || owner == member.socket)) {
        member.socket->send(event);
      }
    }
  };
  event += '}';
  to(false);
  if (!application.log) return;
  event.pop_back();
  event.append(",\"resume\":\"").append(application.log->next_token()).append("\"}");
  application.log->append(event, about);
  to(true);
}

void Applications::send(const AppName& name, std::string_view type, std::string body,
                        const ChannelId& about) {
  Application* const application = find(name);
  if (application != nullptr) tell(*application, type, std::move(body), about);
}

void Applications::text_message(const AppName& application, const model::Endpoint* endpoint,
                                std::string_view body) {
  std::set<std::string> names{application.value};
  const auto index = static_cast<std::size_t>(SourceKind::endpoint);
  const auto add = [&](const std::string& subscription) {
    const auto listeners = by_id_[index].find(subscription);
    if (listeners == by_id_[index].end()) return;
    for (const auto* listener : listeners->second) names.insert(listener->name.value);
  };
  for (const auto* listener : all_[index]) names.insert(listener->name.value);
  if (endpoint != nullptr) {
    add(endpoint->technology);
    add(endpoint->technology + '/' + endpoint->resource);
  }
  for (const auto& name : names) send(AppName{name}, "TextMessageReceived", std::string{body});
}

void Applications::answer(EventSocket& socket, std::string_view type, std::string body) {
  const auto name = first_apps_.find(&socket);
  if (name == first_apps_.end()) return;
  const auto* application = find(AppName{name->second});
  if (application == nullptr || !application->filter.passes(type)) return;
  socket.send(body + application->tail + '}');
}

}  // namespace arigate::ari
