#include "app/application_policies.hpp"

#include <algorithm>

namespace arigate::app {
namespace {

template <class List>
auto find(const List& list, const std::string& name) {
  return std::find_if(list.begin(), list.end(),
                      [&](const auto& entry) { return entry.name == name; });
}

}  // namespace

const ApplicationConfig& application_config(const Config& config, const AppName& name) {
  static const ApplicationConfig defaults;
  for (const auto& wanted : {name.value, std::string{"*"}}) {
    const auto found = find(config.applications, wanted);
    if (found != config.applications.end()) return *found;
  }
  return defaults;
}

ops::AwayPolicy away_policy(const Config& config, const AppName& name) {
  const auto& told = application_config(config, name);
  ops::AwayPolicy policy;
  policy.new_call = told.new_call == NewCall::park ? ops::AwayPolicy::NewCall::park
                                                   : ops::AwayPolicy::NewCall::refuse;
  switch (told.lost_call) {
    case LostCall::keep:
      policy.lost_call = ops::AwayPolicy::LostCall::keep;
      break;
    case LostCall::leave:
      policy.lost_call = ops::AwayPolicy::LostCall::leave;
      break;
    case LostCall::park:
      policy.lost_call = ops::AwayPolicy::LostCall::park;
      break;
    case LostCall::hang_up:
      policy.lost_call = ops::AwayPolicy::LostCall::hang_up;
      break;
  }
  policy.grace = told.grace;
  policy.answer = told.park_answer;
  policy.music_class = told.park_music;
  policy.patience = told.park_timeout;
  policy.fallback = {told.fallback_context, told.fallback_exten, told.fallback_priority};
  const bool elsewhere = !told.fallback_context.empty() || !told.fallback_exten.empty();
  if (elsewhere && told.fallback_priority.empty()) policy.fallback.priority = "1";
  return policy;
}

ari::EventLog::Limits log_limits(const Config& config, const AppName& name) {
  const auto& told = application_config(config, name);
  return {told.log_events_max, told.log_bytes_max, told.log_keep};
}

std::vector<io::OutboundOptions> outbound_options(const Config& config) {
  std::vector<io::OutboundOptions> all;
  for (const auto& outbound : config.outbound_websockets) {
    const auto client = find(config.websocket_clients, outbound.client);
    const auto user = find(config.users, outbound.local_user);
    if (client == config.websocket_clients.end() || user == config.users.end()) continue;
    io::OutboundOptions options;
    options.name = outbound.name;
    options.uri = client->uri;
    options.protocols = client->protocols;
    options.username = client->username;
    options.password = client->password;
    options.per_call = client->per_call;
    options.tls_enabled = client->tls_enabled;
    options.tls = {client->ca_list_file,       client->ca_list_path,
                   client->cert_file,          client->priv_key_file,
                   client->verify_server_cert, client->verify_server_hostname};
    options.connection_timeout = client->connection_timeout;
    options.reconnect_interval = client->reconnect_interval;
    options.reconnect_attempts = client->reconnect_attempts;
    options.apps = outbound.apps;
    options.subscribe_all = outbound.subscribe_all;
    options.user = user->name;
    all.push_back(std::move(options));
  }
  return all;
}

}  // namespace arigate::app
