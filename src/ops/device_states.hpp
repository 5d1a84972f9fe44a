#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/world.hpp"

namespace arigate::ops {

/// The states of devices, as /deviceStates has them. ARI's own devices, `Stasis:x`, are custom ones
/// on the PBX, `Custom:x`: so a hint for Custom:x shows what an application sets, and they outlive
/// both programs.

/// Name of an own device without its scheme, "x" of "Stasis:x" in any case; nullopt: not one.
std::optional<std::string> own_device(std::string_view device);

/// One of ARI's names of states, in the spelling of the PBX; "" for a text that is none.
std::string_view settable_state(std::string_view text);

/// Errc::not_supported: the PBX lacks the function DEVICE_STATE.
boost::asio::awaitable<Result<std::string>> device_state(World& world, std::string device);

/// `name` as of own_device(), `state` as of settable_state().
boost::asio::awaitable<Result<void>> set_device_state(World& world, std::string name,
                                                      std::string state);

/// Natively it is no error when there is none of that name.
boost::asio::awaitable<Result<void>> delete_device(World& world, std::string name);

/// Own devices and their states, in the order of their names.
boost::asio::awaitable<Result<std::vector<std::pair<std::string, std::string>>>> list_devices(
    World& world);

/// Asks for the states of these devices and tells the model, which tells what has changed. For PBXs
/// that have no event for it.
boost::asio::awaitable<void> poll_devices(World& world, std::vector<std::string> devices);

}  // namespace arigate::ops
