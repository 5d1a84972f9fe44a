#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ops/modules.hpp"
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
  std::string build_options, run_user, run_group;
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

  // asterisk_modules.cpp
  void serve_modules(Router& router);
  Later list_modules(Request request);
  Later get_module(Request request);
  Later load_module(Request request);
  Later unload_module(Request request);
  Later reload_module(Request request);
  boost::asio::awaitable<Result<std::optional<ops::Module>>> running_module(std::string name);

  // asterisk_logging.cpp
  void serve_logging(Router& router);
  Later list_log_channels(Request request);
  Later add_log_channel(Request request);
  Later delete_log_channel(Request request);
  Later rotate_log_channel(Request request);

  Later get_object(Request request);

  /// The 501 that says why, where the PBX cannot do it.
  Response answer_to(const Request& request, const Error& error) const;

  ops::World& world_;
  const PbxFacts& facts_;
  const Router* router_ = nullptr;  ///< Which knows the 501 of each operation.
};

}  // namespace arigate::ari
