#include "ops/originate_action.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <random>
#include <utility>

#include "agi/command.hpp"
#include "core/text.hpp"
#include "ops/connected_line.hpp"
#include "ops/originate.hpp"
#include "ops/variables.hpp"

namespace arigate::ops {

ChannelId fresh_channel_id(WallTime now) {
  static std::uint64_t counter = std::random_device{}() % 1'000'000;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  return ChannelId{fmt::format("arigate-{}.{}", seconds.count(), ++counter)};
}

std::string timeout_ms(long seconds) {
  constexpr long seconds_max = 2'000'000;  // The PBX reads a 32-bit number of milliseconds.
  return std::to_string(seconds <= 0 ? -1 : std::min(seconds, seconds_max) * 1000);
}

void add_ids(ami::Action& action, const World& world, const ChannelId& channel,
             const ChannelId& other) {
  if (!world.ami.dialect().takes_channel_id) return;
  action.add("ChannelId", channel.value);
  if (!other.value.empty()) action.add("OtherChannelId", other.value);
}

Result<void> check_other(const World& world, const std::string& endpoint, const ChannelId& other) {
  const bool pair = iequals(endpoint.substr(0, endpoint.find('/')), "Local");
  if (!pair || other.value.empty() || !world.reconciler.taken(other)) return {};
  return Error{Errc::conflict, "Channel with given unique ID already exists"};
}

Result<void> add_identity(ami::Action& action, const World& world, const ChannelId& channel,
                          const std::string& token) {
  if (world.ami.dialect().takes_channel_id) return {};
  const auto text = ami::originate_variable(carried_id, channel.value);
  if (!text) return text.error();
  action.add("Variable", *text).add("Variable", "ARIGATE_ID=" + token);
  return {};
}

namespace {

constexpr std::string_view whom_it_is_shown = "CONNECTEDLINE(all,i)";  // i: no news for the phone.

constexpr std::string_view account_function = "CHANNEL(accountcode)";

constexpr std::size_t header_bytes = std::string_view{"Variable: "}.size();

bool fits_a_line(std::string_view text) {
  return header_bytes + text.size() <= ami::action_line_bytes_max;
}

bool is_plain_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return c == '_' || std::isalnum(c) != 0; });
}

/// The lines "Variable: …" of an Originate. Each variable has one of its own; where there are so
/// many that an action has not the room (ami::action_headers_max), plain ones share theirs.
class VariableLines {
 public:
  VariableLines(ami::Action& action, bool crowded) : action_{action}, crowded_{crowded} {}
  ~VariableLines() { flush(); }
  VariableLines(const VariableLines&) = delete;
  VariableLines& operator=(const VariableLines&) = delete;

  /// False: it is too long for a line.
  bool add(const std::string& text) {
    if (!fits_a_line(text)) return false;
    // The PBX splits a line at its commas, but for those behind a quote or an open parenthesis.
    const bool plain = crowded_ && text.find_first_of("\\\"()[]") == std::string::npos;
    if (!plain || shared_count_ == shared_max ||
        header_bytes + shared_.size() + 1 + text.size() > ami::action_line_bytes_max) {
      flush();
    }
    if (!plain) {
      action_.add("Variable", text);
      return true;
    }
    if (!shared_.empty()) shared_ += ',';
    shared_ += text;
    ++shared_count_;
    return true;
  }

 private:
  static constexpr std::size_t shared_max = 60;  ///< The PBX takes 64 from a line.

  void flush() {
    if (!shared_.empty()) action_.add("Variable", std::exchange(shared_, {}));
    shared_count_ = 0;
  }

  ami::Action& action_;
  bool crowded_;
  std::string shared_;
  std::size_t shared_count_ = 0;
};

}  // namespace

VariableList inherited_from(const model::Channel& caller, const VariableList& accounts,
                            bool shows_caller) {
  VariableList variables;
  for (auto it = caller.inheritable.rbegin(); it != caller.inheritable.rend(); ++it) {
    const auto& [name, value] = *it;
    // "_X" is inherited once, "__X" by all that follow.
    const auto theirs = name.starts_with("__") ? name : name.substr(1);
    if (!is_plain_name(theirs)) continue;
    const auto text = ami::originate_variable(theirs, value);
    if (text && fits_a_line(*text)) variables.emplace_back(theirs, value);
  }
  variables.insert(variables.end(), accounts.begin(), accounts.end());
  if (shows_caller && caller.caller != model::Party{}) {
    variables.emplace_back(whom_it_is_shown, connected_line_value(caller.caller));
  }
  if (!caller.language.empty()) variables.emplace_back("CHANNEL(language)", caller.language);
  return variables;
}

