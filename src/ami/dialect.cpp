#include "ami/dialect.hpp"

#include <charconv>
#include <utility>

#include "generated/ami_dialects.hpp"

namespace arigate::ami {

Dialect dialect_of(std::string_view ami_version) {
  int major = 0;
  int minor = 0;
  const char* const end = ami_version.data() + ami_version.size();
  const auto [at, error] = std::from_chars(ami_version.data(), end, major);
  if (error == std::errc{} && at != end && *at == '.') std::from_chars(at + 1, end, minor);
  Dialect dialect = dialect_rows().front().dialect;
  for (const auto& row : dialect_rows()) {
    if (std::pair{row.since_major, row.since_minor} <= std::pair{major, minor}) {
      dialect = row.dialect;
      dialect.major = major;
    }
  }
  return dialect;
}

}  // namespace arigate::ami
