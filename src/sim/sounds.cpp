#include "sim/sounds.hpp"

namespace arigate::sim {

SoundTable::SoundTable(std::map<std::string, Duration> sounds)
    : sounds_{sounds.empty() ? default_sounds() : std::move(sounds)} {}

std::optional<SoundTable::Duration> SoundTable::length(std::string_view name) const {
  const auto found = sounds_.find(std::string{name});
  if (found != sounds_.end()) return found->second;
  return std::nullopt;
}

void SoundTable::record(std::string_view path, std::string_view format, Duration length) {
  sounds_[std::string{path}] = length;
  recordings_[std::string{path} + "." + std::string{format}] = length;
}

std::optional<SoundTable::Duration> SoundTable::recorded(std::string_view file) const {
  const auto found = recordings_.find(std::string{file});
  if (found != recordings_.end()) return found->second;
  return std::nullopt;
}

bool SoundTable::has_format(std::string_view format) {
  for (const auto* known : {"wav", "gsm", "ulaw", "alaw", "sln"}) {
    if (format == known) return true;
  }
  return false;
}

std::map<std::string, std::chrono::milliseconds> default_sounds() {
  using std::chrono::milliseconds;
  std::map<std::string, milliseconds> sounds{
      {"hello-world", milliseconds{1460}},    {"beep", milliseconds{440}},
      {"tt-monkeys", milliseconds{16150}},    {"tt-weasels", milliseconds{10500}},
      {"demo-congrats", milliseconds{29000}}, {"demo-thanks", milliseconds{3000}},
      {"vm-goodbye", milliseconds{900}},      {"goodbye", milliseconds{900}},
      {"silence/1", milliseconds{1000}},      {"silence/5", milliseconds{5000}},
      {"auth-thankyou", milliseconds{700}},   {"pbx-invalid", milliseconds{3200}},
  };
  for (int digit = 0; digit <= 20; ++digit) {
    sounds["digits/" + std::to_string(digit)] = milliseconds{800};
  }
  for (int tens = 30; tens <= 90; tens += 10) {
    sounds["digits/" + std::to_string(tens)] = milliseconds{700};
  }
  for (const auto* word : {"hundred", "thousand", "million", "minus", "star", "pound"}) {
    sounds[std::string{"digits/"} + word] = milliseconds{600};
  }
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    sounds[std::string{"letters/"} + letter] = milliseconds{690};
  }
  return sounds;
}

std::string digit_sound(char digit) {
  if (digit == '*') return "digits/star";
  if (digit == '#') return "digits/pound";
  return std::string{"digits/"} + digit;
}

}  // namespace arigate::sim
