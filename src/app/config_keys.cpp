#include "app/config_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "app/config_values.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "generated/api_docs.hpp"

namespace arigate::app {
namespace {

using Problem = std::optional<std::string>;
using std::chrono::milliseconds;

bool is_address(const std::string& text) {
  boost::system::error_code failure;
  boost::asio::ip::make_address(text, failure);
  return !failure;
}

bool is_network(const std::string& text) {
  boost::system::error_code not_v4;
  boost::system::error_code not_v6;
  boost::asio::ip::make_network_v4(text, not_v4);
  boost::asio::ip::make_network_v6(text, not_v6);
  return !not_v4 || !not_v6;
}

/// What a name in a dialplan may be made of: it becomes part of CLI commands, and of the names of
/// conferences, which have to stay below 80 bytes with the id of a bridge.
bool is_context_name(std::string_view text) {
  static constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !text.empty() && text.size() <= 48 && text.find_first_not_of(allowed) == text.npos;
}

// --- Setters: each is given the place of the value, and its limits where it has any.
// ---------------

/// `at(config)` is the member that a key is about.
template <class At>
SetValue<Config> text_at(At at) {
  return [at](Config& config, const std::string& value) -> Problem {
    at(config) = value;
    return std::nullopt;
  };
}

template <class At>
SetValue<Config> nonempty_text_at(At at) {
  return [at](Config& config, const std::string& value) -> Problem {
    if (value.empty()) return "must not be empty";
    at(config) = value;
    return std::nullopt;
  };
}

/// An absolute path without "/" at its end.
template <class At>
SetValue<Config> directory_at(At at) {
  return [at](Config& config, const std::string& value) -> Problem {
    std::string path = value;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (!path.empty() && path.front() != '/') return "must be an absolute path";
    at(config) = path;
    return std::nullopt;
  };
}

template <class At>
SetValue<Config> bool_at(At at) {
  return [at](Config& config, const std::string& value) -> Problem {
    const auto parsed = to_bool(value);
    if (!parsed) return "must be yes or no";
    at(config) = *parsed;
    return std::nullopt;
  };
}

template <class At>
SetValue<Config> number_at(At at, std::size_t min, std::size_t max) {
  return [=](Config& config, const std::string& value) -> Problem {
    const auto parsed = whole_number<std::size_t>(value);
    if (!parsed || *parsed < min || *parsed > max) {
      return fmt::format("must be a number from {} to {}", min, max);
    }
    using Number = std::remove_reference_t<decltype(at(config))>;
    at(config) = static_cast<Number>(*parsed);  // In range: every `max` fits its member.
    return std::nullopt;
  };
}

template <class At>
SetValue<Config> bytes_at(At at, std::size_t min, std::size_t max) {
  return [=](Config& config, const std::string& value) -> Problem {
    const auto parsed = to_bytes(value);
    if (!parsed || *parsed < min || *parsed > max) {
      return fmt::format("must be from {} to {} bytes, such as 64 KiB or 4 MiB", min, max);
    }
    at(config) = *parsed;
    return std::nullopt;
  };
}

template <class At>
SetValue<Config> duration_at(At at, milliseconds min, milliseconds max,
                             milliseconds bare_unit = milliseconds{1'000}) {
  return [=](Config& config, const std::string& value) -> Problem {
    const auto parsed = to_duration(value, bare_unit);
    if (!parsed || *parsed < min || *parsed > max) {
      return fmt::format("must be a time from {} ms to {} s, such as 100 ms or 5 s", min.count(),
                         max.count() / 1'000);
    }
    at(config) = *parsed;
    return std::nullopt;
  };
}

/// The last line wins, as in ari.conf.
template <class At>
SetValue<Config> list_at(At at) {
  return [at](Config& config, const std::string& value) -> Problem {
    at(config) = to_list(value);
    return std::nullopt;
  };
}

template <class At>
SetValue<Config> bind_at(At at) {
  return [at](Config& config, const std::string& value) -> Problem {
    if (!is_address(value)) return "must be an IP address of this host; 0.0.0.0 and :: mean all";
    at(config) = value;
    return std::nullopt;
  };
}

Problem set_enabled(Config&, const std::string& value) {
  const auto parsed = to_bool(value);
  if (!parsed) return "must be yes or no";
  if (!*parsed) return "is no, so arigate would serve nothing: remove this line to use it";
  return std::nullopt;
}

Problem set_log_level(Config& config, const std::string& value) {
  using Name = std::pair<std::string_view, LogLevel>;
  for (const auto& [name, level] : {Name{"error", LogLevel::error}, Name{"warn", LogLevel::warn},
                                    Name{"warning", LogLevel::warn}, Name{"info", LogLevel::info},
                                    Name{"debug", LogLevel::debug}}) {
    if (name == value) {
      config.general.log_level = level;
      return std::nullopt;
    }
  }
  return "must be error, warn, info or debug";
}

Problem set_ari_version(Config& config, const std::string& value) {
  if (!ari::level_of(value)) return "must be 13, 16, 18, 20 or 22";
  config.general.ari_version = value;
  return std::nullopt;
}

/// Lines add up, as `permit` lines do in Asterisk.
Problem add_allowed(Config& config, const std::string& value) {
  for (auto& item : to_list(value)) {
    if (!is_address(item) && !is_network(item)) {
      return fmt::format("{} is not an IP address or a network such as 10.0.0.0/8", item);
    }
    config.fastagi.allow.push_back(std::move(item));
  }
  return std::nullopt;
}

Problem set_advertise(Config& config, const std::string& value) {
  auto text = std::string_view{value};
  if (text.starts_with("agi://")) text.remove_prefix(6);
  const auto colon = text.rfind(':');
  const auto port =
      colon == text.npos ? std::nullopt : whole_number<std::uint16_t>(text.substr(colon + 1));
  if (!port || *port == 0 || colon == 0 || text.find_first_of(" ,/\"'()$") != text.npos) {
    return "must be host:port, as the PBX reaches arigate; [address]:port with IPv6";
  }
  config.fastagi.advertise = text;
  return std::nullopt;
}

/// "" or "asterisk" or "/asterisk/", as in http.conf.
Problem set_prefix(Config& config, const std::string& value) {
  auto text = std::string_view{value};
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  static constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.~/";
  if (text.find_first_not_of(allowed) != text.npos) {
    return "may hold letters, digits, / and _ - . ~ only";
  }
  config.http.prefix = text.empty() ? std::string{} : fmt::format("/{}", text);
  return std::nullopt;
}

Problem set_context(Config& config, const std::string& value) {
  if (!is_context_name(value)) return "must be a context name of at most 48 letters, digits, _ - .";
  config.dialplan.context = value;
  return std::nullopt;
}

/// Names the member that a key is about; `c` is the Config.
#define ARIGATE_AT(member) ([](Config & c) -> auto& { return c.member; })

std::vector<ConfigKey<Config>> make_config_keys() {
  using namespace std::chrono_literals;
  constexpr std::size_t kib = 1024;
  constexpr std::size_t mib = 1024 * kib;
  constexpr std::size_t port_max = std::numeric_limits<std::uint16_t>::max();
  // As ari.conf has it, with milliseconds when there is no unit.
  const auto write_timeout = duration_at(ARIGATE_AT(http.websocket_write_timeout), 1ms, 1h, 1ms);
  return {
      {"general", "enabled", set_enabled},
      {"general", "pretty", bool_at(ARIGATE_AT(general.pretty))},
      {"general", "auth_realm", nonempty_text_at(ARIGATE_AT(general.auth_realm))},
      {"general", "allowed_origins", list_at(ARIGATE_AT(general.allowed_origins))},
      {"general", "channelvars", list_at(ARIGATE_AT(general.channelvars))},
      {"general", "websocket_write_timeout", write_timeout},
      {"general", "ari_version", set_ari_version},
      {"general", "entity_id", text_at(ARIGATE_AT(general.entity_id))},
      {"general", "log_level", set_log_level},
      {"general", "log_file", text_at(ARIGATE_AT(general.log_file))},

      {"ami", "host", nonempty_text_at(ARIGATE_AT(ami.host))},
      {"ami", "port", number_at(ARIGATE_AT(ami.port), 1, port_max)},
      {"ami", "user", nonempty_text_at(ARIGATE_AT(ami.user))},
      {"ami", "plain_login", bool_at(ARIGATE_AT(ami.plain_login))},
      {"ami", "tls", bool_at(ARIGATE_AT(ami.tls))},
      {"ami", "ca_list_file", text_at(ARIGATE_AT(ami.ca_list_file))},
      {"ami", "ca_list_path", text_at(ARIGATE_AT(ami.ca_list_path))},
      {"ami", "cert_file", text_at(ARIGATE_AT(ami.cert_file))},
      {"ami", "priv_key_file", text_at(ARIGATE_AT(ami.priv_key_file))},
      {"ami", "verify_server_cert", bool_at(ARIGATE_AT(ami.verify_server_cert))},
      {"ami", "verify_server_hostname", bool_at(ARIGATE_AT(ami.verify_server_hostname))},
      {"ami", "connect_timeout", duration_at(ARIGATE_AT(ami.connect_timeout), 100ms, 1min)},
      {"ami", "ping_interval", duration_at(ARIGATE_AT(ami.ping_interval), 100ms, 1h)},
      {"ami", "ping_timeout", duration_at(ARIGATE_AT(ami.ping_timeout), 200ms, 1h)},
      {"ami", "action_timeout", duration_at(ARIGATE_AT(ami.action_timeout), 100ms, 5min)},
      {"ami", "originate_timeout", duration_at(ARIGATE_AT(ami.originate_timeout), 100ms, 5min)},
      {"ami", "reconnect_min", duration_at(ARIGATE_AT(ami.reconnect_min), 10ms, 1min)},
      {"ami", "reconnect_max", duration_at(ARIGATE_AT(ami.reconnect_max), 10ms, 10min)},

      {"fastagi", "bind", bind_at(ARIGATE_AT(fastagi.bind))},
      {"fastagi", "port", number_at(ARIGATE_AT(fastagi.port), 0, port_max)},
      {"fastagi", "allow", add_allowed},
      {"fastagi", "advertise", set_advertise},
      {"fastagi", "sessions_max", number_at(ARIGATE_AT(fastagi.sessions_max), 1, 1'000'000)},
      {"fastagi", "commands_queued_max",
       number_at(ARIGATE_AT(fastagi.commands_queued_max), 1, 100'000)},
      {"fastagi", "environment_timeout",
       duration_at(ARIGATE_AT(fastagi.environment_timeout), 100ms, 1min)},

      {"http", "bind", bind_at(ARIGATE_AT(http.bind))},
      {"http", "port", number_at(ARIGATE_AT(http.port), 0, port_max)},
      {"http", "prefix", set_prefix},
      {"http", "connections_max", number_at(ARIGATE_AT(http.connections_max), 1, 1'000'000)},
      {"http", "header_bytes_max", bytes_at(ARIGATE_AT(http.header_bytes_max), kib, mib)},
      {"http", "body_bytes_max", bytes_at(ARIGATE_AT(http.body_bytes_max), kib, 64 * mib)},
      {"http", "request_timeout", duration_at(ARIGATE_AT(http.request_timeout), 100ms, 10min)},
      {"http", "idle_timeout", duration_at(ARIGATE_AT(http.idle_timeout), 100ms, 24h)},
      {"http", "websocket_queue_bytes_max",
       bytes_at(ARIGATE_AT(http.websocket_queue_bytes_max), 64 * kib, 1024 * mib)},
      {"http", "websocket_message_bytes_max",
       bytes_at(ARIGATE_AT(http.websocket_message_bytes_max), kib, 64 * mib)},
      {"http", "websocket_write_timeout", write_timeout},
      {"http", "websocket_ping_interval",
       duration_at(ARIGATE_AT(http.websocket_ping_interval), 100ms, 1h)},

      {"dialplan", "context", set_context},
      {"dialplan", "add_at_runtime", bool_at(ARIGATE_AT(dialplan.add_at_runtime))},
      {"dialplan", "live_dangerously", bool_at(ARIGATE_AT(dialplan.live_dangerously))},

      {"capture", "file", text_at(ARIGATE_AT(capture.file))},
      {"capture", "mask_numbers", bool_at(ARIGATE_AT(capture.mask_numbers))},
      {"capture", "file_bytes_max",
       bytes_at(ARIGATE_AT(capture.file_bytes_max), 64 * kib, std::size_t{4'095} * mib)},
      {"capture", "file_age_max", duration_at(ARIGATE_AT(capture.file_age_max), 1s, 720h)},
      {"capture", "files_max", number_at(ARIGATE_AT(capture.files_max), 0, 100'000)},
      {"capture", "queue_bytes_max",
       bytes_at(ARIGATE_AT(capture.queue_bytes_max), 64 * kib, 1024 * mib)},

      {"recordings", "directory", directory_at(ARIGATE_AT(recordings.directory))},
      {"recordings", "pbx_directory", directory_at(ARIGATE_AT(recordings.pbx_directory))},
      {"recordings", "through_pbx", bool_at(ARIGATE_AT(recordings.through_pbx))},
      {"sounds", "directory", directory_at(ARIGATE_AT(sounds.directory))},
      {"sounds", "through_pbx", bool_at(ARIGATE_AT(sounds.through_pbx))},
  };
}

#undef ARIGATE_AT

Problem set_password_format(UserConfig& user, const std::string& value) {
  if (value != "plain" && value != "crypt") return "must be plain or crypt";
  user.password_format = value == "crypt" ? PasswordFormat::crypt : PasswordFormat::plain;
  return std::nullopt;
}

Problem set_read_only(UserConfig& user, const std::string& value) {
  const auto parsed = to_bool(value);
  if (!parsed) return "must be yes or no";
  user.read_only = *parsed;
  return std::nullopt;
}

/// Newer ari.conf files can limit a user to addresses. To pass over that would open a door.
Problem refuse_address_list(UserConfig&, const std::string&) {
  return "a user cannot be limited to addresses here: bind [http] to a private address instead";
}

}  // namespace

const std::vector<ConfigKey<Config>>& config_keys() {
  static const auto keys = make_config_keys();
  return keys;
}

const std::vector<ConfigKey<UserConfig>>& user_keys() {
  static const std::vector<ConfigKey<UserConfig>> keys{
      {"", "password_format", set_password_format},
      {"", "read_only", set_read_only},
      {"", "acl", refuse_address_list},
      {"", "deny", refuse_address_list},
      {"", "permit", refuse_address_list},
  };
  return keys;
}

}  // namespace arigate::app
