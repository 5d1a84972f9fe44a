#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "model/bridge.hpp"

namespace arigate::model {

/// What a bridge of an application is beside its room, kept on the PBX by variables of its members:
/// they live exactly as long as the room does, so nothing is ever left to be cleaned up.
struct BridgeRecord {
  Bridge bridge;  ///< Its id, name, video mode, variables and time of creation.
  WallTime written{};
};

/// One variable holds so much: before Asterisk 12 a line of AMI ends after 1024 bytes.
inline constexpr std::size_t record_part_bytes = 700;
inline constexpr std::size_t record_parts_max = 16;

/// Names and values of the variables. Variables of the bridge that do not fit are left out.
std::vector<std::pair<std::string, std::string>> bridge_record(const Bridge& bridge,
                                                               WallTime written);
/// The variable that holds this part, counted from 0.
std::string record_variable(std::size_t part);
/// Whether the text so far is whole, or the next part is needed.
bool is_whole_record(std::string_view text);
/// nullopt: nothing that bridge_record() wrote.
std::optional<BridgeRecord> bridge_record_in(std::string_view text);

}  // namespace arigate::model
