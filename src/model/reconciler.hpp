#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "agi/environment.hpp"
#include "ami/dialect.hpp"
#include "ami/message.hpp"
#include "ami/snapshot.hpp"
#include "model/change.hpp"
#include "model/device_states.hpp"
#include "model/room_name.hpp"
#include "model/store.hpp"

namespace arigate::model {

/// What the reconciler must know of the set-up.
struct ReconcilerOptions {
  std::vector<std::string> channelvars;      ///< Variables that ARI shows with a channel.
  std::string dialplan_context = "arigate";  ///< Context of our own; never shown.
  std::string fastagi_port = "4573";         ///< AGI URLs with this port are taken for ours.
  std::string fastagi_advertised;            ///< "host:port" that is ours for sure.
};

/// The only writer of the model. It takes what AMI and AGI tell and what our own operations did,
/// in the order of arrival, changes the Store and reports each Change to the sink.
///
/// A channel has these stages; every input is legal in every stage:
///   unknown --Newchannel or list row--> unannounced --(id known)--> announced --Hangup--> gone
///                                        announced --enter--> in application --leave--> announced
/// PBXs that take no ids (old dialects) leave a channel `unannounced` until it is clear whether it
/// is one that we originated: its first VarSet says so (seen: 0–1 ms after Newchannel). Then
/// ChannelCreated comes, and what was held back. Hangup of a channel in an application gives
/// StasisEnd before ChannelDestroyed.
class Reconciler {
 public:
  /// Hangups in doubt that are remembered until the next list.
  static constexpr std::size_t doubted_max = 1'000;
  /// Variables that report_events may show with one channel.
  static constexpr std::size_t reported_max = 100;
  /// Most channels that may be expected, originated but not yet seen.
  static constexpr std::size_t expected_max = 10'000;
  /// Uniqueids of ended channels that are remembered, so that a late or repeated event makes none
  /// of them again.
  static constexpr std::size_t ended_max = 2'000;
  /// OriginateResponses kept for channels that AMI has not told yet (seen: 27 in 2,800).
  static constexpr std::size_t early_responses_max = 1'000;
  /// VarSets held back for one channel that is not identified yet; more of them announce it.
  static constexpr std::size_t held_back_max = 256;
  /// Inheritable variables kept of one channel, and the bytes of their names and values together.
  static constexpr std::size_t inheritable_max = 32, inheritable_bytes_max = 16 * 1024;

  Reconciler(Store& store, ChangeSink& sink, ReconcilerOptions options);

  /// The link is up and speaks this dialect.
  void use(const ami::Dialect& dialect);
  void set_options(ReconcilerOptions options) { options_ = std::move(options); }

  void apply(const ami::Message& event, WallTime now);

  /// Ends the waiting of what came before `before`: channels that wait to be identified, calls that
  /// were unlinked and may be linked again at once. Old dialects only.
  void decide(WallTime before, WallTime now);
  bool has_undecided() const { return !unannounced_.empty() || !unlinked_.empty(); }

  // A list of all channels: begin_list() before it is asked for, apply_list() when all rows are in.
  // What events told since begin_list() wins over the rows.
  void begin_list();
  void apply_list(std::span<const ami::Message> rows, WallTime now) {
    apply_list(rows, nullptr, now);
  }
  /// `bridges`: the rows of BridgeList; nullptr where the PBX has no such list.
  void apply_list(std::span<const ami::Message> rows, const std::vector<ami::Message>* bridges,
                  WallTime now);
  /// The list did not come whole: nothing changes.
  void abandon_list();
  /// A Hangup that the PBX did not confirm. If the next list shows that the channel is gone after
  /// all, it ended for this cause.
  void doubt(const ami::Message& event);
  /// The PBX went away or was started anew: what it had up to that event has ended.
  void end_all(std::uint64_t up_to, WallTime now);
  /// Number of the last event.
  std::uint64_t serial() const { return serial_; }
  /// An event of a channel that nothing else told of has come: a list would tell.
  bool take_gap() { return std::exchange(gap_, false); }

