#include "ari/snapshots.hpp"

#include <fmt/format.h>
#include <algorithm>

#include <ctime>
#include <utility>

#include "ari/replies.hpp"
#include "generated/mapping.hpp"

namespace arigate::ari {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":");
  append_json_string(out, value);
}

void append_party(std::string& out, std::string_view name, const model::Party& party) {
  out.append(",\"").append(name).append("\":{\"name\":");
  append_json_string(out, party.name);
  append_member(out, "number", party.number);
  out += '}';
}

/// How timestamps are written. Most events come in bursts within one second: its text is made once.
struct TimestampText {
  std::optional<std::chrono::minutes> utc_offset;
  std::int64_t second = -1;
  std::string date, offset;
};

/// One thread, so static.
TimestampText& timestamp_text() {
  static TimestampText text;
  return text;
}

void make_text(TimestampText& text, std::int64_t second) {
  text.second = second;
  std::tm parts{};
  long minutes = 0;
  if (text.utc_offset) {
    minutes = text.utc_offset->count();
    const std::time_t time = second + minutes * 60;
    gmtime_r(&time, &parts);
  } else {
    const std::time_t time = second;
    localtime_r(&time, &parts);
    minutes = parts.tm_gmtoff / 60;
  }
  text.date =
      fmt::format("\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.", parts.tm_year + 1900, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  text.offset = fmt::format("{}{:02}{:02}\"", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                            std::abs(minutes) % 60);
}

}  // namespace

void use_utc_offset(std::optional<std::chrono::minutes> offset) {
  auto& text = timestamp_text();
  if (text.utc_offset == offset) return;
  text.utc_offset = offset;
  text.second = -1;
}

void append_timestamp(std::string& out, WallTime when) {
  using namespace std::chrono;
  const auto since_epoch = when.time_since_epoch();
  const auto second = floor<seconds>(since_epoch);
  const auto millis = duration_cast<milliseconds>(since_epoch - second).count();
  auto& text = timestamp_text();
  if (second.count() != text.second) make_text(text, second.count());
  out += text.date;
  const char digits[] = {static_cast<char>('0' + millis / 100),
                         static_cast<char>('0' + millis / 10 % 10),
                         static_cast<char>('0' + millis % 10)};
  out.append(digits, 3);
  out += text.offset;
}

std::string_view state_name(model::ChannelState state) {
  return mapping::channel_state_name(static_cast<int>(state));
}

std::string_view state_name(model::PlaybackState state) {
  switch (state) {
    case model::PlaybackState::queued:
      return "queued";
    case model::PlaybackState::playing:
      return "playing";
    case model::PlaybackState::paused:
      return "paused";
    case model::PlaybackState::continuing:
      return "continuing";
    case model::PlaybackState::done:
      return "done";
    case model::PlaybackState::failed:
      return "failed";
  }
  return "";
}

std::string_view state_name(model::RecordingState state) {
  switch (state) {
    case model::RecordingState::queued:
      return "queued";
    case model::RecordingState::recording:
      return "recording";
    case model::RecordingState::paused:
      return "paused";
    case model::RecordingState::done:
      return "done";
    case model::RecordingState::failed:
      return "failed";
    case model::RecordingState::canceled:
      return "canceled";
  }
  return "";
}

std::string_view state_name(model::EndpointState state) {
  switch (state) {
    case model::EndpointState::unknown:
      return "unknown";
    case model::EndpointState::offline:
      return "offline";
    case model::EndpointState::online:
      return "online";
  }
  return "";
}

void append_playback(std::string& out, const model::Playback& playback) {
  out += "{\"id\":";
  append_json_string(out, playback.id.value);
  append_member(out, "media_uri", playback.media_uri);
  if (!playback.next_media_uri.empty())
    append_member(out, "next_media_uri", playback.next_media_uri);
  append_member(out, "target_uri", playback.target_uri);
  append_member(out, "language", playback.language);
  append_member(out, "state", state_name(playback.state));
  out += '}';
}

