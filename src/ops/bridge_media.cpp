#include "ops/bridge_media.hpp"

#include <boost/asio/co_spawn.hpp>
#include <utility>
#include <variant>

#include "core/thrown.hpp"
#include "ops/lines.hpp"
#include "ops/room.hpp"

namespace arigate::ops {
namespace {

/// What a PBX cannot end by a digit is ended by a new line for the leg.
MediaTarget target_in(const BridgeId& bridge, const std::shared_ptr<Leg>& leg) {
  std::function<void()> take_out = [of = std::weak_ptr{leg}] {
    if (const auto still = of.lock()) still->renew();
  };
  return target_of(bridge, leg->control().shared_from_this(), std::move(take_out));
}

}  // namespace

/// A leg whose far half is in the room of the bridge.
boost::asio::awaitable<Result<std::shared_ptr<Leg>>> BridgeMedia::open(BridgeId id,
                                                                       MemberOptions options) {
  const auto bridge = bridges_.own(id);
  if (!bridge) co_return bridge.error();
  keepers_.leg_goes_in(id);
  LegOrder order;
  order.application = "ConfBridge";
  order.data = room_arguments(world_, **bridge, options);
  order.variables = room_variables(world_, **bridge, options);
  auto leg = co_await legs_.open(std::move(order), world_.in(world_.timeouts.originate));
  if (!leg) co_return leg.error();
  if (!bridges_.own(id)) {  // Destroyed meanwhile.
    (*leg)->close();
    co_return bridge_not_found();
  }
  (*leg)->on_end([this, id, ended = leg->get()] { forget(id, ended); });
  co_return *std::move(leg);
}

boost::asio::awaitable<Result<MediaTarget>> BridgeMedia::announcer(BridgeId bridge) {
  if (const auto known = bridges_.own(bridge); !known) co_return known.error();
  // One opens it; when that fails, the next one tries.
  const TimePoint deadline = world_.in(world_.timeouts.originate);
  while (sounds_[bridge].opening) {
    Eventual<bool> there;
    sounds_[bridge].awaiting.push_back(there);
    if (!co_await there.wait(deadline)) {
      co_return Error{Errc::timeout, "The PBX did not open the leg in time"};
    }
    if (const auto known = bridges_.own(bridge); !known) co_return known.error();
  }
  auto leg = sounds_[bridge].announcer;
  if (!leg || leg->over()) {
    const auto opened = co_await open_announcer(bridge);
    if (!opened) {
      if (!bridges_.own(bridge)) sounds_.erase(bridge);
      bridges_.settle(bridge);
      co_return opened.error();
    }
    leg = *opened;
  }
  co_await bridges_.gather(bridge);
  if (leg->over()) co_return Error{Errc::refused_by_pbx, "The leg into the bridge has ended"};
  co_return target_in(bridge, leg);
}

boost::asio::awaitable<Result<std::shared_ptr<Leg>>> BridgeMedia::open_announcer(BridgeId id) {
  const auto work = sounds_[id].opening.begin();
  bridges_.settle(id);
  MemberOptions options;
  options.announcer = true;
  auto leg = co_await open(id, options);
  auto& sounds = sounds_[id];
  for (auto& waiting : std::exchange(sounds.awaiting, {})) waiting.set(true);
  if (leg) sounds.announcer = *leg;
  co_return leg;
}

bool BridgeMedia::speaks(const BridgeId& bridge) const {
  const auto found = sounds_.find(bridge);
  return found != sounds_.end() && (found->second.opening || found->second.announcer);
}

std::string BridgeMedia::music_outside(const BridgeId& bridge) const {
  const auto found = sounds_.find(bridge);
  return found == sounds_.end() ? "" : found->second.music_outside.value_or("");
}

boost::asio::awaitable<Result<MediaTarget>> BridgeMedia::recorder(BridgeId bridge) {
  MemberOptions options;
  options.listener = true;
  auto leg = co_await open(bridge, options);
  if (!leg) co_return leg.error();
  sounds_[bridge].recorders.insert(*leg);
  co_return target_in(bridge, *leg);
}

void BridgeMedia::release(const MediaTarget& target) {
  // Asked whenever the queue runs empty; the end of the leg must not come from inside its queue.
  target.control->rest_by([this, bridge = target.bridge,
                           control = std::weak_ptr{target.control}]() {
    boost::asio::co_spawn(executor_, close_if_idle(bridge, control), log_thrown("bridge media"));
    return std::unique_ptr<RestingJob>{};
  });
}

boost::asio::awaitable<void> BridgeMedia::close_if_idle(BridgeId bridge,
                                                        std::weak_ptr<Control> of) {
  const auto control = of.lock();
  const auto found = sounds_.find(bridge);
  if (!control || !control->idle() || found == sounds_.end()) co_return;
  std::shared_ptr<Leg> leg;
  if (found->second.announcer && &found->second.announcer->control() == control.get()) {
    leg = found->second.announcer;
  }
  for (const auto& recorder : found->second.recorders) {
    if (&recorder->control() == control.get()) leg = recorder;
  }
  if (!leg) co_return;
  forget(bridge, leg.get());
  leg->close();
  end_if_empty(bridge);
}

boost::asio::awaitable<Result<void>> BridgeMedia::start_music(BridgeId bridge,
                                                              std::string music_class) {
  const auto known = bridges_.own(bridge);
  if (!known) co_return known.error();
  auto lines = start_moh_lines(music_class);
  if (!lines) co_return lines.error();
  if (waits_outside(world_, **known)) {
    sounds_[bridge].music_outside = std::move(music_class);
    bridges_.settle(bridge);
    co_return Result<void>{};
  }
  const auto playing = sounds_[bridge].music;
  if (playing && !playing->over()) {
    lines->push_front("SET MUSIC OFF");
    co_return playing->control().add(std::make_unique<SequenceJob>(std::move(*lines)));
  }
  MemberOptions options;
  options.announcer = true;
  auto leg = co_await open(bridge, options);
  if (!leg) co_return leg.error();
  auto& music = sounds_[bridge].music;
  if (music && !music->over()) {  // Two asked at the same time.
    (*leg)->close();
    co_return Result<void>{};
  }
  music = *leg;
  co_return (*leg)->control().add(std::make_unique<SequenceJob>(std::move(*lines)));
}

Result<void> BridgeMedia::stop_music(const BridgeId& bridge) {
  if (const auto known = bridges_.own(bridge); !known) return known.error();
  const auto found = sounds_.find(bridge);
  if (found != sounds_.end() && std::exchange(found->second.music_outside, std::nullopt)) {
    forget_if_unused(bridge);
    bridges_.settle(bridge);
    return {};
  }
  if (found == sounds_.end() || !found->second.music) {
    return Error{Errc::conflict, "Bridge isn't playing music"};
  }
  const auto leg = found->second.music;
  forget(bridge, leg.get());
  leg->close();
  end_if_empty(bridge);
  return {};
}

void BridgeMedia::forget(const BridgeId& bridge, const Leg* leg) {
  const auto found = sounds_.find(bridge);
  if (found == sounds_.end()) return;
  auto& sounds = found->second;
  if (sounds.announcer.get() == leg) sounds.announcer.reset();
  if (sounds.music.get() == leg) sounds.music.reset();
  std::erase_if(sounds.recorders, [&](const auto& recorder) { return recorder.get() == leg; });
  forget_if_unused(bridge);
  bridges_.settle(bridge);
  keepers_.leg_went_out(bridge);
}

void BridgeMedia::forget_if_unused(const BridgeId& bridge) {
  const auto found = sounds_.find(bridge);
  if (found == sounds_.end()) return;
  const auto& sounds = found->second;
  const bool unused =
      !sounds.announcer && !sounds.music && !sounds.music_outside && sounds.recorders.empty();
  if (unused && !sounds.opening) sounds_.erase(found);
}

/// As natively: who goes out of a bridge in which nobody is left but legs takes these along.
void BridgeMedia::end_if_empty(const BridgeId& bridge) {
  const auto* known = world_.store.find(bridge);
  if (known == nullptr || !known->channels.empty() || !sounds_.contains(bridge)) return;
  // Later: what made it empty is to be told first.
  boost::asio::co_spawn(executor_, end_if_still_empty(bridge), log_thrown("bridge media"));
}

boost::asio::awaitable<void> BridgeMedia::end_if_still_empty(BridgeId bridge) {
  const auto* known = world_.store.find(bridge);
  if (known == nullptr || known->channels.empty()) end(bridge);
  co_return;
}

void BridgeMedia::on(const model::Change& change, WallTime) {
  if (const auto* gone = std::get_if<model::BridgeDestroyed>(&change)) {
    end(gone->bridge.id);
  } else if (const auto* left = std::get_if<model::ChannelLeftBridge>(&change)) {
    end_if_empty(left->bridge.id);
  }
}

void BridgeMedia::end(const BridgeId& bridge) {
  const auto found = sounds_.find(bridge);
  if (found == sounds_.end()) return;
  std::vector<std::shared_ptr<Leg>> ending{std::exchange(found->second.announcer, {}),
                                           std::exchange(found->second.music, {})};
  for (const auto& recorder : std::exchange(found->second.recorders, {})) {
    ending.push_back(recorder);
  }
  found->second.music_outside.reset();
  if (!found->second.opening) sounds_.erase(found);  // Else who opens it looks after the entry.
  bridges_.settle(bridge);
  keepers_.leg_went_out(bridge);
  for (const auto& leg : ending) {
    if (leg) leg->close();
  }
}

}  // namespace arigate::ops
