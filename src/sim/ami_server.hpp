#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <vector>

#include "sim/ami_session.hpp"

namespace arigate::sim {

/// Listens for manager connections and keeps the sessions.
class AmiServer : public std::enable_shared_from_this<AmiServer> {
 public:
  explicit AmiServer(ExchangePtr exchange);

  /// Binds and listens; throws when the port is taken.
  void open();
  /// Nobody gets in any more; sessions stay.
  void refuse();
  void close_sessions(bool reset);
  std::uint16_t port() const { return endpoint_.port(); }

  AmiFaults& faults() { return *faults_; }
  void fault_changed();
  std::size_t session_count() const;

 private:
  boost::asio::awaitable<void> accept_loop();

  ExchangePtr exchange_;
  std::shared_ptr<AmiFaults> faults_ = std::make_shared<AmiFaults>();
  boost::asio::ip::tcp::endpoint endpoint_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<std::weak_ptr<AmiSession>> sessions_;
};

}  // namespace arigate::sim
