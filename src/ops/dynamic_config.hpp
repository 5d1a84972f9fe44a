#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

using ConfigFields = std::vector<std::pair<std::string, std::string>>;

/// The name of a configuration attribute from the header that AMI shows it under: "SrtpTag32" is
/// srtp_tag_32, "G726NonStandard" is g726_non_standard, "100rel" is 100rel.
std::string attribute_name(std::string_view header);

/// One object of the PBX's dynamic configuration, its attributes in the PBX's order.
/// Errc::not_found with native's text for a class, type or object that is not there;
/// Errc::not_supported for a type of res_pjsip that AMI does not show.
boost::asio::awaitable<Result<ConfigFields>> find_config_object(World& world,
                                                                std::string config_class,
                                                                std::string object_type,
                                                                std::string id);

}  // namespace arigate::ops
