#include "ami/decoder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ami/find_byte.hpp"
#include "core/text.hpp"

namespace arigate::ami {
namespace {

constexpr std::string_view banner_start = "Asterisk Call Manager/";
constexpr std::string_view command_end_mark = "--END COMMAND--";
constexpr std::string_view chanvariable_start = "ChanVariable(";
constexpr std::size_t first_capacity = std::size_t{64} * 1024;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// Place of the colon between name and value, or the length of the line. The name
/// "ChanVariable(SIP/127.0.0.1:5060-01)" may hold one itself.
std::size_t colon_of(std::string_view line) {
  const char* const end = line.data() + line.size();
  const auto colon = static_cast<std::size_t>(find_byte(line.data(), end, ':') - line.data());
  if (colon <= chanvariable_start.size() || line[chanvariable_start.size() - 1] != '(' ||
      line[colon - 1] == ')' ||
      !iequals(line.substr(0, chanvariable_start.size()), chanvariable_start)) {
    return colon;
  }
  const auto close = line.find("):");
  return close == std::string_view::npos ? colon : close + 1;
}

/// An old Command reply has these before its output; each of them once.
bool is_command_header(const Message& message, std::string_view line) {
  if (line.find('\n') != std::string_view::npos) return false;  // Lines of output end so.
  const auto name = line.substr(0, line.find(':'));
  const Key key = name.size() < line.size() ? key_of(name) : Key::unknown;
  return (key == Key::privilege || key == Key::actionid) && !message.has(key);
}

}  // namespace

// --- Input ---------------------------------------------------------------------------------------

std::span<char> Decoder::prepare(std::size_t bytes) {
  clear_given();
  if (message_at_ == filled_) filled_ = message_at_ = line_at_ = scanned_ = 0;
  const std::size_t rest = filled_ - message_at_;
  const std::size_t needed = rest + bytes + slack;
  if (capacity_ > kept_bytes_max && needed <= kept_bytes_max / 4) {
    move_rest(kept_bytes_max / 4);
  } else if (needed > capacity_) {
    move_rest(std::max({needed, 2 * capacity_, first_capacity}));
  } else if (filled_ + bytes + slack > capacity_) {
    move_rest(capacity_);
  }
  return {buffer_.get() + filled_, capacity_ - filled_ - slack};
}

/// Moves the message that is being read to the start of the buffer, or of a new one. What is known
/// of it already moves along, so nothing is scanned twice.
void Decoder::move_rest(std::size_t capacity) {
  const std::size_t rest = filled_ - message_at_;
  const char* const from = buffer_.get() + message_at_;
  std::unique_ptr<char[]> larger;
  if (capacity != capacity_) larger = std::make_unique_for_overwrite<char[]>(capacity);
  char* const to = larger ? larger.get() : buffer_.get();
  message_.rebase(from, to);
  if (rest > 0) std::memmove(to, from, rest);
  if (larger) buffer_ = std::move(larger);
  capacity_ = capacity;
  line_at_ -= message_at_;
  scanned_ -= message_at_;
  output_at_ -= std::min(message_at_, output_at_);
  filled_ = rest;
  message_at_ = 0;
}

void Decoder::commit(std::size_t bytes) {
  filled_ += bytes;
  std::memset(buffer_.get() + filled_, 0, slack);
}

void Decoder::feed(std::string_view bytes) {
  const auto room = prepare(bytes.size());
  if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

// --- Lines ---------------------------------------------------------------------------------------

Result<const Message*> Decoder::next() {
  clear_given();
  if (part_ == Part::broken) return Error{Errc::protocol, broken_because_};
  const char* const end = buffer_.get() + filled_;
  while (scanned_ < filled_) {
    if (layout_ != nullptr && scanned_ == line_at_) take_expected_headers();
    const char* const found = find_byte(buffer_.get() + scanned_, end, '\r');
    scanned_ = static_cast<std::size_t>(found - buffer_.get());
    if (found + 1 >= end) break;  // No line end, or half of one.
    if (found[1] != '\n') {       // A lone CR is data.
      ++scanned_;
      continue;
    }
    const std::string_view line{buffer_.get() + line_at_, scanned_ - line_at_};
    line_at_ = scanned_ = scanned_ + 2;
    const auto taken = take_line(line);
    if (!taken) return taken.error();
    if (*taken == Taken::more) continue;
    if (line_at_ - message_at_ > message_bytes_max) return broken("AMI message too long");
    message_at_ = line_at_;
    given_ = true;
    return &message_;
  }
  return wait_for_more();
}

/// Takes lines as long as they begin as the layout says, and are whole; next() sees to the first
/// other one.
void Decoder::take_expected_headers() {
  const char* const end = buffer_.get() + filled_;
  const char* line = buffer_.get() + line_at_;
  for (auto place = message_.headers_.size(); layout_->at(place).is_at(line); ++place) {
    const auto& name = layout_->at(place);
    const char* value = line + name.size;
    if (*value == ' ') ++value;
    const char* const found = find_byte(value, end, '\r');
    if (found + 1 >= end || found[1] != '\n' || found > line + line_bytes_max) break;
    message_.add(name.key, {line, name.size - 1U},
                 {value, static_cast<std::size_t>(found - value)});
    line = found + 2;
  }
  line_at_ = scanned_ = static_cast<std::size_t>(line - buffer_.get());
}

Result<const Message*> Decoder::wait_for_more() {
  if (filled_ - message_at_ > message_bytes_max) return broken("AMI message too long");
  if (part_ != Part::banner) return nullptr;
  // Other programs may never send a line end, so look at what there is.
  const std::string_view seen{buffer_.get(), filled_};
  const auto size = std::min(seen.size(), banner_start.size());
  if (seen.substr(0, size) != banner_start.substr(0, size) || seen.size() > banner_bytes_max) {
    return broken("not a manager interface: " + std::string{seen.substr(0, 64)});
  }
  return nullptr;
}

Result<Decoder::Taken> Decoder::take_line(std::string_view line) {
  switch (part_) {
    case Part::headers:
      return take_header_line(line);
    case Part::banner:
      return take_banner(line);
    case Part::command_headers:
    case Part::command_output:
    case Part::command_end:
      return take_command_line(line);
    case Part::broken:
      break;
  }
  return Error{Errc::protocol, broken_because_};
}

Result<Decoder::Taken> Decoder::take_banner(std::string_view line) {
  if (!line.starts_with(banner_start) || line.size() > banner_bytes_max) {
    return broken("not a manager interface: " + std::string{line.substr(0, 64)});
  }
  version_ = trim(line.substr(banner_start.size()));
  part_ = Part::headers;
  message_at_ = line_at_;
  return Taken::more;
}

Decoder::Taken Decoder::take_header_line(std::string_view line) {
  if (line.empty()) {
    if (!message_.headers_.empty()) return finish_message();
    message_at_ = line_at_;  // Empty lines between messages.
    return Taken::more;
  }
  take_header(line);
  if (message_.headers_.size() != 1) return Taken::more;
  if (message_.has(Key::response) && iequals(message_[Key::response], "Follows")) {
    part_ = Part::command_headers;
  } else {
    auto& layout = layouts_[static_cast<std::size_t>(message_.event())];
    if (!layout) layout = std::make_unique<Layout>();
    layout_ = layout.get();
  }
  return Taken::more;
}

void Decoder::take_header(std::string_view line) {
  if (line.size() > line_bytes_max) {
    line = line.substr(0, line_bytes_max);
    ++cut_lines_;
  }
  const auto colon = colon_of(line);
  std::string_view name = line.substr(0, colon);
  std::string_view value = line;
  if (name.size() == line.size()) {
    name = {line.data(), 0};  // No colon.
  } else {
    value.remove_prefix(name.size() + 1);
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    if (!name.empty() && (is_blank(name.front()) || is_blank(name.back()))) {
      name = trim(name);
      if (name.empty()) name = {line.data(), 0};  // A view of the buffer, as all are.
    }
  }
  const Key key = key_of(name);
  if (key == Key::output) {
    if (std::exchange(has_output_, true)) output_ += '\n';
    output_ += value;
  } else if (layout_ != nullptr) {
    // Where "ChanVariable(SIP/a:1): x" ends its name depends on the whole line.
    const bool plain = name.find('(') == std::string_view::npos;
    layout_->learn(message_.headers_.size(), name, plain ? key : Key::unknown);
  }
  if (message_.headers_.size() < headers_max) {
    message_.add(key, name, value);
  } else if (key != Key::output) {
    ++dropped_headers_;
  }
}

/// An old Command reply: the header lines end in CRLF, those of the output in LF. The output may
/// hold empty lines and even CRLF; it ends at the mark that an empty line follows.
Decoder::Taken Decoder::take_command_line(std::string_view line) {
  if (part_ == Part::command_headers) {
    if (is_command_header(message_, line)) {
      take_header(line);
      return Taken::more;
    }
    output_at_ = static_cast<std::size_t>(line.data() - buffer_.get());
    part_ = Part::command_output;
  }
  if (part_ == Part::command_end && line.empty()) {
    const auto end = line_at_ - 4 - command_end_mark.size();  // Two CRLF and the mark back.
    message_.output_ = {buffer_.get() + output_at_, end - output_at_};
    if (message_.output_.ends_with('\n')) message_.output_.remove_suffix(1);
    return finish_message();
  }
  part_ = line.ends_with(command_end_mark) ? Part::command_end : Part::command_output;
  return Taken::more;
}

Decoder::Taken Decoder::finish_message() {
  if (has_output_) message_.output_ = output_;
  part_ = Part::headers;
  return Taken::message;
}

void Decoder::clear_given() {
  if (!given_) return;
  given_ = false;
  message_.clear();
  layout_ = nullptr;
  if (std::exchange(has_output_, false)) {
    if (output_.capacity() > kept_bytes_max) output_ = {};
    output_.clear();
  }
}

Error Decoder::broken(std::string detail) {
  part_ = Part::broken;
  broken_because_ = std::move(detail);
  return Error{Errc::protocol, broken_because_};
}

}  // namespace arigate::ami