  // The same for the endpoints of one technology.
  void begin_endpoints() { endpoint_list_serial_ = serial_; }
  /// `rows`: the items of PJSIPShowEndpoints, SIPpeers or IAXpeerlist; none where the PBX does not
  /// have the technology.
  void apply_endpoints(std::string_view technology, std::span<const ami::Message> rows,
                       WallTime now);

  // --- devices ---------------------------------------------------------------------------------

  /// ARI has set `Stasis:name`, or somebody is subscribed to it.
  void own_device(const std::string& name) { devices_.own(name); }
  /// The same for one that may have been deleted before.
  void watch_device(const std::string& name) {
    if (!devices_.deleted(name)) devices_.own(name);
  }
  /// This state is being set on the PBX's device; "" when that is over.
  void expect_device(const std::string& device, const std::string& state) {
    devices_.expect(device, state);
  }
  /// It is about to be deleted, and has been.
  void leave_device(const std::string& name) { devices_.leave(name); }
  void delete_device(const std::string& name, WallTime now);
  bool deleted_device(std::string_view name) const { return devices_.deleted(name); }
  /// What was asked of a PBX that does not tell by itself; `device` as the PBX calls it. `set`: we
  /// have set it, so it counts as news even when no state was known before.
  void device_state(std::string_view device, std::string_view state, bool set, WallTime now);

  // --- what our own operations do -------------------------------------------------------------

  /// An Originate is about to be sent. `token`: value of ARIGATE_ID, for PBXs that take no ids.
  /// `other`: id for the far half of a Local pair, if it shall have one. `reported`: variables that
  /// it shows with every event behind its ChannelCreated.
  Result<void> expect(const ChannelId& id, const std::string& token, std::string dialstring,
                      ChannelId other = {}, std::vector<std::string> reported = {});
  /// It failed without a channel, or its time is over.
  void forget_expected(const ChannelId& id);
  /// A channel has this id, be it one that ARI does not show, or is about to have it.
  bool taken(const ChannelId& id) const;
  /// A PBX that takes no ids has this channel since before we came; what it carries tells its id.
  /// Good for the list that is being read.
  void remember_id(std::string_view uniqueid, ChannelId id);
  /// What is known of a bridge of an application that the list under way may show anew.
  void remember_bridge(Bridge bridge);
  /// The rows of ParkedCalls, for the list under way. PBXs before Asterisk 12 only.
  void remember_parked(std::span<const ami::Message> rows);

  /// The near half of this leg is to be shown as a channel with this id and name, up from its
  /// start. Errc::conflict: the id is taken.
  Result<void> show_leg(const std::string& token, const ChannelId& id, std::string name);
  void forget_leg(const std::string& token) { shown_legs_.erase(token); }

  /// A channel that the PBX does not have yet: `channel` holds its id, name and place. It becomes
  /// the one that an Originate expected by expect_dial() makes. Errc::conflict: the id is taken.
  Result<void> create(Channel channel, WallTime now);
  /// It is in its application from the start: StasisStart.
  void enter_created(const ChannelId& id, const AppName& application,
                     const std::vector<std::string>& arguments, WallTime now);
  void set_created_variable(const ChannelId& id, std::string_view name, std::string_view value,
                            WallTime now);
  Result<void> expect_dial(const ChannelId& id, const std::string& token, std::string dialstring,
                           ChannelId other);
  /// The PBX never had it, or could not make it.
  void destroy_created(const ChannelId& id, int cause, std::string_view text, WallTime now);
  /// Its AGI session has come.
  void answered(const ChannelId& id, const agi::Environment& environment);

