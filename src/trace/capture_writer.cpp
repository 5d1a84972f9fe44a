#include "trace/capture_writer.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <zlib.h>

#include <string_view>
#include <utility>

#include "trace/base64.hpp"

namespace arigate::trace {
namespace {

/// Compresses about half as well as the best level at a tenth of its time.
constexpr const char* compressed_mode = "wbe1";
constexpr const char* plain_mode = "wbeT";  // "T": as it is.

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

/// "call.jsonl.gz" and 2 give "call.2.jsonl.gz".
std::filesystem::path numbered(const std::filesystem::path& file, std::uint64_t number) {
  const auto name = file.filename().string();
  const auto dot = name.find('.', 1);
  const auto end = dot == std::string::npos ? name.size() : dot;
  return file.parent_path() / fmt::format("{}.{}{}", name.substr(0, end), number, name.substr(end));
}

}  // namespace

std::string to_json(const Header& header) {
  std::string out = "{\"capture\":1";
  append_member(out, "pbx", header.pbx);
  append_member(out, "ami", header.ami);
  append_member(out, "scenario", header.scenario);
  append_member(out, "about", header.about);
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

struct Writer::Out {
  explicit Out(gzFile opened) : file{opened} {}
  ~Out() { gzclose(file); }
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;

  gzFile file;
};

Writer::Writer(std::filesystem::path file, Header header, Rotation rotation)
    : file_{std::move(file)}, header_{std::move(header)}, rotation_{rotation} {}

Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;
Writer::~Writer() = default;

Result<Writer> Writer::open(std::filesystem::path file, Header header, Rotation rotation) {
  Writer writer{std::move(file), std::move(header), rotation};
  if (const auto begun = writer.begin_file(); !begun) return begun.error();
  return writer;
}

Result<void> Writer::begin_file() {
  ++files_;
  current_ = rotation_.on() ? numbered(file_, files_) : file_;
  const bool compressed = current_.extension() == ".gz";
  out_.reset();  // Its end must be written before the next begins.
  const gzFile opened = gzopen(current_.c_str(), compressed ? compressed_mode : plain_mode);
  if (opened == nullptr) {
    return Error{Errc::unavailable, current_.string() + ": cannot be written"};
  }
  out_ = std::make_unique<Out>(opened);
  bytes_ = 0;
  first_t_us_.reset();
  return put(to_json(header_));
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
  const auto size = static_cast<unsigned>(text.size());
  if (out_ && gzwrite(out_->file, text.data(), size) == static_cast<int>(size)) return {};
  return Error{Errc::unavailable, current_.string() + ": cannot be written"};
}

Result<void> Writer::flush() {
  if (out_ && gzflush(out_->file, Z_SYNC_FLUSH) == Z_OK) return {};
  return Error{Errc::unavailable, current_.string() + ": cannot be written"};
}

}  // namespace arigate::trace
