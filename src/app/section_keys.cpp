// The keys of the sections that a file may have any number of.
#include "app/config_keys.hpp"
#include "app/config_values.hpp"
#include "core/number.hpp"

namespace arigate::app {
namespace {

using Problem = std::optional<std::string>;

template <class Target>
SetValue<Target> text(std::string Target::*member) {
  return [member](Target& target, const std::string& value) -> Problem {
    if (has_line_break(value)) return "must be one line";
    target.*member = value;
    return std::nullopt;
  };
}

template <class Target>
SetValue<Target> flag(bool Target::*member) {
  return [member](Target& target, const std::string& value) -> Problem {
    const auto parsed = to_bool(value);
    if (!parsed) return "must be yes or no";
    target.*member = *parsed;
    return std::nullopt;
  };
}

template <class Target>
SetValue<Target> duration(milliseconds Target::*member, milliseconds bare_unit, milliseconds max) {
  return [member, bare_unit, max](Target& target, const std::string& value) -> Problem {
    const auto parsed = to_duration(value, bare_unit);
    if (!parsed) return "must be a time such as 5 s or 500 ms";
    if (*parsed > max) return "is too long";
    target.*member = *parsed;
    return std::nullopt;
  };
}

template <class Target>
SetValue<Target> bytes(std::size_t Target::*member) {
  return [member](Target& target, const std::string& value) -> Problem {
    const auto parsed = to_bytes(value);
    if (!parsed || *parsed == 0) return "must be a size such as 64 KiB";
    target.*member = *parsed;
    return std::nullopt;
  };
}

template <class Target>
SetValue<Target> count(std::size_t Target::*member, std::size_t max) {
  return [member, max](Target& target, const std::string& value) -> Problem {
    const auto parsed = whole_number<std::size_t>(value);
    if (!parsed || *parsed == 0 || *parsed > max) return "must be a number in its limits";
    target.*member = *parsed;
    return std::nullopt;
  };
}

template <class Target>
SetValue<Target> list(std::vector<std::string> Target::*member) {
  return [member](Target& target, const std::string& value) -> Problem {
    target.*member = to_list(value);
    return std::nullopt;
  };
}

/// One of a few words.
template <class Target, class Value>
SetValue<Target> choice(Value Target::*member,
                        std::vector<std::pair<std::string_view, Value>> choices) {
  return
      [member, choices = std::move(choices)](Target& target, const std::string& value) -> Problem {
        std::string names;
        for (const auto& [name, meaning] : choices) {
          if (iequals(name, value)) {
            target.*member = meaning;
            return std::nullopt;
          }
          names.append(names.empty() ? "" : ", ").append(name);
        }
        return "must be one of " + names;
      };
}

constexpr milliseconds second{1'000};
constexpr milliseconds millisecond{1};
constexpr milliseconds day{86'400'000};
constexpr milliseconds minute{60'000};

}  // namespace

const std::vector<ConfigKey<ApplicationConfig>>& application_keys() {
  using Target = ApplicationConfig;
  static const std::vector<ConfigKey<Target>> keys{
      {"", "application", text(&Target::name)},
      {"", "new_call",
       choice(&Target::new_call, {{"refuse", NewCall::refuse}, {"park", NewCall::park}})},
      {"", "lost_call",
       choice(&Target::lost_call, {{"keep", LostCall::keep},
                                   {"continue", LostCall::leave},
                                   {"park", LostCall::park},
                                   {"hangup", LostCall::hang_up}})},
      {"", "grace", duration(&Target::grace, second, day)},
      {"", "park_answer", flag(&Target::park_answer)},
      {"", "park_music", text(&Target::park_music)},
      {"", "park_timeout", duration(&Target::park_timeout, second, day)},
      {"", "fallback_context", text(&Target::fallback_context)},
      {"", "fallback_exten", text(&Target::fallback_exten)},
      {"", "fallback_priority", text(&Target::fallback_priority)},
      {"", "log_events_max", count(&Target::log_events_max, 1'000'000)},
      {"", "log_bytes_max", bytes(&Target::log_bytes_max)},
      {"", "log_keep", duration(&Target::log_keep, second, day)},
  };
  return keys;
}

const std::vector<ConfigKey<WebSocketClientConfig>>& websocket_client_keys() {
  using Target = WebSocketClientConfig;
  static const std::vector<ConfigKey<Target>> keys{
      {"", "connection_type",
       choice(&Target::per_call, {{"persistent", false}, {"per_call_config", true}})},
      {"", "uri", text(&Target::uri)},
      {"", "protocols", text(&Target::protocols)},
      {"", "username", text(&Target::username)},
      {"", "connection_timeout", duration(&Target::connection_timeout, millisecond, minute)},
      {"", "reconnect_interval", duration(&Target::reconnect_interval, millisecond, minute)},
      {"", "reconnect_attempts", count(&Target::reconnect_attempts, 1'000)},
      {"", "tls_enabled", flag(&Target::tls_enabled)},
      {"", "ca_list_file", text(&Target::ca_list_file)},
      {"", "ca_list_path", text(&Target::ca_list_path)},
      {"", "cert_file", text(&Target::cert_file)},
      {"", "priv_key_file", text(&Target::priv_key_file)},
      {"", "verify_server_cert", flag(&Target::verify_server_cert)},
      {"", "verify_server_hostname", flag(&Target::verify_server_hostname)},
  };
  return keys;
}

const std::vector<ConfigKey<OutboundWebSocketConfig>>& outbound_websocket_keys() {
  using Target = OutboundWebSocketConfig;
  static const std::vector<ConfigKey<Target>> keys{
      {"", "websocket_client_id", text(&Target::client)},
      {"", "apps", list(&Target::apps)},
      {"", "subscribe_all", flag(&Target::subscribe_all)},
      {"", "local_ari_user", text(&Target::local_user)},
  };
  return keys;
}

}  // namespace arigate::app
