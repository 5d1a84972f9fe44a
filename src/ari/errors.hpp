#pragma once

#include "ari/http.hpp"
#include "ari/replies.hpp"
#include "core/result.hpp"

namespace arigate::ari {

/// The one place where an Errc becomes an HTTP status.
constexpr int http_status(Errc code) {
  switch (code) {  // No default: the compiler names a code that is missing here.
    case Errc::bad_request:
      return 400;
    case Errc::forbidden:
      return 403;
    case Errc::not_found:
      return 404;
    case Errc::conflict:
      return 409;
    case Errc::not_in_application:
      return 409;
    case Errc::wrong_state:
      return 412;
    case Errc::unprocessable:
      return 422;
    case Errc::refused_by_pbx:
      return 500;
    case Errc::not_supported:
      return 501;
    case Errc::protocol:
      return 502;
    case Errc::overloaded:
      return 503;
    case Errc::unavailable:
      return 503;
    case Errc::timeout:
      return 504;
  }
  return 500;
}

inline Response error_response(const Error& error) {
  auto response = message_response(http_status(error.code), error.detail);
  if (error.code == Errc::not_supported) response.lacking = error.detail;
  return response;
}

/// 204 when it went well, else the error.
inline Response done_or_error(const Result<void>& outcome) {
  return outcome ? Response{} : error_response(outcome.error());
}

/// 200 with a JSON body.
inline Response json_response(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace arigate::ari
