// Sources: src/ari/api_level.cpp src/ari/cors.cpp src/ari/credentials.cpp src/ari/json_body.cpp
// Sources: src/ari/percent.cpp src/ari/pretty.cpp src/ari/query.cpp src/ari/replies.cpp
// Sources: src/ari/request.cpp src/ari/route_table.cpp src/ari/router.cpp src/ari/users.cpp
// Sources: src/core/text.cpp src/generated/api_docs.cpp src/generated/ari_operations.cpp
// Any request target and any credentials, through the whole router: always an answer in valid JSON.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "ari/router.hpp"
#include "core/assert.hpp"

namespace {

using namespace arigate;

struct Target {
  ari::Users users{{{"u", Secret{"p"}}}};
  ari::Router router{{"", "realm", {"*"}, false}, users};
  simdjson::dom::parser parser;
};

void ask(Target& target, const ari::HttpRequest& http) {
  const auto answer = target.router.handle(http);
  const auto* const response = std::get_if<ari::Response>(&answer);
  if (response == nullptr || response->body.empty()) return;
  if (response->content_type != "application/json") return;
  simdjson::dom::element parsed;
  ARIGATE_ASSERT(target.parser.parse(response->body).get(parsed) == simdjson::SUCCESS);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Target target;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  ari::HttpRequest http;
  http.method = static_cast<ari::Method>(size % 7);
  http.authorization = "Basic dTpw";
  http.host = text.substr(0, 8);
  http.target = text;
  ask(target, http);
  const std::string below = "/ari/" + std::string{text};
  http.target = below;
  ask(target, http);
  http.authorization = text;
  ask(target, http);
  http.authorization = "Basic dTpw";
  http.target = "/ari/channels";
  http.content_type = "application/x-www-form-urlencoded";
  http.body = text;
  ask(target, http);
  return 0;
}
