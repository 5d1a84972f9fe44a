#include "ops/play.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <memory>
#include <utility>

#include "agi/command.hpp"
#include "core/text.hpp"
#include "ops/media.hpp"

namespace arigate::ops {

Result<PlaybackId> Playbacks::play(PlayRequest request,
                                   const std::function<void(const model::Playback&)>& queued) {
  const auto control = control_of(world_, request.channel);
  if (!control) return control.error();
  const auto* channel = world_.store.find(request.channel);
  if (request.media.empty()) return Error{Errc::bad_request, "Media must be specified"};
  if (entries_.size() >= playbacks_max) return Error{Errc::overloaded, "too many playbacks"};

  PlaybackPlan plan;
  plan.channel_language = channel->language;
  plan.language = request.language;
  if (has_line_break(plan.language)) return Error{Errc::bad_request, "Language not usable"};
  const std::string& language = plan.language.empty() ? plan.channel_language : plan.language;
  for (const auto& uri : request.media) {
    auto media = media_of(uri, language, world_.recordings_directory);
    if (!media) return media.error();
    plan.media.push_back(std::move(*media));
  }
  plan.uris = std::move(request.media);
  plan.offset_ms = request.offset_ms;
  plan.skip_ms = request.skip_ms;
  plan.id = request.id;
  if (plan.id.value.empty()) {
    plan.id.value = to_string(boost::uuids::random_generator{}());
  }
  const PlaybackId id = plan.id;

  model::Playback playback;
  playback.id = id;
  playback.media_uri = plan.uris.front();
  if (plan.uris.size() > 1) playback.next_media_uri = plan.uris[1];
  playback.target_uri = "channel:" + request.channel.value;
  playback.channel = request.channel;
  playback.language = language;
  if (const auto added = world_.reconciler.add_playback(std::move(playback)); !added) {
    return added.error();
  }

  queued(*world_.store.find(id));

  PlaybackPorts ports;
  ports.control_stream = [this, channel = request.channel](std::string_view verb) {
    if (const auto* target = world_.store.find(channel)) {
      world_.ami.post(
          ami::Action{"ControlPlayback"}.add("Channel", target->name).add("Control", verb));
    }
  };
  ports.tell = [this](const PlaybackMachine& machine, model::PlaybackState state,
                      std::size_t item) {
    const auto& uris = machine.plan().uris;
    const auto next = item + 1;
    world_.reconciler.set_playback(machine.plan().id, state, uris[item],
                                   next < uris.size() ? uris[next] : "", world_.clock.wall());
  };
  ports.end = [this](const PlaybackMachine& machine, model::PlaybackState state) {
    entries_.erase(machine.plan().id);
    world_.reconciler.end_playback(machine.plan().id, state, world_.clock.wall());
  };
  const auto means = world_.ami.dialect().control_playback ? PlaybackMachine::Means::controlled
                                                           : PlaybackMachine::Means::token;
  auto job =
      std::make_unique<PlaybackJob>(PlaybackMachine{std::move(plan), means}, std::move(ports));
  entries_.emplace(id, Entry{request.channel, job.get()});
  if (const auto added = (*control)->add(std::move(job)); !added) {
    entries_.erase(id);
    world_.reconciler.end_playback(id, model::PlaybackState::failed, world_.clock.wall());
    return added.error();
  }
  return id;
}

Result<void> Playbacks::control(const PlaybackId& id, PlaybackControl what) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return Error{Errc::not_found, "Playback not found"};
  const Entry entry = found->second;
  Control* control = world_.controls.find(entry.channel);
  if (control == nullptr) return Error{Errc::not_found, "Playback not found"};
  return entry.job->on(what, *control, world_.clock.now());
}

}  // namespace arigate::ops
