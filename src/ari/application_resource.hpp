#pragma once

#include "ari/applications.hpp"
#include "ari/request.hpp"
#include "ari/router.hpp"

namespace arigate::ari {

/// Handlers of /applications and of POST /events/user/{eventName}.
class ApplicationResource {
 public:
  ApplicationResource(Applications& applications, const model::Store& store, Snapshots& snapshots,
                      EventWriter& writer, const Clock& clock)
      : applications_{applications},
        store_{store},
        snapshots_{snapshots},
        writer_{writer},
        clock_{clock} {}
  void serve(Router& router);

 private:
  Response get(const Request& request) const;
  Response subscribe(const Request& request);
  Response unsubscribe(const Request& request);
  Response filter(const Request& request);
  Response user_event(const Request& request);
  Response shown(const Request& request) const;

  Applications& applications_;
  const model::Store& store_;
  Snapshots& snapshots_;
  EventWriter& writer_;
  const Clock& clock_;
};

}  // namespace arigate::ari
