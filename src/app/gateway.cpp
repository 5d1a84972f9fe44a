#include "arigate/gateway.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "app/ami_options.hpp"
#include "app/application_policies.hpp"
#include "app/pbx_facts.hpp"
#include "app/pbx_files.hpp"
#include "app/recorder_options.hpp"
#include "ari/application_resource.hpp"
#include "ari/applications.hpp"
#include "ari/asterisk.hpp"
#include "ari/bridges.hpp"
#include "ari/channel_controls.hpp"
#include "ari/channel_origins.hpp"
#include "ari/channel_variables.hpp"
#include "ari/channels.hpp"
#include "ari/device_states.hpp"
#include "ari/endpoints.hpp"
#include "ari/external_media.hpp"
#include "ari/mailboxes.hpp"
#include "ari/media_requests.hpp"
#include "ari/playbacks.hpp"
#include "ari/recordings.hpp"
#include "ari/rest_over_websocket.hpp"
#include "ari/router.hpp"
#include "ari/snapshots.hpp"
#include "ari/snoop.hpp"
#include "ari/sounds.hpp"
#include "ari/support.hpp"
#include "ari/unsupported.hpp"
#include "ari/users.hpp"
#include "core/log.hpp"
#include "io/agi_server.hpp"
#include "io/ami_client.hpp"
#include "io/ari_tap.hpp"
#include "io/http_server.hpp"
#include "io/outbound_websockets.hpp"
#include "io/recorder.hpp"
#include "io/system_clock.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"
#include "ops/admission.hpp"
#include "ops/bridge_media.hpp"
#include "ops/bridges.hpp"
#include "ops/created.hpp"
#include "ops/device_states.hpp"
#include "ops/entrance.hpp"
#include "ops/gate.hpp"
#include "ops/leg.hpp"
#include "ops/pbx_media.hpp"
#include "ops/play.hpp"
#include "ops/read_endpoints.hpp"
#include "ops/record.hpp"
#include "ops/reentry_context.hpp"
#include "ops/resync.hpp"
#include "ops/room_keepers.hpp"
#include "ops/snoop.hpp"
#include "ops/sounds.hpp"
#include "ops/text_messages.hpp"
#include "ops/world.hpp"

