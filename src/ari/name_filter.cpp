#include "ari/name_filter.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

namespace arigate::ari {
namespace {

/// Position behind the bracket expression that begins at `at`; a ] in its first place is a member.
std::size_t end_of_class(std::string_view text, std::size_t at) {
  ++at;
  if (at < text.size() && text[at] == '^') ++at;
  if (at < text.size() && text[at] == ']') ++at;
  while (at < text.size() && text[at] != ']') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

/// Whether the numbers in the {m,n} that begins at `at` are small.
bool repeats_little(std::string_view text, std::size_t at) {
  const auto end = text.find('}', at);
  const auto numbers = text.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
  const char* const stop = numbers.data() + numbers.size();
  for (const char* from = numbers.data(); from < stop;) {
    int number = 0;
    const auto [next, error] = std::from_chars(from, stop, number);
    if (error == std::errc::result_out_of_range || number > NameFilter::repeats_max) return false;
    from = std::max(next, from) + 1;
  }
  return true;
}

/// The limits of native: what is beyond them could take the matcher's memory or time.
bool is_cheap(std::string_view text) {
  if (text.size() > NameFilter::bytes_max) return false;
  std::vector<int> choices{0};  // Of each group that is open; the first is of none.
  int repeated_groups = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool behind_group = at > 0 && text[at - 1] == ')';
    switch (text[at]) {
      case '\\':
        ++at;
        break;
      case '[':
        at = end_of_class(text, at) - 1;
        break;
      case '(':
        if (choices.size() > NameFilter::groups_deep_max) return false;
        choices.push_back(0);
        break;
      case ')':
        if (choices.size() > 1) choices.pop_back();
        break;
      case '|':
        if (choices.size() > 3 && ++choices.back() > NameFilter::choices_max) return false;
        break;
      case '{':
        if (!repeats_little(text, at)) return false;
        [[fallthrough]];
      case '+':
      case '*':
      case '?':
        if (behind_group && ++repeated_groups > NameFilter::repeated_groups_max) return false;
        break;
    }
  }
  return true;
}

}  // namespace

void NameFilter::Free::operator()(regex_t* compiled) const {
  regfree(compiled);
  delete compiled;
}

NameFilter::NameFilter(const std::string& expression) {
  if (expression.empty()) return;
  auto compiled = std::make_unique<regex_t>();
  usable_ = is_cheap(expression) &&
            regcomp(compiled.get(), expression.c_str(), REG_EXTENDED | REG_NOSUB) == 0;
  if (usable_) compiled_.reset(compiled.release());
}

bool NameFilter::matches(const std::string& name) const {
  // As natively: only a clear no keeps it out.
  return !compiled_ || regexec(compiled_.get(), name.c_str(), 0, nullptr, 0) != REG_NOMATCH;
}

}  // namespace arigate::ari
