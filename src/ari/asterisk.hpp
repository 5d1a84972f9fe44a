#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// What the PBX says of itself; read once after each login. "" where it does not tell.
struct PbxFacts {
  std::string version;  ///< "16.28.0~dfsg-0+deb11u4"
  std::string system_name;
  std::string entity_id;
  std::string build_date, build_user, build_machine, build_os, build_kernel;
  std::string startup_time, reload_time;  ///< As ARI shows times.
  std::string max_calls, max_load;
  std::string default_language = "en";
};

/// Handlers of /asterisk.
class AsteriskResource {
 public:
  AsteriskResource(ops::World& world, const PbxFacts& facts) : world_{world}, facts_{facts} {}
  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;
  Response info(const Request& request) const;
  Response ping() const;
  Later get_variable(Request request);
  Later set_variable(Request request);

  ops::World& world_;
  const PbxFacts& facts_;
};

}  // namespace arigate::ari
