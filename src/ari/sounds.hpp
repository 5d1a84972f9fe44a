#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ari/unsupported.hpp"
#include "ops/sounds.hpp"

namespace arigate::ari {

/// Handlers of /sounds.
class SoundResource {
 public:
  SoundResource(ops::Sounds& sounds, Refusal refuse)
      : sounds_{sounds}, refuse_{std::move(refuse)} {}

  void serve(Router& router);

 private:
  boost::asio::awaitable<Response> list(Request request);
  boost::asio::awaitable<Response> get(Request request);
  Response failed(Operation operation, const Error& error) const;

  ops::Sounds& sounds_;
  Refusal refuse_;
};

}  // namespace arigate::ari
