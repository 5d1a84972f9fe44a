// Sources: src/app/conf_file.cpp src/app/config.cpp src/app/config_keys.cpp src/core/text.cpp
// Sources: src/generated/api_docs.cpp src/io/asio_impl.cpp src/app/section_keys.cpp
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "arigate/config.hpp"

// Any bytes may be in a configuration: reading it must neither crash nor loop.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  // It could name any file of this host.
  if (text.find("include") != text.npos || text.find("_file") != text.npos) return 0;
  static const int memory = ::memfd_create("arigate.conf", 0);
  static const std::filesystem::path file{"/proc/self/fd/" + std::to_string(memory)};
  if (::ftruncate(memory, 0) != 0 || ::pwrite(memory, data, size, 0) < 0) return 0;
  arigate::load_config(file);
  return 0;
}
