#include "agi/decoder.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/number.hpp"

namespace arigate::agi {
namespace {

constexpr std::string_view variable_start = "agi_";
constexpr std::string_view argument_start = "arg_";

std::string_view without_cr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The code of a reply line ("200 …", "520-…"), 0 when it has none.
int code_of(std::string_view line) {
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return 0;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return 0;
  return whole_number<int>(line.substr(0, 3)).value_or(0);
}

bool is_continued(std::string_view line) {
  return line.size() > 3 && line[3] == '-';
}

/// The value of such a reply may hold line ends.
bool opens_value(std::string_view line) {
  return line.starts_with("200 result=1 (");
}

bool closes_value(std::string_view line) {
  const auto close = line.rfind(')');
  if (close == std::string_view::npos) return false;
  const auto rest = line.substr(close + 1);
  return rest.empty() || rest.starts_with(" endpos=");
}

/// `text`: all of the reply, without the last line end; its code is known to be there.
Reply reply_of(std::string_view text) {
  Reply reply;
  reply.code = code_of(text);
  text.remove_prefix(std::min<std::size_t>(4, text.size()));
  reply.text = text.substr(0, text.find('\n'));
  constexpr std::string_view result_start = "result=";
  if (!text.starts_with(result_start)) return reply;
  text.remove_prefix(result_start.size());
  const auto blank = std::min(text.find(' '), text.size());
  reply.result = text.substr(0, blank);
  text.remove_prefix(blank);
  if (text.starts_with(" (")) {
    const auto close = text.rfind(')');  // The value may hold parentheses itself.
    if (close != std::string_view::npos) {
      reply.value = text.substr(2, close - 2);
      text.remove_prefix(close + 1);
    }
  }
  constexpr std::string_view endpos_start = " endpos=";
  if (const auto at = text.find(endpos_start); at != std::string_view::npos) {
    const auto digits = text.substr(at + endpos_start.size());
    reply.endpos = whole_number<long>(digits.substr(0, digits.find(' ')));
  }
  return reply;
}

struct Variable {
  std::string_view name;  // after "agi_"
  std::string Environment::*place;
  bool is_party;  // "unknown" stands for nobody
};
constexpr std::array variables{
    Variable{"request", &Environment::request, false},
    Variable{"network_script", &Environment::network_script, false},
    Variable{"channel", &Environment::channel, false},
    Variable{"uniqueid", &Environment::uniqueid, false},
    Variable{"language", &Environment::language, false},
    Variable{"type", &Environment::type, false},
    Variable{"version", &Environment::version, false},
    Variable{"callerid", &Environment::caller_number, true},
    Variable{"calleridname", &Environment::caller_name, true},
    Variable{"dnid", &Environment::dnid, true},
    Variable{"rdnis", &Environment::rdnis, true},
    Variable{"context", &Environment::context, false},
    Variable{"extension", &Environment::extension, false},
    Variable{"accountcode", &Environment::accountcode, false},
};
constexpr std::size_t priority_bit = variables.size();
static_assert(priority_bit < 32, "seen_ has one bit for each");

}  // namespace

std::optional<int> Reply::number() const {
  return whole_number<int>(result);
}

void Decoder::feed(std::string_view bytes) {
  buffer_.erase(0, item_at_);
  line_at_ -= item_at_;
  scanned_ -= item_at_;
  item_at_ = 0;
  buffer_ += bytes;
}

Result<std::optional<Input>> Decoder::next() {
  if (part_ == Part::broken) return broken_because_;
  for (;;) {
    const auto line_end = buffer_.find('\n', scanned_);
    const auto seen_end = std::min(line_end, buffer_.size());
    if (auto error = limit_passed(seen_end)) return broken(*std::move(error));
    const auto line = std::string_view{buffer_}.substr(line_at_, seen_end - line_at_);
    if (part_ == Part::environment && lines_ == 0) {
      // Whoever speaks another protocol may never send a line end, so look at what there is.
      const auto size = std::min(line.size(), variable_start.size());
      if (line.substr(0, size) != variable_start.substr(0, size) ||
          (line_end != std::string::npos && size < variable_start.size())) {
        return broken({Errc::protocol, "not an AGI environment"});
      }
    }
    if (line_end == std::string::npos) {
      scanned_ = buffer_.size();
      return std::optional<Input>{};
    }
    auto taken = take_line(without_cr(line), line_end);
    line_at_ = scanned_ = line_end + 1;
    if (part_ == Part::reply) item_at_ = line_at_;
    if (!taken) return broken(taken.error());
    if (*taken) return taken;
  }
}

Result<std::optional<Input>> Decoder::take_line(std::string_view line, std::size_t line_end) {
  if (part_ == Part::environment) return take_environment_line(line);
  return take_reply_line(line, line_end);
}

Result<std::optional<Input>> Decoder::take_environment_line(std::string_view line) {
  if (line.empty()) {
    part_ = Part::reply;
    return std::optional<Input>{std::move(environment_)};
  }
  if (++lines_ > environment_lines_max) {
    return Error{Errc::protocol, "AGI environment has too many lines"};
  }
  take_variable(line);
  return std::optional<Input>{};
}

void Decoder::take_variable(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !line.starts_with(variable_start)) return;
  const auto name = line.substr(variable_start.size(), colon - variable_start.size());
  auto value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  const auto is_first = [this](std::size_t bit) {
    const auto before = std::exchange(seen_, seen_ | 1U << bit);
    return before != seen_;
  };
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (variables[i].name != name || !is_first(i)) continue;
    if (variables[i].is_party && value == "unknown") value = {};
    environment_.*variables[i].place = value;
  }
  if (name == "priority" && is_first(priority_bit)) {
    environment_.priority = whole_number<int>(value).value_or(1);
  }
  if (name.starts_with(argument_start)) {
    // They count from 1; one that is out of turn has been there before or is made up.
    const auto place = whole_number<std::size_t>(name.substr(argument_start.size()));
    if (place == environment_.arguments.size() + 1) environment_.arguments.emplace_back(value);
  }
}

std::optional<Input> Decoder::take_reply_line(std::string_view line, std::size_t line_end) {
  const std::string_view whole = std::string_view{buffer_}.substr(item_at_, line_end - item_at_);
  if (part_ == Part::usage) {
    if (code_of(line) != code_of(whole) || is_continued(line)) return {};
    part_ = Part::reply;
    Reply reply;
    reply.code = code_of(whole);
    reply.text = whole.substr(4, line_at_ - item_at_ - 5);  // Without the code, the last line end.
    return reply;
  }
  if (part_ == Part::value) {
    if (!closes_value(line)) return {};
    part_ = Part::reply;
    return reply_of(without_cr(whole));
  }
  if (line == "HANGUP") return HangupSeen{};
  const int code = code_of(line);
  if (code < 200) return {};
  if (is_continued(line)) {
    part_ = Part::usage;
    return {};
  }
  if (opens_value(line) && !closes_value(line)) {
    part_ = Part::value;
    return {};
  }
  return reply_of(line);
}

std::optional<Error> Decoder::limit_passed(std::size_t end) const {
  const bool environment = part_ == Part::environment;
  if (end - item_at_ <= (environment ? environment_bytes_max : reply_bytes_max)) return {};
  return Error{Errc::protocol, environment ? "AGI environment too long" : "AGI reply too long"};
}

Error Decoder::broken(Error error) {
  part_ = Part::broken;
  broken_because_ = std::move(error);
  return broken_because_;
}

}  // namespace arigate::agi
