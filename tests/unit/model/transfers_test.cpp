// Attended transfers that put one channel in the place of another that an application holds, as
// Asterisk 12 and later tell them (seen: 16 and 22), and those before it (seen: 1.8 and 11).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "support/small_world.hpp"

namespace arigate::model {
namespace {

using Lines = std::vector<std::string>;

std::string snapshot(std::string_view prefix, std::string_view name, std::string_view id) {
  return fmt::format(
      "|{0}Channel: {1}|{0}ChannelState: 6|{0}CallerIDNum: 100|{0}CallerIDName: Alice|"
      "{0}ConnectedLineNum: |{0}ConnectedLineName: |{0}Language: en|{0}AccountCode: |"
      "{0}Context: in|{0}Exten: 600|{0}Priority: 1|{0}Uniqueid: {2}|{0}Linkedid: {2}",
      prefix, name, id);
}

/// Both enter the application's bridge "one" and its room.
void talk_in_a_bridge(test::SmallWorld& world) {
  world.run([&] {
    const WallTime now = world.clock.wall();
    Bridge one;
    one.id = BridgeId{"one"};
    EXPECT_TRUE(world.reconciler.add_own_bridge(std::move(one), now));
    world.reconciler.enter(ChannelId{"1.2"}, AppName{"app"}, {}, {}, now);
    for (const auto* id : {"1.1", "1.2"}) {
      world.reconciler.join(ChannelId{id}, BridgeId{"one"}, now);
      world.reconciler.enter_room(ChannelId{id}, now);
    }
  });
  world.sink.take();
}

/// Alice and a caller are members of a bridge; she has a second call, which bob has answered.
class Transfers : public testing::TestWithParam<const char*> {
 protected:
  Transfers() {
    world_.use(GetParam());
    for (const auto* id : {"1.1", "1.2", "1.3", "1.4"}) {
      event("Newchannel" + snapshot("", name_of(id), id));
    }
    world_.run([&] {
      const WallTime now = world_.clock.wall();
      world_.reconciler.enter(ChannelId{"1.1"}, AppName{"app"}, {"first"}, {}, now);
    });
  }

  void event(const std::string& text) { world_.event("Event: " + text); }
  void transfer(const std::string& application) {
    event("AttendedTransfer|Result: Success" + snapshot("OrigTransferer", "SIP/a-1", "1.1") +
          snapshot("SecondTransferer", "SIP/a-2", "1.3") +
          "|SecondBridgeUniqueid: basic|SecondBridgeType: basic|SecondBridgeNumChannels: 2" +
          snapshot("TransferTarget", "SIP/b-1", "1.4") +
          "|IsExternal: Yes|DestType: App|DestApp: " + application);
  }
  void leave_room(const char* id) {
    event(
        "BridgeLeave|BridgeUniqueid: x|BridgeType: base|BridgeTechnology: softmix|"
        "BridgeCreator: ConfBridge|BridgeName: arigate-m-one|BridgeNumChannels: 1" +
        snapshot("", name_of(id), id));
  }
  void hangup(const char* id) {
    event("Hangup" + snapshot("", name_of(id), id) + "|Cause: 16|Cause-txt: Normal Clearing");
  }
  static std::string name_of(std::string_view id) {
    return id == "1.1" ? "SIP/a-1" : id == "1.2" ? "SIP/c-1" : id == "1.3" ? "SIP/a-2" : "SIP/b-1";
  }
  /// Without what is told of variables.
  Lines changes() {
    auto lines = world_.sink.take();
    std::erase_if(lines, [](const auto& line) { return line.find("BRIDGEPEER") != line.npos; });
    return lines;
  }

