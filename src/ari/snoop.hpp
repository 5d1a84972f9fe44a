#pragma once

#include <boost/asio/awaitable.hpp>

#include "ari/asterisk.hpp"
#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ari/snapshots.hpp"
#include "ops/snoop.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handler of POST /channels/{id}/snoop: channels that hear and speak to another one.
class SnoopResource {
 public:
  SnoopResource(ops::World& world, ops::Snoops& snoops, Snapshots& snapshots, const PbxFacts& facts)
      : world_{world}, snoops_{snoops}, snapshots_{snapshots}, facts_{facts} {}
  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;
  Later snoop(Request request);

  ops::World& world_;
  ops::Snoops& snoops_;
  Snapshots& snapshots_;
  const PbxFacts& facts_;
};

}  // namespace arigate::ari
