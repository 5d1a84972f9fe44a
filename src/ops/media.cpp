#include "ops/media.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/number.hpp"
#include "core/text.hpp"

namespace arigate::ops {
namespace {

/// A relative path without "..": it stays below the PBX's sounds or recordings folder.
bool stays_inside(std::string_view path) {
  if (path.empty() || path.front() == '/') return false;
  const auto parts = split(path, '/');
  return std::none_of(parts.begin(), parts.end(),
                      [](std::string_view part) { return part == ".." || part.empty(); });
}

std::vector<std::string> digit_files(std::string_view digits) {
  std::vector<std::string> names;
  for (const char c : digits) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0)
      names.push_back(fmt::format("digits/{}", c));
    if (c == '*') names.emplace_back("digits/star");
    if (c == '#') names.emplace_back("digits/pound");
    if (c == '-') names.emplace_back("digits/minus");
  }
  return names;
}

std::vector<std::string> character_files(std::string_view text) {
  std::vector<std::string> names;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '*':
        names.emplace_back("digits/star");
        break;
      case '#':
        names.emplace_back("digits/pound");
        break;
      case '!':
        names.emplace_back("letters/exclaimation-point");
        break;
      case '@':
        names.emplace_back("letters/at");
        break;
      case '$':
        names.emplace_back("letters/dollar");
        break;
      case '-':
        names.emplace_back("letters/dash");
        break;
      case '.':
        names.emplace_back("letters/dot");
        break;
      case '=':
        names.emplace_back("letters/equals");
        break;
      case '+':
        names.emplace_back("letters/plus");
        break;
      case '/':
        names.emplace_back("letters/slash");
        break;
      case ' ':
        names.emplace_back("letters/space");
        break;
      default:
        if (std::isdigit(byte) != 0) names.push_back(fmt::format("digits/{}", c));
        if (std::isalpha(byte) != 0) {
          names.push_back(fmt::format("letters/{}", static_cast<char>(std::tolower(byte))));
        }
    }
  }
  return names;
}

/// "ring", "440/1000", "ring;tonezone=fr".
Tone tone_of(std::string_view text) {
  constexpr std::string_view zone_mark = ";tonezone=";
  const auto mark = text.find(zone_mark);
  if (mark == std::string_view::npos) return {std::string{text}, {}};
  return {std::string{text.substr(0, mark)}, std::string{text.substr(mark + zone_mark.size())}};
}

}  // namespace

std::vector<std::string> english_number(long number) {
  std::vector<std::string> names;
  if (number < 0) {
    names.emplace_back("digits/minus");
    number = -number;
  }
  const auto append = [&names](std::vector<std::string> more) {
    names.insert(names.end(), more.begin(), more.end());
  };
  if (number >= 1'000'000) {
    append(english_number(number / 1'000'000));
    names.emplace_back("digits/million");
    number %= 1'000'000;
    if (number == 0) return names;
  }
  if (number >= 1'000) {
    append(english_number(number / 1'000));
    names.emplace_back("digits/thousand");
    number %= 1'000;
    if (number == 0) return names;
  }
  if (number >= 100) {
    names.push_back(fmt::format("digits/{}", number / 100));
    names.emplace_back("digits/hundred");
    number %= 100;
    if (number == 0) return names;
  }
  if (number > 20) {
    names.push_back(fmt::format("digits/{}", number / 10 * 10));
    number %= 10;
    if (number == 0) return names;
  }
  names.push_back(fmt::format("digits/{}", number));
  return names;
}

Result<Media> media_of(std::string_view uri, std::string_view language,
                       std::string_view recordings_directory) {
  const auto colon = uri.find(':');
  const auto scheme = uri.substr(0, colon);
  const auto rest = colon == std::string_view::npos ? std::string_view{} : uri.substr(colon + 1);
  const Error bad{Errc::bad_request, "Media URI not usable: " + std::string{uri}};
  if (rest.empty() || has_line_break(rest) || has_expression(rest)) return bad;
  if (scheme == "tone") return tone_of(rest);
  if (rest.find_first_of("&,") != std::string_view::npos) return bad;
  if (scheme == "sound") {
    if (!stays_inside(rest)) return bad;
    return Files{{std::string{rest}}, false};
  }
  if (scheme == "recording") {
    if (!stays_inside(rest)) return bad;
    return Files{{fmt::format("{}/{}", recordings_directory, rest)}, false};
  }
  if (scheme == "digits") return Files{digit_files(rest), true};
  if (scheme == "characters") return Files{character_files(rest), true};
  if (scheme == "number") {
    const auto number = whole_number<long>(rest);
    if (!number) return bad;
    if (language.starts_with("en") && *number > -1'000'000'000 && *number < 1'000'000'000) {
      return Files{english_number(*number), true};
    }
    return SpokenNumber{std::string{rest}};
  }
  return bad;
}

}  // namespace arigate::ops
