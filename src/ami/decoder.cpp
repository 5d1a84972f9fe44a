#include "ami/decoder.hpp"

#include <algorithm>
#include <cstring>

#include "core/text.hpp"

namespace arigate::ami {
namespace {

constexpr std::string_view greeting = "Asterisk Call Manager/";
constexpr std::string_view command_end = "--END COMMAND--";

}  // namespace

// The headers of a half-read message are views into buffer_, so moving the buffer means moving
// them: instead, a message that is not complete is scanned again from its start after a move. That
// happens at most once for each read, and only to the one message that the read cut.
std::span<char> Decoder::prepare(std::size_t bytes) {
  if (given_) {
    message_.clear();
    given_ = false;
  }
  if (message_at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + message_at_, filled_ - message_at_);
    filled_ -= message_at_;
    scanned_ -= message_at_;
    line_at_ -= message_at_;
    message_at_ = 0;
    if (part_ == Part::lines && line_at_ > 0) {
      message_.clear();
      output_.clear();
      line_at_ = 0;
      scanned_ = 0;
    }
  }
  if (buffer_.size() < filled_ + bytes) {
    const char* const before = buffer_.data();
    buffer_.resize(std::max(filled_ + bytes, buffer_.size() * 2));
    if (buffer_.data() != before && part_ == Part::lines && line_at_ > 0) {
      message_.clear();
      output_.clear();
      line_at_ = 0;
      scanned_ = 0;
    }
  }
  return {buffer_.data() + filled_, buffer_.size() - filled_};
}

void Decoder::commit(std::size_t bytes) {
  filled_ += bytes;
}

void Decoder::feed(std::string_view bytes) {
  const auto room = prepare(bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

Result<void> Decoder::check_size() const {
  if (filled_ - message_at_ > message_bytes_max) {
    return Error{Errc::protocol, "AMI message too long"};
  }
  if (part_ == Part::banner && filled_ - message_at_ > 256) {
    return Error{Errc::protocol, "not a manager interface: no banner"};
  }
  return {};
}

Result<const Message*> Decoder::next() {
  if (given_) {
    message_.clear();
    given_ = false;
  }
  for (;;) {
    if (part_ == Part::command_output) {
      const auto whole = take_command_output();
      if (!whole) return whole.error();
      if (!*whole) return nullptr;
      given_ = true;
      return &message_;
    }
    const char* const from = buffer_.data() + scanned_;
    const auto* found = static_cast<const char*>(std::memchr(from, '\r', filled_ - scanned_));
    if (found == nullptr || found + 1 == buffer_.data() + filled_) {
      scanned_ = found == nullptr ? filled_ : static_cast<std::size_t>(found - buffer_.data());
      if (const auto fits = check_size(); !fits) return fits.error();
      return nullptr;
    }
    const auto line_end = static_cast<std::size_t>(found - buffer_.data());
    if (found[1] != '\n') {  // A lone CR is data.
      scanned_ = line_end + 1;
      continue;
    }
    const std::string_view line{buffer_.data() + line_at_, line_end - line_at_};
    line_at_ = scanned_ = line_end + 2;
    if (part_ == Part::banner) {
      if (!line.starts_with(greeting)) {
        return Error{Errc::protocol, "not a manager interface: " + std::string{line.substr(0, 64)}};
      }
      version_ = line.substr(greeting.size());
      part_ = Part::lines;
      message_at_ = line_at_;
      continue;
    }
    if (!take_line(line)) continue;
    message_at_ = line_at_;
    given_ = true;
    return &message_;
  }
}

/// True when the line ended a message.
bool Decoder::take_line(std::string_view line) {
  if (line.empty()) {
    if (message_.headers_.empty()) {  // Between messages.
      message_at_ = line_at_;
      return false;
    }
    if (message_.has(Key::output)) {
      output_.clear();
      for (const auto& header : message_.headers_) {
        if (header.key == Key::output) output_.append(header.value).append("\n");
      }
      message_.output_ = output_;
    }
    return true;
  }
  if (line.size() > line_bytes_max) {
    line = line.substr(0, line_bytes_max);
    ++cut_lines_;
  }
  if (message_.headers_.size() >= headers_max) {
    ++dropped_headers_;
    return false;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) {
    message_.add({}, line);
    return false;
  }
  auto value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  message_.add(trim(line.substr(0, colon)), value);
  if (message_.headers_.size() == 1 && message_.has(Key::response) && iequals(value, "Follows")) {
    part_ = Part::command_output;
  }
  return false;
}

/// Old Command reply: a few headers that end in CRLF, then raw text, then the end mark.
Result<bool> Decoder::take_command_output() {
  const std::string_view rest{buffer_.data() + line_at_, filled_ - line_at_};
  constexpr std::string_view end_mark = "--END COMMAND--\r\n\r\n";
  const auto end = rest.find(end_mark);
  if (end == std::string_view::npos) {
    if (const auto fits = check_size(); !fits) return fits.error();
    return false;
  }
  std::string_view body = rest.substr(0, end);
  for (const std::string_view name : {"Privilege:", "ActionID:"}) {
    const auto line_end = body.find("\r\n");
    if (line_end == std::string_view::npos || !body.starts_with(name)) continue;
    message_.add(name.substr(0, name.size() - 1),
                 trim(body.substr(name.size(), line_end - name.size())));
    body.remove_prefix(line_end + 2);
  }
  message_.output_ = body;
  line_at_ += end + end_mark.size();
  scanned_ = message_at_ = line_at_;
  part_ = Part::lines;
  return true;
}

}  // namespace arigate::ami
