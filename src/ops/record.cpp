#include "ops/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/log.hpp"
#include "ops/dead_line.hpp"

namespace arigate::ops {
namespace {

Error taken(const RecordingName& name) {
  return {Errc::conflict,
          fmt::format("Recording '{}' already exists and can not be overwritten", name.value)};
}

/// RECORD FILE cuts off so much when a digit ends it, so the digit comes so much later.
constexpr std::chrono::milliseconds rewound{200};

bool has_folders(const RecordingName& name) {
  return name.value.find('/') != std::string::npos;
}

model::LiveRecording recording_of(const RecordRequest& request) {
  model::LiveRecording recording;
  recording.name = request.name;
  recording.format = request.format;
  recording.target_uri = request.target.uri();
  recording.channel = request.target.channel;
  recording.bridge = request.target.bridge;
  return recording;
}

}  // namespace

boost::asio::awaitable<Result<void>> Recordings::record(RecordRequest request, Queued queued) {
  if (!world_.media.has_format(request.format)) {
    co_return Error{Errc::unprocessable, "specified format is unknown on this system"};
  }
  if (!is_recording_name(request.name.value)) {
    co_return Error{Errc::bad_request, "Recording name invalid"};
  }
  if (world_.store.find(request.name) != nullptr) co_return taken(request.name);
  if (files_ != nullptr) {
    if (request.if_exists == IfExists::fail) {
      const auto found = co_await files_->find(request.name);
      if (found) co_return taken(request.name);
      if (found.error().code != Errc::not_found) co_return found.error();
    }
    if (const auto made = co_await files_->make_folders(request.name); !made) {
      co_return made.error();
    }
  } else if (has_folders(request.name) && !is_application_argument(request.name.value)) {
    co_return Error{Errc::bad_request, "Recording name invalid"};
  }
  co_return start(request, queued);
}

Result<void> Recordings::start(RecordRequest& request, const Queued& queued) {
  if (request.target.control->dropped()) return channel_not_in_stasis();
  if (entries_.size() >= recordings_max) return Error{Errc::overloaded, "too many recordings"};
  const RecordingName name = request.name;
  if (!world_.reconciler.add_recording(recording_of(request))) return taken(name);
  queued(*world_.store.find(name));
  const auto* channel = world_.store.find_also_hidden(request.target.control->channel());
  if (!request.target.channel.value.empty() && channel != nullptr &&
      !channel->bridge.value.empty()) {
    give_up(name, "Cannot record channel while in bridge");  // Natively not in the answer, either.
    return {};
  }
  auto plan = plan_of(request);
  plan.answer = channel != nullptr && channel->state != model::ChannelState::up;
  auto job = std::make_unique<RecordingJob>(
      RecordingMachine{std::move(plan), interrupter_.by_digit()}, ports_of(request.target, name));
  entries_.emplace(name, Entry{request.target.channel, request.target.control, job.get()});
  if (const auto waits = request.target.control->add(std::move(job)); !waits) {
    entries_.erase(name);
    give_up(name, waits.error().detail);
    return waits.error();
  }
  return {};
}

RecordingPlan Recordings::plan_of(const RecordRequest& request) const {
  const std::string& name = request.name.value;
  RecordingPlan plan;
  plan.name = request.name;
  plan.format = request.format;
  plan.file = fmt::format("{}/{}", world_.media.recordings_directory, name);
  plan.max_duration_s = request.max_duration_s;
  plan.max_silence_s = request.max_silence_s;
  plan.beep = request.beep;
  plan.terminate_on = request.terminate_on;
  plan.append = request.if_exists == IfExists::append;
  plan.only_new = files_ == nullptr && request.if_exists == IfExists::fail;
  plan.make_folders = files_ == nullptr && has_folders(request.name);
  return plan;
}

/// It has not begun.
void Recordings::give_up(const RecordingName& name, std::string cause) {
  const auto* known = world_.store.find(name);
  if (known == nullptr) return;  // Its job has told the end.
  auto ended = *known;
  ended.state = model::RecordingState::failed;
  ended.cause = std::move(cause);
  world_.reconciler.end_recording(std::move(ended), world_.clock.wall());
}

RecordingPorts Recordings::ports_of(const MediaTarget& target, const RecordingName& name) {
  RecordingPorts ports;
  const std::weak_ptr<Control> of = target.control;
  ports.now = [this] { return world_.clock.now(); };
  ports.interrupt = [this, of, name, take_out = target.take_out] {
    interrupter_.interrupt({of, rewound, [this, name] { return interrupted(name); },
                            [this, name] { stays(name); }, take_out});
  };
  ports.mute = [this, of](bool on) {
    if (const auto still = of.lock()) world_.spawn(mute(still->channel(), on));
  };
  ports.tell = [this](const RecordingMachine& machine, model::RecordingState state) {
    world_.reconciler.set_recording(machine.plan().name, state, world_.clock.wall());
    if (state == model::RecordingState::recording) has_begun(machine.plan().name);
  };
  ports.end = [this](const RecordingMachine& machine, const RecordingMachine::End& end) {
    ended(machine, end);
  };
  return ports;
}

void Recordings::ended(const RecordingMachine& machine, const RecordingMachine::End& end) {
  const RecordingName name = machine.plan().name;
  entries_.erase(name);
  const auto* known = world_.store.find(name);
  if (known == nullptr) return;
  auto ended = *known;
  ended.state = end.state;
  ended.cause = end.cause;
  ended.duration = machine.duration_s();
  ended.talking = machine.talking_s();
  world_.reconciler.end_recording(std::move(ended), world_.clock.wall());
  if (end.erase && files_ != nullptr) world_.spawn(erase({name, machine.plan().format}));
}

void Recordings::has_begun(const RecordingName& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.begun || found->second.channel.value.empty()) return;
  found->second.begun = std::make_shared<const bool>(true);
  world_.spawn(end_on_dead_line(name, found->second.channel, found->second.begun));
}

