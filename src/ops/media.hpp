#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace arigate::ops {

/// Sound files one after the other; names as AGI takes them, without extension.
struct Files {
  std::vector<std::string> names;
  bool spelled = false;  ///< Digits or characters: a missing file is passed over.
};
/// A number spoken by the PBX, in a language for which we do not know the files.
struct SpokenNumber {
  std::string number;
};
/// A tone that goes on until it is stopped.
struct Tone {
  std::string spec;  ///< A name of the PBX's indications, or "440+480/2000,0/4000".
  std::string zone;  ///< Whose indications; "": the channel's own.
};
using Media = std::variant<Files, SpokenNumber, Tone>;

/// What a media URI stands for: sound:, recording:, number:, digits:, characters:, tone:.
/// Errc::bad_request: unknown scheme, a path that leaves its folder, '&' or ',' or a line break.
Result<Media> media_of(std::string_view uri, std::string_view language,
                       std::string_view recordings_directory);

/// The files that say `number` in English, e.g. 142: digits/1 digits/hundred digits/40 digits/2.
std::vector<std::string> english_number(long number);

}  // namespace arigate::ops
