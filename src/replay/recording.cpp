#include "replay/recording.hpp"

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "core/text.hpp"
#include "replay/ari_time.hpp"
#include "trace/parts_reader.hpp"

namespace arigate::replay {
namespace {

namespace dom = simdjson::dom;

/// Nothing can come behind the last line that would tell whose a new channel is.
constexpr std::chrono::seconds decided_after_end{1};

/// Reads one ARI event for what it tells of the set-up.
void read_event(dom::parser& parser, const std::string& text, Setup& setup) {
  dom::element event;
  if (parser.parse(text).get(event) != simdjson::SUCCESS) return;
  setup.has_ari = true;
  std::string_view name;
  if (event["application"].get(name) == simdjson::SUCCESS) setup.application = name;
  if (event["asterisk_id"].get(name) == simdjson::SUCCESS) setup.asterisk_id = name;
  if (event["timestamp"].get(name) == simdjson::SUCCESS) {
    setup.utc_offset = utc_offset_of(name).value_or(setup.utc_offset);
  }
  dom::object variables;
  if (!setup.channelvars.empty() ||
      event["channel"]["channelvars"].get(variables) != simdjson::SUCCESS) {
    return;
  }
  for (const auto [variable, value] : variables) setup.channelvars.emplace_back(variable);
}

bool is_ami(std::string_view link) {
  return link == "ami" || link.starts_with("ami:");
}

/// The channel of a StasisStart of ours; "" for any other event.
std::string started_channel(dom::parser& parser, const std::string& text) {
  dom::element event;
  std::string_view type, id;
  if (text.find("\"StasisStart\"") == std::string::npos ||
      parser.parse(text).get(event) != simdjson::SUCCESS ||
      event["type"].get(type) != simdjson::SUCCESS || type != "StasisStart" ||
      event["channel"]["id"].get(id) != simdjson::SUCCESS) {
    return {};
  }
  return std::string{id};
}

/// What an arigate has said to the PBX tells of the sessions that it had.
void read_own_words(const trace::Line& line, bool surely_ours, KnownStays& stays) {
  const std::string_view words = line.data;
  constexpr std::string_view status = R"(SET VARIABLE "STASISSTATUS" ")";
  if (line.link.starts_with("agi:")) {
    const auto set = words.find(status);
    if (set != std::string_view::npos && !words.substr(set + status.size()).starts_with("SUCCESS"))
      stays.refused.insert(line.link);
    return;
  }
  // It looks at its re-entry context after each login, and originates into it.
  constexpr std::string_view look = "Command: dialplan show ";
  if (const auto looks = words.find(look); surely_ours && looks != std::string_view::npos) {
    const auto context = words.substr(looks + look.size());
    stays.own_context = context.substr(0, context.find_first_of("\r\n"));
  } else if (words.find("ARIGATE_APP=") != std::string_view::npos) {
    ami::ActionReader actions;
    actions.feed(words);
    const auto action = actions.next();
    if (action && !(*action)["Context"].empty()) stays.own_context = (*action)["Context"];
  }
}

/// Items of lists have no privilege, or one without "all".
bool has_events(const std::string& bytes) {
  return bytes.find(",all\r\n") != std::string::npos;
}

EventStream::Options stream_options(const trace::Header& header, const Setup& setup,
                                    const ReplayOptions& options) {
  EventStream::Options stream;
  stream.model = model_options(header, setup);
  stream.application = setup.has_ari ? setup.application : options.application;
  stream.subscribe_all = setup.subscribe_all;
  stream.asterisk_id = setup.asterisk_id;
  stream.utc_offset = setup.utc_offset;
  if (setup.channelvars.empty()) stream.model.channelvars = options.channelvars;
  stream.player = player_options(header, setup);
  return stream;
}

/// Plays one line, in pieces if that is asked for.
Result<void> play(EventStream& stream, trace::Line line, WallTime now, std::size_t cut) {
  const bool whole =
      cut == 0 || line.dir != trace::Direction::from_pbx || line.what != trace::Line::What::data;
  if (whole) {
    return stream.play(line, now);
  }
  Result<void> played;
  const std::string bytes = std::move(line.data);
  for (std::size_t at = 0; at < bytes.size(); at += cut) {
    line.data = bytes.substr(at, cut);
    if (const auto part = stream.play(line, now); !part) played = part;
  }
  return played;
}

}  // namespace

