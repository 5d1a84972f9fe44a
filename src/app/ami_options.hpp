#pragma once

#include "arigate/config.hpp"
#include "io/ami_client.hpp"

namespace arigate::app {

inline io::AmiClientOptions ami_options(const AmiConfig& config) {
  io::AmiClientOptions options;
  options.host = config.host;
  options.port = config.port;
  options.credentials = {config.user, config.secret, config.plain_login};
  if (config.tls) {
    options.tls = io::TlsOptions{config.ca_list_file,       config.ca_list_path,
                                 config.cert_file,          config.priv_key_file,
                                 config.verify_server_cert, config.verify_server_hostname};
  }
  options.connect_timeout = config.connect_timeout;
  options.ping_interval = config.ping_interval;
  options.silence_max = config.ping_timeout;
  options.reconnect_min = config.reconnect_min;
  options.reconnect_max = config.reconnect_max;
  return options;
}

}  // namespace arigate::app
