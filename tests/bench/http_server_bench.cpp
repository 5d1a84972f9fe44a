// Serves ARI-shaped answers from memory for load tools, so that what is measured is the server:
//   http_server_bench PORT [CHANNELS]
//   wrk -t1 -c8 -d4s -H 'Authorization: Basic dTpw' http://127.0.0.1:PORT/ari/channels/1700000000.7
// POST /ari/events/user/storm?count=N&rate=R sends N events of about 400 bytes, R in a second, to
// every WebSocket client. Past what a client reads its queue fills and it is reset.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "ari/replies.hpp"
#include "io/http_server.hpp"

namespace {

using namespace arigate;

std::string channel_json(std::size_t number) {
  const auto id = "1700000000." + std::to_string(number);
  return R"({"id":")" + id + R"(","name":"PJSIP/trunk-)" + std::to_string(number) +
         R"(","state":"Up","protocol_id":"","caller":{"name":"Alice","number":"1000"},)"
         R"("connected":{"name":"","number":""},"accountcode":"","dialplan":{"context":"default",)"
         R"("exten":"100","priority":2,"app_name":"Stasis","app_data":"demo"},)"
         R"("creationtime":"2026-11-24T01:33:58.476+0000","language":"en"})";
}

/// Writes a storm in turns of the event loop, as events of a busy PBX come.
class Storm : public ari::EventSocketOwner {
 public:
  explicit Storm(boost::asio::io_context& context) : context_{context} {}

  std::optional<ari::Response> refuse(const ari::Request& request) override {
    if (request.param("app").value_or("").empty()) {
      return ari::html_response(400, "HTTP request is missing param: [app]");
    }
    return std::nullopt;
  }
  void opened(std::shared_ptr<ari::EventSocket> socket, const ari::Request&) override {
    sockets_.push_back(std::move(socket));
  }
  void received(ari::EventSocket&, std::string_view) override {}
  void closed(ari::EventSocket& socket) override {
    std::erase_if(sockets_, [&](const auto& held) { return held.get() == &socket; });
  }

  void start(long count, long rate) {
    count_ = count;
    rate_ = rate;
    sent_ = 0;
    begun_ = std::chrono::steady_clock::now();
    boost::asio::post(context_, [this] { turn(); });
  }

 private:
  void turn() {
    static const std::string event = R"({"type":"ChannelVarset","variable":"X","value":"1",)"
                                     R"("channel":)" +
                                     channel_json(1) + "}";
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begun_;
    const auto due =
        std::min(count_, static_cast<long>(since.count() * static_cast<double>(rate_)));
    for (; sent_ < due; ++sent_) {
      for (const auto& socket : sockets_) socket->send(event);
    }
    if (sent_ < count_) boost::asio::post(context_, [this] { turn(); });
  }

  boost::asio::io_context& context_;
  std::vector<std::shared_ptr<ari::EventSocket>> sockets_;
  std::chrono::steady_clock::time_point begun_;
  long count_ = 0;
  long rate_ = 0;
  long sent_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto channels = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 500;
  std::string list = "[";
  for (std::size_t i = 0; i < channels; ++i) {
    if (i > 0) list += ',';
    list += channel_json(i);
  }
  list += ']';

  boost::asio::io_context context{1};
  Storm storm{context};
  ari::Users users{{{"u", Secret{"p"}}}};
  ari::Router router{{}, users};
  router.on(ari::Operation::asterisk_ping, [](const ari::Request&) {
    return ari::Response{200, R"({"ping":"pong","timestamp":"2026-11-24T01:33:58.476+0000",)"
                              R"("asterisk_id":"02:fc:00:00:00:01"})"};
  });
  router.on(ari::Operation::channels_get, [](const ari::Request&) {
    return ari::Response{200, channel_json(7)};
  });
  router.on(ari::Operation::channels_list, [&](const ari::Request&) {
    return ari::Response{200, list};
  });
  router.on(ari::Operation::events_user_event, [&](const ari::Request& request) {
    storm.start(request.integer("count")->value_or(0), request.integer("rate")->value_or(100'000));
    return ari::Response{};
  });
  io::HttpServerOptions options;
  options.port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
  io::HttpServer server{context, options, router, storm};
  if (const auto listening = server.listen(); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().detail.c_str());
    return 1;
  }
  boost::asio::signal_set signals{context, SIGINT, SIGTERM};
  signals.async_wait([&](auto, auto) { context.stop(); });
  std::printf("port %u, list of %zu bytes\n", server.port(), list.size());
  std::fflush(stdout);
  context.run();
  return 0;
}
