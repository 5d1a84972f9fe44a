#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "generated/api_docs.hpp"
#include "generated/ari_operations.hpp"

namespace arigate::test {

/// Compares JSON that we send with the models of our own api-docs: every field described, every
/// required field there, every value of its type. Clients such as node ari-client end their process
/// when an event is not described.
class AriSchema {
 public:
  static const AriSchema& get() {
    static const AriSchema schema;
    return schema;
  }

  /// Everything that is wrong with one WebSocket message; empty when all is well.
  std::vector<std::string> event_faults(std::string_view json) const {
    std::vector<std::string> faults;
    boost::system::error_code error;
    const auto value = boost::json::parse(view(json), error);
    if (error || !value.is_object()) return {"not a JSON object"};
    const auto* type = value.get_object().if_contains("type");
    if (type == nullptr || !type->is_string()) return {"no type"};
    const std::string name{type->get_string()};
    if (!is_event(name)) return {"event type " + name + " is not described"};
    check_object(with_base(name), value.get_object(), name, faults);
    return faults;
  }

  /// The same for the body of a 200 reply, by the responseClass of its operation.
  std::vector<std::string> reply_faults(ari::Operation operation, std::string_view body) const {
    std::vector<std::string> faults;
    const std::string type{ari::info(operation).response_class};
    if (type == "void") {
      if (!body.empty()) faults.push_back("a body where none is promised");
      return faults;
    }
    if (type == "binary") return faults;  // A recording's file.
    boost::system::error_code error;
    const auto value = boost::json::parse(view(body), error);
    if (error) return {"not JSON"};
    check_value(type, value, type, faults);
    return faults;
  }

  bool is_event(std::string_view type) const {
    return type == "MissingParams" ||
           std::find(events_.begin(), events_.end(), type) != events_.end();
  }
  const std::vector<std::string>& events() const { return events_; }

 private:
  struct Property {
    std::string type;
    bool required = false;
    std::vector<std::string> allowed;
  };
  using Model = std::map<std::string, Property, std::less<>>;

  AriSchema() {
    for (const auto file : ari::api_doc_files()) {
      const auto document = boost::json::parse(view(ari::api_doc(file)));
      const auto* models = document.as_object().if_contains("models");
      if (models == nullptr) continue;
      for (const auto& [name, model] : models->as_object()) add(name, model.as_object());
    }
    // Native sends these values although its own models do not list them.
    auto& states = models_["Channel"]["state"].allowed;
    states.insert(states.end(), {"Rsrvd", "Mute"});
    models_["Playback"]["state"].allowed.push_back("paused");
  }

  void add(std::string_view name, const boost::json::object& model) {
    auto& properties = models_[std::string{name}];
    for (const auto& [property, facts] : model.at("properties").as_object()) {
      const auto& object = facts.as_object();
      auto& entry = properties[std::string{std::string_view{property}}];
      entry.type = object.at("type").as_string().c_str();
      if (const auto* required = object.if_contains("required"))
        entry.required = required->as_bool();
      if (const auto* values = object.if_contains("allowableValues")) {
        for (const auto& value : values->at("values").as_array()) {
          entry.allowed.emplace_back(value.as_string().c_str());
        }
      }
    }
    if (name != "Event") return;
    for (const auto& type : model.at("subTypes").as_array()) {
      events_.emplace_back(type.as_string().c_str());
    }
  }

  /// An event has the properties of its own model, of Event and of Message.
  Model with_base(const std::string& type) const {
    Model all = models_.at(type);
    if (type != "MissingParams") all.insert(models_.at("Event").begin(), models_.at("Event").end());
    all.insert(models_.at("Message").begin(), models_.at("Message").end());
    return all;
  }

  void check_object(const Model& model, const boost::json::object& object, const std::string& where,
                    std::vector<std::string>& faults) const {
    for (const auto& [name, property] : model) {
      if (property.required && !object.contains(view(name)))
        faults.push_back(where + "." + name + " is missing");
    }
    for (const auto& [key, value] : object) {
      const std::string path = where + "." + std::string{std::string_view{key}};
      const auto property = model.find(std::string_view{key});
      if (property == model.end()) {
        faults.push_back(path + " is not described");
        continue;
      }
      check_value(property->second.type, value, path, faults);
      const auto& allowed = property->second.allowed;
      if (!allowed.empty() && value.is_string() &&
          std::find(allowed.begin(), allowed.end(), value.get_string().c_str()) == allowed.end()) {
        faults.push_back(path + " must not be " + value.get_string().c_str());
      }
    }
  }

  void check_value(std::string_view type, const boost::json::value& value, const std::string& where,
                   std::vector<std::string>& faults) const {
    if (type.starts_with("List[")) {
      if (!value.is_array()) return faults.push_back(where + " is not a list");
      const auto element = type.substr(5, type.size() - 6);
      for (const auto& member : value.get_array())
        check_value(element, member, where + "[]", faults);
      return;
    }
    const auto model = models_.find(type);
    if (model != models_.end()) {
      if (!value.is_object()) return faults.push_back(where + " is not an object");
      return check_object(model->second, value.get_object(), where, faults);
    }
    if (!is_plain(type, value)) faults.push_back(where + " is not of type " + std::string{type});
  }

  static bool is_plain(std::string_view type, const boost::json::value& value) {
    if (type == "string") return value.is_string();
    if (type == "Date") return value.is_string() && is_date(value.get_string());
    if (type == "boolean") return value.is_bool();
    if (type == "double") return value.is_number();
    if (type == "object") return value.is_object();
    if (type == "int") return value.is_int64() && is_32_bits(value.get_int64());
    if (type == "long") return value.is_int64();
    return false;
  }

  /// Signed or not: an SSRC is unsigned.
  static bool is_32_bits(std::int64_t number) {
    return number >= std::numeric_limits<std::int32_t>::min() &&
           number <= std::numeric_limits<std::uint32_t>::max();
  }

  /// "2026-11-23T16:22:10.509+0000": some clients accept no other form.
  static bool is_date(std::string_view text) {
    constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.ddd+dddd";
    return text.size() == form.size() &&
           std::equal(text.begin(), text.end(), form.begin(), [](char c, char expected) {
             if (expected == 'd') return std::isdigit(static_cast<unsigned char>(c)) != 0;
             return expected == '+' ? c == '+' || c == '-' : c == expected;
           });
  }

  static boost::json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

  std::map<std::string, Model, std::less<>> models_;
  std::vector<std::string> events_;
};

inline testing::AssertionResult faultless(const std::vector<std::string>& faults,
                                          std::string_view json) {
  if (faults.empty()) return testing::AssertionSuccess();
  auto result = testing::AssertionFailure();
  for (const auto& fault : faults) result << fault << '\n';
  return result << json;
}

/// EXPECT_TRUE(is_described_event(json)): a WebSocket message that our api-docs describe in full.
inline testing::AssertionResult is_described_event(std::string_view json) {
  return faultless(AriSchema::get().event_faults(json), json);
}

/// EXPECT_TRUE(is_described_reply(Operation::channels_get, body)), for a reply of 200 or 204.
inline testing::AssertionResult is_described_reply(ari::Operation operation,
                                                   std::string_view body) {
  return faultless(AriSchema::get().reply_faults(operation, body), body);
}

}  // namespace arigate::test
