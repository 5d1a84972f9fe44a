#include "app/check_pbx.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "ami/action.hpp"
#include "ami/message.hpp"
#include "core/text.hpp"
#include "ops/abilities.hpp"
#include "ops/reentry_context.hpp"

namespace arigate::app {
namespace {

namespace asio = boost::asio;

/// Which versions have a module or need a class; by AMI major version, which is 10 in Asterisk 21.
enum class Has : std::uint8_t { all, before_12, from_12, before_21 };

/// A privilege class of manager.conf and what does not work without it.
struct Class {
  std::string_view name;
  std::string_view without;
  Verdict verdict = Verdict::missing;
  Has has = Has::all;
};

constexpr std::array<Class, 7> read_classes{{
    {"system", "a restart of the PBX is not noticed"},
    {"call", "no channel is seen"},
    {"user", "no ChannelUserevent"},
    {"dtmf", "no ChannelDtmfReceived"},
    {"reporting", "channel lists are incomplete"},
    {"dialplan", "no ChannelVarset and no ChannelDialplan"},
    {"agent",
     "whom a queue calls is told when it rings, and for callers without a number not at all",
     Verdict::note, Has::before_12},
}};

constexpr std::array<Class, 6> write_classes{{
    {"system", "no mute, no recording of both sides"},
    {"call", "channels cannot be hung up, moved or read"},
    {"originate", "no new channels"},
    {"command", "the dialplan context is not added at run time; no module and logger lists",
     Verdict::note},
    {"user", "no user events", Verdict::note},
    {"reporting", "the list of channels cannot be read"},
}};

struct Module {
  std::string_view name;
  std::string_view used_for;
  Verdict without;
  Has has = Has::all;
};

/// Several names with | : one of them is enough.
constexpr std::array<Module, 22> modules{{
    {"res_agi.so", "everything", Verdict::missing},
    {"chan_local.so", "calls that arigate places and announcers", Verdict::missing, Has::before_12},
    {"app_confbridge.so", "bridges", Verdict::note},
    {"bridge_softmix.so", "mixing bridges", Verdict::note},
    {"res_timing_timerfd.so|res_timing_pthread.so|res_timing_dahdi.so|res_timing_kqueue.so",
     "mixing bridges", Verdict::note},
    {"app_chanspy.so", "snoop, play to a bridged channel", Verdict::note},
    {"app_mixmonitor.so", "recordings of both sides", Verdict::note},
    {"res_monitor.so", "pausing a recording", Verdict::note, Has::before_21},
    {"app_controlplayback.so", "pausing and seeking a playback", Verdict::note},
    {"res_mutestream.so", "mute", Verdict::note},
    {"app_playtones.so", "tones and ringing", Verdict::note},
    {"app_senddtmf.so", "sending DTMF", Verdict::note},
    {"res_musiconhold.so", "music on hold", Verdict::note},
    {"app_transfer.so", "redirect", Verdict::note},
    {"func_devstate.so", "device states", Verdict::note},
    {"func_channel.so", "CHANNEL() variables", Verdict::note},
    {"func_callerid.so", "CALLERID() variables", Verdict::note},
    {"func_dialplan.so", "continue, the extension h", Verdict::note},
    {"func_cut.so", "the extension h of calls that end in the re-entry context", Verdict::note},
    {"func_talkdetect.so", "talking events outside bridges", Verdict::note, Has::from_12},
    {"chan_rtp.so", "external media", Verdict::note, Has::from_12},
    {"res_manager_devicestate.so", "the list of device states", Verdict::note, Has::from_12},
}};

bool applies(Has has, const ami::Dialect& dialect) {
  switch (has) {
    case Has::all:
      return true;
    case Has::before_12:
      return dialect.major < 2;
    case Has::from_12:
      return dialect.major >= 2;
    case Has::before_21:
      return dialect.major < 10;
  }
  return true;  // Not reached: the cases are all there are.
}

std::vector<std::string> words(std::string_view list) {
  std::vector<std::string> words;
  for (const auto part : split(list, ',')) words.emplace_back(trim(part));
  return words;
}

bool holds(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Asks one question after the other and writes down what it finds.
class PbxCheck {
 public:
  PbxCheck(ops::AmiPort& ami, const Config& config, const Clock& clock)
      : ami_{ami}, config_{config}, clock_{clock} {}

  asio::awaitable<std::vector<Finding>> run() {
    co_await check_version();
    co_await check_classes();
    co_await check_modules();
    co_await check_context();
    co_await check_menu();
    co_return std::move(findings_);
  }

 private:
  void add(Verdict verdict, std::string_view subject, std::string text) {
    findings_.push_back({verdict, std::string{subject}, std::move(text)});
  }

  asio::awaitable<Result<ami::Message>> ask(ami::Action action) {
    return ami_.request(std::move(action), clock_.now() + config_.ami.action_timeout, "");
  }
  asio::awaitable<Result<ami::Message>> command(std::string_view line) {
    return ask(ami::Action{"Command"}.add("Command", line));
  }

  asio::awaitable<void> check_version() {
    const auto settings = co_await ask(ami::Action{"CoreSettings"});
    if (settings) {
      add(Verdict::ok, "PBX", fmt::format("Asterisk {}", settings->named("AsteriskVersion")));
      if (!ami_.dialect().escapes_values && settings->named("SystemName").empty()) {
        add(Verdict::note, "asterisk.conf",
            "no systemname: with a word there that callers do not know, nobody can guess the "
            "uniqueid of a channel and put an event of it into a value");
      }
    } else {
      add(Verdict::note, "PBX", fmt::format("version not told: {}", settings.error().detail));
    }
  }

  /// `manager show user` tells both lists, but needs the class command; the list of allowed actions
  /// tells the write classes to everybody, by actions that need just one of them.
  asio::awaitable<void> check_classes() {
    std::vector<std::string> read;
    std::vector<std::string> write;
    // A name with odd characters could end the command and start another argument.
    static constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (config_.ami.user.find_first_not_of(plain) == std::string::npos) {
      const auto shown = co_await command(fmt::format("manager show user {}", config_.ami.user));
      if (shown) {
        read = permissions_in(shown->output(), "read perm");
        write = permissions_in(shown->output(), "write perm");
      }
    }
    if (read.empty()) {
      add(Verdict::note, "read classes",
          fmt::format("cannot be told without the write class command; needed: {}",
                      needed(read_classes)));
    } else {
      compare("read classes", read_classes, read);
    }
    if (write.empty()) write = co_await write_classes_by_actions();
    compare("write classes", write_classes, write);
  }

  std::string needed(std::span<const Class> classes) const {
    std::vector<std::string_view> names;
    for (const auto& known : classes) {
      if (applies(known.has, ami_.dialect())) names.push_back(known.name);
    }
    return fmt::format("{}", fmt::join(names, " "));
  }

  asio::awaitable<std::vector<std::string>> write_classes_by_actions() {
    const auto listed = co_await ask(ami::Action{"ListCommands"});
    if (!listed) co_return std::vector<std::string>{};
    co_return ops::write_classes_in(*listed);
  }

  void compare(std::string_view subject, std::span<const Class> classes,
               const std::vector<std::string>& granted) {
    bool complete = true;
    for (const auto& one : classes) {
      if (!applies(one.has, ami_.dialect())) continue;
      if (holds(granted, one.name) || holds(granted, "all")) continue;
      complete = false;
      add(one.verdict, subject, fmt::format("{}: without it {}", one.name, one.without));
    }
    if (complete) add(Verdict::ok, subject, needed(classes));
  }

  asio::awaitable<void> check_modules() {
    std::size_t there = 0;
    for (const auto& module : modules) {
      if (!applies(module.has, ami_.dialect())) continue;
      bool found = false;
      for (const auto name : split(module.name, '|')) {
        const auto answer = co_await ask(ami::Action{"ModuleCheck"}.add("Module", name));
        if (!answer && answer.error().code != Errc::refused_by_pbx) {
          add(Verdict::note, "modules", fmt::format("cannot be told: {}", answer.error().detail));
          co_return;
        }
        found = found || answer.has_value();
        if (found) break;
      }
      if (found) {
        ++there;
      } else {
        add(module.without, "modules",
            fmt::format("{} is not loaded: needed for {}", split(module.name, '|').front(),
                        module.used_for));
      }
    }
    add(Verdict::ok, "modules", fmt::format("{} of those that can be used are loaded", there));
  }

  /// Newer versions answer Error for a context that is not there, older ones say so in the output.
  asio::awaitable<void> check_context() {
    const auto& context = config_.dialplan.context;
    const auto shown = co_await command(fmt::format("dialplan show {}", context));
    const bool told = shown || shown.error().code == Errc::refused_by_pbx;
    const bool there = shown && shown->output().find("no existence of") == std::string_view::npos;
    if (!told) {
      add(Verdict::note, "dialplan",
          fmt::format("cannot be told whether [{}] is there: {}", context, shown.error().detail));
    } else if (there && shown->output().find("agi://") == std::string_view::npos) {
      add(Verdict::missing, "dialplan",
          fmt::format("[{}] is there, but has no line with AGI(agi://…)", context));
    } else if (there) {
      add(Verdict::ok, "dialplan", fmt::format("[{}] is there", context));
      if (!ops::shows_hangup_extension(shown->output())) note_hangup_extension();
    } else if (config_.dialplan.add_at_runtime && ami_.dialect().runtime_context) {
      add(Verdict::ok, "dialplan",
          fmt::format("[{}] is not there: arigate adds it while it runs", context));
    } else if (config_.dialplan.add_at_runtime) {
      add(Verdict::missing, "dialplan",
          fmt::format(
              "[{}] is not there, and this PBX cannot be given one at run time: put it into "
              "extensions.conf",
              context));
    } else {
      add(Verdict::missing, "dialplan",
          fmt::format("[{}] is not there, and add_at_runtime is no", context));
    }
  }

  void note_hangup_extension() {
    add(Verdict::note, "dialplan",
        fmt::format("[{}] has no extension h, as the README shows it: {}", config_.dialplan.context,
                    config_.dialplan.add_at_runtime
                        ? "arigate adds it while it runs"
                        : "calls that end in it do not run the h of their own dialplan"));
  }

  /// From Asterisk 13 on a conference takes the keys of a menu of that name, if nobody names
  /// another.
  asio::awaitable<void> check_menu() {
    if (!ami_.dialect().snapshots) co_return;
    const auto shown = co_await command("confbridge show menu default_menu");
    if (!shown || shown->output().find("Name: default_menu") == std::string_view::npos) co_return;
    add(Verdict::note, "confbridge.conf",
        "[default_menu] is there: its keys work in the bridges of applications, too; give it "
        "another name");
  }

  ops::AmiPort& ami_;
  const Config& config_;
  const Clock& clock_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<std::string> permissions_in(std::string_view output, std::string_view which) {
  for (const auto raw : split(output, '\n')) {
    const auto line = trim(raw);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && iequals(trim(line.substr(0, colon)), which)) {
      return words(line.substr(colon + 1));
    }
  }
  return {};
}

asio::awaitable<std::vector<Finding>> check_pbx(ops::AmiPort& ami, const Config& config,
                                                const Clock& clock) {
  PbxCheck check{ami, config, clock};
  co_return co_await check.run();
}

}  // namespace arigate::app
