#include "agi/decoder.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/text.hpp"

namespace arigate::agi {
namespace {

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string_view without_cr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// "unknown" stands for nobody.
std::string known(std::string_view value) {
  return value == "unknown" ? std::string{} : std::string{value};
}

}  // namespace

std::optional<int> Reply::number() const {
  return number_in<int>(result);
}

void Decoder::feed(std::string_view bytes) {
  if (line_at_ > 0) {
    buffer_.erase(0, line_at_);
    line_at_ = 0;
  }
  buffer_ += bytes;
}

Result<std::optional<Input>> Decoder::next() {
  return part_ == Part::environment ? next_of_environment() : next_reply();
}

Result<std::optional<Input>> Decoder::next_of_environment() {
  for (;;) {
    const auto end = buffer_.find('\n', line_at_);
    if (end == std::string::npos) {
      if (bytes_ + buffer_.size() - line_at_ > environment_bytes_max) {
        return Error{Errc::protocol, "AGI environment too long"};
      }
      return std::optional<Input>{};
    }
    const auto line = without_cr(std::string_view{buffer_}.substr(line_at_, end - line_at_));
    bytes_ += end + 1 - line_at_;
    if (bytes_ > environment_bytes_max || ++lines_ > environment_lines_max) {
      return Error{Errc::protocol, "AGI environment too long"};
    }
    if (lines_ == 1 && !line.starts_with("agi_")) {
      return Error{Errc::protocol, "not an AGI environment"};
    }
    line_at_ = end + 1;
    if (line.empty()) {
      part_ = Part::replies;
      seen_.clear();
      return std::optional<Input>{std::move(environment_)};
    }
    // take_variable copies what it keeps, so the buffer may change afterwards.
    take_variable(line);
  }
}

void Decoder::take_variable(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !line.starts_with("agi_")) return;
  const auto name = line.substr(4, colon - 4);
  auto value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  // The first one counts: a line end in a caller name can forge later ones.
  if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) return;
  seen_.emplace_back(name);
  Environment& to = environment_;
  if (name == "request") to.request = value;
  if (name == "network_script") to.network_script = value;
  if (name == "channel") to.channel = value;
  if (name == "uniqueid") to.uniqueid = value;
  if (name == "language") to.language = value;
  if (name == "type") to.type = value;
  if (name == "version") to.version = value;
  if (name == "callerid") to.caller_number = known(value);
  if (name == "calleridname") to.caller_name = known(value);
  if (name == "dnid") to.dnid = known(value);
  if (name == "rdnis") to.rdnis = known(value);
  if (name == "context") to.context = value;
  if (name == "extension") to.extension = value;
  if (name == "priority") to.priority = number_in<int>(value).value_or(1);
  if (name == "accountcode") to.accountcode = value;
  if (name.starts_with("arg_")) to.arguments.emplace_back(value);
}

Result<std::optional<Input>> Decoder::next_reply() {
  for (;;) {
    const auto end = buffer_.find('\n', line_at_);
    if (buffer_.size() - line_at_ > reply_bytes_max) {
      return Error{Errc::protocol, "AGI reply too long"};
    }
    if (end == std::string::npos) return std::optional<Input>{};
    const auto line = without_cr(std::string_view{buffer_}.substr(line_at_, end - line_at_));
    if (line == "HANGUP") {
      line_at_ = end + 1;
      return std::optional<Input>{HangupSeen{}};
    }
    if (line.starts_with("520-")) {
      // Usage over several lines, up to the line that starts with "520 ".
      const auto last = buffer_.find("\n520 ", line_at_);
      const auto last_end = last == std::string::npos ? last : buffer_.find('\n', last + 1);
      if (last_end == std::string::npos) return std::optional<Input>{};
      Reply reply;
      reply.code = 520;
      reply.text = buffer_.substr(line_at_ + 4, last - line_at_ - 4);
      line_at_ = last_end + 1;
      return std::optional<Input>{std::move(reply)};
    }
    // A value may hold line ends: it is whole when a line ends in ")".
    std::size_t whole_end = end;
    const bool opens = line.starts_with("200 result=1 (");
    while (opens && !without_cr(std::string_view{buffer_}.substr(line_at_, whole_end - line_at_))
                         .ends_with(')')) {
      const auto next_end = buffer_.find('\n', whole_end + 1);
      if (next_end == std::string::npos) return std::optional<Input>{};
      whole_end = next_end;
    }
    const auto reply =
        reply_of(without_cr(std::string_view{buffer_}.substr(line_at_, whole_end - line_at_)));
    line_at_ = whole_end + 1;
    if (reply) return std::optional<Input>{*reply};
  }
}

/// nullopt for what is no final reply: "100 …", or a line without a code.
std::optional<Reply> Decoder::reply_of(std::string_view line) {
  const auto code = number_in<int>(line.substr(0, 3));
  if (!code || *code < 200 || line.size() < 3) return std::nullopt;
  Reply reply;
  reply.code = *code;
  auto rest = line.substr(std::min<std::size_t>(4, line.size()));
  reply.text = rest;
  if (!rest.starts_with("result=")) return reply;
  rest.remove_prefix(7);
  const auto blank = rest.find(' ');
  reply.result = rest.substr(0, blank);
  if (blank == std::string_view::npos) return reply;
  rest.remove_prefix(blank + 1);
  if (rest.starts_with('(')) {
    // The value runs to the last parenthesis; only "endpos=N" may follow it.
    const auto close = rest.rfind(')');
    if (close != std::string_view::npos) {
      reply.value = rest.substr(1, close - 1);
      rest.remove_prefix(close + 1);
    }
  }
  if (const auto at = rest.find("endpos="); at != std::string_view::npos) {
    const auto digits = trim(rest.substr(at + 7));
    reply.endpos = number_in<long>(digits.substr(0, digits.find(' ')));
  }
  return reply;
}

}  // namespace arigate::agi