namespace arigate {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// How long a new channel of a PBX that takes no ids may stay unidentified.
constexpr auto announce_wait = 50ms;
/// For the goodbye of WebSockets that we have opened.
constexpr auto outbound_stop_limit = 1s;
/// For our own work that was cancelled.
constexpr auto tasks_limit = 1s;
/// How long the disk may take, beyond the limit of a stop, for what was captured last.
constexpr auto capture_spare = 250ms;
/// Between two lists that doubts ask for; it grows while each list leaves new ones.
constexpr std::chrono::milliseconds resync_pause_min{250};
constexpr std::chrono::milliseconds resync_pause_max{10'000};
/// A PBX that says that it shuts down closes its links within this time, or it did not say it.
constexpr auto shutdown_limit = 10s;
/// Repairs what a lost event may have left behind.
constexpr auto repair_interval = 60s;
/// No version tells on AMI that its dialplan was read again, which forgets lines added in memory.
constexpr auto reentry_interval = 5s;
/// How often the states of devices are asked for where the PBX does not tell them, and of how many.
constexpr auto device_interval = 1s;
constexpr std::size_t devices_polled_max = 500;

/// Tells each listener, in this order.
class FanOut : public model::ChangeSink {
 public:
  void add(model::ChangeSink& sink) { sinks_.push_back(&sink); }
  void on(const model::Change& change, WallTime when) override {
    for (auto* sink : sinks_) sink->on(change, when);
  }

 private:
  std::vector<model::ChangeSink*> sinks_;
};

std::vector<ari::User> users_of(const Config& config) {
  std::vector<ari::User> users;
  for (const auto& user : config.users) {
    users.push_back({user.name, user.password,
                     user.password_format == PasswordFormat::crypt ? ari::User::Format::crypt
                                                                   : ari::User::Format::plain,
                     user.read_only});
  }
  return users;
}

ari::ApiLevel level_of(const Config& config) {
  return ari::ApiLevel{ari::level_of(config.general.ari_version).value_or(ari::newest_level)};
}

ari::RouterOptions router_options(const Config& config, const ari::ApiLevel& level) {
  ari::RouterOptions options;
  options.prefix = config.http.prefix;
  options.realm = config.general.auth_realm;
  options.allowed_origins = config.general.allowed_origins;
  options.pretty = config.general.pretty;
  options.level = &level;
  return options;
}

io::HttpServerOptions http_options(const HttpConfig& config, io::AriTap* tap) {
  io::HttpServerOptions options;
  options.bind_address = config.bind;
  options.port = config.port;
  options.connections_max = config.connections_max;
  auto& connection = options.connection;
  connection.limits.header_bytes_max = config.header_bytes_max;
  connection.limits.target_bytes_max =
      std::min(connection.limits.target_bytes_max, config.header_bytes_max);
  connection.limits.body_bytes_max = config.body_bytes_max;
  connection.head_timeout = connection.body_timeout = config.request_timeout;
  connection.idle_timeout = config.idle_timeout;
  connection.tap = tap;
  auto& websocket = connection.websocket;
  websocket.queue_bytes_max = config.websocket_queue_bytes_max;
  websocket.message_bytes_max = config.websocket_message_bytes_max;
  websocket.write_timeout = config.websocket_write_timeout;
  websocket.ping_interval = config.websocket_ping_interval;
  websocket.pong_timeout = 2 * config.websocket_ping_interval;
  return options;
}

io::AmiClientOptions ami_options(const AmiConfig& config, trace::Tap* tap) {
  auto options = app::ami_options(config);
  options.tap = tap;
  return options;
}

/// What is kept of the links, if anything is.
struct Recording {
  Recording(asio::any_io_executor executor, const Clock& clock, const Config& config) {
    if (config.capture.file.empty()) return;
    auto options = app::recorder_options(config.capture);
    options.header.ari = "arigate";
    recorder.emplace(std::move(executor), clock, std::move(options));
    ari.emplace(*recorder);
  }
  Result<void> open(std::vector<std::pair<std::string, std::uint16_t>> ports) {
    if (!recorder) return {};
    recorder->set_ports(std::move(ports));
    return recorder->open();
  }
  trace::Tap* tap() { return recorder ? &*recorder : nullptr; }
  io::AriTap* ari_tap() { return ari ? &*ari : nullptr; }

  std::optional<io::Recorder> recorder;
  std::optional<io::AriTap> ari;
};

/// Where conferences have no actions, a member comes out of its room by way of the re-entry
/// context.
void let_members_out(ops::Bridges& rooms, ops::Entrance& entrance) {
  rooms.use([&entrance](ChannelId channel) { return entrance.reenter(std::move(channel)); },
            [&entrance](const ChannelId& channel) { return entrance.home_of(channel); });
}

}  // namespace

struct Gateway::Parts : io::AmiOwner {
  Parts(asio::io_context& io_context, Config given)
      : context{io_context},
        config{std::move(given)},
        recording{io_context.get_executor(), clock, config},
        snapshots{!config.general.channelvars.empty()},
        writer{snapshots, config.general.entity_id},
        applications{store, snapshots, writer, clock},
        reconciler{store, changes, {}},
        ami{context.get_executor(), ami_options(config.ami, recording.tap()), *this, clock},
        world{clock,
              store,
              reconciler,
              ami,
              watches,
              controls,
              applications,
              [this] { resync_soon(); },
              [this] { return ensure_context(); },
              timeouts_of(config),
              config.dialplan.context},
        gate{context.get_executor(), world,
             [this](const ami::Message& message) { apply(message); }},
        entrance{context.get_executor(), world},
        admission{context.get_executor(), world, entrance,
                  [this](const AppName& name) { return app::away_policy(config, name); }},
        legs{world, entrance},
        snoops{world, legs},
        created{world, entrance},
        text_messages{entrance,
                      [this](const ops::ReceivedMessage& message) { text_message(message); }},
        interrupter{world, [this](ChannelId id) { return entrance.reenter(std::move(id)); }},
        playbacks{world, interrupter},
        files{context.get_executor(), config, world, legs},
        recordings{world, interrupter, files.recordings()},
        sounds{clock, world.media, files.sounds()},
        rooms{context.get_executor(), world},
        keepers{context.get_executor(), world, legs, rooms},
        bridge_media{context.get_executor(), world, legs, rooms, keepers},
        media{playbacks, recordings},
        users{users_of(config)},
        level{level_of(config)},
        router{router_options(config, level), users},
        channels{world, entrance, media, snapshots},
        channel_origins{world, entrance, created, snapshots},
        channel_controls{world, entrance},
        channel_variables{world},
        bridges{world, rooms, bridge_media, media},
        snoop{world, snoops, snapshots, facts},
        external_media{world, entrance, facts},
        endpoints{world},
        device_states{world},
        mailboxes{world},
        playback_resource{world, playbacks},
        recording_resource{world, recordings, files.recordings(), refuse_files()},
        sound_resource{sounds, refuse_files()},
        application_resource{applications, store, snapshots, writer, clock},
        asterisk{world, facts},
        support{world, facts, [this](Operation operation) { return router.serves(operation); }},
        rest{context.get_executor(), applications, router, writer, clock},
        http{context, http_options(config.http, recording.ari_tap()), router, rest},
        outbound{context, app::outbound_options(config), rest,
                 [this](const AppName& name) { return applications.has_channels(name); },
                 [this](ari::EventSocket& socket) { applications.say_farewell(socket); }},
        announce_timer{context},
        repair_timer{context},
        reentry_timer{context},
        device_timer{context},
        resync_timer{context},
        end_timer{context} {
    applications.use(level);
    changes.add(applications);
    changes.add(watches);
    changes.add(entrance);
    changes.add(created);
    world.created = &created;
    changes.add(legs);
    changes.add(snoops);
    entrance.use(legs);
    changes.add(rooms);
    let_members_out(rooms, entrance);
    rooms.use(ops::Bridges::IsRecorded{
        [this](const ChannelId& channel) { return recordings.has(channel); }});
    changes.add(bridge_media);
    changes.add(keepers);
    entrance.use(admission);
    application_resource.use(admission);
    applications.limit_logs([this](const AppName& name) { return app::log_limits(config, name); });
    applications.on_presence([this](const AppName& name) { admission.came(name); },
                             [this](const AppName& name) {
                               if (!stopping) admission.lost(name);
                             });
    applications.on_summon([this](AppName name, std::string channel) {
      return outbound.summon(std::move(name), std::move(channel));
    });
    channels.serve(router);
    channel_origins.serve(router);
    channel_controls.serve(router);
    channel_variables.serve(router);
    bridges.serve(router);
    snoop.serve(router);
    external_media.serve(router);
    endpoints.serve(router);
    device_states.serve(router);
    mailboxes.serve(router);
    playback_resource.serve(router);
    recording_resource.serve(router);
    sound_resource.serve(router);
    application_resource.serve(router);
    asterisk.serve(router);
    router.on_unsupported([this](Operation operation) { return support.unsupported(operation); });
    router.use(ari::Gate{[this](Operation operation) { return support.refuses(operation); },
                         [this](Operation operation) { return support.refusal(operation); }});
    router.use(ari::Settling{[this] { return gate.asking(); }, [this] { return gate.passed(); }});
    router.on_own("support", [this](const ari::Request&) { return support.list(); });
    facts.entity_id = config.general.entity_id;
    world.live_dangerously = config.dialplan.live_dangerously;
    world.spawn = [this](asio::awaitable<void> work) { spawn(std::move(work)); };
    world.commands_queued_max = config.fastagi.commands_queued_max;
  }
  using Operation = ari::Operation;