  /// Shows a variable with every event about the channel, once it has been set: at once then, else
  /// from the next snapshot on. Errc::overloaded: too many of them.
  Result<void> report_variable(const ChannelId& id, const std::string& name, bool at_once = true);
  /// What a function that is reported was set to; no event tells it.
  void set_reported(const ChannelId& id, std::string_view name, std::string_view value);
  /// The next snapshot does not have it any more, unless the configuration wants it.
  void forget_reported(const ChannelId& id, std::string_view name);

  /// A FastAGI session is under the control of an application: StasisStart.
  void enter(const ChannelId& id, const AppName& application,
             const std::vector<std::string>& arguments, const agi::Environment& environment,
             WallTime now);
  /// The session ended: StasisEnd, if the channel is in an application. `status_follows`: we set
  /// STASISSTATUS then, and AMI is about to tell so.
  void leave(const ChannelId& id, WallTime now, bool status_follows = false);
  /// StasisEnd of one application, StasisStart of the other.
  void move(const ChannelId& id, const AppName& application,
            const std::vector<std::string>& arguments, WallTime now);
  void move_failed(const ChannelId& id, std::string_view destination,
                   const std::vector<std::string>& arguments, WallTime now);
  /// The PBX hangs up and sends no event of its own for that: on our request, which is `soft`, or,
  /// before Asterisk 11, for any reason.
  void hangup_requested(const ChannelId& id, std::optional<int> cause, bool soft, WallTime now);

  /// We have set a function of the channel. Before Asterisk 12 nothing tells of most of them.
  void function_set(const ChannelId& id, std::string_view function, std::string_view value,
                    WallTime now);

  /// We are about to send the channel this digit as if its phone had; ARI shows nothing of it.
  void expect_own_digit(const ChannelId& id, std::string digit, WallTime now);

  /// The language that a playback sets on a channel for as long as it lasts; it is not shown, not
  /// even by events that come late. "" when it has ended.
  void hide_language(const ChannelId& id, std::string_view language);

  /// What an action told that no event tells.
  void tone_detected(const ChannelId& id, WallTime now);
  void set_protocol_id(const ChannelId& id, std::string_view protocol_id);

  // Bridges of applications: see reconciler_rooms.cpp.
  /// Its id, name, kind and video mode are given, the rest is as native has it. Errc::conflict: the
  /// id is taken. Errc::overloaded.
  Result<void> add_own_bridge(Bridge bridge, WallTime now);
  /// Whoever is still in it leaves first.
  void destroy_own_bridge(const BridgeId& id, WallTime now);
  void set_bridge_variable(const BridgeId& id, BridgeVariable variable);
  /// "" lets it follow whoever speaks.
  void set_video_source(const BridgeId& id, const ChannelId& channel, WallTime now);
  /// Whoever talks is seen again; as natively that shows with the next change of the bridge.
  void clear_video_source(const BridgeId& id);
  /// The channel belongs to this bridge from now on: it enters when the PBX has it in the room.
  void join(const ChannelId& id, const BridgeId& bridge, WallTime now);
  /// It belongs to none any more: it leaves when the PBX has let it out of the room.
  void part(const ChannelId& id, WallTime now);
  /// Shows it in the bridge that it belongs to although it is in no room.
  void enter_in_name(const ChannelId& id, WallTime now);
  /// What the PBX does without telling (1.8), or told while we could not listen.
  void enter_room(const ChannelId& id, WallTime now);
  void leave_room(const ChannelId& id, WallTime now);

  /// Gives the key that the others take: its id, or another where a playback has that id already.
  PlaybackId add_playback(Playback playback);
  void set_playback(const PlaybackId& key, PlaybackState state, std::string_view media_uri,
                    std::string_view next_media_uri, WallTime now);
  /// Without telling anybody.
  void show_playback(const PlaybackId& key, PlaybackState state);
  /// done and failed playbacks are told, then dropped.
  void end_playback(const PlaybackId& key, PlaybackState state, WallTime now);

  /// Errc::conflict when one of that name is under way.
  Result<void> add_recording(LiveRecording recording);
  /// Told when it begins; pauses are not.
  void set_recording(const RecordingName& name, RecordingState state, WallTime now);
  /// As it is at its end: told, then dropped.
  void end_recording(LiveRecording ended, WallTime now);

