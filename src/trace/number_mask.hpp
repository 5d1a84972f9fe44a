#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace arigate::trace {

/// Gives phone numbers other digits: always the same for the same number, others for another, and
/// as many. Only the first digit stays, so that a number in JSON stays one. Without the key, which
/// is written nowhere, the way back is not known.
///
/// A phone number is a run of 6 to 15 digits that is no part of a word, of a decimal number or of
/// an id ("1795450598.14", "SIP/bob-00000004"): shorter ones are extensions, ports and codes.
class NumberMask {
 public:
  static constexpr std::size_t digits_min = 6;
  static constexpr std::size_t digits_max = 15;  ///< ITU-T E.164.

  explicit NumberMask(std::string key) : key_{std::move(key)} {}
  std::string masked(std::string_view digits) const;

 private:
  std::uint64_t round(unsigned number, std::string_view digits, std::uint64_t half) const;

  std::string key_;
};

/// How a text writes what is not a plain character.
enum class Escapes : std::uint8_t { backslash, json, percent };

/// Masks the numbers of one stream of text. A number may be cut anywhere: what may still become one
/// is held back until the next bytes.
class NumberScanner {
 public:
  NumberScanner(const NumberMask& mask, Escapes escapes) : mask_{&mask}, escapes_{escapes} {}

  /// Appends to `out`.
  void feed(std::string_view bytes, std::string& out);
  /// The stream has ended.
  void finish(std::string& out);

 private:
  void take(char c, std::string& out);
  void end_run(std::string& out);
  bool in_escape(char c, std::string& out);

  const NumberMask* mask_;
  Escapes escapes_;
  std::string run_;        ///< Digits that may be a number.
  bool dot_ = false;       ///< A dot followed them.
  bool may_start_ = true;  ///< What stood before the run lets it be a number.
  bool too_long_ = false;  ///< The run is given out already.
  char before_ = ' ';      ///< The last character that is no digit.
  unsigned escaped_ = 0;   ///< Characters of an escape that are still to come.
  unsigned code_ = 0;      ///< Value of a percent escape so far.
};

}  // namespace arigate::trace
