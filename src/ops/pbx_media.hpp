#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <string_view>

namespace arigate::ops {

struct World;

/// Where the PBX keeps sounds and recordings, and which files it can play and record.
struct PbxMedia {
  std::string recordings_directory = "/var/spool/asterisk/recording";
  std::string sounds_directory = "/var/lib/asterisk/sounds";
  /// Extension → name of the format: "sln" → "slin".
  std::map<std::string, std::string, std::less<>> formats = usual_formats();

  bool has_format(std::string_view extension) const { return formats.contains(extension); }

  /// Those of Asterisk with all its modules.
  static std::map<std::string, std::string, std::less<>> usual_formats();
};

/// Asks the PBX; what it does not tell stays as it is.
boost::asio::awaitable<PbxMedia> read_pbx_media(World& world);

/// The table of "core show file formats": name of the format, name, extensions joined by "|".
/// Empty when the text is none.
std::map<std::string, std::string, std::less<>> formats_in(std::string_view table);

/// The value of a line "  Spool directory:   /var/spool/asterisk" of "core show settings".
std::string setting_in(std::string_view settings, std::string_view name);

}  // namespace arigate::ops
