#pragma once

#include <boost/asio/awaitable.hpp>

#include "ari/asterisk.hpp"
#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ari/snapshots.hpp"
#include "ops/entrance.hpp"
#include "ops/snoop.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of POST /channels/{id}/snoop and /channels/externalMedia: channels that exist for their
/// audio alone.
class SnoopResource {
 public:
  SnoopResource(ops::World& world, ops::Entrance& entrance, ops::Snoops& snoops,
                Snapshots& snapshots, const PbxFacts& facts)
      : world_{world}, entrance_{entrance}, snoops_{snoops}, snapshots_{snapshots}, facts_{facts} {}
  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;
  Later snoop(Request request);
  Later external_media(Request request);
  Later with_local_place(model::Channel channel);

  ops::World& world_;
  ops::Entrance& entrance_;
  ops::Snoops& snoops_;
  Snapshots& snapshots_;
  const PbxFacts& facts_;
};

}  // namespace arigate::ari
