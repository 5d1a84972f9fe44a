#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "arigate/config.hpp"

// Any bytes may be in a configuration: reading it must neither crash nor loop.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  // It could name any file of this host.
  if (text.find("include") != std::string::npos || text.find("_file") != std::string::npos) return 0;
  static const auto file = std::filesystem::temp_directory_path() /
                           ("arigate-config-fuzz-" + std::to_string(::getpid()) + ".conf");
  std::ofstream{file, std::ios::binary} << text;
  arigate::load_config(file);
  return 0;
}
