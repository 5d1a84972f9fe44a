#pragma once

#include "ari/applications.hpp"
#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ops/admission.hpp"

namespace arigate::ari {

/// Handlers of /applications and of of POST /events.
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
  /// Who decides which application gets a channel that is offered to several.
  void use(ops::Admission& admission) { admission_ = &admission; }

 private:
  Response subscribe(const Request& request);
  Response unsubscribe(const Request& request);
  Response filter(const Request& request);
  Response user_event(const Request& request);
  Response claim(const Request& request);
  bool find_endpoint(std::string_view name, std::string& out) const;
  Response shown(const Request& request) const;

  Applications& applications_;
  const model::Store& store_;
  Snapshots& snapshots_;
  EventWriter& writer_;
  const Clock& clock_;
  ops::Admission* admission_ = nullptr;
};

}  // namespace arigate::ari
