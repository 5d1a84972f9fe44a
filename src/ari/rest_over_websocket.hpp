#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ari/applications.hpp"
#include "ari/event_socket.hpp"
#include "ari/router.hpp"

namespace arigate::ari {

/// REST requests that come as messages (RESTRequest) over the WebSocket of an application, and
/// their answers (RESTResponse). It stands between the sockets and the applications.
///
/// The requests of one socket are carried out one after the other, as natively, with the rights
/// that the user who opened it has by then.
class RestOverWebSocket : public EventSocketOwner {
 public:
  // The requests that wait on one socket; with more it is closed.
  static constexpr std::size_t waiting_max = 1'000;
  static constexpr std::size_t waiting_bytes_max = std::size_t{4} * 1024 * 1024;

  RestOverWebSocket(boost::asio::any_io_executor executor, Applications& applications,
                    Router& router, const EventWriter& writer, const Clock& clock)
      : executor_{std::move(executor)},
        applications_{applications},
        router_{router},
        writer_{writer},
        clock_{clock} {}

  std::optional<Response> refuse(const Request& request) override {
    return applications_.refuse(request);
  }
  void opened(std::shared_ptr<EventSocket> socket, const Request& request) override;
  void received(EventSocket& socket, std::string_view text) override;
  void closed(EventSocket& socket) override;

 private:
  struct Client {
    EventSocket* socket;  ///< nullptr once it is closed.
    Identity identity;
    std::deque<std::string> waiting;
    std::size_t waiting_bytes = 0;
    bool running = false;
  };
  /// What an answer repeats of its request.
  struct Echo {
    std::string transaction_id, request_id, uri;
  };
  struct Order;

  boost::asio::awaitable<void> work(std::shared_ptr<Client> client);
  boost::asio::awaitable<void> serve(std::shared_ptr<Client> client, std::string text);
  boost::asio::awaitable<Response> carry_out(Order order, Identity identity, EventSocket* via);
  void answer(Client& client, const Echo& echo, std::string_view reason, const Response& response);

  boost::asio::any_io_executor executor_;
  Applications& applications_;
  Router& router_;
  const EventWriter& writer_;
  const Clock& clock_;
  std::unordered_map<EventSocket*, std::shared_ptr<Client>> clients_;
};

}  // namespace arigate::ari
