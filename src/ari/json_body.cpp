#include "ari/json_body.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace arigate::ari {
namespace {

namespace dom = simdjson::dom;

/// Keeps a parser that grew for one large body from holding its memory for ever.
constexpr std::size_t kept_capacity = std::size_t{64} * 1024;

/// Text of a string, number or boolean; nullopt for the rest.
std::optional<std::string> plain_text(dom::element value) {
  switch (value.type()) {
    case dom::element_type::STRING:
      return std::string{value.get_string().value_unsafe()};
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
    case dom::element_type::BOOL:
      return simdjson::minify(value);
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
    case dom::element_type::NULL_VALUE:
      return std::nullopt;
  }
  return std::nullopt;
}

/// Members of an array as text; what is not plain stays JSON, so that no member is lost.
std::vector<std::string> list_of(dom::array array) {
  std::vector<std::string> members;
  for (const dom::element member : array) {
    auto text = plain_text(member);
    members.push_back(text ? *std::move(text) : simdjson::minify(member));
  }
  return members;
}

struct Fields {
  std::vector<std::pair<std::string, std::string>> members;
  bool all_strings = true;
};

/// A member may also be an object {"value": "text"}, as the variables of newer releases.
std::optional<Fields> fields_of(dom::object object) {
  Fields fields;
  for (const auto [name, value] : object) {
    std::string_view inner;
    if (value.is_object() && value.at_key("value").get(inner) == simdjson::SUCCESS) {
      fields.members.emplace_back(name, inner);
      continue;
    }
    auto text = plain_text(value);
    if (!text) return std::nullopt;
    fields.all_strings = fields.all_strings && value.is_string();
    fields.members.emplace_back(name, *std::move(text));
  }
  return fields;
}

/// False when the member is unusable: a NUL would end the text early in a C program behind us.
bool read_member(std::string name, dom::element value, Request& request) {
  const auto has_nul = [](std::string_view text) {
    return text.find('\0') != std::string_view::npos;
  };
  if (has_nul(name)) return false;
  if (value.is_array()) {
    auto members = list_of(value.get_array().value_unsafe());
    if (std::any_of(members.begin(), members.end(), has_nul)) return false;
    request.set_list(std::move(name), std::move(members));
  } else if (value.is_object()) {
    auto fields = fields_of(value.get_object().value_unsafe());
    if (!fields) {
      request.set_bad_fields(std::move(name));
      return true;
    }
    for (const auto& [field, text] : fields->members) {
      if (has_nul(field) || has_nul(text)) return false;
    }
    request.set_fields(std::move(name), std::move(fields->members), fields->all_strings);
  } else if (auto text = plain_text(value)) {
    if (has_nul(*text)) return false;
    request.set_param(std::move(name), *std::move(text));
  }
  return true;
}

}  // namespace

struct JsonBody::Parser {
  dom::parser parser;
};

JsonBody::JsonBody() : parser_{std::make_unique<Parser>()} {}
JsonBody::~JsonBody() = default;
JsonBody::JsonBody(JsonBody&&) noexcept = default;
JsonBody& JsonBody::operator=(JsonBody&&) noexcept = default;

Result<void> JsonBody::read(std::string_view body, Request& request) {
  const Error malformed{Errc::bad_request, "Error parsing request body"};
  if (parser_->parser.capacity() > kept_capacity) parser_ = std::make_unique<Parser>();
  auto& parser = parser_->parser;
  if (parser.max_depth() != depth_max &&
      parser.allocate(kept_capacity, depth_max) != simdjson::SUCCESS) {
    return malformed;
  }
  dom::object object;
  const auto error = parser.parse(body.data(), body.size()).get_object().get(object);
  if (error != simdjson::SUCCESS) return malformed;
  if (object.size() > parameters_max) return Error{Errc::bad_request, "Too many parameters"};
  for (const auto [key, value] : object) {
    if (!read_member(std::string{key}, value, request)) return malformed;
  }
  return {};
}

}  // namespace arigate::ari