  ari::Refusal refuse_files() {
    return [this](Operation operation) {
      return ari::not_set_up_response(operation, facts.version,
                                      "arigate has no access to the files of the PBX");
    };
  }

  static ops::Timeouts timeouts_of(const Config& config) {
    ops::Timeouts timeouts;
    timeouts.action = config.ami.action_timeout;
    timeouts.originate = config.ami.originate_timeout;
    return timeouts;
  }

  void text_message(const ops::ReceivedMessage& message) {
    const auto* endpoint = store.find_sip_endpoint(message.from);
    std::string event;
    writer.write_text_message(event, endpoint, message.from, message.to, message.body,
                              clock.wall());
    applications.text_message(message.application, endpoint, event);
  }

  void spawn(asio::awaitable<void> work) {
    ++*tasks;
    asio::co_spawn(context, std::move(work), [tasks = tasks](const std::exception_ptr& thrown) {
      --*tasks;
      if (!thrown) return;
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& error) {
        log::error("gateway task failed what={}", error.what());
      }
    });
  }

  // --- the AMI link -----------------------------------------------------------------------------

  void link_up(const ami::Dialect& dialect, const std::string&) override {
    reconciler.use(dialect);
    gate.link_up(dialect);
    // Its name may not have been known at the start, or stand for another PBX now.
    if (const auto address = ami.peer(); address && config.fastagi.allow.empty()) {
      agi->allow(*address);
    }
    before_link = reconciler.serial();
    shutdown_told.reset();
    world.untold_variables = 0;
    spawn(settle());
  }
  void link_down() override {
    synchronised = false;
    gate.link_down();
    if (shutdown_told && clock.now() - *shutdown_told < shutdown_limit) {
      log::warn("pbx has shut down, its channels are gone channels={}", store.channel_count());
      reconciler.end_all(reconciler.serial(), clock.wall());
    }
  }
  void event(const ami::Message& message) override { gate.take(message); }

