#include "model/told_variables.hpp"

#include "model/channel.hpp"

namespace arigate::model {

void ToldVariables::add(std::string_view name, std::string_view value) {
  const std::size_t bytes = name.size() + value.size();
  if (count_ >= count_max || bytes > bytes_max - bytes_) return;
  auto& same = by_plain_name_[std::string{plain_name(name)}];
  if (same.size() >= same_name_max) return;
  same.push_back({std::string{name}, std::string{value}});
  ++count_;
  bytes_ += bytes;
}

void ToldVariables::forget(std::string_view name) {
  erase(name, [](const Told&) { return true; });
}

bool ToldVariables::take(std::string_view name, std::string_view value) {
  return erase(name, [&](const Told& told) {
           return told.value == value && (told.name == name || told.name.starts_with('_'));
         }) > 0;
}

template <class Matches>
std::size_t ToldVariables::erase(std::string_view name, Matches matches) {
  const auto found = by_plain_name_.find(std::string{plain_name(name)});
  if (found == by_plain_name_.end()) return 0;
  const auto erased = std::erase_if(found->second, [&](const Told& told) {
    const bool goes = matches(told);
    if (goes) bytes_ -= told.bytes();
    return goes;
  });
  count_ -= erased;
  if (found->second.empty()) by_plain_name_.erase(found);
  return erased;
}

}  // namespace arigate::model
