#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace arigate {

/// A string that cannot be mistaken for another kind of id.
template <class Tag>
struct Id {
  std::string value;
  auto operator<=>(const Id&) const = default;
};

using Uniqueid = Id<struct UniqueidTag>;      ///< AMI Uniqueid: the PBX's own name of a channel.
using ChannelId = Id<struct ChannelIdTag>;    ///< ARI channel id; most often equal to the Uniqueid.
using PlaybackId = Id<struct PlaybackIdTag>;  ///< ARI playback id.
using BridgeId = Id<struct BridgeIdTag>;      ///< ARI bridge id; BridgeUniqueid where AMI has it.
using RecordingName = Id<struct RecordingNameTag>;  ///< Name of a recording; may hold folders.
using AppName = Id<struct AppNameTag>;              ///< Name of an ARI application.

}  // namespace arigate

template <class Tag>
struct std::hash<arigate::Id<Tag>> {
  std::size_t operator()(const arigate::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
