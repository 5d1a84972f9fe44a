#include "ari/query.hpp"

#include "ari/percent.hpp"

namespace arigate::ari {

Result<void> read_query(std::string_view text, std::size_t parameters_max, Request& request,
                        std::string& api_key) {
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view{}
                                                                 : pair.substr(equals + 1));
    if (!name || !value) return Error{Errc::bad_request, "Bad percent-encoding in request"};
    if (name->empty()) continue;
    if (*name == "api_key") {
      if (api_key.empty()) api_key = *std::move(value);
      continue;
    }
    if (request.parameter_count() >= parameters_max) {
      return Error{Errc::bad_request, "Too many parameters"};
    }
    request.set_param(*std::move(name), *std::move(value));
  }
  return {};
}

}  // namespace arigate::ari
