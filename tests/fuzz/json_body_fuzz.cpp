// Sources: src/ari/json_body.cpp src/ari/request.cpp src/core/text.cpp
// Sources: src/generated/ari_operations.cpp
// Any JSON body: parameters or a refusal, and no text with a NUL in it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ari/json_body.hpp"
#include "core/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static arigate::ari::JsonBody reader;
  arigate::ari::Request request;
  const auto read = reader.read({reinterpret_cast<const char*>(data), size}, request);
  if (!read) return 0;
  ARIGATE_ASSERT(request.parameter_count() <= arigate::ari::JsonBody::parameters_max);
  for (const std::string_view name : {"a", "variables", "endpoint"}) {
    if (const auto text = request.param(name)) {
      ARIGATE_ASSERT(text->find('\0') == std::string_view::npos);
    }
    for (const auto& member : request.list(name)) {
      ARIGATE_ASSERT(member.find('\0') == std::string::npos);
    }
    if (const auto fields = request.fields(name)) {
      for (const auto& [field, text] : *fields) {
        ARIGATE_ASSERT(field.find('\0') == std::string::npos);
        ARIGATE_ASSERT(text.find('\0') == std::string::npos);
      }
    }
  }
  return 0;
}
