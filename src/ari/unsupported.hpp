#pragma once

#include <functional>
#include <string_view>

#include "ari/http.hpp"
#include "generated/ari_operations.hpp"

namespace arigate::ari {

/// 501 with {message, operation, pbx, why, enable}: an operation that this PBX cannot do, or that
/// arigate does not do yet. `dialect` is ami::Dialect::name, "" while no PBX is known.
Response unsupported_response(Operation operation, std::string_view dialect,
                              std::string_view pbx_version);

/// The same for what this request asks for and other requests of the operation may get.
Response refused_response(Operation operation, std::string_view pbx_version, std::string_view why,
                          std::string_view enable);

/// The same for an operation that this PBX could do if arigate were set up for it; `why` says what
/// is missing, the table of what is supported says what enables it.
Response not_set_up_response(Operation operation, std::string_view pbx_version,
                             std::string_view why);

/// Answers an operation that needs files of the PBX which arigate cannot reach.
using Refusal = std::function<Response(Operation)>;

}  // namespace arigate::ari
