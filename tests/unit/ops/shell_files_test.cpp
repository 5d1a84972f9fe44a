#include "ops/shell_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>

#include "core/base64.hpp"
#include "support/fake_clock.hpp"
#include "support/fixtures.hpp"
#include "support/run.hpp"
#include "support/temp_folder.hpp"

namespace arigate::ops {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// The shell of this host, used as a PBX uses its own: one script, one page of what it prints.
class LocalShell : public Shell {
 public:
  using Shell::Shell;
  boost::asio::awaitable<Result<std::string>> page(std::string script) override {
    const auto line = shell_command(script);
    if (!line) co_return line.error();
    const auto file = folder_.write("script", script);
    const auto command = "sh " + file.string() + " 2>/dev/null | head -c 3000";
    struct Close {
      void operator()(FILE* pipe) const { ::pclose(pipe); }
    };
    const std::unique_ptr<FILE, Close> pipe{::popen(command.c_str(), "r")};
    std::string printed(page_bytes, '\0');
    printed.resize(std::fread(printed.data(), 1, printed.size(), pipe.get()));
    co_return printed;
  }

 private:
  test::TempFolder folder_;
};

class ShellFiles : public testing::Test {
 protected:
  ShellFiles() {
    path_ = temp_.path() / "rec of it's";
    fs::create_directories(path_);
    media_.recordings_directory = media_.sounds_directory = path_.string();
    media_.formats = {{"wav", "slin"}, {"gsm", "gsm"}};
    temp_.write("outside.wav", "secret");
  }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream{path_ / name, std::ios::binary} << text;
  }
  template <class T>
  T wait(boost::asio::awaitable<T> work) {
    std::optional<T> outcome;
    boost::asio::co_spawn(context_, std::move(work),
                          [&](const std::exception_ptr& thrown, T value) {
                            if (thrown) std::rethrow_exception(thrown);
                            outcome.emplace(std::move(value));
                          });
    context_.restart();
    context_.run();
    return std::move(*outcome);
  }
  std::string format_of(const std::string& name) {
    const auto found = wait(files_.find(RecordingName{name}));
    return found ? found->format : "none";
  }

  test::TempFolder temp_;
  fs::path path_;
  boost::asio::io_context context_;
  test::FakeClock clock_;
  PbxMedia media_;
  LocalShell shell_{clock_};
  ShellRecordings files_{media_, shell_};
};

TEST_F(ShellFiles, ListsPageByPage) {
  std::vector<std::string> names;
  for (int i = 100; i < 400; ++i) {
    names.push_back("folder/a recording " + std::to_string(i));
    write(names.back() + ".wav", "x");
  }
  write("no.txt", "x");
  const auto found = wait(files_.list());
  ASSERT_TRUE(found);
  std::vector<std::string> listed;
  for (const auto& entry : *found) listed.push_back(entry.name.value);
  EXPECT_EQ(listed, names);
}

TEST_F(ShellFiles, TakesNamesAsTheyAre) {
  for (const auto* name : {"plain", "it's", "a b", "$(touch pwned)", "`touch pwned`",
                           "a;touch pwned", "\"", "-rf", "*", "a&b,c", "sub/x", "${x}", "ä"}) {
    write(std::string{name} + ".wav", name);
    EXPECT_EQ(format_of(name), "wav") << name;
    auto reader = wait(files_.open({RecordingName{name}, "wav"}));
    ASSERT_TRUE(reader) << name;
    const auto piece = wait((*reader)->read());
    EXPECT_TRUE(piece && *piece == name);
    EXPECT_TRUE(wait(files_.copy({RecordingName{name}, "wav"},
                                 RecordingName{"copies/of/" + std::string{name} + "2"})))
        << name;
    EXPECT_TRUE(wait(files_.remove({RecordingName{name}, "wav"}))) << name;
    EXPECT_EQ(format_of(name), "none") << name;
  }
  EXPECT_FALSE(fs::exists(path_ / "pwned"));
}

