#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "ari/asterisk.hpp"
#include "ops/world.hpp"

namespace arigate::app {

/// Asks the PBX what GET /asterisk/info shows. What it does not tell stays "".
boost::asio::awaitable<ari::PbxFacts> read_pbx_facts(ops::World& world);

/// Whether a PBX of that version ("16.28.0~dfsg-0+deb11u4", "certified/16.8-cert14") puts digits
/// into a channel as if its phone had sent them: PlayDTMF has its header Receive since 13.30, 16.7
/// and 17.1, and ignores it before.
bool receives_digits(std::string_view version);

/// A stable id in the form of native's (a MAC address), for PBXs that have none.
std::string invented_entity_id(std::string_view seed);

}  // namespace arigate::app
