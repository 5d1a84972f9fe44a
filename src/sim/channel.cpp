#include "sim/channel.hpp"

#include <array>
#include <utility>

namespace arigate::sim {

std::string_view name_of(ChannelState state) {
  switch (state) {
    case ChannelState::down:
      return "Down";
    case ChannelState::ring:
      return "Ring";
    case ChannelState::ringing:
      return "Ringing";
    case ChannelState::up:
      return "Up";
    case ChannelState::busy:
      return "Busy";
  }
  return "Unknown";
}

std::string_view cause_text(int cause) {
  static constexpr std::array<std::pair<int, std::string_view>, 19> texts{{
      {1, "Unallocated (unassigned) number"},
      {3, "No route to destination"},
      {16, "Normal Clearing"},
      {17, "User busy"},
      {18, "No user responding"},
      {19, "User alerting, no answer"},
      {20, "Subscriber absent"},
      {21, "Call Rejected"},
      {26, "Answered elsewhere"},
      {27, "Destination out of order"},
      {28, "Invalid number format"},
      {31, "Normal, unspecified"},
      {34, "Circuit/channel congestion"},
      {38, "Network out of order"},
      {41, "Temporary failure"},
      {42, "Switching equipment congestion"},
      {44, "Requested channel not available"},
      {58, "Bearer capability not available"},
      {127, "Interworking, unspecified"},
  }};
  for (const auto& [number, text] : texts) {
    if (number == cause) return text;
  }
  return "Unknown";
}

}  // namespace arigate::sim
