#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace arigate::sim {

/// The sound files of the PBX: a name and how long it lasts.
class SoundTable {
 public:
  using Duration = std::chrono::milliseconds;

  explicit SoundTable(std::map<std::string, Duration> sounds);

  /// nullopt: no such file. An extension and a leading language directory are ignored.
  std::optional<Duration> length(std::string_view name) const;

  /// What RECORD FILE writes: a whole path and a format. It can be played afterwards.
  void record(std::string_view path, std::string_view format, Duration length);
  /// How long the recording in this file, with its extension, is; nullopt: it is not there.
  std::optional<Duration> recorded(std::string_view file) const;
  /// Whether the PBX has a module for this format.
  static bool has_format(std::string_view format);

 private:
  std::map<std::string, Duration> sounds_;
  std::map<std::string, Duration> recordings_;  ///< By file.
};

/// The usual prompts, with the lengths that they have in the English set.
std::map<std::string, std::chrono::milliseconds> default_sounds();

/// Files of SAY DIGITS ("12#*"), in order.
std::string digit_sound(char digit);

}  // namespace arigate::sim
