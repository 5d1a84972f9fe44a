#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/device_states.hpp"
#include "ops/device_states.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

using Lines = std::vector<std::string>;

boost::asio::awaitable<bool> polled_all(World& world, std::vector<std::string> devices) {
  co_await poll_devices(world, std::move(devices));
  co_return true;
}

TEST(DeviceStates, KnowTheirNamesAndStates) {
  EXPECT_EQ(own_device("Stasis:x"), "x");
  EXPECT_EQ(own_device("stasis:a b"), "a b");
  EXPECT_EQ(own_device("Stasis:"), "");
  EXPECT_EQ(own_device("Custom:x"), std::nullopt);
  EXPECT_EQ(own_device("SIP/x"), std::nullopt);
  EXPECT_EQ(settable_state("inuse"), "INUSE");
  EXPECT_EQ(settable_state("RINGINUSE"), "RINGINUSE");
  for (const auto* text : {"", "UNKNOWN", "bogus"}) EXPECT_EQ(settable_state(text), "") << text;
}

TEST(DeviceStates, ReadAHint) {
  const struct {
    const char *status, *last, *state;
  } rows[] = {{"0", "", "NOT_INUSE"},
              {"0", "UNKNOWN", "UNKNOWN"},
              {"1", "", "INUSE"},
              {"2", "", "BUSY"},
              {"4", "INUSE", "UNAVAILABLE"},
              {"4", "INVALID", "INVALID"},
              {"8", "", "RINGING"},
              {"9", "", "RINGINUSE"},
              {"16", "", "ONHOLD"},
              {"17", "", "ONHOLD"},
              {"-1", "", ""},
              {"-2", "", ""}};
  for (const auto& row : rows) {
    EXPECT_EQ(model::state_of_hint(row.status, row.last), row.state) << row.status;
  }
}

TEST(DeviceStates, OfAnOldPbxAreToldWhenTheyChange) {
  test::SmallWorld world{"1.1"};
  world.wait_for_ever();
  const auto put = [&](const std::string& state) {
    const auto outcome = world.start(set_device_state(world.world, "lamp", state));
    EXPECT_EQ(world.ami.waiting_action(),
              "Setvar|Variable: DEVICE_STATE(Custom:lamp)|Value: " + state);
    world.ami.answer();
    world.settle();
    EXPECT_TRUE(outcome->has_value() && **outcome);
  };
  put("INUSE");
  EXPECT_EQ(world.sink.take(), (Lines{"device Stasis:lamp INUSE"}));
  put("INUSE");
  world.event("Event: ExtensionStatus|Exten: 800|Context: default|Hint: Custom:lamp|Status: 1");
  EXPECT_EQ(world.sink.take(), Lines{}) << "nothing has changed";
  world.event("Event: ExtensionStatus|Exten: 801|Context: default|Hint: SIP/alice|Status: 8");
  world.event("Event: ExtensionStatus|Exten: 802|Context: default|Hint: SIP/a&SIP/b|Status: 8");
  EXPECT_EQ(world.sink.take(), (Lines{"device SIP/alice RINGING"}));

  const auto polled = world.start(polled_all(world.world, {"SIP/alice", "SIP/x"}));
  EXPECT_EQ(world.ami.waiting_action(), "Getvar|Variable: DEVICE_STATE(SIP/alice)");
  world.ami.answer({"Response: Success|Value: INUSE"});
  world.settle();
  world.ami.answer({"Response: Success|Value: BUSY"});
  world.settle();
  EXPECT_TRUE(polled->has_value());
  EXPECT_EQ(world.sink.take(), (Lines{"device SIP/alice INUSE"}))
      << "the first of SIP/x is no news";
}

/// A hint shows an invalid device as one that is not available, and may do so before the answer.
TEST(DeviceStates, OfAnOldPbxAreToldAsTheyAreSetWhenAHintIsFaster) {
  test::SmallWorld world{"1.1"};
  world.wait_for_ever();
  const std::string hint =
      "Event: ExtensionStatus|Privilege: call,all|Exten: 9|Context: hints|Hint: Custom:lamp|"
      "Status: 4";
  const auto outcome = world.start(set_device_state(world.world, "lamp", "INVALID"));
  world.event(hint);
  world.run([&] { world.ami.answer(); });
  EXPECT_TRUE(outcome->has_value() && **outcome);
  EXPECT_EQ(world.sink.take(), Lines{"device Stasis:lamp INVALID"});
  const auto refused = world.start(set_device_state(world.world, "lamp", "UNAVAILABLE"));
  world.run([&] { world.ami.refuse(Errc::timeout); });
  EXPECT_TRUE(refused->has_value() && !**refused);
  world.event(hint);
  EXPECT_EQ(world.sink.take(), Lines{}) << "it is as it was";
}

