#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sim/ami_action.hpp"
#include "sim/event_hub.hpp"
#include "sim/exchange.hpp"
#include "sim/signal.hpp"

namespace arigate::sim {

/// Misbehaviour of the manager interface, for tests of whoever talks to it.
struct AmiFaults {
  bool reject_logins = false;
  bool stalled = false;  ///< Connections stay, nothing is read, executed or written.
  std::chrono::milliseconds answer_delay{0};
  std::function<bool(std::string_view event)> lose_event;  ///< True: it is never sent.
  bool cut_in_next_event = false;  ///< Half of it goes out, then the connection ends.
};

/// One manager connection, from the banner to the end.
class AmiSession : public EventReader,
                   public AmiOutput,
                   public std::enable_shared_from_this<AmiSession> {
 public:
  static constexpr std::size_t output_bytes_max = std::size_t{8} * 1024 * 1024;

  AmiSession(ExchangePtr exchange, std::shared_ptr<AmiFaults> faults,
             boost::asio::ip::tcp::socket socket)
      : exchange_{std::move(exchange)}, faults_{std::move(faults)}, socket_{std::move(socket)} {}
  ~AmiSession() override;

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> write_loop();

  void on_event(Privilege privilege, std::string_view bytes) override;
  void send(std::string bytes) override;

  /// `reset`: RST instead of FIN.
  void close(bool reset = false);
  void fault_changed() { output_changed_.notify(); }

 private:
  boost::asio::awaitable<void> handle(Request request);
  boost::asio::awaitable<void> login(ActionCall call);
  boost::asio::awaitable<void> read_requests();
  void challenge(const ActionCall& call);
  void set_events(const ActionCall& call);
  bool proves(const AmiUser& user, const Request& request) const;
  void close_when_sent() {
    closing_ = true;
    output_changed_.notify();
  }

  ExchangePtr exchange_;
  std::shared_ptr<AmiFaults> faults_;
  boost::asio::ip::tcp::socket socket_;
  const AmiUser* user_ = nullptr;
  Privilege reads_;
  Privilege writes_;
  Privilege event_mask_ = privilege::all;
  std::string challenge_;
  std::deque<std::string> output_;
  std::size_t output_bytes_ = 0;
  bool in_action_ = false;
  std::vector<std::string> held_events_;  ///< Until the action is answered.
  Signal output_changed_;
  bool closing_ = false;
  bool closed_ = false;
};

/// Lower-case hex of MD5.
std::string md5_hex(std::string_view text);

}  // namespace arigate::sim