  /// An event that the PBX has meant.
  void apply(const ami::Message& message) {
    reconciler.apply(message, clock.wall());
    if (reconciler.take_gap()) resync_soon();
    using ami::EventName;
    // A PBX that was still loading when we logged in.
    if (message.event() == EventName::fullybooted && synchronised) spawn(settle());
    // "sip reload" and the like: phones may have come into the configuration, or gone from it.
    const bool reloaded =
        message.event() == EventName::reload || message.event() == EventName::channelreload;
    if (reloaded && synchronised) resync_soon();
    if (message.event() == EventName::shutdown) {
      log::warn("pbx shuts down");
      shutdown_told = clock.now();
    }
  }
  void batch_end() override {
    gate.batch_end();
    announce_soon();
  }

  void announce_soon() {
    if (!reconciler.has_undecided() || announce_armed || stopping) return;
    announce_armed = true;
    announce_timer.expires_after(announce_wait);
    announce_timer.async_wait([this](const boost::system::error_code& error) {
      announce_armed = false;
      if (error) return;
      const WallTime now = clock.wall();
      reconciler.decide(now - announce_wait, now);
      announce_soon();  // Those that came meanwhile.
    });
  }

  /// After a login: what is there on the PBX, and is it as we need it?
  asio::awaitable<void> settle() {
    co_await end_if_restarted();
    co_await resync_now();
    facts = co_await app::read_pbx_facts(world);
    if (!config.general.entity_id.empty()) {
      facts.entity_id = config.general.entity_id;
    } else if (facts.entity_id.empty()) {
      facts.entity_id = app::invented_entity_id(config.ami.host + facts.system_name);
    }
    writer.set_asterisk_id(facts.entity_id);
    world.media = co_await ops::read_pbx_media(world);
    if (const auto& given = config.recordings.pbx_directory; !given.empty()) {
      world.media.recordings_directory = given;
    }
    log::info("pbx known version=\"{}\" channels={}", facts.version, store.channel_count());
    co_await support.read();
    co_await ensure_context();
  }

