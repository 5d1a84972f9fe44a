#include "agi/command.hpp"

#include "core/text.hpp"

namespace arigate::agi {

Result<std::string> command(std::string_view verb,
                            std::initializer_list<std::string_view> arguments) {
  std::string line{verb};
  const bool evaluated = verb.starts_with("EXEC ");
  for (const auto argument : arguments) {
    if (has_line_break(argument)) {
      return Error{Errc::bad_request, "A value for the PBX holds a line end or NUL"};
    }
    if (evaluated && has_expression(argument)) {
      return Error{Errc::bad_request, "A value for the PBX holds an expression"};
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

std::string checked_command(std::string_view verb,
                            std::initializer_list<std::string_view> arguments) {
  const auto line = command(verb, arguments);
  return line ? *line : "NOOP";
}

}  // namespace arigate::agi
