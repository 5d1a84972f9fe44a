#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "core/result.hpp"

namespace arigate::io {

/// How we are a TLS client: the keys of Asterisk's websocket_client.conf.
struct TlsOptions {
  std::string ca_list_file, ca_list_path;  ///< Whom we believe; both "": whom the host believes.
  std::string cert_file, priv_key_file;    ///< Who we are, for a server that asks.
  bool verify_server_cert = true, verify_server_hostname = true;
};

/// Errc::bad_request: a file that cannot be used; detail names it.
Result<boost::asio::ssl::context> tls_client(const TlsOptions& options);

/// Before the handshake: asks for the certificate of `host`, and for that one alone.
Result<void> expect_host(SSL* ssl, const TlsOptions& options, const std::string& host);

/// Why a handshake with that has failed, for people.
std::string why_refused(SSL* ssl, const boost::system::error_code& error);

}  // namespace arigate::io
