#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ami/action.hpp"
#include "ami/message.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace arigate::ami {

struct Credentials {
  std::string user;
  Secret secret;
  bool plain = false;  ///< Send the secret itself; else MD5 challenge, which all versions know.
};

/// Logs in to one connection. Feed it the banner version, then each response; it says what to send.
///
///   banner_pending --Banner--> challenge_pending --Challenge--> login_pending --Success--> done
///                     |--------- plain --------------------------^
///   challenge_pending --Error--> login_pending with the plain form is NOT tried: never weaker by
///   itself login_pending --Error--> failed (Errc::forbidden);   anything else is ignored
class LoginMachine {
 public:
  struct Send {
    Action action;
  };
  struct LoggedIn {};
  /// What to do next; nullopt: wait.
  using Step = std::optional<std::variant<Send, LoggedIn, Error>>;

  explicit LoginMachine(Credentials credentials);
  Step on_banner();
  Step on_response(const Message& response);

 private:
  enum class State { banner_pending, challenge_pending, login_pending, done, failed };
  Credentials credentials_;
  State state_ = State::banner_pending;
};

/// Lower-case hex of MD5(challenge + secret).
std::string login_key(std::string_view challenge, const Secret& secret);

}  // namespace arigate::ami
