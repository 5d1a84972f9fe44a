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

  /// What a recording made; it can be played afterwards.
  void add(std::string_view name, Duration length) { sounds_[std::string{name}] = length; }

 private:
  std::map<std::string, Duration> sounds_;
};

/// The usual prompts, with the lengths that they have in the English set.
std::map<std::string, std::chrono::milliseconds> default_sounds();

/// Files of SAY DIGITS ("12#*"), in order.
std::string digit_sound(char digit);

}  // namespace arigate::sim
