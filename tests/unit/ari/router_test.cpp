#include "ari/router.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "ari/errors.hpp"
#include "ari/replies.hpp"
#include "support/run.hpp"

namespace arigate::ari {
namespace {

constexpr std::string_view basic_u = "Basic dTpw";       // u:p
constexpr std::string_view basic_ro = "Basic cm86cA==";  // ro:p
constexpr std::string_view basic_wrong = "Basic dTp4";   // u:x
constexpr std::string_view json_type = "application/json; charset=utf-8";
constexpr std::string_view form_type = "application/x-www-form-urlencoded";

HttpRequest get(std::string_view target) {
  HttpRequest http;
  http.target = target;
  http.host = "pbx:8088";
  http.authorization = basic_u;
  return http;
}

HttpRequest with(Method method, std::string_view target) {
  auto http = get(target);
  http.method = method;
  return http;
}

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "none";
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.on(Operation::channels_list, [](const Request&) {
      return Response{200, R"([{"id":"1"},{}])"};
    });
    router_.on(Operation::channels_get, [](const Request& request) {
      return message_response(200, request.path("channelId"));
    });
    router_.on(Operation::channels_create,
               [](const Request&) { return message_response(200, "create"); });
    router_.on(Operation::channels_originate, [this](const Request& request) {
      seen_ = request;
      return Response{};
    });
    router_.on(Operation::channels_answer, [](Request request) -> boost::asio::awaitable<Response> {
      co_return message_response(200, "waited for " + std::string{request.path("channelId")});
    });
    router_.on(Operation::channels_hangup,
               [](const Request&) -> Response { throw std::runtime_error{"broken"}; });
    router_.on(Operation::channels_ring, [](Request) -> boost::asio::awaitable<Response> {
      throw std::runtime_error{"broken"};
      co_return Response{};
    });
  }

  Decision decide(Router& router, const HttpRequest& http) {
    auto answer = router.handle(http);
    if (auto* work = std::get_if<boost::asio::awaitable<Decision>>(&answer)) {
      return test::run(std::move(*work));
    }
    if (auto* upgrade = std::get_if<Upgrade>(&answer)) return std::move(*upgrade);
    return std::move(std::get<Response>(answer));
  }
  Response ask(const HttpRequest& http) { return std::get<Response>(decide(router_, http)); }

  Users users_{{{"u", Secret{"p"}}, {"ro", Secret{"p"}, User::Format::plain, true}}};
  Router router_{{"", "Asterisk REST Interface", {"http://good.example"}, false}, users_};
  Request seen_;
};

// Seen on native 16.28 and 22.10 unless the comment says that we differ.
TEST_F(RouterTest, AnswersAsNative) {
  struct Case {
    Method method;
    std::string_view target;
    int status;
    std::string_view body;
    std::string_view allow;
  };
  const std::string_view unknown = R"({"message":"Resource not found"})";
  const std::string_view invalid = R"({"message":"Invalid method"})";
  const std::string_view escape = R"({"message":"Bad percent-encoding in request"})";
  const std::vector<Case> cases{
      {Method::get, "/ari/channels", 200, R"([{"id":"1"},{}])", "none"},
      {Method::get, "/ARI/channels", 200, R"([{"id":"1"},{}])", "none"},
      {Method::get, "/ari/channels/17.4", 200, R"({"message":"17.4"})", "none"},
      {Method::get, "/ari/channels/a%2Fb+c%20d", 200, R"({"message":"a/b c d"})", "none"},
      {Method::post, "/ari/channels/create", 200, R"({"message":"create"})", "none"},
      {Method::get, "/ari", 405, invalid, "OPTIONS"},
      {Method::get, "/ari/", 405, invalid, "OPTIONS"},
      {Method::head, "/ari/channels", 405, invalid, "OPTIONS,GET,POST"},
      {Method::other, "/ari/channels", 405, invalid, "OPTIONS,GET,POST"},
      {Method::put, "/ari/channels", 405, invalid, "OPTIONS,GET,POST"},
      {Method::get, "/ari/asterisk", 405, invalid, "OPTIONS"},
      {Method::get, "/ari/events/user", 405, invalid, "OPTIONS"},
      {Method::post, "/ari/events?app=a", 405, invalid, "OPTIONS"},
      {Method::options, "/ari/events", 204, "", "OPTIONS"},
      {Method::options, "/ari/channels/17.4", 204, "", "OPTIONS,GET,POST,DELETE"},
      {Method::get, "/ari/nothing", 404, unknown, "none"},
      {Method::post, "/ari/channels/a/b/c", 404, unknown, "none"},
      {Method::get, "/arix/channels", 404, unknown, "none"},    // Native: an HTML page.
      {Method::get, "/", 404, unknown, "none"},                 // Native: an HTML page.
      {Method::get, "", 404, unknown, "none"},                  // Native: 400.
      {Method::get, "/ari//channels", 404, unknown, "none"},    // Native: as /ari.
      {Method::get, "/ari/channels//x", 404, unknown, "none"},  // Native: as /ari/channels.
      {Method::get, "/ari/../etc/passwd", 404, unknown, "none"},
      {Method::get, "/ari/channels/", 404,
       R"({"message":"ARI URLs do not end with a slash. Try /ari/channels"})", "none"},
      {Method::get, "/ari/a\"b/", 404,
       R"({"message":"ARI URLs do not end with a slash. Try /ari/a\"b"})", "none"},
      {Method::get, "/ari/channels/%00", 400, escape, "none"},  // Native: cut at the NUL.
      {Method::get, "/ari/channels/%zz", 400, escape, "none"},  // Native: taken as it is.
      {Method::get, "/ari/channels/%4", 400, escape, "none"},
      {Method::get, "/ari/channels?x=%0", 400, escape, "none"},
      {Method::get, "/ari/api-docs", 404, unknown, "none"},
      {Method::get, "/ari/api-docs/nothing.json", 404, unknown, "none"},
      {Method::post, "/ari/api-docs/resources.json", 405, R"({"message":"Unsupported method"})",
       "none"},
      {Method::del, "/ari/channels/1", 500, R"({"message":"Internal server error"})", "none"},
      {Method::post, "/ari/channels/1/ring", 500, R"({"message":"Internal server error"})", "none"},
      {Method::post, "/ari/channels/1/answer", 200, R"({"message":"waited for 1"})", "none"},
      {Method::get, "/ari/sounds", 501, R"({"message":"Not implemented"})", "none"},
  };
  for (const auto& [method, target, status, body, allow] : cases) {
    const auto response = ask(with(method, target));
    EXPECT_EQ(response.status, status) << target;
    EXPECT_EQ(response.body, body) << target;
    EXPECT_EQ(header(response, "Allow"), allow) << target;
  }
}

