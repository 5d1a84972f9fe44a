#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/base64.hpp"
#include "support/fixtures.hpp"
#include "support/temp_folder.hpp"
#include "trace/capture_reader.hpp"
#include "trace/capture_writer.hpp"
#include "trace/parts_reader.hpp"

namespace arigate::trace {
namespace {

using std::chrono::microseconds;

/// The file as it is, without compression.
std::string unpacked(const std::filesystem::path& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  EXPECT_NE(file, nullptr) << path;
  std::string bytes;
  std::string block(std::size_t{64} * 1024, '\0');
  for (int size = 0;
       (size = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0;) {
    bytes.append(block, 0, static_cast<std::size_t>(size));
  }
  gzclose(file);
  return bytes;
}

/// What a reader makes of a file: its lines, then "ok" or the text of the error.
struct Seen {
  std::vector<Line> lines;
  std::string end;
};

Seen read_all(const std::filesystem::path& path) {
  Seen seen;
  auto reader = Reader::open(path);
  if (!reader) return {{}, reader.error().detail};
  for (;;) {
    auto line = reader->next();
    if (!line) {
      EXPECT_EQ(reader->next().error().detail, line.error().detail) << "an error stays";
      seen.end = line.error().detail;
      return seen;
    }
    if (!*line) break;
    seen.lines.push_back(**line);
  }
  seen.end = "ok";
  return seen;
}

constexpr std::string_view header_text =
    R"({"capture":1,"pbx":"P","ami":"1.3","scenario":"","about":"","started":"","ports":{}})"
    "\n";
constexpr std::string_view line_text = R"({"t":1,"link":"ami","dir":"pbx>","data":"x"})"
                                       "\n";

Line ami_line(std::int64_t t_us, std::string data) {
  Line line;
  line.t_us = t_us;
  line.link = "ami";
  line.dir = Direction::from_pbx;
  line.data = std::move(data);
  return line;
}

TEST(Capture, EveryRecordingIsWrittenAgainByteForByte) {
  const auto captures = test::fixtures("captures", ".gz");
  ASSERT_GT(captures.size(), 200U);
  const test::TempFolder folder;
  for (const auto& capture : captures) {
    auto reader = Reader::open(capture);
    ASSERT_TRUE(reader) << reader.error().detail;
    const auto copy = folder.path() / "copy.jsonl.gz";
    {
      auto writer = Writer::open(copy, reader->header());
      ASSERT_TRUE(writer) << writer.error().detail;
      for (;;) {
        const auto line = reader->next();
        ASSERT_TRUE(line) << line.error().detail;
        if (!*line) break;
        ASSERT_TRUE(writer->write(**line));
      }
    }
    EXPECT_EQ(unpacked(copy), unpacked(capture)) << capture;
  }
}

TEST(Capture, EveryKindOfLineComesBack) {
  std::vector<Line> lines;
  lines.push_back(ami_line(0, std::string{"\0\x01\r\n\t\b\f\"\\\x7f \xC3\xA4", 14}));
  lines.push_back(ami_line(1, "cut in a character \xC3"));
  lines.push_back(ami_line(2, "\xFF"));
  lines.push_back(ami_line(3, ""));
  for (const auto what : {Line::What::connect, Line::What::open, Line::What::eof}) {
    Line line = ami_line(4, "");
    line.dir = Direction::to_pbx;
    line.what = what;
    lines.push_back(line);
  }
  lines[5].path = "/ari/events?app=hello";
  lines.push_back(ami_line(5, "\x03\xE8"));
  lines.back().what = Line::What::close;
  lines.push_back({.t_us = 6, .link = "note", .what = Line::What::note, .data = "lost"});
  Line rest{.t_us = 7, .link = "ari-rest", .dir = Direction::to_pbx, .req = 1, .method = "POST"};
  rest.path = "/channels";
  lines.push_back(rest);
  rest.data = "{}";
  lines.push_back(rest);
  rest.dir = Direction::from_pbx;
  rest.status = 201;
  rest.reason = "Created";
  rest.location = "/channels/1";
  lines.push_back(rest);
  for (std::size_t i = 0; i < lines.size(); ++i) lines[i].number = i + 2;

  const Header header{"Asterisk \"16\"",
                      "5.0.4",
                      "s",
                      "a",
                      "2026-11-23T16:27:57.651285+00:00",
                      {{"ami", 5038}, {"http", 65535}}};
  const test::TempFolder folder;
  for (const auto* name : {"plain.jsonl", "packed.jsonl.gz", "packed.jsonl.zst"}) {
    const auto path = folder.path() / name;
    {
      auto writer = Writer::open(path, header);
      ASSERT_TRUE(writer);
      for (const auto& line : lines) ASSERT_TRUE(writer->write(line));
      ASSERT_TRUE(writer->flush());
      EXPECT_EQ(read_all(path).lines, lines) << "after flush(), while it is still written";
    }
    EXPECT_EQ(Reader::open(path)->header(), header);
    EXPECT_EQ(read_all(path).lines, lines);
    EXPECT_EQ(read_all(path).end, "ok");
  }
  const auto begins_with = [&](const char* name, std::string_view bytes) {
    return test::read_file(folder.path() / name).starts_with(bytes);
  };
  EXPECT_TRUE(begins_with("packed.jsonl.gz", "\x1F\x8B"));
  EXPECT_TRUE(begins_with("packed.jsonl.zst", "\x28\xB5\x2F\xFD"));
}

TEST(Capture, WhatIsWholeOfABrokenFileIsRead) {
  const std::string two_lines = std::string{header_text} + std::string{line_text};
  struct Row {
    std::string_view what;
    std::string text;
    std::size_t lines;
    std::string_view end;  ///< Behind the name of the file.
  };
  const std::vector<Row> rows{
      {"empty", "", 0, ":1: not a capture"},
      {"another format", "hello\n", 0, ":1: not a capture"},
      {"a later version", "{\"capture\":2}\n", 0, ":1: not a capture"},
      {"no lines", std::string{header_text}, 0, "ok"},
      {"whole", two_lines, 1, "ok"},
      {"no last line end", two_lines.substr(0, two_lines.size() - 1), 1, "ok"},
      {"cut in the last line", two_lines.substr(0, two_lines.size() - 3), 0,
       ":2: not JSON, or cut off"},
      {"rubbish in between", two_lines + "}\n" + std::string{line_text}, 1,
       ":3: not JSON, or cut off"},
      {"an empty line", two_lines + "\n" + std::string{line_text}, 1, ":3: not JSON, or cut off"},
      {"an array", two_lines + "[]\n", 1, ":3: not JSON, or cut off"},
      {"no time",
       two_lines + R"({"link":"ami","dir":"pbx>","data":""})"
                   "\n",
       1, ":3: not a line of a capture"},
      {"no link",
       two_lines + R"({"t":1,"dir":"pbx>","data":""})"
                   "\n",
       1, ":3: not a line of a capture"},
      {"no direction",
       two_lines + R"({"t":1,"link":"ami","data":""})"
                   "\n",
       1, ":3: not a line of a capture"},
      {"odd direction",
       two_lines + R"({"t":1,"link":"ami","dir":"<","data":""})"
                   "\n",
       1, ":3: not a line of a capture"},
      {"neither data nor event",
       two_lines + R"({"t":1,"link":"ami","dir":"pbx>"})"
                   "\n",
       1, ":3: not a line of a capture"},
      {"unknown event",
       two_lines + R"({"t":1,"link":"a","dir":"pbx>","event":"x"})"
                   "\n",
       1, ":3: not a line of a capture"},
      {"bad base64",
       two_lines + R"({"t":1,"link":"a","dir":"pbx>","data64":"=A=="})"
                   "\n",
       1, ":3: not a line of a capture"},
      {"bad UTF-8", two_lines + "{\"t\":1,\"link\":\"a\",\"dir\":\"pbx>\",\"data\":\"\xFF\"}\n", 1,
       ":3: not JSON, or cut off"},
  };
  const test::TempFolder folder;
  for (const auto& row : rows) {
    const auto path = folder.write("call.jsonl", row.text);
    const auto seen = read_all(path);
    EXPECT_EQ(seen.lines.size(), row.lines) << row.what;
    EXPECT_EQ(seen.end, row.end == "ok" ? "ok" : path.string() + std::string{row.end}) << row.what;
  }
  EXPECT_EQ(Reader::open(folder.path() / "none.jsonl").error().code, Errc::not_found);
}

/// The same lines, compressed in another way, with each line handed over as it came.
std::filesystem::path repacked(const std::vector<Line>& lines, const std::filesystem::path& path) {
  auto writer = Writer::open(path, {});
  EXPECT_TRUE(writer);
  for (const auto& line : lines) EXPECT_TRUE(writer->write(line) && writer->flush());
  return path;
}

class Truncated : public testing::TestWithParam<std::string> {};

TEST_P(Truncated, GivesWhatIsThere) {
  const auto whole = read_all(test::fixtures("captures/16", ".gz").front()).lines;
  const test::TempFolder folder;
  const auto bytes = test::read_file(repacked(whole, folder.path() / ("whole.jsonl" + GetParam())));
  const auto path =
      folder.write("cut.jsonl" + GetParam(), std::string_view{bytes}.substr(0, bytes.size() / 2));
  const auto seen = read_all(path);
  ASSERT_GT(seen.lines.size(), 1U);
  ASSERT_LT(seen.lines.size(), whole.size());
  EXPECT_EQ(
      seen.lines,
      std::vector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(seen.lines.size())));
  EXPECT_EQ(seen.end, path.string() + ":" + std::to_string(seen.lines.size() + 2) +
                          ": the compressed data is cut off");
}

TEST_P(Truncated, WhatIsDamagedEndsWithAnError) {
  const auto whole = read_all(test::fixtures("captures/16", ".gz").front()).lines;
  const test::TempFolder folder;
  auto bytes = test::read_file(repacked(whole, folder.path() / ("whole.jsonl" + GetParam())));
  for (std::size_t at = bytes.size() * 3 / 4; at < bytes.size() * 3 / 4 + 64; ++at)
    bytes[at] = '\0';
  const auto path = folder.write("bad.jsonl" + GetParam(), bytes);
  const auto seen = read_all(path);
  EXPECT_GT(seen.lines.size(), 1U);
  EXPECT_TRUE(seen.end.starts_with(path.string() + ":")) << seen.end;
}

INSTANTIATE_TEST_SUITE_P(Packed, Truncated, testing::Values(".gz", ".zst"),
                         [](const auto& info) { return info.param.substr(1); });

TEST(CaptureWriter, OnlyItsOwnerMayReadAFile) {
  const test::TempFolder folder;
  folder.write("call.jsonl", "an old file, readable by all");
  std::filesystem::permissions(folder.path() / "call.jsonl", std::filesystem::perms{0644});
  for (const auto* name : {"call.jsonl", "new.jsonl", "new.jsonl.gz", "new.jsonl.zst"}) {
    ASSERT_TRUE(Writer::open(folder.path() / name, {}));
    const auto mode = std::filesystem::status(folder.path() / name).permissions();
    EXPECT_EQ(mode, std::filesystem::perms{0600}) << name;
  }
}

TEST(CaptureWriter, AFileWithoutLinesIsACapture) {
  const test::TempFolder folder;
  ASSERT_TRUE(Writer::open(folder.path() / "call.jsonl", {.pbx = "P"}));
  EXPECT_EQ(Reader::open(folder.path() / "call.jsonl")->header().pbx, "P");
}

TEST(Capture, AnEndlessLineIsGivenUp) {
  const test::TempFolder folder;
  const auto path = folder.path() / "long.jsonl.gz";
  const gzFile file = gzopen(path.c_str(), "wb1");
  gzwrite(file, header_text.data(), static_cast<unsigned>(header_text.size()));
  const std::string long_line(Reader::line_bytes_max + 100'000, 'x');
  gzwrite(file, long_line.data(), static_cast<unsigned>(long_line.size()));
  gzclose(file);
  EXPECT_EQ(read_all(path).end, path.string() + ":2: the line is too long");
}

TEST(CaptureWriter, BeginsFilesBySize) {
  const test::TempFolder folder;
  const Header header{.pbx = "P", .ami = "1.3"};
  const auto line_bytes = to_json(ami_line(1, "x")).size();
  const auto header_bytes = to_json(header).size();
  auto writer = Writer::open(folder.path() / "call.jsonl.gz", header,
                             {.bytes_max = header_bytes + 2 * line_bytes, .age_max = {}});
  ASSERT_TRUE(writer);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(writer->write(ami_line(i, "x")));
  ASSERT_TRUE(writer->write(ami_line(9, std::string(1000, 'y')))) << "larger than a whole file";
  EXPECT_EQ(writer->current(), folder.path() / "call.4.jsonl.gz");
  ASSERT_TRUE(writer->flush());
  const std::vector<std::vector<std::int64_t>> times{{0, 1}, {2, 3}, {4}, {9}};
  for (std::size_t file = 0; file < times.size(); ++file) {
    const auto path = folder.path() / ("call." + std::to_string(file + 1) + ".jsonl.gz");
    EXPECT_EQ(Reader::open(path)->header(), header);
    std::vector<std::int64_t> seen;
    for (const auto& line : read_all(path).lines) seen.push_back(line.t_us);
    EXPECT_EQ(seen, times[file]) << path;
  }
}

TEST(CaptureWriter, BeginsFilesByAge) {
  const test::TempFolder folder;
  auto writer = Writer::open(folder.path() / "call.jsonl", {},
                             {.bytes_max = {}, .age_max = microseconds{100}});
  ASSERT_TRUE(writer);
  for (const int t : {50, 149, 150, 1000}) ASSERT_TRUE(writer->write(ami_line(t, "x")));
  ASSERT_TRUE(writer->flush());
  EXPECT_EQ(read_all(folder.path() / "call.1.jsonl").lines.size(), 2U);
  EXPECT_EQ(read_all(folder.path() / "call.2.jsonl").lines.size(), 1U);
  EXPECT_EQ(read_all(folder.path() / "call.3.jsonl").lines.size(), 1U);
}

TEST(CaptureWriter, KeepsTheNewestFilesAndGoesOnWithTheirNumbers) {
  const test::TempFolder folder;
  folder.write("call.x.jsonl", "not ours");
  folder.write("call.7.jsonl", "of an earlier run");
  folder.write("call.8.jsonl", "of an earlier run");
  const Rotation rotation{.bytes_max = 1, .age_max = {}, .files_max = 3};
  auto writer = Writer::open(folder.path() / "call.jsonl", {}, rotation);
  ASSERT_TRUE(writer);
  EXPECT_EQ(writer->current(), folder.path() / "call.9.jsonl");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(writer->write(ami_line(i, "x")));
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{folder.path()}) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"call.10.jsonl", "call.8.jsonl", "call.9.jsonl",
                                             "call.x.jsonl"}));
}