TEST(DeviceStates, AreAskedForWhereThePbxDoesNotTellThem) {
  for (const auto* version : {"1.3", "2.0.0", "2.5.0"}) {
    test::SmallWorld world{version};
    world.wait_for_ever();
    const auto polled = world.start(polled_all(world.world, {"SIP/a"}));
    EXPECT_EQ(world.ami.waiting_action(), "Getvar|Variable: DEVICE_STATE(SIP/a)") << version;
    world.ami.answer({"Response: Success|Value: NOT_INUSE"});
    world.settle();
    EXPECT_TRUE(polled->has_value());
    // Asterisk 13.0 says that it is a 2.5 and tells nevertheless: once is enough.
    world.event("Event: DeviceStateChange|Device: SIP/a|State: INUSE");
    world.event("Event: DeviceStateChange|Device: SIP/a|State: INUSE");
    EXPECT_EQ(world.sink.take(), (Lines{"device SIP/a INUSE"})) << version;
  }
  test::SmallWorld world{"2.6.0"};
  EXPECT_TRUE(world.start(polled_all(world.world, {"SIP/a"}))->has_value());
  EXPECT_EQ(world.ami.waiting(), 0U);
}

TEST(DeviceStates, DeletedOnesAreUnknownWhateverThePbxStillSays) {
  test::SmallWorld world{"5.0.4"};
  world.wait_for_ever();
  world.reconciler.own_device("lamp");
  world.event("Event: DeviceStateChange|Device: Custom:lamp|State: INUSE");
  world.event("Event: DeviceStateChange|Device: Custom:other|State: INUSE");
  EXPECT_EQ(world.sink.take(), (Lines{"device Stasis:lamp INUSE", "device Custom:other INUSE"}));
  const auto outcome = world.start(delete_device(world.world, "lamp"));
  world.event("Event: DeviceStateChange|Device: Custom:lamp|State: NOT_INUSE");
  world.ami.answer();
  world.settle();
  EXPECT_EQ(world.ami.waiting_action(), "DBDel|Family: CustomDevstate|Key: lamp");
  world.ami.refuse(Errc::refused_by_pbx);  // There was none: natively that is no error.
  world.settle();
  ASSERT_TRUE(outcome->has_value() && **outcome);
  world.event("Event: DeviceStateChange|Device: Custom:lamp|State: NOT_INUSE");
  EXPECT_EQ(world.sink.take(), (Lines{"device Stasis:lamp UNKNOWN"}));
  const auto state = world.start(device_state(world.world, "Stasis:lamp"));
  ASSERT_TRUE(state->has_value() && **state);
  EXPECT_EQ(***state, "UNKNOWN");
  world.event("Event: DeviceStateChange|Device: Custom:lamp|State: BUSY");
  EXPECT_FALSE(world.reconciler.deleted_device("lamp"));
}

TEST(DeviceStates, AreListedFromTheDatabase) {
  test::SmallWorld world;
  world.wait_for_ever();
  const auto list = world.start(list_devices(world.world));
  EXPECT_EQ(world.ami.waiting_action(), "Command|Command: database show CustomDevstate");
  world.ami.answer(
      {"Response: Success|Output: /CustomDevstate/lamp: 2                           : INUSE     |"
       "Output: /CustomDevstate/a b,c                            : NOT_INUSE                |"
       "Output: 2 results found."});
  world.settle();
  ASSERT_TRUE(list->has_value() && **list);
  using Device = std::pair<std::string, std::string>;
  EXPECT_EQ(***list, (std::vector<Device>{{"a b,c", "NOT_INUSE"}, {"lamp: 2", "INUSE"}}));
}

TEST(DeviceStates, AreKnownOfOnlySoManyDevices) {
  model::DeviceStates states;
  for (std::size_t i = 0; i < model::DeviceStates::devices_max; ++i) {
    const auto name = std::to_string(i);
    states.own(name);
    states.changes("Custom:" + name, "INUSE");
  }
  states.own("more");
  states.changes("Custom:more", "INUSE");
  EXPECT_EQ(states.shown("Custom:more", "INUSE"), "Custom:more");
  EXPECT_EQ(states.last("Custom:more"), "");
  states.forget("0");
  states.own("more");
  states.changes("Custom:more", "INUSE");
  EXPECT_EQ(states.shown("Custom:more", "INUSE"), "Stasis:more");
  EXPECT_EQ(states.last("Custom:more"), "INUSE");
}

}  // namespace
}  // namespace arigate::ops
