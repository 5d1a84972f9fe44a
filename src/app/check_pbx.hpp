#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arigate/config.hpp"
#include "core/clock.hpp"
#include "ops/ports.hpp"

namespace arigate::app {

enum class Verdict : std::uint8_t {
  ok,
  note,     ///< Something works less well, or could not be found out.
  missing,  ///< Calls will fail until this is put right.
};

/// One line of the answer to "is this PBX ready for arigate?".
struct Finding {
  Verdict verdict = Verdict::ok;
  std::string subject;
  std::string text;
};

/// Asks a PBX that is logged in to. Changes nothing there.
boost::asio::awaitable<std::vector<Finding>> check_pbx(ops::AmiPort& ami, const Config& config,
                                                       const Clock& clock);

/// The classes in a line such as "  read perm: system,call" of `manager show user`; empty when the
/// text has no such line. `which` is "read perm" or "write perm".
std::vector<std::string> permissions_in(std::string_view output, std::string_view which);

}  // namespace arigate::app
