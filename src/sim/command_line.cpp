#include "sim/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "core/number.hpp"
#include "core/text.hpp"

namespace arigate::sim {
namespace {

constexpr std::array<std::string_view, 17> modules{
    "app_chanspy.so",    "app_transfer.so",  "chan_rtp.so",      "res_agi.so",
    "app_confbridge.so", "app_dial.so",      "app_playback.so",  "app_senddtmf.so",
    "app_playtones.so",  "app_userevent.so", "chan_local.so",    "chan_sip.so",
    "func_channel.so",   "func_callerid.so", "func_devstate.so", "res_musiconhold.so",
    "res_mutestream.so"};

/// Words of a command line. Double quotes hold blanks together and are eaten, as is a backslash
/// before what it protects.
std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool escaped = false;
  for (const char c : command) {
    if (std::exchange(escaped, false)) {
      word += c;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string show_context(const Context& context, std::size_t& extensions, std::size_t& steps) {
  auto out = fmt::format("[ Context '{}' created by 'pbx_config' ]\n", context.name);
  for (const auto& extension : context.extensions) {
    ++extensions;
    bool first = true;
    for (const auto& step : extension.steps) {
      ++steps;
      const auto left = first                ? fmt::format("'{}' =>", extension.pattern)
                        : step.label.empty() ? std::string{}
                                             : fmt::format("   [{}]", step.label);
      const auto middle = fmt::format("{}. {}({})", step.priority, step.application, step.data);
      out += fmt::format("  {:<17} {:<45} [pbx_config]\n", left, middle);
      first = false;
    }
  }
  return out + "\n";
}

std::string dialplan_show(Exchange& exchange, const std::vector<std::string>& words) {
  // "dialplan show", "dialplan show context", "dialplan show exten@context"
  std::string wanted = words.size() > 2 ? words[2] : "";
  if (const auto at = wanted.find('@'); at != std::string::npos) wanted = wanted.substr(at + 1);
  if (!wanted.empty() && !exchange.dialplan().has_context(wanted)) {
    return fmt::format("There is no existence of '{}' context\n", wanted);
  }
  std::string out;
  std::size_t contexts = 0;
  std::size_t extensions = 0;
  std::size_t steps = 0;
  for (const auto& context : exchange.dialplan().contexts()) {
    if (!wanted.empty() && context.name != wanted) continue;
    ++contexts;
    out += show_context(context, extensions, steps);
  }
  return out + fmt::format("-= {} ({}) in {}. =-\n", plural(extensions, "extension", "extensions"),
                           plural(steps, "priority", "priorities"),
                           plural(contexts, "context", "contexts"));
}

/// "App,data" as it is; "App(data)", where data is all up to the last bracket, as "App,data".
std::string without_brackets(std::string line) {
  const auto begin = line.find('(');
  const auto end = line.rfind(')');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return line;
  line.erase(end);
  line[begin] = ',';
  return line;
}

/// dialplan add extension <exten>,<priority>,<app>,<data> into <context> [replace]
std::string dialplan_add(Exchange& exchange, const std::vector<std::string>& words) {
  static constexpr std::string_view usage =
      "Usage: dialplan add extension <exten>,<priority>,<app> into <context> [replace]\n";
  if (words.size() < 6 || words[4] != "into") return std::string{usage};
  std::array<std::string, 4> parts;  // exten, priority, application, data (which keeps its commas)
  const auto line = without_brackets(words[3]);
  std::string_view rest = line;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto comma = i + 1 < parts.size() ? rest.find(',') : std::string_view::npos;
    parts[i] = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  Step step;
  step.runtime = true;
  step.application = parts[2];
  step.data = parts[3];
  step.priority = leading_number<int>(parts[1]).value_or(step.priority);
  const auto priority = step.priority;
  const auto& context = words[5];
  if (!exchange.dialect().adds_contexts() && !exchange.dialplan().has_context(context)) {
    return fmt::format("No such context '{}'\n", context);
  }
  if (words.size() > 6) exchange.dialplan().remove(context, parts[0], priority);
  if (!exchange.dialplan().add(context, parts[0], std::move(step))) {
    return fmt::format("Extension {}@{} with priority {} already exists\n", parts[0], context,
                       parts[1]);
  }
  return fmt::format("Extension '{},{},{},{}' added into '{}' context\n", parts[0], parts[1],
                     parts[2], parts[3], context);
}

/// dialplan remove extension exten@context [priority]
std::string dialplan_remove(Exchange& exchange, const std::vector<std::string>& words) {
  if (words.size() < 4) return "Usage: dialplan remove extension exten@context [priority]\n";
  const auto at = words[3].find('@');
  const auto exten = words[3].substr(0, at);
  const auto context = at == std::string::npos ? "" : words[3].substr(at + 1);
  std::optional<int> priority;
  if (words.size() > 4) priority = std::atoi(words[4].c_str());
  if (!exchange.dialplan().remove(context, exten, priority)) {
    return fmt::format("Failed to remove extension {}@{}\n", exten, context);
  }
  return fmt::format("Extension {}@{} removed\n", exten, context);
}

std::string duration_text(long seconds) {
  std::string out;
  const auto part = [&](long count, std::string_view unit) {
    if (count == 0 && out.empty() && unit != "second") return;
    if (!out.empty()) out += ", ";
    out += fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
  };
  part(seconds / 3600, "hour");
  part(seconds / 60 % 60, "minute");
  part(seconds % 60, "second");
  return out;
}

std::string show_channels_concise(Exchange& exchange) {
  std::string out;
  for (const auto& channel : exchange.channels()) {
    const auto bridged = channel->bridged.lock();
    out += fmt::format(
        "{}!{}!{}!{}!{}!{}!{}!{}!!{}!3!{}!{}!{}\n", channel->name, channel->place.context,
        channel->place.exten, channel->place.priority, name_of(channel->state),
        channel->application.empty() ? "(None)" : channel->application, channel->app_data,
        channel->caller.number, channel->accountcode, exchange.age_seconds(*channel),
        bridged ? bridged->name : "(None)", channel->uniqueid);
  }
  return out;
}

/// With state and support level from 13 on.
std::string show_modules(Exchange& exchange, std::string_view like) {
  const bool wide = exchange.dialect().control_playback();
  auto out = fmt::format("{:<30} {:<40} {:<10}", "Module", "Description", "Use Count");
  out += wide ? fmt::format(" {:<11} {:>13}\n", "Status", "Support Level") : "\n";
  std::size_t count = 0;
  for (const auto module : modules) {
    if (module.find(like) == std::string_view::npos || !module_loaded(exchange, module)) continue;
    out += fmt::format("{:<30} {:<40} {:<10}", module, "Simulated module", 0);
    out += wide ? fmt::format(" {:<11} {:>13}\n", "Running", "core") : "\n";
    ++count;
  }
  return out + fmt::format("{} modules loaded\n", count);
}

/// With the formatter from 13 on.
std::string show_log_channels(Exchange& exchange) {
  const bool wide = exchange.dialect().control_playback();
  const auto row = [wide](std::string_view name, std::string_view type, std::string_view formatter,
                          std::string_view status) {
    return wide ? fmt::format("{:<35.35} {:<8.8} {:<10.10} {:<9.9} ", name, type, formatter, status)
                : fmt::format("{:<35.35} {:<8.8} {:<12.12} ", name, type, status);
  };
  auto out = row("Channel", "Type", "Formatter", "Status") + "Configuration\n" +
             row("-------", "----", "---------", "------") + "-------------\n";
  for (const auto& [name, levels] : exchange.log_channels()) {
    out += row("/var/log/asterisk/" + name, "File", "default", "Enabled") + "- " + levels + "\n";
  }
  return out + row("/var/log/asterisk/messages", "File", "default", "Enabled") +
         "- NOTICE WARNING ERROR \n\n";
}

/// logger add channel <name> <levels>
std::string add_log_channel(Exchange& exchange, const std::vector<std::string>& words) {
  if (words.size() < 5) return "Usage: logger add channel <name> <levels>\n";
  std::string levels;
  for (const auto level : split(words[4], ',')) levels.append(level).append(" ");
  for (auto& c : levels) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (exchange.log_channels().emplace(words[3], levels).second) return {};
  return fmt::format("Logger channel '{}' already exists\n", words[3]);
}

std::string remove_log_channel(Exchange& exchange, const std::vector<std::string>& words) {
  const auto name = words.size() > 3 ? words[3] : std::string{};
  return exchange.log_channels().erase(name) > 0
             ? fmt::format("Removed dynamic logger channel '{}'\n", name)
             : fmt::format("Unable to find dynamic logger channel '{}'\n", name);
}

std::string show_database(Exchange& exchange) {
  std::string out;
  for (const auto& [key, value] : exchange.database()) {
    out += fmt::format("{:<50}: {:<25}\n", key, value);
  }
  return out + fmt::format("{} results found.\n", exchange.database().size());
}

bool starts(const std::vector<std::string>& words, std::string_view command) {
  const auto expected = split(command, ' ');
  if (words.size() < expected.size()) return false;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!iequals(words[i], expected[i])) return false;
  }
  return true;
}

}  // namespace

bool module_known(std::string_view module) {
  return std::find(modules.begin(), modules.end(), module) != modules.end();
}

bool module_loaded(Exchange& exchange, std::string_view module) {
  if (module == "chan_rtp.so" && !exchange.dialect().takes_channel_id()) return false;
  return module_known(module) && !exchange.unloaded_modules().contains(module);
}

CommandOutput run_command_line(Exchange& exchange, std::string_view command) {
  const auto words = words_of(command);
  const auto known = [](std::string text) { return CommandOutput{std::move(text), true}; };
  if (starts(words, "dialplan add extension")) return known(dialplan_add(exchange, words));
  if (starts(words, "dialplan remove extension")) return known(dialplan_remove(exchange, words));
  if (starts(words, "dialplan show")) return known(dialplan_show(exchange, words));
  if (starts(words, "dialplan reload")) {
    exchange.dialplan().reload();
    return known("Dialplan reloaded.\n");
  }
  if (starts(words, "core show version")) {
    return known(
        fmt::format("Asterisk {} built by simulation @ localhost on a x86_64 running Linux\n",
                    exchange.dialect().pbx_version()));
  }
  if (starts(words, "core show file formats")) {
    return known(
        "Format     Name       Extensions          \n"
        "------     ----       ----------          \n"
        "slin       wav        wav                 \n"
        "gsm        gsm        gsm                 \n"
        "slin       sln        sln|slin|raw        \n"
        "ulaw       pcm        pcm|ulaw|ul|mu|ulw  \n"
        "alaw       alaw       alaw|al|alw         \n"
        "5 file formats registered.\n");
  }
  if (starts(words, "core show uptime")) {
    const auto up = duration_text(exchange.uptime_seconds());
    return known(fmt::format("System uptime: {} \nLast reload: {} \n", up, up));
  }
  if (starts(words, "core show channels concise")) return known(show_channels_concise(exchange));
  if (starts(words, "module show like") && words.size() > 3) {
    return known(show_modules(exchange, words[3]));
  }
  if (starts(words, "module show")) return known(show_modules(exchange, ""));
  if (starts(words, "database show")) return known(show_database(exchange));
  if (starts(words, "logger show channels")) return known(show_log_channels(exchange));
  if (exchange.dialect().control_playback()) {
    if (starts(words, "logger add channel")) return known(add_log_channel(exchange, words));
    if (starts(words, "logger remove channel")) return known(remove_log_channel(exchange, words));
  }
  if (starts(words, "logger rotate")) {
    exchange.log_channels().clear();  // The rotation reads logger.conf again (seen: 16, 22).
    return known("");
  }
  if (starts(words, "manager reload")) return known("");
  const auto help = words.size() > 1 ? words[0] + " " + words[1] : std::string{command};
  return {fmt::format("No such command '{}' (type 'core show help {}' for other possible "
                      "commands)\n",
                      command, help),
          false};
}

}  // namespace arigate::sim