TEST_F(RouterTest, LetsOnlyKnownUsersIn) {
  struct Case {
    std::string_view authorization;
    std::string_view target;
    Method method;
    int status;
  };
  const std::vector<Case> cases{
      {basic_u, "/ari/channels", Method::get, 200},
      {"basic dTpw", "/ari/channels", Method::get, 200},
      {"", "/ari/channels", Method::get, 401},
      {basic_wrong, "/ari/channels", Method::get, 401},
      {"Basic !!!", "/ari/channels", Method::get, 401},
      {"Basic dQ==", "/ari/channels", Method::get, 401},  // "u"
      {"Basic dTo=", "/ari/channels", Method::get, 401},  // "u:"
      {"Bearer dTpw", "/ari/channels", Method::get, 401},
      {"", "/ari/channels", Method::options, 401},
      {"", "/ari/nothing", Method::get, 401},
      {"", "/ari/events?app=a", Method::get, 401},
      {"", "/ari/channels?api_key=u:p", Method::get, 200},
      {"", "/ari/channels?app=a&api_key=u%3Ap", Method::get, 200},
      {"", "/ari/channels?api_key=u:p&api_key=u:x", Method::get, 200},
      {"", "/ari/channels?api_key=u:x", Method::get, 401},
      {"", "/ari/channels?api_key=", Method::get, 401},
      {basic_wrong, "/ari/channels?api_key=u:p", Method::get, 401},
      {"Bearer x", "/ari/channels?api_key=u:p", Method::get, 200},
      {basic_ro, "/ari/channels", Method::get, 200},
      {basic_ro, "/ari/channels", Method::options, 204},
      {basic_ro, "/ari/channels", Method::head, 403},
      {basic_ro, "/ari/channels", Method::post, 403},
      {basic_ro, "/ari/channels/1", Method::del, 403},
  };
  for (const auto& [authorization, target, method, status] : cases) {
    auto http = with(method, target);
    http.authorization = authorization;
    const auto response = ask(http);
    EXPECT_EQ(response.status, status) << authorization << " " << target;
    if (status == 401) {
      EXPECT_EQ(response.body, R"({"message":"Authentication required"})");
      EXPECT_EQ(header(response, "WWW-Authenticate"), "Basic realm=\"Asterisk REST Interface\"");
    }
    if (status == 403) {
      EXPECT_EQ(response.body, R"({"message":"Write access denied"})");
    }
  }
}

