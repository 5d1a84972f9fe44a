#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ops/pbx_media.hpp"

namespace arigate::ops {

/// What is below the sounds folder: the names of all files, relative to it, and the contents of
/// those that end in ".txt" (core-sounds-en.txt …), by their names.
struct SoundFiles {
  std::vector<std::string> names;
  std::vector<std::pair<std::string, std::string>> texts;
};

/// The sounds folder of the PBX, however it can be reached.
class SoundFolder {
 public:
  virtual ~SoundFolder() = default;
  /// What is under way ends with Errc::unavailable, soon.
  virtual void stop() {}
  virtual boost::asio::awaitable<Result<SoundFiles>> read() = 0;
};

struct Sound {
  std::string id;
  std::string text;  ///< English, as natively; "" when there is none.
  std::vector<std::pair<std::string, std::string>> formats;  ///< Language and format.
};

/// Sounds by id. A file "en/digits/1.gsm" is the sound "digits/1" in "en"; what lies in no
/// language's folder or has no known extension is none.
std::map<std::string, Sound> sounds_of(const SoundFiles& files, const PbxMedia& media);

/// The lines "id: text" of a description; ";" begins a comment.
std::map<std::string, std::string> descriptions_in(std::string_view text);

/// The sounds of the PBX, read at the first question and again when that is a while ago.
class Sounds {
 public:
  static constexpr std::chrono::seconds kept_for{60};

  /// `folder` null: nobody knows.
  Sounds(const Clock& clock, const PbxMedia& media, SoundFolder* folder)
      : clock_{clock}, media_{media}, folder_{folder} {}

  /// Good until the next call. Errc::not_supported without a folder.
  boost::asio::awaitable<Result<const std::map<std::string, Sound>*>> all();

 private:
  const Clock& clock_;
  const PbxMedia& media_;
  SoundFolder* folder_;
  std::map<std::string, Sound> sounds_;
  TimePoint read_at_{};
  bool read_ = false;
};

}  // namespace arigate::ops
