#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ari/http.hpp"
#include "core/result.hpp"
#include "generated/ari_operations.hpp"

namespace arigate::ari {

class EventSocket;

/// Who a request comes from.
struct Identity {
  std::string user;
  bool read_only = false;
  std::uint64_t serial = 0;  ///< Of the password, see Users::again(); 0: whichever it is.
};

/// One routed and authenticated request. It owns its text, so a handler may keep it across
/// co_await. A parameter may come in the query, a form body or a JSON body; given twice, the last
/// one counts, as in native ARI.
class Request {
 public:
  Operation operation{};
  Identity asker;              ///< Also of what comes over the WebSocket that it opens.
  EventSocket* via = nullptr;  ///< The WebSocket that it came over; it may be gone by now.

  /// Percent-decoded value of {name} in the route.
  std::string_view path(std::string_view name) const;
  /// Text of a parameter; nullopt when it was not given. JSON numbers and booleans as their text.
  std::optional<std::string_view> param(std::string_view name) const;
  /// A yes/no parameter as native reads it ("true", "yes", "1", "on" in any case are true).
  bool flag(std::string_view name, bool otherwise) const;
  /// Errc::bad_request when it is not a number that fits a long.
  Result<std::optional<long>> integer(std::string_view name) const;
  /// Parts of a comma list or members of a JSON array; empty when it was not given.
  std::vector<std::string> list(std::string_view name) const;
  /// Members of the JSON object `name` of the body ("variables"), values as text; empty when it was
  /// not given. Errc::bad_request when it is not an object of plain values.
  Result<std::vector<std::pair<std::string, std::string>>> fields(std::string_view name) const;
  /// The same where native takes nothing but text, with its message; what is no object is none.
  Result<std::vector<std::pair<std::string, std::string>>> string_fields(
      std::string_view name) const;
  /// The raw body.
  const std::string& body() const { return body_; }

  // What the router and the tests fill in.
  void set_path(std::string name, std::string value);
  void set_param(std::string name, std::string value);
  void set_list(std::string name, std::vector<std::string> values);
  void set_fields(std::string name, std::vector<std::pair<std::string, std::string>> fields,
                  bool all_strings = true);
  void set_bad_fields(std::string name);  ///< fields(name) then gives Errc::bad_request.
  void set_body(std::string body) { body_ = std::move(body); }
  /// How many parameters of any kind were given; the router limits it.
  std::size_t parameter_count() const;

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  Fields path_;
  Fields params_;
  std::vector<std::pair<std::string, std::vector<std::string>>> lists_;
  std::vector<std::pair<std::string, Result<Fields>>> fields_;
  std::vector<std::string> not_strings_;  ///< Names of fields with members that are no text.
  std::string body_;
};

}  // namespace arigate::ari
