// Whose call it is, where several clients share an application.
#include <string>
#include <string_view>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

namespace json = boost::json;

constexpr const char* dialplan =
    "[t]\n"
    "exten => 600,1,AGI(agi://@AGI@/app)\n"
    " same => n,Wait(30)\n";

class SharingTest : public EveryPbx {
 protected:
  void begin() { start(GetParam(), sim::arigate_context() + dialplan); }
  static std::string id_of(const json::value& event) {
    return event.is_object() ? std::string{event.at("channel").at("id").as_string()} : "";
  }
};

TEST_P(SharingTest, WithModeOneALegGoesToWhoAsksForIt) {
  begin();
  EventClient first{port(), "app=app&share=true&mode=one"};
  EventClient second{port(), "app=app&share=true&mode=one"};
  call("600", "t");
  const auto caller = id_of(first.next("StasisStart"));
  // The second one has fewer.
  first.send(R"({"type":"RESTRequest","method":"POST",
                 "uri":"channels/create?app=app&endpoint=SIP/bob&channelId=made"})");
  EXPECT_EQ(id_of(first.next("StasisStart")), "made");
  first.send(R"({"type":"RESTRequest","method":"POST",
                 "uri":"channels?app=app&endpoint=SIP/bob"})");
  const auto called = first.next("StasisStart");
  EXPECT_EQ(called.at("channel").at("name").as_string().subview(0, 8), "SIP/bob-");
  EXPECT_EQ(ask("POST", "/channels/called?app=app&endpoint=SIP/bob&originator=" + caller).status,
            200);
  EXPECT_EQ(id_of(first.next("StasisStart")), "called");
  // What nobody has asked for goes to who has the fewest, as before.
  EXPECT_EQ(ask("POST", "/channels/create?app=app&endpoint=SIP/bob&channelId=other").status, 200);
  EXPECT_EQ(id_of(second.next()), "other");
}

TEST_P(SharingTest, WithModeOneASnoopGoesToWhoHasItsTarget) {
  begin();
  EventClient first{port(), "app=app&share=true&mode=one"};
  EventClient second{port(), "app=app&share=true&mode=one"};
  call("600", "t");
  const auto caller = id_of(first.next("StasisStart"));
  EXPECT_EQ(ask("POST", "/channels/" + caller + "/answer").status, 204);
  EXPECT_EQ(ask("POST", "/channels/" + caller + "/snoop?app=app&spy=in").status, 200);
  const auto start = first.next("StasisStart");
  ASSERT_TRUE(start.is_object());
  EXPECT_EQ(start.at("channel").at("name").as_string().subview(0, 6), "Snoop/");
}

INSTANTIATE_TEST_SUITE_P(, SharingTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
