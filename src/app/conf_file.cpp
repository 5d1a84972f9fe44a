#include "app/conf_file.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "core/text.hpp"

namespace arigate::app {
namespace {

/// Cuts `;` comments and `;-- … --;` blocks (which may span lines) and turns `\;` into `;`.
class CommentStripper {
 public:
  std::string strip(std::string_view line) {
    std::string kept;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto rest = line.substr(i);
      if (in_block_) {
        if (rest.starts_with("--;")) {
          in_block_ = false;
          i += 2;
        }
      } else if (rest.starts_with("\\;")) {
        kept += ';';
        ++i;
      } else if (rest.starts_with(";--") && !rest.starts_with(";---")) {
        in_block_ = true;
        i += 2;
      } else if (rest.front() == ';') {
        break;
      } else {
        kept += rest.front();
      }
    }
    return kept;
  }
  bool in_block() const { return in_block_; }

 private:
  bool in_block_ = false;
};

class Reader {
 public:
  ConfFile take() && { return std::move(conf_); }

  void read(const std::filesystem::path& file, int depth) {
    file_ = file;
    line_ = 0;
    const auto text = content(file);
    if (!text) return;
    CommentStripper comments;
    auto rest = std::string_view{*text};
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);  // Editors on Windows add it.
    for (const auto raw : split(rest, '\n')) {
      ++line_;
      const auto line = comments.strip(raw.ends_with('\r') ? raw.substr(0, raw.size() - 1) : raw);
      take_line(trim(line), depth);
    }
    if (comments.in_block()) error("a comment block that starts with ;-- has no --; after it");
  }

 private:
  void error(std::string text) { conf_.errors.push_back({file_, line_, std::move(text)}); }

  std::optional<std::string> content(const std::filesystem::path& file) {
    if (++files_ > conf_files_max) {
      error(fmt::format("more than {} files are included", conf_files_max));
      return std::nullopt;
    }
    std::error_code failure;
    if (std::filesystem::is_directory(file, failure)) {
      error("is a folder, not a file");
      return std::nullopt;
    }
    std::ifstream stream{file, std::ios::binary};
    if (!stream) {
      error("cannot be read: " + std::generic_category().message(errno));
      return std::nullopt;
    }
    std::string text(conf_file_bytes_max + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > conf_file_bytes_max) {
      error(fmt::format("is larger than {} bytes", conf_file_bytes_max));
      return std::nullopt;
    }
    return text;
  }

  void take_line(std::string_view line, int depth) {
    if (line.empty()) return;
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; };
    if (std::any_of(line.begin(), line.end(), is_control)) {
      error("has a control character in it");
    } else if (line.front() == '#') {
      take_directive(line.substr(1), depth);
    } else if (line.front() == '[') {
      take_header(line);
    } else {
      take_entry(line);
    }
  }

  void take_directive(std::string_view text, int depth) {
    const auto end = std::min(text.find_first_of(" \t\"<"), text.size());
    const auto name = text.substr(0, end);
    auto target = trim(text.substr(end));
    if (target.size() >= 2 && ((target.front() == '"' && target.back() == '"') ||
                               (target.front() == '<' && target.back() == '>'))) {
      target = target.substr(1, target.size() - 2);
    }
    if (name == "exec") {
      error("#exec is not supported: no command is run to read a configuration");
    } else if (name != "include" && name != "tryinclude") {
      error(fmt::format("unknown directive #{}; known are #include and #tryinclude", name));
    } else if (target.empty()) {
      error(fmt::format("#{} needs a file name", name));
    } else if (depth >= conf_include_depth_max) {
      error(fmt::format("files are included more than {} deep", conf_include_depth_max));
    } else {
      include(target, name == "include", depth);
    }
  }

  /// `target` is relative to the folder of the file that includes it and may have wildcards.
  void include(std::string_view target, bool required, int depth) {
    const auto from = std::pair{file_, line_};
    const auto pattern = (file_.parent_path() / target).string();
    glob_t matches{};
    const int status = ::glob(pattern.c_str(), 0, nullptr, &matches);
    std::vector<std::filesystem::path> files;
    if (status == 0) files.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
    ::globfree(&matches);
    if (files.empty() && required) error(fmt::format("included file {} does not exist", pattern));
    // An included file starts in the section it is included in; what it leaves open ends with it.
    const auto section = std::pair{current_, lost_};
    for (const auto& file : files) {
      read(file, depth + 1);
      std::tie(file_, line_) = from;
      std::tie(current_, lost_) = section;
    }
  }

  /// [name], [name](!), [name](base,…), [name](!,base,…) or [name](+).
  void take_header(std::string_view line) {
    current_.reset();  // After a bad header, entries have no place; the header's error is enough.
    lost_ = true;
    const auto end = line.find(']');
    if (end == std::string_view::npos) return error("a section header has no ]");
    const auto name = trim(line.substr(1, end - 1));
    if (name.empty()) return error("a section has no name");
    auto options = trim(line.substr(end + 1));
    if (!options.empty()) {
      if (options.front() != '(' || options.back() != ')') {
        return error(fmt::format("[{}] may be followed by (…) alone", name));
      }
      options = options.substr(1, options.size() - 2);
    }
    open_section(name, options);
    lost_ = false;
  }

  void open_section(std::string_view name, std::string_view options) {
    ConfSection opened{std::string{name}, file_, line_, false, {}};
    bool continues = false;
    for (const auto part : split(options, ',')) {
      const auto option = trim(part);
      if (option == "!") {
        opened.is_template = true;
      } else if (option == "+") {
        continues = true;
      } else if (const auto base = find(option)) {
        inherit(opened, conf_.sections[*base].entries);
      } else {
        error(fmt::format("[{}] inherits from [{}], which is not above it", name, option));
      }
    }
    auto index = find(name);
    if (continues && !index)
      error(fmt::format("[{}](+) continues a section that is not above it", name));
    if (index && conf_.sections[*index].is_template == opened.is_template) {
      inherit(conf_.sections[*index], opened.entries);
    } else {
      index = conf_.sections.size();
      conf_.sections.push_back(std::move(opened));
    }
    current_ = index;
  }

  void inherit(ConfSection& section, const std::vector<ConfEntry>& entries) {
    if (section.entries.size() + entries.size() > conf_section_entries_max) {
      return error(
          fmt::format("[{}] inherits more than {} lines", section.name, conf_section_entries_max));
    }
    section.entries.insert(section.entries.end(), entries.begin(), entries.end());
  }

  /// The last section of that name: a section may have the name of a template.
  std::optional<std::size_t> find(std::string_view name) const {
    for (auto i = conf_.sections.size(); i-- > 0;) {
      if (conf_.sections[i].name == name) return i;
    }
    return std::nullopt;
  }

  void take_entry(std::string_view line) {
    if (lost_) return;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return error("is not `key = value`");
    const auto key = trim(line.substr(0, equals));
    auto value = line.substr(equals + 1);
    if (value.starts_with('>')) value.remove_prefix(1);
    if (key.empty()) return error("has no key before the =");
    if (!current_) return error(fmt::format("{} stands before the first [section]", key));
    conf_.sections[*current_].entries.push_back(
        {std::string{key}, std::string{trim(value)}, file_, line_});
  }

  ConfFile conf_;
  std::filesystem::path file_;
  int line_ = 0;
  std::size_t files_ = 0;
  std::optional<std::size_t> current_;  ///< Index of the section that entries go to.
  bool lost_ = false;
};

}  // namespace

ConfFile read_conf_file(const std::filesystem::path& file) {
  Reader reader;
  reader.read(file, 0);
  return std::move(reader).take();
}

}  // namespace arigate::app
