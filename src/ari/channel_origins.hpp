#pragma once

#include <boost/asio/awaitable.hpp>

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ari/snapshots.hpp"
#include "ops/created.hpp"
#include "ops/entrance.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of what makes a channel: POST /channels, /channels/{channelId}, /channels/create and
/// /channels/{channelId}/dial.
class ChannelOrigins {
 public:
  ChannelOrigins(ops::World& world, ops::Entrance& entrance, ops::CreatedChannels& created,
                 Snapshots& snapshots)
      : world_{world}, entrance_{entrance}, created_{created}, snapshots_{snapshots} {}
  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;
  Later originate(Request request);
  Later create(Request request);
  Later dial(Request request);

  ops::World& world_;
  ops::Entrance& entrance_;
  ops::CreatedChannels& created_;
  Snapshots& snapshots_;
};

}  // namespace arigate::ari
