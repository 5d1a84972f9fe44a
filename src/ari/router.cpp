#include "ari/router.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "ari/credentials.hpp"
#include "ari/pretty.hpp"
#include "ari/query.hpp"
#include "ari/replies.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "generated/api_docs.hpp"

namespace arigate::ari {
namespace {

constexpr std::string_view root_segment = "/ari";
constexpr std::string_view own_segment = "/arigate";  ///< What ARI does not have.
constexpr std::string_view docs_segment = "api-docs/";
constexpr std::string_view own_events_doc = "events.json";  ///< Of a path of ARI.

/// What follows `head` in `text`, compared without case as native does; nullopt when it differs.
std::optional<std::string_view> after(std::string_view text, std::string_view head) {
  if (!iequals(text.substr(0, head.size()), head)) return std::nullopt;
  return text.substr(head.size());
}

/// The media type of a Content-Type header, without its parameters.
std::string_view media_type(std::string_view content_type) {
  return trim(content_type.substr(0, content_type.find(';')));
}

/// A Host that may go into a document: what a name, an address and a port are made of.
bool is_plain_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{".:-_[]"}.find(c) != std::string_view::npos;
  });
}

Response method_not_allowed(const std::string& allow) {
  auto response = message_response(405, "Invalid method");
  response.headers.emplace_back("Allow", allow);
  return response;
}

Response failed_handler(const OperationInfo& operation, const char* what) {
  log::error("handler failed operation={}.{} what=\"{}\"", operation.resource, operation.nickname,
             what);
  return message_response(500, "Internal server error");
}

}  // namespace

/// A request on its way through the steps below.
struct Router::Routed {
  std::string_view path;  ///< Below /ari/ or /arigate/, still percent-encoded.
  bool own = false;       ///< Below /arigate/.
  Request request;
  std::string api_key;
};

Router::Router(RouterOptions options, Users& users)
    : options_{std::move(options)},
      users_{users},
      cors_{options_.allowed_origins},
      routes_{operations(), [this](Operation operation) {
                return options_.level == nullptr || options_.level->has(operation);
              }} {}

Response Router::at_level(Operation operation, Response response) const {
  if (!response.lacking.empty() && explain_) response = explain_(operation, response.lacking);
  const bool reduces = options_.level != nullptr && !options_.level->is_newest();
  if (reduces && response.content_type == "application/json" && !response.body.empty()) {
    response.body = options_.level->answer(operation, response.body);
  }
  return response;
}

void Router::on(Operation operation, Handler handler) {
  handlers_.at(static_cast<std::size_t>(operation)) = std::move(handler);
}

/// Finds the path below /ari, and reads the parameters of query and form; a response refuses them.
std::optional<Response> Router::read_target(const HttpRequest& http, Routed& routed) const {
  const auto question = http.target.find('?');
  const auto query =
      question == std::string_view::npos ? std::string_view{} : http.target.substr(question + 1);
  const auto below_prefix = after(http.target.substr(0, question), options_.prefix);
  auto path = below_prefix ? after(*below_prefix, own_segment) : std::nullopt;
  const bool own = path && path->starts_with('/');
  if (!own) path = below_prefix ? after(*below_prefix, root_segment) : std::nullopt;
  if (!path || (!path->empty() && path->front() != '/')) {
    return message_response(404, "Resource not found");
  }
  if (!path->empty()) path->remove_prefix(1);
  routed.path = *path;
  routed.own = own;

  // Native lets the query override a form, and a JSON body both.
  Result<void> read{};
  std::string form_key;
  if (!http.body.empty() &&
      iequals(media_type(http.content_type), "application/x-www-form-urlencoded")) {
    read = read_query(http.body, parameters_max, routed.request, form_key);
  }
  if (read && !query.empty()) {
    read = read_query(query, parameters_max, routed.request, routed.api_key);
  }
  if (routed.api_key.empty()) routed.api_key = std::move(form_key);
  if (!read) return message_response(400, read.error().detail);
  return std::nullopt;
}

Answer Router::handle(const HttpRequest& http) {
  Routed routed;
  auto refused = read_target(http, routed);
  if (refused && refused->status == 404) return *std::move(refused);
  const auto asked = routed.request.param("pretty");
  const bool pretty =
      options_.pretty || (asked && (asked->empty() || routed.request.flag("pretty", false)));
  Answer answer = refused ? Answer{*std::move(refused)} : authenticate(http, std::move(routed));
  if (auto* response = std::get_if<Response>(&answer)) {
    finish(http, pretty, *response);
  } else if (auto* work = std::get_if<boost::asio::awaitable<Decision>>(&answer)) {
    return finish_later(std::move(*work), http, pretty);
  }
  return answer;
}

