#include "ari/endpoints.hpp"

#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "ari/errors.hpp"
#include "ari/snapshots.hpp"
#include "ops/send_message.hpp"

namespace arigate::ari {

void EndpointResource::serve(Router& router) {
  const auto on = [&](Operation operation,
                      Response (EndpointResource::*handler)(const Request&) const) {
    router.on(operation, SyncHandler{[this, handler](const Request& request) {
                return (this->*handler)(request);
              }});
  };
  on(Operation::endpoints_list, &EndpointResource::list);
  on(Operation::endpoints_list_by_tech, &EndpointResource::list_technology);
  on(Operation::endpoints_get, &EndpointResource::get);
  router.on(Operation::endpoints_send_message,
            AsyncHandler{[this](Request request) { return send(std::move(request)); }});
  router.on(Operation::endpoints_send_message_to_endpoint,
            AsyncHandler{[this](Request request) { return send_to_endpoint(std::move(request)); }});
}

Response EndpointResource::list(const Request&) const {
  std::string body = "[";
  store_.each_endpoint([&](const model::Endpoint& endpoint) {
    if (body.size() > 1) body += ',';
    append_endpoint(body, endpoint);
  });
  return json_response(body + ']');
}

Response EndpointResource::list_technology(const Request& request) const {
  const auto technology = request.path("tech");
  std::string body = "[";
  store_.each_endpoint([&](const model::Endpoint& endpoint) {
    if (endpoint.technology != technology) return;
    if (body.size() > 1) body += ',';
    append_endpoint(body, endpoint);
  });
  if (body.size() == 1) {
    return message_response(404, "No Endpoints found - invalid tech " + std::string{technology});
  }
  return json_response(body + ']');
}

Response EndpointResource::get(const Request& request) const {
  const auto* endpoint = store_.find_endpoint(request.path("tech"), request.path("resource"));
  if (endpoint == nullptr) return message_response(404, "Endpoint not found");
  std::string body;
  append_endpoint(body, *endpoint);
  return json_response(std::move(body));
}

// --- messages -----------------------------------------------------------------------------------

boost::asio::awaitable<Response> EndpointResource::send(Request request) {
  std::string to{request.param("to").value_or("")};
  if (to.empty()) co_return message_response(400, "To must be specified");
  co_return co_await send_to(std::move(request), std::move(to));
}

boost::asio::awaitable<Response> EndpointResource::send_to_endpoint(Request request) {
  const auto* endpoint = store_.find_endpoint(request.path("tech"), request.path("resource"));
  if (endpoint == nullptr) co_return message_response(404, "Endpoint not found");
  std::string to;
  for (const char c : endpoint->technology) {
    to += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  to += ':' + endpoint->resource;
  co_return co_await send_to(std::move(request), std::move(to));
}

boost::asio::awaitable<Response> EndpointResource::send_to(Request request, std::string to) {
  ops::TextMessage message;
  auto variables = request.string_fields("variables");
  if (!variables) {
    co_return message_response(400, "Only string values in the 'variables' object allowed");
  }
  message.variables = *std::move(variables);
  message.to = std::move(to);
  message.from = request.param("from").value_or("");
  message.body = request.param("body").value_or("");
  const auto outcome = co_await ops::send_message(world_, std::move(message));
  if (!outcome) co_return error_response(outcome.error());
  Response accepted;
  accepted.status = 202;
  co_return accepted;
}

}  // namespace arigate::ari
