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
#include "app/fan_out.hpp"
#include "app/gateway_options.hpp"
#include "app/pbx_facts.hpp"
#include "app/pbx_files.hpp"
#include "app/recorder_options.hpp"
#include "app/upkeep.hpp"
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
#include "ari/errors.hpp"
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
#include "core/thrown.hpp"
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
#include "ops/entrance.hpp"
#include "ops/eventual.hpp"
#include "ops/gate.hpp"
#include "ops/leg.hpp"
#include "ops/pbx_media.hpp"
#include "ops/play.hpp"
#include "ops/record.hpp"
#include "ops/room_keepers.hpp"
#include "ops/snoop.hpp"
#include "ops/sounds.hpp"
#include "ops/text_messages.hpp"
#include "ops/world.hpp"

namespace arigate {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// For our own work that was cancelled.
constexpr auto tasks_limit = 1s;
/// How long the disk may take, beyond the limit of a stop, for what was captured last.
constexpr auto capture_spare = 250ms;

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
  rooms.use(
      [&entrance](ChannelId channel, std::function<bool()> wanted) {
        return entrance.reenter(std::move(channel), std::move(wanted));
      },
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
              [this] { upkeep.resync_soon(); },
              [this] { return upkeep.wait_for_reentry(); },
              app::timeouts_of(config),
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
        interrupter{world,
                    [this](ChannelId id, std::function<bool()> wanted) {
                      return entrance.reenter(std::move(id), std::move(wanted));
                    }},
        playbacks{world, interrupter},
        files{context.get_executor(), config, world, legs},
        recordings{world, interrupter, files.recordings()},
        sounds{clock, world.media, files.sounds()},
        rooms{context.get_executor(), world},
        keepers{context.get_executor(), world, legs, rooms},
        bridge_media{context.get_executor(), world, legs, rooms, keepers},
        media{playbacks, recordings},
        users{app::users_of(config)},
        level{app::level_of(config)},
        router{app::router_options(config, level), users},
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
        http{context, app::http_options(config.http, recording.ari_tap()), router, rest},
        outbound{context, app::outbound_options(config), rest,
                 io::OutboundWebSockets::Hooks{
                     [this](const AppName& name) { return applications.has_channels(name); },
                     [this](ari::EventSocket& socket) { applications.say_hello(socket); },
                     [this](ari::EventSocket& socket) { applications.say_farewell(socket); },
                     [this](const AppName& name) { admission.failed(name); }}},
        upkeep{
            context.get_executor(), world, applications,
            app::Upkeep::Duties{[this] { return learn_folders(); }, [this] { return learn_pbx(); },
                                [this] { return advertised(); }, config.dialplan.add_at_runtime}},
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
    changes.add(admission);
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
    router.on_lacking([this](Operation operation, std::string_view lacking) {
      return support.explained(operation, lacking);
    });
    router.use(ari::Gate{
        [this](Operation operation) { return unknown(operation) || support.refuses(operation); },
        [this](Operation operation) { return refusal(operation); }});
    router.use(ari::Settling{[this] { return gate.asking(); }, [this] { return gate.passed(); }});
    router.wait_first(ari::Settling{[this] { return upkeep.learns() || gate.asking(); },
                                    [this] { return all_is_known(); }});
    router.before_each([this](ari::Request& request) { applications.asked(request); });
    router.on_own("support", [this](const ari::Request&) { return support.list(); });
    facts.entity_id = config.general.entity_id;
    world.live_dangerously = config.dialplan.live_dangerously;
    world.spawn = [this](asio::awaitable<void> work) { spawn(std::move(work)); };
    world.commands_queued_max = config.fastagi.commands_queued_max;
  }
  using Operation = ari::Operation;

  /// What came before a request is known to it, unless the PBX takes its time to say whether it
  /// meant that.
  asio::awaitable<void> all_is_known() {
    if (upkeep.learns()) co_await upkeep.wait_for_lists();
    co_await gate.passed(100ms);
  }

  ari::Refusal refuse_files() {
    return [this](Operation operation) {
      return ari::not_set_up_response(operation, facts.version,
                                      "arigate has no access to the files of the PBX");
    };
  }

  /// Whether the operation is about what nobody knows before the PBX has been asked for the first
  /// time: it would hear of a channel or a phone that it does not exist.
  bool unknown(Operation operation) const {
    if (upkeep.has_asked()) return false;
    const auto path = ari::info(operation).path;
    return path.starts_with("/channels") || path.starts_with("/bridges") ||
           path.starts_with("/endpoints") || path.starts_with("/deviceStates");
  }
  asio::awaitable<std::optional<ari::Response>> refusal(Operation operation) {
    if (!unknown(operation)) co_return co_await support.refusal(operation);
    if (!ami.up()) co_return ari::error_response(ops::link_is_down());
    co_return ari::error_response({Errc::unavailable, "The PBX has not told yet what it has"});
  }

