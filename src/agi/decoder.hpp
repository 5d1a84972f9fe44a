#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "agi/environment.hpp"
#include "core/result.hpp"

namespace arigate::agi {

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
/// Errc::protocol: a limit was passed or the first line is not "agi_…": close the connection.
class Decoder {
 public:
  static constexpr std::size_t environment_bytes_max = std::size_t{64} * 1024;
  static constexpr std::size_t environment_lines_max = 512;
  static constexpr std::size_t reply_bytes_max = std::size_t{256} * 1024;

  void feed(std::string_view bytes);
  Result<std::optional<Input>> next();

 private:
  enum class Part { environment, replies };

  Result<std::optional<Input>> next_of_environment();
  Result<std::optional<Input>> next_reply();
  void take_variable(std::string_view line);
  static std::optional<Reply> reply_of(std::string_view line);

  std::string buffer_;
  std::size_t line_at_ = 0;
  Part part_ = Part::environment;
  Environment environment_;
  std::vector<std::string> seen_;  // names of the variables that have a value
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace arigate::agi