void append_recording(std::string& out, const model::LiveRecording& recording) {
  const auto number = [&out](std::string_view name, long value) {
    out.append(",\"").append(name).append("\":").append(std::to_string(value));
  };
  out += "{\"name\":";
  append_json_string(out, recording.name.value);
  append_member(out, "format", recording.format);
  append_member(out, "state", state_name(recording.state));
  append_member(out, "target_uri", recording.target_uri);
  if (!recording.cause.empty()) append_member(out, "cause", recording.cause);
  if (recording.duration) number("duration", *recording.duration);
  if (recording.talking) {
    number("talking_duration", *recording.talking);
    number("silence_duration", recording.duration.value_or(0) - *recording.talking);
  }
  out += '}';
}

void append_bridge(std::string& out, const model::Bridge& bridge) {
  out += "{\"id\":";
  append_json_string(out, bridge.id.value);
  append_member(out, "technology", bridge.technology);
  append_member(out, "bridge_type", bridge.technology == "holding_bridge" ? "holding" : "mixing");
  append_member(out, "bridge_class", bridge.bridge_class);
  append_member(out, "creator", bridge.creator);
  append_member(out, "name", bridge.name);
  out += ",\"channels\":[";
  for (const auto& channel : bridge.channels) {
    if (out.back() != '[') out += ',';
    append_json_string(out, channel.value);
  }
  out += "],\"creationtime\":";
  append_timestamp(out, bridge.created);
  append_member(out, "video_mode", bridge.video_mode);
  if (!bridge.video_source.empty()) append_member(out, "video_source_id", bridge.video_source);
  bool shown = false;
  for (const auto& variable : bridge.variables) {
    if (!variable.shown) continue;
    out += std::exchange(shown, true) ? "," : ",\"bridgevars\":{";
    append_json_string(out, variable.name);
    out += ':';
    append_json_string(out, variable.value);
  }
  if (shown) out += '}';
  out += '}';
}

void append_endpoint(std::string& out, const model::Endpoint& endpoint) {
  out += "{\"technology\":";
  append_json_string(out, endpoint.technology);
  append_member(out, "resource", endpoint.resource);
  append_member(out, "state", state_name(endpoint.state));
  out += ",\"channel_ids\":[";
  for (const auto* channel : endpoint.channels) {
    if (channel->hidden || !channel->announced) continue;
    if (out.back() != '[') out += ',';
    append_json_string(out, channel->id.value);
  }
  out += "]}";
}

std::string_view Snapshots::channel(const model::Channel& channel) {
  Entry& entry = entries_[channel.id];
  if (entry.revision != channel.revision) {
    entry.json.clear();
    write(entry.json, channel);
    entry.revision = channel.revision;
  }
  return entry.json;
}

void Snapshots::write(std::string& out, const model::Channel& channel) const {
  out += "{\"id\":";
  append_json_string(out, channel.id.value);
  append_member(out, "name", channel.shown_name.empty() ? channel.name : channel.shown_name);
  append_member(out, "state", state_name(channel.state));
  append_member(out, "protocol_id", channel.protocol_id);
  append_party(out, "caller", channel.caller);
  append_party(out, "connected", channel.connected);
  append_member(out, "accountcode", channel.accountcode);
  out += ",\"dialplan\":{\"context\":";
  append_json_string(out, channel.dialplan.context);
  append_member(out, "exten", channel.dialplan.exten);
  out.append(",\"priority\":").append(std::to_string(channel.dialplan.priority));
  append_member(out, "app_name", channel.dialplan.app_name);
  append_member(out, "app_data", channel.dialplan.app_data);
  out += "},\"creationtime\":";
  append_timestamp(out, channel.created);
  append_member(out, "language", channel.language);
  const bool any = std::ranges::any_of(channel.variables, &model::ShownVariable::shown);
  if (with_variables_ || any) {
    out += ",\"channelvars\":{";
    bool first = true;
    for (const auto& variable : channel.variables) {
      if (!variable.shown()) continue;
      if (!first) out += ',';
      first = false;
      append_json_string(out, variable.name);
      out += ':';
      append_json_string(out, variable.value);
    }
    out += '}';
  }
  if (!channel.caller_rdnis.empty()) append_member(out, "caller_rdnis", channel.caller_rdnis);
  if (!channel.tenantid.empty()) append_member(out, "tenantid", channel.tenantid);
  out += '}';
}

}  // namespace arigate::ari
