#pragma once

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "model/store.hpp"

namespace arigate::ari {

/// Handlers of /bridges: those that the dialplan makes are listed as they are.
class BridgeResource {
 public:
  explicit BridgeResource(const model::Store& store) : store_{store} {}
  void serve(Router& router);

 private:
  Response list(const Request& request) const;
  Response get(const Request& request) const;

  const model::Store& store_;
};

}  // namespace arigate::ari
