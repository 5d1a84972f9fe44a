#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "agi/environment.hpp"
#include "core/result.hpp"

namespace arigate::agi {

/// The code of most replies when the channel has hung up or was redirected, and only its AGI is
/// still there.
inline constexpr int dead_channel = 511;

/// Answer to one command. "200 result=1 (value)": code 200, result "1", value "value".
/// "200 result=0 endpos=8000": endpos 8000. "200 result= (timeout)": result "", value "timeout".
/// 520 over several lines: code 520, text holds the usage lines.
struct Reply {
  int code = 0;
  std::string result;                ///< After "result=", up to the next blank; "" when empty.
  std::optional<std::string> value;  ///< Inside the parentheses, without them.
  std::optional<long> endpos;        ///< Samples or milliseconds, as the command counts.
  std::string text;                  ///< The rest of the first line after the code, or usage text.

  bool ok() const { return code == 200; }
  /// result as a number, nullopt when it is none (DTMF "1*").
  std::optional<int> number() const;
};
struct HangupSeen {};  ///< The line "HANGUP": the channel hung up, was redirected or bridged away.

using Input = std::variant<Environment, Reply, HangupSeen>;

/// Cuts what the PBX sends on one FastAGI connection. First the environment (ends at an empty
/// line), then replies and HANGUP lines. "100 …" lines are not final and are skipped. The value of
/// "200 result=1 (" runs to a ")" at a line end, over line ends if need be.
/// Errc::protocol: a limit was passed or the first line is not "agi_…"; it lasts: close the
/// connection. Lines that are neither are skipped.
class Decoder {
 public:
  static constexpr std::size_t environment_bytes_max = std::size_t{64} * 1024;
  static constexpr std::size_t environment_lines_max = 512;
  static constexpr std::size_t reply_bytes_max = std::size_t{256} * 1024;

  void feed(std::string_view bytes);
  Result<std::optional<Input>> next();

 private:
  /// What the line that is being read belongs to.
  enum class Part { environment, reply, usage, value, broken };

  Result<std::optional<Input>> take_line(std::string_view line, std::size_t line_end);
  Result<std::optional<Input>> take_environment_line(std::string_view line);
  std::optional<Input> take_reply_line(std::string_view line, std::size_t line_end);
  void take_variable(std::string_view line);
  std::optional<Error> limit_passed(std::size_t end) const;
  Error broken(Error error);

  std::string buffer_;
  std::size_t item_at_ = 0;  // start of the environment or reply that is being read
  std::size_t line_at_ = 0;  // start of the line that is being read
  std::size_t scanned_ = 0;  // no line end before this place
  Part part_ = Part::environment;
  Environment environment_;
  std::uint32_t seen_ = 0;  // one bit for each variable of the environment that has its value
  std::size_t lines_ = 0;
  Error broken_because_{Errc::protocol, {}};
};

}  // namespace arigate::agi
