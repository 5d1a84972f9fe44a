#include "ops/variables.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <string_view>

#include "agi/command.hpp"
#include "ami/value.hpp"
#include "core/text.hpp"
#include "ops/command.hpp"
#include "ops/created.hpp"

namespace arigate::ops {
namespace {

boost::asio::awaitable<Result<std::string>> read(World& world, std::string channel_name,
                                                 std::string variable) {
  ami::Action action{"Getvar"};
  if (!channel_name.empty()) action.add("Channel", channel_name);
  action.add("Variable", variable);
  const auto answer =
      co_await world.ami.request(std::move(action), world.in(world.timeouts.action), "");
  if (!answer) co_return answer.error();
  // The value runs over raw lines when it holds line ends; the decoder keeps a bare LF as data.
  co_return std::string{(*answer)[ami::Key::value]};
}

/// The event of a variable follows the response (seen: 0.2 ms later, on 1.8 and 22).
constexpr std::chrono::milliseconds event_wait{100};
/// So many without an event, and none is waited for any more.
constexpr int untold_max = 3;

/// `channel` is empty for a global variable.
boost::asio::awaitable<Result<void>> write(World& world, ChannelId channel, std::string variable,
                                           std::string value) {
  const auto* known = world.store.find(channel);
  ami::Action action{"Setvar"};
  if (known != nullptr) action.add("Channel", known->name);
  action.add("Variable", variable).add("Value", value);
  const auto told = world.watches.watch([&channel, &variable](const model::Change& change) {
    const auto* varset = std::get_if<model::ChannelVarset>(&change);
    if (varset == nullptr || varset->variable != variable) return false;
    return (varset->channel != nullptr ? varset->channel->id : ChannelId{}) == channel;
  });
  const auto answer =
      co_await world.ami.request(std::move(action), world.in(world.timeouts.action), "");
  if (!answer) co_return answer.error();
  // A function that is written tells nothing.
  if (variable.ends_with(')') || world.untold_variables >= untold_max) co_return Result<void>{};
  const bool heard = co_await told->wait(world.in(event_wait));
  world.untold_variables = heard ? 0 : world.untold_variables + 1;
  co_return Result<void>{};
}

/// AMI takes such a value without its blanks.
bool begins_blank(std::string_view value) {
  return !value.empty() && static_cast<unsigned char>(value.front()) <= ' ';
}

/// What watches a channel comes from modules that not every PBX has.
Error why_not(std::string_view variable, const Result<void>& refused) {
  if (variable.starts_with("TALK_DETECT(")) {
    return {Errc::not_supported,
            "The PBX has no function TALK_DETECT (func_talkdetect.so, from Asterisk 12 on)"};
  }
  if (variable.starts_with("TONE_DETECT(")) {
    return {Errc::not_supported, "The PBX has no function TONE_DETECT (res_tonedetect.so)"};
  }
  return refused.error();
}

/// AMI for what fits, else AGI, when its turn comes.
boost::asio::awaitable<Result<void>> store_variable(World& world, ChannelId channel,
                                                    std::string variable, std::string value) {
  if (world.created != nullptr) {
    const bool unborn = co_await world.created->unborn(channel);
    if (unborn) co_return world.created->set_variable(channel, variable, std::move(value));
    if (world.store.find(channel) == nullptr) co_return channel_not_found();
  }
  if (value.size() + 16 > ami::action_line_bytes_max || begins_blank(value)) {
    // AMI has no room for it, or would take the blanks away: AGI, when its turn comes.
    auto line = agi::command("SET VARIABLE", {variable, value});
    if (!line) co_return line.error();
    std::deque<std::string> lines;
    lines.push_back(std::move(*line));
    co_return co_await run_commands(world, channel, std::move(lines));
  }
  auto outcome = co_await write(world, channel, variable, value);
  if (!outcome && outcome.error().code == Errc::not_found) co_return channel_not_found();
  if (!outcome && outcome.error().code == Errc::refused_by_pbx)
    co_return why_not(variable, outcome);
  if (outcome) world.reconciler.function_set(channel, variable, value, world.clock.wall());
  co_return outcome;
}

/// Asterisk 22 itself refuses these to ARI unless it lives dangerously: CONFBRIDGE and CURL when
/// they are set; DB_DELETE, FILE_COUNT_LINE, FILE_FORMAT, LOCK, REALTIME_DESTROY, SHELL, STAT,
/// TRYLOCK and UNLOCK when they are read; DB, FILE and PERIODIC_HOOK. Older ones refuse fewer. The
/// others look into databases, files or the host as these do, or evaluate what they are given.
constexpr std::array<std::string_view, 25> dangerous_functions{{
    "AST_CONFIG",
    "CONFBRIDGE",
    "CURL",
    "DB",
    "DB_DELETE",
    "DB_EXISTS",
    "DB_KEYS",
    "ENV",
    "EVAL",
    "FILE",
    "FILE_COUNT_LINE",
    "FILE_FORMAT",
    "JACK_HOOK",
    "LOCK",
    "PERIODIC_HOOK",
    "REALTIME",
    "REALTIME_DESTROY",
    "REALTIME_FIELD",
    "REALTIME_HASH",
    "REALTIME_STORE",
    "SHELL",
    "STAT",
    "SYSINFO",
    "TRYLOCK",
    "UNLOCK",
}};

/// They lead a channel back to where it was.
bool is_own_variable(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('_'), name.size()));
  return name.substr(0, 8) == "ARIGATE_";
}

}  // namespace

