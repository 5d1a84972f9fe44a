#include "model/bridge_record.hpp"

#include <fmt/format.h>

#include <chrono>

#include "core/number.hpp"
#include "core/text.hpp"
#include "model/plain_text.hpp"

namespace arigate::model {
namespace {

// The record is a list of fields, "key=value;", all of them plain text, and an end: a PBX may have
// lost a part. A variable is "v=name=value;", one that events show begins with "s".
constexpr char end_mark = '!';

long long milliseconds_of(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

WallTime time_in(std::string_view text) {
  return WallTime{std::chrono::milliseconds{leading_number<long long>(text).value_or(0)}};
}

void take_field(BridgeRecord& record, std::string_view key, std::string_view value) {
  Bridge& bridge = record.bridge;
  if (key == "b") bridge.id.value = from_plain(value);
  if (key == "w") record.written = time_in(value);
  if (key == "c") bridge.created = time_in(value);
  if (key == "n") bridge.name = from_plain(value);
  if (key == "m") bridge.video_mode = from_plain(value);
  if (key != "v" && key != "s") return;
  const auto equals = value.find('=');
  if (equals == std::string_view::npos) return;
  bridge.variables.push_back(
      {from_plain(value.substr(0, equals)), from_plain(value.substr(equals + 1)), key == "s"});
}

}  // namespace

std::vector<std::pair<std::string, std::string>> bridge_record(const Bridge& bridge,
                                                               WallTime written) {
  constexpr std::size_t bytes_max = record_part_bytes * record_parts_max - 1;
  std::string text = fmt::format("b={};w={};c={};", to_plain(bridge.id.value),
                                 milliseconds_of(written), milliseconds_of(bridge.created));
  const auto add = [&text](const std::string& field) {
    if (text.size() + field.size() <= bytes_max) text += field;
  };
  add(fmt::format("m={};", to_plain(bridge.video_mode)));
  add(fmt::format("n={};", to_plain(bridge.name)));
  for (const auto& variable : bridge.variables) {
    add(fmt::format("{}={}={};", variable.shown ? 's' : 'v', to_plain(variable.name),
                    to_plain(variable.value)));
  }
  text += end_mark;
  std::vector<std::pair<std::string, std::string>> parts;
  for (std::size_t at = 0; at < text.size(); at += record_part_bytes) {
    parts.emplace_back(record_variable(parts.size()), text.substr(at, record_part_bytes));
  }
  return parts;
}

std::string record_variable(std::size_t part) {
  return part == 0 ? "ARIGATE_BRIDGE" : fmt::format("ARIGATE_BRIDGE_{}", part + 1);
}

bool is_whole_record(std::string_view text) {
  return text.ends_with(end_mark);
}

std::optional<BridgeRecord> bridge_record_in(std::string_view text) {
  if (!is_whole_record(text)) return std::nullopt;
  text.remove_suffix(1);
  BridgeRecord record;
  for (const auto field : split(text, ';')) {
    const auto equals = field.find('=');
    if (equals != std::string_view::npos) {
      take_field(record, field.substr(0, equals), field.substr(equals + 1));
    }
  }
  if (record.bridge.id.value.empty()) return std::nullopt;
  return record;
}

}  // namespace arigate::model
