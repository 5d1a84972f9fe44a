#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "generated/ami_names.hpp"

namespace arigate::ami {

/// One header line. `key` is Key::unknown for a name that protocol/ami does not list.
struct Header {
  Key key;
  std::string_view name;
  std::string_view value;
};

/// One AMI message as a table of views, in wire order. A message that comes from Decoder::next()
/// lives until the next call of the decoder; copy() one that must live longer.
class Message {
 public:
  const std::vector<Header>& headers() const { return headers_; }

  /// First value of `key`, "" when the message has none. Constant time. The first one counts,
  /// because a caller's text can forge later ones on old versions.
  std::string_view operator[](Key key) const {
    const auto place = first_[static_cast<std::size_t>(key)];
    return place == 0 ? std::string_view{} : headers_[place - 1U].value;
  }
  /// The same for a header that protocol/ami does not list; case does not matter.
  std::string_view named(std::string_view name) const;
  bool has(Key key) const { return first_[static_cast<std::size_t>(key)] != 0; }

  /// Which event this is; EventName::none for a message without an Event header,
  /// EventName::unknown for one that protocol/ami does not list.
  EventName event() const { return event_; }

  /// A message with `Response` and without `Event` (OriginateResponse has both: it is an event).
  bool is_response() const { return event_ == EventName::none && has(Key::response); }

  /// Output of the Command action, in both wire forms, one line each joined by LF.
  std::string_view output() const { return output_; }

  /// The same message, owning its bytes.
  Message copy() const;

 private:
  friend class Decoder;
  void clear();
  void add(Key key, std::string_view name, std::string_view value) {
    headers_.push_back({key, name, value});
    auto& first = first_[static_cast<std::size_t>(key)];
    if (first != 0) return;
    first = static_cast<std::uint16_t>(headers_.size());
    if (key == Key::event) event_ = event_of(value);
  }
  /// The bytes behind the headers moved from one place to another.
  void rebase(const char* from, const char* to);

  std::vector<Header> headers_;
  std::array<std::uint16_t, key_count> first_{};  // 1 + index of the first header with that key
  EventName event_ = EventName::none;
  std::string_view output_;
  std::shared_ptr<const std::string> storage_;  // only in a copy
};

}  // namespace arigate::ami
