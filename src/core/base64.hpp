#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace arigate {

/// RFC 4648, with padding.
void append_base64(std::string& out, std::string_view bytes);

/// nullopt: not base64.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace arigate
