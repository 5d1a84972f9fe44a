#include "trace/capture_writer.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base64.hpp"
#include "core/number.hpp"

namespace arigate::trace {
namespace {

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":", key);
  append_text(out, value);
}

void append_data(std::string& out, std::string_view data) {
  if (simdjson::validate_utf8(data.data(), data.size())) return append_member(out, "data", data);
  out += ",\"data64\":\"";
  append_base64(out, data);
  out += '"';
}

/// Of a reply, which has null where it has nothing.
void append_or_null(std::string& out, std::string_view key,
                    const std::optional<std::string>& value) {
  if (value) return append_member(out, key, *value);
  fmt::format_to(std::back_inserter(out), ",\"{}\":null", key);
}

void append_rest(std::string& out, const Line& line) {
  fmt::format_to(std::back_inserter(out), ",\"req\":{}", *line.req);
  append_member(out, "method", line.method.value_or(""));
  append_member(out, "path", line.path.value_or(""));
  if (!line.status) {
    if (!line.data.empty()) append_data(out, line.data);
    return;
  }
  fmt::format_to(std::back_inserter(out), ",\"status\":{}", *line.status);
  append_member(out, "reason", line.reason.value_or(""));
  append_or_null(out, "ctype", line.ctype);
  append_or_null(out, "location", line.location);
  append_data(out, line.data);
}

void append_event(std::string& out, const Line& line) {
  using What = Line::What;
  append_member(out, "event",
                line.what == What::connect ? "connect"
                : line.what == What::open  ? "open"
                : line.what == What::close ? "close"
                                           : "eof");
  if (line.path) append_member(out, "path", *line.path);
  if (line.data.empty()) return;
  out += ",\"data64\":\"";
  append_base64(out, line.data);
  out += '"';
}

/// The parts of a name around the number: "call" and ".jsonl.gz" of "call.jsonl.gz".
std::pair<std::string, std::string> parts_of(const std::filesystem::path& file) {
  const auto name = file.filename().string();
  const auto end = std::min(name.find('.', 1), name.size());
  return {name.substr(0, end), name.substr(end)};
}

/// "call.jsonl.gz" and 2 give "call.2.jsonl.gz".
std::filesystem::path numbered(const std::filesystem::path& file, std::uint64_t number) {
  const auto [stem, ending] = parts_of(file);
  return file.parent_path() / fmt::format("{}.{}{}", stem, number, ending);
}

/// The numbers of the files that are there, in order.
std::vector<std::uint64_t> numbers_of(const std::filesystem::path& file) {
  const auto [stem, ending] = parts_of(file);
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
  std::vector<std::uint64_t> numbers;
  std::error_code failed;
  for (std::filesystem::directory_iterator at{folder, failed}, end; !failed && at != end;
       at.increment(failed)) {
    const auto name = at->path().filename().string();
    if (name.size() <= stem.size() + 1 + ending.size() || !name.starts_with(stem + ".") ||
        !name.ends_with(ending)) {
      continue;
    }
    const auto first = stem.size() + 1;
    const auto digits = std::string_view{name}.substr(first, name.size() - ending.size() - first);
    if (const auto number = whole_number<std::uint64_t>(digits)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

/// Leaves the newest files of a rotation.
void remove_old(const std::filesystem::path& file, std::size_t files_max) {
  const auto numbers = numbers_of(file);
  for (std::size_t i = 0; i + files_max < numbers.size(); ++i) {
    std::error_code ignored;
    std::filesystem::remove(numbered(file, numbers[i]), ignored);
  }
}

}  // namespace

std::string to_json(const Header& header) {
  std::string out = "{\"capture\":1";
  append_member(out, "pbx", header.pbx);
  append_member(out, "ami", header.ami);
  append_member(out, "scenario", header.scenario);
  append_member(out, "about", header.about);
  if (!header.ari.empty()) append_member(out, "ari", header.ari);
  append_member(out, "started", header.started);
  out += ",\"ports\":{";
  for (const auto& [name, port] : header.ports) {
    if (!out.ends_with('{')) out += ',';
    append_text(out, name);
    fmt::format_to(std::back_inserter(out), ":{}", port);
  }
  out += "}}\n";
  return out;
}

std::string to_json(const Line& line) {
  std::string out = fmt::format("{{\"t\":{}", line.t_us);
  append_member(out, "link", line.link);
  if (line.dir != Direction::none) {
    append_member(out, "dir", line.dir == Direction::from_pbx ? "pbx>" : ">pbx");
  }
  if (line.req) {
    append_rest(out, line);
  } else if (line.what == Line::What::data || line.what == Line::What::note) {
    append_data(out, line.data);
  } else {
    append_event(out, line);
  }
  out += "}\n";
  return out;
}

Writer::Writer(std::filesystem::path file, Header header, Rotation rotation)
    : file_{std::move(file)}, header_{std::move(header)}, rotation_{rotation} {}

Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;
Writer::~Writer() {
  if (out_) put_header();
}

Result<Writer> Writer::open(std::filesystem::path file, Header header, Rotation rotation) {
  Writer writer{std::move(file), std::move(header), rotation};
  if (rotation.on()) {
    const auto numbers = numbers_of(writer.file_);
    if (!numbers.empty()) writer.files_ = numbers.back();
  }
  if (const auto begun = writer.begin_file(); !begun) return begun.error();
  return writer;
}

Result<void> Writer::begin_file() {
  ++files_;
  current_ = rotation_.on() ? numbered(file_, files_) : file_;
  out_.reset();  // Its end must be written before the next begins.
  auto opened = PackedWriter::open(current_);
  if (!opened) return opened.error();
  out_ = *std::move(opened);
  if (rotation_.on() && rotation_.files_max > 0) remove_old(file_, rotation_.files_max);
  bytes_ = 0;
  first_t_us_.reset();
  header_due_ = true;
  return {};
}

bool Writer::put_header() {
  if (!std::exchange(header_due_, false)) return true;
  const auto text = to_json(header_);
  bytes_ += text.size();
  return out_->write(text);
}

Result<void> Writer::write(const Line& line) {
  const auto text = to_json(line);
  const bool full = rotation_.bytes_max && bytes_ + text.size() > *rotation_.bytes_max;
  const bool old =
      rotation_.age_max && first_t_us_ && line.t_us - *first_t_us_ >= rotation_.age_max->count();
  if ((full && first_t_us_) || old) {  // A file has one line at least.
    if (const auto begun = begin_file(); !begun) return begun.error();
  }
  if (!first_t_us_) first_t_us_ = line.t_us;
  return put(text);
}

Result<void> Writer::put(const std::string& text) {
  bytes_ += text.size();
  if (out_ && put_header() && out_->write(text)) return {};
  return Error{Errc::unavailable, current_.string() + ": cannot be written"};
}

Result<void> Writer::flush() {
  if (out_ && put_header() && out_->flush()) return {};
  return Error{Errc::unavailable, current_.string() + ": cannot be written"};
}

}  // namespace arigate::trace