Answer Router::handle_as(const HttpRequest& http, const Identity& identity, EventSocket* via) {
  Routed routed;
  routed.request.via = via;
  if (auto refused = read_target(http, routed)) return *std::move(refused);
  // A key in the request counts, as natively.
  if (!routed.api_key.empty()) return authenticate(http, std::move(routed));
  const auto now = users_.again(identity);
  if (!now) return unauthorized();
  return decide(http, std::move(routed), *now);
}

Answer Router::authenticate(const HttpRequest& http, Routed routed) {
  auto credentials = basic_credentials(http.authorization);
  if (!credentials) credentials = split_credentials(routed.api_key);
  if (!credentials) return unauthorized();
  Identity identity;
  switch (users_.check(credentials->name, credentials->password, identity)) {
    case Users::Verdict::granted:
      return decide(http, std::move(routed), identity);
    case Users::Verdict::denied:
      return unauthorized();
    case Users::Verdict::slow:
      routed.api_key = credentials->name + ":" + credentials->password;
      return verify(http, std::move(routed));
  }
  return unauthorized();
}

boost::asio::awaitable<Decision> Router::verify(HttpRequest http, Routed routed) {
  auto credentials = split_credentials(routed.api_key);
  const auto identity =
      co_await users_.verify(std::move(credentials->name), std::move(credentials->password));
  if (!identity) co_return unauthorized();
  Answer answer = decide(http, std::move(routed), *identity);
  if (auto* work = std::get_if<boost::asio::awaitable<Decision>>(&answer)) {
    co_return co_await std::move(*work);
  }
  if (auto* upgrade = std::get_if<Upgrade>(&answer)) co_return std::move(*upgrade);
  co_return std::move(std::get<Response>(answer));
}

Answer Router::decide(const HttpRequest& http, Routed routed, const Identity& identity) {
  if (identity.read_only && http.method != Method::get && http.method != Method::options) {
    return message_response(403, "Write access denied");
  }
  routed.request.asker = identity;
  if (!http.body.empty()) {
    if (iequals(media_type(http.content_type), "application/json")) {
      if (const auto read = json_body_.read(http.body, routed.request); !read) {
        return message_response(400, read.error().detail);
      }
    }
    routed.request.set_body(std::string{http.body});
  }
  if (routed.own) return dispatch_own(http, routed);
  if (routed.path.ends_with('/')) {
    routed.path.remove_suffix(1);
    return message_response(
        404, "ARI URLs do not end with a slash. Try /ari/" + std::string{routed.path});
  }
  if (routed.path.starts_with(docs_segment)) {
    if (http.method != Method::get) return message_response(405, "Unsupported method");
    const auto file = routed.path.substr(docs_segment.size());
    const auto text =
        options_.level != nullptr ? options_.level->document(file) : ari::api_doc(file);
    return api_doc(http, text, root_segment);
  }
  return dispatch(http, std::move(routed));
}

Answer Router::dispatch_own(const HttpRequest& http, const Routed& routed) {
  const bool is_doc = routed.path.starts_with(docs_segment);
  const auto found = own_.find(routed.path);
  if (!is_doc && found == own_.end()) return message_response(404, "Resource not found");
  if (http.method != Method::get) return method_not_allowed("GET");
  if (!is_doc) return found->second(routed.request);
  const auto file = routed.path.substr(docs_segment.size());
  return api_doc(http, own_api_doc(file), file == own_events_doc ? root_segment : own_segment);
}

bool Router::serves(Operation operation) const {
  return handlers_[static_cast<std::size_t>(operation)].has_value() || info(operation).websocket;
}

Answer Router::dispatch(const HttpRequest& http, Routed routed) {
  RouteTable::Values values;
  RouteTable::Miss miss{};
  const auto* const node = routes_.find(routed.path, values, miss);
  if (node == nullptr) {
    return miss == RouteTable::Miss::bad_escape
               ? message_response(400, "Bad percent-encoding in request")
               : message_response(404, "Resource not found");
  }
  if (http.method == Method::options) {
    Response response;
    response.headers.emplace_back("Allow", node->allow);
    cors_.preflight(http, node->methods, response);
    return response;
  }
  const bool websocket = node->websocket != nullptr && http.method == Method::get;
  const auto* const operation =
      websocket ? node->websocket : node->by_method[static_cast<std::size_t>(http.method)];
  if (operation == nullptr) return method_not_allowed(node->allow);
  if (websocket && !http.upgrade) return html_response(426, "");
  auto& request = routed.request;
  request.operation = operation->operation;
  for (std::size_t i = 0; i < values.size(); ++i) {
    request.set_path(std::string{node->parameters[i]}, std::move(values[i]));
  }
  if (websocket) return Upgrade{std::move(request)};
  return call(*operation, std::move(request));
}

