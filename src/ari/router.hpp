#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ari/api_level.hpp"
#include "ari/cors.hpp"
#include "ari/http.hpp"
#include "ari/json_body.hpp"
#include "ari/request.hpp"
#include "ari/route_table.hpp"
#include "ari/users.hpp"

namespace arigate::ari {

/// A handler that has its answer at once, or one that waits for the PBX.
using SyncHandler = std::function<Response(const Request&)>;
using AsyncHandler = std::function<boost::asio::awaitable<Response>(Request)>;
using Handler = std::variant<SyncHandler, AsyncHandler>;
/// Makes the 501 of an operation that has no handler.
using UnsupportedHandler = std::function<Response(Operation)>;
/// What stands before the handlers: whether an operation is one that this PBX cannot do, by what is
/// known; and the 501 after another look, or nullopt when it can be done now.
struct Gate {
  std::function<bool(Operation)> refuses;
  std::function<boost::asio::awaitable<std::optional<Response>>(Operation)> refusal;
};

/// What stands behind the handlers that wait for the PBX: whether events that came before their
/// answer are still on the way to the applications, and the wait until they are not.
struct Settling {
  std::function<bool()> pending;
  std::function<boost::asio::awaitable<void>()> settled;
};

/// The request may become a WebSocket: what is left are the checks of the WebSocket protocol.
struct Upgrade {
  Request request;
};

/// What the caller does next: send this, open that, or wait for one of the two. A request that is
/// answered from memory costs no coroutine.
using Decision = std::variant<Response, Upgrade>;
using Answer = std::variant<Response, Upgrade, boost::asio::awaitable<Decision>>;

struct RouterOptions {
  std::string prefix;  ///< `prefix` of http.conf: "/asterisk" makes it /asterisk/ari. "" for none.
  std::string realm = "Asterisk REST Interface";
  std::vector<std::string> allowed_origins;
  bool pretty = false;  ///< Indent every JSON answer; `?pretty` asks for it in one request.
  const ApiLevel* level = nullptr;  ///< nullptr: the newest. It outlives the router.
};

/// The ARI side of one HTTP request, without a socket: who asks, for which operation, with which
/// parameters; then the handler of that operation. Its answers are native's, byte for byte where a
/// client can see it.
class Router {
 public:
  static constexpr std::size_t parameters_max = JsonBody::parameters_max;

  Router(RouterOptions options, Users& users);

  void on(Operation operation, Handler handler);
  bool serves(Operation operation) const;
  void use(Gate gate) { gate_ = std::move(gate); }
  void use(Settling settling) { settling_ = std::move(settling); }
  /// The same before any handler is called: what it answers from is not known yet.
  void wait_first(Settling settling) { first_ = std::move(settling); }
  /// Who sees each request before its handler.
  void before_each(std::function<void(Request&)> look) { before_each_ = std::move(look); }
  /// GET of a path below /arigate, where ARI has nothing: "support".
  void on_own(std::string path, SyncHandler handler) {
    own_.emplace(std::move(path), std::move(handler));
  }
  void on_unsupported(UnsupportedHandler handler) { unsupported_ = std::move(handler); }
  /// Completes the 501 of a handler that has found out what the PBX lacks.
  using Explain = std::function<Response(Operation, std::string_view lacking)>;
  void on_lacking(Explain explain) { explain_ = std::move(explain); }

  /// What stands before every resource: "/ari/", with the configured prefix.
  std::string root() const { return options_.prefix + "/ari/"; }

  /// The 501 of an operation that this PBX cannot do, also for a handler that finds that out.
  Response unsupported(Operation operation) const;

  /// The views in `http` must live until an answer that waits has come.
  Answer handle(const HttpRequest& http);
  /// The same for a request of somebody who was let in before, with the rights that the user has
  /// now; `pretty` does not count.
  Answer handle_as(const HttpRequest& http, const Identity& identity, EventSocket* via = nullptr);

 private:
  struct Routed;

  std::optional<Response> read_target(const HttpRequest& http, Routed& routed) const;
  Answer authenticate(const HttpRequest& http, Routed routed);
  boost::asio::awaitable<Decision> verify(HttpRequest http, Routed routed);
  Answer decide(const HttpRequest& http, Routed routed, const Identity& identity);
  Answer dispatch(const HttpRequest& http, Routed routed);
  Answer dispatch_own(const HttpRequest& http, const Routed& routed);
  Answer call(const OperationInfo& operation, Request request);
  boost::asio::awaitable<Decision> behind_gate(const Handler& handler, Request request);
  boost::asio::awaitable<Decision> wait_for(const AsyncHandler& handler, Request request);
  boost::asio::awaitable<Decision> call_later(const Handler& handler, Request request);
  boost::asio::awaitable<Decision> serve(const Handler& handler, Request request);
  /// What the level of ARI does not have is taken out.
  Response at_level(Operation operation, Response response) const;
  boost::asio::awaitable<Decision> finish_later(boost::asio::awaitable<Decision> work,
                                                HttpRequest http, bool pretty);
  void finish(const HttpRequest& http, bool pretty, Response& response) const;
  Response unauthorized() const;
  Response api_doc(const HttpRequest& http, std::string_view text, std::string_view root) const;

  RouterOptions options_;
  Users& users_;
  Cors cors_;
  RouteTable routes_;
  JsonBody json_body_;
  std::array<std::optional<Handler>, operation_count> handlers_;
  UnsupportedHandler unsupported_;
  Explain explain_;
  Gate gate_;
  Settling settling_, first_;
  std::function<void(Request&)> before_each_;
  std::map<std::string, SyncHandler, std::less<>> own_;
};

}  // namespace arigate::ari