TEST_F(ShellFiles, FindsWhatCanBeRecorded) {
  const std::string folder(50, 'f');
  for (const auto& name : {std::string(240, 'x'), folder + '/' + std::string(240, 'x')}) {
    ASSERT_TRUE(is_recording_name(name));
    EXPECT_TRUE(wait(files_.make_folders(RecordingName{name})));
    write(name + ".wav", "x");
    EXPECT_EQ(format_of(name), "wav");
    const auto copy = name.substr(0, name.size() - 1) + 'y';
    EXPECT_TRUE(wait(files_.copy({RecordingName{name}, "wav"}, RecordingName{copy})));
    EXPECT_TRUE(wait(files_.open({RecordingName{copy}, "wav"})));
    EXPECT_TRUE(wait(files_.remove({RecordingName{copy}, "wav"})));
  }
  const auto longer = folder + "/" + folder + "/" + std::string(200, 'x');
  EXPECT_EQ(wait(files_.make_folders(RecordingName{longer})).error().code, Errc::bad_request);
  EXPECT_EQ(wait(files_.find(RecordingName{longer})).error().code, Errc::not_found);
}

TEST_F(ShellFiles, LeavesTheFolderByNoLink) {
  fs::create_symlink(temp_.path() / "outside.wav", path_ / "link.wav");
  fs::create_directory_symlink(temp_.path(), path_ / "up");
  write("real.wav", "x");
  const StoredRecording real{RecordingName{"real"}, "wav"};
  EXPECT_EQ(format_of("link"), "none");
  EXPECT_EQ(format_of("up/outside"), "none");
  EXPECT_FALSE(wait(files_.open({RecordingName{"up/outside"}, "wav"})));
  EXPECT_FALSE(wait(files_.remove({RecordingName{"up/outside"}, "wav"})));
  EXPECT_FALSE(wait(files_.copy({RecordingName{"up/outside"}, "wav"}, RecordingName{"stolen"})));
  EXPECT_FALSE(wait(files_.copy(real, RecordingName{"up/new"})));
  EXPECT_FALSE(wait(files_.make_folders(RecordingName{"up/new/x"})));
  EXPECT_TRUE(fs::exists(temp_.path() / "outside.wav"));
  EXPECT_FALSE(fs::exists(temp_.path() / "new.wav"));
  EXPECT_FALSE(fs::exists(temp_.path() / "new"));
}

TEST_F(ShellFiles, AnswersAsAMountedFolderDoes) {
  const StoredRecording a{RecordingName{"a"}, "wav"};
  EXPECT_EQ(wait(files_.remove(a)).error().code, Errc::not_found);
  EXPECT_EQ(wait(files_.open(a)).error().code, Errc::not_found);
  EXPECT_EQ(wait(files_.copy(a, RecordingName{"b"})).error().code, Errc::not_found);
  write("a.wav", "x");
  EXPECT_TRUE(wait(files_.copy(a, RecordingName{"b"})));
  EXPECT_EQ(wait(files_.copy(a, RecordingName{"b"})).error().code, Errc::conflict);
  fs::remove_all(path_);
  EXPECT_FALSE(wait(files_.make_folders(RecordingName{"x/y"})));
}

TEST_F(ShellFiles, ReadsALongFileInPieces) {
  std::string text;
  for (int i = 0; text.size() < 10'000; ++i) text += static_cast<char>(i * 7);
  write("a.wav", text);
  auto reader = wait(files_.open({RecordingName{"a"}, "wav"}));
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->size(), text.size());
  std::string all;
  for (;;) {
    const auto piece = wait((*reader)->read());
    ASSERT_TRUE(piece);
    if (piece->empty()) break;
    all += *piece;
  }
  EXPECT_EQ(all, text);
}

TEST_F(ShellFiles, ReadsTheSounds) {
  write("en/beep.gsm", "x");
  write("en/core-sounds-en.txt", "beep: A beep");
  write("fr/core-sounds-fr.txt", "beep: Un bip");
  ShellSounds sounds{media_, shell_};
  const auto files = wait(sounds.read());
  ASSERT_TRUE(files);
  EXPECT_THAT(files->names, ElementsAre("en/beep.gsm"));
  EXPECT_THAT(files->texts,
              UnorderedElementsAre(testing::Pair("en/core-sounds-en.txt", "beep: A beep"),
                                   testing::Pair("fr/core-sounds-fr.txt", "")));
}