 private:
  struct Expected {
    ChannelId id;
    std::string dialstring;
    ChannelId other;
    std::vector<std::string> reported;
  };
  struct OriginatedApplication {
    std::string application, data;
  };
  struct HeldBack {  // what an unannounced channel's first events said
    WallTime since;
    std::vector<std::pair<std::string, std::string>> varsets;
  };

  struct ShownLeg {
    ChannelId id;
    std::string name;
  };

  /// What rows of a list change and events tell.
  struct Shown {
    ChannelState state = ChannelState::down;
    Party caller, connected;
    DialplanPlace dialplan;
  };

  /// Two that an old PBX unlinked; if it links them again at once nothing has happened.
  struct Unlinked {
    BridgeId bridge;
    WallTime since;
  };

  template <class What>
  void emit(const What& what, WallTime now) {
    if (!telling_) return;
    const Change change{what};
    if (hidden_count_ > 0) {
      const Channel* subject = subject_of(change);
      if (subject != nullptr && subject->hidden) return;
    }
    sink_.on(change, now);
  }

  Channel* known(const ami::Message& event, ami::Role role, WallTime now);
  using Lent = std::vector<Channel>;
  const Channel* lend(const ami::Message& event, ami::Role role, Lent& lent, WallTime now);
  void give_back(const Lent& lent);
  Channel* create(const ami::Snapshot& snapshot, WallTime now);
  void hide(Channel& channel);
  void take_leg(Channel& channel, std::string_view token, WallTime now);
  void take_snapshot(Channel& channel, const ami::Snapshot& snapshot);
  void show_variables(Channel& channel);
  void derive_variables(Channel& channel);
  void take_variables(Channel& channel, const ami::Message& event, ami::Role role);
  void announce(Channel& channel, WallTime now);
  static ToldVariables& told_variables_of(Channel& channel);
  static bool was_told(Channel& channel, std::string_view name, std::string_view value);
  void be_born(Channel& unborn, Channel* made, WallTime now);
  void begin_originated(Channel& channel, std::string dialstring, WallTime now);
  void tell_busy_half(const Channel& half, WallTime now);
  std::string_view status_by_far_half(const Channel& half) const;
  void tell_untold_request(Channel& channel, int cause, WallTime now);
  void tell_due_dial(Channel& channel, WallTime now);
  void announce_far_half(const Channel& half, const ChannelId& id, WallTime now);
  void learn_from_near_half(Channel& half, WallTime now);
  bool own_context(std::string_view context) const { return context == options_.dialplan_context; }
  std::optional<std::string> own_agi(std::string_view app, std::string_view data) const;
  void set_variable(Channel& channel, std::string_view name, std::string_view value);
  static void keep_inheritable(Channel& channel, std::string_view name, std::string_view value);
  void touch(Channel& channel) { channel.touched = serial_; }

