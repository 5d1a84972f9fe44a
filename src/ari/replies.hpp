#pragma once

#include <string>
#include <string_view>

#include "ari/http.hpp"

namespace arigate::ari {

/// {"message":"…"}: the form of every JSON error of ARI. Any bytes may come in; the answer is valid
/// JSON in valid UTF-8.
Response message_response(int status, std::string_view message);

/// The HTML page with which native answers what fails before ARI proper: a WebSocket without `app`
/// (400) or without Upgrade (426). `text` is escaped; never put text of the request into it.
Response html_response(int status, std::string_view text);

/// "Not Found" for 404; "" for a status that has no name.
std::string_view reason_phrase(int status);

/// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace arigate::ari