  test::SmallWorld world_;
};

TEST_P(Transfers, WhoTakesThePlaceOfAMemberIsOneToo) {
  talk_in_a_bridge(world_);
  transfer("ConfBridge");
  EXPECT_EQ(changes(), (Lines{"bridge basic", "attended transfer 1.1 1.3 to bridge one"}));
  event("Newexten" + snapshot("", "SIP/b-1", "1.4") +
        "|Extension: 600|Application: ConfBridge|AppData: arigate-m-one");
  event("VarSet" + snapshot("", "SIP/b-1", "1.4") + "|Variable: BRIDGEPEER|Value: CBAnn/x;2");
  EXPECT_EQ(world_.sink.take(), Lines{"room one 1.4"}) << "no trace of the conference";
  event("Newexten" + snapshot("", "SIP/a-1", "1.1") +
        "|Extension: |Application: AppDial|AppData: (Outgoing Line)");
  EXPECT_EQ(changes(), Lines{"dialplan 1.1 AppDial((Outgoing Line))"}) << "of her body";
  hangup("1.1");
  EXPECT_EQ(changes(),
            (Lines{"replaced 1.1 by 1.4", "start 1.4 app()", "left one 1.1", "noroom one 1.1",
                   "enter one 1.4", "end 1.1 app", "destroyed 1.1 16 Normal Clearing"}));
  const Channel& bob = *world_.store.find(ChannelId{"1.4"});
  EXPECT_EQ(bob.member_of.value, "one");
  EXPECT_EQ(bob.room.value, "one");
  EXPECT_EQ(bob.dialplan.app_name, "Stasis");
  leave_room("1.4");
  EXPECT_EQ(changes(), Lines{"noroom one 1.4"}) << "for a moment, like any member";
}

/// Where the transferee of a blind transfer is shown to be.
class ShownLine : public ChangeSink {
 public:
  void on(const Change& change, WallTime) override {
    const auto* transfer = std::get_if<BridgeBlindTransfer>(&change);
    if (transfer != nullptr) exten = transfer->transferee->dialplan.exten;
  }
  std::string exten;
};

/// Its event was made when it began, and comes when the transferee is elsewhere already.
TEST_P(Transfers, ShowTheirChannelsAsTheyWereInTheirEventAlone) {
  ShownLine shown;
  world_.sink.pass_to(shown);
  const Channel& bob = *world_.store.find(ChannelId{"1.4"});
  const auto revision = bob.revision;
  auto before = snapshot("Transferee", "SIP/b-0", "1.4");
  before.replace(before.find("Exten: 600"), 10, "Exten: was");
  before.replace(before.find("Num: 100"), 8, "Num: 911");
  event("BlindTransfer|Result: Success" + snapshot("Transferer", "SIP/a-2", "1.3") + before +
        "|BridgeUniqueid: basic|BridgeType: basic|BridgeNumChannels: 2|IsExternal: Yes|"
        "Context: in|Extension: after");
  EXPECT_EQ(shown.exten, "was");
  EXPECT_EQ(bob.dialplan.exten, "600");
  EXPECT_EQ(bob.caller.number, "100");
  EXPECT_EQ(bob.name, "SIP/b-1");
  EXPECT_EQ(world_.store.find_name("SIP/b-1"), &bob);
  EXPECT_GT(bob.revision, revision) << "what was encoded of it is of the event alone";
}

TEST_P(Transfers, WhoIsInNoBridgeIsReplacedToo) {
  world_.sink.take();
  transfer("AGI");
  hangup("1.1");
  EXPECT_EQ(changes(), (Lines{"bridge basic", "attended transfer 1.1 1.3 to application Stasis",
                              "replaced 1.1 by 1.4", "start 1.4 app()", "end 1.1 app",
                              "destroyed 1.1 16 Normal Clearing"}));
}

TEST_P(Transfers, ATransferThatNeverHappensLeavesEverythingAsItWas) {
  talk_in_a_bridge(world_);
  transfer("ConfBridge");
  changes();
  hangup("1.4");
  hangup("1.1");
  EXPECT_EQ(changes(), (Lines{"destroyed 1.4 16 Normal Clearing", "left one 1.1", "end 1.1 app",
                              "destroyed 1.1 16 Normal Clearing"}));
}

TEST_P(Transfers, WhoIsInAnApplicationTakesNoOthersPlace) {
  talk_in_a_bridge(world_);
  world_.run([&] {
    world_.reconciler.enter(ChannelId{"1.4"}, AppName{"other"}, {}, {}, world_.clock.wall());
  });
  transfer("ConfBridge");
  changes();
  hangup("1.1");
  const auto told = changes();
  EXPECT_EQ(std::count(told.begin(), told.end(), "replaced 1.1 by 1.4"), 0);
  EXPECT_EQ(world_.store.find(ChannelId{"1.4"})->application->value, "other");
}

INSTANTIATE_TEST_SUITE_P(Versions, Transfers, testing::Values("5.0.2", "11.0.0"),
                         [](const auto& of) { return of.index == 0 ? "of16" : "of22"; });

/// Alice is in the application; she has a second call, which bob has answered.
class OldTransfers : public testing::TestWithParam<const char*> {
 protected:
  OldTransfers() {
    world_.use(GetParam());
    for (const auto* name : {"SIP/a-1", "SIP/c-1", "SIP/a-2", "SIP/b-1"}) {
      event(fmt::format("Newchannel|Channel: {}|ChannelState: 6|Context: in|Uniqueid: {}", name,
                        id_of(name)));
    }
    world_.run([&] {
      const WallTime now = world_.clock.wall();
      world_.reconciler.decide(now, now);
      world_.reconciler.enter(ChannelId{"1.1"}, AppName{"app"}, {"first"}, {}, now);
    });
    event("Bridge|Bridgestate: Link|Channel1: x|Channel2: y|Uniqueid1: 1.3|Uniqueid2: 1.4");
    world_.sink.take();
  }

