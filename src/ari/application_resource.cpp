#include "ari/application_resource.hpp"

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "ari/errors.hpp"

namespace arigate::ari {
namespace {

namespace json = boost::json;

AppName application_of(const Request& request) {
  return AppName{std::string{request.path("applicationName")}};
}

/// "" is one source, of no known kind.
std::vector<std::string> sources_of(const Request& request) {
  auto sources = request.list("eventSource");
  if (sources.empty() && request.param("eventSource")) sources.emplace_back();
  return sources;
}

/// The members of `variables` in the body, as JSON; nullopt when it is no object. Values keep their
/// types, and the name of the event is not theirs to set.
std::optional<std::string> variables_of(const Request& request) {
  boost::system::error_code error;
  const auto body = json::parse(request.body(), error);
  std::string fields;
  const auto* object = error ? nullptr : body.if_object();
  const auto* variables = object != nullptr ? object->if_contains("variables") : nullptr;
  if (variables == nullptr) return fields;
  if (!variables->is_object()) return std::nullopt;
  for (const auto& [name, value] : variables->get_object()) {
    if (name == "eventname") continue;
    if (!fields.empty()) fields += ',';
    append_json_string(fields, name);
    fields.append(":").append(json::serialize(value));
  }
  return fields;
}

}  // namespace

void ApplicationResource::serve(Router& router) {
  const auto on = [&](Operation operation,
                      Response (ApplicationResource::*handler)(const Request&)) {
    router.on(operation, SyncHandler{[this, handler](const Request& request) {
                return (this->*handler)(request);
              }});
  };
  router.on(Operation::applications_list, SyncHandler{[this](const Request&) {
              return json_response(applications_.list_json());
            }});
  router.on(Operation::applications_get,
            SyncHandler{[this](const Request& request) { return shown(request); }});
  on(Operation::applications_subscribe, &ApplicationResource::subscribe);
  on(Operation::applications_unsubscribe, &ApplicationResource::unsubscribe);
  on(Operation::applications_filter, &ApplicationResource::filter);
  on(Operation::events_user_event, &ApplicationResource::user_event);
  on(Operation::events_claim_channel, &ApplicationResource::claim);
}

Response ApplicationResource::shown(const Request& request) const {
  auto json = applications_.json(application_of(request));
  if (!json) return message_response(404, "Application not found");
  return json_response(std::move(*json));
}

Response ApplicationResource::subscribe(const Request& request) {
  const auto sources = sources_of(request);
  if (sources.empty()) return message_response(400, "Missing parameter eventSource");
  const auto outcome = applications_.subscribe(application_of(request), sources);
  return outcome ? shown(request) : error_response(outcome.error());
}

Response ApplicationResource::unsubscribe(const Request& request) {
  const auto sources = sources_of(request);
  if (sources.empty()) return message_response(400, "Missing parameter eventSource");
  const auto outcome = applications_.unsubscribe(application_of(request), sources);
  if (outcome) return shown(request);
  auto refused = error_response(outcome.error());
  refused.lacking.clear();  // Native does not have it either.
  return refused;
}

Response ApplicationResource::filter(const Request& request) {
  boost::system::error_code error;
  auto body = json::parse(request.body(), error);
  // Without a JSON body it is as if an empty one had come, as natively.
  if (error || !body.is_object()) body = json::object();
  const auto outcome = applications_.filter(application_of(request), body.get_object());
  return outcome ? shown(request) : error_response(outcome.error());
}

Response ApplicationResource::user_event(const Request& request) {
  const auto application = request.param("application");
  if (!application || application->empty()) {
    return message_response(400, "Missing parameter application");
  }
  const AppName name{std::string{*application}};
  if (!applications_.exists(name)) return message_response(404, "Application not found");
  // Of several things of one kind the last one is shown, as natively.
  std::string bridge, endpoint;
  const model::Channel* channel = nullptr;
  auto sources = request.list("source");
  if (sources.empty() && request.param("source")) sources.emplace_back();
  for (const auto& source : sources) {
    const auto colon = source.find(':');
    const auto scheme = source.substr(0, colon);
    const auto id = colon == std::string::npos ? std::string{} : source.substr(colon + 1);
    bool found = false;
    if (colon == std::string::npos) {
      return message_response(400, "Invalid event source URI scheme");
    } else if (scheme == "channel") {
      const auto* known = store_.find(ChannelId{id});
      found = known != nullptr;
      if (found) channel = known;
    } else if (scheme == "bridge") {
      const auto* known = store_.find(BridgeId{id});
      found = known != nullptr;
      bridge.clear();
      if (found) append_bridge(bridge, *known);
    } else if (scheme == "endpoint") {
      found = find_endpoint(id, endpoint);
    } else {
      return message_response(400, "Invalid event source URI scheme");
    }
    if (!found) return message_response(422, "Event source was not found");
  }
  const auto fields = variables_of(request);
  if (!fields) return message_response(400, "variables must be an object");
  std::string event;
  const auto shown = channel != nullptr ? snapshots_.channel(*channel) : std::string_view{};
  writer_.write_user_event(event, {request.path("eventName"), *fields, shown, bridge, endpoint},
                           clock_.wall());
  applications_.send(name, "ChannelUserevent", std::move(event),
                     channel != nullptr ? channel->id : ChannelId{});
  return {};
}

/// Puts the JSON of an endpoint into `out`; false when there is none of that name.
bool ApplicationResource::find_endpoint(std::string_view name, std::string& out) const {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return false;
  const auto* known = store_.find_endpoint(name.substr(0, slash), name.substr(slash + 1));
  if (known == nullptr) return false;
  out.clear();
  append_endpoint(out, *known);
  return true;
}

Response ApplicationResource::claim(const Request& request) {
  const std::string channel{request.param("channelId").value_or("")};
  const std::string application{request.param("application").value_or("")};
  if (channel.empty()) return message_response(400, "channelId parameter is required");
  if (application.empty()) return message_response(400, "application parameter is required");
  if (admission_ == nullptr) {
    return message_response(404, "Channel not found or not in broadcast state");
  }
  return done_or_error(admission_->claim(ChannelId{channel}, AppName{application}));
}

}  // namespace arigate::ari