TEST_F(RouterTest, TakesParametersFromQueryFormAndJson) {
  struct Case {
    std::string_view query;
    std::string_view type;
    std::string_view body;
    std::string_view endpoint;
    std::vector<std::string> app_args;
  };
  const std::vector<Case> cases{
      {"?endpoint=SIP%2Fa&appArgs=1,2", "", "", "SIP/a", {"1", "2"}},
      {"?endpoint=SIP%2Fa&endpoint=SIP/b", "", "", "SIP/b", {}},
      {"?endpoint=a+b&appArgs=", "", "", "a b", {}},
      {"?&&=x&endpoint=a", "", "", "a", {}},
      {"", form_type, "endpoint=SIP%2Fa&appArgs=1", "SIP/a", {"1"}},
      {"?endpoint=query", form_type, "endpoint=form", "query", {}},
      {"", json_type, R"({"endpoint":"SIP/a","appArgs":["1","2,3"]})", "SIP/a", {"1", "2,3"}},
      {"?endpoint=query&appArgs=9", json_type, R"({"endpoint":"json"})", "json", {"9"}},
      {"", json_type, R"({"endpoint":"first","endpoint":"last"})", "last", {}},
      {"?endpoint=query", json_type, R"({"endpoint":null})", "query", {}},
      {"?endpoint=query", "text/plain", R"({"endpoint":"ignored"})", "query", {}},
  };
  for (const auto& [query, type, body, endpoint, app_args] : cases) {
    const auto target = "/ari/channels" + std::string{query};
    auto http = with(Method::post, target);
    http.content_type = type;
    http.body = body;
    EXPECT_EQ(ask(http).status, 204) << query << body;
    EXPECT_EQ(seen_.param("endpoint"), endpoint) << query << body;
    EXPECT_EQ(seen_.list("appArgs"), app_args) << query << body;
    EXPECT_EQ(seen_.body(), body);
    EXPECT_EQ(seen_.asker.user, "u");
  }
}

TEST_F(RouterTest, KeepsTheApiKeyFromHandlers) {
  ask(with(Method::post, "/ari/channels?api_key=u:p&endpoint=a"));
  EXPECT_EQ(seen_.param("api_key"), std::nullopt);
}

