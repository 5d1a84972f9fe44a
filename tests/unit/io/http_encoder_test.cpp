#include "io/http_encoder.hpp"

#include <gtest/gtest.h>

#include "ari/replies.hpp"

namespace arigate::io {
namespace {

constexpr std::time_t moment = 1795484038;  // Tue, 24 Nov 2026 01:33:58 GMT

std::string head_of(const ari::Response& response, bool keep_alive) {
  HttpEncoder encoder{"Asterisk/22"};
  std::string out;
  encoder.append_head(out, response, moment, keep_alive);
  return out;
}

// The order and the spelling of native 22.10.
TEST(HttpEncoder, WritesHeadsAsNative) {
  auto refused = ari::message_response(401, "Authentication required");
  refused.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Asterisk REST Interface\"");
  EXPECT_EQ(head_of(refused, true),
            "HTTP/1.1 401 Unauthorized\r\n"
            "Server: Asterisk/22\r\n"
            "Date: Tue, 24 Nov 2026 01:33:58 GMT\r\n"
            "Cache-Control: no-cache, no-store\r\n"
            "WWW-Authenticate: Basic realm=\"Asterisk REST Interface\"\r\n"
            "Content-type: application/json\r\n"
            "Content-Length: 37\r\n\r\n");
  EXPECT_EQ(head_of(ari::Response{}, false),
            "HTTP/1.1 204 No Content\r\n"
            "Server: Asterisk/22\r\n"
            "Date: Tue, 24 Nov 2026 01:33:58 GMT\r\n"
            "Connection: close\r\n"
            "Cache-Control: no-cache, no-store\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(HttpEncoder, LetsNoValueEndItsLine) {
  ari::Response response;
  response.headers.emplace_back("Location", "/a\r\nSet-Cookie: x\n");
  const auto head = head_of(response, true);
  EXPECT_NE(head.find("Location: /a  Set-Cookie: x \r\n"), std::string::npos);
}

TEST(HttpEncoder, TellsTheTimeAnewEachSecond) {
  HttpEncoder encoder{""};
  std::string out;
  encoder.append_head(out, {}, moment, true);
  encoder.append_head(out, {}, moment + 1, true);
  EXPECT_NE(out.find("01:33:58"), std::string::npos);
  EXPECT_NE(out.find("01:33:59"), std::string::npos);
  EXPECT_EQ(out.find("Server"), std::string::npos);
}

}  // namespace
}  // namespace arigate::io
