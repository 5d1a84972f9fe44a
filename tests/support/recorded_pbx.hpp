#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agi/decoder.hpp"
#include "ami/decoder.hpp"
#include "core/clock.hpp"
#include "model/store.hpp"
#include "replay/recording.hpp"
#include "trace/capture_reader.hpp"

namespace arigate::test {

/// One line of a capture and when it was.
struct TimedLine {
  trace::Line line;
  WallTime when;
};

inline std::vector<TimedLine> lines_of(const std::filesystem::path& capture) {
  auto reader = trace::Reader::open(capture);
  std::vector<TimedLine> lines;
  if (!reader) return lines;
  const replay::Timeline timeline{reader->header().started};
  for (;;) {
    auto line = reader->next();
    if (!line || !*line) return lines;
    const WallTime when = timeline.of(**line);
    lines.push_back({*std::move(*line), when});
  }
}

/// What the PBX said on the link `ami`, cut into its messages (text with the blank line).
struct TimedMessage {
  std::string text;
  WallTime when;
};

inline std::vector<TimedMessage> ami_messages_of(const std::vector<TimedLine>& lines) {
  std::vector<TimedMessage> messages;
  std::string rest;
  for (const auto& [line, when] : lines) {
    if (line.link != "ami" || line.dir != trace::Direction::from_pbx) continue;
    rest += line.data;
    if (messages.empty()) {  // The banner.
      const auto end = rest.find("\r\n");
      if (end == std::string::npos) continue;
      messages.push_back({rest.substr(0, end + 2), when});
      rest.erase(0, end + 2);
    }
    for (auto end = rest.find("\r\n\r\n"); end != std::string::npos; end = rest.find("\r\n\r\n")) {
      messages.push_back({rest.substr(0, end + 4), when});
      rest.erase(0, end + 4);
    }
  }
  return messages;
}

/// The text as one message of the PBX.
inline ami::Message message_of(const std::string& text) {
  ami::Decoder decoder;
  decoder.feed("Asterisk Call Manager/1.3\r\n" + text);
  const auto message = decoder.next();
  return message && *message != nullptr ? (*message)->copy() : ami::Message{};
}

/// A name as PBXs from Asterisk 13.5 on write it.
inline std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
  return text;
}

/// Rows of CoreShowChannels as a PBX with these channels would give them. `old`: as before
/// Asterisk 12.
inline std::vector<ami::Message> channel_list_of(const model::Store& store, bool old) {
  std::vector<ami::Message> rows;
  const auto name_of = [old](const std::string& name) { return old ? name : escaped(name); };
  store.each_channel([&](const model::Channel& channel) {
    std::string row = fmt::format(
        "Event: CoreShowChannel\r\nChannel: {}\r\n{}: {}\r\nContext: {}\r\n{}: {}\r\nPriority: "
        "{}\r\n"
        "ChannelState: {}\r\nCallerIDNum: {}\r\nCallerIDName: {}\r\nConnectedLineNum: {}\r\n"
        "ConnectedLineName: {}\r\nAccountCode: {}\r\nApplication: {}\r\nApplicationData: {}\r\n"
        "Duration: 00:00:00\r\n",
        channel.lives_on_as.value.empty() ? channel.name : channel.name + "<ZOMBIE>",
        old ? "UniqueID" : "Uniqueid", channel.uniqueid.value, channel.dialplan.context,
        old ? "Extension" : "Exten", channel.dialplan.exten, channel.dialplan.priority,
        static_cast<int>(channel.state), channel.caller.number, name_of(channel.caller.name),
        channel.connected.number, name_of(channel.connected.name), channel.accountcode,
        channel.dialplan.app_name, channel.dialplan.app_data);
    if (!old) row += fmt::format("Language: {}\r\n", channel.language);
    if (!old) row += fmt::format("BridgeId: {}\r\n", channel.bridge.value);
    if (old) {
      const auto* bridge = store.find(channel.bridge);
      for (const auto& member : bridge == nullptr ? std::vector<ChannelId>{} : bridge->channels) {
        const auto* other = store.find(member);
        if (member == channel.id || other == nullptr || !bridge->linked) continue;
        row += fmt::format("BridgedChannel: {}\r\nBridgedUniqueID: {}\r\n", other->name,
                           other->uniqueid.value);
      }
    }
    rows.push_back(message_of(row + "\r\n"));
  });
  return rows;
}

/// Rows of ParkedCalls, as a PBX before Asterisk 12 gives them.
inline std::vector<ami::Message> parked_list_of(const model::Store& store) {
  constexpr std::string_view lot = "parking-";
  std::vector<ami::Message> rows;
  store.each_channel([&](const model::Channel& channel) {
    if (!channel.bridge.value.starts_with(lot)) return;
    rows.push_back(message_of(
        fmt::format("Event: ParkedCall\r\nParkinglot: {}\r\nExten: 701\r\nChannel: {}\r\n"
                    "From: x\r\nTimeout: 45\r\n\r\n",
                    channel.bridge.value.substr(lot.size()), channel.name)));
  });
  return rows;
}

/// Rows of BridgeList.
inline std::vector<ami::Message> bridge_list_of(const model::Store& store) {
  std::vector<ami::Message> rows;
  store.each_bridge([&](const model::Bridge& bridge) {
    rows.push_back(message_of(fmt::format(
        "Event: BridgeListItem\r\nBridgeUniqueid: {}\r\nBridgeType: {}\r\nBridgeTechnology: {}\r\n"
        "BridgeCreator: {}\r\nBridgeName: {}\r\nBridgeNumChannels: {}\r\n"
        "BridgeVideoSourceMode: {}\r\n\r\n",
        bridge.id.value, bridge.bridge_class, bridge.technology, bridge.creator, bridge.name,
        bridge.channels.size(), bridge.video_mode)));
  });
  return rows;
}

}  // namespace arigate::test
