#include "replay/recording.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "core/text.hpp"
#include "trace/capture_reader.hpp"

namespace arigate::replay {
namespace {

namespace dom = simdjson::dom;

/// What the capture's own ARI events tell of the set-up they came from.
struct NativeSetup {
  bool present = false;
  std::string application;
  std::string asterisk_id;
  std::vector<std::string> channelvars;
};

/// A first pass over the file; the names of channelvars may come late.
NativeSetup native_setup(const std::filesystem::path& file) {
  NativeSetup setup;
  auto reader = trace::Reader::open(file);
  if (!reader) return setup;
  dom::parser parser;
  for (;;) {
    const auto line = reader->next();
    if (!line || !*line) return setup;
    if ((*line)->link != "ari-ws" || (*line)->what != trace::Line::What::data ||
        (*line)->dir != trace::Direction::from_pbx) {
      continue;
    }
    dom::element event;
    if (parser.parse((*line)->data).get(event) != simdjson::SUCCESS) continue;
    setup.present = true;
    std::string_view text;
    if (event["application"].get(text) == simdjson::SUCCESS) setup.application = text;
    if (event["asterisk_id"].get(text) == simdjson::SUCCESS) setup.asterisk_id = text;
    dom::object variables;
    if (event["channel"]["channelvars"].get(variables) != simdjson::SUCCESS) continue;
    for (const auto [name, value] : variables) setup.channelvars.emplace_back(name);
    return setup;
  }
}

EventStream::Options stream_options(const trace::Header& header, const NativeSetup& setup,
                                    const ReplayOptions& options) {
  EventStream::Options stream;
  stream.model = model_options(header);
  if (setup.present) {
    // Beside native ARI no AGI is ours and no context is hidden: what the PBX says is shown as is.
    stream.model.dialplan_context.clear();
    stream.model.fastagi_port = "none";
  }
  stream.application = setup.present ? setup.application : options.application;
  stream.asterisk_id = setup.asterisk_id;
  stream.model.channelvars = setup.channelvars.empty() ? options.channelvars : setup.channelvars;
  stream.player.sessions_are_ours = !setup.present;
  return stream;
}

/// Plays one line, in pieces if that is asked for.
void play(EventStream& stream, trace::Line line, WallTime now, std::size_t cut) {
  const bool whole =
      cut == 0 || line.dir != trace::Direction::from_pbx || line.what != trace::Line::What::data;
  if (whole) {
    (void)stream.play(line, now);  // A broken AMI link ends there, as in the running program.
    return;
  }
  const std::string bytes = std::move(line.data);
  for (std::size_t at = 0; at < bytes.size(); at += cut) {
    line.data = bytes.substr(at, cut);
    (void)stream.play(line, now);
  }
}

}  // namespace

model::ReconcilerOptions model_options(const trace::Header& header) {
  model::ReconcilerOptions options;
  for (const auto& [name, port] : header.ports) {
    if (name == "fastagi") options.fastagi_port = std::to_string(port);
  }
  return options;
}

Timeline::Timeline(const std::string& started) {
  std::tm parts{};
  const char* rest = strptime(started.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return;
  const double fraction = *rest == '.' ? std::strtod(rest, nullptr) : 0;
  start_ = WallTime{std::chrono::seconds{timegm(&parts)} +
                    std::chrono::microseconds{static_cast<long>(fraction * 1e6)}};
}

std::string Replayed::pbx_major() const {
  auto text = std::string_view{header.pbx};
  if (text.starts_with("Asterisk ")) text.remove_prefix(9);
  const bool old = text.starts_with("1.");
  const auto first = text.find_first_of(".-");
  return std::string{old ? text.substr(0, text.find_first_of(".-", 2)) : text.substr(0, first)};
}

Result<Replayed> replay(const std::filesystem::path& file, const ReplayOptions& options) {
  const NativeSetup setup = native_setup(file);
  auto reader = trace::Reader::open(file);
  if (!reader) return reader.error();
  Replayed replayed;
  replayed.header = reader->header();
  const Timeline timeline{replayed.header.started};
  EventStream stream{stream_options(replayed.header, setup, options)};
  const auto hand_over = [&] {
    for (auto& text : stream.take()) {
      if (options.told) options.told(text);
      if (options.keep) replayed.ours.push_back(std::move(text));
    }
  };
  for (;;) {
    auto line = reader->next();
    if (!line) {
      replayed.damaged = line.error();
      return replayed;
    }
    if (!*line) return replayed;
    ++replayed.lines;
    if (options.before) options.before(**line);
    if ((*line)->link == "ari-ws" && (*line)->what == trace::Line::What::data &&
        (*line)->dir == trace::Direction::from_pbx && options.keep) {
      replayed.native.push_back((*line)->data);
    }
    if ((*line)->what == trace::Line::What::note && (*line)->data == "end" && options.at_end) {
      options.at_end(stream);
    }
    const WallTime now = timeline.of(**line);
    play(stream, std::move(**line), now, options.cut);
    hand_over();
  }
}

}  // namespace arigate::replay
