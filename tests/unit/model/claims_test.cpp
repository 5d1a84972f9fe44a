// What an event says of a channel, what the model has, and how the PBX is asked which is true.
#include "model/claims.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/small_world.hpp"

namespace arigate::model {
namespace {

using Means = Claim::Means;

std::string text_of(Means means) {
  switch (means) {
    case Means::variable:
      return "variable";
    case Means::line:
      return "line";
    case Means::command:
      return "command";
    case Means::bridge:
      return "bridge";
    case Means::link:
      return "link";
    case Means::conference:
      return "conference";
    case Means::lot:
      return "lot";
  }
  return "?";
}

std::string snapshot(std::string_view prefix, std::string_view changed_key = "",
                     std::string_view value = "") {
  const std::pair<std::string_view, std::string_view> headers[] = {
      {"Channel", "SIP/alice-1"},
      {"ChannelState", "6"},
      {"ChannelStateDesc", "Up"},
      {"CallerIDNum", "100"},
      {"CallerIDName", "Al\\nice"},
      {"ConnectedLineNum", "<unknown>"},
      {"ConnectedLineName", "<unknown>"},
      {"Language", "en"},
      {"AccountCode", ""},
      {"Context", "in"},
      {"Exten", "600"},
      {"Priority", "2"},
      {"Uniqueid", "1.1"},
      {"Linkedid", "1.1"}};
  std::string text;
  for (const auto& [key, is] : headers) {
    text += fmt::format("|{}{}: {}", prefix, key, key == changed_key ? value : is);
  }
  return text;
}

class ClaimsTest : public testing::Test {
 protected:
  explicit ClaimsTest(std::string_view version = "11.0.0") : world_{version} {
    claims_.use(world_.ami.dialect(), "arigate");
  }
  /// "variable CHANNEL(state) Busy not Up", one for each claim.
  std::vector<std::string> of(const std::string& text, bool behind_another = true) {
    std::vector<std::string> told;
    for (const auto& claim : claims_.of(test::ami_message(text), behind_another)) {
      EXPECT_EQ(claim.uniqueid, "1.1");
      EXPECT_EQ(claim.name, "SIP/alice-1");
      told.push_back(fmt::format("{} {} {} not {}", text_of(claim.means), claim.place, claim.told,
                                 claim.known));
    }
    return told;
  }

