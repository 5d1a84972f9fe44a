#include "app/capture.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "app/exit_codes.hpp"
#include "app/logging.hpp"
#include "app/place.hpp"
#include "app/recorder_options.hpp"
#include "app/run.hpp"
#include "core/log.hpp"
#include "io/ari_observer.hpp"
#include "io/ari_tap.hpp"
#include "io/link_names.hpp"
#include "io/recorder.hpp"
#include "io/run_context.hpp"
#include "io/stream_observer.hpp"
#include "io/stream_relay.hpp"
#include "io/system_clock.hpp"

namespace arigate::app {
namespace {

namespace asio = boost::asio;

/// For what was captured last; systemd and people expect an end within 5 s of SIGTERM.
constexpr std::chrono::seconds stop_limit{4};

int usage(std::string_view what) {
  fmt::print(stderr, "arigate: {}\n", what);
  return exit_usage;
}

/// Relays between the applications of others and their PBX, and the recorder that listens.
class RecordingRelays {
 public:
  RecordingRelays(asio::io_context& context, const CaptureConfig& config)
      : context_{context},
        recorder_{context.get_executor(), clock_, recorder_options(config)},
        ari_{recorder_},
        signals_{context, SIGTERM, SIGINT} {}

  /// `kind` is ami, agi or ari. An exit code when it cannot be.
  std::optional<int> add(std::string kind, const std::string& listen, const std::string& to) {
    const auto endpoint = endpoint_of(listen);
    const auto target = place_of(to);
    if (!endpoint) return usage(fmt::format("--{}-listen must be address:port", kind));
    if (!target || target->port == 0) {
      return usage(fmt::format("--{}-to must be host:port", kind));
    }
    io::StreamRelayOptions options;
    options.name = kind;
    options.listen = *endpoint;
    options.target_host = target->host;
    options.target_port = std::to_string(target->port);
    auto relay = std::make_unique<io::StreamRelay>(context_.get_executor(), std::move(options),
                                                   [this, kind] { return observer(kind); });
    if (const auto listening = relay->start(); !listening) {
      fmt::print(stderr, "arigate: --{}-listen: {}\n", kind, listening.error().detail);
      return exit_failed;
    }
    // The PBX sees the port of the relay where it is the one that connects.
    ports_.emplace_back(kind == "agi"   ? "fastagi"
                        : kind == "ari" ? "http"
                                        : "ami",
                        kind == "agi" ? relay->port() : target->port);
    greeting_ += fmt::format("{}: connect to {}:{} in place of {}\n", kind,
                             endpoint->address().to_string(), relay->port(), to);
    relays_.push_back(std::move(relay));
    return std::nullopt;
  }

  int run() {
    recorder_.set_ports(ports_);
    if (const auto opened = recorder_.open(); !opened) {
      fmt::print(stderr, "arigate: {}\n", opened.error().detail);
      return exit_failed;
    }
    fmt::print("{}", greeting_);
    std::fflush(stdout);
    signals_.async_wait([this](const boost::system::error_code&, int) { stop(); });
    io::run_context(context_);
    return recorder_.failure().empty() ? exit_ok : exit_failed;
  }

 private:
  std::unique_ptr<io::RelayObserver> observer(const std::string& kind) {
    std::unique_ptr<io::RelayObserver> made;
    if (kind == "ari") {
      made = std::make_unique<io::AriObserver>(ari_);
    } else if (kind == "ami") {
      made = std::make_unique<io::StreamObserver>(recorder_, ami_names_.take(), false, &ami_names_);
    } else {
      made = std::make_unique<io::StreamObserver>(recorder_, fmt::format("agi:{}", ++sessions_),
                                                  true, nullptr);
    }
    return made;
  }

  void stop() {
    log::info("stopping");
    for (const auto& relay : relays_) relay->stop();
    asio::co_spawn(context_, recorder_.close(clock_.now() + stop_limit),
                   [this](const std::exception_ptr&) { context_.stop(); });
  }

  asio::io_context& context_;
  io::SystemClock clock_;
  io::Recorder recorder_;
  io::AriTap ari_;
  io::LinkNames ami_names_{"ami"};
  std::uint64_t sessions_ = 0;
  std::vector<std::unique_ptr<io::StreamRelay>> relays_;
  std::vector<std::pair<std::string, std::uint16_t>> ports_;
  std::string greeting_;
  asio::signal_set signals_;
};

int record_relays(CaptureCommand command) {
  GeneralConfig logging;
  if (!command.config.empty()) {
    const auto loaded = load_config(command.config);
    if (!usable(loaded)) return exit_usage;
    logging = loaded.config.general;
    if (command.ami_to.empty()) {
      command.ami_to = fmt::format("{}:{}", loaded.config.ami.host, loaded.config.ami.port);
    }
  }
  if (command.ami_to.empty()) command.ami_to = "127.0.0.1:5038";
  if (command.ari_to.empty()) command.ari_to = "127.0.0.1:8088";
  if (!command.agi_listen.empty() && command.agi_to.empty()) {
    return usage("--agi-listen needs --agi-to: where the FastAGI application listens");
  }
  if (const auto logs = set_up_logging(logging); !logs) {
    fmt::print(stderr, "arigate: {}\n", logs.error().detail);
    return exit_failed;
  }
  std::signal(SIGPIPE, SIG_IGN);
  asio::io_context context{1};
  RecordingRelays relays{context, command.capture};
  const std::vector<std::tuple<std::string, std::string, std::string>> wanted{
      {"ami", command.ami_listen, command.ami_to},
      {"agi", command.agi_listen, command.agi_to},
      {"ari", command.ari_listen, command.ari_to}};
  for (const auto& [kind, listen, to] : wanted) {
    if (listen.empty()) continue;
    if (const auto code = relays.add(kind, listen, to)) return *code;
  }
  return relays.run();
}

}  // namespace

int capture_command(const CaptureCommand& command) {
  if (command.relays()) return record_relays(command);
  if (command.config.empty()) {
    return usage("capture needs a configuration (-c), or where to listen (--ami-listen, …)");
  }
  return run_command(command.config, [&](Config& config) { config.capture = command.capture; });
}

}  // namespace arigate::app
