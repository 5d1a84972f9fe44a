#include "sim/agi_session.hpp"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/text.hpp"

namespace arigate::sim {
namespace {

using std::chrono::milliseconds;

/// How long after the end of a command, or after a redirect, the line HANGUP comes.
constexpr milliseconds hangup_line_delay{40};

/// "agi://host:port/script?query" in its parts.
struct Url {
  std::string host;
  std::string port = "4573";
  std::string script;
};

std::optional<Url> parse_url(std::string_view text) {
  static constexpr std::string_view scheme = "agi://";
  if (!text.starts_with(scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  Url url;
  const auto slash = text.find('/');
  auto authority = text.substr(0, slash);
  if (slash != std::string_view::npos) url.script = text.substr(slash + 1);
  const auto colon = authority.rfind(':');
  if (colon != std::string_view::npos) {
    url.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  url.host = authority;
  return url;
}

/// Arguments of the application: commas separate, quotes are dropped, a backslash escapes.
std::vector<std::string> split_arguments(std::string_view data) {
  std::vector<std::string> found(1);
  bool quoted = false;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const char c = data[i];
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '\\' && i + 1 < data.size()) {
      found.back() += data[++i];
    } else if (c == ',' && !quoted) {
      found.emplace_back();
    } else {
      found.back() += c;
    }
  }
  return found;
}

std::string environment(const Exchange& exchange, const Channel& channel, std::string_view request,
                        const Url& url, const std::vector<std::string>& arguments) {
  const auto known = [](std::string_view text) {
    return text.empty() ? std::string_view{"unknown"} : text;
  };
  std::string out;
  const auto line = [&](std::string_view key, std::string_view value) {
    out += fmt::format("agi_{}: {}\n", key, value);
  };
  line("network", "yes");
  line("network_script", url.script);
  line("request", request);
  line("channel", channel.name);
  line("language", channel.language);
  line("type", channel.technology);
  line("uniqueid", channel.uniqueid);
  line("version", exchange.dialect().pbx_version());
  line("callerid", known(channel.caller.number));
  line("calleridname", known(channel.caller.name));
  for (const auto* key : {"callingpres", "callingani2", "callington", "callingtns"}) line(key, "0");
  line("dnid", known(channel.dnid));
  line("rdnis", known(channel.rdnis));
  line("context", channel.place.context);
  line("extension", channel.place.exten);
  line("priority", std::to_string(channel.place.priority));
  line("enhanced", "0.0");
  line("accountcode", channel.accountcode);
  line("threadid", "140644190418688");
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    line(fmt::format("arg_{}", i), arguments[i]);
  }
  return out + "\n";
}

boost::asio::awaitable<std::shared_ptr<AgiLink>> connect(ExchangePtr exchange, ChannelPtr channel,
                                                         Url url) {
  boost::asio::ip::tcp::resolver resolver{exchange->executor()};
  boost::asio::ip::tcp::socket socket{exchange->executor()};
  boost::system::error_code error;
  const auto places = co_await resolver.async_resolve(
      url.host, url.port, boost::asio::redirect_error(boost::asio::use_awaitable, error));
  if (error) co_return nullptr;
  co_await boost::asio::async_connect(
      socket, places, boost::asio::redirect_error(boost::asio::use_awaitable, error));
  if (error) co_return nullptr;
  socket.set_option(boost::asio::ip::tcp::no_delay{true}, error);
  std::shared_ptr<Signal> signal{channel, &channel->signal};
  auto link = std::make_shared<AgiLink>(std::move(socket), std::move(signal));
  exchange->keep(link);
  exchange->spawn("agi reader", link->read_loop());
  co_return link;
}

/// Closes the link however the session ends.
class Closing {
 public:
  explicit Closing(std::shared_ptr<AgiLink> link) : link_{std::move(link)} {}
  ~Closing() { link_->close(); }
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;

 private:
  std::shared_ptr<AgiLink> link_;
};

std::string_view result_text(const AgiReply& reply) {
  if (reply.failed) return "Failure";
  if (reply.code == 510) return "Invalid or unknown command";
  if (reply.code == 511) return "Command not permitted on a dead channel";
  if (reply.code == 520) return "Usage";
  return "Success";
}

/// The life of one session after its environment has gone out.
class Session {
 public:
  Session(ExchangePtr exchange, ChannelPtr channel, std::shared_ptr<AgiLink> link, bool dead)
      : exchange_{exchange},
        channel_{channel},
        link_{link},
        commands_{exchange, channel, link},
        dead_{dead} {}

  boost::asio::awaitable<void> run() {
    for (;;) {
      if (!dead_ && channel_->interrupted()) co_await tell_hangup();
      if (link_->readable()) {
        if (auto line = link_->take_line()) {
          co_await obey(std::move(*line));
          continue;
        }
        if (link_->ended()) co_return;
      }
      // Between commands the PBX reads the channel itself: digits and controls pass by.
      channel_->digits.clear();
      channel_->playback_control.clear();
      co_await channel_->signal.wait(TimePoint::max());
    }
  }

 private:
  boost::asio::awaitable<void> obey(std::string line) {
    const auto id = exchange_->next_command_id();
    exchange_->publish(exchange_->dialect().agi_start(*channel_, id, line));
    const auto reply = co_await commands_.execute(line, dead_);
    if (!reply.silent) {
      std::string text = reply.text;  // Usage comes as whole lines.
      if (reply.code != 520) text = fmt::format("{} {}\n", reply.code, reply.text);
      co_await link_->send(std::move(text));
    }
    exchange_->publish(exchange_->dialect().agi_end(
        *channel_, id, line, reply.failed ? -1 : reply.code, result_text(reply)));
    delay_ = reply.failed;
  }

  boost::asio::awaitable<void> tell_hangup() {
    if (delay_ || channel_->redirected) {
      const auto deadline = exchange_->time().after(hangup_line_delay);
      while (!link_->readable() && exchange_->time().now() < deadline) {
        co_await channel_->signal.wait(deadline);
      }
    }
    dead_ = true;
    co_await link_->send("HANGUP\n");
  }

  ExchangePtr exchange_;
  ChannelPtr channel_;
  std::shared_ptr<AgiLink> link_;
  AgiCommands commands_;
  bool dead_;  ///< From the beginning: then nothing is said of it.
  bool delay_ = false;
};

}  // namespace

boost::asio::awaitable<AppResult> run_agi(ExchangePtr exchange, ChannelPtr channel,
                                          std::string data) {
  const bool dead = channel->hangup_requested;
  auto arguments = split_arguments(data);
  const auto url = parse_url(arguments.front());
  std::shared_ptr<AgiLink> link;
  if (url) link = co_await connect(exchange, channel, *url);
  if (channel->signal.killed()) co_return AppResult::hangup;  // The PBX went down meanwhile.
  if (!link) {
    exchange->set_variable(channel.get(), "AGISTATUS", "FAILURE");
    co_return channel->interrupted() ? AppResult::hangup : AppResult::proceed;
  }
  {
    const Closing closing{link};
    auto greeting = environment(*exchange, *channel, arguments.front(), *url, arguments);
    co_await link->send(std::move(greeting));
    Session session{exchange, channel, link, dead};
    co_await session.run();
  }
  const bool over = channel->interrupted();
  exchange->set_variable(channel.get(), "AGISTATUS", over ? "HANGUP" : "SUCCESS");
  co_return over ? AppResult::hangup : AppResult::proceed;
}

}  // namespace arigate::sim
