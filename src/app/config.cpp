#include "arigate/config.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "app/conf_file.hpp"
#include "app/config_keys.hpp"
#include "core/text.hpp"

namespace arigate {
namespace {

using app::ConfEntry;
using app::ConfSection;

constexpr std::size_t secret_bytes_max = 4096;

/// Turns the sections of a file into a Config, and collects what is wrong on the way.
class Loader {
 public:
  explicit Loader(std::filesystem::path file) : file_{std::move(file)} {}

  LoadedConfig load() {
    auto conf = app::read_conf_file(file_);
    loaded_.errors = std::move(conf.errors);
    const bool readable = !conf.sections.empty() || loaded_.errors.empty();
    for (const auto& section : conf.sections) {
      if (!section.is_template) take_section(section);
    }
    if (readable) check_whole();
    return std::move(loaded_);
  }

 private:
  template <class Place>
  void error(const Place& place, std::string text) {
    loaded_.errors.push_back({place.file, place.line, std::move(text)});
  }
  template <class Place>
  void warning(const Place& place, std::string text) {
    loaded_.warnings.push_back({place.file, place.line, std::move(text)});
  }

  void take_section(const ConfSection& section) {
    const auto& keys = app::config_keys();
    const bool known = std::any_of(keys.begin(), keys.end(),
                                   [&](const auto& key) { return key.section == section.name; });
    if (known) return take_fixed_section(section);
    const auto type = type_of(section);
    if (type == "user") return take_user(section);
    if (type == "application") return take_application(section);
    if (type == "websocket_client") return take_websocket_client(section);
    if (type == "outbound_websocket") return take_outbound_websocket(section);
    error(section,
          fmt::format("unknown section [{}]; a user's section needs type = user", section.name));
  }

  static std::string type_of(const ConfSection& section) {
    std::string type;
    for (const auto& entry : section.entries) {
      if (iequals(entry.key, "type")) type = entry.value;
    }
    return type;
  }

  void take_fixed_section(const ConfSection& section) {
    for (const auto& entry : section.entries) {
      if (section.name == "ami" && take_secret(entry, "secret", ami_secret_)) continue;
      // A newer ari.conf may say what its [general] is.
      if (section.name == "general" && iequals(entry.key, "type") && entry.value == "general") {
        continue;
      }
      set(app::config_keys(), section, entry, loaded_.config);
    }
    if (section.name == "ami" && ami_secret_) loaded_.config.ami.secret = ami_secret_->secret;
  }

  void take_user(const ConfSection& section) {
    UserConfig user;
    user.name = section.name;
    std::optional<SeenSecret> password;
    for (const auto& entry : section.entries) {
      if (iequals(entry.key, "type") || take_secret(entry, "password", password)) continue;
      set(app::user_keys(), section, entry, user);
    }
    if (password) user.password = password->secret;
    if (user.name.find(':') != std::string::npos) {
      error(section, fmt::format("the user name {} must not hold a colon", user.name));
    }
    if (!password) {
      error(section, fmt::format("user {} has no password", user.name));
    }
    loaded_.config.users.push_back(std::move(user));
  }

  void take_application(const ConfSection& section) {
    ApplicationConfig application;
    application.name = section.name;
    for (const auto& entry : section.entries) {
      if (!iequals(entry.key, "type")) set(app::application_keys(), section, entry, application);
    }
    loaded_.config.applications.push_back(std::move(application));
  }

  void take_websocket_client(const ConfSection& section) {
    WebSocketClientConfig client;
    client.name = section.name;
    std::optional<SeenSecret> password;
    for (const auto& entry : section.entries) {
      if (iequals(entry.key, "type") || take_secret(entry, "password", password)) continue;
      set(app::websocket_client_keys(), section, entry, client);
    }
    if (password) client.password = password->secret;
    if (!client.uri.starts_with("ws://") && !client.uri.starts_with("wss://")) {
      error(section, fmt::format("[{}] needs uri = ws://… or wss://…", section.name));
    }
    loaded_.config.websocket_clients.push_back(std::move(client));
  }

  void take_outbound_websocket(const ConfSection& section) {
    OutboundWebSocketConfig outbound;
    outbound.name = section.name;
    for (const auto& entry : section.entries) {
      if (!iequals(entry.key, "type")) {
        set(app::outbound_websocket_keys(), section, entry, outbound);
      }
    }
    if (outbound.apps.empty()) error(section, fmt::format("[{}] needs apps = …", section.name));
    loaded_.config.outbound_websockets.push_back(std::move(outbound));
  }

  /// Finds the key of `entry` and lets it put the value into `target`.
  template <class Target>
  void set(const std::vector<app::ConfigKey<Target>>& keys, const ConfSection& section,
           const ConfEntry& entry, Target& target) {
    for (const auto& key : keys) {
      if ((!key.section.empty() && key.section != section.name) || !iequals(key.name, entry.key)) {
        continue;
      }
      if (const auto problem = key.set(target, entry.value)) {
        error(entry, fmt::format("{}: {}", entry.key, *problem));
      }
      return;
    }
    error(entry, fmt::format("unknown key {} in [{}]", entry.key, section.name));
  }

