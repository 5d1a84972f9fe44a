#include "ops/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/text.hpp"

namespace arigate::ops {
namespace {

constexpr std::size_t name_bytes_max = 1024;
constexpr std::size_t name_part_bytes_max = 240;  ///< File systems take 255, with the extension.

Error taken(const RecordingName& name) {
  return {Errc::conflict,
          fmt::format("Recording '{}' already exists and can not be overwritten", name.value)};
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

bool is_recording_name(std::string_view name) {
  if (name.empty() || name.size() > name_bytes_max) return false;
  const bool printable = std::all_of(name.begin(), name.end(),
                                     [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
  if (!printable || name.front() == '/' || name.back() == '/') return false;
  const auto parts = split(name, '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part.empty() || part == "." || part == ".." || part.size() > name_part_bytes_max;
  });
}

boost::asio::awaitable<Result<void>> Recordings::record(RecordRequest request, Queued queued) {
  co_return start(request, queued);
}

Result<void> Recordings::start(RecordRequest& request, const Queued& queued) {
  if (!is_recording_name(request.name.value)) {
    return Error{Errc::bad_request, "Recording name invalid"};
  }
  if (entries_.size() >= recordings_max) return Error{Errc::overloaded, "too many recordings"};
  const std::shared_ptr<Control> control = request.target.control;
  const auto* channel = world_.store.find_also_hidden(control->channel());
  const RecordingName name = request.name;
  if (!world_.reconciler.add_recording(recording_of(request))) return taken(name);
  queued(*world_.store.find(name));

  RecordingPlan plan;
  plan.name = name;
  plan.format = request.format;
  plan.file = fmt::format("{}/{}", world_.recordings_directory, name.value);
  plan.max_duration_s = request.max_duration_s;
  plan.max_silence_s = request.max_silence_s;
  plan.beep = request.beep;
  plan.terminate_on = request.terminate_on;
  plan.append = request.if_exists == IfExists::append;
  plan.only_new = request.if_exists == IfExists::fail;
  plan.answer = channel != nullptr && channel->state != model::ChannelState::up;
  auto job = std::make_unique<RecordingJob>(RecordingMachine{std::move(plan)}, ports_of(control));
  entries_.emplace(name, Entry{control, job.get()});
  if (const auto waits = control->add(std::move(job)); !waits) {
    entries_.erase(name);
    if (const auto* left = world_.store.find(name)) {
      auto ended = *left;
      ended.state = model::RecordingState::failed;
      world_.reconciler.end_recording(std::move(ended), world_.clock.wall());
    }
    return waits.error();
  }
  return {};
}

RecordingPorts Recordings::ports_of(const std::shared_ptr<Control>& control) {
  RecordingPorts ports;
  const std::weak_ptr<Control> of = control;
  ports.interrupt = [this, of] {
    if (const auto still = of.lock()) interrupt(*still);
  };
  ports.mute = [this, of](bool on) {
    if (const auto still = of.lock()) mute(*still, on);
  };
  ports.tell = [this](const RecordingMachine& machine, model::RecordingState state) {
    world_.reconciler.set_recording(machine.plan().name, state, world_.clock.wall());
  };
  ports.end = [this](const RecordingMachine& machine, const RecordingMachine::End& end) {
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
  };
  return ports;
}

void Recordings::interrupt(Control& control) {
  const auto* channel = world_.store.find_also_hidden(control.channel());
  if (channel == nullptr) return;
  using namespace std::chrono_literals;
  const std::string digit{RecordingMachine::stop_digit};
  world_.reconciler.expect_own_digit(channel->id, digit, world_.clock.wall() + 2s);
  world_.ami.post(ami::Action{"PlayDTMF"}
                      .add("Channel", channel->name)
                      .add("Digit", digit)
                      .add("Duration", "1")
                      .add("Receive", "true"));
}

void Recordings::mute(Control& control, bool on) {
  const auto* channel = world_.store.find_also_hidden(control.channel());
  if (channel == nullptr) return;
  world_.ami.post(ami::Action{"MuteAudio"}
                      .add("Channel", channel->name)
                      .add("Direction", "in")
                      .add("State", on ? "on" : "off"));
}

Result<void> Recordings::control(const RecordingName& name, RecordingControl what) {
  const Error unknown{Errc::not_found, "Recording not found"};
  const auto found = entries_.find(name);
  if (found == entries_.end()) return unknown;
  const Entry entry = found->second;
  const auto control = entry.control.lock();
  if (!control) return unknown;
  return entry.job->on(what, *control, world_.clock.now());
}

}  // namespace arigate::ops
