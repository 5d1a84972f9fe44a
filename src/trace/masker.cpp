#include "trace/masker.hpp"

#include <utility>

namespace arigate::trace {
namespace {

bool is_ami(std::string_view link) {
  return link == "ami" || link.starts_with("ami:");
}
bool is_agi(std::string_view link) {
  return link.starts_with("agi:");
}

bool may_be_json(const std::string& text) {
  return text.starts_with('{') || text.starts_with('[');
}

}  // namespace

Masker::Masker(std::optional<std::string> number_key) {
  if (number_key) numbers_.emplace(*std::move(number_key));
}

std::vector<Line> Masker::apply(Line line) {
  std::vector<Line> out;
  if (!is_ami(line.link) && !is_agi(line.link)) {
    if (line.what != Line::What::note) mask_whole(line);
    out.push_back(std::move(line));
    return out;
  }
  if (line.what == Line::What::data) {
    const bool was_empty = line.data.empty();
    mask_stream(line);
    if (was_empty || !line.data.empty()) out.push_back(std::move(line));
    return out;
  }
  // A side has ended, or a new connection begins: what was held back goes first.
  for (const auto dir : {Direction::from_pbx, Direction::to_pbx}) {
    const bool ends = line.what != Line::What::eof || line.dir == dir;
    if (!ends) continue;
    if (auto held = held_back(line, dir)) out.push_back(*std::move(held));
    streams_.erase({line.link, dir});
  }
  if (line.what == Line::What::connect || line.what == Line::What::open) {
    Line begun = line;
    for (const auto dir : {Direction::from_pbx, Direction::to_pbx}) {
      begun.dir = dir;
      stream_of(begun, true);
    }
  }
  out.push_back(std::move(line));
  return out;
}

void Masker::forget() {
  streams_.clear();
}

Masker::Stream& Masker::stream_of(const Line& line, bool begins) {
  StreamKey key{line.link, line.dir};
  const auto found = streams_.find(key);
  if (found != streams_.end()) return found->second;
  if (streams_.size() >= streams_max) forget();
  Stream stream{SecretScanner{begins}, {}};
  if (numbers_) stream.numbers.emplace(*numbers_, Escapes::backslash);
  return streams_.emplace(std::move(key), std::move(stream)).first->second;
}

void Masker::mask_stream(Line& line) {
  auto& stream = stream_of(line, false);
  std::string text;
  if (is_ami(line.link)) {
    stream.secrets.feed(line.data, text);
    line.data = std::move(text);
  }
  if (!stream.numbers) return;
  text.clear();
  stream.numbers->feed(line.data, text);
  line.data = std::move(text);
}

std::optional<Line> Masker::held_back(const Line& line, Direction dir) {
  const auto found = streams_.find({line.link, dir});
  if (found == streams_.end() || !found->second.numbers) return std::nullopt;
  Line held;
  held.t_us = line.t_us;
  held.link = line.link;
  held.dir = dir;
  found->second.numbers->finish(held.data);
  if (held.data.empty()) return std::nullopt;
  return held;
}

/// ARI: a line is a whole message.
void Masker::mask_whole(Line& line) const {
  if (line.path) line.path = without_api_key(*line.path);
  if (line.location) line.location = without_api_key(*line.location);
  const bool json = may_be_json(line.data);
  if (line.what == Line::What::data) {
    line.data = json ? without_passwords(line.data) : without_api_key(line.data);
  }
  if (!numbers_) return;
  if (line.path) mask_numbers(*line.path, Escapes::percent);
  if (line.location) mask_numbers(*line.location, Escapes::percent);
  if (line.what == Line::What::data) {
    mask_numbers(line.data, json ? Escapes::json : Escapes::percent);
  }
}

void Masker::mask_numbers(std::string& text, Escapes escapes) const {
  NumberScanner scanner{*numbers_, escapes};
  std::string out;
  scanner.feed(text, out);
  scanner.finish(out);
  text = std::move(out);
}

}  // namespace arigate::trace