  void event(const std::string& text) { world_.event("Event: " + text); }
  void refer(std::string_view first, std::string_view second) {
    event(
        fmt::format("Transfer|TransferMethod: SIP|TransferType: Attended|Channel: x|Uniqueid: {}|"
                    "TargetChannel: y|TargetUniqueid: {}",
                    first, second));
  }
  void bob_comes_to(std::string_view name) {
    rename("SIP/b-1", "SIP/b-1<MASQ>", "1.4");
    rename(name, "SIP/b-1", id_of(name));
    rename("SIP/b-1<MASQ>", fmt::format("{}<ZOMBIE>", name), "1.4");
  }
  void rename(std::string_view before, std::string_view after, std::string_view id) {
    event(fmt::format("Rename|Channel: {}|Newname: {}|Uniqueid: {}", before, after, id));
  }
  void hangup(std::string_view name, std::string_view id) {
    event(fmt::format("Hangup|Channel: {}|Uniqueid: {}|Cause: 16|Cause-txt: x", name, id));
  }
  static std::string_view id_of(std::string_view name) {
    return name == "SIP/a-1"   ? "1.1"
           : name == "SIP/c-1" ? "1.2"
           : name == "SIP/a-2" ? "1.3"
                               : "1.4";
  }
  /// Without what is told of variables, and of the bridge of two that ends.
  Lines changes() {
    auto lines = world_.sink.take();
    std::erase_if(lines, [](const auto& line) {
      return line.find("BRIDGEPEER") != line.npos || line.find("bridge-1.3-1.4") != line.npos;
    });
    return lines;
  }

  test::SmallWorld world_;
};

TEST_P(OldTransfers, WhoTakesThePlaceOfAMemberIsOneToo) {
  talk_in_a_bridge(world_);
  refer("1.1", "1.3");
  EXPECT_EQ(changes(), Lines{"attended transfer 1.1 1.3 to bridge one"});
  bob_comes_to("SIP/a-1");
  EXPECT_EQ(changes(), (Lines{"replaced 1.1 by 1.4", "start 1.4 app()", "left one 1.1",
                              "noroom one 1.1", "enter one 1.4", "room one 1.4", "end 1.1 app"}));
  const Channel& bob = *world_.store.find(ChannelId{"1.4"});
  EXPECT_EQ(bob.uniqueid.value, "1.1") << "the PBX knows him by hers";
  EXPECT_EQ(bob.member_of.value, "one");
  EXPECT_EQ(bob.room.value, "one");
  EXPECT_EQ(bob.dialplan.app_name, "Stasis");
  hangup("SIP/a-1<ZOMBIE>", "1.4");
  EXPECT_EQ(changes().back(), "destroyed 1.1 16 x");
  EXPECT_EQ(world_.store.find(BridgeId{"one"})->channels.size(), 2U);
}

TEST_P(OldTransfers, WhoIsInNoBridgeIsReplacedToo) {
  refer("1.3", "1.1");
  EXPECT_EQ(changes(), Lines{"attended transfer 1.3 1.1 to application Stasis"});
  bob_comes_to("SIP/a-1");
  EXPECT_EQ(changes(), (Lines{"replaced 1.1 by 1.4", "start 1.4 app()", "end 1.1 app"}));
}

TEST_P(OldTransfers, WithoutACallOfTwoThereIsNone) {
  talk_in_a_bridge(world_);
  event("Bridge|Bridgestate: Unlink|Channel1: x|Channel2: y|Uniqueid1: 1.3|Uniqueid2: 1.4");
  hangup("SIP/b-1", "1.4");
  changes();
  refer("1.1", "1.3");
  EXPECT_EQ(changes(), Lines{"attended transfer 1.1 1.3 to fail "});
}

INSTANTIATE_TEST_SUITE_P(Versions, OldTransfers, testing::Values("1.1", "1.3"),
                         [](const auto& of) { return of.index == 0 ? "of18" : "of11"; });

}  // namespace
}  // namespace arigate::model
