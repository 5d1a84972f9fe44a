#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "arigate/secret.hpp"

namespace arigate {

enum class LogLevel : std::uint8_t { error, warn, info, debug };

/// [general]: the keys of the same section of ari.conf, and what concerns the process.
struct GeneralConfig {
  std::string auth_realm = "Asterisk REST Interface";
  std::vector<std::string> allowed_origins;  ///< For CORS; "*" allows every origin.
  std::vector<std::string> channelvars;      ///< Channel variables shown in every channel object.
  bool pretty = false;                       ///< Indents every JSON answer.
  std::string ari_version = "22";  ///< Whose ARI is served: "13", "16", "18", "20" or "22".
  std::string entity_id;           ///< asterisk_id of every event; "": that of the PBX.
  LogLevel log_level = LogLevel::info;
  std::string log_file;  ///< "" writes to standard error.
};

/// [ami]: the link to the PBX.
struct AmiConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 5038;
  std::string user;
  Secret secret;
  bool plain_login = false;                ///< Sends the secret itself; else an MD5 challenge.
  bool tls = false;                        ///< The port is that of manager.conf's tlsbindaddr.
  std::string ca_list_file, ca_list_path;  ///< Whom to believe; "": whom this host believes.
  std::string cert_file, priv_key_file;    ///< Who we are, for a PBX that asks.
  bool verify_server_cert = true, verify_server_hostname = true;
  std::chrono::milliseconds connect_timeout{5'000};  ///< TCP and TLS; then the login.
  std::chrono::milliseconds ping_interval{5'000};    ///< Ping after so long without a byte.
  std::chrono::milliseconds ping_timeout{15'000};  ///< The link is dead after so long without one.
  std::chrono::milliseconds action_timeout{5'000};
  std::chrono::milliseconds originate_timeout{10'000};  ///< For the answer, not for the ringing.
  std::chrono::milliseconds reconnect_min{100};
  std::chrono::milliseconds reconnect_max{5'000};
};

/// [fastagi]: where the PBX's AGI(agi://…) lines connect to.
struct FastAgiConfig {
  std::string bind = "0.0.0.0";
  std::uint16_t port = 4573;  ///< 0 takes a free one.
  /// Addresses and CIDR networks that may connect (load_config has checked their form). Empty: the
  /// addresses of the AMI host and loopback.
  std::vector<std::string> allow;
  /// "host:port" by which the PBX reaches this listener. Empty: the local address of the AMI link.
  std::string advertise;
  std::size_t sessions_max = 10'000;
  std::size_t commands_queued_max = 1'000;               ///< Waiting on one channel.
  std::chrono::milliseconds environment_timeout{5'000};  ///< For the whole agi_… block.
};

/// [http]: REST and WebSocket.
struct HttpConfig {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 8088;  ///< 0 takes a free one.
  std::string prefix;         ///< "" or "/something", in front of /ari.
  std::size_t connections_max = 20'000;
  std::size_t header_bytes_max = std::size_t{16} * 1024;
  std::size_t body_bytes_max = std::size_t{1024} * 1024;
  std::chrono::milliseconds request_timeout{10'000};  ///< For a whole header and body to arrive.
  std::chrono::milliseconds idle_timeout{60'000};     ///< Keep-alive without a request.
  std::size_t websocket_queue_bytes_max = std::size_t{4} * 1024 * 1024;
  std::size_t websocket_message_bytes_max = std::size_t{1024} * 1024;  ///< From the client.
  /// A client that takes no byte for so long is closed. Also read from [general], where ari.conf
  /// has it.
  std::chrono::milliseconds websocket_write_timeout{10'000};
  /// Of each client; one that has not answered after twice as long is closed.
  std::chrono::milliseconds websocket_ping_interval{30'000};
};

/// [dialplan]: what arigate needs on the PBX.
struct DialplanConfig {
  std::string context = "arigate";
  bool add_at_runtime = true;  ///< Adds the context over AMI when the PBX does not have it.
  /// As in asterisk.conf: lets ARI clients use functions and applications that run commands or
  /// read files of the PBX (SHELL(), FILE(), System(), …).
  bool live_dangerously = false;
};

/// [capture]: what goes over all links, kept in files.
struct CaptureConfig {
  std::string file;  ///< "" keeps nothing. The ending .gz or .zst compresses.
  bool mask_numbers = false;
  std::size_t file_bytes_max = 0;  ///< Then a new file is begun; 0: never.
  std::chrono::milliseconds file_age_max{0};
  std::size_t files_max = 0;  ///< The oldest of them are removed; 0 keeps all.
  std::size_t queue_bytes_max = std::size_t{16} * 1024 * 1024;  ///< Waiting for a slow disk.
};

/// [recordings]: the folder where the PBX keeps what is recorded.
struct RecordingsConfig {
  std::string directory;      ///< As this host sees it; "": it does not.
  std::string pbx_directory;  ///< As the PBX sees it; "" asks the PBX.
  /// Without `directory`: lets commands on the PBX, run through its own dialplan functions, list,
  /// read, copy and delete the files.
  bool through_pbx = false;
};

/// [sounds]: the folder of the sounds that the PBX can play.
struct SoundsConfig {
  std::string directory;     ///< As this host sees it; "": it does not.
  bool through_pbx = false;  ///< Without `directory`: lists them by commands on the PBX.
};

enum class PasswordFormat : std::uint8_t { plain, crypt };

/// A section with `type = user`, as in ari.conf.
struct UserConfig {
  std::string name;
  Secret password;
  PasswordFormat password_format = PasswordFormat::plain;
  bool read_only = false;
};

/// What becomes of a call whose application is not there.
enum class NewCall : std::uint8_t { refuse, park };
enum class LostCall : std::uint8_t { keep, leave, park, hang_up };

/// A section with `type = application`: how one application is treated, or with the name `*` all
/// that have no section of their own.
struct ApplicationConfig {
  std::string name;  ///< `application`, else the name of the section.
  NewCall new_call = NewCall::refuse;
  LostCall lost_call = LostCall::keep;     ///< When its last client has gone.
  std::chrono::milliseconds grace{5'000};  ///< Before anything is done with a lost call.
  bool park_answer = true;                 ///< Answer a call that waits; else it rings.
  std::string park_music;                  ///< Music class; "" is the PBX's default.
  std::chrono::milliseconds park_timeout{60'000};
  std::string fallback_context, fallback_exten, fallback_priority;  ///< "": where it is.
  std::size_t log_events_max = 1'000;  ///< Kept for clients that resume.
  std::size_t log_bytes_max = std::size_t{1024} * 1024;
  std::chrono::milliseconds log_keep{600'000};  ///< After the last such client has gone.
};

/// A section with `type = websocket_client`, as in websocket_client.conf: where an outbound
/// WebSocket goes.
struct WebSocketClientConfig {
  std::string name;
  bool per_call = false;  ///< connection_type: one for each call, else one that stays.
  std::string uri;        ///< "ws://host:port/path" or "wss://…".
  std::string protocols = "ari";
  std::string username;
  Secret password;
  std::chrono::milliseconds connection_timeout{500};
  std::chrono::milliseconds reconnect_interval{500};  ///< Doubles up to a limit, with jitter.
  std::size_t reconnect_attempts = 4;                 ///< Of a call; one that stays never gives up.
  bool tls_enabled = false;
  std::string ca_list_file, ca_list_path, cert_file, priv_key_file;
  bool verify_server_cert = true, verify_server_hostname = true;
};

/// A section with `type = outbound_websocket`, as in ari.conf: which applications such a WebSocket
/// serves.
struct OutboundWebSocketConfig {
  std::string name;
  std::string client;  ///< websocket_client_id.
  std::vector<std::string> apps;
  bool subscribe_all = false;
  std::string local_user;  ///< local_ari_user: whose rights its requests have.
};

/// Everything arigate can be told. Plain data: a test or an embedder fills in what it needs.
struct Config {
  GeneralConfig general;
  AmiConfig ami;
  FastAgiConfig fastagi;
  HttpConfig http;
  DialplanConfig dialplan;
  CaptureConfig capture;
  RecordingsConfig recordings;
  SoundsConfig sounds;
  std::vector<UserConfig> users;
  std::vector<ApplicationConfig> applications;
  std::vector<WebSocketClientConfig> websocket_clients;
  std::vector<OutboundWebSocketConfig> outbound_websockets;
};

/// Something to tell the person who wrote the file. Never holds a secret.
struct ConfigProblem {
  std::filesystem::path file;
  int line = 0;  ///< From 1; 0 when the problem has no line (a missing section or file).
  std::string text;
};

/// "file:line: text", or "file: text" when there is no line.
std::string to_string(const ConfigProblem& problem);

/// A configuration with all that is wrong with it.
struct LoadedConfig {
  Config config;
  std::vector<ConfigProblem> errors;  ///< Not empty: `config` must not be used.
  std::vector<ConfigProblem> warnings;
};

/// Reads `file` and what it includes: sections, `key = value` or `key => value`, `;` comments,
/// `#include`, `#tryinclude` and templates, as in Asterisk's own files. Reads secrets that the file
/// says are in the environment or in another file.
LoadedConfig load_config(const std::filesystem::path& file);

}  // namespace arigate