TEST(PartsReader, ReadsTheFilesOfARecordingAsOne) {
  const test::TempFolder folder;
  const Header header{.pbx = "P", .started = "2026-11-23T16:27:57.651285+00:00"};
  {
    auto writer = Writer::open(folder.path() / "call.jsonl", header, {.bytes_max = 1});
    ASSERT_TRUE(writer);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(writer->write(ami_line(i, "x")));
    auto other = Writer::open(folder.path() / "other.jsonl", {});
    ASSERT_TRUE(other->write(ami_line(9, "x")));
  }
  const auto file = [&](const char* name) { return folder.path() / name; };
  const std::vector<std::filesystem::path> parts{file("call.1.jsonl"), file("call.2.jsonl"),
                                                 file("call.3.jsonl")};
  auto given = parts;
  given.push_back(file("other.jsonl"));
  given.push_back(file("none.jsonl"));
  const auto recordings = recordings_of(given);
  ASSERT_EQ(recordings.size(), 3U);
  EXPECT_EQ(recordings[0], parts);
  EXPECT_EQ(recordings_of({parts[0], parts[0]}).size(), 2U) << "twice the same is not one";
  auto reader = PartsReader::open(recordings[0]);
  ASSERT_TRUE(reader);
  std::vector<std::int64_t> times;
  for (auto line = reader->next(); line && *line; line = reader->next()) {
    times.push_back((*line)->t_us);
    EXPECT_EQ((*line)->number, 2U);
  }
  EXPECT_EQ(times, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(reader->file(), parts[2]);
}

TEST(CaptureWriter, TellsWhatCannotBeWritten) {
  const auto writer = Writer::open("/nowhere/call.jsonl", {});
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().detail, "/nowhere/call.jsonl: cannot be written");
  auto full = Writer::open("/dev/full", {});
  ASSERT_TRUE(full);
  EXPECT_FALSE(full->flush());
}

TEST(Base64, KnowsTheVectorsOfItsRfc) {
  const std::vector<std::pair<std::string, std::string>> rows{{"", ""},
                                                              {"f", "Zg=="},
                                                              {"fo", "Zm8="},
                                                              {"foo", "Zm9v"},
                                                              {"foob", "Zm9vYg=="},
                                                              {"fooba", "Zm9vYmE="},
                                                              {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : rows) {
    std::string encoded;
    append_base64(encoded, bytes);
    EXPECT_EQ(encoded, text);
    EXPECT_EQ(base64_decoded(text), bytes);
  }
  for (const auto* bad : {"Zg", "Zg=", "Z===", "Z g=", "Zm9v\n"}) EXPECT_FALSE(base64_decoded(bad));
}

}  // namespace
}  // namespace arigate::trace