Setup setup_of(const std::vector<std::filesystem::path>& files) {
  Setup setup;
  auto reader = trace::PartsReader::open(files);
  if (!reader) return setup;
  setup.ari_is_ours = reader->header().ari == "arigate";
  bool link_found = false;
  dom::parser parser;
  for (;;) {
    const auto next = reader->next();
    const bool all_known = link_found && !setup.channelvars.empty() && setup.beside_native();
    if (!next || !*next || all_known) {
      setup.stays.all_told = setup.has_ari && setup.ari_is_ours;
      return setup;
    }
    const trace::Line& line = **next;
    if (line.link == "ari-ws" && line.path) {
      setup.subscribe_all = line.path->find("subscribeAll=true") != std::string::npos;
    }
    if (line.what != trace::Line::What::data) continue;
    const bool of_sessions = is_ami(line.link) || line.link.starts_with("agi:");
    if (line.dir == trace::Direction::to_pbx && of_sessions) {
      read_own_words(line, setup.ari_is_ours, setup.stays);
    }
    if (line.dir != trace::Direction::from_pbx) continue;
    if (setup.ari_is_ours && line.link.starts_with("ari-ws")) {
      if (auto id = started_channel(parser, line.data); !id.empty()) {
        setup.stays.told.insert(std::move(id));
      }
    }
    if (line.link == "ari-ws" && (setup.channelvars.empty() || setup.application.empty())) {
      read_event(parser, line.data, setup);
    } else if (!link_found && is_ami(line.link) && has_events(line.data)) {
      link_found = true;
      setup.ami_link = line.link;
    }
  }
}

model::ReconcilerOptions model_options(const trace::Header& header, const Setup& setup) {
  model::ReconcilerOptions options;
  for (const auto& [name, port] : header.ports) {
    if (name == "fastagi") options.fastagi_port = std::to_string(port);
  }
  if (setup.beside_native()) {
    options.dialplan_context.clear();
    options.fastagi_port = "none";
  }
  if (!setup.beside_native()) options.dialplan_context = setup.stays.own_context;
  options.channelvars = setup.channelvars;
  return options;
}

Player::Options player_options(const trace::Header& header, const Setup& setup) {
  Player::Options options;
  options.ami_link = setup.ami_link;
  options.ami_version = header.ami;
  options.sessions_are_ours = !setup.beside_native();
  options.stays = setup.stays;
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
  return replay(std::vector{file}, options);
}

Result<Replayed> replay(const std::vector<std::filesystem::path>& files,
                        const ReplayOptions& options) {
  const Setup setup = setup_of(files);
  auto reader = trace::PartsReader::open(files);
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
  WallTime now{};
  for (;;) {
    auto line = reader->next();
    if (!line || !*line) {
      if (!line) replayed.damaged = line.error();
      stream.finish(now + decided_after_end);
      hand_over();
      return replayed;
    }
    ++replayed.lines;
    if (options.before) options.before(**line);
    if ((*line)->link == "ari-ws" && (*line)->what == trace::Line::What::data &&
        (*line)->dir == trace::Direction::from_pbx && options.keep) {
      replayed.native.push_back((*line)->data);
    }
    if ((*line)->what == trace::Line::What::note && (*line)->data == "end" && options.at_end) {
      options.at_end(stream);
    }
    now = timeline.of(**line);
    const auto number = (*line)->number;
    const auto played = play(stream, std::move(**line), now, options.cut);
    if (!played && !replayed.broken) {
      replayed.broken =
          Error{played.error().code, reader->file().string() + ":" + std::to_string(number) + ": " +
                                         played.error().detail};
    }
    hand_over();
  }
}

}  // namespace arigate::replay
