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
        fmt::format("Event: Newstate|Channel: {}|ChannelState: {}|"
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
  void varset(std::string_view name, std::string_view id, std::string_view variable,
              std::string_view value) {
    event(fmt::format("Event: VarSet|Channel: {}|Variable: {}|Value: {}|Uniqueid: {}", name,
                      variable, value, id));
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
  void bridge(std::string_view what, std::string_view one, std::string_view two) {
    event(
        fmt::format("Event: Bridge|Bridgestate: {}|Channel1: x|Channel2: y|Uniqueid1: {}|"
                    "Uniqueid2: {}",
                    what, one, two));
  }
  void press(std::string_view id, std::string_view digits) {
    for (const char digit : digits) {
      event(
          fmt::format("Event: DTMF|Channel: x|Uniqueid: {}|Digit: {}|Direction: Received|"
                      "Begin: No|End: Yes",
                      id, digit));
    }
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
  /// The same, answered; alice presses the digits of a feature that puts bob on hold.
  void talk_and_press(std::string_view digits) {
    call();
    state("SIP/bob-2", "1.2", 6, "100");
    bridge("Link", "1.1", "1.2");
    press("1.1", "#1");
    bridge("Unlink", "1.1", "1.2");
    world_.clock.advance(std::chrono::seconds{1});
    press("1.1", digits);
    changes();
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

/// Its end and the state of its far half come in any order.
TEST_F(OldCalls, ANearHalfHasTheStatusOfWhatItsFarHalfDoes) {
  const std::string near = "Local/x@in-1;1", far = "Local/x@in-1;2";
  const struct {
    const char* app;
    const char* status;
  } rows[] = {{"Busy", "BUSY"}, {"Congestion", "CONGESTION"}};
  for (const auto& row : rows) {
    for (const bool state_first : {true, false}) {
      use("1.3");
      newchannel("SIP/alice-1", "1.1", "100", 4);
      line("SIP/alice-1", "1.1", "600", "Dial", "Local/x@in");
      newchannel(near, "1.2");
      newchannel(far, "1.3", "", 4);
      dial("1.1", "1.2");
      line(far, "1.3", "x", row.app);
      changes();
      if (state_first) state(far, "1.3", 7);
      hangup(near, "1.2", 0);
      if (!state_first) state(far, "1.3", 7);
      hangup(far, "1.3", 0);
      EXPECT_EQ(changes("dial "), Lines{fmt::format("dial 1.1>1.2 [{}] []", row.status)})
          << state_first;
      hangup("SIP/alice-1", "1.1", 16);
    }
  }
}

TEST_F(OldCalls, ALegIsCancelledWhenItsCallerHangsUp) {
  call();
  event("Event: HangupRequest|Channel: SIP/alice-1|Uniqueid: 1.1");
  changes();
  hangup("SIP/bob-2", "1.2", 16);
  EXPECT_EQ(changes("dial "), Lines{"dial 1.1>1.2 [CANCEL] []"});
}

/// 1.8 tells nothing of the caller before: a leg that ends too early for the Dial was given up.
TEST_F(OldCalls, ALegThatEndsBeforeItsTimeIsCancelledOn18) {
  const struct {
    const char* data;
    int rang_s;
    const char* status;
  } rows[] = {{"SIP/bob,20,tT", 5, "CANCEL"},   {"SIP/bob,20,tT", 20, "NOANSWER"},
              {"SIP/bob,20.5", 20, "NOANSWER"}, {"SIP/bob", 300, "CANCEL"},
              {"SIP/bob,,tT", 300, "CANCEL"},   {"SIP/bob&SIP/carol,1", 1, "NOANSWER"}};
  for (const auto& row : rows) {
    use("1.1");
    newchannel("SIP/alice-1", "1.1", "100", 4);
    line("SIP/alice-1", "1.1", "600", "Dial", row.data);
    newchannel("SIP/bob-2", "1.2");
    dial("1.1", "1.2");
    changes();
    world_.clock.advance(std::chrono::seconds{row.rang_s});
    hangup("SIP/bob-2", "1.2", 16);
    EXPECT_EQ(changes("dial "), Lines{fmt::format("dial 1.1>1.2 [{}] []", row.status)})
        << row.data << " after " << row.rang_s << " s";
    hangup("SIP/alice-1", "1.1", 16);
  }
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

// --- transfers by feature codes -----------------------------------------------------------------

TEST_F(OldCalls, ABlindTransferIsToldWhenAllDigitsAreIn) {
  talk_and_press("911");
  varset("SIP/alice-1", "1.1", "BLINDTRANSFER", "SIP/bob-2");
  varset("SIP/bob-2", "1.2", "BLINDTRANSFER", "SIP/alice-1");
  EXPECT_EQ(changes("blind"), Lines{"blind transfer 1.1 911"});
  line("SIP/bob-2", "1.2", "911", "NoOp");
  EXPECT_EQ(changes("blind"), Lines{}) << "once";
}

TEST_F(OldCalls, ABlindTransferWithoutDigitsIsToldWhenItIsClearWhereItGoes) {
  talk_and_press("");
  varset("SIP/alice-1", "1.1", "BLINDTRANSFER", "SIP/bob-2");
  varset("SIP/bob-2", "1.2", "BLINDTRANSFER", "SIP/alice-1");
  line("SIP/bob-2", "1.2", "h", "NoOp");
  EXPECT_EQ(changes("blind"), Lines{});
  line("SIP/bob-2", "1.2", "911", "NoOp");
  line("SIP/bob-2", "1.2", "912", "NoOp");
  EXPECT_EQ(changes("blind"), Lines{"blind transfer 1.1 911"});
}

TEST_F(OldCalls, ABlindTransferIsNotToldOfOneWhoHasGone) {
  talk_and_press("");
  varset("SIP/alice-1", "1.1", "BLINDTRANSFER", "SIP/bob-2");
  varset("SIP/bob-2", "1.2", "BLINDTRANSFER", "SIP/alice-1");
  hangup("SIP/alice-1", "1.1", 16);
  line("SIP/bob-2", "1.2", "911", "NoOp");
  EXPECT_EQ(changes("blind"), Lines{});
}

/// A SIP phone sets the same variables while the two are linked; an event follows.
TEST_F(OldCalls, ABlindTransferOfAPhoneIsToldOnce) {
  talk_and_press("");
  bridge("Link", "1.1", "1.2");
  varset("SIP/alice-1", "1.1", "BLINDTRANSFER", "SIP/bob-2");
  varset("SIP/bob-2", "1.2", "BLINDTRANSFER", "SIP/alice-1");
  event(
      "Event: Transfer|TransferMethod: SIP|TransferType: Blind|Channel: SIP/alice-1|Uniqueid: 1.1|"
      "TargetChannel: SIP/bob-2|TargetUniqueid: 1.2|TransferExten: 911|TransferContext: in");
  line("SIP/bob-2", "1.2", "911", "NoOp");
  EXPECT_EQ(changes("blind"), Lines{"blind transfer 1.1 911"});
}

TEST_F(OldCalls, AnAttendedTransferIsToldWhenTheTransfererLeavesIt) {
  talk_and_press("911");
  newchannel("SIP/carol-3", "1.3");
  varset("SIP/carol-3", "1.3", "TRANSFERERNAME", "SIP/alice-1");
  state("SIP/carol-3", "1.3", 6, "100");
  bridge("Link", "1.1", "1.3");
  bridge("Unlink", "1.1", "1.3");
  EXPECT_EQ(changes("attended"), Lines{});
  newchannel("Transfered/SIP/bob-2", "1.4");
  event("Event: Masquerade|Clone: SIP/bob-2|CloneState: Up|Original: Transfered/SIP/bob-2");
  event("Event: Rename|Channel: SIP/bob-2|Newname: SIP/bob-2<MASQ>|Uniqueid: 1.2");
  event("Event: Rename|Channel: Transfered/SIP/bob-2|Newname: SIP/bob-2|Uniqueid: 1.4");
  event(
      "Event: Rename|Channel: SIP/bob-2<MASQ>|Newname: Transfered/SIP/bob-2<ZOMBIE>|"
      "Uniqueid: 1.2");
  EXPECT_EQ(changes("attended"), Lines{"attended transfer 1.1 1.1 to bridge bridge-1.2-1.3"});
  bridge("Link", "1.4", "1.3");
  EXPECT_EQ(changes("bridge"), Lines{"bridge bridge-1.2-1.3"});
}

}  // namespace
}  // namespace arigate::model
