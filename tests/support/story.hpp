#pragma once

#include <simdjson.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace arigate::test {

/// A stream of ARI events to be read by people: one line each, with every field but time stamps. Of
/// an object that was shown before only what has changed is said again, so nothing is lost.
///   ChannelStateChange channel=1.46 .state=Up
class Story {
 public:
  void add(const std::string& text) {
    simdjson::dom::element event;
    if (parser_.parse(text).get(event) != simdjson::SUCCESS) {
      text_ += "no JSON: " + text + "\n";
      return;
    }
    std::string line{std::string_view{event["type"]}};
    simdjson::dom::object members = event.get_object();
    for (const auto [name, value] : members) {
      if (name == "type" || name == "timestamp" || name == "application" || name == "asterisk_id") {
        continue;
      }
      line.append(" ").append(name).append("=");
      if (value.is_object()) {
        add_object(line, value);
      } else {
        line += simdjson::minify(value);
      }
    }
    text_ += line + "\n";
  }
  /// An object of the model as it is, whole.
  void add_whole(std::string_view what, const std::string& json) {
    shown_.clear();
    simdjson::dom::element object;
    std::string line{what};
    line += ' ';
    if (parser_.parse(json).get(object) == simdjson::SUCCESS) add_object(line, object);
    text_ += line + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  void add_object(std::string& line, simdjson::dom::element object) {
    std::string_view id;
    for (const auto* name : {"id", "name", "resource", "uri", "peer_status", "eventname"}) {
      if (object[name].get(id) == simdjson::SUCCESS) break;
    }
    line += id;
    add_fields(line, std::string{id}, "", object);
  }

  void add_fields(std::string& line, const std::string& id, const std::string& path,
                  simdjson::dom::element object) {
    simdjson::dom::object members = object.get_object();
    for (const auto [name, value] : members) {
      if (name == "creationtime" || name == "id") continue;
      const auto at = path + "." + std::string{name};
      if (value.is_object()) {
        add_fields(line, id, at, value);
        continue;
      }
      auto& shown = shown_[id][at];
      auto now = std::string{simdjson::minify(value)};
      if (shown == now) continue;
      line.append(" ").append(at).append("=").append(now);
      shown = std::move(now);
    }
  }

  simdjson::dom::parser parser_;
  std::map<std::string, std::map<std::string, std::string>> shown_;
  std::string text_;
};

}  // namespace arigate::test
