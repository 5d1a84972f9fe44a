#pragma once

#include <string>
#include <string_view>

namespace arigate::model {

/// Text that every PBX keeps as it is, wherever it stands: anything but letters, digits, '-' and
/// '.' is "_" and two hexadecimal digits.
std::string to_plain(std::string_view text);
/// The way back. What no to_plain() wrote stays as it is.
std::string from_plain(std::string_view text);

}  // namespace arigate::model
