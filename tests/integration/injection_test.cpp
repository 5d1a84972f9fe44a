// What comes from REST never becomes syntax of AMI, of AGI or of the dialplan.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

class InjectionTest : public EveryPbx {
 protected:
  std::string held(EventClient& events) {
    call("600");
    const auto start = events.next("StasisStart");
    if (start.is_null()) return "/channels/none";
    return "/channels/" + std::string{start.at("channel").at("id").as_string()};
  }
};

/// @ stands for the bytes that end a line or a text.
constexpr std::array<std::pair<std::string_view, std::string_view>, 20> requests{{
    {"POST", "?endpoint=SIP/bob@Action:Logoff&app=demo"},
    {"POST", "?endpoint=SIP/bob&app=demo&appArgs=x@y"},
    {"POST", "?endpoint=SIP/bob&app=demo&callerId=x@y"},
    {"POST", "?endpoint=SIP/bob&app=demo&channelId=x@y"},
    {"POST", "?endpoint=SIP/bob&app=demo&otherChannelId=x@y"},
    {"POST", "?endpoint=SIP/bob&app=demo&formats=ulaw@y"},
    {"POST", "?endpoint=SIP/bob&extension=600@y"},
    {"POST", "?endpoint=SIP/bob&extension=600&context=x@y"},
    {"POST", "?endpoint=SIP/bob&extension=600&label=x@y"},
    {"POST", "/create?endpoint=SIP/bob@y&app=demo"},
    {"POST", "/create?endpoint=SIP/bob&app=demo&appArgs=x@y"},
    {"POST", "/create?endpoint=SIP/bob&app=demo&channelId=x@y"},
    {"POST", "/{}/variable?variable=A@B&value=1"},
    {"POST", "/{}/variable?variable=A&value=1@2"},
    {"GET", "/{}/variable?variable=A@B"},
    {"GET", "/{}/variables?variables=A@B"},
    {"POST", "/{}/moh?mohClass=default@HANGUP"},
    {"POST", "/{}/dtmf?dtmf=1@2"},
    {"POST", "/{}/redirect?endpoint=SIP/bob@y"},
    {"POST", "/{}/continue?context=x@y&extension=600"},
}};

TEST_P(InjectionTest, LineEndsAreRefusedInEveryParameter) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = held(events);
  for (const auto& [method, target] : requests) {
    for (const auto* end : {"%0A", "%0D", "%0D%0A", "%00"}) {
      std::string full{target};
      if (full.starts_with("/{}")) full.replace(0, 3, path.substr(9));
      full.replace(full.find('@'), 1, end);
      const auto answer = ask(method, "/channels" + full);
      EXPECT_EQ(answer.status, 400) << method << " " << full << ": " << answer.body;
    }
  }
  EXPECT_EQ(ask("GET", path).status, 200) << "nothing of it reached the channel";
  for (const auto* body : {R"({"variables":{"A":"1\n2"}})", R"({"variables":{"A\r":"1"}})",
                           R"({"variables":{"A=B":"1"}})", R"({"variables":{"":"1"}})"}) {
    EXPECT_EQ(ask("POST", "/channels?endpoint=SIP/bob&app=demo", body).status, 400) << body;
    EXPECT_EQ(ask("POST", "/channels/create?endpoint=SIP/bob&app=demo", body).status, 400) << body;
  }
  EXPECT_EQ(pbx().ask([](sim::Pbx& pbx) { return pbx.channel_count(); }), 1U);
}

/// Of all else that has a value for the PBX; {} is the path of the channel.
constexpr std::array<std::pair<std::string_view, std::string_view>, 21> elsewhere{{
    {"POST", "{}/play?media=sound:x@y"},
    {"POST", "{}/play?media=tone:ring@y"},
    {"POST", "{}/play?media=sound:x&lang=en@y"},
    {"POST", "{}/record?format=wav&name=x@y"},
    {"POST", "{}/record?format=wav@y&name=x"},
    {"POST", "{}/snoop?spy=both@y&app=demo"},
    {"POST", "/channels/externalMedia?app=demo&format=ulaw&external_host=127.0.0.1:1@y"},
    {"POST", "/asterisk/variable?variable=A@B&value=1"},
    {"POST", "/asterisk/variable?variable=A&value=1@2"},
    {"GET", "/asterisk/variable?variable=A@B"},
    {"GET", "/asterisk/modules/app_dial.so@y"},
    {"POST", "/asterisk/modules/app_dial.so@y"},
    {"DELETE", "/asterisk/modules/app_dial.so@y"},
    {"POST", "/asterisk/logging/x@y?configuration=notice"},
    {"POST", "/asterisk/logging/x?configuration=notice@y"},
    {"DELETE", "/asterisk/logging/x@y"},
    {"PUT", "/deviceStates/Stasis:x@y?deviceState=BUSY"},
    {"PUT", "/deviceStates/Stasis:x?deviceState=BUSY@y"},
    {"PUT", "/mailboxes/x@y?oldMessages=1&newMessages=1"},
    {"PUT", "/endpoints/sendMessage?to=sip:x@y&from=sip:z&body=b"},
    {"GET", "/recordings/stored/x@y"},
}};

