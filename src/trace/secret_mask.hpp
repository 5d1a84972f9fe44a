#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace arigate::trace {

/// What stands in a capture for a password or a key, whatever its length.
inline constexpr std::string_view masked_secret = "***";

/// Leaves the secrets out of one direction of an AMI connection: passwords, what answers a
/// challenge, and the challenge. Lines may be cut anywhere. "Key" is a secret in a login only, but
/// as long as the action is not known it is taken for one; so is "Value-000001" of UpdateConfig, as
/// long as "Var-000001" is not known.
class SecretScanner {
 public:
  static constexpr std::size_t name_bytes_max = 32;
  /// Numbers of "Var-…" in one message; past it all values are left out.
  static constexpr std::size_t variables_max = 1'000;

  /// `begins`: the stream begins here. Else the rest of the first line is left out too: it may be
  /// the end of a secret.
  explicit SecretScanner(bool begins) : part_{begins ? Part::name : Part::secret} {}

  /// Appends to `out`.
  void feed(std::string_view bytes, std::string& out);

 private:
  enum class Part : std::uint8_t {
    name,      ///< Before the colon.
    plain,     ///< The rest of the line is no secret.
    action,    ///< The value of Action.
    setting,   ///< "secret=…", a line of a configuration file.
    variable,  ///< The value of "Var-…", the name of a setting.
    secret,    ///< The rest of the line is one.
  };

  void on_colon(std::string& out);
  void on_equals();
  void on_line_end(std::string& out);
  void on_variable(std::string_view setting);
  bool is_secret_name(std::string_view name) const;

  Part part_;
  std::string text_;    ///< What is known of the name, action or setting, in lower case.
  std::string number_;  ///< Of the variable.
  std::map<std::string, bool, std::less<>> is_secret_variable_;  ///< By number, of this message.
  bool empty_line_ = true;
  bool cr_ = false;  ///< The last byte of a secret that is left out.
  bool other_action_ = false;
  bool challenge_ = false;  ///< The message has a challenge, so its Response may be the answer.
};

/// A path with its query, or a form: the value of `api_key`.
std::string without_api_key(std::string_view text);

/// A JSON text: values of members that are called as a password is, and of pairs
/// {"attribute": "password", "value": …} in either order.
std::string without_passwords(std::string_view json);

}  // namespace arigate::trace
