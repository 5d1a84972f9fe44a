#include "io/ari_observer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "trace/capture_writer.hpp"

namespace arigate::io {
namespace {

class LineTap : public trace::Tap {
 public:
  void record(trace::Line line) override { text += trace::to_json(line); }
  std::string text;
};

struct Said {
  bool by_client;
  std::string bytes;
};

/// What is recorded of a conversation, cut into pieces of `size` bytes.
std::string recorded(const std::vector<Said>& conversation, std::size_t size) {
  LineTap tap;
  AriTap ari{tap};
  AriObserver observer{ari};
  observer.connected();
  for (const auto& said : conversation) {
    for (std::size_t at = 0; at < said.bytes.size(); at += size) {
      observer.data(said.by_client, std::string_view{said.bytes}.substr(at, size));
    }
  }
  observer.eof(false);
  observer.closed("");
  return tap.text;
}

void expect_recorded(const std::vector<Said>& conversation, std::string_view lines) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    EXPECT_EQ(recorded(conversation, size), lines) << "pieces of " << size;
  }
}

TEST(AriObserver, RecordsRequestsAndTheirReplies) {
  expect_recorded(
      {{true,
        "POST /ari/channels?endpoint=SIP%2Fbob HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
        "GET /httpstatus HTTP/1.1\r\n\r\nGET /x/ari/channels HTTP/1.1\r\n\r\n"},
       {false,
        "HTTP/1.1 100 Continue\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-type: application/json\r\nContent-Length: 2\r\n\r\n[]"
        "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
        "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"}},
      R"({"t":0,"link":"ari-rest","dir":">pbx","req":1,"method":"POST","path":"/channels?endpoint=SIP%2Fbob","data":"{}"})"
      "\n"
      R"({"t":0,"link":"ari-rest","dir":">pbx","req":2,"method":"GET","path":"/channels"})"
      "\n"
      R"({"t":0,"link":"ari-rest","dir":"pbx>","req":1,"method":"POST","path":"/channels?endpoint=SIP%2Fbob","status":200,"reason":"OK","ctype":"application/json","location":null,"data":"[]"})"
      "\n"
      R"({"t":0,"link":"ari-rest","dir":"pbx>","req":2,"method":"GET","path":"/channels","status":404,"reason":"Not Found","ctype":null,"location":null,"data":"x"})"
      "\n");
}

const std::string upgrade =
    "GET /ari/events?app=a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

TEST(AriObserver, RecordsAWebSocket) {
  const std::string big(300, 'x');
  const std::string masked_close{"\x88\x82\x01\x02\x03\x04\x02\xEA", 8};  // 1000
  expect_recorded(
      {{true, upgrade},
       {false,
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\n\r\n"},
       {false, std::string{"\x81\x02{}"}},
       {false, std::string{"\x01\x01"} + "a" + std::string{"\x89\x00", 2} + "\x80\x01" + "b"},
       {false, std::string{"\x81\x7E\x01\x2C"} + big},
       {true, std::string{"\x81\x81\x01\x02\x03\x04", 6} + static_cast<char>('c' ^ 1)},
       {true, masked_close},
       {false, std::string{"\x88\x02\x03\xE8", 4}}},
      R"({"t":0,"link":"ari-ws","dir":">pbx","event":"open","path":"/ari/events?app=a"})"
      "\n"
      R"({"t":0,"link":"ari-ws","dir":"pbx>","data":"{}"})"
      "\n"
      R"({"t":0,"link":"ari-ws","dir":"pbx>","data":"ab"})"
      "\n"
      R"({"t":0,"link":"ari-ws","dir":"pbx>","data":")" +
          big +
          R"("})"
          "\n"
          R"({"t":0,"link":"ari-ws","dir":">pbx","data":"c"})"
          "\n"
          R"({"t":0,"link":"ari-ws","dir":">pbx","event":"close","data64":"A+g="})"
          "\n"
          R"({"t":0,"link":"ari-ws","dir":"pbx>","event":"close","data64":"A+g="})"
          "\n");
}

TEST(AriObserver, AnUpgradeThatIsRefusedIsARequest) {
  expect_recorded(
      {{true, upgrade},
       {false, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"},
       {true, "GET /ari/channels HTTP/1.1\r\n\r\n"}},
      R"({"t":0,"link":"ari-rest","dir":">pbx","req":1,"method":"GET","path":"/events?app=a"})"
      "\n"
      R"({"t":0,"link":"ari-rest","dir":"pbx>","req":1,"method":"GET","path":"/events?app=a","status":401,"reason":"Unauthorized","ctype":null,"location":null,"data":""})"
      "\n"
      R"({"t":0,"link":"ari-rest","dir":">pbx","req":2,"method":"GET","path":"/channels"})"
      "\n");
}

TEST(AriObserver, ABodyWithoutALengthEndsWithTheConnection) {
  expect_recorded(
      {{true, "GET /ari/channels HTTP/1.0\r\n\r\n"}, {false, "HTTP/1.0 200 OK\r\n\r\n[]"}},
      R"({"t":0,"link":"ari-rest","dir":">pbx","req":1,"method":"GET","path":"/channels"})"
      "\n"
      R"({"t":0,"link":"ari-rest","dir":"pbx>","req":1,"method":"GET","path":"/channels","status":200,"reason":"OK","ctype":null,"location":null,"data":"[]"})"
      "\n");
}

TEST(AriObserver, OnlySoManyRequestsWaitForTheirReplies) {
  for (const std::size_t count : {AriObserver::requests_max, AriObserver::requests_max + 1}) {
    std::string requests;
    for (std::size_t i = 0; i < count; ++i) requests += "GET /ari/channels HTTP/1.1\r\n\r\n";
    const auto lines = recorded(
        {{true, requests}, {false, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"}},
        100'000);
    const bool followed = lines.find(R"("status":204)") != lines.npos;
    EXPECT_EQ(followed, count == AriObserver::requests_max);
  }
}

TEST(AriObserver, WhatIsNotHttpIsLetPass) {
  EXPECT_EQ(recorded({{true, "\x16\x03\x01 TLS\r\n\r\n"}, {false, "nonsense\r\n\r\n"}}, 100), "");
  EXPECT_EQ(recorded({{false, "HTTP/1.1 200 OK\r\n\r\n"}}, 100), "") << "nobody has asked";
}

TEST(FrameCutter, AnEndlessMessageIsGivenUp) {
  FrameCutter cutter;
  cutter.feed(std::string{"\x81\x7F\x00\x00\x00\x01\x00\x00\x00\x00", 10});
  EXPECT_FALSE(cutter.next());
  EXPECT_TRUE(cutter.too_long());
}

}  // namespace
}  // namespace arigate::io
