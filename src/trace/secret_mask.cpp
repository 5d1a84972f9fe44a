#include "trace/secret_mask.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace arigate::trace {
namespace {

constexpr std::string_view variable_prefix = "var-";

template <std::size_t n>
bool is_one_of(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::any_of(names.begin(), names.end(), [&](auto one) { return iequals(one, name); });
}

/// Headers of AMI. The second line is of security events: what a phone answered, and should have.
/// The third is of AuthDetail and AuthList, and of voicemail. "JSON" is a whole configuration file.
constexpr std::array<std::string_view, 13> secret_headers{
    "secret",       "challenge",        "receivedchallenge",
    "receivedhash", "expectedresponse", "expectedchallenge",
    "password",     "md5cred",          "passworddigest",
    "oauthsecret",  "refreshtoken",     "newpassword",
    "json"};

/// Settings of configuration files, and members of JSON.
constexpr std::array<std::string_view, 11> secret_settings{
    "secret",        "password",     "md5secret", "remotesecret",    "md5_cred", "auth_pass",
    "refresh_token", "oauth_secret", "api_key",   "password_digest", "register"};

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
  if (is_secret_name(name)) {
    out.append(" ").append(masked_secret);
    part_ = Part::secret;
  } else if (name == "action") {
    part_ = Part::action;
  } else if (name.starts_with("line-")) {
    part_ = Part::setting;
  } else if (name.starts_with(variable_prefix)) {
    part_ = Part::variable;
    number_ = name.substr(variable_prefix.size());
  } else if (name == "output") {
    part_ = Part::name;  // A line of a command, as "password : x" of "pjsip show auth".
  }
  challenge_ = challenge_ || name == "challenge";
  text_.clear();
}

bool SecretScanner::is_secret_name(std::string_view name) const {
  if (name == "key") return !other_action_;
  for (const std::string_view prefix : {"value-", "match-"}) {
    if (!name.starts_with(prefix)) continue;
    const auto found = is_secret_variable_.find(name.substr(prefix.size()));
    return found == is_secret_variable_.end() || found->second;
  }
  return is_one_of(name, secret_headers) || (name == "response" && challenge_);
}

void SecretScanner::on_equals() {
  part_ = is_one_of(trim(text_), secret_settings) ? Part::secret : Part::plain;
  text_.clear();
}

void SecretScanner::on_line_end(std::string& out) {
  std::string_view value = text_;
  if (value.ends_with('\r')) value.remove_suffix(1);
  if (part_ == Part::action) other_action_ = trim(value) != "login";
  if (part_ == Part::variable) on_variable(trim(value));
  if (part_ == Part::secret && std::exchange(cr_, false)) out += '\r';
  out += '\n';
  if (part_ != Part::secret && empty_line_) {  // A message ends.
    other_action_ = challenge_ = false;
    is_secret_variable_.clear();
  }
  part_ = Part::name;
  empty_line_ = true;
  text_.clear();
}

void SecretScanner::on_variable(std::string_view setting) {
  const bool secret = is_one_of(setting, secret_settings);
  const auto found = is_secret_variable_.find(number_);
  if (found != is_secret_variable_.end()) {
    found->second = found->second || secret;
  } else if (is_secret_variable_.size() < variables_max) {
    is_secret_variable_.emplace(std::move(number_), secret);
  }
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

/// Finds the secrets of a JSON text, also of one that is damaged or cut off.
class PasswordFinder {
 public:
  struct Span {
    std::size_t begin = 0, end = 0;
    bool is_string = true;  ///< Else a number: what stands for it needs quotes.
  };

  explicit PasswordFinder(std::string_view json) : json_{json}, open_(1) {}

  /// In the order of the text.
  std::vector<Span> find() {
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c == '"') {
        on_string();
      } else if (c == '{' || c == '[') {
        if (!on_open()) break;
      } else if (c == '}' || c == ']') {
        on_close();
      } else if (c == '-' || (c >= '0' && c <= '9')) {
        on_number();
      } else {
        ++at_;
      }
    }
    // Of an object that is cut off it is not known whose value it has.
    for (auto& object : open_) {
      if (!object.attribute_known || object.attribute_secret) take_values(object);
    }
    std::sort(found_.begin(), found_.end(),
              [](const Span& a, const Span& b) { return a.begin < b.begin; });
    return std::move(found_);
  }

 private:
  static constexpr std::size_t depth_max = 1'000;

  /// An object or array that is not closed yet.
  struct Open {
    bool secret = false;  ///< All that is in it.
    std::string_view name{};
    bool attribute_known = false, attribute_secret = false;
    std::vector<Span> values{};  ///< Of its members "value".
  };

  bool is_secret() const {
    const auto& inside = open_.back();
    return inside.secret || is_one_of(inside.name, secret_settings) ||
           (inside.attribute_secret && iequals(inside.name, "value"));
  }

  void on_string() {
    Span text{at_ + 1, at_ + 1};
    while (text.end < json_.size() && json_[text.end] != '"') {
      text.end += json_[text.end] == '\\' ? 2 : 1;
    }
    text.end = std::min(text.end, json_.size());
    at_ = std::min(text.end + 1, json_.size());
    const auto next = json_.find_first_not_of(" \t\r\n", at_);
    const auto content = json_.substr(text.begin, text.end - text.begin);
    auto& inside = open_.back();
    if (next != std::string_view::npos && json_[next] == ':') {
      inside.name = content;
      return;
    }
    if (iequals(inside.name, "attribute")) {
      inside.attribute_known = true;
      inside.attribute_secret = inside.attribute_secret || is_one_of(content, secret_settings);
    }
    on_value(text);
  }

  void on_number() {
    Span number{at_, std::min(json_.find_first_not_of("+-.0123456789eE", at_), json_.size()),
                false};
    at_ = number.end;
    on_value(number);
  }

  void on_value(Span value) {
    auto& inside = open_.back();
    if (is_secret()) {
      found_.push_back(value);
    } else if (iequals(inside.name, "value")) {
      inside.values.push_back(value);
    }
    inside.name = {};
  }

  /// False: the rest is left out, it is nested too deeply.
  bool on_open() {
    if (open_.size() >= depth_max) {
      found_.push_back({at_, json_.size(), false});
      return false;
    }
    const bool secret = is_secret();
    open_.back().name = {};
    open_.push_back({secret});
    ++at_;
    return true;
  }

  void on_close() {
    if (open_.back().attribute_secret) take_values(open_.back());
    if (open_.size() > 1) open_.pop_back();
    ++at_;
  }

  void take_values(Open& object) {
    found_.insert(found_.end(), object.values.begin(), object.values.end());
    object.values.clear();
  }

  std::string_view json_;
  std::size_t at_ = 0;
  std::vector<Open> open_;  ///< From the outside to the inside; the first is the text itself.
  std::vector<Span> found_;
};

}  // namespace

std::string without_passwords(std::string_view json) {
  std::string out;
  std::size_t copied = 0;
  for (const auto& secret : PasswordFinder{json}.find()) {
    out += json.substr(copied, secret.begin - copied);
    if (secret.is_string) {
      out += masked_secret;
    } else {
      out.append("\"").append(masked_secret).append("\"");
    }
    copied = secret.end;
  }
  return out.append(json.substr(copied));
}

}  // namespace arigate::trace
