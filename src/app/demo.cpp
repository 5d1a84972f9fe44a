#include "app/demo.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/exit_codes.hpp"
#include "app/logging.hpp"
#include "app/run.hpp"
#include "arigate/config.hpp"
#include "arigate/gateway.hpp"
#include "core/text.hpp"
#include "sim/default_dialplan.hpp"
#include "sim/pbx.hpp"

namespace arigate::app {
namespace {

namespace asio = boost::asio;

constexpr const char* user = "demo";
constexpr const char* password = "demo";

Config demo_config(const DemoOptions& options, const sim::Pbx& pbx) {
  Config config;
  config.general.log_level = options.verbose ? LogLevel::debug : LogLevel::warn;
  config.general.allowed_origins = {"*"};  // So that a web page can be tried too.
  config.ami.port = pbx.ami_port();
  config.ami.user = "arigate";
  config.ami.secret = Secret{"arigate"};
  config.fastagi.bind = "127.0.0.1";
  config.fastagi.port = 0;
  config.http.bind = options.bind;
  config.http.port = options.port;
  config.users = {{.name = user, .password = Secret{password}}};
  return config;
}

void print_welcome(const DemoOptions& options, std::uint16_t port) {
  const bool is_any = options.bind == "0.0.0.0" || options.bind == "::";
  const auto place = fmt::format("{}:{}", is_any ? "127.0.0.1" : options.bind, port);
  fmt::print(
      R"(arigate serves a simulated PBX that speaks AMI as Asterisk 11 does.

  ARI      http://{place}/ari      user {user}, password {password}

Try it in another terminal:

  curl -u {user}:{password} 'http://{place}/ari/asterisk/info?pretty=true'
  npx -y wscat -c 'ws://{place}/ari/events?app=demo&api_key={user}:{password}'
  (cd examples && npm install --silent && ARI_URL=http://{place} node hello.js)

The phones SIP/alice and SIP/bob belong to the PBX. hello.js or wscat are the application "demo";
while one of them is connected, a call reaches it like this:

  call              typed here: alice calls 600, which is AGI(agi://…/demo,arg1,arg2)
  curl -u {user}:{password} -X POST 'http://{place}/ari/channels?endpoint=SIP/bob&app=demo'

Ctrl-C ends it.
)",
      fmt::arg("place", place), fmt::arg("user", user), fmt::arg("password", password));
  std::fflush(stdout);
}

/// What is typed at the demo. It goes on without when nobody can type (input closed, background).
class Console {
 public:
  Console(asio::io_context& context, sim::Pbx& pbx) : input_{context}, pbx_{pbx} {
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

  static void say(const std::string& text) {
    fmt::print("{}\n", text);
    std::fflush(stdout);  // It may be a pipe.
  }

  void obey(std::string_view line) {
    if (line != "call") {
      say("the only command is: call");
    } else if (const auto call = pbx_.place_call({.endpoint = "SIP/alice", .exten = "600"})) {
      say(fmt::format("alice calls 600: {}", call->channel()));
      call->on_answer([] { say("alice is answered"); });
      call->on_end(
          [](int cause) { say(fmt::format("the call of alice is over, cause {}", cause)); });
    } else {
      say("the simulated PBX is full");
    }
  }

  asio::posix::stream_descriptor input_;
  sim::Pbx& pbx_;
  std::string text_;
};

}  // namespace

int demo_command(const DemoOptions& options) {
  asio::io_context context{1};
  sim::Pbx pbx{context.get_executor(), sim::demo_options("127.0.0.1:0")};
  const auto config = demo_config(options, pbx);
  if (const auto logging = set_up_logging(config.general); !logging) {
    fmt::print(stderr, "arigate: {}\n", logging.error().detail);
    return exit_failed;
  }
  Gateway gateway{context, config};
  std::optional<Console> console;
  const auto started = [&] {
    pbx.set_global("ARIGATE_URL", fmt::format("agi://127.0.0.1:{}", gateway.fastagi_port()));
    print_welcome(options, gateway.http_port());
    console.emplace(context, pbx);
  };
  return serve(context, gateway, started, nullptr);
}

}  // namespace arigate::app
