#include "ops/dynamic_config.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "core/text.hpp"

namespace arigate::ops {
namespace {

constexpr std::string_view pjsip = "res_pjsip";
/// The types that an action shows with all their attributes.
constexpr std::array<std::string_view, 3> shown_types{"endpoint", "aor", "auth"};
/// The others that res_pjsip has (seen: 22; each answers "Object with id …" natively).
constexpr std::array<std::string_view, 6> hidden_types{"contact", "transport",    "global",
                                                       "system",  "domain_alias", "identify"};
/// What AMI adds to the attributes of an object.
constexpr std::array<std::string_view, 10> added_headers{
    "Event",        "ActionID",       "ObjectType",    "ObjectName",         "DeviceState",
    "EndpointName", "ActiveChannels", "TotalContacts", "ContactsRegistered", "EventList"};

template <class List>
bool holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// "alice/sip:alice@host,…" of AMI is "sip:alice@host,…" in the configuration.
std::string contacts(std::string_view value, std::string_view aor) {
  std::string out;
  const std::string prefix = std::string{aor} + '/';
  for (auto contact : split(value, ',')) {
    if (contact.starts_with(prefix)) contact.remove_prefix(prefix.size());
    if (contact.empty()) continue;
    if (!out.empty()) out += ',';
    out += contact;
  }
  return out;
}

ConfigFields fields_of(const ami::Message& object) {
  ConfigFields fields;
  for (const auto& line : object.headers()) {
    if (holds(added_headers, line.name)) continue;
    if (line.name == "Contacts") {
      fields.emplace_back("contact", contacts(line.value, object.named("ObjectName")));
    } else {
      fields.emplace_back(attribute_name(line.name), line.value);
    }
  }
  return fields;
}

ami::Action action_for(std::string_view type, const std::string& id) {
  if (type == "endpoint") return std::move(ami::Action{"PJSIPShowEndpoint"}.add("Endpoint", id));
  return ami::Action{type == "aor" ? "PJSIPShowAors" : "PJSIPShowAuths"};
}

}  // namespace

std::string attribute_name(std::string_view header) {
  const auto is = [](char c, int (*test)(int)) { return test(static_cast<unsigned char>(c)) != 0; };
  std::string name;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const char c = header[i];
    const bool number = is(c, std::isdigit) && i > 0 && is(header[i - 1], std::islower) &&
                        !header.substr(0, i).ends_with("Ipv");
    const bool new_word = i > 0 && (is(c, std::isupper) || number);
    if (new_word) name += '_';
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

boost::asio::awaitable<Result<ConfigFields>> find_config_object(World& world,
                                                                std::string config_class,
                                                                std::string object_type,
                                                                std::string id) {
  const Error no_class{Errc::not_found, "configClass '" + config_class + "' not found"};
  const Error no_object{Errc::not_found, "Object with id '" + id + "' not found"};
  if (config_class != pjsip) co_return no_class;
  const TimePoint deadline = world.in(world.timeouts.action);
  // Also tells whether the PBX has PJSIP at all.
  const bool shown = holds(shown_types, object_type);
  const auto objects = co_await world.ami.list(
      action_for(shown ? std::string_view{object_type} : "aor", id), deadline);
  if (!objects) {
    const auto& error = objects.error();
    if (error.code == Errc::not_supported) co_return no_class;  // No such action.
    if (error.code != Errc::refused_by_pbx && error.code != Errc::not_found) co_return error;
  }
  if (!shown && !holds(hidden_types, object_type)) {
    co_return Error{Errc::not_found, "objectType '" + object_type + "' not found"};
  }
  if (!shown) {
    co_return Error{Errc::not_supported,
                    "AMI shows PJSIP endpoints, AORs and auths only, not '" + object_type + "'"};
  }
  if (!objects) co_return no_object;
  for (const auto& object : *objects) {
    if (object.named("ObjectType") == object_type && object.named("ObjectName") == id) {
      co_return fields_of(object);
    }
  }
  co_return no_object;
}

}  // namespace arigate::ops
