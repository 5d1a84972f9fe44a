#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/entrance.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// The variable in which a channel of a PBX that takes no ids carries the one that ARI knows it by.
inline constexpr const char* carried_id = "ARIGATE_CHANNEL";

/// What POST /channels asks for. Either an application or a place in the dialplan.
struct OriginateRequest {
  std::string endpoint;  ///< "SIP/alice"; goes to the PBX as it is.
  std::optional<Destination> application;
  std::string context;
  std::string exten;
  std::string priority;  ///< Number or label; "" is 1.
  std::string caller_id;
  long timeout_s = 30;  ///< -1: no end.
  std::string formats;
  ChannelId channel;        ///< "" makes one.
  ChannelId other_channel;  ///< Second leg of a Local channel, where the PBX takes ids.
  ChannelId originator;     ///< Whom it is called for; "" for nobody.
  std::vector<std::pair<std::string, std::string>> variables;
  std::vector<std::string> reported;  ///< Names of those to be shown with every event.
};

/// Originates over AMI and waits until the channel exists. The id is ours on every PBX: where the
/// PBX takes ids it becomes the channel's own, elsewhere the first VarSet of the new channel ties
/// it to ours. Returns the id. Errc::conflict: the id is taken. Errc::refused_by_pbx: no channel
/// could be made (unknown technology or endpoint). Errc::bad_request: a value cannot be sent.
boost::asio::awaitable<Result<model::Channel>> originate(World& world, Entrance& entrance,
                                                         OriginateRequest request);

}  // namespace arigate::ops
