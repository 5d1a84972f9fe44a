#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of /endpoints.
class EndpointResource {
 public:
  explicit EndpointResource(ops::World& world) : world_{world}, store_{world.store} {}
  void serve(Router& router);

 private:
  Response list(const Request& request) const;
  Response list_technology(const Request& request) const;
  Response get(const Request& request) const;
  boost::asio::awaitable<Response> send(Request request);
  boost::asio::awaitable<Response> send_to_endpoint(Request request);
  boost::asio::awaitable<Response> send_to(Request request, std::string to);

  ops::World& world_;
  const model::Store& store_;
};

}  // namespace arigate::ari