Result<void> check_variable(const World& world, std::string_view variable) {
  if (variable.empty() || has_line_break(variable)) {
    return Error{Errc::bad_request, "Variable name not usable"};
  }
  if (!world.live_dangerously && is_dangerous_function(variable)) {
    return Error{Errc::forbidden, "This function is not allowed through ARI"};
  }
  return {};
}

Result<void> check_writable(const World& world, std::string_view variable) {
  if (is_own_variable(variable)) {
    return Error{Errc::forbidden, "Variables called ARIGATE_ are those of arigate itself"};
  }
  return check_variable(world, variable);
}

Result<void> check_setting(const World& world, std::string_view variable, std::string_view value) {
  if (const auto fine = check_writable(world, variable); !fine) return fine;
  if (has_line_break(value)) return Error{Errc::bad_request, "Line ends cannot be sent"};
  return {};
}

bool is_dangerous_function(std::string_view variable) {
  constexpr std::string_view odbc = "ODBC_";  // func_odbc.conf names the rest.
  constexpr std::string_view name_characters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  if (has_expression(variable)) return true;  // The PBX would evaluate it.
  // Every call in it, not only the outermost: IMPORT(channel,SHELL(id)) runs both.
  for (auto open = variable.find('('); open != std::string_view::npos;
       open = variable.find('(', open + 1)) {
    auto name = trim(variable.substr(0, open));
    name.remove_prefix(name.find_last_not_of(name_characters) + 1);
    name.remove_prefix(std::min(name.find_first_not_of('_'), name.size()));  // Inheritance marks.
    const bool dangerous =
        iequals(name.substr(0, odbc.size()), odbc) ||
        std::any_of(dangerous_functions.begin(), dangerous_functions.end(),
                    [name](std::string_view function) { return iequals(name, function); });
    if (dangerous) return true;
  }
  return false;
}

