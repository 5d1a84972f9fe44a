#pragma once

#include <boost/json/array.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ari/event_log.hpp"
#include "ari/event_socket.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"

namespace arigate::ari {

/// The kinds of things that an application can be told of.
enum class SourceKind : std::uint8_t { channel, bridge, endpoint, device };
inline constexpr std::size_t source_kinds = 4;

/// What an application is subscribed to, of one kind. As natively a thing may be subscribed to
/// several times: by requests, and by what the application does with it.
struct Interests {
  bool all = false;  ///< "channel:", subscribeAll.
  std::map<std::string, int, std::less<>> counts;

  bool contains(std::string_view id) const { return counts.contains(id); }
  bool empty() const { return !all && counts.empty(); }
};

/// Event types let through, and held back; both empty lets all through.
struct EventFilter {
  boost::json::array allowed, disallowed;  ///< As they were given, for the answers.
  std::set<std::string, std::less<>> allowed_types, disallowed_types;

  bool passes(std::string_view type) const {
    return !disallowed_types.contains(type) &&
           (allowed_types.empty() || allowed_types.contains(type));
  }
};

/// How several sockets have one application: not, each gets all, each call goes to one of them.
enum class Sharing : std::uint8_t { none, all, one };

/// One socket of an application.
struct Member {
  EventSocket* socket = nullptr;
  bool resume = false;    ///< Wants the token of each event.
  std::size_t calls = 0;  ///< Channels that it has, with Sharing::one.
};

/// One ARI application: who listens, to what, and what it may still have to be told.
struct Application {
  AppName name;
  std::string tail;  ///< ,"application":"NAME"
  std::vector<Member> members;
  Sharing sharing = Sharing::none;
  Interests interests[source_kinds];
  EventFilter filter;
  std::unique_ptr<EventLog> log;  ///< From the first client on that asks for it.
  TimePoint log_until = TimePoint::max();
  std::unordered_map<ChannelId, EventSocket*> owners;  ///< With Sharing::one.
  std::uint64_t last_event = 0;  ///< Serial number of the last event it was given.

  Interests& of(SourceKind kind) { return interests[static_cast<std::size_t>(kind)]; }
  const Interests& of(SourceKind kind) const { return interests[static_cast<std::size_t>(kind)]; }
  Member* member(const EventSocket* socket) {
    for (auto& each : members) {
      if (each.socket == socket) return &each;
    }
    return nullptr;
  }
  bool over() const {
    if (!members.empty() || log) return false;
    for (const auto& kind : interests) {
      if (!kind.empty()) return false;
    }
    return true;
  }
};

}  // namespace arigate::ari
