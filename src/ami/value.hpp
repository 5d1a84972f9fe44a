#pragma once

#include <string>
#include <string_view>

namespace arigate::ami {

/// Undoes the C escapes of a value (\n \r \t \" \\ \a \b \f \v \' \?). `text` itself when it has no
/// backslash, else a view of `scratch`.
std::string_view unescape(std::string_view text, std::string& scratch);

/// "" for the ways in which a PBX says "nobody": "<unknown>", "<none>", "<null>".
std::string_view known(std::string_view text);

}  // namespace arigate::ami
