#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/pbx.hpp"

namespace arigate::sim {

struct DemoSettings {
  std::string fastagi = "127.0.0.1:4573";  ///< "host:port" that the dialplan points at.
  std::uint16_t ami_port = 0;              ///< 0: any free one.
  Version version = Version::asterisk_11;
  double speed = 1.0;
  /// Alice calls the application this often, whenever no call of hers is up. Empty: only when
  /// somebody types "call".
  std::optional<std::chrono::seconds> call_every{};
};

/// The simulated PBX of `arigate demo`, with a small console for the person who watches.
class Demo {
 public:
  static constexpr std::string_view ami_user = "arigate";
  static constexpr std::string_view ami_secret = "arigate";
  static constexpr std::string_view application = "demo";

  Demo(boost::asio::any_io_executor executor, DemoSettings settings);
  ~Demo();
  Demo(const Demo&) = delete;
  Demo& operator=(const Demo&) = delete;

  std::uint16_t ami_port() const { return pbx_->ami_port(); }
  Pbx& pbx() { return *pbx_; }

  /// What the phones do that is worth a line on the screen ("alice: answered").
  void on_news(std::function<void(std::string_view line)> callback) { news_ = std::move(callback); }

  /// One line that the person typed; what to print, lines that end in LF. Knows the words of
  /// demo_commands(); anything else goes to the command line of the PBX.
  std::string command(std::string_view line);

 private:
  std::string call(std::string_view phone, std::string_view exten);
  std::string show_phones() const;
  void watch(const std::shared_ptr<Call>& call, const std::string& phone);
  void schedule();
  void tell(const std::string& line) const {
    if (news_) news_(line);
  }

  std::unique_ptr<Pbx> pbx_;
  std::optional<std::chrono::seconds> call_every_;
  boost::asio::steady_timer timer_;
  std::function<void(std::string_view)> news_;
  std::string last_phone_ = "SIP/alice";
  /// Callbacks of calls outlive this object when the executor does; they look here first.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Where the ARI of the demo is, for the text that greets the person.
struct DemoAddress {
  std::string url;  ///< "http://127.0.0.1:8088"
  std::string user;
  std::string password;
};

/// The greeting: URL, credentials, and lines to copy for curl, a WebSocket client and node.
std::string demo_greeting(const DemoAddress& address);

/// The words of the console, one a line.
std::string demo_commands();

}  // namespace arigate::sim
