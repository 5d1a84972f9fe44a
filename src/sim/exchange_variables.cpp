// What dialplan text can read and write: variables, functions, ${…} and $[…].
#include <fmt/format.h>

#include "core/number.hpp"
#include "core/text.hpp"
#include "sim/exchange.hpp"
#include "sim/expression.hpp"

namespace arigate::sim {
namespace {

constexpr int substitute_depth_max = 16;
constexpr std::size_t value_bytes_max = std::size_t{64} * 1024;

/// "CALLERID(num)" -> "CALLERID", "num"; nullopt for a plain name.
std::optional<std::pair<std::string_view, std::string_view>> function_call(std::string_view name) {
  const auto open = name.find('(');
  if (open == std::string_view::npos || !name.ends_with(')')) return std::nullopt;
  return std::pair{name.substr(0, open), name.substr(open + 1, name.size() - open - 2)};
}

/// First argument without its options: "num,i" -> "num".
std::string_view first_argument(std::string_view arguments) {
  return trim(arguments.substr(0, arguments.find(',')));
}

std::string whole(const Party& party) {
  return fmt::format("\"{}\" <{}>", party.name, party.number);
}

/// "VARIABLE,\\,,1" of CUT(): that one of the parts of its value which the sign divides.
std::string cut(const Channel& channel, std::string_view argument) {
  const auto comma = argument.find(',');
  if (comma == std::string_view::npos) return "";
  const auto value = channel.variables.get(argument.substr(0, comma)).value_or("");
  argument.remove_prefix(comma + 1);
  if (argument.starts_with('\\')) argument.remove_prefix(1);
  if (argument.size() < 3) return "";
  const auto field = leading_number<std::size_t>(argument.substr(2)).value_or(0);
  const auto parts = split(value, argument.front());
  return field >= 1 && field <= parts.size() ? std::string{parts[field - 1]} : "";
}

/// Where the "}" or "]" is that closes what was opened before `text`.
std::size_t closing(std::string_view text, char open, char close) {
  int depth = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == open) ++depth;
    if (text[i] == close && --depth == 0) return i;
  }
  return std::string_view::npos;
}

/// "${name:offset:length}": the piece of `value`.
std::string piece_of(std::string value, std::string_view range) {
  const auto parts = split(range, ':');
  const auto number = [](std::string_view text) { return leading_number<long>(text).value_or(0); };
  const auto size = static_cast<long>(value.size());
  long from = parts.empty() ? 0 : number(parts[0]);
  if (from < 0) from = std::max(0L, size + from);
  from = std::min(from, size);
  long length = parts.size() > 1 ? number(parts[1]) : size - from;
  if (length < 0) length = std::max(0L, size - from + length);
  return value.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(length));
}

}  // namespace

Party parse_party(std::string_view text) {
  Party party;
  const auto open = text.find('<');
  const auto close = text.find('>', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    const bool digits = text.find_first_not_of("0123456789+*# ") == std::string_view::npos;
    (digits ? party.number : party.name) = trim(text);
    return party;
  }
  party.number = trim(text.substr(open + 1, close - open - 1));
  auto name = trim(text.substr(0, open));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    name = name.substr(1, name.size() - 2);
  }
  party.name = name;
  return party;
}

bool Exchange::set_variable(Channel* channel, std::string_view name, std::string_view value) {
  value = value.substr(0, value_bytes_max);
  if (const auto call = function_call(name)) {
    return write_function(channel, call->first, call->second, value);
  }
  plain_variable(channel, name, value);
  return true;
}

void Exchange::plain_variable(Channel* channel, std::string_view name, std::string_view value) {
  (channel != nullptr ? channel->variables : globals_).set(name, value);
  publish(dialect_->varset(channel, name, value));
}

