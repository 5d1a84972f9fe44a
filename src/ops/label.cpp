#include "ops/label.hpp"

#include "core/text.hpp"

namespace arigate::ops {

boost::asio::awaitable<Result<void>> check_label(World& world, std::string context,
                                                 std::string exten, std::string label) {
  if (has_line_break(label)) co_return Error{Errc::bad_request, "The label cannot be used"};
  const auto lines = co_await world.ami.list(
      ami::Action{"ShowDialPlan"}.add("Context", context).add("Extension", exten),
      world.in(world.timeouts.action));
  if (lines) {
    for (const auto& line : *lines) {
      if (line[ami::Key::extensionlabel] == label) co_return Result<void>{};
    }
  } else if (lines.error().code != Errc::refused_by_pbx) {
    co_return lines.error();
  }
  co_return Error{Errc::not_found, "Requested label can not be found"};
}

}  // namespace arigate::ops
