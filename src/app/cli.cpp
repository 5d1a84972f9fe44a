#include "app/cli.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include "app/capture.hpp"
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

/// "100 MiB" and "100MiB" as bytes, "24 h" as seconds: CLI11 knows them as numbers with a unit.
void add_rotation(CLI::App& command, CaptureConfig& capture, std::int64_t& age_s) {
  command
      .add_option("--file-bytes-max", capture.file_bytes_max,
                  "Begin a new file at this size (before compression), such as 100MiB: "
                  "call.1.jsonl, call.2.jsonl, …")
      ->transform(CLI::AsSizeValue{false});
  command.add_option("--file-age-max", age_s, "Begin a new file after this time, such as 24h")
      ->transform(CLI::AsNumberWithUnit{
          std::map<std::string, std::int64_t>{{"s", 1}, {"min", 60}, {"h", 3'600}, {"d", 86'400}}})
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{31'536'000}));
  command.add_option("--files-max", capture.files_max, "Keep so many of them; 0 keeps all")
      ->capture_default_str();
}

CLI::App* add_capture(CLI::App& program, CaptureCommand& options, std::int64_t& age_s) {
  auto* capture = program.add_subcommand(
      "capture",
      "Record what goes over AMI, FastAGI and ARI, until SIGTERM: of a gateway that is run for it "
      "(-c FILE), or between applications and the PBX of others (--…-listen), which are to connect "
      "to these ports instead\n"
      "exit codes: 0 stopped, 1 a port is taken or the file cannot be written, 2 command line or "
      "configuration");
  capture->add_option("-c,--config", options.config, "Configuration");
  capture
      ->add_option("-o,--output", options.capture.file,
                   "The capture; .gz and .zst at its end compress it")
      ->required();
  capture->add_option("--ami-listen", options.ami_listen, "HOST:PORT for AMI clients");
  capture->add_option("--ami-to", options.ami_to,
                      "The PBX's manager interface (default: of the configuration, or "
                      "127.0.0.1:5038)");
  capture->add_option("--agi-listen", options.agi_listen, "HOST:PORT for the PBX's AGI(agi://…)");
  capture->add_option("--agi-to", options.agi_to, "The FastAGI application");
  capture->add_option("--ari-listen", options.ari_listen, "HOST:PORT for ARI clients");
  capture->add_option("--ari-to", options.ari_to, "Who serves ARI (default: 127.0.0.1:8088)");
  capture->add_flag("--mask-numbers", options.capture.mask_numbers,
                    "Write other digits for phone numbers; passwords are always left out");
  add_rotation(*capture, options.capture, age_s);
  return capture;
}

CLI::App* add_replay(CLI::App& program, ReplayCommand& options) {
  auto* replay = program.add_subcommand(
      "replay",
      "Turn a capture into ARI events: print them (the default), compare them with the PBX's own, "
      "or serve them; or let it play the PBX\n"
      "exit codes: 0 done, 1 damaged file, unexplained difference, or asked what the capture does "
      "not hold, 2 no capture");
  replay
      ->add_option("file", options.files,
                   "Captures (.jsonl, .gz, .zst); files of one recording are played as one")
      ->required();
  replay
      ->add_option("--speed", options.speed,
                   "Times the recorded pace, or \"max\" (default: max; with --serve and --pbx 1)")
      ->transform(speed_of)
      ->check(CLI::Range(0.0, 1e6));
  auto* print =
      replay->add_flag("--print", options.print, "One JSON text a line on standard output");
  auto* diff = replay->add_flag("--diff", options.diff,
                                "Compare with the ARI events of the PBX in the file");
  auto* serve =
      replay->add_flag("--serve", options.serve, "Serve ARI, for a client to be developed against");
  auto* pbx = replay->add_flag("--pbx", options.pbx,
                               "Play the PBX: AMI for clients, FastAGI connections to theirs");
  serve->excludes(print)->excludes(diff);
  pbx->excludes(print)->excludes(diff)->excludes(serve);
  replay->add_option("--app", options.application, "Application of printed events")
      ->capture_default_str();
  replay->add_option("--bind", options.bind, "Address of --serve and --pbx")->capture_default_str();
  replay->add_option("--port", options.port,
                     "Port of --serve (8088) and --pbx (5038); 0 takes a free one");
  replay
      ->add_option("--agi", options.fastagi,
                   "With --pbx, HOST:PORT of the FastAGI server (default: the recorded port here)")
      ->needs(pbx);
  replay
      ->add_flag("--wait", options.wait,
                 "With --pbx, go on behind each recorded action when the client has asked it too")
      ->needs(pbx);
  replay->add_flag("--once", options.once, "With --pbx, end when everything is played")->needs(pbx);
  replay
      ->add_flag("--strict", options.strict,
                 "With --pbx, end at the first action that the capture does not hold")
      ->needs(pbx);
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
  std::string capture_file;
  run->add_option("--capture", capture_file, "Record all links into this file, as `capture` does");
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

  CaptureCommand capture_options;
  std::int64_t capture_age_s = 0;
  auto* capture = add_capture(program, capture_options, capture_age_s);
  ReplayCommand replay_options;
  auto* replay = add_replay(program, replay_options);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? exit_ok : exit_usage;
  }
  if (run->parsed()) {
    return run_command(file, [&](Config& config) {
      if (!capture_file.empty()) config.capture.file = capture_file;
    });
  }
  if (capture->parsed()) {
    capture_options.capture.file_age_max = std::chrono::seconds{capture_age_s};
    return capture_command(capture_options);
  }
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