Answer Router::call(const OperationInfo& operation, Request request) {
  const auto& handler = handlers_[static_cast<std::size_t>(operation.operation)];
  try {
    if (!handler) return unsupported(operation.operation);
    if (before_each_) before_each_(request);
    if (first_.pending && first_.pending()) return call_later(*handler, std::move(request));
    if (gate_.refuses && gate_.refuses(operation.operation)) {
      return behind_gate(*handler, std::move(request));
    }
    if (const auto* sync = std::get_if<SyncHandler>(&*handler)) {
      return at_level(operation.operation, (*sync)(request));
    }
    return wait_for(std::get<AsyncHandler>(*handler), std::move(request));
  } catch (const std::exception& failure) {
    return failed_handler(operation, failure.what());
  }
}

Response Router::unsupported(Operation operation) const {
  return unsupported_ ? unsupported_(operation) : message_response(501, "Not implemented");
}

/// The PBX may have got meanwhile what it lacked.
boost::asio::awaitable<Decision> Router::behind_gate(const Handler& handler, Request request) {
  auto refusal = co_await gate_.refusal(request.operation);
  if (refusal) co_return std::move(*refusal);
  co_return co_await serve(handler, std::move(request));
}

boost::asio::awaitable<Decision> Router::call_later(const Handler& handler, Request request) {
  co_await first_.settled();
  const bool refused = gate_.refuses && gate_.refuses(request.operation);
  if (refused) co_return co_await behind_gate(handler, std::move(request));
  co_return co_await serve(handler, std::move(request));
}

boost::asio::awaitable<Decision> Router::serve(const Handler& handler, Request request) {
  const auto* const sync = std::get_if<SyncHandler>(&handler);
  if (sync == nullptr) {
    co_return co_await wait_for(std::get<AsyncHandler>(handler), std::move(request));
  }
  try {
    co_return at_level(request.operation, (*sync)(request));
  } catch (const std::exception& failure) {
    co_return failed_handler(info(request.operation), failure.what());
  }
}

boost::asio::awaitable<Decision> Router::wait_for(const AsyncHandler& handler, Request request) {
  const auto& operation = info(request.operation);
  try {
    auto response = co_await handler(std::move(request));
    if (settling_.pending && settling_.pending()) co_await settling_.settled();
    co_return at_level(operation.operation, std::move(response));
  } catch (const std::exception& failure) {
    co_return failed_handler(operation, failure.what());
  }
}

boost::asio::awaitable<Decision> Router::finish_later(boost::asio::awaitable<Decision> work,
                                                      HttpRequest http, bool pretty) {
  Decision decision = co_await std::move(work);
  if (auto* response = std::get_if<Response>(&decision)) finish(http, pretty, *response);
  co_return decision;
}

void Router::finish(const HttpRequest& http, bool pretty, Response& response) const {
  if (cors_.allows(http.origin)) Cors::grant(http.origin, response);
  if (pretty && response.content_type == "application/json") {
    response.body = pretty_json(response.body);
  }
}

Response Router::unauthorized() const {
  auto response = message_response(401, "Authentication required");
  response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"" + options_.realm + "\"");
  return response;
}

Response Router::api_doc(const HttpRequest& http, std::string_view text,
                         std::string_view root) const {
  Response response{200, std::string{text}, {}};
  if (response.body.empty()) return message_response(404, "Resource not found");
  auto replace = [&](std::string_view from, const std::string& to) {
    const auto at = response.body.find(from);
    if (at != std::string::npos) response.body.replace(at, from.size(), to);
  };
  // A Swagger client takes every URL from here; without a Host it is not known, and native then
  // leaves it out too.
  if (is_plain_host(http.host)) {
    replace(base_path_marker, (http.secure ? "https://" : "http://") + std::string{http.host} +
                                  options_.prefix + std::string{root});
  } else {
    replace(base_path_member, {});
  }
  return response;
}

}  // namespace arigate::ari
