#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "ops/world.hpp"

namespace arigate::ops {

struct Mailbox {
  std::string name;
  long old_messages = 0;
  long new_messages = 0;
};

// Mailboxes kept from outside (res_mwi_external_ami) where the PBX has that module; else the boxes
// of its own voicemail, which can be read only. Errc::not_supported where it has neither.

boost::asio::awaitable<Result<std::vector<Mailbox>>> list_mailboxes(World& world);
/// Errc::not_found: there is no such box.
boost::asio::awaitable<Result<Mailbox>> get_mailbox(World& world, std::string name);
/// Makes the box if there is none.
boost::asio::awaitable<Result<void>> set_mailbox(World& world, Mailbox mailbox);
boost::asio::awaitable<Result<void>> delete_mailbox(World& world, std::string name);

}  // namespace arigate::ops
