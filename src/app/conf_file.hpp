#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "arigate/config.hpp"

namespace arigate::app {

struct ConfEntry {
  std::string key;
  std::string value;
  std::filesystem::path file;  ///< Where it is written; for an inherited one, in its template.
  int line = 0;
};

struct ConfSection {
  std::string name;
  std::filesystem::path file;
  int line = 0;
  bool is_template = false;        ///< Written as [name](!): only for others to inherit from.
  std::vector<ConfEntry> entries;  ///< Inherited ones first, so that the last of a key wins.
};

/// The text of a configuration as sections, before anybody knows what the keys mean.
struct ConfFile {
  std::vector<ConfSection> sections;  ///< In order; a name that comes again continues its section.
  std::vector<ConfigProblem> errors;
};

inline constexpr std::size_t conf_file_bytes_max = std::size_t{1024} * 1024;
inline constexpr int conf_include_depth_max = 10;
inline constexpr std::size_t conf_files_max = 200;
inline constexpr std::size_t conf_section_entries_max = 10'000;  ///< By inheritance.

/// Reads the format of Asterisk's .conf files. Written by hand because inih, the usual library,
/// cuts `key => value` before the `>`, drops what follows a section's `]` (templates), knows no
/// #include and gives no line numbers as Debian builds it. Errors never quote a line, as it could
/// hold a password.
ConfFile read_conf_file(const std::filesystem::path& file);

}  // namespace arigate::app
