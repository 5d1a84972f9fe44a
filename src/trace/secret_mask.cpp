#include "trace/secret_mask.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.hpp"

namespace arigate::trace {
namespace {

template <std::size_t n>
bool is_one_of(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::any_of(names.begin(), names.end(), [&](auto one) { return iequals(one, name); });
}

/// Headers of AMI. The second line is of security events: what a phone answered, and should have.
/// "JSON" is a whole configuration file.
constexpr std::array<std::string_view, 7> secret_headers{
    "secret",       "challenge",        "receivedchallenge",
    "receivedhash", "expectedresponse", "expectedchallenge",
    "json"};

/// Settings of configuration files, and members of JSON.
constexpr std::array<std::string_view, 9> secret_settings{
    "secret",    "password",      "md5secret",    "remotesecret", "md5_cred",
    "auth_pass", "refresh_token", "oauth_secret", "api_key"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

void SecretScanner::feed(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    if (part_ == Part::plain) {  // Most of all bytes.
      const auto end = std::min(bytes.find('\n'), bytes.size());
      out += bytes.substr(0, end);
      bytes.remove_prefix(end);
      if (bytes.empty()) return;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c == '\n') {
      on_line_end(out);
      continue;
    }
    if (part_ == Part::secret) {
      cr_ = c == '\r';
      continue;
    }
    out += c;
    if (c != '\r') empty_line_ = false;
    if (part_ == Part::name && c == ':') {
      on_colon(out);
    } else if (part_ == Part::setting && c == '=') {
      on_equals();
      if (part_ == Part::secret) out += masked_secret;
    } else if (text_.size() < name_bytes_max) {
      text_ += lower(c);
    }
  }
}

void SecretScanner::on_colon(std::string& out) {
  const auto name = trim(text_);
  part_ = Part::plain;
  if (is_secret_name()) {
    out.append(" ").append(masked_secret);
    part_ = Part::secret;
  } else if (name == "action") {
    part_ = Part::action;
  } else if (name.starts_with("line-")) {
    part_ = Part::setting;
  }
  challenge_ = challenge_ || name == "challenge";
  text_.clear();
}

bool SecretScanner::is_secret_name() const {
  const auto name = trim(text_);
  if (name == "key") return !other_action_;
  return is_one_of(name, secret_headers) || (name == "response" && challenge_);
}

void SecretScanner::on_equals() {
  part_ = is_one_of(trim(text_), secret_settings) ? Part::secret : Part::plain;
  text_.clear();
}

void SecretScanner::on_line_end(std::string& out) {
  if (part_ == Part::action) {
    std::string_view action = text_;
    if (action.ends_with('\r')) action.remove_suffix(1);
    other_action_ = trim(action) != "login";
  }
  if (part_ == Part::secret && std::exchange(cr_, false)) out += '\r';
  out += '\n';
  if (part_ != Part::secret && empty_line_) other_action_ = challenge_ = false;  // A message ends.
  part_ = Part::name;
  empty_line_ = true;
  text_.clear();
}

// --- Whole texts
// ----------------------------------------------------------------------------------

std::string without_api_key(std::string_view text) {
  constexpr std::string_view name = "api_key=";
  std::string out;
  while (!text.empty()) {
    const auto found = text.find(name);
    if (found == std::string_view::npos) break;
    const auto value = found + name.size();
    const bool whole = found == 0 || text[found - 1] == '?' || text[found - 1] == '&';
    out += text.substr(0, value);
    text.remove_prefix(value);
    if (!whole) continue;
    out += masked_secret;
    text.remove_prefix(std::min(text.find_first_of("&#"), text.size()));
  }
  return out.append(text);
}

namespace {

/// The next JSON string of `text` and what is around it; false when there is none.
struct JsonString {
  std::size_t begin = 0, end = 0;  ///< Of its text, without the quotes.
  bool is_name = false;            ///< A colon follows.
};

bool next_string(std::string_view text, std::size_t from, JsonString& found) {
  const auto quote = text.find('"', from);
  if (quote == std::string_view::npos) return false;
  found.begin = quote + 1;
  found.end = found.begin;
  while (found.end < text.size() && text[found.end] != '"') {
    found.end += text[found.end] == '\\' ? 2 : 1;
  }
  if (found.end >= text.size()) return false;
  const auto next = text.find_first_not_of(" \t\r\n", found.end + 1);
  found.is_name = next != std::string_view::npos && text[next] == ':';
  return true;
}

}  // namespace

std::string without_passwords(std::string_view json) {
  std::string out;
  std::size_t copied = 0;
  bool secret_value = false;      // The value that comes is a secret.
  bool secret_attribute = false;  // The member "value" that comes is one.
  std::string_view name;
  JsonString string;
  for (std::size_t at = 0; next_string(json, at, string); at = string.end + 1) {
    const auto text = json.substr(string.begin, string.end - string.begin);
    if (string.is_name) {
      name = text;
      secret_value = is_one_of(name, secret_settings) || (name == "value" && secret_attribute);
      if (name == "value") secret_attribute = false;
      continue;
    }
    if (std::exchange(secret_value, false)) {
      out += json.substr(copied, string.begin - copied);
      out += masked_secret;
      copied = string.end;
    } else if (name == "attribute") {
      secret_attribute = is_one_of(text, secret_settings);
    }
  }
  return out.append(json.substr(copied));
}

}  // namespace arigate::trace
