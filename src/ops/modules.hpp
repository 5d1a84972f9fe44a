#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// A module of the PBX, as the table of `module show` has it.
struct Module {
  std::string name;
  std::string description;  ///< The table cuts it after 40 bytes.
  long use_count = 0;
  std::string status = "Running";         ///< Old tables do not have it; they list what runs.
  std::string support_level = "unknown";  ///< Old tables do not have it.
};

/// Rows of `module show` in its layouts: with three columns (1.8, 11 before 11.12), with the status
/// as fourth, and with the support level as fifth (13 and up).
std::vector<Module> modules_of(std::string_view table);

/// False for what cannot be a module's name: it would be more than one word of a command, or a
/// path.
bool is_module_name(std::string_view name);

boost::asio::awaitable<Result<std::vector<Module>>> list_modules(World& world);
/// The row of exactly that name; nullopt when there is none.
boost::asio::awaitable<Result<std::optional<Module>>> find_module(World& world, std::string name);
/// As the PBX finds it, which needs no ".so".
boost::asio::awaitable<Result<bool>> is_module_loaded(World& world, std::string name);

/// Action ModuleLoad with "load", "unload" or "reload". Errc::refused_by_pbx with the PBX's text.
boost::asio::awaitable<Result<void>> change_module(World& world, std::string name,
                                                   std::string load_type);

}  // namespace arigate::ops
