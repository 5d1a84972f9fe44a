#include "ari/rest_over_websocket.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include "ari/errors.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "core/thrown.hpp"

namespace arigate::ari {
namespace {

namespace json = boost::json;

constexpr std::string_view bad_request = "Bad request";

/// HEAD is known, and not allowed; nothing else is (seen: 22).
std::optional<Method> method_of(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Method>, 6> methods{{
      {"GET", Method::get},
      {"POST", Method::post},
      {"PUT", Method::put},
      {"DELETE", Method::del},
      {"OPTIONS", Method::options},
      {"HEAD", Method::head},
  }};
  for (const auto& [known, method] : methods) {
    if (known == name) return method;
  }
  return std::nullopt;
}

/// The text of a member; "" when it is missing or no text.
std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
}

/// "a=1&b=2" from [{"name":"a","value":"1"}, …]; nullopt for members of another form. What is no
/// list counts as not given.
std::optional<std::string> query_of(const json::object& message) {
  std::string query;
  const auto* list = message.if_contains("query_strings");
  if (list == nullptr || !list->is_array()) return query;
  for (const auto& entry : list->get_array()) {
    const auto* object = entry.if_object();
    const auto* name = object != nullptr ? object->if_contains("name") : nullptr;
    const auto* value = object != nullptr ? object->if_contains("value") : nullptr;
    if (name == nullptr || value == nullptr || !name->is_string() || !value->is_string()) {
      return std::nullopt;
    }
    if (!query.empty()) query += '&';
    append_encoded(query, name->get_string());
    query += '=';
    append_encoded(query, value->get_string());
  }
  return query;
}

}  // namespace

/// A request as it is carried out. It owns the text that HttpRequest views.
struct RestOverWebSocket::Order {
  Method method{};
  std::string target, content_type, body;
};

void RestOverWebSocket::opened(std::shared_ptr<EventSocket> socket, const Request& request) {
  auto client = std::make_shared<Client>();
  client->socket = socket.get();
  client->identity = request.asker;
  clients_.insert_or_assign(socket.get(), std::move(client));
  applications_.opened(std::move(socket), request);
}

void RestOverWebSocket::closed(EventSocket& socket) {
  if (const auto client = clients_.extract(&socket); !client.empty()) {
    client.mapped()->socket = nullptr;
    client.mapped()->waiting.clear();
  }
  applications_.closed(socket);
}

void RestOverWebSocket::received(EventSocket& socket, std::string_view text) {
  const auto found = clients_.find(&socket);
  if (found == clients_.end()) return;
  const auto client = found->second;
  const bool first = client->waiting.empty();  // Its size has a limit of its own.
  if (client->waiting.size() >= waiting_max ||
      (!first && client->waiting_bytes + text.size() > waiting_bytes_max)) {
    return socket.close(1008, "too many requests wait");
  }
  client->waiting.emplace_back(text);
  client->waiting_bytes += text.size();
  if (std::exchange(client->running, true)) return;
  boost::asio::co_spawn(executor_, work(client), [client](const std::exception_ptr& thrown) {
    client->running = false;
    log_thrown("rest over websocket")(thrown);
  });
}

boost::asio::awaitable<void> RestOverWebSocket::work(std::shared_ptr<Client> client) {
  while (client->socket != nullptr && !client->waiting.empty()) {
    auto text = std::move(client->waiting.front());
    client->waiting.pop_front();
    client->waiting_bytes -= text.size();
    try {
      co_await serve(client, std::move(text));
    } catch (const std::exception& thrown) {  // Costs this request; the next ones wait already.
      log::error("rest over websocket failed what=\"{}\"", thrown.what());
    }
  }
  client->running = false;
}

