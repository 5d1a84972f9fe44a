#pragma once

#include <boost/asio/awaitable.hpp>

#include "ari/media_requests.hpp"
#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ari/snapshots.hpp"
#include "ops/digits.hpp"
#include "ops/entrance.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of /channels: parameters in, one operation, its outcome as an answer. Statuses and
/// messages are native's (protocol/ari/resources/channels.json).
class Channels {
 public:
  Channels(ops::World& world, ops::Entrance& entrance, MediaRequests& media, Snapshots& snapshots)
      : world_{world}, entrance_{entrance}, media_{media}, snapshots_{snapshots} {}

  /// Puts every handler into the router's table.
  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;

  Response list(const Request& request);
  Response get(const Request& request);
  Later hangup(Request request);
  Later answer(Request request);
  Later ring(Request request);
  Later ring_stop(Request request);
  Later progress(Request request);
  Response dtmf(const Request& request);
  Later start_moh(Request request);
  Later stop_moh(Request request);
  Later start_silence(Request request);
  Later stop_silence(Request request);
  Response play(const Request& request);
  Later record(Request request);
  Later continue_in_dialplan(Request request);
  Response move(const Request& request);

  Later commands(Request request, std::deque<std::string> lines);
  void tell_of_media(const ChannelId& channel, std::deque<std::string>& lines) const;

  ops::World& world_;
  ops::Entrance& entrance_;
  MediaRequests& media_;
  ops::DigitSender digits_{world_};
  Snapshots& snapshots_;
};

}  // namespace arigate::ari
