#include "ops/log_channels.hpp"

#include <algorithm>
#include <utility>

#include "ops/table_text.hpp"

namespace arigate::ops {
namespace {

constexpr std::size_t channel_width = 35;
constexpr std::size_t type_width = 8;
constexpr std::size_t channel_bytes_max = 200;
constexpr std::size_t levels_bytes_max = 200;

bool is_word(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [extra](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           extra.find(c) != std::string_view::npos;
  });
}

boost::asio::awaitable<Result<std::string>> run(World& world, std::string command) {
  const auto answer =
      co_await world.ami.request(ami::Action{"Command"}.add("Command", std::move(command)),
                                 world.in(world.timeouts.action), "");
  if (!answer) co_return answer.error();
  co_return std::string{answer->output()};
}

bool is_unknown_command(const Result<std::string>& said) {
  return said ? said->starts_with("No such command")
              : said.error().detail.find("No such command") != std::string::npos;
}

Error unknown_command() {
  return {Errc::not_supported, "This PBX cannot change its log channels at run time"};
}

}  // namespace

std::vector<LogChannel> log_channels_of(std::string_view table) {
  std::vector<LogChannel> channels;
  bool below_header = false;
  bool with_formatter = false;
  for (auto line : split(table, '\n')) {
    if (line.starts_with("Channel ")) with_formatter = line.find("Formatter") != line.npos;
    if (line.starts_with("-------")) {
      below_header = true;
      continue;
    }
    if (!below_header || trim(line).empty()) continue;
    LogChannel channel;
    channel.name = take_column(line, channel_width);
    channel.type = take_column(line, type_width);
    if (with_formatter) take_word(line);
    channel.status = take_word(line);
    if (channel.type.empty() || channel.status.empty()) continue;
    // "- NOTICE WARNING ERROR "
    const auto dash = line.find("- ");
    channel.levels = dash == line.npos ? std::string_view{} : line.substr(dash + 2);
    if (!channel.levels.empty() && !channel.levels.ends_with(' ')) channel.levels += ' ';
    channels.push_back(std::move(channel));
  }
  return channels;
}

bool is_log_channel_name(std::string_view name) {
  return !name.empty() && name.size() <= channel_bytes_max && name.front() != '-' &&
         name.find("..") == name.npos && is_word(name, "_-.");
}

bool is_log_level_list(std::string_view levels) {
  return levels.size() <= levels_bytes_max && is_word(levels, "_,()[]*");
}

bool is_log_channel(const LogChannel& row, std::string_view name) {
  if (row.type == "Console") return name == "console";
  std::string_view known = row.name;
  if (known == name) return true;
  // A file is shown with its folder. What is cut may be any name that begins like it.
  const auto slash = known.rfind('/');
  if (slash == known.npos) return false;
  known.remove_prefix(slash + 1);
  return row.name.size() < channel_width ? known == name : name.starts_with(known);
}

boost::asio::awaitable<Result<std::vector<LogChannel>>> list_log_channels(World& world) {
  const auto table = co_await run(world, "logger show channels");
  if (!table) co_return table.error();
  co_return log_channels_of(*table);
}

boost::asio::awaitable<Result<void>> add_log_channel(World& world, std::string name,
                                                     std::string levels) {
  const auto said = co_await run(world, "logger add channel " + name + " " + levels);
  if (is_unknown_command(said)) co_return unknown_command();
  if (!said) co_return said.error();
  if (said->find("already exists") != std::string::npos) {
    co_return Error{Errc::conflict, "Log channel already exists"};
  }
  if (!trim(*said).empty()) co_return Error{Errc::refused_by_pbx, *said};
  co_return Result<void>{};
}

boost::asio::awaitable<Result<void>> remove_log_channel(World& world, std::string name) {
  const auto said = co_await run(world, "logger remove channel " + name);
  if (is_unknown_command(said)) co_return unknown_command();
  if (!said) co_return said.error();
  if (said->find("Removed") == std::string::npos) {
    co_return Error{Errc::not_found, "Log channel does not exist"};
  }
  co_return Result<void>{};
}

boost::asio::awaitable<Result<void>> rotate_log_channel(World& world, std::string name) {
  const auto channels = co_await list_log_channels(world);
  if (!channels) co_return channels.error();
  const bool known = std::any_of(channels->begin(), channels->end(),
                                 [&](const LogChannel& row) { return is_log_channel(row, name); });
  if (!known) co_return Error{Errc::not_found, "Log channel does not exist"};
  const auto rotated = co_await run(world, "logger rotate");
  if (!rotated) co_return rotated.error();
  co_return Result<void>{};
}

}  // namespace arigate::ops
