#pragma once

#include <string>
#include <string_view>

namespace arigate::sim {

/// The inside of $[…] after substitution: | & = != < > <= >= + - * / % ! ( ) over numbers and
/// texts; a text may stand in double quotes. "0" and "" are false. What cannot be read is "0".
std::string evaluate(std::string_view expression);

/// Is this the outcome of a condition that holds? Not "", not "0".
bool is_true(std::string_view text);

}  // namespace arigate::sim