  /// A PBX that was started anew has none of the channels that we knew, and may use their names.
  asio::awaitable<void> end_if_restarted() {
    const std::uint64_t up_to = before_link;
    const std::string started = co_await ops::pbx_started(world);
    if (started.empty()) co_return;
    const std::string earlier = std::exchange(pbx_started, started);
    if (earlier.empty() || earlier == started) co_return;
    log::warn("pbx was started anew, its channels are gone channels={}", store.channel_count());
    reconciler.end_all(up_to, clock.wall());
  }

  /// At once; when it was asked for a moment ago, a little later.
  void resync_soon() {
    if (resyncing || resync_armed) {
      resync_again = true;
      return;
    }
    spawn(resync_now());
  }

  void resync_later() {
    if (stopping) return;
    if (!std::exchange(resync_again, false)) {
      resync_pause = resync_pause_min;
      return;
    }
    resync_armed = true;
    resync_timer.expires_after(resync_pause);
    resync_pause = std::min(2 * resync_pause, resync_pause_max);
    resync_timer.async_wait([this](const boost::system::error_code& error) {
      resync_armed = false;
      if (!error && ami.up()) resync_soon();
    });
  }

  asio::awaitable<void> resync_now() {
    if (std::exchange(resyncing, true)) co_return;
    const auto outcome = co_await ops::resync(world);
    if (outcome) co_await ops::read_endpoints(world);
    resyncing = false;
    resync_later();
    if (outcome) {
      synchronised = true;
    } else {
      log::warn("channel list not read why=\"{}\"", outcome.error().detail);
    }
  }

  asio::awaitable<void> ensure_context() {
    const auto state = co_await ops::ensure_reentry_context(world, "agi://" + advertised(),
                                                            config.dialplan.add_at_runtime);
    if (!state) {
      log::warn("dialplan context not checked context={} why=\"{}\"", config.dialplan.context,
                state.error().detail);
    } else if (*state == ops::ReentryState::added) {
      kept_in_memory = true;
      log::info("dialplan context added in memory context={} url=agi://{}", config.dialplan.context,
                advertised());
    } else if (*state == ops::ReentryState::missing) {
      log::error(
          "dialplan context missing: channels cannot be originated into applications "
          "context={}",
          config.dialplan.context);
    }
  }

  /// "host:port" at which the PBX reaches our FastAGI listener.
  std::string advertised() const {
    const std::string& given = config.fastagi.advertise;
    if (!given.empty()) return given.starts_with("agi://") ? given.substr(6) : given;
    return ami.local_address() + ":" + std::to_string(agi->port());
  }

  asio::awaitable<void> repair_loop() {
    while (!stopping) {
      repair_timer.expires_after(repair_interval);
      boost::system::error_code ignored;
      co_await repair_timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (stopping || !ami.up()) continue;
      co_await resync_now();
    }
  }

  /// PBXs before Asterisk 12 do not tell the states of devices: those that somebody is subscribed
  /// to are asked for.
  asio::awaitable<void> device_loop() {
    while (!stopping) {
      device_timer.expires_after(device_interval);
      boost::system::error_code ignored;
      co_await device_timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (stopping) co_return;
      auto devices = applications.devices(devices_polled_max);
      for (const auto& device : devices) {
        if (const auto own = ops::own_device(device)) reconciler.watch_device(*own);
      }
      if (!ami.up() || ami.dialect().snapshots || devices.empty()) continue;
      co_await ops::poll_devices(world, std::move(devices));
    }
  }

  asio::awaitable<void> reentry_loop() {
    while (!stopping) {
      reentry_timer.expires_after(reentry_interval);
      boost::system::error_code ignored;
      co_await reentry_timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      applications.expire(clock.now());
      if (!stopping && ami.up() && kept_in_memory) co_await ensure_context();
    }
  }

