#include "ari/pretty.hpp"

#include <cstddef>

namespace arigate::ari {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Where the string that starts at `at` ends, its closing quote included.
std::size_t string_end(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return json.size();
}

}  // namespace

std::string pretty_json(std::string_view json) {
  std::string out;
  out.reserve(json.size() * 2);
  std::size_t depth = 0;
  const auto new_line = [&] {
    out += '\n';
    out.append(depth * 2, ' ');
  };
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const auto end = string_end(json, at);
      out += json.substr(at, end - at);
      at = end;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') {
      out += c;
      const auto next = json.find_first_not_of(blanks, at);
      if (next != std::string_view::npos && (json[next] == '}' || json[next] == ']')) {
        out += json[next];  // Empty: stays on its line.
        at = next + 1;
      } else {
        ++depth;
        new_line();
      }
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
      new_line();
      out += c;
    } else if (c == ',') {
      out += c;
      new_line();
    } else if (c == ':') {
      out += ": ";
    } else if (blanks.find(c) == std::string_view::npos) {
      out += c;
    }
  }
  return out;
}

}  // namespace arigate::ari