/// Prints what a test says.
class ScriptedShell : public Shell {
 public:
  using Shell::Shell;
  boost::asio::awaitable<Result<std::string>> page(std::string) override {
    ++pages;
    co_return print();
  }
  std::function<Result<std::string>()> print;
  std::size_t pages = 0;
};

class ShellPages : public testing::Test {
 protected:
  test::FakeClock clock_;
  ScriptedShell shell_{clock_};
  const std::string full_ = std::string(Shell::page_bytes, 'x');
  const Error broken_off_{Errc::refused_by_pbx, "The PBX ended the leg"};
};

TEST_F(ShellPages, AreNotCutAtTheLimit) {
  shell_.print = [&] { return full_; };
  const auto printed = test::run(shell_.run("x"));
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().code, Errc::overloaded);
  EXPECT_EQ(shell_.pages, Shell::output_bytes_max / Shell::page_bytes + 1);
}

TEST_F(ShellPages, HaveOneDeadline) {
  shell_.print = [&] {
    clock_.advance(std::chrono::seconds{9});
    return full_;
  };
  const auto printed = test::run(shell_.run("x"));
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().code, Errc::timeout);
  EXPECT_EQ(shell_.pages, 7U);
}

TEST_F(ShellPages, AreAskedForAgainWhenThePbxBrokeOneOff) {
  shell_.print = [&]() -> Result<std::string> {
    if (shell_.pages % 2 == 1) return broken_off_;
    return shell_.pages < 6 ? full_ : "end";
  };
  const auto printed = test::run(shell_.run("x"));
  ASSERT_TRUE(printed);
  EXPECT_EQ(*printed, full_ + full_ + "end");
}

TEST_F(ShellPages, AreAskedForNoMoreThanTwice) {
  for (const auto& [error, pages] :
       {std::pair{broken_off_, 2U}, std::pair{Error{Errc::timeout, "late"}, 1U}}) {
    shell_.pages = 0;
    shell_.print = [&]() -> Result<std::string> { return error; };
    const auto printed = test::run(shell_.read_page("x"));
    ASSERT_FALSE(printed);
    EXPECT_EQ(printed.error().code, error.code);
    EXPECT_EQ(shell_.pages, pages);
  }
}

TEST(ShellCommand, ShowsTheDialplanNothingOfTheScript) {
  const auto command = shell_command("echo '${X}' \"y\" ; rm )");
  ASSERT_TRUE(command);
  EXPECT_THAT(*command, HasSubstr("${SHELL(echo "));
  const auto from = command->find("echo ") + 5;
  const auto script = base64_decoded(command->substr(from, command->find(' ', from) - from));
  ASSERT_TRUE(script);
  EXPECT_TRUE(script->ends_with("; echo '${X}' \"y\" ; rm )")) << *script;
  EXPECT_FALSE(shell_command(std::string(2'000, 'x')));
}

/// What the PBX hands to its shell, done by the shell of this host.
TEST(ShellCommand, SaysThatItWorksAndThenWhatTheScriptPrints) {
  auto line = *shell_command("echo one; echo two");
  const std::string_view begin = "${SHELL(";
  line = line.substr(line.find(begin) + begin.size());
  line.resize(line.rfind(")}"));
  const auto escaped = line.find(R"(\\n)");  // As AGI quotes a backslash.
  ASSERT_NE(escaped, std::string::npos) << line;
  line.erase(escaped, 1);
  FILE* const pipe = ::popen(line.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string printed(100, '\0');
  printed.resize(std::fread(printed.data(), 1, printed.size(), pipe));
  ::pclose(pipe);
  EXPECT_EQ(base64_decoded(printed), "ok\none\ntwo\n");
}

TEST(ShellCommand, QuotesAWord) {
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("it's"), R"('it'\''s')");
}

}  // namespace
}  // namespace arigate::ops