TEST_F(RouterTest, RefusesBadBodies) {
  const std::string deep(100'000, '[');
  std::string many = "{";
  for (int i = 0; i < 300; ++i) many += "\"p" + std::to_string(i) + "\":1,";
  many += "\"q\":1}";
  const std::vector<std::string> bodies{"{x",    "[1]",        "\"a\"", "{\"a\":\"\xff\"}",
                                        "{} {}", "{\"a\":1,}", deep,    "{\"a\":\"\\u0000\"}",
                                        many};
  for (const auto& body : bodies) {
    auto http = with(Method::post, "/ari/channels");
    http.content_type = json_type;
    http.body = body;
    EXPECT_EQ(ask(http).status, 400) << body.substr(0, 40);
  }
  auto http = with(Method::post, "/ari/channels");
  http.content_type = json_type;
  http.body = bodies.front();
  EXPECT_EQ(ask(http).body, R"({"message":"Error parsing request body"})");
}

TEST_F(RouterTest, LimitsTheNumberOfParameters) {
  std::string target = "/ari/channels?";
  for (std::size_t i = 0; i <= Router::parameters_max; ++i) {
    target += "p" + std::to_string(i) + "=1&";
  }
  EXPECT_EQ(ask(get(target)).status, 400);
}

TEST_F(RouterTest, UpgradesToAWebSocketOnlyWhenAsked) {
  auto http = get("/ari/events?app=a,b&subscribeAll=True");
  const auto refused = ask(http);
  EXPECT_EQ(refused.status, 426);
  EXPECT_EQ(refused.content_type, "text/html");
  http.upgrade = true;
  const auto decision = decide(router_, http);
  const auto* const upgrade = std::get_if<Upgrade>(&decision);
  ASSERT_NE(upgrade, nullptr);
  EXPECT_EQ(upgrade->request.list("app"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(upgrade->request.flag("subscribeAll", false));
}

TEST_F(RouterTest, GrantsAllowedOriginsOnly) {
  auto http = get("/ari/channels");
  http.origin = "http://good.example";
  EXPECT_EQ(header(ask(http), "Access-Control-Allow-Origin"), "http://good.example");
  EXPECT_EQ(header(ask(http), "Access-Control-Allow-Credentials"), "true");
  http.authorization = "";
  EXPECT_EQ(header(ask(http), "Access-Control-Allow-Origin"), "http://good.example");
  http.origin = "http://bad.example";
  EXPECT_EQ(header(ask(http), "Access-Control-Allow-Origin"), "none");

  Router open{{"", "r", {"*"}, false}, users_};
  EXPECT_EQ(header(std::get<Response>(decide(open, http)), "Access-Control-Allow-Origin"),
            "http://bad.example");
}

TEST_F(RouterTest, AnswersPreflights) {
  auto http = with(Method::options, "/ari/channels");
  http.origin = "http://good.example";
  http.access_control_request_method = "POST";
  http.access_control_request_headers = "X-A, content-type";
  const auto granted = ask(http);
  EXPECT_EQ(granted.status, 204);
  EXPECT_EQ(header(granted, "Access-Control-Allow-Methods"), "OPTIONS,GET,POST");
  EXPECT_EQ(header(granted, "Access-Control-Allow-Headers"), "X-A, content-type");
  http.access_control_request_method = "PUT";
  EXPECT_EQ(header(ask(http), "Access-Control-Allow-Methods"), "none");
}

TEST_F(RouterTest, IndentsOnRequest) {
  const std::string_view pretty = "[\n  {\n    \"id\": \"1\"\n  },\n  {}\n]";
  EXPECT_EQ(ask(get("/ari/channels?pretty")).body, pretty);
  EXPECT_EQ(ask(get("/ari/channels?pretty=true")).body, pretty);
  EXPECT_EQ(ask(get("/ari/channels?pretty=no")).body, R"([{"id":"1"},{}])");
  Router always{{"", "r", {}, true}, users_};
  EXPECT_EQ(std::get<Response>(decide(always, get("/ari/nothing"))).body,
            "{\n  \"message\": \"Resource not found\"\n}");
}

TEST_F(RouterTest, PutsTheAddressOfTheHostIntoApiDocs) {
  const auto base_path = [&](Router& router, std::string_view target, std::string_view host) {
    auto http = get(target);
    http.host = host;
    const auto body = std::get<Response>(decide(router, http)).body;
    const auto at = body.find(R"("basePath":")");
    return at == std::string::npos ? std::string{"none"}
                                   : body.substr(at + 12, body.find('"', at + 12) - at - 12);
  };
  const std::string_view file = "/ari/api-docs/resources.json";
  EXPECT_EQ(base_path(router_, file, "pbx:8088"), "http://pbx:8088/ari");
  EXPECT_EQ(base_path(router_, "/ari/api-docs/channels.json", "[::1]:80"), "http://[::1]:80/ari");
  EXPECT_EQ(base_path(router_, file, ""), "none");
  EXPECT_EQ(base_path(router_, file, "a\",\"b"), "none");
  Router prefixed{{"/pbx", "r", {}, false}, users_};
  EXPECT_EQ(base_path(prefixed, "/pbx/ari/api-docs/resources.json", "h"), "http://h/pbx/ari");
  EXPECT_EQ(std::get<Response>(decide(prefixed, get(file))).status, 404);
}

TEST_F(RouterTest, WaitsBeforeAnyHandlerIsCalled) {
  bool known = false;
  int waits = 0;
  router_.wait_first(Settling{[&] { return !known; },
                              [&]() -> boost::asio::awaitable<void> {
                                known = true;
                                ++waits;
                                co_return;
                              }});
  router_.on(Operation::channels_list,
             [&](const Request&) { return message_response(200, known ? "known" : "too early"); });
  EXPECT_EQ(ask(get("/ari/channels")).body, R"({"message":"known"})");
  EXPECT_EQ(ask(get("/ari/channels")).status, 200);
  EXPECT_EQ(waits, 1);
  known = false;
  EXPECT_EQ(ask(with(Method::post, "/ari/channels/7/answer")).body,
            R"({"message":"waited for 7"})");
  known = false;
  EXPECT_EQ(ask(with(Method::del, "/ari/channels/7")).status, 500) << "its handler throws";
}

TEST_F(RouterTest, LetsTheHookExplainA501) {
  router_.on_unsupported([](Operation operation) {
    return Response{501, "{\"operation\":\"" + std::string{name(operation)} + "\"}"};
  });
  EXPECT_EQ(ask(get("/ari/sounds")).body, R"({"operation":"sounds_list"})");
}

TEST_F(RouterTest, LetsTheHookExplainWhatAHandlerHasFoundLacking) {
  router_.on(Operation::sounds_list, SyncHandler{[](const Request&) {
               return error_response(Error{Errc::not_supported, "no folder"});
             }});
  EXPECT_EQ(ask(get("/ari/sounds")).body, R"({"message":"no folder"})") << "without a hook";
  router_.on_lacking([](Operation operation, std::string_view lacking) {
    return Response{501, fmt::format("{}: {}", name(operation), lacking)};
  });
  EXPECT_EQ(ask(get("/ari/sounds")).body, "sounds_list: no folder");
}

}  // namespace
}  // namespace arigate::ari
