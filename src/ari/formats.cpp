#include "ari/formats.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace arigate::ari {

bool is_media_format(std::string_view name) {
  // seen: "core show codecs" of 16.28 and 22.10.
  static constexpr std::array<std::string_view, 51> formats{
      "adpcm",  "alaw",     "amr",     "amrwb",  "codec2", "g719",    "g722",    "g723",
      "g726",   "g726aal2", "g729",    "gsm",    "h261",   "h263",    "h263p",   "h264",
      "h265",   "ilbc",     "jpeg",    "lpc10",  "mpeg4",  "none",    "opus",    "png",
      "red",    "silk12",   "silk16",  "silk24", "silk8",  "siren14", "siren7",  "slin",
      "slin12", "slin16",   "slin192", "slin24", "slin32", "slin44",  "slin48",  "slin96",
      "speex",  "speex16",  "speex32", "t38",    "t140",   "t140red", "testlaw", "ulaw",
      "video",  "vp8",      "vp9"};
  return std::any_of(formats.begin(), formats.end(),
                     [name](std::string_view format) { return iequals(format, name); });
}

}  // namespace arigate::ari
