#include "model/room_name.hpp"

#include <fmt/format.h>

#include <charconv>
#include <functional>

namespace arigate::model {
namespace {

constexpr std::string_view mixing_prefix = "arigate-m-";
constexpr std::string_view holding_prefix = "arigate-h-";
/// A PBX cuts the name of a conference at 79 characters (AST_MAX_EXTENSION).
constexpr std::size_t id_bytes_max = 69;

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.';
}

}  // namespace

/// Anything but letters, digits, '-' and '.' is "_" and two hexadecimal digits: a comma would begin
/// the next argument of the application.
std::string room_of(const Bridge& bridge) {
  std::string id;
  for (const char c : bridge.id.value) {
    if (is_plain(c)) {
      id += c;
    } else {
      id += fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
  }
  // Too long to be found again by its name; it is still one room of its own.
  if (id.size() > id_bytes_max) {
    id = fmt::format("_x{:016x}", std::hash<std::string>{}(bridge.id.value));
  }
  return std::string{bridge.holding ? holding_prefix : mixing_prefix} + id;
}

std::optional<Room> room_named(std::string_view name) {
  const bool holding = name.starts_with(holding_prefix);
  if (!holding && !name.starts_with(mixing_prefix)) return std::nullopt;
  name.remove_prefix(mixing_prefix.size());
  Room room{{}, holding};
  for (std::size_t i = 0; i < name.size(); ++i) {
    unsigned value = 0;
    const char* const digits = name.data() + i + 1;
    if (name[i] == '_' && i + 2 < name.size() &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      room.bridge.value += static_cast<char>(value);
      i += 2;
    } else {
      room.bridge.value += name[i];
    }
  }
  return room;
}

}  // namespace arigate::model
