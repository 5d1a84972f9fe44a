#include "app/replay_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "app/exit_codes.hpp"
#include "app/fan_out.hpp"
#include "ari/application_resource.hpp"
#include "ari/applications.hpp"
#include "ari/asterisk.hpp"
#include "ari/bridges.hpp"
#include "ari/channels.hpp"
#include "ari/playbacks.hpp"
#include "ari/router.hpp"
#include "ari/snapshots.hpp"
#include "ari/unsupported.hpp"
#include "ari/users.hpp"
#include "core/log.hpp"
#include "io/http_server.hpp"
#include "io/system_clock.hpp"
#include "ops/bridge_media.hpp"
#include "ops/bridges.hpp"
#include "ops/entrance.hpp"
#include "replay/player.hpp"
#include "replay/recording.hpp"
#include "trace/parts_reader.hpp"

namespace arigate::app {
namespace {

namespace asio = boost::asio;

/// The PBX of a recording.
class RecordedPbx : public ops::AmiPort {
 public:
  asio::awaitable<Result<ami::Message>> request(ami::Action, TimePoint, std::string) override {
    co_return refusal();
  }
  asio::awaitable<Result<std::vector<ami::Message>>> list(ami::Action, TimePoint) override {
    co_return refusal();
  }
  void post(ami::Action) override {}
  const ami::Dialect& dialect() const override { return dialect_; }
  bool up() const override { return false; }

 private:
  static Error refusal() {
    return {Errc::unavailable, "This is a recording: its PBX cannot be asked for anything"};
  }
  ami::Dialect dialect_;
};

io::HttpServerOptions http_options(const ReplayCommand& command) {
  io::HttpServerOptions options;
  options.bind_address = command.bind;
  options.port = command.port.value_or(options.port);
  return options;
}

bool shows_variables(const ReplayCommand& command) {
  const auto names_variables = [](const std::string& file) {
    return !replay::setup_of({std::filesystem::path{file}}).channelvars.empty();
  };
  return std::any_of(command.files.begin(), command.files.end(), names_variables);
}

class ReplayServer {
 public:
  ReplayServer(asio::io_context& context, const ReplayCommand& command)
      : context_{context},
        command_{command},
        world_{clock_,         store_,   reconciler_,
               pbx_,           watches_, controls_,
               applications_,  [] {},    [this] { return nothing(); },
               ops::Timeouts{}},
        entrance_{context.get_executor(), world_},
        http_{context, http_options(command), router_, applications_},
        timer_{context},
        signals_{context, SIGTERM, SIGINT} {
    applications_.tell_starts_to_all();
    channels_.serve(router_);
    bridges_.serve(router_);
    playback_resource_.serve(router_);
    application_resource_.serve(router_);
    asterisk_.serve(router_);
    router_.on_unsupported([](ari::Operation operation) {
      return ari::unsupported_response(operation, "", "a recording");
    });
  }

  int run() {
    if (const auto listening = http_.listen(); !listening) {
      fmt::print(stderr, "arigate: {}\n", listening.error().detail);
      return exit_failed;
    }
    fmt::print(
        "ARI at http://{}:{}/ari, user {}, password {}; {} file(s) wait for an application\n",
        command_.bind, http_.port(), command_.user, command_.password, command_.files.size());
    std::fflush(stdout);
    signals_.async_wait([this](const boost::system::error_code&, int) { stop(); });
    asio::co_spawn(context_, play_all(), asio::detached);
    context_.run();
    return code_;
  }

 private:
  asio::awaitable<void> nothing() { co_return; }

  asio::awaitable<void> play_all() {
    while (applications_.socket_count() == 0 && !stopping_) {
      co_await wait_until(std::chrono::steady_clock::now() + std::chrono::milliseconds{50});
    }
    const std::vector<std::filesystem::path> given{command_.files.begin(), command_.files.end()};
    const auto recordings = trace::recordings_of(given);
    for (std::size_t i = 0; i < recordings.size() && !stopping_; ++i) {
      if (i > 0) reconciler_.end_all(reconciler_.serial(), clock_.wall());  // Another PBX, perhaps.
      co_await play(recordings[i]);
    }
    if (!stopping_) log::info("recording at its end channels={}", store_.channel_count());
  }

