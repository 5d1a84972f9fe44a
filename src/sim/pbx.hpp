#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/options.hpp"

namespace arigate::sim {

class Exchange;
class AmiServer;
struct Channel;

/// A call that a script made, or a leg of one that it looked up: the person at the phone.
/// It stays valid when the channel has ended; everything is then a no-op.
class Call {
 public:
  Call(std::shared_ptr<Exchange> exchange, std::shared_ptr<Channel> channel)
      : exchange_{std::move(exchange)}, channel_{std::move(channel)} {}

  const std::string& channel() const;
  const std::string& uniqueid() const;
  bool up() const;
  bool ended() const;
  int cause() const;  ///< Of the hangup, once it has ended.

  /// Presses keys, 100 ms each with 100 ms between.
  void press(std::string digits);
  void hang_up();

  /// Called once when the call is answered; when it has ended; for each digit that it hears.
  void on_answer(std::function<void()> callback);
  void on_end(std::function<void(int cause)> callback);
  void on_digit(std::function<void(char digit)> callback);

 private:
  std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<Channel> channel_;
};

struct CallOrder {
  std::string endpoint{};  ///< "SIP/alice": it must be one of Options::endpoints.
  std::string exten{};
  std::string context{};  ///< "": the one of the endpoint.
};

/// How a connection is cut.
enum class Cut {
  fin,        ///< Closed in an orderly way.
  rst,        ///< Reset.
  mid_event,  ///< In the middle of the next event.
};

/// A simulated PBX on one executor: AMI as a server, FastAGI as a client. All functions must be
/// called on that executor's thread (post to it from elsewhere). Destroying it ends everything
/// that it runs.
class Pbx {
 public:
  Pbx(boost::asio::any_io_executor executor, Options options);
  ~Pbx();
  Pbx(const Pbx&) = delete;
  Pbx& operator=(const Pbx&) = delete;

  std::uint16_t ami_port() const;

  /// A phone calls an extension. null: no such endpoint, or the PBX is full.
  std::shared_ptr<Call> place_call(const CallOrder& order);
  /// A channel by name or unique id, e.g. one that an Originate made. null: there is none.
  std::shared_ptr<Call> find_call(std::string_view name_or_uniqueid) const;
  /// Live calls of a phone.
  std::vector<std::shared_ptr<Call>> calls_of(std::string_view endpoint) const;
  std::size_t channel_count() const;
  /// Members of all conferences.
  std::size_t conference_members() const;

  /// Types a command at the PBX's own console; what it prints.
  std::string command(std::string_view line);
  const std::vector<Endpoint>& endpoints() const;
  /// Changes how a phone reacts from now on.
  void set_endpoint(const Endpoint& endpoint);
  /// The phone (un)registers, with its PeerStatus event.
  void set_registered(std::string_view endpoint, bool registered);
  /// The value of a global variable; "" when it is not set.
  std::string global(std::string_view name) const;
  void set_global(std::string_view name, std::string_view value);

  // Faults
  void cut_ami(Cut how);
  void refuse_ami(bool refuse);  ///< New connections are refused; the old ones stay.
  void stall_ami(bool stall);    ///< The sockets stay open and nothing moves.
  void delay_answers(std::chrono::milliseconds delay);
  void reject_logins(bool reject);
  /// Events for which `lose` says true are never sent; an empty function ends it.
  void lose_events(std::function<bool(std::string_view event)> lose);
  void close_agi(bool reset);
  /// Crashes and comes up again: all links and channels are gone, a new start time.
  void restart();
  std::size_t ami_sessions() const;

 private:
  std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<AmiServer> server_;
};

}  // namespace arigate::sim
