#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/channel.hpp"
#include "sim/fields.hpp"
#include "sim/options.hpp"

namespace arigate::sim {

/// What an OriginateResponse tells.
struct OriginateOutcome {
  std::string action_id;
  std::string dial_string;
  std::string application;
  std::string data;
  std::string context;
  std::string exten;
  int reason = 0;
  Party caller;
  ChannelPtr channel;  ///< null: the call failed.
};

/// When chan_sip tells what it knows of a channel; the event looks a little different each time.
enum class SipMoment { created, called, answered };

/// How one generation of Asterisk words what happens. Each function turns one fact into the events
/// that this generation sends for it: none, one, or more.
class Dialect {
 public:
  virtual ~Dialect() = default;

  virtual std::string_view ami_version() const = 0;  ///< After the slash of the banner.
  virtual std::string_view pbx_version() const = 0;
  virtual bool takes_channel_id() const = 0;           ///< Originate honours ChannelId.
  virtual bool adds_contexts() const { return true; }  ///< "dialplan add extension" makes one.
  virtual bool control_playback() const = 0;       ///< Action ControlPlayback; position in replies.
  virtual bool takes_received_digits() const = 0;  ///< PlayDTMF honours Receive and Duration.
  virtual bool tells_hangup_requests() const = 0;  ///< On AMI.
  virtual bool conferences_told() const = 0;       ///< ConfBridge has actions and events.
  virtual std::string_view dead_channel_text() const = 0;               ///< AGI 511.
  virtual std::string usage_reply(std::string_view command) const = 0;  ///< AGI 520, whole lines.

  /// Whole event, ready for the socket.
  virtual std::string event(const Event& event) const = 0;
  /// Reply to the action Command.
  virtual std::string command_reply(std::string_view action_id, std::string_view output,
                                    bool known) const = 0;
  virtual Fields list_end(std::string_view action_id, long items) const = 0;

  virtual Events newchannel(const Channel& channel) const = 0;
  virtual Events newstate(const Channel& channel) const = 0;
  virtual Events newexten(const Channel& channel) const = 0;
  virtual Events new_callerid(const Channel& channel) const = 0;
  virtual Events new_connected_line(const Channel& channel) const = 0;
  virtual Events new_accountcode(const Channel& channel, std::string_view old) const = 0;
  /// `channel` is null for a global variable.
  virtual Events varset(const Channel* channel, std::string_view name,
                        std::string_view value) const = 0;
  virtual Events sip_channel_update(const Channel& channel, SipMoment moment) const = 0;
  virtual Events local_bridge(const Channel& one, const Channel& two, bool optimize) const = 0;
  virtual Events hangup_request(const Channel& channel) const = 0;
  virtual Events soft_hangup_request(const Channel& channel, int cause) const = 0;
  virtual Events hangup(const Channel& channel) const = 0;
  virtual Events dtmf_begin(const Channel& channel, char digit, bool received) const = 0;
  virtual Events dtmf_end(const Channel& channel, char digit, bool received, long ms) const = 0;
  /// `caller` is null when the leg was originated.
  virtual Events dial_begin(const Channel* caller, const Channel& peer,
                            std::string_view dial_string) const = 0;
  virtual Events dial_state(const Channel* caller, const Channel& peer,
                            std::string_view status) const = 0;
  virtual Events dial_end(const Channel* caller, const Channel* peer,
                          std::string_view status) const = 0;
  virtual Events bridge_enter(const Channel& one, const Channel& two,
                              std::string_view bridge_id) const = 0;
  virtual Events bridge_leave(const Channel& one, const Channel& two,
                              std::string_view bridge_id) const = 0;
  /// ConfbridgeStart, ConfbridgeEnd (of no channel), ConfbridgeJoin, ConfbridgeLeave.
  virtual Events conference_event(std::string_view name, std::string_view conference,
                                  const Channel* channel) const = 0;
  virtual Events music_on_hold(const Channel& channel, bool start) const = 0;
  /// UserEvent() of the dialplan.
  virtual Events user_event(const Channel& channel, std::string_view name,
                            const Fields& body) const = 0;
  virtual Events agi_start(const Channel& channel, long command_id,
                           std::string_view command) const = 0;
  virtual Events agi_end(const Channel& channel, long command_id, std::string_view command,
                         int code, std::string_view result) const = 0;
  virtual Events originate_response(const OriginateOutcome& outcome) const = 0;
  virtual Events fully_booted(long uptime_seconds) const = 0;

  /// Item of CoreShowChannels; `seconds` is its age.
  virtual Fields channel_item(const Channel& channel, long seconds) const = 0;
  /// Item of Status, without its variables and ActionID.
  virtual Fields status_item(const Channel& channel, long seconds) const = 0;
};

std::unique_ptr<Dialect> make_dialect(const Options& options);

/// "00:00:07".
std::string clock_text(long seconds);

/// "<unknown>" for an empty text: how a PBX writes a missing party.
inline std::string_view or_unknown(std::string_view text) {
  return text.empty() ? std::string_view{"<unknown>"} : text;
}

/// Of OriginateResponse; `no_channel` is the uniqueid of a call that failed.
Fields fields_of(const OriginateOutcome& outcome, std::string_view no_channel);

}  // namespace arigate::sim
