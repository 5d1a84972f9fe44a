#include "agi/command.hpp"

#include "core/text.hpp"

namespace arigate::agi {

Result<std::string> command(std::string_view verb,
                            std::initializer_list<std::string_view> arguments) {
  std::string line{verb};
  for (const auto argument : arguments) {
    if (has_line_break(argument)) {
      return Error{Errc::bad_request, "A value for the PBX holds a line end or NUL"};
    }
    line += " \"";
    for (const char c : argument) {
      if (c == '"' || c == '\\') line += '\\';
      line += c;
    }
    line += '"';
  }
  if (line.size() > command_bytes_max) {
    return Error{Errc::bad_request, "A value is too long for an AGI command"};
  }
  return line;
}

}  // namespace arigate::agi
