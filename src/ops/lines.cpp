#include "ops/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "agi/command.hpp"
#include "core/text.hpp"

namespace arigate::ops {
namespace {

/// Seconds, as EXEC Wait takes them.
std::string wait_line(long milliseconds) {
  return fmt::format("EXEC Wait {}.{:03}", milliseconds / 1000, milliseconds % 1000);
}

}  // namespace

bool is_digit(char c) {
  return std::string_view{"0123456789*#ABCDabcdwWfF"}.find(c) != std::string_view::npos;
}

Lines ring_lines() {
  return {"EXEC Ringing"};
}
Lines ring_stop_lines() {
  return {"EXEC StopPlayTones"};
}
Lines progress_lines() {
  return {"EXEC Progress"};
}
Lines start_silence_lines() {
  return {"EXEC PlayTones 0/1000"};
}
Lines stop_silence_lines() {
  return {"EXEC StopPlayTones"};
}
Lines stop_moh_lines() {
  return {"SET MUSIC OFF"};
}

Lines hold_lines() {
  return {"SET MUSIC ON"};
}
Lines unhold_lines() {
  return {"SET MUSIC OFF"};
}

Result<Lines> start_moh_lines(const std::string& music_class) {
  if (music_class.empty()) return Lines{"SET MUSIC ON"};
  auto line = agi::command("SET MUSIC ON", {music_class});
  if (!line) return line.error();
  return Lines{std::move(*line)};
}

Result<Lines> dtmf_lines(const DtmfOrder& order) {
  if (order.digits.empty()) return Error{Errc::bad_request, "DTMF is required"};
  if (has_line_break(order.digits)) return Error{Errc::bad_request, "DTMF holds a line end"};
  std::string digits;  // Natively what is no digit is passed over.
  std::ranges::copy_if(order.digits, std::back_inserter(digits), is_digit);
  Lines lines;
  if (order.before_ms > 0) lines.push_back(wait_line(order.before_ms));
  if (!digits.empty()) {
    auto line = agi::command("EXEC SendDTMF",
                             {fmt::format("{},{},{}", digits, std::max(0L, order.between_ms),
                                          std::max(0L, order.duration_ms))});
    if (!line) return line.error();
    lines.push_back(std::move(*line));
  }
  if (order.after_ms > 0) lines.push_back(wait_line(order.after_ms));
  return lines;
}

}  // namespace arigate::ops