  struct SeenSecret {
    Secret secret;
    std::string key;  ///< "secret", "secret_file" or "secret_env".
  };

  /// True when `entry` is `name`, `name`_file or `name`_env; then `seen` has the secret.
  bool take_secret(const ConfEntry& entry, std::string_view name, std::optional<SeenSecret>& seen) {
    std::string text;
    if (iequals(entry.key, name)) {
      text = entry.value;
      warn_if_readable_by_all(entry, entry.file);
    } else if (iequals(entry.key, fmt::format("{}_file", name))) {
      text = secret_of_file(entry);
    } else if (iequals(entry.key, fmt::format("{}_env", name))) {
      text = secret_of_environment(entry);
    } else {
      return false;
    }
    if (seen && !iequals(seen->key, entry.key)) {
      error(entry, fmt::format("{} and {} are both given", seen->key, entry.key));
    } else if (has_line_break(text)) {
      error(entry, fmt::format("{}: the secret has a line end in it", entry.key));
    } else if (iequals(entry.key, name) && text.empty()) {
      error(entry, fmt::format("{}: must not be empty", entry.key));
    }
    seen = SeenSecret{Secret{std::move(text)}, entry.key};
    return true;
  }

  /// The first line of the file; its name is relative to the folder of the file that names it.
  std::string secret_of_file(const ConfEntry& entry) {
    const auto path = entry.file.parent_path() / entry.value;
    std::ifstream stream{path, std::ios::binary};
    std::string text(secret_bytes_max + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    if (text.empty() || text.size() > secret_bytes_max) {
      error(entry, fmt::format("{}: {} cannot be read, is empty or is larger than {} bytes",
                               entry.key, path.string(), secret_bytes_max));
      return {};
    }
    warn_if_readable_by_all(entry, path);
    return text;
  }

  std::string secret_of_environment(const ConfEntry& entry) {
    const char* value = std::getenv(entry.value.c_str());
    if (value != nullptr && *value != '\0') return value;
    error(entry, fmt::format("{}: the environment variable {} is not set", entry.key, entry.value));
    return {};
  }

  void warn_if_readable_by_all(const ConfEntry& entry, const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) return;
    if (!warned_.insert(path).second) return;
    warning(entry, fmt::format("{} holds a secret and every user of this host can read it: "
                               "chmod o-r it",
                               path.string()));
  }

  /// What no line alone can tell.
  void check_whole() {
    const auto& config = loaded_.config;
    const ConfigProblem whole{file_, 0, ""};
    if (config.ami.user.empty())
      error(whole, "[ami] needs user = …, a user of the PBX's manager.conf");
    if (!ami_secret_) error(whole, "[ami] needs secret = …, secret_file = … or secret_env = …");
    if (config.ami.ping_timeout <= config.ami.ping_interval) {
      error(whole, "[ami] ping_timeout must be longer than ping_interval");
    }
    if (config.ami.reconnect_max < config.ami.reconnect_min) {
      error(whole, "[ami] reconnect_max must not be shorter than reconnect_min");
    }
    check_outbound(whole);
    if (config.users.empty()) {
      warning(whole, "there is no section with type = user: nobody can use ARI");
    }
  }

  /// An ari.conf that is included may have connections whose other half is in a file of the PBX.
  void check_outbound(const ConfigProblem& whole) {
    auto& config = loaded_.config;
    const auto named = [](const auto& list, const std::string& name) {
      return std::any_of(list.begin(), list.end(),
                         [&](const auto& entry) { return entry.name == name; });
    };
    std::erase_if(config.outbound_websockets, [&](const OutboundWebSocketConfig& outbound) {
      const bool has_client = named(config.websocket_clients, outbound.client);
      if (has_client && named(config.users, outbound.local_user)) return false;
      warning(whole, fmt::format("[{}] is left out: {} names no section of type {}", outbound.name,
                                 has_client ? "local_ari_user" : "websocket_client_id",
                                 has_client ? "user" : "websocket_client"));
      return true;
    });
  }

  std::filesystem::path file_;
  LoadedConfig loaded_;
  std::optional<SeenSecret> ami_secret_;
  std::set<std::filesystem::path> warned_;
};

}  // namespace

std::string to_string(const ConfigProblem& problem) {
  if (problem.line == 0) return fmt::format("{}: {}", problem.file.string(), problem.text);
  return fmt::format("{}:{}: {}", problem.file.string(), problem.line, problem.text);
}

LoadedConfig load_config(const std::filesystem::path& file) {
  return Loader{file}.load();
}

}  // namespace arigate
