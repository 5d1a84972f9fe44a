#include "io/http_encoder.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "ari/replies.hpp"

namespace arigate::io {
namespace {

/// A header value that cannot end its line; what handlers put there may come from outside.
void append_value(std::string& out, std::string_view value) {
  for (const char c : value) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

}  // namespace

void HttpEncoder::append_head(std::string& out, const ari::Response& response, std::time_t now,
                              bool keep_alive) {
  if (now != common_at_) {
    common_at_ = now;
    common_.clear();
    if (!server_.empty()) {
      common_ += "Server: ";
      append_value(common_, server_);
      common_ += "\r\n";
    }
    fmt::format_to(std::back_inserter(common_), "Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n",
                   fmt::gmtime(now));
  }
  const auto reason = ari::reason_phrase(response.status);
  out += "HTTP/1.1 ";
  out += fmt::format_int{response.status}.str();
  out += ' ';
  out += reason.empty() ? std::string_view{"Unknown"} : reason;
  out += "\r\n";
  out += common_;
  if (!keep_alive) out += "Connection: close\r\n";
  out += "Cache-Control: no-cache, no-store\r\n";
  for (const auto& [name, value] : response.headers) {
    out += name;
    out += ": ";
    append_value(out, value);
    out += "\r\n";
  }
  const bool has_body = response.source != nullptr || !response.body.empty();
  if (has_body) {
    out += "Content-type: ";
    append_value(out, response.content_type);
    out += "\r\n";
  }
  out += "Content-Length: ";
  const fmt::format_int length{response.source != nullptr ? response.source->size()
                                                          : std::uint64_t{response.body.size()}};
  out.append(length.data(), length.size());
  out += "\r\n\r\n";
}

}  // namespace arigate::io
