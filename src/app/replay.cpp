#include "app/replay.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <thread>

#include "app/exit_codes.hpp"
#include "app/logging.hpp"
#include "app/replay_pbx.hpp"
#include "app/replay_server.hpp"
#include "replay/comparison.hpp"
#include "replay/recording.hpp"
#include "trace/parts_reader.hpp"

namespace arigate::app {
namespace {

using replay::Replayed;

/// Holds a replay to the pace of the recording, and shows on a terminal how far it is.
class Pace {
 public:
  Pace(std::string file, double speed) : file_{std::move(file)}, speed_{speed} {}
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;
  ~Pace() {
    if (shown_) fmt::print(stderr, "\r\033[K");
  }

  void before(const trace::Line& line) {
    if (!first_us_) first_us_ = line.t_us;  // A later file of a recording does not begin at 0.
    if (speed_ > 0) {
      const auto due = std::chrono::microseconds{
          static_cast<std::int64_t>(static_cast<double>(line.t_us - *first_us_) / speed_)};
      std::this_thread::sleep_until(start_ + due);
    }
    show(line);
  }

 private:
  void show(const trace::Line& line) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ || now - last_shown_ < std::chrono::milliseconds{200}) return;
    last_shown_ = now;
    shown_ = true;
    fmt::print(stderr, "\r\033[K{}: line {}, {:.1f} s", file_, line.number,
               static_cast<double>(line.t_us) / 1e6);
    std::fflush(stderr);
  }

  std::string file_;
  double speed_;
  std::optional<std::int64_t> first_us_;
  bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_shown_{};
};

/// The comparisons of all files.
class Report {
 public:
  void add(const std::string& file, const Replayed& replayed) {
    if (replayed.native.empty()) {
      fmt::print("{}: holds no ARI events of the PBX\n", file);
      return;
    }
    const auto comparison = replay::compare(replayed.native, replayed.ours);
    const auto sum = comparison.total();
    fmt::print("{}: {} of {} events equal, {} but for fields that AMI does not carry: {:.2f} %\n",
               file, sum.equal, sum.native, sum.untold, sum.percent());
    for (const auto& difference : comparison.differences) {
      if (difference.reason == replay::Reason::none) {
        fmt::print("  {}\n", replay::text_of(difference));
      }
    }
    for (const auto& [type, tally] : comparison.types) types_[type] += tally;
    for (const auto& [why, count] : comparison.explained) explained_[std::string{why}] += count;
    unexplained_ += comparison.unexplained;
  }

  void print() const {
    if (types_.empty()) return;
    replay::Tally sum;
    for (const auto& [type, tally] : types_) sum += tally;
    fmt::print("\n{}", replay::table_of(types_));
    fmt::print("{:.2f} % as native ARI; why others differ:\n", sum.percent());
    for (const auto& [why, count] : explained_) fmt::print("{:8} {}\n", count, why);
    fmt::print("{:8} for no known reason\n", unexplained_);
  }
  bool all_explained() const { return unexplained_ == 0; }

 private:
  std::map<std::string, replay::Tally> types_;
  std::map<std::string, std::size_t> explained_;
  std::size_t unexplained_ = 0;
};

/// Prints the events, or compares them; the exit code.
int replay_files(const ReplayCommand& command) {
  Report report;
  int code = exit_ok;
  const std::vector<std::filesystem::path> given{command.files.begin(), command.files.end()};
  for (const auto& files : trace::recordings_of(given)) {
    const auto file = files.front().string();
    std::optional<Pace> pace{std::in_place, file, command.speed.value_or(0)};
    replay::ReplayOptions options;
    options.application = command.application;
    options.keep = command.diff;
    options.before = [&](const trace::Line& line) { pace->before(line); };
    if (command.print || !command.diff) {
      options.told = [paced = command.speed.value_or(0) > 0](const std::string& event) {
        fmt::print("{}\n", event);
        if (paced) std::fflush(stdout);
      };
    }
    const auto replayed = replay::replay(files, options);
    pace.reset();
    if (!replayed) {
      std::fflush(stdout);
      fmt::print(stderr, "arigate: {}\n", replayed.error().detail);
      code = exit_usage;
      continue;
    }
    if (command.diff) report.add(file, *replayed);
    for (const auto& error : {replayed->broken, replayed->damaged}) {
      if (!error) continue;
      std::fflush(stdout);
      fmt::print(stderr, "arigate: {}\n", error->detail);
      if (code == exit_ok) code = exit_failed;
    }
  }
  report.print();
  return report.all_explained() || code != exit_ok ? code : exit_failed;
}

}  // namespace

int replay_command(const ReplayCommand& command) {
  // Standard output is for the events.
  GeneralConfig logging;
  logging.log_level = command.serve || command.pbx ? LogLevel::info : LogLevel::warn;
  if (const auto logs = set_up_logging(logging); !logs) return exit_failed;
  if (command.pbx) return replay_as_pbx(command);
  return command.serve ? serve_replay(command) : replay_files(command);
}

}  // namespace arigate::app
