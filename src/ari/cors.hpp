#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ari/http.hpp"

namespace arigate::ari {

/// Which sites' pages may use ARI (`allowed_origins`); "*" allows all.
class Cors {
 public:
  explicit Cors(std::vector<std::string> allowed_origins)
      : allowed_origins_{std::move(allowed_origins)} {}

  bool allows(std::string_view origin) const;

  /// Adds what a page of `origin` needs to read the answer. Call it for allowed origins only.
  static void grant(std::string_view origin, Response& response);

  /// Answers the preflight part of OPTIONS. `methods` are those of the path: "GET,POST".
  void preflight(const HttpRequest& request, std::string_view methods, Response& response) const;

 private:
  std::vector<std::string> allowed_origins_;
};

}  // namespace arigate::ari
