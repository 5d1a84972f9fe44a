#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "ari/asterisk.hpp"
#include "ops/world.hpp"

namespace arigate::app {

/// Asks the PBX what GET /asterisk/info shows. What it does not tell stays "".
boost::asio::awaitable<ari::PbxFacts> read_pbx_facts(ops::World& world);

/// A stable id in the form of native's (a MAC address), for PBXs that have none.
std::string invented_entity_id(std::string_view seed);

}  // namespace arigate::app
