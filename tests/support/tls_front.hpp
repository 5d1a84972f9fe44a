#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "support/temp_folder.hpp"

namespace arigate::test {

/// A TLS server with a certificate of its own that passes everything to a plain port and back.
class TlsFront {
 public:
  using tcp = boost::asio::ip::tcp;

  /// `name` is in the certificate, as "DNS:localhost".
  TlsFront(std::uint16_t target, const std::string& name) : target_{target} {
    make_certificate(name);
    context_.use_certificate_chain_file(certificate());
    context_.use_private_key_file(key(), boost::asio::ssl::context::pem);
    boost::asio::co_spawn(io_, serve(), boost::asio::detached);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~TlsFront() {
    io_.stop();
    thread_.join();
  }
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  std::uint16_t port() const { return port_; }
  std::string certificate() const { return (folder_.path() / "cert.pem").string(); }

 private:
  struct Link {
    Link(tcp::socket client, boost::asio::ssl::context& context)
        : near{std::move(client), context}, far{near.get_executor()} {}
    boost::asio::ssl::stream<tcp::socket> near;
    tcp::socket far;
  };

  std::string key() const { return (folder_.path() / "key.pem").string(); }

  void make_certificate(const std::string& name) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair{EVP_EC_gen("P-256"),
                                                                   EVP_PKEY_free};
    const std::unique_ptr<X509, decltype(&X509_free)> made{X509_new(), X509_free};
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), pair.get());
    auto* const subject = X509_get_subject_name(made.get());
    const unsigned char common[] = "pbx";
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common, -1, -1, 0);
    X509_set_issuer_name(made.get(), subject);
    auto* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name.c_str());
    X509_add_ext(made.get(), names, -1);
    X509_EXTENSION_free(names);
    ASSERT_GT(X509_sign(made.get(), pair.get(), EVP_sha256()), 0);
    const auto write = [](const std::string& path, auto&& put) {
      const std::unique_ptr<BIO, decltype(&BIO_free)> file{BIO_new_file(path.c_str(), "w"),
                                                           BIO_free};
      ASSERT_EQ(put(file.get()), 1);
    };
    write(certificate(), [&](BIO* file) { return PEM_write_bio_X509(file, made.get()); });
    write(key(), [&](BIO* file) {
      return PEM_write_bio_PrivateKey(file, pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  boost::asio::awaitable<void> serve() {
    for (;;) {
      auto client = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      boost::asio::co_spawn(io_, join(std::make_shared<Link>(std::move(client), context_)),
                            boost::asio::detached);
    }
  }

  boost::asio::awaitable<void> join(std::shared_ptr<Link> link) {
    boost::system::error_code error;
    co_await link->near.async_handshake(
        boost::asio::ssl::stream_base::server,
        boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) co_return;
    co_await link->far.async_connect(
        {boost::asio::ip::address_v4::loopback(), target_},
        boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) co_return;
    boost::asio::co_spawn(io_, pump(link, link->near, link->far), boost::asio::detached);
    boost::asio::co_spawn(io_, pump(link, link->far, link->near), boost::asio::detached);
  }

  template <class From, class To>
  static boost::asio::awaitable<void> pump(std::shared_ptr<Link> link, From& from, To& to) {
    std::array<char, 4096> chunk{};
    boost::system::error_code error;
    while (!error) {
      const auto count = co_await from.async_read_some(
          boost::asio::buffer(chunk),
          boost::asio::redirect_error(boost::asio::use_awaitable, error));
      if (error) break;
      co_await boost::asio::async_write(
          to, boost::asio::buffer(chunk.data(), count),
          boost::asio::redirect_error(boost::asio::use_awaitable, error));
    }
    boost::system::error_code ignored;
    link->near.lowest_layer().close(ignored);
    link->far.close(ignored);
  }

  TempFolder folder_;
  std::uint16_t target_;
  boost::asio::ssl::context context_{boost::asio::ssl::context::tls_server};
  boost::asio::io_context io_{1};
  tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), std::uint16_t{0}}};
  std::uint16_t port_ = acceptor_.local_endpoint().port();
  std::thread thread_;
};

}  // namespace arigate::test
