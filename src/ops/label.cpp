#include "ops/label.hpp"

#include <cstdlib>

#include "core/text.hpp"

namespace arigate::ops {

boost::asio::awaitable<Result<std::string>> priority_of_label(World& world, std::string context,
                                                              std::string exten,
                                                              std::string label) {
  if (has_line_break(label)) co_return Error{Errc::bad_request, "The label cannot be used"};
  char* behind = nullptr;
  const long number = std::strtol(label.c_str(), &behind, 10);
  if (behind != label.c_str()) {
    constexpr long number_max = 2'147'483'647;  // The PBX counts priorities in an int.
    if (number <= 0 || number > number_max)
      co_return Error{Errc::bad_request, "Requested priority is illegal"};
    co_return std::to_string(number);
  }
  const auto lines = co_await world.ami.list(
      ami::Action{"ShowDialPlan"}.add("Context", context).add("Extension", exten),
      world.in(world.timeouts.action));
  if (lines) {
    for (const auto& line : *lines) {
      if (line[ami::Key::extensionlabel] == label) co_return label;
    }
  } else if (lines.error().code != Errc::refused_by_pbx) {
    co_return lines.error();
  }
  co_return Error{Errc::not_found, "Requested label can not be found"};
}

}  // namespace arigate::ops
