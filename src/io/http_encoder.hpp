#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "ari/http.hpp"

namespace arigate::io {

/// Writes the heads of answers in native's order of headers.
class HttpEncoder {
 public:
  /// `server` is the value of the Server header; "" leaves it out.
  explicit HttpEncoder(std::string server) : server_{std::move(server)} {}

  /// Appends status line and headers up to the empty line. `now` is the Date.
  void append_head(std::string& out, const ari::Response& response, std::time_t now,
                   bool keep_alive);

 private:
  std::string server_;
  std::string common_;  ///< Server and Date lines, made once a second.
  std::time_t common_at_ = -1;
};

}  // namespace arigate::io