  void text_message(const ops::ReceivedMessage& message) {
    const auto* endpoint = store.find_sip_endpoint(message.from);
    std::string event;
    writer.write_text_message(event, endpoint, message, clock.wall());
    applications.text_message(message.application, endpoint, event);
  }

  void spawn(asio::awaitable<void> work) {
    ++*tasks;
    asio::co_spawn(context, std::move(work), [tasks = tasks](const std::exception_ptr& thrown) {
      --*tasks;
      log_thrown("gateway task")(thrown);
    });
  }

  // --- the AMI link -----------------------------------------------------------------------------

  void link_up(const ami::Dialect& dialect, const std::string&) override {
    reconciler.use(dialect);
    gate.link_up(dialect);
    // Its name may not have been known at the start, or stand for another PBX now.
    if (config.fastagi.allow.empty()) agi->allow(app::pbx_and_loopback(ami.addresses()));
    upkeep.link_up();
  }
  void link_down() override {
    gate.link_down();
    upkeep.link_down();
  }
  void link_failed(const Error& why) override { support.link_failed(why.detail); }
  void event(const ami::Message& message) override { gate.take(message); }
  /// An event that the PBX has meant.
  void apply(const ami::Message& message) {
    reconciler.apply(message, clock.wall());
    upkeep.applied(message);
  }
  void batch_end() override {
    gate.batch_end();
    upkeep.batch_end();
  }

  asio::awaitable<void> learn_folders() {
    world.media = co_await ops::read_pbx_media(world);
    if (const auto& given = config.recordings.pbx_directory; !given.empty()) {
      world.media.recordings_directory = given;
    }
  }

  asio::awaitable<void> learn_pbx() {
    facts = co_await app::read_pbx_facts(world);
    if (!config.general.entity_id.empty()) {
      facts.entity_id = config.general.entity_id;
    } else if (facts.entity_id.empty()) {
      facts.entity_id = app::invented_entity_id(config.ami.host + facts.system_name);
    }
    writer.set_asterisk_id(facts.entity_id);
    world.receives_digits = app::receives_digits(facts.version);
    log::info("pbx known version=\"{}\" channels={}", facts.version, store.channel_count());
    co_await support.read();
  }

  /// "host:port" at which the PBX reaches our FastAGI listener.
  std::string advertised() const {
    const std::string& given = config.fastagi.advertise;
    if (!given.empty()) return given;
    return ami.local_address() + ":" + std::to_string(agi->port());
  }

  // --- start and stop ---------------------------------------------------------------------------

  Result<void> start() {
    const auto options = app::agi_options(config, context, recording.tap());
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
    upkeep.start();
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
    const auto began = clock.now();
    const auto quarter =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - began) / 4;
    if (agi) agi->stop();
    files.stop();  // Or requests would wait for a disk beyond the life of these parts.
    // From here on no client is told anything. What was asked may be answered yet, but that keeps
    // the channels waiting for a quarter of the time only: they need the rest.
    ops::Eventual<bool> parted;
    part_from_clients(quarter, parted);
    const bool all_gone = (co_await parted.wait(began + quarter)).has_value();
    legs.close_all();  // They serve what this process does, and end with it.
    co_await entrance.hand_back_all(deadline);
    if (!all_gone) co_await parted.wait(began + 3 * quarter);
    upkeep.stop();
    ami.stop();
    // Whatever still waits goes on now and ends: nothing may outlive these parts.
    admission.cancel_all();
    rooms.cancel_all();
    entrance.drop_all();
    watches.cancel_all();
    co_await tasks_end();
    if (recording.recorder) co_await recording.recorder->close(deadline + capture_spare);
  }

  /// Sets `parted` when all of them have gone, or were cut off.
  void part_from_clients(std::chrono::milliseconds quarter, const ops::Eventual<bool>& parted) {
    const auto left = std::make_shared<int>(2);
    spawn(part(outbound.stop(quarter), left, parted));
    spawn(part(http.stop(3 * quarter), left, parted));
  }
  static asio::awaitable<void> part(asio::awaitable<void> goodbye, std::shared_ptr<int> left,
                                    ops::Eventual<bool> parted) {
    co_await std::move(goodbye);
    if (--*left == 0) parted.set(true);
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
  app::FanOut changes;
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
  app::Upkeep upkeep;
  asio::steady_timer end_timer;
  std::shared_ptr<std::size_t> tasks = std::make_shared<std::size_t>(0);  ///< Of spawn().
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
  parts_->users.replace(app::users_of(config));
  parts_->config.users = config.users;
}

std::uint16_t Gateway::http_port() const {
  return parts_->http.port();
}
std::uint16_t Gateway::fastagi_port() const {
  return parts_->agi ? parts_->agi->port() : 0;
}
bool Gateway::ready() const {
  return parts_->ami.up() && parts_->upkeep.synchronised();
}

}  // namespace arigate
