#include "ari/replies.hpp"

#include <fmt/format.h>

#include "core/text.hpp"

namespace arigate::ari {
namespace {

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Request Entity Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Entity";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

namespace {

/// Nothing in it needs an escape, nor a look at its UTF-8. It looks at all bytes: without an early
/// end the compiler takes many at a time.
bool is_plain(std::string_view text) {
  bool plain = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    plain = plain & (byte >= 0x20) & (byte < 0x80) & (c != '"') & (c != '\\');
  }
  return plain;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  std::string scratch;
  out += '"';
  for (const char c : valid_utf8(text, scratch)) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

Response message_response(int status, std::string_view message) {
  Response response;
  response.status = status;
  response.body = R"({"message":)";
  append_json_string(response.body, message);
  response.body += '}';
  return response;
}

Response html_response(int status, std::string_view text) {
  const std::string_view reason = reason_phrase(status);
  Response response;
  response.status = status;
  response.content_type = "text/html";
  response.body = fmt::format(
      "<!DOCTYPE html>\r\n<html><head><title>{0} {1}</title></head>\r\n"
      "<body><h1>{1}</h1><p>{2}</p></body></html>\r\n",
      status, reason, escape_html(text));
  return response;
}

}  // namespace arigate::ari
