#include "ari/support.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "support/small_world.hpp"

namespace arigate::ari {
namespace {

using test::SmallWorld;

TEST(SupportCell, IsThatOfTheTableWhileNothingIsLacking) {
  for (const auto* line : {"1.8", "11", "13", "16", "22"}) {
    for (const auto& operation : operations()) {
      const auto cell = support_cell(operation.operation, line, {});
      EXPECT_EQ(cell.level, support(operation.operation, *pbx_line(line)));
      if (cell.level == Support::refused) {
        EXPECT_NE(cell.why, "") << name(operation.operation);
        EXPECT_NE(cell.enable, "") << name(operation.operation);
      }
    }
  }
}

TEST(SupportCell, IsRefusedWhereThePbxLacksWhatItNeeds) {
  ops::Abilities abilities;
  abilities.set_module("app_chanspy", false);
  abilities.set_write_classes({"call", "command"});
  const auto cell = support_cell(Operation::channels_snoop_channel, "16", abilities);
  EXPECT_EQ(cell.level, Support::refused);
  EXPECT_EQ(cell.why,
            "The PBX has not loaded app_chanspy. The AMI user lacks the write class originate.");
  EXPECT_EQ(cell.enable, "Load app_chanspy. Allow the AMI user the write class originate.");
  EXPECT_EQ(support_cell(Operation::channels_answer, "16", abilities).level, Support::exact);
}

TEST(SupportCell, NamesEachModuleOnce) {
  const auto modules = modules_of_operations();
  EXPECT_NE(std::find(modules.begin(), modules.end(), "app_confbridge"), modules.end());
  for (auto one = modules.begin(); one != modules.end(); ++one) {
    EXPECT_EQ(std::count(modules.begin(), modules.end(), *one), 1) << *one;
  }
}

/// A PBX that answers each question of the table.
class SupportTableTest : public testing::Test {
 protected:
  SupportTableTest() { world_.wait_for_ever(); }

  /// Answers what is asked until nothing waits.
  void answer_all(const std::string& missing_module, const std::string& classes) {
    while (world_.ami.waiting() > 0) {
      const auto action = world_.ami.waiting_action();
      world_.run([&] {
        if (action.starts_with("ListCommands")) {
          std::string list = "Response: Success";
          for (const auto& one : {std::string{"Originate"}, std::string{"ModuleLoad"}}) {
            const auto write = one == "Originate" ? "originate" : "system";
            if (classes.find(write) != std::string::npos) {
              list += "|" + one + ": Text  (Priv: " + write + ",all)";
            }
          }
          world_.ami.answer({list + "|Hangup: Text  (Priv: call,all)"});
        } else if (!missing_module.empty() && action.find(missing_module) != std::string::npos) {
          world_.ami.refuse(Errc::refused_by_pbx, "Module not loaded");
        } else {
          world_.ami.answer();
        }
      });
    }
  }

  boost::asio::awaitable<bool> read() {
    co_await table_.read();
    co_return true;
  }

  SmallWorld world_{"5.0.4"};
  PbxFacts facts_;
  std::vector<Operation> not_built_;
  SupportTable table_{world_.world, facts_, [this](Operation operation) {
                        return std::find(not_built_.begin(), not_built_.end(), operation) ==
                               not_built_.end();
                      }};
};

TEST_F(SupportTableTest, AsksThePbxAndLooksAgainBeforeItRefuses) {
  world_.start(read());
  answer_all("app_chanspy", "originate,system");
  EXPECT_TRUE(table_.refuses(Operation::channels_snoop_channel));
  EXPECT_FALSE(table_.refuses(Operation::channels_mute));

  const auto still = world_.start(table_.refusal(Operation::channels_snoop_channel));
  answer_all("app_chanspy", "originate,system");
  ASSERT_TRUE(still->has_value() && **still);
  EXPECT_EQ((**still)->status, 501);
  EXPECT_NE((**still)->body.find("\"enable\":\"Load app_chanspy.\""), std::string::npos);

  const auto loaded = world_.start(table_.refusal(Operation::channels_snoop_channel));
  answer_all("", "originate,system");
  ASSERT_TRUE(loaded->has_value());
  EXPECT_FALSE(**loaded);
  EXPECT_FALSE(table_.refuses(Operation::channels_snoop_channel));
}

TEST_F(SupportTableTest, RefusesForAWriteClass) {
  world_.start(read());
  answer_all("", "originate");
  EXPECT_TRUE(table_.refuses(Operation::channels_mute));
  EXPECT_FALSE(table_.refuses(Operation::channels_originate));
}

TEST_F(SupportTableTest, RefusesNothingThatItCouldNotFindOut) {
  world_.start(read());
  while (world_.ami.waiting() > 0) world_.run([&] { world_.ami.refuse(Errc::forbidden); });
  EXPECT_FALSE(table_.refuses(Operation::channels_snoop_channel));
  EXPECT_FALSE(table_.refuses(Operation::channels_mute));
}

TEST_F(SupportTableTest, RefusesWhatThisLineCannotDo) {
  EXPECT_TRUE(table_.refuses(Operation::endpoints_refer));
  world_.ami.set_up(false);
  EXPECT_FALSE(table_.refuses(Operation::endpoints_refer));  // Nobody knows which PBX it is.
}

TEST_F(SupportTableTest, ListsEveryOperation) {
  facts_.version = "16.28.0";
  not_built_ = {Operation::channels_answer};
  const auto list = boost::json::parse(table_.list().body);
  EXPECT_EQ(list.at("pbx"), "16.28.0");
  EXPECT_EQ(list.at("line"), "16");
  EXPECT_EQ(list.at("connected"), true);
  EXPECT_EQ(list.at("examined"), false);
  ASSERT_EQ(list.at("operations").as_array().size(), operation_count);
  for (const auto& row : list.at("operations").as_array()) {
    if (row.at("operation") == "channels_answer") {
      EXPECT_EQ(row.at("support"), "refused");
      EXPECT_EQ(row.at("path"), "/channels/{channelId}/answer");
      EXPECT_EQ(row.at("method"), "POST");
    }
    if (row.at("operation") == "channels_ring") {
      EXPECT_EQ(row.at("support"), "exact");
    }
    if (row.at("operation") == "endpoints_refer") {
      EXPECT_EQ(row.at("support"), "refused");
    }
  }
}

}  // namespace
}  // namespace arigate::ari
