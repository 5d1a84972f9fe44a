#include "ops/modules.hpp"

#include <algorithm>
#include <utility>

#include "core/number.hpp"
#include "ops/table_text.hpp"

namespace arigate::ops {
namespace {

constexpr std::size_t module_bytes_max = 80;
/// Widths that all versions print with (seen: 1.8, 11, 16, 22).
constexpr std::size_t module_width = 30;
constexpr std::size_t description_width = 40;

std::optional<Module> module_of(std::string_view row) {
  Module module;
  const auto name = row.substr(0, row.find(' '));
  module.name = name;
  take_column(row, std::max(module_width, name.size()));
  module.description = take_column(row, description_width);
  const auto count = whole_number<decltype(module.use_count)>(take_word(row));
  if (!count) return std::nullopt;
  module.use_count = *count;
  row = trim(row);
  if (row.empty()) return module;
  // "Running core", "Not Running extended", or the status alone.
  const auto last = row.rfind(' ');
  const bool with_level = !row.ends_with("Running");
  if (with_level) module.support_level = row.substr(last == std::string_view::npos ? 0 : last + 1);
  module.status = trim(with_level ? row.substr(0, last) : row);
  return module;
}

boost::asio::awaitable<Result<std::vector<Module>>> shown(World& world, std::string command) {
  const auto table =
      co_await world.ami.request(ami::Action{"Command"}.add("Command", std::move(command)),
                                 world.in(world.timeouts.action), "");
  if (!table) co_return table.error();
  co_return modules_of(table->output());
}

}  // namespace

std::vector<Module> modules_of(std::string_view table) {
  std::vector<Module> modules;
  for (const auto line : split(table, '\n')) {
    // Of the header and the sum below, neither has a number in the place of the use count.
    if (auto module = module_of(line)) modules.push_back(std::move(*module));
  }
  return modules;
}

bool is_module_name(std::string_view name) {
  return !name.empty() && name.size() <= module_bytes_max && name.front() != '.' &&
         name.front() != '-' && name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

boost::asio::awaitable<Result<std::vector<Module>>> list_modules(World& world) {
  return shown(world, "module show");
}

boost::asio::awaitable<Result<std::optional<Module>>> find_module(World& world, std::string name) {
  auto like = co_await shown(world, "module show like " + name);
  if (!like) co_return like.error();
  const auto found = std::find_if(like->begin(), like->end(),
                                  [&](const Module& module) { return module.name == name; });
  if (found == like->end()) co_return std::optional<Module>{};
  co_return std::optional<Module>{std::move(*found)};
}

boost::asio::awaitable<Result<bool>> is_module_loaded(World& world, std::string name) {
  const auto answer =
      co_await world.ami.request(ami::Action{"ModuleCheck"}.add("Module", std::move(name)),
                                 world.in(world.timeouts.action), "");
  if (answer) co_return true;
  if (answer.error().code == Errc::refused_by_pbx || answer.error().code == Errc::not_found) {
    co_return false;
  }
  co_return answer.error();
}

boost::asio::awaitable<Result<void>> change_module(World& world, std::string name,
                                                   std::string load_type) {
  const auto answer = co_await world.ami.request(ami::Action{"ModuleLoad"}
                                                     .add("Module", std::move(name))
                                                     .add("LoadType", std::move(load_type)),
                                                 world.in(world.timeouts.action), "");
  if (!answer) co_return answer.error();
  co_return Result<void>{};
}

}  // namespace arigate::ops