  void on_newchannel(const ami::Message& event, WallTime now);
  void on_newstate(const ami::Message& event, WallTime now);
  void on_newexten(const ami::Message& event, WallTime now);
  void on_newcallerid(const ami::Message& event, WallTime now);
  void on_newconnectedline(const ami::Message& event, WallTime now);
  void on_newaccountcode(const ami::Message& event);
  void on_rename(const ami::Message& event, WallTime now);
  void on_varset(const ami::Message& event, WallTime now);
  void on_hangup_request(const ami::Message& event, bool soft, WallTime now);
  void on_hangup(const ami::Message& event, WallTime now);
  void on_dtmf(const ami::Message& event, WallTime now);
  void on_dtmf_end(const ami::Message& event, WallTime now);
  void on_dial(const ami::Message& event, WallTime now);
  void on_agent_called(const ami::Message& event, WallTime now);
  void begin_dial(Channel* caller, Channel& peer, std::string_view app, std::string_view dialstring,
                  WallTime now);
  Channel* queue_caller_of(const Channel& leg, const ami::Snapshot& snapshot);
  Channel* told_of(std::string_view uniqueid);
  void end_dials_of(const ChannelId& caller, std::string_view status, WallTime now);
  void take_connected(Channel& channel, const ami::Snapshot& snapshot, WallTime now);
  void on_old_newstate(const ami::Message& event, WallTime now);
  void on_bridge(const ami::Message& event, WallTime now);
  void on_link(const ami::Message& event, WallTime now);
  void on_unlink(const ami::Message& event, WallTime now);
  static BridgeId link_id(const Channel& one, const Channel& two);
  void link(Channel& one, Channel& two, WallTime now);
  void decide_unlinked(const ami::Message& event, WallTime now);
  void end_linked(const BridgeId& id, WallTime now);
  void on_conference(const ami::Message& event, bool enters, WallTime now);
  void on_conference_end(const ami::Message& event, WallTime now);
  void on_parked(const ami::Message& event, bool enters, WallTime now);
  void enter_made_up(Channel& channel, Bridge bridge, WallTime now);
  void leave_made_up(Channel& channel, WallTime now);
  void end_if_empty(const BridgeId& id, WallTime now);
  void enter_conference(Channel& channel, std::string_view name, WallTime now);
  void masquerade(Channel& phone, Channel& taken, WallTime now);
  void on_transfer(const ami::Message& event, WallTime now);
  static void show_place(BridgeAttendedTransfer& transfer, bool is_second);
  void on_transfer_variable(Channel& channel, std::string_view name, std::string_view value,
                            WallTime now);
  void blind_transfer(Channel& transferee, std::string_view exten, std::string_view context,
                      WallTime now);
  void attended_transfer(const Channel& transferee, WallTime now);
  const Channel* transfer_party(std::string_view uniqueid) const;
  const Channel* other_in(const Channel* channel) const;
  void put_into_bridges(std::span<const ami::Message> rows, WallTime now);
  void take_bridge_list(std::span<const ami::Message> bridges, WallTime now);
  void on_dial_begin(const ami::Message& event, WallTime now);
  void on_dial_progress(const ami::Message& event, WallTime now);
  void on_originate_response(const ami::Message& event, WallTime now);
  void on_userevent(const ami::Message& event, WallTime now);
  void on_hold(const ami::Message& event, bool on, WallTime now);
  void on_device_state(std::string_view device, std::string_view state, WallTime now);
  void on_extension_status(const ami::Message& event, WallTime now);
  void tell_device_state(std::string_view device, std::string_view state, WallTime now);
  void on_peer_status(const ami::Message& event, WallTime now);
  void on_contact_status(const ami::Message& event, WallTime now);
  Endpoint* known_endpoint(std::string_view technology, std::string_view resource);
  void take_endpoint_state(Endpoint& endpoint, EndpointState state, WallTime now);
  void tell_endpoint_of(std::string_view channel_name, WallTime now);
  void on_row(const ami::Message& row, WallTime now);
  static Shown shown(const Channel& channel);
  void tell_news(Channel& channel, const Shown& before, WallTime now);
  bool put_into_conference(Channel& channel, const ami::Message& row, WallTime now);
  void put_into_lots(WallTime now);
  void enter_lot(Channel& channel, std::string_view name, WallTime now);
  Channel* find_masqueraded(const ami::Snapshot& row, std::string_view duration, Channel* channel,
                            WallTime now);
  void on_bridge_create(const ami::Message& event, WallTime now);
  void on_bridge_destroy(const ami::Message& event, WallTime now);
  void on_bridge_enter(const ami::Message& event, WallTime now);
  void on_bridge_leave(const ami::Message& event, WallTime now);
  void on_bridge_merge(const ami::Message& event, WallTime now);
  void on_bridge_video_source(const ami::Message& event, WallTime now);
  void on_blind_transfer(const ami::Message& event, WallTime now);
  void on_attended_transfer(const ami::Message& event, WallTime now);
  void show_held_leg(BridgeAttendedTransfer& transfer);
  void give_place(Channel& leg, WallTime now);
  void take_place(Channel& comes, Channel& leg, WallTime now);
  Bridge* known_bridge(const ami::Message& event, ami::BridgeRole role, WallTime now);
  Bridge* add_bridge(Bridge bridge, WallTime now);
  void take_bridge_snapshot(Bridge& bridge, const ami::BridgeSnapshot& snapshot);
  void enter_bridge(Channel& channel, Bridge& bridge, WallTime now);
  void leave_bridge(Channel& channel, WallTime now);
  void destroy_bridge(const BridgeId& id, WallTime now);
  void on_room(const ami::Message& event, const Room& room, bool enters, WallTime now);
  std::optional<Room> room_of_event(const ami::Message& event) const;
  std::optional<Room> room_called(std::string_view name) const;
  std::optional<Room> room_of_row(const ami::Message& row) const;
  bool put_into_room(Channel& channel, const ami::Message& row, WallTime now);
  void enter_room(Channel& channel, const BridgeId& id, WallTime now);
  void leave_room(Channel& channel, WallTime now);
  void leaves_own_bridge(Channel& channel, WallTime now);
  void settle_own_bridge(Bridge& bridge, WallTime now);
  static void show_video_cleared(Bridge& bridge);
  static bool is_room_trace(Channel& channel, std::string_view name, std::string_view value);
  void learn_originated_application(Channel& channel, std::uint8_t step);
  void remember_ended(std::string uniqueid);
  void destroy(Channel& channel, int cause, std::string_view text, std::optional<int> tech_cause,
               WallTime now);
  void end_playbacks_of(const ChannelId& id, WallTime now);
  std::string_view status_of_end(const Channel& peer, int cause, WallTime now) const;
  void dial_status(Channel& peer, std::string_view status, WallTime now);

