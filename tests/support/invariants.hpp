#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace arigate::test {

/// What holds of every stream of ARI events, whatever the PBX does (ARCHITECTURE.md, "Promises"):
/// a channel and a bridge begin once and end once, nothing of them comes outside of that, a stay in
/// an application is inside the channel's life, and who left a bridge had entered it. Objects that
/// were there before the stream began are let be until their end.
class Invariants {
 public:
  void add(const std::string& text) {
    simdjson::dom::element event;
    if (parser_.parse(text).get(event) != simdjson::SUCCESS) {
      return broken("no JSON: " + text);
    }
    const std::string_view type = event["type"];
    for (const auto* member : {"channel", "peer", "caller"}) {
      std::string_view id;
      if (event[member]["id"].get(id) == simdjson::SUCCESS) channel(type, std::string{id}, member);
    }
    std::string_view id;
    if (event["bridge"]["id"].get(id) == simdjson::SUCCESS) bridge(type, std::string{id}, event);
    if (type.starts_with("Playback")) playback(type, event);
  }

  const std::vector<std::string>& violations() const { return violations_; }
  /// Channels that have begun and not ended.
  const std::set<std::string>& living() const { return living_; }

 private:
  void broken(std::string what) { violations_.push_back(std::move(what)); }

  void channel(std::string_view type, const std::string& id, std::string_view member) {
    if (type == "ChannelCreated") {
      if (living_.contains(id)) broken("created twice: " + id);
      if (ended_.contains(id)) broken("created after its end: " + id);
      living_.insert(id);
      return;
    }
    if (ended_.contains(id)) broken(fmt::format("{} after the end of {}", type, id));
    if (member != "channel") return;
    if (type == "StasisStart" && !held_.insert(id).second) broken("StasisStart twice: " + id);
    if (type == "StasisEnd" && held_.erase(id) == 0) broken("StasisEnd without start: " + id);
    if (type != "ChannelDestroyed") return;
    if (held_.contains(id)) broken("destroyed in its application: " + id);
    living_.erase(id);
    ended_.insert(id);
  }

  void bridge(std::string_view type, const std::string& id, simdjson::dom::element event) {
    auto& members = bridges_[id];
    std::string_view channel;
    const bool about_channel = event["channel"]["id"].get(channel) == simdjson::SUCCESS;
    if (type == "BridgeCreated") {
      if (bridge_ended_.contains(id)) bridge_ended_.erase(id);  // Two may be linked again.
    } else if (bridge_ended_.contains(id)) {
      broken(fmt::format("{} after the end of bridge {}", type, id));
    }
    if (type == "ChannelEnteredBridge" && about_channel &&
        !members.insert(std::string{channel}).second) {
      broken(fmt::format("{} entered {} twice", channel, id));
    }
    if (type == "ChannelLeftBridge" && about_channel && members.erase(std::string{channel}) == 0) {
      broken(fmt::format("{} left {} without having entered", channel, id));
    }
    if (type == "BridgeDestroyed") {
      if (!members.empty()) broken("bridge ended with channels in it: " + id);
      bridges_.erase(id);
      bridge_ended_.insert(id);
    }
  }

  void playback(std::string_view type, simdjson::dom::element event) {
    const std::string id{std::string_view{event["playback"]["id"]}};
    if (type == "PlaybackFinished" && playing_.erase(id) == 0) broken("finished unbegun: " + id);
    if (type == "PlaybackStarted") playing_.insert(id);
  }

  simdjson::dom::parser parser_;
  std::set<std::string> living_, ended_, held_, playing_, bridge_ended_;
  std::map<std::string, std::set<std::string>> bridges_;
  std::vector<std::string> violations_;
};

}  // namespace arigate::test
