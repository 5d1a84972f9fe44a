#include "support/paths.hpp"

// The only file that is compiled with the paths of this checkout: all others are the same in every
// checkout, for a compiler cache too.
namespace arigate::test {

std::filesystem::path source_folder() {
  return ARIGATE_SOURCE_DIR;
}
std::filesystem::path fixtures_folder() {
  return source_folder() / "fixtures";
}
std::filesystem::path program() {
  return ARIGATE_PROGRAM;
}

}  // namespace arigate::test