  asio::awaitable<void> play(std::vector<std::filesystem::path> files) {
    auto reader = trace::PartsReader::open(files);
    if (!reader) co_return fail(reader.error());
    const auto& header = reader->header();
    log::info("recording begins file={} pbx=\"{}\"", files.front().string(), header.pbx);
    const auto setup = replay::setup_of(files);
    reconciler_.set_options(replay::model_options(header, setup));
    ari::use_utc_offset(setup.utc_offset);
    if (!setup.asterisk_id.empty()) writer_.set_asterisk_id(setup.asterisk_id);
    replay::Player player{store_, reconciler_, replay::player_options(header, setup)};
    const auto begun = std::chrono::steady_clock::now();
    std::optional<std::int64_t> first_us;
    while (!stopping_) {
      const auto line = reader->next();
      if (!line) {
        fail(line.error());
        break;
      }
      if (!*line) break;
      if (!first_us) first_us = (*line)->t_us;  // A later file of a recording is not at 0.
      const auto due = begun + due_after((*line)->t_us - *first_us);
      if (due > std::chrono::steady_clock::now()) co_await wait_until(due);
      if (const auto played = player.play(**line, clock_.wall()); !played) {
        fail({played.error().code, fmt::format("{}:{}: {}", reader->file().string(),
                                               (*line)->number, played.error().detail)});
      }
    }
    player.pass_time(clock_.wall() + std::chrono::seconds{1});
  }

  std::chrono::microseconds due_after(std::int64_t t_us) const {
    const double speed = command_.speed.value_or(1);
    return std::chrono::microseconds{
        speed > 0 ? static_cast<std::int64_t>(static_cast<double>(t_us) / speed) : 0};
  }

  void fail(const Error& error) {
    fmt::print(stderr, "arigate: {}\n", error.detail);
    code_ = exit_failed;
  }

  asio::awaitable<void> wait_until(TimePoint when) {
    timer_.expires_at(when);
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  void stop() {
    stopping_ = true;
    timer_.cancel();
    asio::co_spawn(context_, http_.stop(), asio::detached);
  }

  asio::io_context& context_;
  const ReplayCommand& command_;
  io::SystemClock clock_;
  model::Store store_;
  ari::Snapshots snapshots_{shows_variables(command_)};
  ari::EventWriter writer_{snapshots_, "00:00:00:00:00:00"};
  ari::Applications applications_{store_, snapshots_, writer_, clock_};
  ops::Watches watches_;
  FanOut changes_{{&applications_, &watches_}};
  model::Reconciler reconciler_{store_, changes_, {}};
  RecordedPbx pbx_;
  ops::Controls controls_;
  ops::World world_;
  ops::Entrance entrance_;
  ops::Interrupter interrupter_{world_, {}};
  ops::Playbacks playbacks_{world_, interrupter_};
  ari::PbxFacts facts_;
  ari::Users users_{{{command_.user, Secret{command_.password}, ari::User::Format::plain, false}}};
  ari::Router router_{{}, users_};
  ops::Recordings recordings_{world_, interrupter_, nullptr};
  ari::MediaRequests media_{playbacks_, recordings_};
  ari::Channels channels_{world_, entrance_, media_, snapshots_};
  ops::Bridges rooms_{context_.get_executor(), world_};
  ops::Legs legs_{world_, entrance_};
  ops::RoomKeepers keepers_{context_.get_executor(), world_, legs_, rooms_};
  ops::BridgeMedia bridge_media_{context_.get_executor(), world_, legs_, rooms_, keepers_};
  ari::BridgeResource bridges_{world_, rooms_, bridge_media_, media_};
  ari::PlaybackResource playback_resource_{world_, playbacks_};
  ari::ApplicationResource application_resource_{applications_, store_, snapshots_, writer_,
                                                 clock_};
  ari::AsteriskResource asterisk_{world_, facts_};
  io::HttpServer http_;
  asio::steady_timer timer_;
  asio::signal_set signals_;
  bool stopping_ = false;
  int code_ = exit_ok;
};

}  // namespace

int serve_replay(const ReplayCommand& command) {
  asio::io_context context{1};
  ReplayServer server{context, command};
  return server.run();
}

}  // namespace arigate::app
