#include "ari/unsupported.hpp"

#include <string>

#include "ari/errors.hpp"
#include "generated/ari_support.hpp"

namespace arigate::ari {

Response unsupported_response(Operation operation, std::string_view dialect,
                              std::string_view pbx_version) {
  const auto& told = support(operation);
  const auto line = pbx_line(dialect);
  const bool impossible = line && support(operation, *line) == Support::refused;
  const std::string_view why =
      impossible ? told.why : "This release of arigate does not carry out this operation yet";
  const std::string_view enable = impossible ? told.enable : "A later release of arigate";
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

}  // namespace arigate::ari
