#include "app/demo.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "app/exit_codes.hpp"
#include "app/logging.hpp"
#include "app/run.hpp"
#include "arigate/config.hpp"
#include "arigate/gateway.hpp"
#include "core/text.hpp"
#include "sim/demo.hpp"

namespace arigate::app {
namespace {

namespace asio = boost::asio;

constexpr const char* user = "demo";
constexpr const char* password = "demo";

Config demo_config(const DemoOptions& options, const sim::Demo& demo) {
  Config config;
  config.general.log_level = options.verbose ? LogLevel::debug : LogLevel::warn;
  config.general.allowed_origins = {"*"};  // So that a web page can be tried too.
  config.ami.port = demo.ami_port();
  config.ami.user = sim::Demo::ami_user;
  config.ami.secret = Secret{std::string{sim::Demo::ami_secret}};
  config.fastagi.bind = "127.0.0.1";
  config.fastagi.port = 0;
  config.http.bind = options.bind;
  config.http.port = options.port;
  config.users = {{.name = user, .password = Secret{password}}};
  return config;
}

void say(const std::string& text) {
  fmt::print("{}", text);
  std::fflush(stdout);  // It may be a pipe.
}

std::string url_of(const DemoOptions& options, std::uint16_t port) {
  auto host = options.bind;
  if (host == "0.0.0.0" || host == "::")
    host = "127.0.0.1";  // All of them: this one is surely there.
  if (host.find(':') != std::string::npos) host = fmt::format("[{}]", host);
  return fmt::format("http://{}:{}", host, port);
}

/// What is typed at the demo. It goes on without when nobody can type (input closed, background).
class Console {
 public:
  Console(asio::io_context& context, sim::Demo& demo) : input_{context}, demo_{demo} {
    std::signal(SIGTTIN, SIG_IGN);
    // Opened anew, because what Asio reads becomes non-blocking, and standard output may be the
    // same terminal.
    const int file = ::open("/dev/stdin", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) return;
    boost::system::error_code
        failed;  // A plain file or /dev/null cannot be waited for: no console.
    input_.assign(file, failed);
    if (failed) {
      ::close(file);
    } else {
      read();
    }
  }

 private:
  static constexpr std::size_t line_bytes_max = 256;

  void read() {
    asio::async_read_until(input_, asio::dynamic_buffer(text_, line_bytes_max), '\n',
                           [this](const boost::system::error_code& error, std::size_t bytes) {
                             if (error) return;
                             const auto line = trim(std::string_view{text_}.substr(0, bytes - 1));
                             if (!line.empty()) obey(line);
                             text_.erase(0, bytes);
                             read();
                           });
  }

  void obey(std::string_view line) {
    if (line == "quit") {
      std::raise(SIGTERM);
    } else {
      say(demo_.command(line));
    }
  }

  asio::posix::stream_descriptor input_;
  sim::Demo& demo_;
  std::string text_;
};

}  // namespace

int demo_command(const DemoOptions& options) {
  asio::io_context context{1};
  sim::DemoSettings settings;
  if (options.call_every_s > 0) settings.call_every = std::chrono::seconds{options.call_every_s};
  sim::Demo demo{context.get_executor(), settings};
  demo.on_news([](std::string_view line) { say(fmt::format("{}\n", line)); });
  const auto config = demo_config(options, demo);
  if (const auto logging = set_up_logging(config.general); !logging) {
    fmt::print(stderr, "arigate: {}\n", logging.error().detail);
    return exit_failed;
  }
  Gateway gateway{context, config};
  std::optional<Console> console;
  const auto started = [&] {
    demo.pbx().set_global("ARIGATE_URL", fmt::format("agi://127.0.0.1:{}", gateway.fastagi_port()));
    say(sim::demo_greeting({url_of(options, gateway.http_port()), user, password}));
    console.emplace(context, demo);
  };
  return serve(context, gateway, started, nullptr);
}

}  // namespace arigate::app
