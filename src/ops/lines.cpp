#include "ops/lines.hpp"

#include <fmt/format.h>

#include <utility>

#include "agi/command.hpp"

namespace arigate::ops {
namespace {

/// Seconds, as EXEC Wait takes them.
std::string wait_line(long milliseconds) {
  return fmt::format("EXEC Wait {}.{:03}", milliseconds / 1000, milliseconds % 1000);
}

}  // namespace

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
  if (order.digits.find_first_not_of("0123456789*#ABCDabcdwWfF") != std::string::npos) {
    return Error{Errc::bad_request, "DTMF holds what is no digit"};
  }
  if (order.before_ms < 0 || order.between_ms < 0 || order.duration_ms < 0 || order.after_ms < 0) {
    return Error{Errc::bad_request, "Times cannot be negative"};
  }
  auto line =
      agi::command("EXEC SendDTMF",
                   {fmt::format("{},{},{}", order.digits, order.between_ms, order.duration_ms)});
  if (!line) return line.error();
  Lines lines;
  if (order.before_ms > 0) lines.push_back(wait_line(order.before_ms));
  lines.push_back(std::move(*line));
  if (order.after_ms > 0) lines.push_back(wait_line(order.after_ms));
  return lines;
}

}  // namespace arigate::ops