namespace {

/// "" where the PBX does not tell.
boost::asio::awaitable<std::string> function_of(const World& world, ChannelId channel,
                                                std::string function) {
  const auto* known = world.store.find(channel);
  if (known == nullptr || known->unborn) co_return "";
  auto question = ami::Action{"Getvar"}.add("Channel", known->name).add("Variable", function);
  const auto answer =
      co_await world.ami.request(std::move(question), world.in(world.timeouts.action), "");
  if (!answer) co_return "";
  co_return std::string{(*answer)[ami::Key::value]};
}

}  // namespace

boost::asio::awaitable<VariableList> accounts_from(const World& world, ChannelId caller) {
  const auto chosen = co_await function_of(world, caller, "CHANNEL(peeraccount)");
  const auto* known = world.store.find(caller);
  std::string own = known == nullptr ? "" : known->accountcode;
  // Before Asterisk 12 nothing tells of what the dialplan sets.
  if (own.empty() && !world.ami.dialect().snapshots) {
    own = co_await function_of(world, caller, std::string{account_function});
  }
  VariableList accounts;
  if (!own.empty()) accounts.emplace_back("CHANNEL(peeraccount)", own);
  const auto& account = chosen.empty() ? own : chosen;
  if (!account.empty()) accounts.emplace_back(account_function, account);
  std::erase_if(accounts, [](const auto& entry) {
    const auto text = ami::originate_variable(entry.first, entry.second);
    return !text || !fits_a_line(*text);
  });
  co_return accounts;
}

boost::asio::awaitable<std::string> formats_of(const World& world, ChannelId channel) {
  const auto answer = co_await function_of(world, channel, "CHANNEL(audionativeformat)");
  // "(ulaw|alaw)"; before Asterisk 13 "0x8 (alaw)", where it is but one.
  std::string_view formats = answer;
  formats.remove_prefix(std::min(formats.find('(') + 1, formats.size()));
  formats = formats.substr(0, formats.find(')'));
  std::string list{formats == "nothing" ? "" : formats};
  std::replace(list.begin(), list.end(), '|', ',');
  co_return list;
}

void show_inherited(World& world, const ChannelId& channel, const VariableList& inherited) {
  for (const auto& [name, value] : inherited) {
    if (!name.ends_with(')')) continue;
    const auto function = name == whom_it_is_shown ? "CONNECTEDLINE(all)" : name;
    world.reconciler.function_set(channel, function, value, world.clock.wall());
  }
}

Result<void> check_wanted(const World& world, const VariableList& variables) {
  for (const auto& [name, value] : variables) {
    if (const auto fine = check_writable(world, name); !fine) return fine.error();
    if (name.substr(0, name.find('(')).find(',') != std::string::npos) {
      return Error{Errc::bad_request, "Variable name not usable"};
    }
  }
  return {};
}

Result<void> add_variables(ami::Action& action, const World& world, const VariableList& variables,
                           std::vector<std::string>* later) {
  constexpr std::size_t many = 50;
  VariableLines lines{action, variables.size() > many};
  // Before Asterisk 12 the header is set behind the variables, also when it is missing.
  const bool account_is_header = !world.ami.dialect().snapshots;
  bool has_account = false;
  // The PBX sets the last one first; natively the first is set first.
  for (auto it = variables.rbegin(); it != variables.rend(); ++it) {
    const auto& [name, value] = *it;
    if (const auto fine = check_variable(world, name); !fine) return fine.error();
    if (account_is_header && iequals(name, account_function)) {
      if (!std::exchange(has_account, true)) action.add("Account", value);
      continue;
    }
    const auto text = ami::originate_variable(name, value);
    if (!text) return text.error();
    if (lines.add(*text)) continue;
    if (later == nullptr) {
      return Error{Errc::bad_request, fmt::format("The value of {} is too long for the PBX", name)};
    }
    auto line = agi::command("SET VARIABLE", {name, value});
    if (!line) return line.error();
    later->insert(later->begin(), std::move(*line));
  }
  return {};
}

}  // namespace arigate::ops
