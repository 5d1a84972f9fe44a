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

/// [{"type":"StasisStart"}, …] as names; nullopt when it has another form.
std::optional<std::vector<std::string>> types_in(const json::object& body, std::string_view name) {
  std::vector<std::string> types;
  const auto* list = body.if_contains(name);
  if (list == nullptr) return types;
  if (!list->is_array()) return std::nullopt;
  for (const auto& entry : list->get_array()) {
    const auto* type = entry.is_object() ? entry.get_object().if_contains("type") : nullptr;
    if (type == nullptr || !type->is_string()) return std::nullopt;
    types.emplace_back(type->get_string());
  }
  return types;
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
}

Response ApplicationResource::shown(const Request& request) const {
  auto json = applications_.json(application_of(request));
  if (!json) return message_response(404, "Application not found");
  return json_response(std::move(*json));
}

Response ApplicationResource::subscribe(const Request& request) {
  if (request.param("eventSource") == "" && applications_.exists(application_of(request))) {
    return message_response(400, "Invalid event source URI scheme");
  }
  const auto outcome =
      applications_.subscribe(application_of(request), request.list("eventSource"));
  return outcome ? shown(request) : error_response(outcome.error());
}

Response ApplicationResource::unsubscribe(const Request& request) {
  const auto application = application_of(request);
  const auto outcome = applications_.unsubscribe(application, request.list("eventSource"));
  return outcome ? shown(request) : error_response(outcome.error());
}

Response ApplicationResource::filter(const Request& request) {
  const auto application = application_of(request);
  if (!applications_.exists(application)) return message_response(404, "Application not found");
  boost::system::error_code error;
  auto body =
      request.body().empty() ? json::value(json::object_kind) : json::parse(request.body(), error);
  if (error || !body.is_object()) return message_response(400, "Invalid event type filter");
  // Some clients wrap the parameter in its own name.
  if (const auto* wrapped = body.get_object().if_contains("filter");
      wrapped != nullptr && wrapped->is_object()) {
    body = json::value(*wrapped);
  }
  auto allowed = types_in(body.get_object(), "allowed");
  auto disallowed = types_in(body.get_object(), "disallowed");
  if (!allowed || !disallowed) return message_response(400, "Invalid event type filter");
  const auto outcome =
      applications_.filter(application, std::move(*allowed), std::move(*disallowed));
  return outcome ? shown(request) : error_response(outcome.error());
}

Response ApplicationResource::user_event(const Request& request) {
  const auto application = request.param("application");
  if (!application || application->empty()) {
    return message_response(400, "Missing parameter application");
  }
  const AppName name{std::string{*application}};
  if (!applications_.exists(name)) return message_response(404, "Application not found");
  const model::Channel* channel = nullptr;
  for (const auto& source : request.list("source")) {
    const auto colon = source.find(':');
    const auto scheme = source.substr(0, colon);
    if (colon == std::string::npos ||
        (scheme != "channel" && scheme != "bridge" && scheme != "endpoint")) {
      return message_response(400, "Invalid event source URI scheme");
    }
    const auto* found =
        scheme == "channel" ? store_.find(ChannelId{source.substr(colon + 1)}) : nullptr;
    if (found == nullptr) return message_response(422, "Event source was not found");
    channel = found;
  }
  const auto variables = request.fields("variables");
  if (!variables) return error_response(variables.error());
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  for (const auto& [field, value] : *variables) fields.emplace_back(field, value);
  std::string event;
  writer_.write(event, model::ChannelUserevent{channel, request.path("eventName"), fields},
                clock_.wall());
  applications_.send(name, "ChannelUserevent", std::move(event));
  return {};
}

}  // namespace arigate::ari
