#include "arigate/config.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "app/config_keys.hpp"
#include "arigate/version.hpp"
#include "support/fixtures.hpp"
#include "support/paths.hpp"
#include "support/temp_folder.hpp"

namespace arigate {
namespace {

using std::chrono::milliseconds;
using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> texts(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> texts;
  for (auto problem : problems) {
    problem.file = problem.file.filename();
    texts.push_back(to_string(problem));
  }
  return texts;
}

/// What every configuration needs, for tests of something else. Three lines.
constexpr const char* link = "[ami]\nuser = u\nsecret = s3cr3t\n";
constexpr const char* user = "[me]\ntype = user\npassword = p\n";

TEST(Config, ReadsTheUsualFileWithAnAriConfIncludedAsItStands) {
  const auto loaded = load_config(test::fixtures_folder() / "config/arigate.conf");
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  const auto& config = loaded.config;

  EXPECT_EQ(config.ami.host, "pbx.example");
  EXPECT_EQ(config.ami.port, 5039);
  EXPECT_EQ(config.ami.user, "arigate");
  EXPECT_EQ(config.ami.secret.reveal(), "file-secret");
  EXPECT_EQ(config.ami.ping_interval, milliseconds{2'500});
  EXPECT_EQ(config.ami.ping_timeout, milliseconds{9'000});
  EXPECT_EQ(config.ami.reconnect_min, milliseconds{250});
  EXPECT_EQ(config.ami.reconnect_max, milliseconds{5'000}) << "the default";
  EXPECT_EQ(config.fastagi.bind, "192.0.2.1");
  EXPECT_THAT(config.fastagi.allow, ElementsAre("192.0.2.7", "10.0.0.0/8", "2001:db8::/32"));
  EXPECT_EQ(config.fastagi.advertise, "192.0.2.1:4573");
  EXPECT_EQ(config.http.prefix, "/gate");
  EXPECT_EQ(config.http.body_bytes_max, 65'536U);
  EXPECT_EQ(config.dialplan.context, "from-arigate");
  EXPECT_FALSE(config.dialplan.add_at_runtime);
  EXPECT_EQ(config.general.log_level, LogLevel::debug);
  EXPECT_EQ(config.general.entity_id, "00:16:3e:01:02:03");

  EXPECT_TRUE(config.general.pretty) << "ari.conf continues [general]";
  EXPECT_THAT(config.general.allowed_origins,
              ElementsAre("http://ari.example:3000", "https://ari.example"));
  EXPECT_THAT(config.general.channelvars, ElementsAre("ACCOUNT", "CHANNEL(language)"));
  EXPECT_EQ(config.http.websocket_write_timeout, milliseconds{250});
  ASSERT_THAT(config.users, SizeIs(2)) << "the template is no user";
  EXPECT_EQ(config.users[0].name, "watcher");
  EXPECT_EQ(config.users[0].password.reveal(), "look;only");
  EXPECT_TRUE(config.users[0].read_only);
  EXPECT_EQ(config.users[0].password_format, PasswordFormat::plain);
  EXPECT_EQ(config.users[1].name, "operator");
  EXPECT_THAT(config.users[1].password.reveal(), HasSubstr("$6$"));
  EXPECT_FALSE(config.users[1].read_only);
  EXPECT_EQ(config.users[1].password_format, PasswordFormat::crypt);
}

TEST(Config, KeepsItsDefaultsWhenTheFileSaysNothing) {
  const TempFolder folder;
  const auto loaded = load_config(folder.write("a.conf", std::string{link} + user));
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  EXPECT_EQ(loaded.config.ami.host, "127.0.0.1");
  EXPECT_EQ(loaded.config.fastagi.port, 4573);
  EXPECT_EQ(loaded.config.http.port, 8088);
  EXPECT_EQ(loaded.config.http.websocket_write_timeout, milliseconds{10'000});
  EXPECT_EQ(loaded.config.dialplan.context, "arigate");
  EXPECT_TRUE(loaded.config.dialplan.add_at_runtime);
  EXPECT_FALSE(loaded.config.dialplan.live_dangerously);
}

struct BadLine {
  const char* lines;  ///< After the three lines of `link`.
  const char* complaint;
};
void PrintTo(const BadLine& bad, std::ostream* stream) {
  *stream << bad.complaint;
}
class BadConfig : public testing::TestWithParam<BadLine> {};

TEST_P(BadConfig, IsRefusedWithFileAndLine) {
  const TempFolder folder;
  const auto file = folder.write("a.conf", fmt::format("{}{}", link, GetParam().lines));
  EXPECT_THAT(texts(load_config(file).errors), ElementsAre(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BadConfig,
    testing::Values(
        BadLine{"prot = 1", "a.conf:4: unknown key prot in [ami]"},
        BadLine{"port = 70000", "a.conf:4: port: must be a number from 1 to 65535"},
        BadLine{"port = 5038x", "a.conf:4: port: must be a number from 1 to 65535"},
        BadLine{"port =", "a.conf:4: port: must be a number from 1 to 65535"},
        BadLine{"host =", "a.conf:4: host: must not be empty"},
        BadLine{"secret =", "a.conf:4: secret: must not be empty"},
        BadLine{"plain_login = maybe", "a.conf:4: plain_login: must be yes or no"},
        BadLine{"ping_interval = 5 parsecs",
                "a.conf:4: ping_interval: must be a time from 100 ms to 3600 s, such as 100 ms or "
                "5 s"},
        BadLine{"ping_interval = -1",
                "a.conf:4: ping_interval: must be a time from 100 ms to 3600 s, such as 100 ms or "
                "5 s"},
        BadLine{"ping_interval = 20",
                "a.conf: [ami] ping_timeout must be longer than ping_interval"},
        BadLine{"reconnect_min = 9",
                "a.conf: [ami] reconnect_max must not be shorter than reconnect_min"},
        BadLine{"tls = perhaps", "a.conf:4: tls: must be yes or no"},
        BadLine{"[me]\ntype = user\npassword_env = ARIGATE_TEST_UNSET",
                "a.conf:6: password_env: the environment variable ARIGATE_TEST_UNSET is not set"},
        BadLine{"no equals sign", "a.conf:4: is not `key = value`"},
        BadLine{"= value", "a.conf:4: has no key before the ="},
        BadLine{"host = a\x01", "a.conf:4: has a control character in it"},
        BadLine{"[amii]", "a.conf:4: unknown section [amii]; a user's section needs type = user"},
        BadLine{"[ami\nport = x", "a.conf:4: a section header has no ]"},
        BadLine{"[]", "a.conf:4: a section has no name"},
        BadLine{"[x] y", "a.conf:4: [x] may be followed by (…) alone"},
        BadLine{"[x](gone)\ntype = user\npassword = p",
                "a.conf:4: [x] inherits from [gone], which is not above it"},
        BadLine{"[x](+)\ntype = user\npassword = p",
                "a.conf:4: [x](+) continues a section that is not above it"},
        BadLine{"#exec /bin/true",
                "a.conf:4: #exec is not supported: no command is run to read a configuration"},
        BadLine{"#inclued x",
                "a.conf:4: unknown directive #inclued; known are #include and #tryinclude"},
        BadLine{"#include", "a.conf:4: #include needs a file name"},
        BadLine{"#include a.conf", "a.conf:4: files are included more than 10 deep"},
        BadLine{";-- never closed",
                "a.conf:4: a comment block that starts with ;-- has no --; "
                "after it"},
        BadLine{"[general]\nenabled = no",
                "a.conf:5: enabled: is no, so arigate would serve nothing: remove this line to use "
                "it"},
        BadLine{"[general]\nlog_level = loud",
                "a.conf:5: log_level: must be error, warn, info or debug"},
        BadLine{"[fastagi]\nallow = 10.0.0.0/8, pbx",
                "a.conf:5: allow: pbx is not an IP address or a network such as 10.0.0.0/8"},
        BadLine{"[fastagi]\nadvertise = here",
                "a.conf:5: advertise: must be host:port, as the PBX reaches arigate; "
                "[address]:port with IPv6"},
        BadLine{"[fastagi]\nbind = everywhere",
                "a.conf:5: bind: must be an IP address of this host; 0.0.0.0 and :: mean all"},
        BadLine{"[http]\nbody_bytes_max = 5 GB",
                "a.conf:5: body_bytes_max: must be from 1024 to 67108864 bytes, such as 64 KiB or "
                "4 MiB"},
        BadLine{"[http]\nprefix = a b",
                "a.conf:5: prefix: may hold letters, digits, / and _ - . ~ only"},
        BadLine{"[dialplan]\ncontext = a b",
                "a.conf:5: context: must be a context name of at most 48 letters, digits, _ - ."},
        BadLine{"[me]\ntype = user", "a.conf:4: user me has no password"},
        BadLine{"[a:b]\ntype = user\npassword = p",
                "a.conf:4: the user name a:b must not hold a colon"},
        BadLine{"[me]\ntype = user\npassword = p\npassword_env = HOME",
                "a.conf:7: password and password_env are both given"},
        BadLine{"[me]\ntype = user\npassword = p\npassword_format = rot13",
                "a.conf:7: password_format: must be plain or crypt"},
        BadLine{"[me]\ntype = user\npassword = p\npermit = 10.0.0.0/8",
                "a.conf:7: permit: a user cannot be limited to addresses here: bind [http] to a "
                "private address instead"}));

TEST(Config, CollectsSeveralErrorsAndNamesTheIncludedFile) {
  const TempFolder folder;
  folder.write("users.conf", "[me]\ntype = user\npassword = p\nread_only = perhaps\n");
  const auto file =
      folder.write("a.conf", "[ami]\nport = x\n#include users.conf\nuser = u\nnope = 1\n");
  EXPECT_THAT(texts(load_config(file).errors),
              ElementsAre("a.conf:2: port: must be a number from 1 to 65535",
                          "a.conf:5: unknown key nope in [ami]",
                          "users.conf:4: read_only: must be yes or no",
                          "a.conf: [ami] needs secret = …, secret_file = … or secret_env = …"));
}

TEST(Config, NamesAFileThatCannotBeRead) {
  const TempFolder folder;
  EXPECT_THAT(texts(load_config(folder.path() / "no.conf").errors),
              ElementsAre("no.conf: cannot be read: No such file or directory"));
  const auto file = folder.write("a.conf", fmt::format("{}#include gone.conf\n", link));
  const auto errors = texts(load_config(file).errors);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0], HasSubstr("a.conf:4: included file "));
  EXPECT_THAT(errors[0], HasSubstr("gone.conf does not exist"));
}

TEST(Config, IncludesEveryFileThatAPatternNamesInOrder) {
  const TempFolder folder;
  folder.write("b.user", "[b]\ntype=user\npassword=p\n");
  folder.write("a.user", "[a]\ntype=user\npassword=p\n");
  const auto loaded =
      load_config(folder.write("a.conf", fmt::format("{}#include \"*.user\"\nport = 1\n", link)));
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  ASSERT_THAT(loaded.config.users, SizeIs(2));
  EXPECT_EQ(loaded.config.users[0].name, "a");
  EXPECT_EQ(loaded.config.ami.port, 1) << "[ami] goes on after the #include";
}

TEST(Config, TakesSecretsFromTheEnvironment) {
  ::setenv("ARIGATE_TEST_SECRET", "from env", 1);
  const TempFolder folder;
  const auto loaded =
      load_config(folder.write("a.conf",
                               "[ami]\nuser = u\nsecret_env = ARIGATE_TEST_SECRET\n"
                               "[me]\ntype = user\npassword_env = ARIGATE_TEST_SECRET\n"));
  ::unsetenv("ARIGATE_TEST_SECRET");
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  EXPECT_EQ(loaded.config.ami.secret.reveal(), "from env");
  EXPECT_EQ(loaded.config.users.at(0).password.reveal(), "from env");
}

TEST(Config, WarnsWhenEverybodyCanReadASecret) {
  const TempFolder folder;
  const auto file = folder.write("a.conf", std::string{link} + user);
  ::chmod(file.c_str(), 0644);
  auto loaded = load_config(file);
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  ASSERT_THAT(loaded.warnings, SizeIs(1)) << "once for a file, not for each secret";
  EXPECT_THAT(loaded.warnings[0].text, HasSubstr("every user of this host can read it"));
  ::chmod(file.c_str(), 0640);
  EXPECT_THAT(load_config(file).warnings, IsEmpty());
}

TEST(Config, NoProblemTextHoldsASecret) {
  const TempFolder folder;
  const auto loaded = load_config(folder.write(
      "a.conf",
      "[ami]\nsecret hunter2\nuser = u\nsecret = hunter2\nsecret_env = NOT_SET_hunter\n"
      "[me]\ntype = user\npassword = hunter2\npassword_format = hunter\n[hunter"));
  EXPECT_THAT(loaded.errors, SizeIs(testing::Ge(4U)));
  for (const auto& problem : loaded.errors)
    EXPECT_EQ(problem.text.find("hunter2"), std::string::npos);
}

TEST(Config, WarnsOfWhatItLeavesOut) {
  const TempFolder folder;
  const auto file =
      folder.write("a.conf", fmt::format("{}[out]\ntype = outbound_websocket\napps = x\n", link));
  ::chmod(file.c_str(), 0600);
  const auto loaded = load_config(file);
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings),
              ElementsAre("a.conf: [out] is left out: websocket_client_id names no section of type "
                          "websocket_client",
                          "a.conf: there is no section with type = user: nobody can use ARI"));
}

TEST(Config, RefusesFilesAndInheritanceOverTheirLimits) {
  const TempFolder folder;
  EXPECT_THAT(
      texts(load_config(folder.write("big.conf", std::string(1024 * 1024 + 1, ';'))).errors),
      ElementsAre("big.conf: is larger than 1048576 bytes"));
  std::string doubling = "[t0](!)\na = 1\n";
  for (int i = 0; i < 20; ++i) doubling += fmt::format("[t{}](!,t{},t{})\n", i + 1, i, i);
  const auto errors = load_config(folder.write("d.conf", link + doubling)).errors;
  ASSERT_FALSE(errors.empty());
  EXPECT_THAT(errors[0].text, HasSubstr("inherits more than 10000 lines"));
}

TEST(Config, TheCommentedExampleLoadsAndNamesEveryKey) {
  const auto path = test::source_folder() / "packaging/arigate.conf.example";
  const auto loaded = load_config(path);
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  const auto text = test::read_file(path);
  const auto is_shown = [&](std::string_view key) {
    return text.find(fmt::format("\n{} =", key)) != std::string::npos ||
           text.find(fmt::format("\n;{} =", key)) != std::string::npos;
  };
  for (const auto& key : app::config_keys()) EXPECT_TRUE(is_shown(key.name)) << key.name;
  for (const auto& key : app::application_keys()) EXPECT_TRUE(is_shown(key.name)) << key.name;
  for (const auto& key : app::websocket_client_keys()) EXPECT_TRUE(is_shown(key.name)) << key.name;
  for (const auto& key : app::outbound_websocket_keys()) {
    EXPECT_TRUE(is_shown(key.name)) << key.name;
  }
  for (const auto* name : {"secret", "secret_file", "secret_env", "password", "password_file",
                           "password_env", "password_format", "read_only"}) {
    EXPECT_TRUE(is_shown(name)) << name;
  }
}

/// A default that the example names in a comment must be the one in the struct: the same file with
/// its comments opened gives the same configuration.
TEST(Config, TheCommentedExampleNamesTheDefaults) {
  const auto path = test::source_folder() / "packaging/arigate.conf.example";
  auto opened = test::read_file(path);
  for (const auto* name : {"pretty",
                           "auth_realm",
                           "log_level",
                           "port",
                           "plain_login",
                           "tls",
                           "connect_timeout",
                           "ping_interval",
                           "ping_timeout",
                           "action_timeout",
                           "originate_timeout",
                           "reconnect_min",
                           "reconnect_max",
                           "bind",
                           "sessions_max",
                           "commands_queued_max",
                           "environment_timeout",
                           "connections_max",
                           "header_bytes_max",
                           "body_bytes_max",
                           "request_timeout",
                           "idle_timeout",
                           "websocket_queue_bytes_max",
                           "websocket_write_timeout",
                           "websocket_message_bytes_max",
                           "websocket_ping_interval",
                           "context",
                           "add_at_runtime",
                           "live_dangerously",
                           "directory",
                           "pbx_directory",
                           "through_pbx"}) {
    for (auto at = opened.find(fmt::format("\n;{} =", name)); at != std::string::npos;
         at = opened.find(fmt::format("\n;{} =", name), at)) {
      opened.erase(at + 1, 1);
    }
  }
  // Of a WebSocket's section, which stays closed, too: the first are those of [ami].
  for (const auto* name : {"\n;verify_server_cert =", "\n;verify_server_hostname ="}) {
    opened.erase(opened.find(name) + 1, 1);
  }
  const TempFolder folder;
  const auto loaded = load_config(folder.write("opened.conf", opened));
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  const auto& seen = loaded.config;
  const Config defaults;
  EXPECT_EQ(seen.general.auth_realm, defaults.general.auth_realm);
  EXPECT_EQ(seen.general.pretty, defaults.general.pretty);
  EXPECT_EQ(seen.general.log_level, defaults.general.log_level);
  EXPECT_EQ(seen.ami.host, defaults.ami.host);
  EXPECT_EQ(seen.ami.port, defaults.ami.port);
  EXPECT_EQ(seen.ami.plain_login, defaults.ami.plain_login);
  EXPECT_EQ(seen.ami.tls, defaults.ami.tls);
  EXPECT_EQ(seen.ami.verify_server_cert, defaults.ami.verify_server_cert);
  EXPECT_EQ(seen.ami.verify_server_hostname, defaults.ami.verify_server_hostname);
  EXPECT_EQ(seen.ami.connect_timeout, defaults.ami.connect_timeout);
  EXPECT_EQ(seen.ami.ping_interval, defaults.ami.ping_interval);
  EXPECT_EQ(seen.ami.ping_timeout, defaults.ami.ping_timeout);
  EXPECT_EQ(seen.ami.action_timeout, defaults.ami.action_timeout);
  EXPECT_EQ(seen.ami.originate_timeout, defaults.ami.originate_timeout);
  EXPECT_EQ(seen.ami.reconnect_min, defaults.ami.reconnect_min);
  EXPECT_EQ(seen.ami.reconnect_max, defaults.ami.reconnect_max);
  EXPECT_EQ(seen.fastagi.bind, defaults.fastagi.bind);
  EXPECT_EQ(seen.fastagi.port, defaults.fastagi.port);
  EXPECT_EQ(seen.fastagi.sessions_max, defaults.fastagi.sessions_max);
  EXPECT_EQ(seen.fastagi.commands_queued_max, defaults.fastagi.commands_queued_max);
  EXPECT_EQ(seen.fastagi.environment_timeout, defaults.fastagi.environment_timeout);
  EXPECT_EQ(seen.http.bind, defaults.http.bind);
  EXPECT_EQ(seen.http.port, defaults.http.port);
  EXPECT_EQ(seen.http.connections_max, defaults.http.connections_max);
  EXPECT_EQ(seen.http.header_bytes_max, defaults.http.header_bytes_max);
  EXPECT_EQ(seen.http.body_bytes_max, defaults.http.body_bytes_max);
  EXPECT_EQ(seen.http.request_timeout, defaults.http.request_timeout);
  EXPECT_EQ(seen.http.idle_timeout, defaults.http.idle_timeout);
  EXPECT_EQ(seen.http.websocket_queue_bytes_max, defaults.http.websocket_queue_bytes_max);
  EXPECT_EQ(seen.http.websocket_message_bytes_max, defaults.http.websocket_message_bytes_max);
  EXPECT_EQ(seen.http.websocket_write_timeout, defaults.http.websocket_write_timeout);
  EXPECT_EQ(seen.http.websocket_ping_interval, defaults.http.websocket_ping_interval);
  EXPECT_EQ(seen.dialplan.context, defaults.dialplan.context);
  EXPECT_EQ(seen.dialplan.add_at_runtime, defaults.dialplan.add_at_runtime);
  EXPECT_EQ(seen.dialplan.live_dangerously, defaults.dialplan.live_dangerously);
  EXPECT_EQ(seen.recordings.directory, defaults.recordings.directory);
  EXPECT_EQ(seen.recordings.pbx_directory, defaults.recordings.pbx_directory);
  EXPECT_EQ(seen.recordings.through_pbx, defaults.recordings.through_pbx);
  EXPECT_EQ(seen.sounds.directory, defaults.sounds.directory);
  EXPECT_EQ(seen.sounds.through_pbx, defaults.sounds.through_pbx);
}

TEST(Config, ReadsTheSectionsOfApplicationsAndOutboundWebSockets) {
  const TempFolder folder;
  const auto file = folder.write(
      "a.conf", fmt::format("{}[u]\ntype = user\npassword = p\n"
                            "[*]\ntype = application\nnew_call = park\npark_timeout = 2 min\n"
                            "[shop-policy]\ntype = application\napplication = shop\n"
                            "lost_call = hangup\ngrace = 1\nlog_events_max = 5\n"
                            "[server]\ntype = websocket_client\n"
                            "connection_type = per_call_config\nuri = wss://h:1/x\n"
                            "reconnect_interval = 250\npassword = q\n"
                            "[conn]\ntype = outbound_websocket\nwebsocket_client_id = server\n"
                            "apps = a, b\nlocal_ari_user = u\n",
                            link));
  ::chmod(file.c_str(), 0600);
  const auto loaded = load_config(file);
  EXPECT_THAT(texts(loaded.errors), IsEmpty());
  const auto& config = loaded.config;
  ASSERT_THAT(config.applications, SizeIs(2));
  EXPECT_EQ(config.applications[0].name, "*");
  EXPECT_EQ(config.applications[0].park_timeout, std::chrono::minutes{2});
  EXPECT_EQ(config.applications[1].name, "shop");
  EXPECT_EQ(config.applications[1].lost_call, LostCall::hang_up);
  ASSERT_THAT(config.outbound_websockets, SizeIs(1));
  EXPECT_THAT(config.outbound_websockets[0].apps, ElementsAre("a", "b"));
  EXPECT_TRUE(config.websocket_clients[0].per_call);
  EXPECT_EQ(config.websocket_clients[0].reconnect_interval, std::chrono::milliseconds{250});
  for (const auto* wrong :
       {"[x]\ntype = application\nnew_call = dance\n", "[x]\ntype = application\nnope = 1\n",
        "[x]\ntype = websocket_client\nuri = http://h\n", "[x]\ntype = outbound_websocket\n"}) {
    const auto bad = folder.write("b.conf", link + std::string{wrong});
    ::chmod(bad.c_str(), 0600);
    EXPECT_THAT(load_config(bad).errors, SizeIs(1)) << wrong;
  }
}

TEST(Version, IsTheOneOfTheBuild) {
  const auto text = test::read_file(test::source_folder() / "CMakeLists.txt");
  EXPECT_THAT(text, HasSubstr(fmt::format("project(arigate VERSION {} ", version)));
}

}  // namespace
}  // namespace arigate