  Store& store_;
  ChangeSink& sink_;
  ReconcilerOptions options_;
  ami::Dialect dialect_;
  std::uint64_t serial_ = 0;
  std::uint64_t list_serial_ = 0;
  std::uint64_t endpoint_list_serial_ = 0;
  DeviceStates devices_;
  bool makes_snapshot_ = false;  ///< The event is one for which native makes a new snapshot.
  bool telling_ = true;          ///< Off while the first list is taken: that is no news.
  std::size_t hidden_count_ = 0;
  std::vector<Unlinked> unlinked_;
  struct {
    std::string uniqueid, text;
  } last_userevent_;  ///< The dialplan line UserEvent() just told; 1.8 names no channel in its
                      ///< event.
  struct Cause {
    int number;
    std::string text;
  };
  std::unordered_map<std::string, Cause> doubted_;  ///< By uniqueid.
  bool gap_ = false;
  bool listing_ = false;
  bool listed_once_ = false;
  std::unordered_set<std::string> gone_during_list_;
  std::unordered_set<std::string> ended_;
  std::deque<std::string> ended_order_;
  std::unordered_map<std::string, ChannelId> remembered_ids_;
  std::unordered_map<BridgeId, Bridge> remembered_bridges_;
  /// Lot of each parked channel, by its name; nullopt: not asked for.
  std::optional<std::unordered_map<std::string, std::string>> remembered_parked_;
  std::unordered_map<std::string, Expected> expected_by_token_;
  std::unordered_map<std::string, Expected> expected_by_id_;
  std::unordered_map<Uniqueid, HeldBack> unannounced_;
  std::unordered_map<std::string, ShownLeg> shown_legs_;  ///< By token, until the half is there.
  /// Applications named by an OriginateResponse that came before its channel.
  std::unordered_map<std::string, OriginatedApplication> early_responses_;
  std::string scratch_, scratch2_;
};

}  // namespace arigate::model
