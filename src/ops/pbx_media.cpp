#include "ops/pbx_media.hpp"

#include <vector>

#include "core/text.hpp"
#include "ops/world.hpp"

namespace arigate::ops {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (const auto word : split(line, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

boost::asio::awaitable<std::string> command(World& world, std::string text) {
  const auto answer = co_await world.ami.request(
      ami::Action{"Command"}.add("Command", std::move(text)), world.in(world.timeouts.action), "");
  co_return answer ? std::string{answer->output()} : std::string{};
}

}  // namespace

std::map<std::string, std::string, std::less<>> PbxMedia::usual_formats() {
  // Extensions and formats of the modules format_* of 1.8 to 22.
  return {{"wav", "slin"},        {"wav16", "slin16"}, {"WAV", "gsm"},      {"wav49", "gsm"},
          {"gsm", "gsm"},         {"sln", "slin"},     {"slin", "slin"},    {"raw", "slin"},
          {"sln12", "slin12"},    {"sln16", "slin16"}, {"sln24", "slin24"}, {"sln32", "slin32"},
          {"sln44", "slin44"},    {"sln48", "slin48"}, {"sln96", "slin96"}, {"sln192", "slin192"},
          {"ulaw", "ulaw"},       {"pcm", "ulaw"},     {"ul", "ulaw"},      {"mu", "ulaw"},
          {"ulw", "ulaw"},        {"au", "ulaw"},      {"alaw", "alaw"},    {"al", "alaw"},
          {"alw", "alaw"},        {"g722", "g722"},    {"g723", "g723"},    {"g723sf", "g723"},
          {"g729", "g729"},       {"g719", "g719"},    {"g726-16", "g726"}, {"g726-24", "g726"},
          {"g726-32", "g726"},    {"g726-40", "g726"}, {"ilbc", "ilbc"},    {"siren7", "siren7"},
          {"siren14", "siren14"}, {"vox", "adpcm"},    {"ogg", "slin"},     {"h263", "h263"},
          {"h264", "h264"}};
}

std::map<std::string, std::string, std::less<>> formats_in(std::string_view table) {
  std::map<std::string, std::string, std::less<>> formats;
  for (const auto line : split(table, '\n')) {
    const auto words = words_of(trim(line));
    if (words.size() != 3 || words[0] == "Format" || words[0].starts_with("---")) continue;
    for (const auto extension : split(words[2], '|')) {
      formats.emplace(extension, words[0]);
    }
  }
  return formats;
}

std::string setting_in(std::string_view settings, std::string_view name) {
  for (const auto line : split(settings, '\n')) {
    const auto trimmed = trim(line);
    if (!trimmed.starts_with(name)) continue;
    const auto rest = trim(trimmed.substr(name.size()));
    if (rest.starts_with(':')) return std::string{trim(rest.substr(1))};
  }
  return {};
}

boost::asio::awaitable<PbxMedia> read_pbx_media(World& world) {
  PbxMedia media = world.media;
  auto formats = formats_in(co_await command(world, "core show file formats"));
  if (!formats.empty()) media.formats = std::move(formats);
  const std::string settings = co_await command(world, "core show settings");
  if (const auto spool = setting_in(settings, "Spool directory"); !spool.empty()) {
    media.recordings_directory = spool + "/recording";
  }
  if (const auto data = setting_in(settings, "Data directory"); !data.empty()) {
    media.sounds_directory = data + "/sounds";
  }
  co_return media;
}

}  // namespace arigate::ops