/// What is wrong with a message is found in native's order.
boost::asio::awaitable<void> RestOverWebSocket::serve(std::shared_ptr<Client> client,
                                                      std::string text) {
  boost::system::error_code error;
  const auto message = json::parse(text, error);
  Echo echo;
  if (error || (!message.is_object() && !message.is_array())) {
    answer(*client, echo, "Failed to parse request message JSON", Response{400, {}, {}, ""});
    co_return;
  }
  const json::object no_members;
  const auto& object = message.is_object() ? message.get_object() : no_members;
  echo.transaction_id = text_of(object, "transaction_id");
  echo.request_id = text_of(object, "request_id");
  const auto refuse = [&](std::string_view why) {
    answer(*client, echo, bad_request, message_response(400, why));
  };
  const auto type = text_of(object, "type");
  if (type.empty()) co_return refuse("No 'type' property.");
  if (type != "RESTRequest") co_return refuse("Unknown request type.");
  auto uri = text_of(object, "uri");
  if (uri.empty()) co_return refuse("Empty or missing 'uri' property.");
  const auto question = uri.find('?');
  echo.uri = uri.substr(0, question);
  const auto method = method_of(text_of(object, "method"));
  if (!method) co_return refuse("Unknown or missing 'method' property.");
  auto query = query_of(object);
  if (!query) co_return refuse("Unable to parse 'query_strings' array.");
  Order order{*method, router_.root() + uri, text_of(object, "content_type"),
              text_of(object, "message_body")};
  if (!query->empty()) order.target += (question == std::string::npos ? "?" : "&") + *query;
  if (!order.body.empty()) {
    const bool is_json = iequals(order.content_type, "application/json");
    if (order.content_type.empty()) co_return refuse("No 'content_type' for 'message_body'.");
    if (!is_json && !iequals(order.content_type, "application/x-www-form-urlencoded")) {
      co_return refuse("Unknown content type.");
    }
    if (is_json) json::parse(order.body, error);
    if (error) co_return refuse("Unable to parse 'message_body' as '" + order.content_type + "'.");
  }
  if (uri.front() == '/') {  // Natively an empty resource, which has no methods.
    const auto response = message_response(405, "Invalid method");
    co_return answer(*client, echo, reason_phrase(405), response);
  }
  if (echo.uri == "events" && *method == Method::get) {
    co_return refuse("Can't upgrade to websocket from a websocket");
  }
  Identity identity = client->identity;
  const auto response = co_await carry_out(std::move(order), std::move(identity), client->socket);
  // What it caused for other sockets is written at the end of this turn: the answer comes behind.
  co_await boost::asio::post(executor_, boost::asio::use_awaitable);
  if (response.source) {  // A file does not go into a message.
    co_return answer(*client, echo, "Not Acceptable.  Use HTTP GET", Response{406, {}, {}, ""});
  }
  answer(*client, echo, reason_phrase(response.status), response);
}

boost::asio::awaitable<Response> RestOverWebSocket::carry_out(Order order, Identity identity,
                                                              EventSocket* via) {
  HttpRequest http;
  http.method = order.method;
  http.target = order.target;
  http.content_type = order.content_type;
  http.body = order.body;
  Answer answer = router_.handle_as(http, identity, via);
  if (auto* response = std::get_if<Response>(&answer)) co_return std::move(*response);
  if (auto* work = std::get_if<boost::asio::awaitable<Decision>>(&answer)) {
    Decision decision = co_await std::move(*work);
    if (auto* response = std::get_if<Response>(&decision)) co_return std::move(*response);
  }
  co_return message_response(400, "Can't upgrade to websocket from a websocket");
}

void RestOverWebSocket::answer(Client& client, const Echo& echo, std::string_view reason,
                               const Response& response) {
  if (client.socket == nullptr) return;  // It is gone; what it asked for is done all the same.
  std::string out;
  writer_.write_plain(out, "RESTResponse", clock_.wall());
  const auto member = [&out](std::string_view name, std::string_view value) {
    out.append(",\"").append(name).append("\":");
    append_json_string(out, value);
  };
  member("transaction_id", echo.transaction_id);
  member("request_id", echo.request_id);
  out.append(",\"status_code\":").append(std::to_string(response.status));
  member("reason_phrase", reason);
  member("uri", echo.uri);
  if (!response.body.empty()) {
    member("content_type", response.content_type);
    member("message_body", response.body);
  }
  applications_.answer(*client.socket, "RESTResponse", std::move(out));
}

}  // namespace arigate::ari
