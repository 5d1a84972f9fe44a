#pragma once

#include <string>
#include <utility>

namespace arigate {

/// A password. It has no formatter and no operator<<, so it cannot slip into a log line or an
/// error text; reveal() marks the few places that need the text.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_{std::move(text)} {}
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace arigate
