#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ari/request.hpp"
#include "core/secret.hpp"

namespace arigate::ari {

/// One `type=user` section of ari.conf.
struct User {
  enum class Format { plain, crypt };
  std::string name;
  Secret password;  ///< Plain text, or what crypt(3) made of it.
  Format format = Format::plain;
  bool read_only = false;
};

/// Checks names and passwords.
///
/// crypt(3) takes milliseconds to seconds by design, so it runs on a thread of its own and check()
/// only says `slow`; what verify() found right is remembered as a salted hash, one per user, so a
/// client pays once. At most `verifications_max` wait at a time: a flood of wrong passwords costs
/// that thread, not the calls.
class Users {
 public:
  static constexpr std::size_t verifications_max = 16;

  enum class Verdict { granted, denied, slow };

  explicit Users(std::vector<User> users);

  /// Puts new users in place of the old (a reload). What was verified is forgotten.
  void replace(std::vector<User> users);

  /// On granted, `identity` says who. Takes the same time for every wrong plain password.
  Verdict check(std::string_view name, std::string_view password, Identity& identity) const;

  /// The rights that somebody who was let in before has now; nullopt when the user is gone or has
  /// another password.
  std::optional<Identity> again(const Identity& identity) const;

  /// The answer where check() said slow; nullopt for a wrong password and when too many wait.
  boost::asio::awaitable<std::optional<Identity>> verify(std::string name, std::string password);

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Entry {
    User user;
    std::optional<Digest> verified;
    std::uint64_t serial;  ///< Of the password: another one has another number.
  };

  static Identity identity_of(const Entry& entry);
  const Entry* find(std::string_view name) const;
  Digest digest(std::string_view password) const;

  std::vector<Entry> entries_;
  std::uint64_t next_serial_ = 1;
  std::array<unsigned char, 16> salt_{};
  std::size_t verifications_ = 0;
  boost::asio::thread_pool crypt_thread_{1};
};

}  // namespace arigate::ari