  test::SmallWorld world_;
  Claims claims_{world_.store};
};

class ClaimsOfOldPbx : public ClaimsTest {
 protected:
  ClaimsOfOldPbx() : ClaimsTest{"1.3"} {
    world_.event(
        "Event: Newchannel|Privilege: call,all|Channel: SIP/alice-1|ChannelState: 6|"
        "ChannelStateDesc: Up|CallerIDNum: 100|CallerIDName: Alice|AccountCode: |Exten: 600|"
        "Context: in|Uniqueid: 1.1");
  }
};

using Told = std::vector<std::string>;

TEST_F(ClaimsTest, AreWhatASnapshotHasOtherThanTheModel) {
  world_.event("Event: Newchannel|Privilege: call,all" + snapshot(""));
  const struct {
    const char *key, *value;
    Told told;
  } rows[] = {
      {"", "", {}},
      {"ChannelState", "7", {"variable CHANNEL(state) Up not Up"}},
      {"CallerIDNum", "911", {"variable CALLERID(all) \"Al\nice\" <911> not \"Al\nice\" <100>"}},
      {"ConnectedLineNum", "911", {"variable CONNECTEDLINE(all) \"\" <911> not \"\" <>"}},
      {"AccountCode", "911", {"variable CHANNEL(accountcode) 911 not "}},
      {"Language", "fr", {"variable CHANNEL(language) fr not en"}},
      {"Channel", "SIP/eve-2", {"variable CHANNEL(name) SIP/eve-2 not SIP/alice-1"}},
      {"Exten", "911", {"line  in,911,2 not in,600,2"}},
  };
  for (const auto& [key, value, told] : rows) {
    EXPECT_EQ(of("Event: Hold|Privilege: call,all" + snapshot("", key, value)), told) << key;
    const auto dialled = "Event: DialBegin|Privilege: call,all" + snapshot("Dest", key, value);
    EXPECT_EQ(of(dialled, false).size(), told.size()) << key;
    EXPECT_EQ(of("Event: Hold|Privilege: call,all" + snapshot("Dest", key, value)), Told{})
        << "the model does not read it";
  }
}

TEST_F(ClaimsTest, OfAPlaceAreMadeBehindAnotherChannelOnly) {
  world_.event("Event: Newchannel|Privilege: call,all" + snapshot(""));
  const auto line = [](std::string_view exten, std::string_view app) {
    return fmt::format("Event: Newexten|Privilege: dialplan,all{}|Extension: {}|Application: {}",
                       snapshot("", "Exten", exten), exten, app);
  };
  EXPECT_EQ(of(line("700", "Dial|AppData: SIP/bob")), Told{"line  in,700,2 not in,600,2"});
  EXPECT_EQ(of(line("600", "Dial|AppData: SIP/bob")),
            Told{"command  in,600,2,Dial,SIP/bob not in,600,2,,"});
  EXPECT_EQ(of(line("600", "Dial|AppData: SIP/bob"), false), Told{});
  world_.event(line("600", "AGI|AppData: agi://host:4573/app,x"));
  EXPECT_EQ(of(line("600", "Dial|AppData: SIP/bob")),
            Told{"command  in,600,2,Dial,SIP/bob not in,600,2,AGI,"});
  EXPECT_EQ(of(line("600", "AGI|AppData: agi://host:4573/app,y")), Told{});
  const auto enters = "Event: BridgeEnter|Privilege: call,all" + snapshot("") +
                      "|BridgeUniqueid: b1|BridgeType: basic|BridgeTechnology: simple_bridge|"
                      "BridgeCreator: <unknown>|BridgeName: <unknown>";
  EXPECT_EQ(of(enters), Told{"bridge  b1 not "});
  EXPECT_EQ(of(enters, false), Told{});
  world_.event(enters);
  EXPECT_EQ(of(enters), Told{});
}

/// Channels go there and come back: in between the model keeps the line that they came from.
TEST_F(ClaimsTest, OfOurOwnContextAreOnlyThatAChannelIsThere) {
  world_.event("Event: Newchannel|Privilege: call,all" + snapshot(""));
  const auto line = [](std::string_view event, std::string_view context) {
    return fmt::format("Event: {}|Privilege: call,all{}|Extension: 600|Application: AGI|AppData: ",
                       event, snapshot("", "Context", context));
  };
  const Told comes{"variable CONTEXT arigate not in"};
  EXPECT_EQ(of(line("Newexten", "arigate")), comes);
  EXPECT_EQ(of(line("Hold", "arigate")), Told{}) << "the model does not take it";
  world_.event(line("Newexten", "arigate"));
  EXPECT_EQ(of(line("Newexten", "arigate")), Told{});
  const Told goes{"variable CONTEXT in not arigate"};
  EXPECT_EQ(of(line("Newexten", "in")), goes);
  EXPECT_EQ(of(line("Hold", "in")), goes);
}

TEST(ClaimsMeant, AreThoseThatThePbxNoLongerHasOtherwise) {
  Claim claim;
  claim.told = "Busy";
  claim.known = "Up";
  EXPECT_TRUE(Claims::is_meant(claim, "Busy"));
  EXPECT_TRUE(Claims::is_meant(claim, "Ringing")) << "and has gone on";
  EXPECT_FALSE(Claims::is_meant(claim, "Up"));
  claim.means = Means::bridge;
  EXPECT_TRUE(Claims::is_meant(claim, "Busy"));
  EXPECT_FALSE(Claims::is_meant(claim, "Ringing")) << "a conference of ours";
  EXPECT_FALSE(Claims::is_meant(claim, ""));
}

TEST_F(ClaimsOfOldPbx, AreWhatEachEventTellsAnew) {
  EXPECT_EQ(of("Event: Newstate|Privilege: call,all|Channel: SIP/alice-1|ChannelState: 7|"
               "ChannelStateDesc: Busy|CallerIDNum: 100|CallerIDName: Alice|Uniqueid: 1.1"),
            Told{"variable CHANNEL(state) Busy not Up"});
  EXPECT_EQ(of("Event: NewCallerid|Privilege: call,all|Channel: SIP/alice-1|CallerIDNum: 911|"
               "CallerIDName: |Uniqueid: 1.1|CID-CallingPres: 0 (x)"),
            Told{"variable CALLERID(all) \"\" <911> not \"Alice\" <100>"});
  EXPECT_EQ(of("Event: Newexten|Privilege: call,all|Channel: SIP/alice-1|Context: in|"
               "Extension: 700|Priority: 1|Application: NoOp|AppData: |Uniqueid: 1.1"),
            Told{"line  in,700,1 not in,600,1"});
}

TEST(ClaimsOfVariables, AreThoseOfWhatIsShown) {
  Store store;
  test::RecordingSink sink;
  Reconciler reconciler{store, sink, {{"MARK"}, "arigate", "4573", ""}};
  Claims claims{store};
  reconciler.use(ami::dialect_of("11.0.0"));
  claims.use(ami::dialect_of("11.0.0"), "arigate");
  reconciler.apply(test::ami_message("Event: Newchannel|Privilege: call,all" + snapshot("")),
                   WallTime{});
  const auto count = [&](const std::string& rest) {
    const auto text = "Event: VarSet|Privilege: dialplan,all" + snapshot("") + rest;
    return claims.of(test::ami_message(text), false).size();
  };
  EXPECT_EQ(count("|Variable: MARK|Value: 1"), 1U);
  EXPECT_EQ(count("|Variable: MARK|Value: "), 0U) << "as it is";
  EXPECT_EQ(count("|Variable: OTHER|Value: 1"), 0U) << "ARI does not show it";
  EXPECT_EQ(count("|ChanVariable: MARK=1|Variable: OTHER|Value: 1"), 1U);
}

TEST(ClaimsSaid, AreReadFromWhatThePbxLists) {
  const auto rows = test::ami_messages(
      {"Event: Status|Channel: SIP/bob-2|Context: other|Extension: 7|Priority: 1|Uniqueid: 1.2||"
       "Event: Status|Channel: SIP/alice-1|Context: in|Extension: 600|Priority: 3|"
       "BridgedChannel: SIP/bob-2|BridgedUniqueid: 1.2|Uniqueid: 1.1|BridgeID: b1|"
       "Application: Dial|Data: SIP/bob||"
       "Event: Status|Channel: SIP/leg-3|Uniqueid: 1.3"});
  const auto said = [&](Means means, std::string name, std::string id) {
    Claim claim;
    claim.means = means;
    claim.name = std::move(name);
    claim.uniqueid = std::move(id);
    return Claims::said(claim, rows);
  };
  EXPECT_EQ(said(Means::line, "SIP/alice-1", "1.1"), "in,600,3");
  EXPECT_EQ(said(Means::command, "SIP/alice-1", "1.1"), "in,600,3,Dial,SIP/bob");
  EXPECT_EQ(said(Means::bridge, "SIP/alice-1", "1.1"), "b1");
  EXPECT_EQ(said(Means::bridge, "SIP/bob-2", "1.2"), std::nullopt) << "before Asterisk 12";
  EXPECT_EQ(said(Means::link, "SIP/alice-1", "1.1"), "1.2");
  EXPECT_EQ(said(Means::link, "SIP/leg-3", "1.3"), "");
  EXPECT_EQ(said(Means::line, "SIP/leg-3", "1.3"), std::nullopt) << "runs no dialplan";
  EXPECT_EQ(said(Means::link, "SIP/alice-1", "1.9"), std::nullopt);
  EXPECT_EQ(said(Means::conference, "SIP/alice-1", "1.1"), Claims::is_in);
  EXPECT_EQ(said(Means::lot, "SIP/carol-4", "1.4"), Claims::is_out);
}

}  // namespace
}  // namespace arigate::model
