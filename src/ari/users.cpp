#include "ari/users.hpp"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <stdexcept>
#include <utility>

#include "core/assert.hpp"

namespace arigate::ari {
namespace {

/// Its time depends on the length of `given` alone.
bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned char>(given[i] ^ other);
  }
  return difference == 0;
}

boost::asio::awaitable<bool> crypt_matches(std::string password, std::string hash) {
  const auto data = std::make_unique<crypt_data>();  // 32 KiB: not for a stack.
  const char* const made = crypt_r(password.c_str(), hash.c_str(), data.get());
  // Failure gives nullptr or a text that starts with '*'; no hash may be equal to that.
  co_return made != nullptr&&* made != '*' && equal_in_constant_time(made, hash);
}

struct Counted {
  explicit Counted(std::size_t& count) : count_{count} { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  std::size_t& count_;
};

}  // namespace

Users::Users(std::vector<User> users) {
  if (RAND_bytes(salt_.data(), static_cast<int>(salt_.size())) != 1) {
    throw std::runtime_error{"no random numbers from the system"};
  }
  replace(std::move(users));
}

void Users::replace(std::vector<User> users) {
  std::vector<Entry> entries;
  for (auto& user : users) {
    const Entry* const before = find(user.name);
    const bool same = before != nullptr && before->user.format == user.format &&
                      before->user.password.reveal() == user.password.reveal();
    const auto serial = same ? before->serial : next_serial_++;
    entries.push_back({std::move(user), std::nullopt, serial});
  }
  entries_ = std::move(entries);
}

Identity Users::identity_of(const Entry& entry) {
  return {entry.user.name, entry.user.read_only, entry.serial};
}

std::optional<Identity> Users::again(const Identity& identity) const {
  const Entry* const entry = find(identity.user);
  if (entry == nullptr) return std::nullopt;
  if (identity.serial != 0 && identity.serial != entry->serial) return std::nullopt;
  return identity_of(*entry);
}

Users::Verdict Users::check(std::string_view name, std::string_view password,
                            Identity& identity) const {
  const Entry* const entry = find(name);
  if (entry == nullptr) {
    equal_in_constant_time(password, "an unknown user takes as long");
    return Verdict::denied;
  }
  const User& user = entry->user;
  if (user.format == User::Format::plain) {
    // An empty password in the configuration is a mistake, not an open door.
    if (user.password.empty() || !equal_in_constant_time(password, user.password.reveal())) {
      return Verdict::denied;
    }
  } else {
    if (!entry->verified) return Verdict::slow;
    const Digest given = digest(password);
    if (CRYPTO_memcmp(given.data(), entry->verified->data(), given.size()) != 0) {
      return Verdict::slow;
    }
  }
  identity = identity_of(*entry);
  return Verdict::granted;
}

boost::asio::awaitable<std::optional<Identity>> Users::verify(std::string name,
                                                              std::string password) {
  const Entry* entry = find(name);
  if (entry == nullptr || verifications_ >= verifications_max) co_return std::nullopt;
  const std::string hash = entry->user.password.reveal();
  const Counted counted{verifications_};
  const bool matches = co_await boost::asio::co_spawn(crypt_thread_, crypt_matches(password, hash),
                                                      boost::asio::use_awaitable);
  if (!matches) co_return std::nullopt;
  // A reload may have changed or removed the user meanwhile.
  entry = find(name);
  if (entry == nullptr || entry->user.password.reveal() != hash) co_return std::nullopt;
  const auto at = static_cast<std::size_t>(entry - entries_.data());
  entries_[at].verified = digest(password);
  co_return identity_of(*entry);
}

const Users::Entry* Users::find(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.user.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

Users::Digest Users::digest(std::string_view password) const {
  std::string salted{reinterpret_cast<const char*>(salt_.data()), salt_.size()};
  salted += password;
  Digest out{};
  unsigned length = 0;
  const int done =
      EVP_Digest(salted.data(), salted.size(), out.data(), &length, EVP_sha256(), nullptr);
  ARIGATE_ASSERT(done == 1 && length == out.size());
  return out;
}

}  // namespace arigate::ari