boost::asio::awaitable<Result<std::string>> get_variable(World& world, ChannelId channel,
                                                         std::string variable) {
  const auto* known = world.store.find(channel);
  if (known == nullptr) co_return Error{Errc::not_found, "Provided channel was not found"};
  if (const auto fine = check_variable(world, variable); !fine) co_return fine.error();
  const Error unset{Errc::not_found, "Provided variable was not found"};
  const bool is_function = variable.back() == ')';
  if (world.created != nullptr) {
    const bool unborn = co_await world.created->unborn(channel);
    if (unborn) {
      auto value = world.created->variable(channel, variable);
      if (value && (is_function || !value->empty())) co_return *std::move(value);
      if (!is_function) co_return unset;
      co_return Error{Errc::refused_by_pbx, "Unable to read provided function"};
    }
    known = world.store.find(channel);
    if (known == nullptr) co_return Error{Errc::not_found, "Provided channel was not found"};
  }
  Control* control = world.controls.find(channel);
  // One that rests in a bridge stays there.
  if (control != nullptr && control->idle() && !control->resting()) {
    // Over AGI a function that cannot be read is told from one that is empty.
    auto line = agi::command("GET VARIABLE", {variable});
    if (!line) co_return line.error();
    const auto reply =
        co_await run_command(world, *control, std::move(*line), world.in(world.timeouts.command));
    if (!reply) co_return reply.error();
    // Natively a variable that is empty is none.
    if (reply->ok() && reply->value && (is_function || !reply->value->empty())) {
      co_return *reply->value;
    }
    if (reply->ok() && is_function) {
      co_return Error{Errc::refused_by_pbx, "Unable to read provided function"};
    }
    if (reply->ok()) co_return unset;
    // A dead channel or an odd reply: AMI may still know.
    known = world.store.find(channel);
    if (known == nullptr) co_return Error{Errc::not_found, "Provided channel was not found"};
  }
  auto value = co_await read(world, known->name, std::move(variable));
  if (!value && value.error().code == Errc::not_found) {
    co_return Error{Errc::not_found, "Provided channel was not found"};
  }
  if (value && value->empty() && !is_function) co_return unset;
  co_return value;
}

boost::asio::awaitable<Result<void>> set_variable(World& world, ChannelId channel,
                                                  std::string variable, std::string value,
                                                  bool report) {
  if (const auto control = control_of(world, channel); !control) co_return control.error();
  if (const auto fine = check_setting(world, variable, value); !fine) co_return fine.error();
  if (!report) {
    world.reconciler.forget_reported(channel, variable);
    co_return co_await store_variable(world, channel, std::move(variable), std::move(value));
  }
  if (const auto added = world.reconciler.report_variable(channel, variable); !added) {
    co_return added.error();
  }
  const auto stored = co_await store_variable(world, channel, variable, value);
  if (!stored) {
    world.reconciler.forget_reported(channel, variable);
  } else if (variable.back() == ')') {
    world.reconciler.set_reported(channel, variable, value);
  }
  co_return stored;
}

boost::asio::awaitable<Result<std::vector<NamedValue>>> get_variables(
    World& world, ChannelId channel, std::vector<std::string> names) {
  std::vector<NamedValue> values;
  for (auto& name : names) {
    if (world.store.find(channel) == nullptr) {
      co_return Error{Errc::not_found, "Provided channel was not found"};
    }
    if (name.empty()) co_return Error{Errc::bad_request, "Variable names are required"};
    auto value = co_await get_variable(world, channel, name);
    if (!value) co_return value.error();
    values.emplace_back(std::move(name), *std::move(value));
  }
  co_return values;
}

boost::asio::awaitable<Result<std::string>> get_global(World& world, std::string variable) {
  if (const auto fine = check_variable(world, variable); !fine) co_return fine.error();
  co_return co_await read(world, "", std::move(variable));
}

boost::asio::awaitable<Result<void>> set_global(World& world, std::string variable,
                                                std::string value) {
  if (const auto fine = check_writable(world, variable); !fine) co_return fine.error();
  if (begins_blank(value)) {
    co_return Error{Errc::bad_request, "A value that begins with a blank cannot be sent over AMI"};
  }
  ChannelId none;
  co_return co_await write(world, std::move(none), std::move(variable), std::move(value));
}

}  // namespace arigate::ops
