#include "sim/dialplan.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/default_dialplan.hpp"
#include "sim/expression.hpp"

namespace arigate::sim {
namespace {

struct Match {
  const char* pattern;
  const char* extension;
  bool expected;
};

TEST(DialplanPattern, MatchesAsThePbxDoes) {
  const std::vector<Match> table{
      {"600", "600", true},     {"600", "6001", false},    {"_X.", "12", true},
      {"_X.", "1", false},      {"_X.", "h", false},       {"_X", "7", true},
      {"_NXX", "100", false},   {"_NXX", "200", true},     {"_Z!", "1", true},
      {"_[1-35]X", "39", true}, {"_[1-35]X", "49", false}, {"_[1-35]X", "50", true},
      {"_1-2", "12", true},     {"_.", "anything", true},  {"_[1", "1", false},
      {"_", "", true},          {"h", "h", true},
  };
  for (const auto& row : table) {
    EXPECT_EQ(matches(row.pattern, row.extension), row.expected)
        << row.pattern << " and " << row.extension;
  }
}

TEST(DialplanText, ReadsTheContextThatABridgeWants) {
  const auto plan = Dialplan::parse(arigate_context());
  ASSERT_TRUE(plan);
  const auto* first = plan->find("arigate", "4711", 1);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->application, "AGI");
  EXPECT_EQ(first->data, "${ARIGATE_URL}/arigate,${EXTEN}");
  EXPECT_EQ(plan->labelled("arigate", "4711", "out"), 8);
  EXPECT_EQ(plan->find("arigate", "4711", 9), nullptr);
  ASSERT_NE(plan->find("arigate", "h", 1), nullptr);
  EXPECT_EQ(plan->find("arigate", "h", 1)->application, "GotoIf");
}

TEST(DialplanText, NamesTheLineThatIsWrong) {
  const std::vector<std::string> table{
      "[a]\nexten => 1,1\n", "[a]\nexten => 1,x,NoOp()\n", "[a]\nnonsense\n",
      "exten => 1,1,NoOp()", "[a]\nfoo => 1,1,NoOp()\n",   "[a]\nexten=>1,1,A()\nexten=>1,1,B()\n",
  };
  for (const auto& text : table) {
    const auto plan = Dialplan::parse(text);
    ASSERT_FALSE(plan) << text;
    EXPECT_NE(plan.error().detail.find("line "), std::string::npos);
  }
}

TEST(DialplanText, AnExactExtensionBeatsAPattern) {
  const auto plan = Dialplan::parse("[a]\nexten => _X.,1,NoOp(p)\nexten => 12,1,NoOp(e)\n");
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->find("a", "12", 1)->data, "e");
  EXPECT_EQ(plan->find("a", "13", 1)->data, "p");
}

TEST(DialplanAtRunTime, AReloadForgetsWhatWasAdded) {
  auto plan = *Dialplan::parse("[fixed]\nexten => 1,1,NoOp()\n");
  const Step step{.priority = 2, .label = "", .application = "Wait", .data = "1", .runtime = true};
  EXPECT_TRUE(plan.add("fixed", "1", step));
  EXPECT_FALSE(plan.add("fixed", "1", step)) << "the priority is taken";
  EXPECT_TRUE(plan.add("fresh", "1", step));
  plan.reload();
  EXPECT_FALSE(plan.has_context("fresh"));
  EXPECT_NE(plan.find("fixed", "1", 1), nullptr);
  EXPECT_EQ(plan.find("fixed", "1", 2), nullptr);
}

TEST(DialplanExpression, GivesWhatThePbxGives) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"0+1", "1"},
      {"01+1", "2"},
      {"1=1", "1"},
      {"01 = 1", "1"},
      {"0=01", "0"},
      {"\"\"=\"1\"", "0"},
      {"\"1\"=\"1\"", "1"},
      {"31>30", "1"},
      {"30>30", "0"},
      {"abc=abc", "1"},
      {"abc<abd", "1"},
      {"2*3+4", "10"},
      {"2*(3+4)", "14"},
      {"7/2", "3"},
      {"7/0", "0"},
      {"1&0", "0"},
      {"0|1", "1"},
      {"!0", "1"},
      {"1!=2", "1"},
      {"-3+5", "2"},
      {"(((1", "1"},
      {"", ""},
      {"\"a b\"=\"a b\"", "1"},
  };
  for (const auto& [expression, value] : table)
    EXPECT_EQ(evaluate(expression), value) << expression;
  EXPECT_EQ(evaluate(std::string(1000, '(')), "0") << "nesting has a limit";
}

}  // namespace
}  // namespace arigate::sim
