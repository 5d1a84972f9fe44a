#include "sim/ami_server.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace arigate::sim {

using boost::asio::ip::tcp;

AmiServer::AmiServer(ExchangePtr exchange)
    : exchange_{std::move(exchange)},
      endpoint_{boost::asio::ip::make_address(exchange_->options().bind),
                exchange_->options().ami_port},
      acceptor_{exchange_->executor()} {}

void AmiServer::open() {
  if (acceptor_.is_open()) return;
  acceptor_.open(endpoint_.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address{true});
  acceptor_.bind(endpoint_);
  acceptor_.listen();
  endpoint_ = acceptor_.local_endpoint();  // The port is the same when it opens again.
  exchange_->spawn("ami acceptor", shared_from_this()->accept_loop());
}

boost::asio::awaitable<void> AmiServer::accept_loop() {
  const auto self = shared_from_this();
  while (acceptor_.is_open()) {
    boost::system::error_code error;
    tcp::socket socket{exchange_->executor()};
    co_await acceptor_.async_accept(socket,
                                    boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) continue;  // Closed, or the client went away again.
    socket.set_option(tcp::no_delay{true}, error);
    auto session = std::make_shared<AmiSession>(exchange_, faults_, std::move(socket));
    std::erase_if(sessions_, [](const auto& old) { return old.expired(); });
    sessions_.push_back(session);
    exchange_->spawn("ami session", session->run());
  }
}

void AmiServer::refuse() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

void AmiServer::close_sessions(bool reset) {
  for (const auto& weak : sessions_) {
    if (const auto session = weak.lock()) session->close(reset);
  }
}

void AmiServer::fault_changed() {
  for (const auto& weak : sessions_) {
    if (const auto session = weak.lock()) session->fault_changed();
  }
}

std::size_t AmiServer::session_count() const {
  std::size_t count = 0;
  for (const auto& weak : sessions_) count += weak.expired() ? 0 : 1;
  return count;
}

}  // namespace arigate::sim
