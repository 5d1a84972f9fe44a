#include "io/tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ip/address.hpp>

namespace arigate::io {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Result<ssl::context> tls_client(const TlsOptions& options) {
  ssl::context context{ssl::context::tls_client};
  context.set_verify_mode(options.verify_server_cert ? ssl::verify_peer : ssl::verify_none);
  error_code error;
  if (options.ca_list_file.empty() && options.ca_list_path.empty()) {
    context.set_default_verify_paths(error);
  }
  std::string failed;
  const auto use = [&](const std::string& path, auto&& load) {
    if (path.empty() || !failed.empty()) return;
    load();
    if (error) failed = path + " cannot be used: " + error.message();
  };
  use(options.ca_list_file, [&] { context.load_verify_file(options.ca_list_file, error); });
  use(options.ca_list_path, [&] { context.add_verify_path(options.ca_list_path, error); });
  use(options.cert_file, [&] { context.use_certificate_chain_file(options.cert_file, error); });
  use(options.priv_key_file,
      [&] { context.use_private_key_file(options.priv_key_file, ssl::context::pem, error); });
  if (!failed.empty()) return Error{Errc::bad_request, failed};
  return context;
}

Result<void> expect_host(SSL* ssl, const TlsOptions& options, const std::string& host) {
  error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  const bool by_name = static_cast<bool>(not_an_address);
  bool done = !by_name || SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (done && options.verify_server_cert && options.verify_server_hostname) {
    done = by_name ? SSL_set1_host(ssl, host.c_str()) == 1
                   : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  if (!done) return Error{Errc::bad_request, "no name of a TLS server: " + host};
  return {};
}

std::string why_refused(SSL* ssl, const error_code& error) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) return error.message();
  return std::string{"its certificate is not accepted: "} + X509_verify_cert_error_string(verdict);
}

}  // namespace arigate::io
