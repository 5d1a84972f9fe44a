#include "trace/capture_reader.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <utility>

#include "core/base64.hpp"

namespace arigate::trace {
namespace {

namespace dom = simdjson::dom;

std::optional<std::string> text_of(const dom::object& object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string{text};
}

template <class Number>
std::optional<Number> number_of(const dom::object& object, std::string_view key) {
  std::int64_t number = 0;
  if (object[key].get(number) != simdjson::SUCCESS) return std::nullopt;
  if (!std::in_range<Number>(number)) return std::nullopt;
  return static_cast<Number>(number);
}

std::optional<Header> header_of(const dom::object& object) {
  if (number_of<int>(object, "capture") != 1) return std::nullopt;
  Header header;
  header.pbx = text_of(object, "pbx").value_or("");
  header.ami = text_of(object, "ami").value_or("");
  header.scenario = text_of(object, "scenario").value_or("");
  header.about = text_of(object, "about").value_or("");
  header.ari = text_of(object, "ari").value_or("");
  header.started = text_of(object, "started").value_or("");
  dom::object ports;
  if (object["ports"].get(ports) == simdjson::SUCCESS) {
    for (const auto [name, value] : ports) {
      const auto port = number_of<std::uint16_t>(ports, name);
      if (port) header.ports.emplace_back(name, *port);
    }
  }
  return header;
}

bool read_direction(const dom::object& object, Line& line) {
  const auto dir = text_of(object, "dir");
  if (!dir) return line.link == "note";
  line.dir = *dir == "pbx>" ? Direction::from_pbx : Direction::to_pbx;
  return *dir == "pbx>" || *dir == ">pbx";
}

bool read_what(const dom::object& object, Line& line) {
  using What = Line::What;
  if (line.link == "note") line.what = What::note;
  const auto event = text_of(object, "event");
  if (!event) return true;
  line.what = *event == "connect" ? What::connect
              : *event == "open"  ? What::open
              : *event == "close" ? What::close
                                  : What::eof;
  return line.what != What::eof || *event == "eof";
}

bool read_data(const dom::object& object, Line& line) {
  auto data = text_of(object, "data");
  if (const auto encoded = text_of(object, "data64")) data = base64_decoded(*encoded);
  const bool may_be_without = line.what != Line::What::data || line.req;
  if (!data) return may_be_without && object["data64"].error() == simdjson::NO_SUCH_FIELD;
  line.data = *std::move(data);
  return true;
}

std::optional<Line> line_of(const dom::object& object) {
  Line line;
  const auto t_us = number_of<std::int64_t>(object, "t");
  auto link = text_of(object, "link");
  if (!t_us || !link) return std::nullopt;
  line.t_us = *t_us;
  line.link = *std::move(link);
  line.req = number_of<std::uint64_t>(object, "req");
  line.method = text_of(object, "method");
  line.path = text_of(object, "path");
  line.status = number_of<int>(object, "status");
  line.reason = text_of(object, "reason");
  line.ctype = text_of(object, "ctype");
  line.location = text_of(object, "location");
  if (!read_direction(object, line) || !read_what(object, line) || !read_data(object, line)) {
    return std::nullopt;
  }
  return line;
}

}  // namespace

struct Reader::Parser {
  dom::parser dom;

  std::optional<dom::object> object(std::string_view text) {
    dom::object parsed;
    if (dom.parse(text.data(), text.size()).get(parsed) != simdjson::SUCCESS) return std::nullopt;
    return parsed;
  }
};

Reader::Reader(std::filesystem::path name, std::unique_ptr<PackedReader> file)
    : name_{std::move(name)}, file_{std::move(file)}, parser_{std::make_unique<Parser>()} {}

Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(const std::filesystem::path& file) {
  auto opened = PackedReader::open(file);
  if (!opened) return opened.error();
  Reader reader{file, *std::move(opened)};
  if (const auto read = reader.read_header(); !read) return read.error();
  return reader;
}

Result<void> Reader::read_header() {
  const auto text = next_text();
  if (!text) return text.error();
  if (*text) {
    const auto object = parser_->object(**text);
    if (auto header = object ? header_of(*object) : std::nullopt) {
      header_ = *std::move(header);
      return {};
    }
  }
  number_ = 1;  // Of an empty file too.
  return failure("not a capture");
}

Result<std::optional<Line>> Reader::next() {
  if (failed_) return *failed_;
  const auto text = next_text();
  if (!text) return text.error();
  if (!*text) return std::optional<Line>{};
  const auto object = parser_->object(**text);
  if (!object) return failure("not JSON, or cut off");
  auto line = line_of(*object);
  if (!line) return failure("not a line of a capture");
  line->number = number_;
  return line;
}

Result<std::optional<std::string_view>> Reader::next_text() {
  ++number_;
  for (;;) {
    const auto end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      const auto text = std::string_view{buffer_}.substr(line_at_, end - line_at_);
      line_at_ = scanned_ = end + 1;
      return std::optional{text};
    }
    scanned_ = buffer_.size();
    if (scanned_ - line_at_ > line_bytes_max) return failure("the line is too long");
    const auto more = fill();
    if (!more) return more.error();
    if (*more) continue;
    // A last line without its end is whole when it can be parsed: people edit captures.
    if (line_at_ == buffer_.size()) return std::optional<std::string_view>{};
    const auto text = std::string_view{buffer_}.substr(line_at_);
    line_at_ = buffer_.size();
    return std::optional{text};
  }
}

/// False at the end of the file.
Result<bool> Reader::fill() {
  buffer_.erase(0, line_at_);
  scanned_ -= line_at_;
  line_at_ = 0;
  PackedReader::End end = PackedReader::End::none;
  if (file_->read(buffer_, end) > 0) return true;
  if (end == PackedReader::End::cut_off) return failure("the compressed data is cut off");
  if (end == PackedReader::End::damaged) {
    return failure("cannot be read: damaged, or an error of the disk");
  }
  return false;
}

Error Reader::failure(std::string_view what) {
  failed_ = Error{Errc::protocol, fmt::format("{}:{}: {}", name_.string(), number_, what)};
  return *failed_;
}

}  // namespace arigate::trace
