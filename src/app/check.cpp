#include "app/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/ami_options.hpp"
#include "app/check_pbx.hpp"
#include "app/exit_codes.hpp"
#include "app/run.hpp"
#include "ari/support.hpp"
#include "arigate/config.hpp"
#include "core/log.hpp"
#include "io/ami_client.hpp"
#include "io/system_clock.hpp"
#include "ops/abilities.hpp"

namespace arigate::app {
namespace {

namespace asio = boost::asio;

void print(const Finding& finding) {
  static constexpr auto mark = [](Verdict verdict) {
    switch (verdict) {
      case Verdict::ok:
        return "ok";
      case Verdict::note:
        return "note";
      case Verdict::missing:
        return "MISSING";
    }
    return "";  // Not reached: the cases are all there are.
  };
  fmt::print("{:<8} {:<14} {}\n", mark(finding.verdict), finding.subject, finding.text);
}

/// A row for each operation of ARI: what it is worth on this PBX.
void print_support(std::string_view line, const ops::Abilities& abilities) {
  for (const auto& operation : ari::operations()) {
    const auto cell = ari::support_cell(operation.operation, line, abilities);
    fmt::print("{:<8} {:<6} {}{}{}\n", ari::word(cell.level), operation.method, operation.path,
               cell.why.empty() ? "" : "  ", cell.why);
  }
}

/// What the operator must see to for the PBX to reach us; nobody can try it from here.
std::vector<Finding> fastagi_findings(const Config& config) {
  const auto& fastagi = config.fastagi;
  const bool pbx_is_here = config.ami.host == "localhost" || config.ami.host == "::1" ||
                           config.ami.host.starts_with("127.");
  const bool reached_here_only = fastagi.bind == "::1" || fastagi.bind.starts_with("127.");
  if (reached_here_only && !pbx_is_here) {
    return {{Verdict::missing, "FastAGI",
             fmt::format("the PBX is on {}, but [fastagi] bind = {} can be reached from this host "
                         "alone",
                         config.ami.host, fastagi.bind)}};
  }
  const auto place = !fastagi.advertise.empty() ? fastagi.advertise
                     : pbx_is_here              ? fmt::format("127.0.0.1:{}", fastagi.port)
                                   : fmt::format("ADDRESS-OF-THIS-HOST:{}", fastagi.port);
  return {{Verdict::ok, "FastAGI",
           fmt::format("the PBX must reach agi://{}; in its dialplan: AGI(agi://{}/APP,ARGS)",
                       place, place)}};
}

/// One login, the questions, and what comes of them.
class Check : public io::AmiOwner {
 public:
  Check(asio::io_context& context, const Config& config)
      : context_{context},
        config_{config},
        client_{context.get_executor(), ami_options(config.ami), *this, clock_} {}

  int run() {
    client_.start();
    context_.run();
    return exit_code_;
  }

  void link_up(const ami::Dialect& dialect, const std::string& ami_version) override {
    const auto& ami = config_.ami;
    print({Verdict::ok, "login",
           fmt::format("{} at {}:{} with {}", ami.user, ami.host, ami.port,
                       ami.plain_login ? "the secret itself" : "an MD5 challenge")});
    print(
        {Verdict::ok, "AMI", fmt::format("{}, dialect of Asterisk {}", ami_version, dialect.name)});
    asio::co_spawn(context_, examine(dialect.name), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }

  void link_failed(const Error& why) override {
    print({Verdict::missing, "login",
           fmt::format("{} at {}:{}: {}", config_.ami.user, config_.ami.host, config_.ami.port,
                       why.detail)});
    end(why.code == Errc::forbidden ? exit_login_refused : exit_unreachable);
  }
  void link_down() override {}  // link_failed() follows.
  void event(const ami::Message&) override {}
  void batch_end() override {}

 private:
  asio::awaitable<void> examine(std::string_view line) {
    auto findings = co_await check_pbx(client_, config_, clock_);
    const auto abilities = co_await ops::read_abilities(client_, ari::modules_of_operations(),
                                                        clock_.now() + config_.ami.action_timeout);
    print_support(line, abilities);
    judge(std::move(findings));
  }

  void judge(std::vector<Finding> findings) {
    for (auto& finding : fastagi_findings(config_)) findings.push_back(std::move(finding));
    for (const auto& finding : findings) print(finding);
    const bool complete = std::none_of(findings.begin(), findings.end(), [](const auto& finding) {
      return finding.verdict == Verdict::missing;
    });
    end(complete ? exit_ok : exit_incomplete);
  }

  void end(int exit_code) {
    exit_code_ = exit_code;
    client_.stop();
    context_.stop();
  }

  asio::io_context& context_;
  const Config& config_;
  io::SystemClock clock_;
  io::AmiClient client_;
  int exit_code_ = exit_failed;
};

}  // namespace

int check_command(const std::filesystem::path& file) {
  const auto loaded = load_config(file);
  for (const auto& warning : loaded.warnings) fmt::print(stderr, "{}\n", to_string(warning));
  if (!usable(loaded)) return exit_usage;
  print({Verdict::ok, "configuration", file.string()});
  spdlog::set_level(spdlog::level::off);  // The table says it all.
  asio::io_context context{1};
  Check check{context, loaded.config};
  const int code = check.run();
  fmt::print("{}\n", code == exit_ok ? "ready" : "not ready");
  return code;
}

}  // namespace arigate::app
