#pragma once

#include <filesystem>

namespace arigate::test {

/// The root of the project, as it was built from.
std::filesystem::path source_folder();
/// Its fixtures/.
std::filesystem::path fixtures_folder();
/// The built program `arigate`.
std::filesystem::path program();

}  // namespace arigate::test
