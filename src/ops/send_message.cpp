#include "ops/send_message.hpp"

#include "core/base64.hpp"
#include "core/text.hpp"

namespace arigate::ops {

boost::asio::awaitable<Result<void>> send_message(World& world, TextMessage message) {
  ami::Action action{"MessageSend"};
  action.add("To", message.to).add("From", message.from);
  // A line of an action cannot hold line ends, and the PBX trims blanks.
  const bool plain = !has_line_break(message.body) && trim(message.body) == message.body;
  if (plain) {
    action.add("Body", message.body);
  } else {
    std::string encoded;
    append_base64(encoded, message.body);
    action.add("Base64Body", encoded);
  }
  for (const auto& [name, value] : message.variables) {
    auto line = ami::originate_variable(name, value);
    if (!line) co_return line.error();
    action.add("Variable", *line);
  }
  const auto answer =
      co_await world.ami.request(std::move(action), world.in(world.timeouts.action), "");
  if (answer) co_return Result<void>{};
  // "Message technology not found." and "Message failed to send.", which is said of names that the
  // PBX does not know: natively both are 404.
  if (answer.error().code == Errc::refused_by_pbx) {
    co_return Error{Errc::not_found, "Endpoint not found"};
  }
  if (answer.error().code == Errc::not_supported) {
    co_return Error{Errc::not_supported, "This PBX has no messages outside of calls"};
  }
  co_return answer.error();
}

}  // namespace arigate::ops
