#include "ari/bridges.hpp"

#include <string>
#include <utility>

#include "ari/errors.hpp"
#include "ari/snapshots.hpp"

namespace arigate::ari {

void BridgeResource::serve(Router& router) {
  router.on(Operation::bridges_list,
            SyncHandler{[this](const Request& request) { return list(request); }});
  router.on(Operation::bridges_get,
            SyncHandler{[this](const Request& request) { return get(request); }});
}

Response BridgeResource::list(const Request&) const {
  std::string body = "[";
  store_.each_bridge([&](const model::Bridge& bridge) {
    if (body.size() > 1) body += ',';
    append_bridge(body, bridge);
  });
  body += ']';
  return json_response(std::move(body));
}

Response BridgeResource::get(const Request& request) const {
  const auto* bridge = store_.find(BridgeId{std::string{request.path("bridgeId")}});
  if (bridge == nullptr) return message_response(404, "Bridge not found");
  std::string body;
  append_bridge(body, *bridge);
  return json_response(std::move(body));
}

}  // namespace arigate::ari
