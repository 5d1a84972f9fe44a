#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/bridge.hpp"
#include "ops/control.hpp"
#include "ops/lines.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// How a channel takes part in a bridge: what addChannel asked for.
struct MemberOptions {
  bool announcer = false;  ///< Of a holding bridge: speaks to those who wait.
  bool absorb_dtmf = false;
  bool mute = false;
  bool keep_connected_line = false;  ///< Neither it nor its peer is told who the other one is.
  bool listener = false;  ///< A leg of ours that records: it hears everything and never waits.
};

/// The PBX's name of the conference that stands for a bridge.
std::string room_name(const World& world, const model::Bridge& bridge);
/// What the channel's next conference is to be like, as variables of the channel; none on 1.8.
std::vector<std::pair<std::string, std::string>> room_variables(const World& world,
                                                                const model::Bridge& bridge,
                                                                const MemberOptions& options);
/// The arguments of ConfBridge().
std::string room_arguments(const World& world, const model::Bridge& bridge,
                           const MemberOptions& options);

/// The commands that put a channel into the room of a bridge on this PBX.
struct RoomLines {
  Lines before;          ///< What the channel's next conference is to be like.
  std::string blocking;  ///< Stays there; "": nothing has to be there, the channel is idle.
  Lines after;           ///< For an idle one, when it is called away.
};
RoomLines room_lines(const World& world, const model::Bridge& bridge, const MemberOptions& options);
/// Whether those who wait in the bridge are out of its room, each with music of its own, for as
/// long as nobody speaks to them. Conferences of Asterisk 1.8 can play that music themselves, but
/// the PBX may lock up when they stop it (seen: 1.8, ConfBridge(room,wM) as many leave at once),
/// and who is marked there lets those who wait hear each other.
bool waits_outside(const World& world, const model::Bridge& bridge);
/// The commands for who waits so. The music's class is one that start_moh_lines() takes.
RoomLines waiting_lines(const std::string& music_class);

/// The rest of a member: in the room, until it is called away.
///
///   setting up --last reply--> in the room --call_away--> pulled out --reply--> done
///   in the room --reply--> done, and the owner is told: somebody else has put it out, or it hung
///   up
class RoomRest : public RestingJob {
 public:
  struct Hooks {
    std::function<void()> goes_in;                    ///< The line that blocks is on its way.
    std::function<void()> pull_out;                   ///< End it; the reply comes back to on().
    std::function<void(const agi::Reply&)> is_out;    ///< It has ended as we wanted.
    std::function<void(const agi::Reply&)> fell_out;  ///< It has ended by itself.
    bool by_new_line = false;  ///< pull_out gives the channel another line; this one is lost.
  };

  RoomRest(RoomLines lines, Hooks hooks) : lines_{std::move(lines)}, hooks_{std::move(hooks)} {}

  Step start(TimePoint) override { return go_in(); }
  Step on(const agi::Reply& reply, TimePoint) override;
  Step call_away(TimePoint) override;
  /// The PBX has taken it out by way of the re-entry context: the reply never comes.
  Step on_new_line(TimePoint) override;
  void abandon(const Error&) override {}

 private:
  enum class State : std::uint8_t { setting_up, in_room, idle, going };
  Step go_in();
  Step go_out();

  RoomLines lines_;
  Hooks hooks_;
  State state_ = State::setting_up;
  bool called_away_ = false;
};

}  // namespace arigate::ops
