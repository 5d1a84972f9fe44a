#include "integration/gateway_fixture.hpp"

namespace arigate::test {
namespace {

class AsteriskTest : public EveryPbx {};

TEST_P(AsteriskTest, ModulesAreListedLoadedAndUnloadedAsNative) {
  start(GetParam());
  const bool old = GetParam() < sim::Version::asterisk_13;
  const std::string dial =
      std::string{R"({"name":"app_dial.so","description":"Simulated module","use_count":0,)"} +
      (old ? R"("status":"Running","support_level":"unknown"})"
           : R"("status":"Running","support_level":"core"})");
  EXPECT_GT(ask("GET", "/asterisk/modules").json().as_array().size(), 10U);
  EXPECT_EQ(ask("GET", "/asterisk/modules/app_dial.so"), (Reply{200, dial}));
  const auto not_found = message(404, "Module could not be found in running modules");
  const auto not_running = message(404, "Module not found in running modules");
  struct Row {
    std::string_view method, module;
    Reply reply;
  };
  const Row rows[] = {
      {"GET", "app_dial", message(409, "Module information could not be retrieved")},
      {"GET", "nope.so", not_found},
      {"GET", "..%2Fapp_dial.so", not_found},
      {"GET", "a%20b", not_found},
      {"POST", "app_dial.so", message(409, "Module is already loaded")},
      {"POST", "nope.so", message(409, "Module load declined")},
      {"POST", "..%2Fevil.so", message(400, "Not the name of a module")},
      {"PUT", "res_musiconhold.so", {204, ""}},
      {"PUT", "app_dial.so", message(409, "Module does not support reloading")},
      {"PUT", "nope.so", not_running},
      {"DELETE", "res_agi.so", message(409, "Module could not be unloaded")},
      {"DELETE", "nope.so", not_running},
      {"DELETE", "app_dial.so", {204, ""}},
      {"DELETE", "app_dial.so", not_running},
      {"GET", "app_dial.so", not_found},
      {"POST", "app_dial.so", {204, ""}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ask(row.method, "/asterisk/modules/" + std::string{row.module}), row.reply)
        << row.method << " " << row.module;
  }
}

TEST_P(AsteriskTest, LogChannelsAreChangedWhereThePbxCan) {
  start(GetParam());
  const bool old = GetParam() < sim::Version::asterisk_13;
  const std::string messages =
      R"({"channel":"/var/log/asterisk/messages","type":"File","status":"Enabled",)"
      R"("configuration":"NOTICE WARNING ERROR "})";
  const std::string mine =
      R"({"channel":"/var/log/asterisk/mine","type":"File","status":"Enabled",)"
      R"("configuration":"NOTICE DEBUG "})";
  EXPECT_EQ(ask("GET", "/asterisk/logging"), (Reply{200, "[" + messages + "]"}));
  const auto added = ask("POST", "/asterisk/logging/mine?configuration=notice,debug");
  if (old) {
    EXPECT_EQ(added.status, 501);
    EXPECT_EQ(added.json().at("operation").as_string(), "asterisk_add_log");
    EXPECT_EQ(ask("DELETE", "/asterisk/logging/mine").status, 501);
  } else {
    EXPECT_EQ(ask("POST", "/asterisk/logging/more"),
              message(400, "Configuration levels are required"));
    EXPECT_EQ(ask("POST", "/asterisk/logging/..%2Fmine?configuration=notice").status, 400);
    EXPECT_EQ(ask("POST", "/asterisk/logging/more?configuration=no%20way").status, 400);
    EXPECT_EQ(added, (Reply{204, ""}));
    EXPECT_EQ(ask("GET", "/asterisk/logging"), (Reply{200, "[" + mine + "," + messages + "]"}));
    EXPECT_EQ(ask("POST", "/asterisk/logging/mine?configuration=notice"),
              message(409, "Log channel already exists"));
    EXPECT_EQ(ask("DELETE", "/asterisk/logging/mine"), (Reply{204, ""}));
    EXPECT_EQ(ask("DELETE", "/asterisk/logging/mine"), message(404, "Log channel does not exist"));
  }
  EXPECT_EQ(ask("PUT", "/asterisk/logging/messages/rotate"), (Reply{204, ""}));
  EXPECT_EQ(ask("PUT", "/asterisk/logging/nope/rotate"),
            message(404, "Log channel does not exist"));
}

TEST_P(AsteriskTest, InfoShowsThePartsThatAreAskedFor) {
  start(GetParam());
  const auto all = ask("GET", "/asterisk/info").json().as_object();
  EXPECT_EQ(all.size(), 4U);
  EXPECT_EQ(all.at("system").at("entity_id").as_string(), "test");
  EXPECT_EQ(ask("GET", "/asterisk/info?only=nope"), (Reply{200, "{}"}));
  const auto some = ask("GET", "/asterisk/info?only=config,system").json().as_object();
  EXPECT_EQ(some.size(), 2U);
  EXPECT_EQ(some.at("config").at("setid"), boost::json::parse(R"({"user":"","group":""})"));
}

TEST_P(AsteriskTest, DynamicConfigurationIsRefusedWhereThereIsNone) {
  start(GetParam());
  const std::string target = "/asterisk/config/dynamic/res_pjsip/endpoint/alice";
  const bool old = GetParam() < sim::Version::asterisk_13;
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const auto refused = ask(method, target);
    if (!old && method == std::string_view{"GET"}) {  // The PBX could; it has no PJSIP.
      EXPECT_EQ(refused, message(404, "configClass 'res_pjsip' not found"));
      continue;
    }
    EXPECT_EQ(refused.status, 501) << method;
    EXPECT_TRUE(refused.json().at("why").is_string()) << method;
  }
}

INSTANTIATE_TEST_SUITE_P(, AsteriskTest, every_version, version_name);

}  // namespace
}  // namespace arigate::test
