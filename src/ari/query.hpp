#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ari/request.hpp"
#include "core/result.hpp"

namespace arigate::ari {

/// Reads "a=1&b=2" of a query or a form into the parameters of `request`; a later one replaces an
/// earlier. `api_key` is kept out of them: the first one found goes to `api_key` when that is
/// empty. Errors: Errc::bad_request for a bad escape and for more than `parameters_max` parameters.
Result<void> read_query(std::string_view text, std::size_t parameters_max, Request& request,
                        std::string& api_key);

}  // namespace arigate::ari
