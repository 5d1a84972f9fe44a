#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sim/recorded_answers.hpp"
#include "sim/recorded_script.hpp"

namespace arigate::sim {

struct RecordedPbxOptions {
  boost::asio::ip::tcp::endpoint listen;   ///< For AMI; port 0 takes a free one.
  boost::asio::ip::tcp::endpoint fastagi;  ///< Where the application's FastAGI server is.
  double speed = 1;                        ///< Times the recorded pace; 0: as fast as it goes.
  /// Go on behind a recorded action when the client has asked it too: its pace, not the recorded.
  bool wait_for_actions = false;
  /// For the next recorded command of a FastAGI connection to be asked when it is due; then its end
  /// comes without it.
  std::chrono::milliseconds patience{5'000};
  std::size_t clients_max = 1'000;
  /// Is told what the capture does not hold, or cannot do.
  std::function<void(const std::string&)> failed;
  /// Everything is played.
  std::function<void()> ended;
};

/// A capture plays the PBX. AMI clients are let in with any user and secret. From the first login
/// on events come at the recorded pace, to every client that wants them, and FastAGI connections
/// are made; what a client asks is answered as it was recorded.
class RecordedPbx {
 public:
  RecordedPbx(boost::asio::any_io_executor executor, RecordedScript script,
              RecordedPbxOptions options);
  ~RecordedPbx();

  /// Errc::unavailable: the address cannot be bound.
  Result<void> start();
  void stop();
  std::uint16_t port() const { return port_; }

 private:
  class Client;
  class Session;

  boost::asio::awaitable<void> accept(std::shared_ptr<bool> stopped);
  /// Something of the capture that happens at its time.
  struct Moment {
    enum class What : std::uint8_t { event, session, action };
    std::int64_t t_us = 0;
    What what = What::event;
    std::size_t index = 0;
  };

  std::vector<Moment> moments() const;
  boost::asio::awaitable<void> play(std::shared_ptr<bool> stopped);
  boost::asio::awaitable<void> play_moment(Moment moment, std::shared_ptr<bool> stopped);
  boost::asio::awaitable<void> wait_for_action(const RecordedAction& action,
                                               std::shared_ptr<bool> stopped);
  boost::asio::awaitable<void> wait_for_readers(std::shared_ptr<bool> stopped);
  boost::asio::awaitable<void> sleep_until(std::chrono::steady_clock::time_point due);
  std::chrono::steady_clock::time_point due_of(std::int64_t t_us) const {
    return begun_ + scaled(t_us - script_.begin_us);
  }
  void begin();
  void send_event(const RecordedEvent& event);
  void fail(const std::string& what) const { options_.failed(what); }
  std::chrono::microseconds scaled(std::int64_t us) const;

  boost::asio::any_io_executor executor_;
  RecordedScript script_;
  RecordedPbxOptions options_;
  RecordedAnswers answers_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer pause_;  ///< Of accept().
  std::set<std::shared_ptr<Client>> clients_;
  std::set<std::shared_ptr<Session>> sessions_;
  std::chrono::steady_clock::time_point begun_{};
  bool playing_ = false;
  std::uint16_t port_ = 0;
  std::shared_ptr<bool> stopped_ = std::make_shared<bool>(false);  ///< Coroutines may outlive us.
};

}  // namespace arigate::sim
