#include "ari/unsupported.hpp"

#include <string>

#include "ari/errors.hpp"
#include "generated/ari_support.hpp"

namespace arigate::ari {

Response unsupported_response(Operation operation, std::string_view dialect,
                              std::string_view pbx_version) {
  const auto& told = support(operation);
  const auto line = pbx_line(dialect);
  if (line && support(operation, *line) == Support::refused) {
    return refused_response(operation, pbx_version, told.why, told.enable);
  }
  return refused_response(operation, pbx_version,
                          "This release of arigate does not carry out this operation yet",
                          "A later release of arigate");
}

Response refused_response(Operation operation, std::string_view pbx_version, std::string_view why,
                          std::string_view enable) {
  std::string body = "{\"message\":\"Not supported on this system\",\"operation\":";
  append_json_string(body, name(operation));
  body += ",\"pbx\":";
  append_json_string(body, pbx_version.empty() ? "unknown" : pbx_version);
  body += ",\"why\":";
  append_json_string(body, why);
  body += ",\"enable\":";
  append_json_string(body, enable);
  body += '}';
  return json_response(std::move(body), 501);
}

Response not_set_up_response(Operation operation, std::string_view pbx_version,
                             std::string_view why) {
  return refused_response(operation, pbx_version, why, support(operation).enable);
}

}  // namespace arigate::ari
