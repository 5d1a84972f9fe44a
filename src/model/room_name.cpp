#include "model/room_name.hpp"

#include <fmt/format.h>

#include <functional>

#include "model/plain_text.hpp"

namespace arigate::model {
namespace {

constexpr std::string_view mixing_mark = "-m-";  // Behind the context.
constexpr std::string_view holding_mark = "-h-";
/// A PBX cuts the name of a conference at 79 characters (AST_MAX_EXTENSION).
constexpr std::size_t name_bytes_max = 79;
/// Of what stands for a longer id; no plain text has it.
constexpr std::string_view shortened_prefix = "_x";

}  // namespace

/// Plain text: a comma would begin the next argument of the application.
std::string room_of(const Bridge& bridge, std::string_view context) {
  std::string name{context};
  name += bridge.holding ? holding_mark : mixing_mark;
  std::string id = to_plain(bridge.id.value);
  // Too long to be read from its name; it is still one room of its own.
  if (name.size() + id.size() > name_bytes_max) {
    id = fmt::format("{}{:016x}", shortened_prefix, std::hash<std::string>{}(bridge.id.value));
  }
  return name += id;
}

std::optional<Room> room_named(std::string_view name, std::string_view context) {
  if (context.empty() || !name.starts_with(context)) return std::nullopt;
  name.remove_prefix(context.size());
  const bool holding = name.starts_with(holding_mark);
  if (!holding && !name.starts_with(mixing_mark)) return std::nullopt;
  name.remove_prefix(mixing_mark.size());
  return Room{{from_plain(name)}, holding, name.starts_with(shortened_prefix)};
}

}  // namespace arigate::model
