#include "model/room_name.hpp"

#include <fmt/format.h>

#include <functional>

#include "model/plain_text.hpp"

namespace arigate::model {
namespace {

constexpr std::string_view mixing_prefix = "arigate-m-";
constexpr std::string_view holding_prefix = "arigate-h-";
/// A PBX cuts the name of a conference at 79 characters (AST_MAX_EXTENSION).
constexpr std::size_t id_bytes_max = 69;
/// Of what stands for a longer id; no plain text has it.
constexpr std::string_view shortened_prefix = "_x";

}  // namespace

/// Plain text: a comma would begin the next argument of the application.
std::string room_of(const Bridge& bridge) {
  std::string id = to_plain(bridge.id.value);
  // Too long to be read from its name; it is still one room of its own.
  if (id.size() > id_bytes_max) {
    id = fmt::format("{}{:016x}", shortened_prefix, std::hash<std::string>{}(bridge.id.value));
  }
  return std::string{bridge.holding ? holding_prefix : mixing_prefix} + id;
}

std::optional<Room> room_named(std::string_view name) {
  const bool holding = name.starts_with(holding_prefix);
  if (!holding && !name.starts_with(mixing_prefix)) return std::nullopt;
  name.remove_prefix(mixing_prefix.size());
  return Room{{from_plain(name)}, holding, name.starts_with(shortened_prefix)};
}

}  // namespace arigate::model
