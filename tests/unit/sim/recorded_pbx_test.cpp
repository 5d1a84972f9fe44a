// What a recorded PBX does on a FastAGI connection, whatever its pace.
#include "sim/recorded_pbx.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "sim/recorded_script.hpp"
#include "support/line_socket.hpp"
#include "support/temp_folder.hpp"

namespace arigate::sim {
namespace {

using boost::asio::ip::tcp;
using test::LineSocket;

/// One AGI connection of a capture: what went to the PBX and from it, a millisecond apart.
struct Said {
  std::string_view dir, data;
};

std::string capture_of(const std::vector<Said>& lines, std::string_view ended_by) {
  std::string text =
      R"({"capture":1,"pbx":"P","ami":"5.0.4","scenario":"","about":"","started":"","ports":{}})"
      "\n";
  auto add = [&, t = 0](std::string_view link, std::string_view dir, std::string_view name,
                        std::string_view value) mutable {
    text += "{\"t\":" + std::to_string(++t * 1000) + ",\"link\":\"" + std::string{link} +
            "\",\"dir\":\"" + std::string{dir} + "\",\"" + std::string{name} + "\":\"" +
            std::string{value} + "\"}\n";
  };
  add("ami", "pbx>", "data", R"(Asterisk Call Manager/5.0.4\r\n)");
  add("ami", ">pbx", "data", R"(Action: Login\r\n\r\n)");
  add("agi:1", "pbx>", "event", "connect");
  add("agi:1", "pbx>", "data", R"(agi_network: yes\n\n)");
  for (const auto& [dir, data] : lines) add("agi:1", dir, "data", data);
  add("agi:1", ended_by, "event", "eof");
  return text;
}

/// The PBX works on a thread of its own; what it found missing is looked at when that has ended.
class RecordedSessionTest : public testing::Test {
 protected:
  void start(const std::vector<Said>& lines, std::string_view ended_by = "pbx>",
             std::chrono::milliseconds patience = std::chrono::seconds{10}) {
    const auto file = folder_.write("call.jsonl", capture_of(lines, ended_by));
    auto script = read_script({file}, "ami");
    ASSERT_TRUE(script) << script.error().detail;
    RecordedPbxOptions options;
    options.listen = {boost::asio::ip::address_v4::loopback(), 0};
    options.fastagi = acceptor_.local_endpoint();
    options.speed = 0;
    options.patience = patience;
    options.failed = [this](const std::string& what) { failures_.push_back(what); };
    options.ended = [this] { ended_.set_value(); };
    pbx_.emplace(context_.get_executor(), *std::move(script), std::move(options));
    ASSERT_TRUE(pbx_->start());
    thread_ = std::thread{[this] { context_.run(); }};
    ami_.emplace(LineSocket::connect(pbx_->port()));
    ami_->send("Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\n");
    agi_.emplace(LineSocket::accept(acceptor_));
    EXPECT_EQ(agi_->read_until("\n\n"), "agi_network: yes\n\n");
  }
  /// What the PBX found missing, without the folder.
  std::vector<std::string> end() {
    EXPECT_EQ(ended_.get_future().wait_for(LineSocket::patience), std::future_status::ready);
    stop();
    for (auto& failure : failures_) failure.erase(0, folder_.path().string().size() + 1);
    return failures_;
  }
  ~RecordedSessionTest() override {
    if (thread_.joinable()) stop();
  }

  std::optional<LineSocket> agi_;

 private:
  void stop() {
    boost::asio::post(context_, [this] { pbx_.reset(); });
    thread_.join();
  }

  test::TempFolder folder_;
  boost::asio::io_context accepting_{1};
  tcp::acceptor acceptor_{accepting_, {boost::asio::ip::address_v4::loopback(), 0}};
  boost::asio::io_context context_{1};
  std::optional<RecordedPbx> pbx_;
  std::promise<void> ended_;
  std::vector<std::string> failures_;
  std::optional<LineSocket> ami_;
  std::thread thread_;
};

using Failures = std::vector<std::string>;

TEST_F(RecordedSessionTest, HangsUpBehindTheCommandsThatCameBefore) {
  start({{">pbx", R"(ANSWER\n)"},
         {"pbx>", R"(200 result=0\n)"},
         {">pbx", R"(STREAM FILE \"a\" \"\"\n)"},
         {"pbx>", R"(HANGUP\n)"},
         {"pbx>", R"(200 result=-1 endpos=160\n)"},
         {">pbx", R"(NOOP\n)"},
         {"pbx>", R"(511 Command Not Permitted on a dead channel\n)"}});
  agi_->send("ANSWER\n");
  EXPECT_EQ(agi_->line(), "200 result=0");
  agi_->send("STREAM FILE \"a\" \"\"\n");
  EXPECT_EQ(agi_->line(), "HANGUP");
  EXPECT_EQ(agi_->line(), "200 result=-1 endpos=160");
  agi_->send("NOOP\n");
  EXPECT_EQ(agi_->read_rest(), "511 Command Not Permitted on a dead channel\n");
  EXPECT_EQ(end(), Failures{});
}

TEST_F(RecordedSessionTest, HangsUpACallOfWhichNothingWasAsked) {
  start({{"pbx>", R"(HANGUP\n)"}});
  EXPECT_EQ(agi_->read_rest(), "HANGUP\n");
  EXPECT_EQ(end(), Failures{});
}

TEST_F(RecordedSessionTest, LeavesTheEndToAnApplicationThatMadeIt) {
  start({{">pbx", R"(ANSWER\n)"}, {"pbx>", R"(200 result=0\n)"}}, ">pbx");
  agi_->send("ANSWER\n");
  EXPECT_EQ(agi_->line(), "200 result=0");
  agi_->send("NOOP\n");
  EXPECT_EQ(agi_->line(), "510 Invalid or unknown command") << "there is still who says so";
  EXPECT_TRUE(agi_->ends());
  EXPECT_EQ(end(), Failures{"call.jsonl:4: no further command on agi:1: NOOP"});
}

TEST_F(RecordedSessionTest, NamesWhatWasRecordedInPlaceOfWhatIsAsked) {
  start({{">pbx", R"(ANSWER\n)"}, {"pbx>", R"(200 result=0\n)"}, {"pbx>", R"(HANGUP\n)"}});
  agi_->send("NOOP\n");
  EXPECT_EQ(agi_->read_rest(), "510 Invalid or unknown command\nHANGUP\n");
  EXPECT_EQ(end(),
            Failures{"call.jsonl:6: the command on agi:1 is \"ANSWER\", asked was \"NOOP\""});
}

TEST_F(RecordedSessionTest, NamesWhatNobodyAsks) {
  start({{">pbx", R"(ANSWER\n)"}, {"pbx>", R"(200 result=0\n)"}, {"pbx>", R"(HANGUP\n)"}}, "pbx>",
        std::chrono::milliseconds{1});
  EXPECT_EQ(agi_->read_rest(), "HANGUP\n");
  EXPECT_EQ(end(), Failures{"call.jsonl:6: the command on agi:1 is \"ANSWER\", nothing was asked"});
}

TEST_F(RecordedSessionTest, NamesWhatTheApplicationDidNotStayFor) {
  start({{">pbx", R"(ANSWER\n)"}, {"pbx>", R"(200 result=0\n)"}});
  agi_->close();
  EXPECT_EQ(
      end(),
      Failures{"call.jsonl:6: the command on agi:1 is \"ANSWER\", the application has closed"});
}

}  // namespace
}  // namespace arigate::sim
