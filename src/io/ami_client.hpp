#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ami/decoder.hpp"
#include "ami/dialect.hpp"
#include "ami/login.hpp"
#include "io/tls.hpp"
#include "ops/eventual.hpp"
#include "ops/ports.hpp"
#include "trace/tap.hpp"

namespace arigate::io {

struct AmiClientOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 5038;
  ami::Credentials credentials;
  std::optional<TlsOptions> tls;                     ///< nullopt: plain TCP.
  std::chrono::milliseconds connect_timeout{5'000};  ///< Also for banner and login, each.
  std::chrono::milliseconds ping_interval{5'000};    ///< Ping when nothing came for so long.
  std::chrono::milliseconds silence_max{15'000};     ///< Give the link up after that.
  std::chrono::milliseconds reconnect_min{100};
  std::chrono::milliseconds reconnect_max{5'000};
  std::chrono::milliseconds refused_wait{5'000};  ///< Wrong secret: no faster than this.
  trace::Tap* tap = nullptr;                      ///< Is told all that goes over the link.
};

/// Who is told what the AMI link does. Called on the core thread; must not block.
class AmiOwner {
 public:
  virtual ~AmiOwner() = default;
  /// Logged in; the dialect is known. Events may come from now on.
  virtual void link_up(const ami::Dialect& dialect, const std::string& version) = 0;
  virtual void link_down() = 0;
  /// A connection could not be made, or the login was refused, or the link was lost; the next try
  /// follows by itself.
  virtual void link_failed(const Error&) {}
  /// All but the answers to our actions; also what is no whole event.
  virtual void event(const ami::Message& message) = 0;
  /// Everything that one read brought has been given to event().
  virtual void batch_end() = 0;
};

/// The connection to the PBX's manager interface: connects, logs in, reads, and starts again for
/// ever, with growing and jittered pauses. Reading never waits for anything that is done with what
/// was read.
///
///   connecting --banner--> logging in --Success--> up --end of file, error, silence--> pause
///        ^------------------------------------------------------------------------------|
class AmiClient : public ops::AmiPort {
 public:
  static constexpr std::size_t read_bytes = std::size_t{256} * 1024;
  static constexpr std::size_t pending_max = 20'000;  ///< Actions without an answer yet.
  static constexpr std::size_t unsent_bytes_max = std::size_t{4} * 1024 * 1024;
  static constexpr std::size_t list_items_max = 200'000;

  AmiClient(boost::asio::any_io_executor executor, AmiClientOptions options, AmiOwner& owner,
            const Clock& clock);
  ~AmiClient() override;

  void start();
  /// Closes the connection, which the PBX takes as a logoff, and does not come back.
  void stop();
  /// Until its coroutine has ended, which takes a few turns of the event loop behind stop().
  bool running() const { return running_; }

  boost::asio::awaitable<Result<ami::Message>> request(ami::Action action, TimePoint deadline,
                                                       std::string action_id) override;
  boost::asio::awaitable<Result<ami::Message>> request_then(
      ami::Action action, TimePoint deadline, std::function<void()> on_success) override;
  boost::asio::awaitable<Result<std::vector<ami::Message>>> list(ami::Action action,
                                                                 TimePoint deadline) override;
  void post(ami::Action action) override;
  const ami::Dialect& dialect() const override { return dialect_; }
  bool up() const override { return up_; }
  const std::string& version() const { return version_; }
  /// Our own address on the link, as the PBX sees it; "127.0.0.1" while it is down.
  std::string local_address() const;
  /// What the host's name stood for when a connection was last made or tried.
  const std::vector<boost::asio::ip::address>& addresses() const { return addresses_; }

 private:
  struct Pending {
    bool is_list = false;
    std::vector<ami::Message> items;
    std::function<void()> on_success;
    ops::Eventual<Result<ami::Message>> response;
  };

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<Error> one_connection();
  std::chrono::milliseconds jittered_wait(const Error& why, std::chrono::milliseconds pause);
  void end_connection();
  std::function<void(const std::exception_ptr&)> or_end_connection(std::string_view task);
  struct Tls;

  boost::asio::awaitable<Result<void>> connect();
  boost::asio::awaitable<Result<void>> shake_hands();
  boost::asio::awaitable<std::size_t> read(std::span<char> room, boost::system::error_code& error);
  boost::asio::awaitable<void> write(std::string_view bytes, boost::system::error_code& error);
  boost::asio::awaitable<Result<void>> log_in();
  boost::asio::awaitable<Result<const ami::Message*>> next_message(TimePoint deadline);
  boost::asio::awaitable<void> keep_alive(std::shared_ptr<bool> alive);
  boost::asio::awaitable<void> write_loop();
  boost::asio::awaitable<Result<ami::Message>> wait_for(std::string action_name, std::string id,
                                                        std::shared_ptr<Pending> pending,
                                                        TimePoint deadline);
  void dispatch(const ami::Message& message);
  void tell_cuts();
  Result<std::string> send(const ami::Action& action, std::string action_id);
  void drop_link();
  void tell(trace::Direction dir, trace::Line::What what, std::string_view bytes = {});

  boost::asio::any_io_executor executor_;
  AmiClientOptions options_;
  AmiOwner& owner_;
  const Clock& clock_;
  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<Tls> tls_;  // Of this connection; shared with what reads and writes.
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer ping_timer_;
  ami::Decoder decoder_;
  ami::Dialect dialect_;
  std::string version_;
  std::string unsent_;
  bool writing_ = false;
  bool up_ = false;
  bool stopped_ = false;
  bool running_ = false;
  TimePoint last_byte_{};
  std::size_t stray_responses_ = 0;
  std::size_t cuts_told_ = 0;  ///< Of this connection.
  std::vector<boost::asio::ip::address> addresses_;
  std::shared_ptr<bool> alive_;  // Of this connection: false when it is over.
  /// Not to be guessed: old PBXs let a caller's text forge an answer.
  std::string action_prefix_;
  std::uint64_t next_action_ = 1;
  std::unordered_map<std::string, std::shared_ptr<Pending>> pending_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace arigate::io
