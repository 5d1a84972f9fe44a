#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "model/change.hpp"
#include "ops/entrance.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// What POST /channels/create asks for.
struct CreateRequest {
  std::string endpoint;  ///< "SIP/alice".
  Destination application;
  std::string formats;      ///< "ulaw,alaw"; "" takes those of the originator.
  ChannelId originator;     ///< Whom it is made for; its application follows it. "" for nobody.
  ChannelId channel;        ///< "" makes one.
  ChannelId other_channel;  ///< Second leg of a Local channel, where the PBX takes ids.
  std::vector<std::pair<std::string, std::string>> variables;
};

/// Channels that are made first and dialled later. A PBX makes a channel only by dialling it, so
/// until then such a channel is ours alone: it is in its application, shows in lists, keeps what is
/// set on it, and refuses what native refuses on a channel in state Down.
///
///   made --dial--> dialling --Newchannel--> on the PBX --AGI session--> held like any other
///   made --hangup--> gone;   dialling --no channel in time, failure--> gone
/// The PBX cannot take back an Originate: what it makes for one that is gone by then is hung up.
class CreatedChannels : public model::ChangeSink {
 public:
  static constexpr std::size_t channels_max = 10'000;
  static constexpr std::size_t variables_max = 100;  ///< An Originate has room for no more.
  /// Gone ones whose channel the PBX may still make, and for how long one is waited for.
  static constexpr std::size_t condemned_max = 1'000;
  static constexpr std::chrono::minutes condemned_for{10};

  CreatedChannels(World& world, Entrance& entrance) : world_{world}, entrance_{entrance} {}

  /// Errc::conflict: the id is taken. Errc::refused_by_pbx "Allocation failed": the PBX knows no
  /// such endpoint. Errc::overloaded, bad_request.
  boost::asio::awaitable<Result<model::Channel>> create(CreateRequest request);
  /// Done when the PBX has taken it; what comes of it, events tell. 0 seconds: no limit.
  /// Errc::not_found, not_in_application; conflict: not Down, or not made by create.
  /// `caller`: whom it is called for; "" or an unknown one for nobody.
  boost::asio::awaitable<Result<void>> dial(ChannelId channel, ChannelId caller, long timeout_s);
  /// True when it was one that the PBX does not have; then it is gone.
  boost::asio::awaitable<bool> hangup(ChannelId channel, int cause);

  /// Whether the PBX does not have it yet; while it is being dialled, waits for the outcome first.
  boost::asio::awaitable<bool> unborn(ChannelId channel);
  /// Of an unborn channel: what was set.
  std::optional<std::string> variable(const ChannelId& channel, std::string_view name) const;
  Result<void> set_variable(const ChannelId& channel, const std::string& name, std::string value);

  void on(const model::Change& change, WallTime when) override;
  std::size_t size() const { return entries_.size(); }
  std::size_t condemned_count() const { return condemned_.size(); }

 private:
  struct Entry {
    CreateRequest request;
    bool dialling = false;
    std::vector<Eventual<bool>> waiting;  ///< For the outcome of the dial.
  };

  boost::asio::awaitable<bool> allocatable(std::string endpoint);
  boost::asio::awaitable<void> describe(std::string endpoint, model::Channel& channel);
  Result<ami::Action> originate_action(const CreateRequest& request, const std::string& token,
                                       long timeout_s) const;
  boost::asio::awaitable<void> follow_dial(ChannelId channel, std::string token);
  void settle(const ChannelId& channel);
  void give_up(const ChannelId& channel, int cause);
  void forget_condemned(const ChannelId& channel);
  boost::asio::awaitable<void> await_condemned(ChannelId channel, Eventual<bool> came);
  std::string name_for(const std::string& endpoint);

  World& world_;
  Entrance& entrance_;
  std::unordered_map<ChannelId, Entry> entries_;
  std::unordered_map<ChannelId, Eventual<bool>> condemned_;  ///< Set when the PBX has decided.
  std::uint32_t next_number_ = 0xf0000000;  ///< High, so that no channel of the PBX has the name.
};

}  // namespace arigate::ops
