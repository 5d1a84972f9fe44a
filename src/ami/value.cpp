#include "ami/value.hpp"

namespace arigate::ami {

std::string_view unescape(std::string_view text, std::string& scratch) {
  if (text.find('\\') == std::string_view::npos) return text;
  scratch.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      scratch += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'a':
        scratch += '\a';
        break;
      case 'b':
        scratch += '\b';
        break;
      case 'f':
        scratch += '\f';
        break;
      case 'n':
        scratch += '\n';
        break;
      case 'r':
        scratch += '\r';
        break;
      case 't':
        scratch += '\t';
        break;
      case 'v':
        scratch += '\v';
        break;
      case '\\':
      case '\'':
      case '"':
      case '?':
        scratch += text[i];
        break;
      default:
        scratch.append("\\").append(1, text[i]);  // Not one of ours: as it came.
    }
  }
  return scratch;
}

std::string_view known(std::string_view text) {
  return text == "<unknown>" || text == "<none>" || text == "<null>" ? std::string_view{} : text;
}

}  // namespace arigate::ami
