#include "io/http_decoder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace arigate::io {
namespace {

using ari::Method;
using Status = HttpDecoder::Status;

std::string describe(const HttpDecoder& decoder) {
  const auto& request = decoder.request();
  return fmt::format("{} {} {}{}|", static_cast<int>(request.method), request.target, request.body,
                     decoder.keep_alive() ? "" : " close");
}

/// Feeds `bytes` in pieces of `chunk` and tells what came out: "0 /a |", "100|", "400".
std::string decode(std::string_view bytes, std::size_t chunk, const HttpLimits& limits = {}) {
  HttpDecoder decoder{limits};
  std::string seen;
  for (;;) {
    switch (decoder.next()) {
      case Status::request:
        seen += describe(decoder);
        break;
      case Status::continue_wanted:
        seen += "100|";
        break;
      case Status::bad:
        return seen + std::to_string(decoder.failure_status());
      case Status::need_more: {
        if (bytes.empty()) return seen + (decoder.in_request() ? "more" : "");
        const auto space = decoder.prepare();
        const auto size = std::min({chunk, bytes.size(), space.size()});
        std::memcpy(space.data(), bytes.data(), size);
        decoder.commit(size);
        bytes.remove_prefix(size);
      }
    }
  }
}

TEST(HttpDecoder, GivesTheSameForEveryChunkSize) {
  const std::string many = [] {
    std::string text;
    for (int i = 0; i < 200; ++i) text += fmt::format("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", i);
    return text;
  }();
  std::string all;
  for (int i = 0; i < 200; ++i) all += fmt::format("0 /{} |", i);
  const std::vector<std::pair<std::string, std::string>> cases{
      {"GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "0 /a |"},
      {"GET /a HTTP/1.0\r\n\r\n", "0 /a |"},
      {"get /a HTTP/1.1\r\n\r\n", "0 /a |"},
      {"BREW /a HTTP/1.1\r\n\r\n", "6 /a |"},
      {"OPTIONS * HTTP/1.1\r\n\r\n", "5 * |"},
      {"\r\n\r\nGET /a HTTP/1.1\r\n\r\n\r\nGET /b HTTP/1.1\r\n\r\n", "0 /a |0 /b |"},
      {"GET /a HTTP/1.1\r\nConnection: x, Close\r\n\r\n", "0 /a  close|"},
      {"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n",
       "2 /a abc|0 /b |"},
      {"POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /b HTTP/1.1\r\n\r\n", "2 /a |0 /b |"},
      {"DELETE /a HTTP/1.1\r\nContent-Type: application/json\r\n\r\n", "4 /a |"},
      {"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: "
       "1\r\n\r\n"
       "GET /b HTTP/1.1\r\n\r\n",
       "3 /a abcde|0 /b |"},
      {"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "3 /a |"},
      {"PUT /a HTTP/1.1\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nab", "3 /a ab|"},
      {"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc", "more"},
      {"GET /a HTTP/1.1\r\nHost", "more"},
      {many, all},
      // One meaning per request, or none.
      {"POST /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", "400"},
      {"POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400"},
      {"POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400"},
      {"POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST /a HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", "400"},
      {"POST /a HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", "400"},
      {"POST /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
      {"POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"},
      {"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
      {"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n", "400"},
      {"GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"GET /a HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "400"},
      {"GET /a HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
      {"GET /a HTTP/2.0\r\n\r\n", "505"},
      {"GET /a\r\n\r\n", "400"},
      {"\x16\x03\x01garbage\r\n\r\n", "400"},
      {"GET /a HTTP/1.1\r\nExpect: cake\r\n\r\n", "417"},
  };
  for (const auto& [bytes, expected] : cases) {
    for (const std::size_t chunk : {bytes.size(), std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
      EXPECT_EQ(decode(bytes, chunk), expected) << "chunks of " << chunk << ": " << bytes;
    }
  }
}

TEST(HttpDecoder, AsksForABodyThatWaitsForIt) {
  const std::string_view head =
      "PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(decode(std::string{head} + "ab", head.size()), "100|3 /a ab|");
  EXPECT_EQ(decode(std::string{head} + "ab", 1), "100|3 /a ab|");
  EXPECT_EQ(decode(std::string{head} + "ab", 1000), "3 /a ab|");
}

TEST(HttpDecoder, HoldsItsLimits) {
  HttpLimits limits;
  limits.target_bytes_max = 100;
  limits.header_bytes_max = 1000;
  limits.header_count_max = 5;
  limits.body_bytes_max = 50;
  const auto repeat = [](std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  const auto target = [&](std::size_t size) {
    return "GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\n\r\n";
  };
  const auto body = [&](std::size_t size) {
    return fmt::format("PUT / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", size,
                       std::string(size, 'x'));
  };
  const std::string chunked = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  struct Case {
    std::string bytes;
    std::string end;  ///< Of what decode() tells.
  };
  const std::vector<Case> cases{
      {target(100), "|"},
      {target(101), "414"},
      {"GET /" + std::string(100'000, 'x'), "414"},
      {"GET / HTTP/1.1\r\nA: " + std::string(800, 'x') + "\r\n\r\n", "|"},
      {"GET /" + std::string(90, 'x') + " HTTP/1.1\r\nA: " + std::string(800, 'x') + "\r\n\r\n",
       "|"},
      {"GET / HTTP/1.1\r\nA: " + std::string(977, 'x') + "\r\n\r\n", "|"},  // 1000 bytes.
      {"GET / HTTP/1.1\r\nA: " + std::string(978, 'x') + "\r\n\r\n", "431"},
      {"GET / HTTP/1.1\r\nA: " + std::string(100'000, 'x'), "431"},
      {"GET / HTTP/1.1\r\n" + repeat("A: b\r\n", 5) + "\r\n", "|"},
      {"GET / HTTP/1.1\r\n" + repeat("A: b\r\n", 6) + "\r\n", "431"},
      {"GET / HTTP/1.1\r\n" + repeat("A: b\r\n", 10'000), "431"},
      {body(50), "|"},
      {body(51), "413"},
      {"PUT / HTTP/1.1\r\nContent-Length: 8589934592\r\n\r\n", "413"},
      {chunked + repeat("5\r\nabcde\r\n", 10) + "0\r\n\r\n", "|"},
      {chunked + repeat("5\r\nabcde\r\n", 11) + "0\r\n\r\n", "413"},
      {chunked + "ffffffff\r\n", "413"},
      {chunked + "1;" + std::string(100'000, 'x'), "400"},
      {chunked + "0\r\nT: " + std::string(100'000, 'x'), "400"},
  };
  for (const auto& [bytes, end] : cases) {
    for (const std::size_t chunk : {bytes.size(), std::size_t{97}, std::size_t{1}}) {
      const auto seen = decode(bytes, chunk, limits);
      EXPECT_TRUE(seen.ends_with(end)) << bytes.substr(0, 60) << " gave " << seen.substr(0, 60);
    }
  }
}

TEST(HttpDecoder, GivesTheHeadersThatAriUses) {
  const std::string_view bytes =
      "GET /ari/events?app=a HTTP/1.1\r\nhost: pbx:80\r\nAUTHORIZATION: Basic x\r\nOrigin: o\r\n"
      "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: k\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ari\r\nContent-Type: t\r\n"
      "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: a, b\r\n"
      "Empty:\r\n\r\nrest";
  HttpDecoder decoder{HttpLimits{}};
  const auto space = decoder.prepare();
  std::memcpy(space.data(), bytes.data(), bytes.size());
  decoder.commit(bytes.size());
  ASSERT_EQ(decoder.next(), Status::request);
  const auto& request = decoder.request();
  EXPECT_EQ(request.method, Method::get);
  EXPECT_EQ(request.target, "/ari/events?app=a");
  EXPECT_EQ(request.host, "pbx:80");
  EXPECT_EQ(request.authorization, "Basic x");
  EXPECT_EQ(request.origin, "o");
  EXPECT_EQ(request.content_type, "t");
  EXPECT_EQ(request.access_control_request_method, "PUT");
  EXPECT_EQ(request.access_control_request_headers, "a, b");
  EXPECT_EQ(request.websocket_key, "k");
  EXPECT_EQ(request.websocket_version, "13");
  EXPECT_EQ(request.websocket_protocols, "ari");
  EXPECT_TRUE(request.upgrade);
  EXPECT_EQ(decoder.take_rest(), "rest");
}

}  // namespace
}  // namespace arigate::io
