#include "app/cli.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "app/check.hpp"
#include "app/demo.hpp"
#include "app/exit_codes.hpp"
#include "app/replay.hpp"
#include "app/run.hpp"
#include "arigate/version.hpp"

namespace arigate::app {
namespace {

constexpr const char* default_file = "/etc/arigate/arigate.conf";

/// "1", "2.5", or "max", which is 0.
std::string speed_of(const std::string& text) {
  return text == "max" ? "0" : text;
}

CLI::App* add_replay(CLI::App& program, ReplayCommand& options) {
  auto* replay = program.add_subcommand(
      "replay",
      "Turn a capture into ARI events: print them (the default), compare them with the PBX's own, "
      "or serve them\n"
      "exit codes: 0 done, 1 damaged file or unexplained difference, 2 no capture");
  replay->add_option("file", options.files, "Captures (.jsonl, .jsonl.gz)")->required();
  replay
      ->add_option("--speed", options.speed,
                   "Times the recorded pace, or \"max\" (default: max; with --serve 1)")
      ->transform(speed_of)
      ->check(CLI::Range(0.0, 1e6));
  replay->add_flag("--print", options.print, "One JSON text a line on standard output");
  replay->add_flag("--diff", options.diff, "Compare with the ARI events of the PBX in the file");
  replay->add_flag("--serve", options.serve, "Serve ARI, for a client to be developed against");
  replay->add_option("--app", options.application, "Application of printed events")
      ->capture_default_str();
  replay->add_option("--bind", options.bind, "Address of --serve")->capture_default_str();
  replay->add_option("--port", options.port, "Port of --serve; 0 takes a free one")
      ->capture_default_str();
  return replay;
}

int parse_and_do(int argc, const char* const* argv) {
  CLI::App program{
      "ARI for a PBX without ARI: logs in over AMI, takes calls over FastAGI, serves REST "
      "and WebSocket."};
  program.set_version_flag("--version", fmt::format("arigate {}", version));
  program.require_subcommand(1);

  std::string file = default_file;
  auto* run =
      program.add_subcommand("run", "Serve until SIGTERM; SIGHUP reads the configuration again");
  run->add_option("-c,--config", file, "Configuration")->capture_default_str();
  auto* check = program.add_subcommand(
      "check",
      "Read the configuration, log in to the PBX and tell what it lacks\n"
      "exit codes: 0 ready, 2 configuration, 3 PBX not reached, 4 login refused, "
      "5 something is missing");
  check->add_option("-c,--config", file, "Configuration")->capture_default_str();
  DemoOptions demo_options;
  auto* demo = program.add_subcommand("demo", "Serve a simulated PBX: nothing else is needed");
  demo->add_option("--bind", demo_options.bind, "Address for ARI")->capture_default_str();
  demo->add_option("--port", demo_options.port, "Port for ARI; 0 takes a free one")
      ->capture_default_str();
  demo->add_option("--call-every", demo_options.call_every_s,
                   "Seconds between calls to the application; 0: only when \"call\" is typed")
      ->capture_default_str();
  demo->add_flag("--verbose", demo_options.verbose, "Log every message");

  ReplayCommand replay_options;
  auto* replay = add_replay(program, replay_options);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? exit_ok : exit_usage;
  }
  if (run->parsed()) return run_command(file);
  if (check->parsed()) return check_command(file);
  if (replay->parsed()) return replay_command(replay_options);
  return demo_command(demo_options);
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  try {
    return parse_and_do(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "arigate: {}\n", error.what());
    return exit_failed;
  }
}

}  // namespace arigate::app
