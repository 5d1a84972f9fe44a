// Calls as PBXs before Asterisk 12 tell them: what a leg ended with, members of a queue, transfers
// by feature codes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/small_world.hpp"

namespace arigate::model {
namespace {

using Lines = std::vector<std::string>;

class OldCalls : public testing::Test {
 protected:
  void SetUp() override { use("1.3"); }
  void use(std::string_view version) {
    world_.use(version);
    world_.run([&] {
      world_.reconciler.begin_list();
      world_.reconciler.apply_list({}, now());
    });
    changes();
  }
  void event(const std::string& text) { world_.event(text); }
  WallTime now() const { return world_.clock.wall(); }
  Lines changes() {
    auto changes = world_.sink.take();
    std::erase(changes, "resynced");
    return changes;
  }
  Lines changes(std::string_view of) {
    auto all = changes();
    std::erase_if(all, [&](const std::string& line) { return !line.starts_with(of); });
    return all;
  }

  void newchannel(std::string_view name, std::string_view id, std::string_view number = "",
                  int state = 0) {
    event(
        fmt::format("Event: Newchannel|Channel: {}|ChannelState: {}|CallerIDNum: {}|CallerIDName: |"
                    "AccountCode: |Exten: |Context: in|Uniqueid: {}",
                    name, state, number, id));
    world_.run([&] { world_.reconciler.decide(now(), now()); });
  }
  void state(std::string_view name, std::string_view id, int state, std::string_view sees = "") {
    event(
        fmt::format("Event: Newstate|Channel: {}|ChannelState: {}|CallerIDNum: |CallerIDName: |"
                    "ConnectedLineNum: {}|ConnectedLineName: |Uniqueid: {}",
                    name, state, sees, id));
  }
  void line(std::string_view name, std::string_view id, std::string_view exten,
            std::string_view app, std::string_view data = "") {
    event(
        fmt::format("Event: Newexten|Channel: {}|Context: in|Extension: {}|Priority: 1|"
                    "Application: {}|AppData: {}|Uniqueid: {}",
                    name, exten, app, data, id));
  }
  void hangup(std::string_view name, std::string_view id, int cause) {
    event(fmt::format("Event: Hangup|Channel: {}|Uniqueid: {}|Cause: {}|Cause-txt: x", name, id,
                      cause));
  }
  void dial(std::string_view id, std::string_view peer) {
    event(
        fmt::format("Event: Dial|SubEvent: Begin|Channel: x|Destination: y|UniqueID: {}|"
                    "DestUniqueID: {}|Dialstring: bob",
                    id, peer));
  }
  /// A caller that is up, as in an IVR, and who it calls.
  void call() {
    newchannel("SIP/alice-1", "1.1", "100", 4);
    state("SIP/alice-1", "1.1", 6);
    line("SIP/alice-1", "1.1", "600", "Dial", "SIP/bob");
    newchannel("SIP/bob-2", "1.2");
    dial("1.1", "1.2");
    state("SIP/bob-2", "1.2", 5, "100");
  }

  test::SmallWorld world_{"1.3"};
};

// --- what a leg ended with ----------------------------------------------------------------------

TEST_F(OldCalls, ALegThatNobodyAnswersHasTheStatusOfItsCause) {
  const struct {
    int cause;
    const char* status;
  } rows[] = {{0, "NOANSWER"},    {16, "NOANSWER"},    {18, "NOANSWER"}, {19, "NOANSWER"},
              {3, "CHANUNAVAIL"}, {20, "CHANUNAVAIL"}, {17, "BUSY"},     {34, "CONGESTION"}};
  for (const auto& row : rows) {
    use("1.3");
    call();
    changes();
    hangup("SIP/bob-2", "1.2", row.cause);
    EXPECT_EQ(changes("dial "), Lines{fmt::format("dial 1.1>1.2 [{}] []", row.status)})
        << row.cause;
    hangup("SIP/alice-1", "1.1", 16);
  }
}

TEST_F(OldCalls, ALegIsCancelledWhenItsCallerHangsUp) {
  call();
  event("Event: HangupRequest|Channel: SIP/alice-1|Uniqueid: 1.1");
  changes();
  hangup("SIP/bob-2", "1.2", 16);
  EXPECT_EQ(changes("dial "), Lines{"dial 1.1>1.2 [CANCEL] []"});
}

TEST_F(OldCalls, ALegIsCancelledWhenAnotherOneIsAnswered) {
  call();
  newchannel("SIP/carol-3", "1.3");
  dial("1.1", "1.3");
  state("SIP/carol-3", "1.3", 6, "100");
  changes();
  hangup("SIP/bob-2", "1.2", 16);
  EXPECT_EQ(changes("dial "), Lines{"dial 1.1>1.2 [CANCEL] []"});
  // The next Dial of the same caller has nothing to do with it.
  hangup("SIP/carol-3", "1.3", 16);
  newchannel("SIP/dave-4", "1.4");
  dial("1.1", "1.4");
  changes();
  hangup("SIP/dave-4", "1.4", 16);
  EXPECT_EQ(changes("dial "), Lines{"dial 1.1>1.4 [NOANSWER] []"});
}

// --- queues -------------------------------------------------------------------------------------

TEST_F(OldCalls, AQueueCallsItsMembers) {
  for (const bool told : {true, false}) {
    use("1.3");
    newchannel("SIP/alice-1", "1.1", "100", 4);
    state("SIP/alice-1", "1.1", 6);
    line("SIP/alice-1", "1.1", "600", "Queue", "q1");
    newchannel("SIP/bob-2", "1.2");
    changes();
    if (told) {
      event(
          "Event: AgentCalled|Queue: q1|AgentCalled: SIP/bob|ChannelCalling: SIP/alice-1|"
          "DestinationChannel: SIP/bob-2|Uniqueid: 1.1");
    }
    state("SIP/bob-2", "1.2", 5, "100");
    state("SIP/bob-2", "1.2", 6, "100");
    EXPECT_EQ(changes(), (Lines{"dialplan 1.2 AppQueue((Outgoing Line))", "connected 1.2 \"\"<100>",
                                "dial 1.1>1.2 [] [SIP/bob]", "state 1.2 Ringing",
                                "dial 1.1>1.2 [RINGING] [SIP/bob]", "state 1.2 Up",
                                "dial 1.1>1.2 [ANSWER] [SIP/bob]"}))
        << (told ? "with AgentCalled" : "without it");
    hangup("SIP/bob-2", "1.2", 16);
    hangup("SIP/alice-1", "1.1", 16);
  }
}

TEST_F(OldCalls, AnOriginatedLegIsNoMemberOfAQueue) {
  newchannel("SIP/alice-1", "1.1", "100", 4);
  line("SIP/alice-1", "1.1", "600", "Queue", "q1");
  for (const auto* sees : {"", "200"}) {
    newchannel("SIP/bob-2", "1.2");
    changes();
    state("SIP/bob-2", "1.2", 5, sees);
    EXPECT_EQ(changes("dial "), (Lines{"dial ->1.2 [] [bob]", "dial ->1.2 [RINGING] [bob]"}));
    hangup("SIP/bob-2", "1.2", 16);
    use("1.3");
    newchannel("SIP/alice-1", "1.1", "100", 4);
    line("SIP/alice-1", "1.1", "600", "Queue", "q1");
  }
}

}  // namespace
}  // namespace arigate::model
