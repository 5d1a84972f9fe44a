#pragma once

#include <boost/asio/awaitable.hpp>
#include <utility>

#include "ari/asterisk.hpp"
#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ops/entrance.hpp"
#include "ops/originate.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handler of POST /channels/externalMedia: channels whose audio goes to another program, by RTP,
/// AudioSocket or WebSocket, each by the driver that the PBX has for it.
class ExternalMediaResource {
 public:
  ExternalMediaResource(ops::World& world, ops::Entrance& entrance, const PbxFacts& facts)
      : world_{world}, entrance_{entrance}, facts_{facts} {}
  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;
  Later open(Request request);
  Later not_made(Request request);
  boost::asio::awaitable<void> add_place(model::Channel& channel);

  ops::World& world_;
  ops::Entrance& entrance_;
  const PbxFacts& facts_;
};

}  // namespace arigate::ari
