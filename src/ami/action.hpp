#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace arigate::ami {

/// A request to the PBX, before it has its ActionID.
class Action {
 public:
  explicit Action(std::string_view name) : name_{name} {}

  /// Adds "Key: value". Repeat a key for a list (Variable).
  Action& add(std::string_view key, std::string_view value) & {
    headers_.emplace_back(key, value);
    return *this;
  }
  Action&& add(std::string_view key, std::string_view value) && {
    return std::move(this->add(key, value));
  }

  const std::string& name() const { return name_; }
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }

 private:
  std::string name_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

/// Longest line, without its end, that every version reads (seen: fixtures/ami wire-probe).
inline constexpr std::size_t action_line_bytes_max = 1023;
inline constexpr std::size_t action_headers_max = 127;

/// "Action: name CRLF ActionID: id CRLF …CRLF CRLF"; ActionID is always the second line, so that an
/// answer to a broken request still names it.
/// Errc::bad_request: CR, LF or NUL in a key or value, a line or a header count over the limit.
Result<std::string> encode(const Action& action, std::string_view action_id);

/// One `Variable: name=value` line of Originate: escapes backslash, quote and comma in the value
/// the way that every version undoes (seen: reference round trip of `a\,b\"c\\d`).
/// Errc::bad_request for a name or value with CR, LF or NUL, or an empty name or one with '='.
Result<std::string> originate_variable(std::string_view name, std::string_view value);

}  // namespace arigate::ami