TEST_P(InjectionTest, LineEndsAreRefusedWhateverTheyAreIn) {
  start(GetParam(), sim::arigate_context());
  EventClient events{port(), "app=demo"};
  const auto path = held(events);
  for (const auto& [method, target] : elsewhere) {
    for (const auto* end : {"%0A", "%0D", "%0D%0A"}) {
      std::string full{target};
      if (full.starts_with("{}")) full.replace(0, 2, path);
      full.replace(full.find('@'), 1, std::string{end} + "Action:%20Logoff" + end + end);
      const auto answer = ask(method, full);
      EXPECT_TRUE(answer.status >= 400 && (answer.status < 500 || answer.status == 501))
          << method << " " << full << ": " << answer.status << " " << answer.body;
    }
  }
  EXPECT_EQ(ask("GET", "/asterisk/variable?variable=EPOCH").status, 200) << "the link is whole";
  EXPECT_EQ(pbx().ask([](sim::Pbx& pbx) { return pbx.channel_count(); }), 1U);
}

/// An id belongs to one, also to one that has just been asked for.
TEST_P(InjectionTest, AnIdIsGivenOnce) {
  start(GetParam(), sim::arigate_context());
  EventClient events{port(), "app=demo"};
  const auto id = held(events).substr(10);
  for (const auto& target : {"/channels/" + id + "?endpoint=SIP/bob&app=demo",
                             "/channels?endpoint=SIP/bob&app=demo&channelId=" + id,
                             "/channels/create?endpoint=SIP/bob&app=demo&channelId=" + id}) {
    EXPECT_EQ(ask("POST", target).status, 409) << target;
  }
  EXPECT_EQ(ask("POST", "/channels/create?endpoint=SIP/bob&app=demo&channelId=made").status, 200);
  EXPECT_EQ(ask("POST", "/channels/create?endpoint=SIP/bob&app=demo&channelId=made").status, 409);
  EXPECT_EQ(ask("DELETE", "/channels/made").status, 204);
}

TEST_P(InjectionTest, FunctionsOfTheHostAreRefused) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = held(events);
  for (const auto* name : {"SHELL(id)", "FILE(/etc/passwd)", "CURL(http://x)", "DB(a/b)",
                           "$%7BSHELL(id)%7D", "IMPORT(x,SHELL(id))", "__ENV(HOME)"}) {
    const std::string query = "variable=" + std::string{name};
    EXPECT_EQ(ask("GET", path + "/variable?" + query).status, 403) << name;
    EXPECT_EQ(ask("POST", path + "/variable?value=1&" + query).status, 403) << name;
  }
  const std::string body = R"x({"variables":{"SHELL(id)":"1"}})x";
  EXPECT_EQ(ask("POST", path + "/variables", body).status, 403);
  EXPECT_EQ(ask("POST", "/channels?endpoint=SIP/bob&app=demo", body).status, 403);
  EXPECT_EQ(ask("POST", "/channels/create?endpoint=SIP/bob&app=demo", body).status, 403);
}

/// What the PBX would evaluate, take for the arguments of an application, or be led astray by.
TEST_P(InjectionTest, NothingBecomesAnExpressionOrAnArgument) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const auto path = held(events);
  const std::string run = "$%7BSHELL(id)%7D";
  for (const auto& target :
       {path + "/play?media=tone:" + run, path + "/play?media=sound:" + run,
        path + "/redirect?endpoint=SIP/" + run, path + "/record?format=wav&name=d/x,,id",
        path + "/record?format=wav&name=d/" + run}) {
    EXPECT_EQ(ask("POST", target).status, 400) << target;
  }
  EXPECT_EQ(ask("POST", path + "/variable?variable=ARIGATE_APP&value=other").status, 403);
  EXPECT_EQ(ask("POST", path + "/variable?variable=__ARIGATE_HOME&value=a,b,1").status, 403);
  EXPECT_EQ(ask("POST", "/asterisk/variable?variable=ARIGATE_URL&value=agi://x").status, 403);
  const std::string two = R"({"variables":{"A,ARIGATE_APP":"other"}})";
  EXPECT_EQ(ask("POST", "/channels?endpoint=SIP/bob&app=demo", two).status, 400);
  EXPECT_EQ(ask("POST", "/channels/create?endpoint=SIP/bob&app=demo", two).status, 400);
}

/// Values of any kind arrive as they are, however long they are.
TEST_P(InjectionTest, ValuesArriveWhole) {
  start(GetParam());
  EventClient events{port(), "app=demo"};
  const std::vector<std::string> values{R"x(a,b"c\d (x))x", "äöü €", "  blanks  ", "$(x) a=b;c",
                                        std::string(1500, 'x')};
  boost::json::object variables;
  for (std::size_t i = 0; i < values.size(); ++i) variables["V" + std::to_string(i)] = values[i];
  const boost::json::object body{{"variables", variables}};
  ASSERT_EQ(ask("POST", "/channels/ours?endpoint=SIP/alice&app=demo", boost::json::serialize(body))
                .status,
            200);
  ASSERT_FALSE(events.next("StasisStart").is_null());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto answer = ask("GET", "/channels/ours/variable?variable=V" + std::to_string(i));
    ASSERT_EQ(answer.status, 200) << i << answer.body;
    EXPECT_EQ(answer.json().at("value").as_string(), values[i]) << i;
  }
  EXPECT_EQ(ask("POST", "/channels/ours/variable?variable=B&value=%20%20x").status, 204);
  EXPECT_EQ(ask("GET", "/channels/ours/variable?variable=B").body, R"({"value":"  x"})");
  const boost::json::object huge{{"variables", {{"A", std::string(3000, 'x')}}}};
  EXPECT_EQ(
      ask("POST", "/channels?endpoint=SIP/alice&app=demo", boost::json::serialize(huge)).status,
      400);
}

INSTANTIATE_TEST_SUITE_P(Versions, InjectionTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
