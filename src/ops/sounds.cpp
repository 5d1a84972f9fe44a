#include "ops/sounds.hpp"

#include "core/text.hpp"

namespace arigate::ops {
namespace {

/// Native ARI takes the description of this language for every sound.
constexpr std::string_view described_language = "en";

}  // namespace

std::map<std::string, std::string> descriptions_in(std::string_view text) {
  std::map<std::string, std::string> descriptions;
  for (const auto line : split(text, '\n')) {
    auto rest = line;
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    const auto colon = rest.find(':');
    if (rest.starts_with(';') || colon == std::string_view::npos) continue;
    descriptions.emplace(trim(rest.substr(0, colon)), trim(rest.substr(colon + 1)));
  }
  return descriptions;
}

std::map<std::string, Sound> sounds_of(const SoundFiles& files, const PbxMedia& media) {
  std::map<std::string, Sound> sounds;
  for (const auto& name : files.names) {
    const auto slash = name.find('/');
    const auto dot = name.rfind('.');
    if (slash == std::string::npos || dot == std::string::npos || dot < slash) continue;
    const auto format = media.formats.find(std::string_view{name}.substr(dot + 1));
    if (format == media.formats.end()) continue;
    Sound& sound = sounds[name.substr(slash + 1, dot - slash - 1)];
    const std::pair of{name.substr(0, slash), format->second};
    bool known = false;  // Two extensions may stand for one format.
    for (const auto& has : sound.formats) known = known || has == of;
    if (!known) sound.formats.push_back(of);
  }
  for (const auto& [file, text] : files.texts) {
    if (!file.starts_with(std::string{described_language} + '/')) continue;
    for (auto& [id, description] : descriptions_in(text)) {
      const auto sound = sounds.find(id);
      if (sound != sounds.end()) sound->second.text = description;
    }
  }
  for (auto& [id, sound] : sounds) sound.id = id;
  return sounds;
}

boost::asio::awaitable<Result<const std::map<std::string, Sound>*>> Sounds::all() {
  if (folder_ == nullptr) {
    co_return Error{Errc::not_supported, "The sounds folder of the PBX cannot be read"};
  }
  if (!read_ || clock_.now() - read_at_ >= kept_for) {
    const auto files = co_await folder_->read();
    if (!files) co_return files.error();
    sounds_ = sounds_of(*files, media_);
    read_at_ = clock_.now();
    read_ = true;
  }
  co_return &sounds_;
}

}  // namespace arigate::ops
