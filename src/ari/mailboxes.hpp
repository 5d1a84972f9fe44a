#pragma once

#include <boost/asio/awaitable.hpp>

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of /mailboxes.
class MailboxResource {
 public:
  explicit MailboxResource(ops::World& world) : world_{world} {}
  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;

  Later list(Request request);
  Later get(Request request);
  Later update(Request request);
  Later remove(Request request);

  ops::World& world_;
};

}  // namespace arigate::ari
