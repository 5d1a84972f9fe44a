#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace arigate::ari {

/// One member of "variables" in a JSON body: "text", or {"value": "text", "report_events": true}.
struct VariableSetting {
  std::string name;
  std::string value;
  bool report = false;
};

struct VariableSettings {
  enum class Found : std::uint8_t { no_body, no_object, object };
  Found found = Found::no_body;
  std::vector<VariableSetting> list;
};

/// The member "variables" of a JSON body. Errc::bad_request with native's message: a member of it
/// that is neither of the two forms.
Result<VariableSettings> variable_settings(std::string_view body);

/// The names and values of settings.
std::vector<std::pair<std::string, std::string>> pairs_of(
    const std::vector<VariableSetting>& settings);

/// The names of those that ask to be shown.
std::vector<std::string> reported_of(const std::vector<VariableSetting>& settings);

}  // namespace arigate::ari
