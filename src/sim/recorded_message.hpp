#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace arigate::sim {

/// Cuts what a PBX sent on AMI into messages without touching a byte of them.
class MessageCutter {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }
  /// The first line of the connection, with its end; nullopt while it is not whole; "" when the
  /// bytes begin later.
  std::optional<std::string> banner();
  /// The next message with the empty line that ends it.
  std::optional<std::string> next();
  /// Bytes of a message that is not whole.
  bool in_message() const { return !buffer_.empty(); }

 private:
  std::string buffer_;
};

/// The value of the first header of this name; "" when there is none.
std::string_view header_of(std::string_view message, std::string_view name);
bool is_event(std::string_view message);

/// The message with another ActionID, or with none, where it stood or behind the first line.
std::string with_action_id(std::string_view message, std::string_view id);

}  // namespace arigate::sim
