#include "model/party_text.hpp"

#include "core/text.hpp"

namespace arigate::model {

Party party_in(std::string_view text) {
  Party party;
  const auto open = text.rfind('<');
  if (open != text.npos) {
    const auto close = text.find('>', open);
    party.number = text.substr(open + 1, close == text.npos ? close : close - open - 1);
    text = text.substr(0, open);
  }
  text = trim(text);
  // As ast_callerid_parse() has it (16:main/callerid.c).
  if (open == text.npos && text.find_first_not_of("0123456789*#+") == text.npos) {
    party.number = text;
    return party;
  }
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    party.name += text[i];
  }
  if (party.name.empty() && party.number == "unknown") return {};
  return party;
}

}  // namespace arigate::model
