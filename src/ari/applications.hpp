#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ari/api_level.hpp"
#include "ari/application.hpp"
#include "ari/event_socket.hpp"
#include "ari/events.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "model/change.hpp"
#include "model/store.hpp"
#include "ops/ports.hpp"

namespace arigate::ari {

/// The ARI applications: who they are, what they are subscribed to, which sockets they have; and
/// the delivery of events to them. An event is written once, whoever gets it, and not at all when
/// nobody does; an application gets it once, however many of its subscriptions match.
///
/// An application begins with the first WebSocket that names it. When the socket goes it stays, and
/// what happens meanwhile is lost to it, as in native ARI, unless a client asked for `resume`; it
/// ends when it has neither a socket nor a subscription nor a log.
///
/// In five files: applications.cpp has the sockets, members.cpp how several share an application
/// and how one comes back, owners.cpp whose call it is then, subscriptions.cpp the subscriptions,
/// delivery.cpp the events.
class Applications : public EventSocketOwner,
                     public model::ChangeSink,
                     public ops::ApplicationPort {
 public:
  static constexpr std::size_t applications_max = 10'000;
  static constexpr std::size_t name_bytes_max = 1'024;
  static constexpr std::size_t members_max = 1'000;    ///< Sockets of one application.
  static constexpr std::size_t reserved_max = 10'000;  ///< Channels to come whose owner is known.
  static constexpr std::chrono::minutes reserved_time{1};  ///< Until such a channel is there.
  /// Of all applications together. What they follow without having asked is counted, never refused.
  static constexpr std::size_t subscriptions_max = 50'000;

  using LogLimits = std::function<EventLog::Limits(const AppName&)>;
  using Told = std::function<void(const AppName&)>;
  using Wanted = std::function<void(const std::string& device)>;
  using Summon =
      std::function<boost::asio::awaitable<Result<AppName>>(AppName, std::string channel_name)>;

  Applications(const model::Store& store, Snapshots& snapshots, EventWriter& writer,
               const Clock& clock);

  /// Sends only what this level of ARI has.
  void use(const ApiLevel& level) { level_ = level.is_newest() ? nullptr : &level; }
  /// Lets who follows a channel hear of its StasisStart and StasisEnd too, whatever application
  /// they are of: a recording is told whole.
  void tell_starts_to_all() { starts_to_all_ = true; }
  /// How large the event log of an application may be.
  void limit_logs(LogLimits limits) { log_limits_ = std::move(limits); }
  /// Who calls an application that is not there for one channel.
  void on_summon(Summon summon) { summon_ = std::move(summon); }
  /// An application has its first socket; has lost its last.
  void on_presence(Told came, Told lost);
  /// Somebody has subscribed to a device.
  void on_device(Wanted wanted) { device_wanted_ = std::move(wanted); }

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
  boost::asio::awaitable<Result<AppName>> summon(AppName application,
                                                 std::string channel_name) override;
  void offer(const ChannelId& channel, const std::string& filter) override;
  void offer_taken(const ChannelId& channel, const AppName& winner,
                   const std::string& filter) override;
  /// A request is about to be carried out. Where each call goes to one client, a channel that it
  /// makes goes to who asks for it, or who has the channel that it is made for.
  void asked(Request& request);

  /// StasisStart again, for every channel that the application has.
  void announce(const AppName& application) override;

  bool exists(const AppName& application) const { return apps_.contains(application.value); }
  /// Some channel is in it.
  bool has_channels(const AppName& application) const;
  /// JSON of one application; of all, in a list.
  std::optional<std::string> json(const AppName& application) const;
  std::string list_json() const;

  /// "channel:ID", "endpoint:SIP/alice", "deviceState:SIP/alice", "bridge:" for all of a kind, …
  /// Errc::not_found: no such application; bad_request: a scheme that does not exist;
  /// unprocessable: the object does not exist or was not subscribed; overloaded.
  Result<void> subscribe(const AppName& application, const std::vector<std::string>& sources);
  Result<void> unsubscribe(const AppName& application, const std::vector<std::string>& sources);
  /// A list that is not given stays as it is; neither given lets all through again.
  Result<void> filter(const AppName& application, const boost::json::object& lists);

  /// The devices that somebody is subscribed to, `most` at most.
  std::vector<std::string> devices(std::size_t most) const;
  /// TextMessageReceived, for the application that the dialplan names and for those that are
  /// subscribed to the endpoint (nullptr: it is not known); `body` as of EventWriter.
  void text_message(const AppName& application, const model::Endpoint* endpoint,
                    std::string_view body);

  /// Sends an event made elsewhere (ChannelUserevent of REST) to one application; `body` as of
  /// EventWriter.
  void send(const AppName& application, std::string_view type, std::string body,
            const ChannelId& about = {});
  /// The same to one socket, for what only its client asked for: not kept for resume. The
  /// application is the first of the socket.
  void answer(EventSocket& socket, std::string_view type, std::string body);

  /// ApplicationRegistered, for each application of a socket that we have connected, and
  /// ApplicationUnregistered when we are about to close it.
  void say_hello(EventSocket& socket) { tell_each_of(socket, "ApplicationRegistered"); }
  void say_farewell(EventSocket& socket) { tell_each_of(socket, "ApplicationUnregistered"); }

  /// Drops the logs that nobody came back for, what was kept for channels that never came, and
  /// applications that have ended: as natively one is still there when its last unsubscribe is
  /// answered.
  void expire(TimePoint now);

  /// Closes every socket, for the end of this process.
  void close_all(std::uint16_t code, std::string_view reason);
  std::size_t socket_count() const { return sockets_.size(); }

 private:
  struct Source {
    SourceKind kind;
    std::string id;         ///< "" for all of the kind.
    bool by_topic = false;  ///< That by the name of native's topic.
  };
  /// The client that a channel will belong to.
  struct Reserved {
    AppName application;
    EventSocket* owner;
    TimePoint until;  ///< When it has not come by then.
  };
  /// One event on its way to the applications.
  struct Delivery {
    const model::Change& change;
    std::string_view type;
    WallTime when;
    ChannelId about;  ///< The channel whose owner gets it; "" for none.
  };

  Application& app(const AppName& name);
  Application* find(const AppName& name) const;
  void drop_if_over(Application& application);
  void tell_each_of(EventSocket& socket, std::string_view type);
  void lose_all(Application& application);

  // members.cpp
  void join(Application& application, EventSocket& socket, const Request& request,
            std::string_view token);
  void replace_members(Application& application);
  void resume(Application& application, Member& member, std::string_view token);
  void tell_matching(const std::string& filter, std::string_view type, const std::string& event);
  void announce_to(Application& application, Member& member);
  void leave(Application& application, EventSocket& socket);
  std::string start_event(const Application& application, const model::Channel& channel) const;

  // owners.cpp
  void reserve(const Application& application, const ChannelId& channel, EventSocket& owner);
  EventSocket* owner_of(const Application& application, const ChannelId& channel) const;
  void give(Application& application, const ChannelId& channel, const ChannelId& before = {});
  void take(Application& application, const ChannelId& channel);

  // subscriptions.cpp
  Result<std::vector<Source>> sources_of(const std::vector<std::string>& sources) const;
  bool exists(const Source& source) const;
  bool has_room_for(const Application& application, const std::vector<Source>& sources) const;
  void interest(Application& application, SourceKind kind, const std::string& id, int more);
  void drop_interest(SourceKind kind, const std::string& id);
  void append_json(std::string& out, const Application& application) const;

  // delivery.cpp
  void begin_to_follow(const model::Change& change);
  void route(const Delivery& delivery);
  void for_thing(SourceKind kind, const std::string& id, const Delivery& delivery);
  void for_channel(const model::Channel* channel, const Delivery& delivery);
  template <class Media>
  void for_target(const Media& media, const Delivery& delivery);
  void for_bridge(const model::Bridge* bridge, const Delivery& delivery);
  void for_endpoint(const model::Endpoint& endpoint, const Delivery& delivery);
  void for_those_of_all(SourceKind kind, const Delivery& delivery);
  void for_application(const AppName& name, const Delivery& delivery);
  void enter_bridge(const model::ChannelEnteredBridge& enters);
  void leave_bridge(const model::ChannelLeftBridge& leaves);
  void after(const model::Change& change);
  void deliver(Application& application, const Delivery& delivery);
  bool lets_through(const Application& application, std::string_view type) const;
  void tell(Application& application, std::string_view type, std::string body,
            const ChannelId& about, Member* only = nullptr);
  void send_to_members(Application& application, std::string& event, const ChannelId& about);

  const model::Store& store_;
  Snapshots& snapshots_;
  EventWriter& writer_;
  const Clock& clock_;
  LogLimits log_limits_;
  Told came_, lost_;
  Wanted device_wanted_;
  Summon summon_;
  std::map<std::string, std::unique_ptr<Application>, std::less<>> apps_;
  /// Who is told of what, by kind and id; and who of all of a kind.
  std::unordered_map<std::string, std::vector<Application*>> by_id_[source_kinds];
  std::vector<Application*> all_[source_kinds];
  std::size_t subscriptions_ = 0;                   ///< How many entries by_id_ has.
  std::unordered_map<ChannelId, AppName> awaited_;  ///< Originated channels before their Dial.
  std::unordered_set<ChannelId> ending_;            ///< Channels in a bridge that hang up.
  std::unordered_map<ChannelId, Reserved> reserved_;
  std::unordered_map<EventSocket*, std::shared_ptr<EventSocket>> sockets_;
  std::unordered_map<EventSocket*, std::string> first_apps_;  ///< The first one it named.
  std::string event_;  ///< The event that is being delivered, as far as it is the same for all.
  std::size_t event_length_ = 0;  ///< 0: not yet written.
  bool starts_to_all_ = false;
  const ApiLevel* level_ = nullptr;  ///< nullptr: the newest, which has every event.
  std::uint64_t serial_ = 0;
  std::uint64_t next_epoch_;
};

}  // namespace arigate::ari
