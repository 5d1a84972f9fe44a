#pragma once

#include <boost/asio/awaitable.hpp>

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ops/entrance.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of what a client does with the far end of a channel: mute, hold, redirect; and of what
/// it asks about its audio.
class ChannelControls {
 public:
  ChannelControls(ops::World& world, ops::Entrance& entrance)
      : world_{world}, entrance_{entrance} {}
  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;
  Later mute(Request request);
  Later unmute(Request request);
  Later switch_mute(Request request, bool on);
  Later hold(Request request);
  Later unhold(Request request);
  Response redirect(const Request& request);
  Response transfer_progress(const Request& request, const Router& router);
  Later rtp_statistics(Request request);

  ops::World& world_;
  ops::Entrance& entrance_;
};

}  // namespace arigate::ari
