#pragma once

#include <boost/asio/awaitable.hpp>

#include "ari/media_requests.hpp"
#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ari/variable_settings.hpp"
#include "ops/bridge_media.hpp"
#include "ops/bridges.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of /bridges. Those that the dialplan makes are listed as they are; what changes a
/// bridge is for those of applications.
class BridgeResource {
 public:
  BridgeResource(ops::World& world, ops::Bridges& bridges, ops::BridgeMedia& sounds,
                 MediaRequests& media)
      : world_{world}, bridges_{bridges}, sounds_{sounds}, media_{media} {}
  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;

  Response list(const Request& request);
  Response get(const Request& request);
  Response create(const Request& request);
  Later destroy(Request request);
  Later add_channel(Request request);
  Later remove_channel(Request request);
  Response get_variable(const Request& request);
  Response get_variables(const Request& request);
  Response set_variable(const Request& request);
  Response set_variables(const Request& request);
  Result<void> set(const Request& request, const VariableSetting& setting);
  Later play(Request request);
  Later record(Request request);
  Later start_moh(Request request);
  Response stop_moh(const Request& request);
  Later set_video_source(Request request);
  Response clear_video_source(const Request& request);

  ops::World& world_;
  ops::Bridges& bridges_;
  ops::BridgeMedia& sounds_;
  MediaRequests& media_;
};

}  // namespace arigate::ari