  // --- start and stop ---------------------------------------------------------------------------

  Result<io::AgiServerOptions> agi_options() {
    io::AgiServerOptions options;
    boost::system::error_code error;
    options.bind = asio::ip::make_address(config.fastagi.bind, error);
    if (error) return Error{Errc::bad_request, "[fastagi] bind: not an address"};
    options.port = config.fastagi.port;
    options.sessions_max = config.fastagi.sessions_max;
    options.environment_timeout = config.fastagi.environment_timeout;
    options.tap = recording.tap();
    auto allow = config.fastagi.allow;
    if (allow.empty()) {
      allow = {"127.0.0.0/8", "::1"};
      asio::ip::tcp::resolver resolver{context};
      for (const auto& place : resolver.resolve(config.ami.host, "", error)) {
        allow.push_back(place.endpoint().address().to_string());
      }
    }
    const auto list = io::AllowList::parse(allow);
    if (!list) return list.error();
    options.allowed = *list;
    return options;
  }

  Result<void> start() {
    const auto options = agi_options();
    if (!options) return options.error();
    agi.emplace(context.get_executor(), *options, text_messages);
    if (const auto listening = agi->start(); !listening) return listening.error();
    model::ReconcilerOptions model_options;
    model_options.channelvars = config.general.channelvars;
    model_options.dialplan_context = config.dialplan.context;
    model_options.fastagi_port = std::to_string(agi->port());
    if (!config.fastagi.advertise.empty()) model_options.fastagi_advertised = advertised();
    reconciler.set_options(std::move(model_options));
    if (const auto listening = http.listen(); !listening) return listening.error();
    log::info("listening http={}:{} fastagi={}:{}", config.http.bind, http.port(),
              config.fastagi.bind, agi->port());
    if (const auto opened = recording.open(ports()); !opened) return opened.error();
    ami.start();
    outbound.start();
    spawn(repair_loop());
    spawn(reentry_loop());
    spawn(device_loop());
    return {};
  }

  /// As the PBX and clients see them, for the header of a capture.
  std::vector<std::pair<std::string, std::uint16_t>> ports() const {
    const auto place = config.fastagi.advertise.empty() ? std::string{} : advertised();
    const auto colon = place.rfind(':');
    const auto agi_port =
        colon == std::string::npos ? agi->port() : std::stoul(place.substr(colon + 1));
    return {{"ami", config.ami.port},
            {"http", http.port()},
            {"fastagi", static_cast<std::uint16_t>(agi_port)}};
  }

  asio::awaitable<void> stop(TimePoint deadline) {
    if (std::exchange(stopping, true)) co_return;
    log::info("stopping sessions={}", entrance.session_count());
    agi->stop();
    files.stop();  // Or requests would wait for a disk beyond the life of these parts.
    co_await outbound.stop(outbound_stop_limit);
    co_await http.stop();
    legs.close_all();  // They serve what this process does, and end with it.
    co_await entrance.hand_back_all(deadline);
    repair_timer.cancel();
    reentry_timer.cancel();
    device_timer.cancel();
    announce_timer.cancel();
    resync_timer.cancel();
    ami.stop();
    // Whatever still waits goes on now and ends: nothing may outlive these parts.
    admission.cancel_all();
    entrance.drop_all();
    watches.cancel_all();
    co_await tasks_end();
    if (recording.recorder) co_await recording.recorder->close(deadline + capture_spare);
  }

