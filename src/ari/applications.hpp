#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ari/api_level.hpp"
#include "ari/event_socket.hpp"
#include "ari/events.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "model/change.hpp"
#include "model/store.hpp"
#include "ops/ports.hpp"

namespace arigate::ari {

/// The ARI applications: who they are, what they are subscribed to, which socket they have; and the
/// delivery of events to them. An event is written once, whoever gets it, and not at all when
/// nobody does; an application gets it once, however many of its subscriptions match.
///
/// An application begins with the first WebSocket that names it. When the socket goes it stays, and
/// what happens meanwhile is lost to it, as in native ARI; it ends when it has neither a socket nor
/// a subscription.
class Applications : public EventSocketOwner,
                     public model::ChangeSink,
                     public ops::ApplicationPort {
 public:
  static constexpr std::size_t applications_max = 10'000;
  static constexpr std::size_t name_bytes_max = 1'024;

  Applications(const model::Store& store, Snapshots& snapshots, EventWriter& writer,
               const Clock& clock)
      : store_{store}, snapshots_{snapshots}, writer_{writer}, clock_{clock} {}

  /// Sends only what this level of ARI has.
  void use(const ApiLevel& level) { level_ = level.is_newest() ? nullptr : &level; }

  // EventSocketOwner
  std::optional<Response> refuse(const Request& request) override;
  void opened(std::shared_ptr<EventSocket> socket, const Request& request) override;
  void received(EventSocket& socket, std::string_view text) override;
  void closed(EventSocket& socket) override;

  // model::ChangeSink
  void on(const model::Change& change, WallTime when) override;

  // ops::ApplicationPort
  bool active(const AppName& application) const override;

  void follow_when_dialled(const AppName& application, const ChannelId& channel) override;
  void follow(const AppName& application, const ChannelId& channel) override;
  void forget(const ChannelId& channel) override { awaited_.erase(channel); }

  bool exists(const AppName& application) const { return apps_.contains(application.value); }

  /// JSON of one application; of all, in a list.
  std::optional<std::string> json(const AppName& application) const;
  std::string list_json() const;

  /// "channel:ID", "endpoint:SIP/alice", "deviceState:SIP/alice", …
  /// Errc::not_found: no such application; bad_request: a scheme that does not exist;
  /// unprocessable as Errc::unprocessable: the object does not exist or was not subscribed.
  Result<void> subscribe(const AppName& application, const std::vector<std::string>& sources);
  Result<void> unsubscribe(const AppName& application, const std::vector<std::string>& sources);
  /// The devices that somebody is subscribed to, `most` at most.
  std::vector<std::string> devices(std::size_t most) const;
  /// Event types let through, and held back; both empty lets all through.
  Result<void> filter(const AppName& application, std::vector<std::string> allowed,
                      std::vector<std::string> disallowed);

  /// TextMessageReceived, for the application that the dialplan names and for those that are
  /// subscribed to the endpoint (nullptr: it is not known); `body` as of EventWriter.
  void text_message(const AppName& application, const model::Endpoint* endpoint,
                    std::string_view body);

  /// Sends an event made elsewhere (ChannelUserevent of REST) to one application; `body` as of
  /// EventWriter.
  void send(const AppName& application, std::string_view type, std::string body);

  /// Closes every socket, for the end of this process.
  void close_all(std::uint16_t code, std::string_view reason);
  std::size_t socket_count() const { return sockets_.size(); }

 private:
  struct App {
    AppName name;
    std::string tail;  ///< ,"application":"NAME"}
    EventSocket* socket = nullptr;
    bool subscribe_all = false;
    std::map<ChannelId, int> channels;     ///< How many reasons there are to be told of a channel.
    std::map<std::string, int> endpoints;  ///< "SIP/alice", "SIP" for all of one; how many times.
    std::set<std::string> devices;
    std::set<BridgeId> bridges;
    bool all_endpoints = false;  ///< Subscribed to "endpoint:", and in the same way
    bool all_devices = false;    ///< to "deviceState:".
    std::set<std::string, std::less<>> allowed, disallowed;
    std::uint64_t last_event = 0;  ///< Serial number of the last event it was given.
  };
  struct Source {
    std::string_view scheme;
    std::string_view id;
  };

  App& app(const AppName& name);
  void interest(App& application, const ChannelId& channel, int more);
  void drop_if_over(App& application);
  void deliver(App& application, std::string_view type, const model::Change& change, WallTime when);
  void for_channel(const ChannelId& channel, std::string_view type, const model::Change& change,
                   WallTime when);
  void for_bridge(const model::Bridge* bridge, std::string_view type, const model::Change& change,
                  WallTime when);
  void drop_guest(const BridgeId& bridge, const ChannelId& channel);
  void drop_bridge(const BridgeId& bridge);
  void for_endpoint(const model::Endpoint& endpoint, bool for_those_of_all, std::string_view type,
                    const model::Change& change, WallTime when);
  void for_device(std::string_view device, std::string_view type, const model::Change& change,
                  WallTime when);
  void for_endpoint_of(const model::Channel& channel, std::string_view type,
                       const model::Change& change, WallTime when);
  void add_endpoint(App& application, const std::string& name);
  void drop_endpoint(App& application, const std::string& name);
  void add_device(App& application, const std::string& name);
  void begin_to_follow(const model::Change& change);
  void for_all(std::string_view type, const model::Change& change, WallTime when);
  Result<std::vector<Source>> sources_of(const std::vector<std::string>& sources) const;
  void append_json(std::string& out, const App& application) const;

  const model::Store& store_;
  Snapshots& snapshots_;
  EventWriter& writer_;
  const Clock& clock_;
  std::map<std::string, std::unique_ptr<App>, std::less<>> apps_;
  std::vector<App*> all_;  ///< Those with subscribe_all.
  std::unordered_map<ChannelId, std::vector<App*>> by_channel_;
  /// The channels in each bridge that an application has brought there, and which one that was.
  std::unordered_map<BridgeId, std::unordered_map<ChannelId, std::string>> guests_;
  std::unordered_map<std::string, std::vector<App*>> by_endpoint_;  ///< "SIP/alice" or "SIP".
  std::unordered_map<ChannelId, AppName> awaited_;  ///< Originated channels before their Dial.
  std::unordered_map<EventSocket*, std::shared_ptr<EventSocket>> sockets_;
  std::string event_;  ///< The event that is being delivered, as far as it is the same for all.
  std::size_t event_length_ = 0;     ///< 0: not yet written.
  const ApiLevel* level_ = nullptr;  ///< nullptr: the newest, which has every event.
  std::uint64_t serial_ = 0;
};

}  // namespace arigate::ari
