#include "ops/play.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "agi/command.hpp"
#include "core/text.hpp"
#include "ops/media.hpp"

namespace arigate::ops {

namespace {

/// What the requested media are, for the machine. Errc::bad_request.
Result<PlaybackPlan> plan_of(PlayRequest& request, std::string channel_language,
                             std::string_view recordings_directory) {
  if (request.media.empty()) return Error{Errc::bad_request, "Media must be specified"};
  if (has_line_break(request.language)) return Error{Errc::bad_request, "Language not usable"};
  PlaybackPlan plan;
  plan.channel_language = std::move(channel_language);
  plan.language = request.language;
  const auto& language = plan.language.empty() ? plan.channel_language : plan.language;
  for (const auto& uri : request.media) {
    auto media = media_of(uri, language, recordings_directory);
    if (!media) return media.error();
    plan.media.push_back(std::move(*media));
  }
  plan.uris = std::move(request.media);
  plan.offset_ms = request.offset_ms;
  plan.skip_ms = request.skip_ms;
  plan.id = request.id;
  if (plan.id.value.empty()) plan.id.value = to_string(boost::uuids::random_generator{}());
  return plan;
}

model::Playback playback_of(const PlaybackPlan& plan, const MediaTarget& target) {
  model::Playback playback;
  playback.id = plan.id;
  playback.media_uri = plan.uris.front();
  if (plan.uris.size() > 1) playback.next_media_uri = plan.uris[1];
  playback.target_uri = target.uri();
  playback.channel = target.channel;
  playback.bridge = target.bridge;
  playback.language = plan.language.empty() ? plan.channel_language : plan.language;
  return playback;
}

}  // namespace

PlaybackPorts Playbacks::ports_of(const MediaTarget& target) {
  PlaybackPorts ports;
  const std::weak_ptr<Control> of = target.control;
  ports.unanswered = [this, of] {
    const auto still = of.lock();
    return still && is_unanswered(world_, still->channel());
  };
  ports.control_stream = [this, of](const PlaybackMachine& machine, std::string_view verb) {
    const auto entry = entries_.find(machine.plan().id);
    const bool early = world_.clock.now() < machine.read_by();
    if (entry == entries_.end() || (!early && entry->second.held.empty())) {
      return control_stream(of, verb);
    }
    entry->second.held.emplace_back(verb);
    if (entry->second.held.size() > 1) return;
    world_.spawn(let_go(of, machine.plan().id, machine.read_by()));
  };
  ports.interrupt = [this, of, take_out = target.take_out](const PlaybackMachine& machine) {
    const PlaybackId id = machine.plan().id;
    const auto find = [this, id]() -> Entry* {
      const auto found = entries_.find(id);
      return found == entries_.end() ? nullptr : &found->second;
    };
    interrupter_.interrupt({of,
                            {},
                            [find] {
                              const auto* entry = find();
                              return entry != nullptr && entry->job->interrupt_pending();
                            },
                            [find] {
                              const auto* entry = find();
                              const auto control = entry ? entry->control.lock() : nullptr;
                              if (control) entry->job->stays(*control);
                            },
                            take_out});
  };
  ports.tell = [this](const PlaybackMachine& machine, model::PlaybackState state,
                      std::size_t item) {
    if (state == model::PlaybackState::done) {
      return world_.reconciler.show_playback(machine.plan().id, state);
    }
    const auto& uris = machine.plan().uris;
    const auto next = item + 1;
    world_.reconciler.set_playback(machine.plan().id, state, uris[item],
                                   next < uris.size() ? uris[next] : "", world_.clock.wall());
  };
  ports.hide_language = [this, of](std::string_view language) {
    const auto still = of.lock();
    if (still) world_.reconciler.hide_language(still->channel(), language);
  };
  ports.set_language = [this, of](std::string_view language) {
    const auto still = of.lock();
    const auto* channel = still ? world_.store.find_also_hidden(still->channel()) : nullptr;
    if (channel == nullptr || channel->hangup_told) return;
    world_.ami.post(ami::Action{"Setvar"}
                        .add("Channel", channel->name)
                        .add("Variable", "CHANNEL(language)")
                        .add("Value", language));
  };
  ports.ask_again = [this, of](const PlaybackMachine& machine) {
    world_.spawn(ask_again(of, machine.plan().id, machine.token(), machine.ask_again_after()));
  };
  ports.end = [this](const PlaybackMachine& machine, model::PlaybackState state) {
    entries_.erase(machine.plan().id);
    world_.reconciler.end_playback(machine.plan().id, state, world_.clock.wall());
  };
  return ports;
}

Result<PlaybackId> Playbacks::play(PlayRequest request,
                                   const std::function<void(const model::Playback&)>& queued) {
  const std::shared_ptr<Control> control = request.target.control;
  const auto* channel = world_.store.find_also_hidden(control->channel());
  auto plan = plan_of(request, channel == nullptr ? "en" : channel->language,
                      world_.media.recordings_directory);
  if (!plan) return plan.error();
  if (entries_.size() >= playbacks_max) return Error{Errc::overloaded, "too many playbacks"};
  const PlaybackId id = plan->id;
  const auto key = plan->id = world_.reconciler.add_playback(playback_of(*plan, request.target));
  queued(*world_.store.find(key));

  const auto means = world_.ami.dialect().control_playback ? PlaybackMachine::Means::controlled
                                                           : PlaybackMachine::Means::token;
  auto job = std::make_unique<PlaybackJob>(
      PlaybackMachine{std::move(*plan), means, interrupter_.by_digit()}, ports_of(request.target));
  entries_.emplace(key, Entry{control, job.get(), {}});
  if (const auto waits = control->add(std::move(job)); !waits) {
    entries_.erase(key);
    world_.reconciler.end_playback(key, model::PlaybackState::failed, world_.clock.wall());
    return waits.error();
  }
  return id;
}

void Playbacks::control_stream(const std::weak_ptr<Control>& control, std::string_view verb) {
  const auto still = control.lock();
  const auto* channel = still ? world_.store.find_also_hidden(still->channel()) : nullptr;
  if (channel == nullptr) return;
  world_.ami.post(
      ami::Action{"ControlPlayback"}.add("Channel", channel->name).add("Control", verb));
}

/// The PBX drops what controls a playback whose command it has not read yet.
boost::asio::awaitable<void> Playbacks::let_go(std::weak_ptr<Control> control, PlaybackId id,
                                               TimePoint when) {
  const std::weak_ptr<bool> alive = alive_;
  Eventual<bool> nothing;
  co_await nothing.wait(when);
  if (alive.expired()) co_return;  // The process ends.
  const auto found = entries_.find(id);
  if (found == entries_.end()) co_return;
  for (const auto& verb : std::exchange(found->second.held, {})) control_stream(control, verb);
}

/// The PBX reads its AGI socket through a buffer: a token that came together with the line before
/// it lies there unseen until something else comes.
boost::asio::awaitable<void> Playbacks::ask_again(std::weak_ptr<Control> control, PlaybackId id,
                                                  std::uint32_t token,
                                                  std::chrono::milliseconds after) {
  const std::weak_ptr<bool> alive = alive_;
  Eventual<bool> nothing;
  co_await nothing.wait(world_.in(after));
  if (alive.expired()) co_return;  // The process ends.
  const auto found = entries_.find(id);
  const auto still = control.lock();
  if (still && found != entries_.end()) found->second.job->ask_again(*still, token);
}

Result<void> Playbacks::control(const PlaybackId& id, PlaybackControl what) {
  const Error unknown{Errc::not_found, "Playback not found"};
  const auto found = entries_.find(world_.store.key_of(id));
  if (found == entries_.end()) return unknown;
  const Entry& entry = found->second;
  const auto control = entry.control.lock();
  if (!control) return unknown;
  const bool over_ami = entry.job->started() && world_.ami.dialect().control_playback;
  if (over_ami && !world_.ami.up()) return link_is_down();
  if (entry.held.size() >= held_max) return Error{Errc::overloaded, "too many controls at once"};
  return entry.job->on(what, *control, world_.clock.now());
}

}  // namespace arigate::ops
