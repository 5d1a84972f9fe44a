#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ops/tone_watch.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of /channels/{channelId}/variable and …/variables.
class ChannelVariables {
 public:
  explicit ChannelVariables(ops::World& world) : world_{world} {}
  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;
  Later get_one(Request request);
  Later set_one(Request request);
  Later get_several(Request request);
  Later set_several(Request request);

  boost::asio::awaitable<Result<void>> set(ChannelId channel, std::string name, std::string value,
                                           bool report);

  ops::World& world_;
  ops::ToneWatch tones_{world_};
};

}  // namespace arigate::ari
