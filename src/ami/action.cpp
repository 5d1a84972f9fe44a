#include "ami/action.hpp"

#include "core/text.hpp"

namespace arigate::ami {
namespace {

Result<void> append_line(std::string& out, std::string_view key, std::string_view value) {
  if (has_line_break(key) || has_line_break(value)) {
    return Error{Errc::bad_request, "A value for the PBX holds a line end or NUL"};
  }
  if (key.size() + 2 + value.size() > action_line_bytes_max) {
    return Error{Errc::bad_request, "A value is too long for the PBX's manager interface"};
  }
  out.append(key).append(": ").append(value).append("\r\n");
  return {};
}

}  // namespace

Result<std::string> encode(const Action& action, std::string_view action_id) {
  if (action.headers().size() + 2 > action_headers_max) {
    return Error{Errc::bad_request, "Too many values for the PBX's manager interface"};
  }
  std::string out;
  if (auto line = append_line(out, "Action", action.name()); !line) return line.error();
  if (auto line = append_line(out, "ActionID", action_id); !line) return line.error();
  for (const auto& [key, value] : action.headers()) {
    if (key.empty() || key.find(':') != std::string::npos) {
      return Error{Errc::bad_request, "Not a header name: " + key};
    }
    if (auto line = append_line(out, key, value); !line) return line.error();
  }
  out += "\r\n";
  return out;
}

Result<std::string> originate_variable(std::string_view name, std::string_view value) {
  if (name.empty() || name.find('=') != std::string_view::npos || has_line_break(name) ||
      has_line_break(value)) {
    return Error{Errc::bad_request, "Variable not usable: " + std::string{name}};
  }
  std::string out{name};
  out += '=';
  for (const char c : value) {
    if (c == '\\' || c == '"' || c == ',') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace arigate::ami
