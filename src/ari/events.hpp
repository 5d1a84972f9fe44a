#pragma once

#include <string>
#include <string_view>

#include "ari/snapshots.hpp"
#include "model/change.hpp"

namespace arigate::ops {
struct ReceivedMessage;
}

namespace arigate::ari {

/// Name of the ARI event that a change becomes; "" for a change that ARI does not show.
std::string_view event_type(const model::Change& change);

/// Writes the JSON of ARI events, without the member `application` and the closing brace: these two
/// are all that differs between the applications that get the event.
class EventWriter {
 public:
  EventWriter(Snapshots& snapshots, std::string asterisk_id)
      : snapshots_{snapshots}, asterisk_id_{std::move(asterisk_id)} {}

  void set_asterisk_id(std::string asterisk_id) { asterisk_id_ = std::move(asterisk_id); }
  const std::string& asterisk_id() const { return asterisk_id_; }

  /// Appends the event of `change`; it must have an event_type().
  void write(std::string& out, const model::Change& change, WallTime when) const;
  /// TextMessageReceived; `endpoint` nullptr: who sent it is none.
  void write_text_message(std::string& out, const model::Endpoint* endpoint,
                          const ops::ReceivedMessage& received, WallTime when) const;
  /// A ChannelUserevent with what it is about: `fields` as JSON members behind one another, each
  /// of the objects as JSON, "" for none.
  struct UserEvent {
    std::string_view name, fields, channel, bridge, endpoint;
  };
  void write_user_event(std::string& out, const UserEvent& event, WallTime when) const;
  /// CallBroadcast: the applications may claim the channel. CallClaimed: which one has it.
  void write_offer(std::string& out, const model::Channel& channel, WallTime when) const;
  void write_offer_taken(std::string& out, const model::Channel& channel, const AppName& winner,
                         WallTime when) const;
  /// {"type":"ApplicationReplaced", …
  void write_plain(std::string& out, std::string_view type, WallTime when) const;

 private:
  Snapshots& snapshots_;
  std::string asterisk_id_;
};

}  // namespace arigate::ari
