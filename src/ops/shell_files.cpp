#include "ops/shell_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/number.hpp"
#include "core/text.hpp"

namespace arigate::ops {
namespace {

std::string file_of(const StoredRecording& recording) {
  return recording.name.value + '.' + recording.format;
}

/// "./a/b.wav" as a/b and wav; nothing for what is no recording.
std::optional<StoredRecording> recording_in(std::string_view path, const PbxMedia& media) {
  if (path.starts_with("./")) path.remove_prefix(2);
  const auto dot = path.rfind('.');
  const auto slash = path.rfind('/');
  const auto first = slash == std::string_view::npos ? 0 : slash + 1;
  if (dot == std::string_view::npos || dot <= first) return std::nullopt;
  const auto format = path.substr(dot + 1);
  if (!media.has_format(format)) return std::nullopt;
  return StoredRecording{RecordingName{std::string{path.substr(0, dot)}}, std::string{format}};
}

std::vector<StoredRecording> recordings_in(std::string_view lines, const PbxMedia& media) {
  std::vector<StoredRecording> recordings;
  for (const auto line : split(lines, '\n')) {
    if (auto found = recording_in(line, media)) recordings.push_back(std::move(*found));
  }
  return recordings;
}

/// What the scripts of a change print.
Result<void> outcome_of(std::string_view printed) {
  const auto word = trim(printed.substr(0, printed.find('\n')));
  if (word == "done") return {};
  if (word == "none") return recording_not_found();
  if (word == "there") {
    return Error{Errc::conflict, "A recording with the same name already exists on the system"};
  }
  return Error{Errc::unavailable, "The PBX could not change its recordings folder"};
}

}  // namespace

/// `within FILE`: whether it, or the folder where it would be, lies in this folder after all links.
std::string ShellRecordings::inside(std::string script) const {
  return fmt::format(
      "cd {} && here=$(pwd -P) && "
      "within() {{ case \"$(readlink -f -- \"$1\")\" in \"$here\"/*) ;; *) false;; esac; }} && "
      "{{ {}; }}",
      shell_word(media_.recordings_directory), script);
}

boost::asio::awaitable<Result<std::vector<StoredRecording>>> ShellRecordings::list() {
  const auto printed = co_await shell_.run(inside("find . -type f"));
  if (!printed) co_return printed.error();
  co_return listed(recordings_in(*printed, media_));
}

boost::asio::awaitable<Result<StoredRecording>> ShellRecordings::find(RecordingName name) {
  if (name.value.size() > name_bytes_max) co_return recording_not_found();
  auto script =
      inside(fmt::format("for f in {}.*; do [ -f \"$f\" ] && within \"$f\" && echo \"$f\"; done",
                         shell_word(name.value)));
  const auto printed = co_await shell_.read_page(std::move(script));
  if (!printed) co_return printed.error();
  for (auto& found : recordings_in(*printed, media_)) {
    if (found.name == name) co_return std::move(found);
  }
  co_return recording_not_found();
}

boost::asio::awaitable<Result<void>> ShellRecordings::change(std::string script) {
  const auto printed = co_await shell_.page(inside(std::move(script)));
  if (!printed) co_return printed.error();
  co_return outcome_of(*printed);
}

boost::asio::awaitable<Result<void>> ShellRecordings::remove(StoredRecording recording) {
  auto script = fmt::format(
      "f={}; if [ -f \"$f\" ] && within \"$f\"; then rm -- \"$f\" && echo done; else echo none; fi",
      shell_word("./" + file_of(recording)));
  return change(std::move(script));
}

boost::asio::awaitable<Result<void>> ShellRecordings::copy(StoredRecording from, RecordingName to) {
  if (to.value.size() > name_bytes_max) {
    co_return Error{Errc::bad_request, "Invalid destination recording name"};
  }
  const auto made = co_await make_folders(to);
  if (!made) co_return made.error();
  auto script = fmt::format(
      "f={}; t={}; "
      "if ! [ -f \"$f\" ] || ! within \"$f\" || ! within \"$t\"; then echo none; "
      "elif [ -e \"$t\" ]; then echo there; else cp -- \"$f\" \"$t\" && echo done; fi",
      shell_word("./" + file_of(from)), shell_word("./" + file_of({to, from.format})));
  co_return co_await change(std::move(script));
}

boost::asio::awaitable<Result<void>> ShellRecordings::make_folders(RecordingName name) {
  const auto slash = name.value.rfind('/');
  if (slash == std::string::npos) co_return Result<void>{};
  if (name.value.size() > name_bytes_max) {
    co_return Error{Errc::bad_request, "Recording name invalid"};
  }
  // One level after the other: each is made only when the one above lies inside.
  auto script = fmt::format(
      "p=.; IFS=/; set -f; for d in {}; do "
      "p=\"$p/$d\"; within \"$p\" || {{ echo none; exit; }}; [ -d \"$p\" ] || mkdir -- \"$p\"; "
      "done; [ -d \"$p\" ] && echo done",
      "$(printf %s " + shell_word(name.value.substr(0, slash)) + ")");
  co_return co_await change(std::move(script));
}

/// Page after page; the PBX runs one short command for each.
class ShellRecordings::Reader : public FileReader {
 public:
  Reader(ShellRecordings& owner, std::string file, std::uint64_t size)
      : owner_{owner}, file_{std::move(file)}, size_{size} {}

  std::uint64_t size() const override { return size_; }

  boost::asio::awaitable<Result<std::string>> read() override {
    if (at_ >= size_) co_return std::string{};
    auto script = owner_.inside(
        fmt::format("f={}; within \"$f\" && tail -c +{} -- \"$f\"", shell_word(file_), at_ + 1));
    auto piece = co_await owner_.shell_.read_page(std::move(script));
    if (!piece) co_return piece;
    piece->resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece->size(), size_ - at_)));
    at_ += piece->size();
    co_return piece;
  }

 private:
  ShellRecordings& owner_;
  std::string file_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

boost::asio::awaitable<Result<std::shared_ptr<FileReader>>> ShellRecordings::open(
    StoredRecording recording) {
  const std::string file = "./" + file_of(recording);
  auto script = inside(
      fmt::format("f={}; [ -f \"$f\" ] && within \"$f\" && wc -c < \"$f\"", shell_word(file)));
  const auto printed = co_await shell_.read_page(std::move(script));
  if (!printed) co_return printed.error();
  const auto digits = trim(std::string_view{*printed}.substr(0, printed->find('\n')));
  const auto size = whole_number<std::uint64_t>(digits);
  if (!size) co_return recording_not_found();
  co_return std::shared_ptr<FileReader>{std::make_shared<Reader>(*this, file, *size)};
}

boost::asio::awaitable<Result<SoundFiles>> ShellSounds::read() {
  const auto enter = fmt::format("cd {} && ", shell_word(media_.sounds_directory));
  const auto printed = co_await shell_.run(enter + "find -L . -type f");
  if (!printed) co_return printed.error();
  SoundFiles files;
  for (auto name : split(*printed, '\n')) {
    if (name.starts_with("./")) name.remove_prefix(2);
    if (name.ends_with(".txt")) {
      files.texts.emplace_back(name, "");
    } else if (!name.empty()) {
      files.names.emplace_back(name);
    }
  }
  for (auto& [name, text] : files.texts) {
    if (!name.starts_with("en/") || name.size() > ShellRecordings::name_bytes_max) continue;
    const auto contents = co_await shell_.run(enter + "cat -- " + shell_word("./" + name));
    if (contents) text = *contents;
  }
  co_return files;
}

}  // namespace arigate::ops