bool Exchange::write_function(Channel* channel, std::string_view name, std::string_view argument,
                              std::string_view value) {
  const auto part = first_argument(argument);
  if (iequals(name, "GLOBAL")) {
    plain_variable(nullptr, argument, value);
    return true;
  }
  if (iequals(name, "DEVICE_STATE") || iequals(name, "DEVSTATE")) {
    if (!argument.starts_with("Custom:") || value == "UNKNOWN") return false;
    custom_device_states_[std::string{argument}] = value;
    database_["/CustomDevstate/" + std::string{argument.substr(7)}] = value;
    tell_device_state(argument);
    return true;
  }
  if (iequals(name, "DB")) {
    database_["/" + std::string{argument}] = value;
    return true;
  }
  if (channel == nullptr) return false;
  if (iequals(name, "TIMEOUT") && iequals(part, "absolute")) {
    if (!channel->conference.empty()) null_frame();
    return true;
  }
  if (iequals(name, "CONFBRIDGE")) {
    if (!dialect_->conferences_told()) return false;
    channel->conference_options.set(argument, value);
    return true;
  }
  if (iequals(name, "CALLERID")) {
    Party caller = channel->caller;
    if (iequals(part, "num")) caller.number = value;
    if (iequals(part, "name")) caller.name = value;
    if (iequals(part, "all")) caller = parse_party(value);
    if (iequals(part, "dnid")) channel->dnid = value;
    if (iequals(part, "rdnis")) channel->rdnis = value;
    const bool visible = iequals(part, "num") || iequals(part, "name") || iequals(part, "all");
    if (visible) set_caller(*channel, std::move(caller));
    return true;
  }
  if (iequals(name, "CONNECTEDLINE")) {
    Party connected = channel->connected;
    if (iequals(part, "num")) connected.number = value;
    if (iequals(part, "name")) connected.name = value;
    if (iequals(part, "all")) connected = parse_party(value);
    set_connected(*channel, std::move(connected));
    return true;
  }
  if (iequals(name, "CHANNEL")) {
    if (iequals(argument, "language")) channel->language = value;
    if (iequals(argument, "musicclass")) channel->music_class = value;
    if (iequals(argument, "accountcode")) channel->accountcode = value;
    return true;
  }
  if (iequals(name, "VOLUME")) return iequals(part, "RX") || iequals(part, "TX");
  if (iequals(name, "CDR")) {
    if (iequals(argument, "accountcode")) set_accountcode(*channel, value);
    return true;
  }
  return false;
}

std::optional<std::string> Exchange::builtin(Channel& channel, std::string_view name) const {
  if (name == "CHANNEL") return channel.name;
  if (name == "UNIQUEID") return channel.uniqueid;
  if (name == "LINKEDID") return channel.linkedid;
  if (name == "CONTEXT") return channel.place.context;
  if (name == "EXTEN") return channel.place.exten;
  if (name == "PRIORITY") return std::to_string(channel.place.priority);
  if (name == "HANGUPCAUSE") return std::to_string(channel.cause);
  if (name == "LANGUAGE") return channel.language;
  return std::nullopt;
}

std::optional<std::string> Exchange::variable(Channel* channel, std::string_view name) {
  if (const auto call = function_call(name)) {
    return read_function(channel, call->first, call->second);
  }
  if (channel != nullptr) {
    if (auto value = builtin(*channel, name)) return value;
    if (auto value = channel->variables.get(name)) return value;
  }
  if (name == "SYSTEMNAME") return options_.system_name;
  if (name == "EPOCH") {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(time_.wall().time_since_epoch()).count());
  }
  return globals_.get(name);
}

