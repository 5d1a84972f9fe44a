#pragma once

#include "sim/dialect_old.hpp"

namespace arigate::sim {

/// AMI 1.1 as Asterisk 1.8 speaks it: the old one, and nothing told of a hangup before it is over,
/// of the coupling of Local halves and of conferences.
class OldestDialect : public OldDialect {
 public:
  std::string_view ami_version() const override { return "1.1"; }
  std::string_view pbx_version() const override { return "1.8-release"; }
  bool adds_contexts() const override { return false; }
  bool tells_hangup_requests() const override { return false; }
  bool conferences_told() const override { return false; }
  Events local_bridge(const Channel&, const Channel&, bool) const override { return {}; }
  Events conference_event(std::string_view, std::string_view, const Channel*) const override {
    return {};
  }
  Events hangup_request(const Channel&) const override { return {}; }
  Events soft_hangup_request(const Channel&, int) const override { return {}; }
  /// No channel is named.
  Events user_event(const Channel& channel, std::string_view name,
                    const Fields& body) const override;
};

/// AMI as Asterisk 16 and 22 speak it: each event carries a whole snapshot of its channel. Form and
/// order of the headers as seen in captures of a real one.
class NewDialect : public Dialect {
 public:
  NewDialect(std::string_view ami_version, std::string_view pbx_version, std::string system_name)
      : ami_version_{ami_version},
        pbx_version_{pbx_version},
        system_name_{std::move(system_name)} {}

  std::string_view ami_version() const override { return ami_version_; }
  std::string_view pbx_version() const override { return pbx_version_; }
  bool takes_channel_id() const override { return true; }
  bool control_playback() const override { return true; }
  bool takes_received_digits() const override { return !ami_version_.starts_with("2."); }
  bool tells_hangup_requests() const override { return true; }
  bool conferences_told() const override { return true; }
  std::string_view dead_channel_text() const override {
    return "511 Command Not Permitted on a dead channel or intercept routine";
  }
  std::string usage_reply(std::string_view command) const override;

  std::string event(const Event& event) const override;
  std::string command_reply(std::string_view action_id, std::string_view output,
                            bool known) const override;
  Fields list_end(std::string_view action_id, long items) const override;

  Events newchannel(const Channel& channel) const override;
  Events newstate(const Channel& channel) const override;
  Events newexten(const Channel& channel) const override;
  Events new_callerid(const Channel& channel) const override;
  Events new_connected_line(const Channel& channel) const override;
  Events new_accountcode(const Channel& channel, std::string_view old) const override;
  Events varset(const Channel* channel, std::string_view name,
                std::string_view value) const override;
  Events sip_channel_update(const Channel&, SipMoment) const override { return {}; }
  Events local_bridge(const Channel& one, const Channel& two, bool optimize) const override;
  Events hangup_request(const Channel& channel) const override;
  Events soft_hangup_request(const Channel& channel, int cause) const override;
  Events hangup(const Channel& channel) const override;
  Events dtmf_begin(const Channel& channel, char digit, bool received) const override;
  Events dtmf_end(const Channel& channel, char digit, bool received, long ms) const override;
  Events dial_begin(const Channel* caller, const Channel& peer,
                    std::string_view dial_string) const override;
  Events dial_state(const Channel* caller, const Channel& peer,
                    std::string_view status) const override;
  Events dial_end(const Channel* caller, const Channel* peer,
                  std::string_view status) const override;
  Events bridge_enter(const Channel& one, const Channel& two,
                      std::string_view bridge_id) const override;
  Events bridge_leave(const Channel& one, const Channel& two,
                      std::string_view bridge_id) const override;
  Events conference_event(std::string_view name, std::string_view conference,
                          const Channel* channel) const override;
  Events music_on_hold(const Channel& channel, bool start) const override;
  Events user_event(const Channel& channel, std::string_view name,
                    const Fields& body) const override;
  Events agi_start(const Channel& channel, long command_id,
                   std::string_view command) const override;
  Events agi_end(const Channel& channel, long command_id, std::string_view command, int code,
                 std::string_view result) const override;
  Events originate_response(const OriginateOutcome& outcome) const override;
  Events fully_booted(long uptime_seconds) const override;
  Fields channel_item(const Channel& channel, long seconds) const override;
  Fields status_item(const Channel& channel, long seconds) const override;

 private:
  std::string_view ami_version_, pbx_version_;
  std::string system_name_;
};

}  // namespace arigate::sim
