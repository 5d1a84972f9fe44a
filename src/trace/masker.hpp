#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trace/capture_line.hpp"
#include "trace/number_mask.hpp"
#include "trace/secret_mask.hpp"

namespace arigate::trace {

/// Takes out of the lines of one recording what nobody shall read: passwords and keys always, phone
/// numbers if asked for. Bytes of a stream may move to its next line, where a number was cut.
class Masker {
 public:
  /// Streams whose state is kept; past it all are taken for begun anew.
  static constexpr std::size_t streams_max = 50'000;

  /// `number_key`: masks numbers with this key, which is the same for all files of a recording.
  explicit Masker(std::optional<std::string> number_key);

  /// Gives what is to be written for `line`: it, nothing yet, or what was held back and it.
  std::vector<Line> apply(Line line);
  /// Lines were left out: what comes next on a stream may begin within a secret.
  void forget();

 private:
  struct Stream {
    SecretScanner secrets;
    std::optional<NumberScanner> numbers;
  };
  using StreamKey = std::pair<std::string, Direction>;

  Stream& stream_of(const Line& line, bool begins);
  void mask_stream(Line& line);
  void mask_whole(Line& line) const;
  void mask_numbers(std::string& text, Escapes escapes) const;
  std::optional<Line> held_back(const Line& line, Direction dir);

  std::optional<NumberMask> numbers_;
  std::map<StreamKey, Stream> streams_;
};

}  // namespace arigate::trace
