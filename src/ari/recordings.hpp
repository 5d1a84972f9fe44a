#pragma once

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ops/record.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of /recordings. Statuses and messages are native's.
class RecordingResource {
 public:
  RecordingResource(ops::World& world, ops::Recordings& recordings)
      : world_{world}, recordings_{recordings} {}

  void serve(Router& router);

 private:
  Response get_live(const Request& request) const;
  Response control(const Request& request, ops::RecordingControl what);

  ops::World& world_;
  ops::Recordings& recordings_;
};

}  // namespace arigate::ari
