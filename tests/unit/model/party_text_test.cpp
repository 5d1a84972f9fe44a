#include "model/party_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace arigate::model {
namespace {

TEST(PartyText, IsReadAsThePbxReadsIt) {
  const struct {
    const char* text;
    Party party;
  } rows[] = {
      {R"("Bob" <200>)", {"Bob", "200"}},
      {"Bob <200>", {"Bob", "200"}},
      {R"("Bob \"the\" Builder" <200>)", {R"(Bob "the" Builder)", "200"}},
      {R"("Bob <b>" <200>)", {"Bob <b>", "200"}},
      {"<200>", {"", "200"}},
      {R"("" <200>)", {"", "200"}},
      {"<200", {"", "200"}},
      {"200", {"", "200"}},
      {"Bob", {"Bob", ""}},
      {R"("Bob")", {"Bob", ""}},
      {"<unknown>", {"", ""}},
      {R"("Bob" <unknown>)", {"Bob", "unknown"}},
      {"", {"", ""}},
      {"<", {"", ""}},
      {"\"", {"\"", ""}},
      {"\\", {"\\", ""}},
  };
  for (const auto& [text, party] : rows) EXPECT_EQ(party_in(text), party) << text;
}

}  // namespace
}  // namespace arigate::model
