#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "ari/request.hpp"
#include "core/result.hpp"

namespace arigate::ari {

/// Reads the JSON body of a request into its parameters. It keeps the parser's memory between
/// requests.
///
/// A string, number or boolean becomes the text of a parameter, an array a list, an object fields;
/// null counts as not given. A name given twice: the last one counts, as in native ARI. Errors:
/// Errc::bad_request for malformed JSON, invalid UTF-8, anything but an object, and past a limit.
class JsonBody {
 public:
  static constexpr std::size_t depth_max = 64;
  static constexpr std::size_t parameters_max = 256;  ///< Members of the body itself.

  JsonBody();
  ~JsonBody();
  JsonBody(JsonBody&&) noexcept;
  JsonBody& operator=(JsonBody&&) noexcept;

  Result<void> read(std::string_view body, Request& request);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace arigate::ari