/// As natively; RECORD FILE itself would wait for sound until its time is over, or for ever.
boost::asio::awaitable<void> Recordings::end_on_dead_line(RecordingName name, ChannelId channel,
                                                          std::weak_ptr<const bool> lasts) {
  std::function<bool()> goes_on = [lasts] { return !lasts.expired(); };
  const bool dead = co_await line_is_dead(world_, channel, goes_on);
  if (!dead) co_return;
  log::info("recording ends, for the channel sends nothing name=\"{}\" channel={}", name.value,
            channel.value);
  // It may have ended, or be about to.
  const auto outcome = control(name, RecordingControl::stop);
  if (!outcome) log::info("recording is not ended why=\"{}\"", outcome.error().detail);
}

bool Recordings::interrupted(const RecordingName& name) const {
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.job->interrupted();
}

void Recordings::stays(const RecordingName& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  log::warn("recording goes on, for it cannot be interrupted name=\"{}\"", name.value);
  if (const auto control = found->second.control.lock()) found->second.job->stays(*control);
}

/// Natively silence takes the place of what the channel says. Turning its volume down does the
/// same; MuteAudio, for a PBX without that function, leaves the time out of the file.
boost::asio::awaitable<void> Recordings::mute(ChannelId channel, bool on) {
  const auto* known = world_.store.find_also_hidden(channel);
  if (known == nullptr) co_return;
  const std::string name = known->name;
  auto volume = ami::Action{"Setvar"}
                    .add("Channel", name)
                    .add("Variable", "VOLUME(RX)")
                    .add("Value", on ? "-32768" : "0");  // A negative one divides the samples.
  const TimePoint deadline = world_.in(world_.timeouts.action);
  const auto set = co_await world_.ami.request(std::move(volume), deadline, "");
  if (set || set.error().code != Errc::refused_by_pbx) co_return;
  world_.ami.post(ami::Action{"MuteAudio"}
                      .add("Channel", name)
                      .add("Direction", "in")
                      .add("State", on ? "on" : "off"));
}

boost::asio::awaitable<void> Recordings::erase(StoredRecording recording) {
  const auto erased = co_await files_->remove(recording);
  if (!erased && erased.error().code != Errc::not_found) {
    log::warn("canceled recording not deleted name=\"{}\" why=\"{}\"", recording.name.value,
              erased.error().detail);
  }
}

Result<void> Recordings::control(const RecordingName& name, RecordingControl what) {
  const Error unknown{Errc::not_found, "Recording not found"};
  const auto found = entries_.find(name);
  if (found == entries_.end()) return unknown;
  if (what == RecordingControl::cancel && files_ == nullptr) {
    return Error{Errc::not_supported, "The file cannot be deleted"};
  }
  const Entry entry = found->second;
  const auto control = entry.control.lock();
  if (!control) return unknown;
  if (entry.job->needs_ami() && !world_.ami.up()) return link_is_down();
  return entry.job->on(what, *control, world_.clock.now());
}

bool Recordings::has(const ChannelId& channel) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& entry) { return entry.second.channel == channel; });
}

}  // namespace arigate::ops
