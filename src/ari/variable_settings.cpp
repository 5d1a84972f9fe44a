#include "ari/variable_settings.hpp"

#include <simdjson.h>

namespace arigate::ari {
namespace {

namespace dom = simdjson::dom;

Error bad(std::string_view what) {
  return {Errc::bad_request, std::string{what}};
}

Result<VariableSetting> setting_of(std::string_view name, dom::element value) {
  VariableSetting setting;
  setting.name = name;
  std::string_view text;
  if (value.is_string()) {
    setting.value = value.get_string().value_unsafe();
    return setting;
  }
  if (!value.is_object()) {
    return bad(
        "Each value in 'variables' must be a string or an object with 'value' and optional "
        "'report_events'");
  }
  if (value.at_key("value").get(text) != simdjson::SUCCESS) {
    return bad("Each object value in 'variables' must include string field 'value'");
  }
  setting.value = text;
  dom::element report;
  if (value.at_key("report_events").get(report) != simdjson::SUCCESS) return setting;
  if (report.get(setting.report) != simdjson::SUCCESS) {
    return bad("Field 'report_events' in 'variables' entries must be boolean");
  }
  return setting;
}

}  // namespace

Result<VariableSettings> variable_settings(std::string_view body) {
  VariableSettings settings;
  // The router has read it once and put limits on its size and depth.
  dom::parser parser;
  dom::object object;
  if (body.empty() ||
      parser.parse(body.data(), body.size()).get_object().get(object) != simdjson::SUCCESS) {
    return settings;
  }
  settings.found = VariableSettings::Found::no_object;
  dom::object variables;
  if (object.at_key("variables").get(variables) != simdjson::SUCCESS) return settings;
  settings.found = VariableSettings::Found::object;
  for (const auto [name, value] : variables) {
    auto setting = setting_of(name, value);
    if (!setting) return setting.error();
    settings.list.push_back(std::move(*setting));
  }
  return settings;
}

std::vector<std::pair<std::string, std::string>> pairs_of(
    const std::vector<VariableSetting>& settings) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& setting : settings) pairs.emplace_back(setting.name, setting.value);
  return pairs;
}

std::vector<std::string> reported_of(const std::vector<VariableSetting>& settings) {
  std::vector<std::string> names;
  for (const auto& setting : settings) {
    if (setting.report) names.push_back(setting.name);
  }
  return names;
}

}  // namespace arigate::ari
