#include "app/run.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "app/exit_codes.hpp"
#include "app/logging.hpp"
#include "core/log.hpp"
#include "core/thrown.hpp"
#include "io/run_context.hpp"

namespace arigate::app {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// systemd and people expect an end within 5 s of SIGTERM.
constexpr std::chrono::milliseconds stop_limit{4'000};
constexpr std::chrono::milliseconds stop_spare{500};  ///< Beyond it, nothing is waited for.

/// The signals of one run. All its handlers end with the io_context.
class Signals {
 public:
  Signals(asio::io_context& context, Gateway& gateway, std::function<void()> reload)
      : context_{context},
        gateway_{gateway},
        reload_{std::move(reload)},
        end_{context, SIGTERM, SIGINT},
        hangup_{context, SIGHUP},
        limit_{context} {}

  void wait() {
    wait_for_end();
    wait_for_hangup();
  }

 private:
  void wait_for_end() {
    end_.async_wait([this](const error_code& error, int signal) {
      if (error) return;
      log::info("stopping signal={}", signal == SIGINT ? "SIGINT" : "SIGTERM");
      stop();
      end_.async_wait([this](const error_code& again, int) {
        if (again) return;
        log::warn("stopped at once by a second signal");
        context_.stop();
      });
    });
  }

  void stop() {
    limit_.expires_after(stop_limit + stop_spare);
    limit_.async_wait([this](const error_code& error) {
      if (error) return;
      log::warn("stopped before everything was over limit_ms={}",
                (stop_limit + stop_spare).count());
      context_.stop();
    });
    asio::co_spawn(context_, gateway_.stop(stop_limit), [this](const std::exception_ptr& thrown) {
      log_thrown("stop")(thrown);
      end_.cancel();
      hangup_.cancel();
      limit_.cancel();
      context_.stop();
    });
  }

  void wait_for_hangup() {
    hangup_.async_wait([this](const error_code& error, int) {
      if (error) return;
      if (reload_) reload_();
      wait_for_hangup();
    });
  }

  asio::io_context& context_;
  Gateway& gateway_;
  std::function<void()> reload_;
  asio::signal_set end_;
  asio::signal_set hangup_;
  asio::steady_timer limit_;
};

void log_problems(const LoadedConfig& loaded) {
  for (const auto& warning : loaded.warnings) log::warn("config: {}", to_string(warning));
  for (const auto& error : loaded.errors) log::error("config: {}", to_string(error));
}

/// A bad file changes nothing: the gateway goes on with what it has.
void reload(const std::filesystem::path& file, Gateway& gateway) {
  const auto loaded = load_config(file);
  log_problems(loaded);
  if (!loaded.errors.empty()) {
    log::error("config refused, the old one stays file={} errors={}", file.string(),
               loaded.errors.size());
    return;
  }
  if (const auto logging = set_up_logging(loaded.config.general); !logging) {
    log::error("log stays where it is why=\"{}\"", logging.error().detail);
  }
  gateway.reconfigure(loaded.config);
  log::info("config read again file={}", file.string());
}

}  // namespace

bool usable(const LoadedConfig& loaded) {
  for (const auto& error : loaded.errors) fmt::print(stderr, "{}\n", to_string(error));
  return loaded.errors.empty();
}

int serve(asio::io_context& context, Gateway& gateway, std::function<void()> started,
          std::function<void()> reload) {
  std::signal(SIGPIPE, SIG_IGN);  // A peer that is gone is an error of write(), not our end.
  Signals signals{context, gateway, std::move(reload)};
  signals.wait();  // Before the listeners open: who sees them may send a signal.
  if (const auto problem = gateway.start(); !problem.empty()) {
    log::error("not started why=\"{}\"", problem);
    return exit_failed;
  }
  started();
  io::run_context(context);
  // Everything is closed; what still waited ends now, before the gateway goes.
  context.restart();
  context.run_for(stop_spare);
  log::info("stopped");
  if (!context.stopped()) {
    spdlog::shutdown();
    std::_Exit(exit_ok);  // Something hangs: it must not outlive what it refers to.
  }
  return exit_ok;
}

int run_command(const std::filesystem::path& file, const std::function<void(Config&)>& change) {
  auto loaded = load_config(file);
  if (!usable(loaded)) return exit_usage;
  if (change) change(loaded.config);
  const auto& general = loaded.config.general;
  if (const auto logging = set_up_logging(general); !logging) {
    fmt::print(stderr, "arigate: {}\n", logging.error().detail);
    return exit_failed;
  }
  log_problems(loaded);
  asio::io_context context{1};
  Gateway gateway{context, loaded.config};
  const int code = serve(
      context, gateway, [] {}, [&] { reload(file, gateway); });
  if (code != exit_ok && !general.log_file.empty()) {
    // Whoever started it by hand looks at the terminal, not at the log file.
    fmt::print(stderr, "arigate: not started, see {}\n", general.log_file);
  }
  return code;
}

}  // namespace arigate::app
