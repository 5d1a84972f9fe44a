#include "io/recording_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "io/sound_directory.hpp"
#include "io/system_clock.hpp"
#include "support/fixtures.hpp"
#include "support/temp_folder.hpp"

namespace arigate::io {
namespace {

namespace fs = std::filesystem;
using ops::StoredRecording;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class RecordingFolderTest : public testing::Test {
 protected:
  RecordingFolderTest() : path_{temp_.path() / "recording"} {
    fs::create_directories(path_);
    media_.formats = {{"wav", "slin"}, {"gsm", "gsm"}};
    folder_ =
        std::make_unique<RecordingFolder>(context_.get_executor(), clock_, path_.string(), media_);
    write("outside.wav", "secret", temp_.path());
  }

  void write(const std::string& name, const std::string& text) { write(name, text, path_); }
  static void write(const std::string& name, const std::string& text, const fs::path& folder) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream{folder / name, std::ios::binary} << text;
  }

  template <class T>
  T wait(boost::asio::awaitable<T> work) {
    std::optional<T> outcome;
    const auto guard = boost::asio::make_work_guard(context_);
    boost::asio::co_spawn(context_, std::move(work),
                          [&](const std::exception_ptr& thrown, T value) {
                            if (thrown) std::rethrow_exception(thrown);
                            outcome.emplace(std::move(value));
                          });
    context_.restart();
    while (!outcome) context_.run_one();
    return std::move(*outcome);
  }

  std::string format_of(const std::string& name) {
    const auto found = wait(folder_->find(RecordingName{name}));
    return found ? found->format : found.error().code == Errc::not_found ? "none" : "error";
  }
  std::vector<std::string> listed() {
    std::vector<std::string> names;
    const auto found = wait(folder_->list());
    EXPECT_TRUE(found);
    if (found) {
      for (const auto& entry : *found) names.push_back(entry.name.value + "." + entry.format);
    }
    return names;
  }

  test::TempFolder temp_;
  fs::path path_;
  SystemClock clock_;
  boost::asio::io_context context_;
  ops::PbxMedia media_;
  std::unique_ptr<RecordingFolder> folder_;
};

TEST_F(RecordingFolderTest, ListsWhatIsARecordingByName) {
  for (const auto* name :
       {"b.wav", "a.wav", "sub/deep/c.gsm", "a.txt", "noext", ".wav", "a.b.wav"}) {
    write(name, "x");
  }
  EXPECT_THAT(listed(), ElementsAre("a.wav", "a.b.wav", "b.wav", "sub/deep/c.gsm"));
}

TEST_F(RecordingFolderTest, FindsByNameOnly) {
  write("a.wav", "x");
  write("sub/b.gsm", "x");
  write("two.dots.wav", "x");
  EXPECT_EQ(format_of("a"), "wav");
  EXPECT_EQ(format_of("sub/b"), "gsm");
  EXPECT_EQ(format_of("two.dots"), "wav");
  for (const auto* name : {"a.wav", "A", "two", "sub", "nope", "sub/nope", "no/such/folder", "*"}) {
    EXPECT_EQ(format_of(name), "none") << name;
  }
}

TEST_F(RecordingFolderTest, FollowsNoLinkOutOfTheFolder) {
  fs::create_symlink(temp_.path() / "outside.wav", path_ / "link.wav");
  fs::create_directory_symlink(temp_.path(), path_ / "up");
  write("real.wav", "x");
  fs::create_symlink("real.wav", path_ / "inside.wav");
  EXPECT_EQ(format_of("link"), "none");
  EXPECT_EQ(format_of("up/outside"), "none");
  EXPECT_EQ(format_of("inside"), "wav");
  const StoredRecording link{RecordingName{"link"}, "wav"};
  EXPECT_FALSE(wait(folder_->open(link)));
  EXPECT_FALSE(wait(folder_->copy(link, RecordingName{"stolen"})));
  EXPECT_FALSE(wait(folder_->open({RecordingName{"up/outside"}, "wav"})));
  EXPECT_FALSE(wait(folder_->remove({RecordingName{"up/outside"}, "wav"})));
  EXPECT_FALSE(wait(folder_->copy({RecordingName{"real"}, "wav"}, RecordingName{"up/new"})));
  EXPECT_FALSE(wait(folder_->make_folders(RecordingName{"up/new/x"})));
  EXPECT_TRUE(fs::exists(temp_.path() / "outside.wav"));
  EXPECT_FALSE(fs::exists(temp_.path() / "new.wav"));
  EXPECT_FALSE(fs::exists(temp_.path() / "new"));
}

TEST_F(RecordingFolderTest, CopiesAndRemoves) {
  const std::string text(200'000, 'x');
  write("a.wav", text);
  const StoredRecording a{RecordingName{"a"}, "wav"};
  EXPECT_TRUE(wait(folder_->copy(a, RecordingName{"new/folder/b"})));
  EXPECT_EQ(test::read_file(path_ / "new/folder/b.wav"), text);
  EXPECT_EQ(wait(folder_->copy(a, RecordingName{"new/folder/b"})).error().code, Errc::conflict);
  EXPECT_TRUE(wait(folder_->remove(a)));
  EXPECT_EQ(wait(folder_->remove(a)).error().code, Errc::not_found);
  EXPECT_EQ(wait(folder_->copy(a, RecordingName{"c"})).error().code, Errc::not_found);
  EXPECT_FALSE(fs::exists(path_ / "c.wav"));
}

TEST_F(RecordingFolderTest, ReadsInPieces) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i);
  write("a.wav", text);
  auto reader = wait(folder_->open({RecordingName{"a"}, "wav"}));
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->size(), text.size());
  std::string all;
  for (;;) {
    const auto piece = wait((*reader)->read());
    ASSERT_TRUE(piece);
    EXPECT_LE(piece->size(), RecordingFolder::piece_bytes);
    if (piece->empty()) break;
    all += *piece;
  }
  EXPECT_EQ(all, text);
}

TEST_F(RecordingFolderTest, TellsOfAFileThatBecameShorter) {
  write("a.wav", std::string(RecordingFolder::piece_bytes + 10, 'x'));
  auto reader = wait(folder_->open({RecordingName{"a"}, "wav"}));
  ASSERT_TRUE(reader);
  ASSERT_TRUE(wait((*reader)->read()));
  fs::resize_file(path_ / "a.wav", 5);
  EXPECT_FALSE(wait((*reader)->read()));
}

TEST_F(RecordingFolderTest, TellsOfAFolderThatIsNotThere) {
  fs::remove_all(path_);
  EXPECT_EQ(wait(folder_->list()).error().code, Errc::unavailable);
  EXPECT_EQ(wait(folder_->find(RecordingName{"a"})).error().code, Errc::unavailable);
}

TEST_F(RecordingFolderTest, ReadsTheSounds) {
  write("en/beep.gsm", "x");
  write("en/digits/1.gsm", "x");
  write("en/core-sounds-en.txt", "beep: A beep");
  SoundDirectory sounds{context_.get_executor(), clock_, path_.string()};
  const auto files = wait(sounds.read());
  ASSERT_TRUE(files);
  EXPECT_THAT(files->names, UnorderedElementsAre("en/beep.gsm", "en/digits/1.gsm"));
  EXPECT_THAT(files->texts, ElementsAre(testing::Pair("en/core-sounds-en.txt", "beep: A beep")));
  SoundDirectory nowhere{context_.get_executor(), clock_, (path_ / "nowhere").string()};
  EXPECT_FALSE(wait(nowhere.read()));
}

}  // namespace
}  // namespace arigate::io
