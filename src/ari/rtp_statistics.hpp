#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ops/rtp_statistics.hpp"

namespace arigate::ari {

/// Members of an RTPstat that the drivers of the PBX count, by the same names.
std::vector<std::string_view> rtp_counter_names();

/// The RTPstat of a channel.
std::string rtp_statistics_json(const ops::RtpCounters& counters, std::string_view channel);

}  // namespace arigate::ari
