#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>

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

  virtual ~Shell() = default;
  /// What the script prints, up to page_bytes of it.
  virtual boost::asio::awaitable<Result<std::string>> page(std::string script) = 0;
  /// All that it prints; runs it once for each page.
  boost::asio::awaitable<Result<std::string>> run(std::string script);
};

/// By the dialplan function SHELL() on the command line of a leg of our own, which every version
/// allows, also where AMI must not. It is a shell on the PBX: only where
/// the configuration allows it, and only with scripts of ours whose values are shell_word()s.
///
/// The function's value is cut at 4095 bytes (every version), so output comes in pages, and both
/// ways go as base64: neither the dialplan nor AGI sees a character that means something to it.
class PbxShell : public Shell {
 public:
  PbxShell(World& world, Legs& legs) : world_{world}, legs_{legs} {}

  boost::asio::awaitable<Result<std::string>> page(std::string script) override;

 private:
  boost::asio::awaitable<Result<std::shared_ptr<Leg>>> leg();

  World& world_;
  Legs& legs_;
  std::shared_ptr<Leg> leg_;  ///< Kept for the next script, as long as it lives.
};

/// The AGI command for a script. Errc::bad_request when it is too long.
Result<std::string> shell_command(std::string_view script);

}  // namespace arigate::ops