  /// What was cancelled goes on in later turns of the event loop, and uses these parts.
  asio::awaitable<void> tasks_end() {
    constexpr auto step = 2ms;
    constexpr int turns = 64;  // The longest chain of coroutines that end one another.
    const auto limit = clock.now() + tasks_limit;
    while ((*tasks > 0 || ami.running()) && clock.now() < limit) {
      watches.cancel_all();  // Who went on may wait for the next thing.
      end_timer.expires_after(step);
      boost::system::error_code ignored;
      co_await end_timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (*tasks > 0) log::warn("stopped with work under way tasks={}", *tasks);
    for (int i = 0; i < turns; ++i) co_await asio::post(context, asio::use_awaitable);
  }

  asio::io_context& context;
  Config config;
  io::SystemClock clock;
  Recording recording;
  model::Store store;
  ari::Snapshots snapshots;
  ari::EventWriter writer;
  ari::Applications applications;
  ops::Watches watches;
  FanOut changes;
  model::Reconciler reconciler;
  io::AmiClient ami;
  ops::Controls controls;
  ops::World world;
  ops::Gate gate;
  ops::Entrance entrance;
  ops::Admission admission;
  ops::Legs legs;
  ops::Snoops snoops;
  ops::CreatedChannels created;
  ops::TextMessages text_messages;
  ops::Interrupter interrupter;
  ops::Playbacks playbacks;
  app::PbxFiles files;
  ops::Recordings recordings;
  ops::Sounds sounds;
  ops::Bridges rooms;
  ops::RoomKeepers keepers;
  ops::BridgeMedia bridge_media;
  ari::MediaRequests media;
  ari::PbxFacts facts;
  ari::Users users;
  ari::ApiLevel level;
  ari::Router router;
  ari::Channels channels;
  ari::ChannelOrigins channel_origins;
  ari::ChannelControls channel_controls;
  ari::ChannelVariables channel_variables;
  ari::BridgeResource bridges;
  ari::SnoopResource snoop;
  ari::ExternalMediaResource external_media;
  ari::EndpointResource endpoints;
  ari::DeviceStateResource device_states;
  ari::MailboxResource mailboxes;
  ari::PlaybackResource playback_resource;
  ari::RecordingResource recording_resource;
  ari::SoundResource sound_resource;
  ari::ApplicationResource application_resource;
  ari::AsteriskResource asterisk;
  ari::SupportTable support;
  ari::RestOverWebSocket rest;
  io::HttpServer http;
  io::OutboundWebSockets outbound;
  std::optional<io::AgiServer> agi;
  asio::steady_timer announce_timer;
  asio::steady_timer repair_timer;
  asio::steady_timer reentry_timer;
  asio::steady_timer device_timer;
  asio::steady_timer resync_timer;
  asio::steady_timer end_timer;
  std::shared_ptr<std::size_t> tasks = std::make_shared<std::size_t>(0);  ///< Of spawn().
  std::optional<TimePoint> shutdown_told;  ///< The PBX has said that it goes.
  std::string pbx_started;                 ///< When, in its own words.
  std::uint64_t before_link = 0;           ///< Last event before this link came up.
  std::chrono::milliseconds resync_pause = resync_pause_min;
  bool resync_armed = false;
  bool resync_again = false;
  bool announce_armed = false;
  bool kept_in_memory = false;  ///< The re-entry context is there because we have added it.
  bool resyncing = false;
  bool synchronised = false;
  bool stopping = false;
};

Gateway::Gateway(asio::io_context& context, Config config)
    : parts_{std::make_unique<Parts>(context, std::move(config))} {}

Gateway::~Gateway() = default;

std::string Gateway::start() {
  const auto started = parts_->start();
  return started ? std::string{} : started.error().detail;
}

asio::awaitable<void> Gateway::stop(std::chrono::milliseconds limit) {
  return parts_->stop(parts_->clock.now() + limit);
}

void Gateway::reconfigure(const Config& config) {
  parts_->users.replace(users_of(config));
  parts_->config.users = config.users;
}

std::uint16_t Gateway::http_port() const {
  return parts_->http.port();
}
std::uint16_t Gateway::fastagi_port() const {
  return parts_->agi ? parts_->agi->port() : 0;
}
bool Gateway::ready() const {
  return parts_->ami.up() && parts_->synchronised;
}

}  // namespace arigate
