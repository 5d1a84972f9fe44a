#include "app/replay_pbx.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "app/exit_codes.hpp"
#include "app/place.hpp"
#include "replay/recording.hpp"
#include "sim/recorded_pbx.hpp"
#include "sim/recorded_script.hpp"
#include "trace/parts_reader.hpp"

namespace arigate::app {
namespace {

namespace asio = boost::asio;

constexpr std::uint16_t ami_port = 5038;
constexpr std::uint16_t fastagi_port = 4573;

class RecordedPbxServer {
 public:
  RecordedPbxServer(asio::io_context& context, sim::RecordedScript script,
                    const ReplayCommand& command, sim::RecordedPbxOptions options)
      : context_{context},
        command_{command},
        greeting_{fmt::format("{} actions, {} events and {} FastAGI connections",
                              script.actions.size(), script.events.size(), script.sessions.size())},
        fastagi_{options.fastagi},
        pbx_{context.get_executor(), std::move(script), wired(std::move(options))},
        signals_{context, SIGTERM, SIGINT} {}

  int run() {
    if (const auto started = pbx_.start(); !started) {
      fmt::print(stderr, "arigate: {}\n", started.error().detail);
      return exit_failed;
    }
    fmt::print("AMI at {}:{}, FastAGI goes to {}:{}: {}\n", command_.bind, pbx_.port(),
               fastagi_.address().to_string(), fastagi_.port(), greeting_);
    std::fflush(stdout);
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) stop();
    });
    context_.run();
    return failed_ ? exit_failed : exit_ok;
  }

 private:
  static constexpr std::chrono::milliseconds leave_after{500};

  sim::RecordedPbxOptions wired(sim::RecordedPbxOptions options) {
    options.failed = [this](const std::string& what) { fail(what); };
    options.ended = [this] {
      fmt::print("the capture is at its end\n");
      std::fflush(stdout);
      if (command_.once) leave_later();
    };
    return options;
  }

  void fail(const std::string& what) {
    failed_ = true;
    fmt::print(stderr, "arigate: {}\n", what);
    if (command_.strict) stop();
  }

  /// A gateway may still ask about what it was told last.
  void leave_later() {
    leaving_.expires_after(leave_after);
    leaving_.async_wait([this](const boost::system::error_code& error) {
      if (!error) stop();
    });
  }

  void stop() {
    leaving_.cancel();
    signals_.cancel();
    pbx_.stop();
  }

  asio::io_context& context_;
  const ReplayCommand& command_;
  std::string greeting_;
  asio::ip::tcp::endpoint fastagi_;
  bool failed_ = false;
  sim::RecordedPbx pbx_;
  asio::signal_set signals_;
  asio::steady_timer leaving_{context_};
};

int refuse(std::string_view what) {
  fmt::print(stderr, "arigate: {}\n", what);
  return exit_usage;
}

}  // namespace

int replay_as_pbx(const ReplayCommand& command) {
  const std::vector<std::filesystem::path> files{command.files.begin(), command.files.end()};
  const auto recordings = trace::recordings_of(files);
  if (recordings.size() > 1) return refuse("--pbx plays one recording; these files are of several");
  const auto setup = replay::setup_of(files);
  auto script = sim::read_script(files, setup.ami_link);
  if (!script) return refuse(script.error().detail);
  if (script->damaged) fmt::print(stderr, "arigate: {}\n", script->damaged->detail);

  sim::RecordedPbxOptions options;
  const auto listen = endpoint_of(fmt::format(
      "{}:{}",
      command.bind.find(':') == std::string::npos ? command.bind : "[" + command.bind + "]",
      command.port.value_or(ami_port)));
  if (!listen) return refuse("--bind must be an address");
  options.listen = *listen;
  const auto recorded_port = script->fastagi_port == 0 ? fastagi_port : script->fastagi_port;
  const auto fastagi = endpoint_of(
      command.fastagi.empty() ? fmt::format("127.0.0.1:{}", recorded_port) : command.fastagi);
  if (!fastagi) return refuse("--agi must be address:port");
  options.fastagi = *fastagi;
  options.speed = command.speed.value_or(1);
  options.wait_for_actions = command.wait;

  std::signal(SIGPIPE, SIG_IGN);
  const bool damaged = script->damaged.has_value();
  asio::io_context context{1};
  RecordedPbxServer server{context, *std::move(script), command, std::move(options)};
  const int code = server.run();
  return code == exit_ok && damaged ? exit_failed : code;
}

}  // namespace arigate::app