std::optional<std::string> Exchange::read_function(Channel* channel, std::string_view name,
                                                   std::string_view argument) {
  if (iequals(name, "GLOBAL")) return globals_.get(argument);
  if (iequals(name, "LEN")) return std::to_string(argument.size());
  if (iequals(name, "VERSION")) return std::string{dialect_->pbx_version()};
  if (iequals(name, "DEVICE_STATE") || iequals(name, "DEVSTATE")) return device_state(argument);
  if (iequals(name, "DB")) {
    const auto found = database_.find("/" + std::string{argument});
    if (found == database_.end()) return std::nullopt;
    return found->second;
  }
  if (iequals(name, "STAT") && argument.starts_with("e,")) {
    return sounds_.recorded(argument.substr(2)) ? "1" : "0";
  }
  if (iequals(name, "DIALPLAN_EXISTS")) {
    const auto parts = split(argument, ',');
    const auto context = parts.empty() ? std::string_view{} : parts[0];
    const auto exten = parts.size() > 1 ? parts[1] : std::string_view{};
    const auto where = parts.size() > 2 ? parts[2] : std::string_view{"1"};
    int priority = leading_number<int>(where).value_or(0);
    if (priority == 0) priority = dialplan_.labelled(context, exten, where).value_or(0);
    const bool there = exten.empty() ? dialplan_.has_context(context)
                                     : dialplan_.find(context, exten, priority) != nullptr;
    return there ? "1" : "0";
  }
  if (channel == nullptr) return std::nullopt;
  if (iequals(name, "CUT")) return cut(*channel, argument);
  const auto part = first_argument(argument);
  if (iequals(name, "CALLERID") || iequals(name, "CONNECTEDLINE")) {
    const auto& party = iequals(name, "CALLERID") ? channel->caller : channel->connected;
    if (iequals(part, "num") || iequals(part, "number")) return party.number;
    if (iequals(part, "name")) return party.name;
    if (iequals(part, "all")) return whole(party);
    if (iequals(part, "dnid")) return channel->dnid;
    if (iequals(part, "rdnis")) return channel->rdnis;
    return "";
  }
  if (iequals(name, "TIMEOUT")) return "0";
  if (iequals(name, "CHANNEL")) {
    if (iequals(argument, "language")) return channel->language;
    if (iequals(argument, "musicclass")) return channel->music_class;
    if (iequals(argument, "accountcode")) return channel->accountcode;
    if (iequals(argument, "channeltype")) return channel->technology;
    if (iequals(argument, "state")) return std::string{name_of(channel->state)};
    if (iequals(argument, "name")) return channel->name;
    return "";
  }
  if (iequals(name, "CDR") && iequals(argument, "accountcode")) return channel->accountcode;
  return std::nullopt;
}

std::string Exchange::substitute(Channel* channel, std::string_view text) {
  return expand(channel, text, 0);
}

std::string Exchange::expand(Channel* channel, std::string_view text, int depth) {
  if (depth > substitute_depth_max) return "";
  std::string out;
  while (!text.empty() && out.size() < value_bytes_max) {
    const bool variable_next = text.starts_with("${");
    const bool expression_next = text.starts_with("$[");
    if (!variable_next && !expression_next) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(2);
    const auto end = variable_next ? closing(text, '{', '}') : closing(text, '[', ']');
    const auto inside = expand(channel, text.substr(0, end), depth + 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (expression_next) {
      out += evaluate(inside);
      continue;
    }
    // A colon inside the parentheses of a function is no range.
    const auto parenthesis = inside.rfind(')');
    const auto colon = inside.find(':', parenthesis == std::string::npos ? 0 : parenthesis);
    auto value = variable(channel, std::string_view{inside}.substr(0, colon)).value_or("");
    if (colon != std::string::npos) {
      value = piece_of(std::move(value), std::string_view{inside}.substr(colon + 1));
    }
    out += value;
  }
  return out;
}

std::string Exchange::device_state(std::string_view device) const {
  const auto custom = custom_device_states_.find(std::string{device});
  if (custom != custom_device_states_.end()) return custom->second;
  if (device.starts_with("Custom:")) return "UNKNOWN";
  if (endpoint(device) == nullptr) return "INVALID";
  if (!registered(device)) return "UNAVAILABLE";
  bool ringing = false;
  bool in_use = false;
  for (const auto& [id, channel] : channels_) {
    if (channel->technology + "/" + channel->peer != device) continue;
    (channel->state == ChannelState::ringing ? ringing : in_use) = true;
  }
  if (ringing) return in_use ? "RINGINUSE" : "RINGING";
  return in_use ? "INUSE" : "NOT_INUSE";
}

}  // namespace arigate::sim
