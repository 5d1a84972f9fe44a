#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "ops/leg.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// `text` as one word of a shell, whatever is in it.
std::string shell_word(std::string_view text);

/// Runs shell scripts where the PBX is.
class Shell {
 public:
  static constexpr std::size_t page_bytes = 3'000;
  static constexpr std::size_t output_bytes_max = std::size_t{16} * 1024 * 1024;

  explicit Shell(const Clock& clock) : clock_{clock} {}
  virtual ~Shell() = default;
  /// What the script prints, up to page_bytes of it.
  virtual boost::asio::awaitable<Result<std::string>> page(std::string script) = 0;
  /// The same for a script that changes nothing: it runs again when the PBX broke it off.
  boost::asio::awaitable<Result<std::string>> read_page(std::string script);
  /// All that such a script prints; runs it once for each page. Errc::overloaded: that is more than
  /// output_bytes_max. Errc::timeout also for all pages together.
  boost::asio::awaitable<Result<std::string>> run(std::string script);

 private:
  const Clock& clock_;
};

/// By the dialplan function SHELL() on the command line of a leg of our own, which every version
/// allows, also where AMI must not. It is a shell on the PBX: only where
/// the configuration allows it, and only with scripts of ours whose values are shell_word()s.
///
/// The function's value is cut at 4095 bytes (every version), so output comes in pages, and both
/// ways go as base64: neither the dialplan nor AGI sees a character that means something to it.
class PbxShell : public Shell {
 public:
  PbxShell(World& world, Legs& legs) : Shell{world.clock}, world_{world}, legs_{legs} {}

  boost::asio::awaitable<Result<std::string>> page(std::string script) override;

 private:
  boost::asio::awaitable<Result<std::shared_ptr<Leg>>> leg();

  World& world_;
  Legs& legs_;
  std::shared_ptr<Leg> leg_;  ///< Kept for the next scripts, while it is young.
  TimePoint leg_until_{};
};

/// The AGI command for a script. Errc::bad_request when it is too long.
Result<std::string> shell_command(std::string_view script);

}  // namespace arigate::ops
