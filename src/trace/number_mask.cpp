#include "trace/number_mask.hpp"

#include <openssl/evp.h>

#include <utility>

#include "core/assert.hpp"

namespace arigate::trace {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Characters that make a run of digits a part of something else.
constexpr bool joins(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

constexpr unsigned hex_value(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

constexpr std::uint64_t power_of_ten(std::size_t exponent) {
  std::uint64_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

std::uint64_t value_of(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

void append_digits(std::string& out, std::uint64_t value, std::size_t count) {
  const auto at = out.size();
  out.resize(at + count);
  for (std::size_t i = count; i > 0; --i, value /= 10) {
    out[at + i - 1] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

/// A Feistel network over the two halves of the digits: whatever round() gives, it can be undone by
/// who knows the key, so no two numbers become the same.
std::string NumberMask::masked(std::string_view digits) const {
  constexpr unsigned rounds = 8;
  const auto rest = digits.substr(1);
  const std::size_t left_size = rest.size() / 2;
  const std::size_t right_size = rest.size() - left_size;
  std::uint64_t left = value_of(rest.substr(0, left_size));
  std::uint64_t right = value_of(rest.substr(left_size));
  for (unsigned i = 0; i < rounds; i += 2) {
    left = (left + round(i, digits.substr(0, 1), right)) % power_of_ten(left_size);
    right = (right + round(i + 1, digits.substr(0, 1), left)) % power_of_ten(right_size);
  }
  std::string out{digits.substr(0, 1)};
  append_digits(out, left, left_size);
  append_digits(out, right, right_size);
  return out;
}

std::uint64_t NumberMask::round(unsigned number, std::string_view first, std::uint64_t half) const {
  std::string text = key_;
  text.append(1, static_cast<char>(number)).append(first).append(std::to_string(half));
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  const int done = EVP_Digest(text.data(), text.size(), hash.data(), &size, EVP_sha256(), nullptr);
  ARIGATE_ASSERT(done == 1);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 7; ++i) value = value << 8U | hash.at(i);
  return value;
}

// --- The stream
// -----------------------------------------------------------------------------------

void NumberScanner::feed(std::string_view bytes, std::string& out) {
  for (const char c : bytes) take(c, out);
}

void NumberScanner::take(char c, std::string& out) {
  if (escaped_ > 0 && in_escape(c, out)) return;
  if (is_digit(c) && !dot_) {
    if (run_.empty() && !too_long_) {
      may_start_ = !joins(before_) && before_ != '-' && before_ != '.';
    }
    if (too_long_) {
      out += c;
    } else if (run_ += c; run_.size() > NumberMask::digits_max) {
      out += std::exchange(run_, {});
      too_long_ = true;
    }
    return;
  }
  if (c == '.' && !dot_ && !run_.empty()) {
    dot_ = true;  // The end of a sentence, or the middle of an id.
    return;
  }
  if (is_digit(c)) may_start_ = false;  // Behind a dot: neither this run nor the next is a number.
  if (joins(c) && !dot_) may_start_ = false;
  end_run(out);
  if (is_digit(c)) {
    before_ = '.';
    return take(c, out);
  }
  out += c;
  before_ = c;
  const bool starts_escape = escapes_ == Escapes::percent ? c == '%' : c == '\\';
  if (starts_escape) escaped_ = escapes_ == Escapes::percent ? 2 : 1;
}

/// The characters of an escape are no digits of a number, and what they stand for is no word.
bool NumberScanner::in_escape(char c, std::string& out) {
  --escaped_;
  out += c;
  before_ = ' ';
  if (escapes_ == Escapes::percent) {
    code_ = escaped_ == 1 ? hex_value(c) : code_ << 4U | hex_value(c);
    if (escaped_ == 0) before_ = static_cast<char>(code_);
    // "%31": a digit that is written as an escape; nobody does that to a number.
  } else if (escapes_ == Escapes::json && c == 'u') {
    escaped_ = 4;
  }
  return true;
}

void NumberScanner::end_run(std::string& out) {
  const bool is_number = may_start_ && !too_long_ && run_.size() >= NumberMask::digits_min;
  out += is_number ? mask_->masked(run_) : run_;
  run_.clear();
  too_long_ = false;
  if (std::exchange(dot_, false)) out += '.';
}

void NumberScanner::finish(std::string& out) {
  end_run(out);
  before_ = ' ';
  escaped_ = 0;
}

}  // namespace arigate::trace
