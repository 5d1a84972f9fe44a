#include "ari/cors.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace arigate::ari {

bool Cors::allows(std::string_view origin) const {
  if (origin.empty()) return false;
  return std::any_of(allowed_origins_.begin(), allowed_origins_.end(),
                     [&](const auto& allowed) { return allowed == "*" || allowed == origin; });
}

void Cors::grant(std::string_view origin, Response& response) {
  // Native names them before its other headers.
  response.headers.insert(response.headers.begin(),
                          {{"Access-Control-Allow-Origin", std::string{origin}},
                           {"Access-Control-Allow-Credentials", "true"}});
}

void Cors::preflight(const HttpRequest& request, std::string_view methods,
                     Response& response) const {
  if (!allows(request.origin) || request.access_control_request_method.empty()) return;
  const auto offered = split(methods, ',');
  const auto wanted = request.access_control_request_method;
  if (std::find(offered.begin(), offered.end(), wanted) == offered.end()) return;
  response.headers.emplace_back("Access-Control-Allow-Methods", "OPTIONS," + std::string{methods});
  if (!request.access_control_request_headers.empty()) {
    response.headers.emplace_back("Access-Control-Allow-Headers",
                                  std::string{request.access_control_request_headers});
  }
}

}  // namespace arigate::ari
