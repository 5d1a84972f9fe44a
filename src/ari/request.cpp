#include "ari/request.hpp"

#include <algorithm>
#include <array>

#include "core/number.hpp"
#include "core/text.hpp"

namespace arigate::ari {
namespace {

/// The value under `name`, nullptr when there is none. Requests have few parameters: a scan of a
/// vector beats any map.
template <class Entries>
auto* find(Entries& entries, std::string_view name) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  return found == entries.end() ? nullptr : &found->second;
}

template <class Entries, class Value>
void assign(Entries& entries, std::string name, Value value) {
  if (auto* old = find(entries, name)) {
    *old = std::move(value);
  } else {
    entries.emplace_back(std::move(name), std::move(value));
  }
}

template <class Entries>
void drop(Entries& entries, std::string_view name) {
  std::erase_if(entries, [&](const auto& entry) { return entry.first == name; });
}

}  // namespace

std::string_view Request::path(std::string_view name) const {
  const auto* value = find(path_, name);
  return value == nullptr ? std::string_view{} : std::string_view{*value};
}

std::optional<std::string_view> Request::param(std::string_view name) const {
  const auto* value = find(params_, name);
  if (value == nullptr) return std::nullopt;
  return *value;
}

bool Request::flag(std::string_view name, bool otherwise) const {
  static constexpr std::array<std::string_view, 6> yes{"true", "yes", "y", "t", "1", "on"};
  const auto value = param(name);
  if (!value) return otherwise;
  return std::any_of(yes.begin(), yes.end(), [&](auto word) { return iequals(word, *value); });
}

Result<std::optional<long>> Request::integer(std::string_view name) const {
  const auto value = param(name);
  if (!value) return std::optional<long>{};
  const auto number = whole_number<long>(*value);
  if (!number) return Error{Errc::bad_request, std::string{name} + " must be a whole number"};
  return number;
}

std::vector<std::string> Request::list(std::string_view name) const {
  if (const auto* members = find(lists_, name)) return *members;
  std::vector<std::string> members;
  if (const auto value = param(name)) {
    for (const auto part : split(*value, ',')) members.emplace_back(part);
  }
  return members;
}

Result<std::vector<std::pair<std::string, std::string>>> Request::fields(
    std::string_view name) const {
  if (const auto* members = find(fields_, name)) return *members;
  if (param(name) || find(lists_, name) != nullptr) {
    return Error{Errc::bad_request, std::string{name} + " must be an object"};
  }
  return Fields{};
}

Result<std::vector<std::pair<std::string, std::string>>> Request::string_fields(
    std::string_view name) const {
  const bool mixed =
      std::find(not_strings_.begin(), not_strings_.end(), name) != not_strings_.end();
  auto members = fields(name);
  if (mixed || (!members && find(fields_, name) != nullptr)) {
    return Error{Errc::bad_request, "Each value in '" + std::string{name} +
                                        "' must be a string or an object with 'value' and optional "
                                        "'report_events'"};
  }
  if (!members) return Fields{};  // Natively what is no object counts as not given.
  return members;
}

void Request::set_path(std::string name, std::string value) {
  path_.emplace_back(std::move(name), std::move(value));
}

// The last one given counts, whatever its form, so each setter drops the other forms.

void Request::set_param(std::string name, std::string value) {
  drop(lists_, name);
  drop(fields_, name);
  assign(params_, std::move(name), std::move(value));
}

void Request::set_list(std::string name, std::vector<std::string> values) {
  drop(params_, name);
  drop(fields_, name);
  assign(lists_, std::move(name), std::move(values));
}

void Request::set_fields(std::string name, Fields fields, bool all_strings) {
  if (!all_strings) not_strings_.push_back(name);
  drop(params_, name);
  drop(lists_, name);
  assign(fields_, std::move(name), Result<Fields>{std::move(fields)});
}

void Request::set_bad_fields(std::string name) {
  Error error{Errc::bad_request, name + " must be an object of plain values"};
  assign(fields_, std::move(name), Result<Fields>{std::move(error)});
}

std::size_t Request::parameter_count() const {
  return params_.size() + lists_.size() + fields_.size();
}

}  // namespace arigate::ari
