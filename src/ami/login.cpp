#include "ami/login.hpp"

#include <openssl/evp.h>

#include <array>

#include "core/text.hpp"

namespace arigate::ami {

std::string login_key(std::string_view challenge, const Secret& secret) {
  const std::string text = std::string{challenge} + secret.reveal();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_md5(), nullptr);
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) {
    hex += digits[digest[i] >> 4U];
    hex += digits[digest[i] & 15U];
  }
  return hex;
}

LoginMachine::LoginMachine(Credentials credentials) : credentials_{std::move(credentials)} {}

LoginMachine::Step LoginMachine::on_banner() {
  if (state_ != State::banner_pending) return std::nullopt;
  if (credentials_.plain) {
    state_ = State::login_pending;
    return Send{Action{"Login"}
                    .add("Username", credentials_.user)
                    .add("Secret", credentials_.secret.reveal())
                    .add("Events", "on")};
  }
  state_ = State::challenge_pending;
  return Send{Action{"Challenge"}.add("AuthType", "MD5")};
}

LoginMachine::Step LoginMachine::on_response(const Message& response) {
  const bool success = iequals(response[Key::response], "Success");
  if (state_ == State::challenge_pending) {
    if (!success || response[Key::challenge].empty()) {
      state_ = State::failed;
      return Error{Errc::forbidden,
                   "The PBX offers no MD5 login: " + std::string{response[Key::message]}};
    }
    state_ = State::login_pending;
    return Send{Action{"Login"}
                    .add("AuthType", "MD5")
                    .add("Username", credentials_.user)
                    .add("Key", login_key(response[Key::challenge], credentials_.secret))
                    .add("Events", "on")};
  }
  if (state_ != State::login_pending) return std::nullopt;
  state_ = success ? State::done : State::failed;
  if (success) return LoggedIn{};
  return Error{Errc::forbidden, "Login refused: " + std::string{response[Key::message]}};
}

}  // namespace arigate::ami
