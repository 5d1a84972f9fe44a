#pragma once

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace arigate::test {

/// A manager interface of which a test writes every byte. It answers what the program asks at a
/// login and for a list; its channels are what the test says.
class ScriptedPbx {
 public:
  using tcp = boost::asio::ip::tcp;

  explicit ScriptedPbx(std::string version) : version_{std::move(version)} {
    boost::asio::co_spawn(context_, serve(), boost::asio::detached);
    thread_ = std::thread{[this] { context_.run(); }};
  }
  ~ScriptedPbx() {
    context_.stop();
    thread_.join();
  }
  ScriptedPbx(const ScriptedPbx&) = delete;
  ScriptedPbx& operator=(const ScriptedPbx&) = delete;

  std::uint16_t port() const { return port_; }

  /// Channels of the lists from now on: uniqueid and the row's headers behind its ids.
  void set_channels(std::map<std::string, std::string> rows) {
    ask([&] { rows_ = std::move(rows); });
  }
  /// What is sent between the rows of the next lists.
  void set_during_list(std::string bytes) {
    ask([&] { during_list_ = std::move(bytes); });
  }
  /// The answer to an action of this name from now on; @ stands for its ActionID. nullopt: its own.
  void set_answer(const std::string& action, std::optional<std::string> bytes) {
    ask([&] {
      if (bytes) {
        answers_[action] = *std::move(bytes);
      } else {
        answers_.erase(action);
      }
    });
  }
  /// What it says first on its next connections, instead of who it is; nullopt: that again.
  void set_banner(std::optional<std::string> bytes) {
    ask([&] { banner_ = std::move(bytes); });
  }
  void set_started(std::string time) {
    ask([&] { started_ = std::move(time); });
  }
  /// Sends bytes as they are.
  void tell(const std::string& bytes) {
    ask([&] {
      boost::system::error_code ignored;
      boost::asio::write(*socket_, boost::asio::buffer(bytes), ignored);
    });
  }
  void cut() {
    ask([&] {
      boost::system::error_code ignored;
      socket_->close(ignored);
    });
  }
  /// How many lists were asked for; how often somebody has connected, and logged in.
  int lists() { return count(lists_); }
  int connections() { return count(connections_); }
  int logins() { return count(logins_); }
  /// How often an action of this name has come.
  int asked(const std::string& action) {
    int now = 0;
    ask([&] { now = asked_[action]; });
    return now;
  }

 private:
  int count(const int& what) {
    int now = 0;
    ask([&] { now = what; });
    return now;
  }

  template <class Work>
  void ask(Work work) {
    std::promise<void> done;
    boost::asio::post(context_, [&] {
      work();
      done.set_value();
    });
    done.get_future().get();
  }

  boost::asio::awaitable<void> serve() {
    for (;;) {
      socket_ = std::make_shared<tcp::socket>(
          co_await acceptor_.async_accept(boost::asio::use_awaitable));
      ++connections_;
      co_await serve_one(socket_);
    }
  }

  boost::asio::awaitable<void> serve_one(std::shared_ptr<tcp::socket> socket) {
    std::string seen;
    std::string out = banner_.value_or("Asterisk Call Manager/" + version_ + "\r\n");
    boost::system::error_code error;
    for (;;) {
      co_await boost::asio::async_write(
          *socket, boost::asio::buffer(out),
          boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) co_return;
      const auto count = co_await boost::asio::async_read_until(
          *socket, boost::asio::dynamic_buffer(seen), "\r\n\r\n",
          boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) co_return;
      const std::string action = seen.substr(0, count);
      seen.erase(0, count);
      out = answer(value_of(action, "Action"), action);
    }
  }

  static std::string value_of(const std::string& action, std::string_view key) {
    const auto start = action.find(std::string{key} + ": ");
    if (start == std::string::npos) return "";
    const auto from = start + key.size() + 2;
    return action.substr(from, action.find("\r\n", from) - from);
  }

  std::string answer(const std::string& name, const std::string& action) {
    const std::string id = "ActionID: " + value_of(action, "ActionID") + "\r\n";
    ++asked_[name];
    if (name == "Login") ++logins_;
    if (const auto given = answers_.find(name); given != answers_.end()) {
      std::string text = given->second;
      for (auto at = text.find('@'); at != std::string::npos; at = text.find('@')) {
        text.replace(at, 1, value_of(action, "ActionID"));
      }
      return text;
    }
    if (name == "Challenge") return "Response: Success\r\n" + id + "Challenge: 1\r\n\r\n";
    if (name == "CoreStatus") {
      return "Response: Success\r\n" + id +
             "CoreStartupDate: 2026-01-01\r\nCoreStartupTime: " + started_ + "\r\n\r\n";
    }
    if (name == "CoreShowChannels") return list(id);
    if (name == "Status" && action.find("Channel: ") != std::string::npos) {
      return status(value_of(action, "Channel"), id);
    }
    if (name == "Status" || name == "ParkedCalls") {
      return "Response: Success\r\n" + id + "Message: They follow\r\n\r\nEvent: " + name +
             "Complete\r\n" + id + "\r\n";
    }
    if (name == "BridgeList") {
      return "Response: Success\r\n" + id +
             "EventList: start\r\n\r\nEvent: BridgeListComplete\r\n" + id +
             "EventList: Complete\r\nListItems: 0\r\n\r\n";
    }
    // It has no driver for phones.
    if (name.starts_with("PJSIP") || name.starts_with("SIP") || name.starts_with("IAX")) {
      return "Response: Error\r\n" + id + "Message: Invalid/unknown command: " + name + "\r\n\r\n";
    }
    if (name == "Getvar") {
      return variable(value_of(action, "Channel"), value_of(action, "Variable"), id);
    }
    return "Response: Success\r\n" + id + "Message: Done\r\n\r\n";
  }

  std::string list(const std::string& id) {
    ++lists_;
    std::string text = "Response: Success\r\n" + id + "EventList: start\r\n\r\n";
    std::size_t count = 0;
    for (const auto& [uniqueid, rest] : rows_) {
      if (count++ == rows_.size() / 2) text += during_list_;
      text += "Event: CoreShowChannel\r\n" + id + rest + "Uniqueid: " + uniqueid + "\r\n\r\n";
    }
    return text + "Event: CoreShowChannelsComplete\r\n" + id +
           fmt::format("EventList: Complete\r\nListItems: {}\r\n\r\n", rows_.size());
  }

  std::string status(const std::string& channel, const std::string& id) const {
    for (const auto& [uniqueid, rest] : rows_) {
      if (value_of(rest, "Channel") != channel) continue;
      return "Response: Success\r\n" + id + "Message: It follows\r\n\r\nEvent: Status\r\n" + id +
             rest + "Uniqueid: " + uniqueid + "\r\n\r\nEvent: StatusComplete\r\n" + id + "\r\n";
    }
    return "Response: Error\r\n" + id + "Message: No such channel\r\n\r\n";
  }

  std::string variable(const std::string& channel, const std::string& name,
                       const std::string& id) const {
    for (const auto& [uniqueid, rest] : rows_) {
      if (value_of(rest, "Channel") != channel) continue;
      std::string value = name == "UNIQUEID" ? uniqueid : "";
      if (name == "CHANNEL(state)") value = value_of(rest, "ChannelStateDesc");
      if (name == "CHANNEL(name)") value = channel;
      if (name == "CHANNEL(language)") value = "en";
      if (name == "CHANNEL(accountcode)") value = value_of(rest, "AccountCode");
      for (const std::string party : {"CallerID", "ConnectedLine"}) {
        if (name != (party == "CallerID" ? "CALLERID(all)" : "CONNECTEDLINE(all)")) continue;
        value = fmt::format("\"{}\" <{}>", value_of(rest, party + "Name"),
                            value_of(rest, party + "Num"));
      }
      return fmt::format("Response: Success\r\n{}Variable: {}\r\nValue: {}\r\n\r\n", id, name,
                         value);
    }
    return "Response: Error\r\n" + id + "Message: No such channel\r\n\r\n";
  }

  std::string version_;
  std::string started_ = "10:00:00";
  std::map<std::string, std::string> rows_;
  std::map<std::string, std::string> answers_;
  std::map<std::string, int> asked_;
  std::string during_list_;
  std::optional<std::string> banner_;
  int lists_ = 0;
  int connections_ = 0;
  int logins_ = 0;
  boost::asio::io_context context_{1};
  tcp::acceptor acceptor_{context_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  std::uint16_t port_ = acceptor_.local_endpoint().port();
  std::shared_ptr<tcp::socket> socket_;
  std::thread thread_;
};

}  // namespace arigate::test
