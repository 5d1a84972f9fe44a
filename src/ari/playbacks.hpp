#pragma once

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ops/play.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of /playbacks.
class PlaybackResource {
 public:
  PlaybackResource(ops::World& world, ops::Playbacks& playbacks)
      : world_{world}, playbacks_{playbacks} {}
  void serve(Router& router);

 private:
  Response get(const Request& request) const;
  Response stop(const Request& request);
  Response control(const Request& request);

  ops::World& world_;
  ops::Playbacks& playbacks_;
};

}  // namespace arigate::ari
