#include <gtest/gtest.h>

#include "ops/dynamic_config.hpp"
#include "ops/log_channels.hpp"
#include "ops/modules.hpp"

namespace arigate::ops {
namespace {

std::string text_of(const std::vector<Module>& modules) {
  std::string text;
  for (const auto& module : modules) {
    text += module.name + "|" + module.description + "|" + std::to_string(module.use_count) + "|" +
            module.status + "|" + module.support_level + "\n";
  }
  return text;
}

TEST(ModuleTable, IsReadInItsThreeLayouts) {
  // The words are made up; the columns are those of real tables.
  EXPECT_EQ(
      text_of(modules_of(
          "Module                         Description                              Use Count \n"
          "app_dial.so                    Calls somebody                           0         \n"
          "res_adsi.so                                                             12        \n"
          "2 modules loaded\n")),
      "app_dial.so|Calls somebody|0|Running|unknown\n"
      "res_adsi.so||12|Running|unknown\n");
  EXPECT_EQ(text_of(modules_of("Module                         Description                         "
                               "     Use Count  Status     \n"
                               "app_dial.so                    Calls somebody                      "
                               "     0          Not Running\n"
                               "1 modules loaded\n")),
            "app_dial.so|Calls somebody|0|Not Running|unknown\n");
  EXPECT_EQ(text_of(modules_of("Module                         Description                         "
                               "     Use Count  Status      Support Level\n"
                               "acl                            Lists 3 addresses                   "
                               "     2          Running              core\n"
                               "res_pjsip_endpoint_identifier_user.so Finds who calls              "
                               "            0          Running              core\n"
                               "app_old.so                     Cut after forty bytes, as this one "
                               "is 12 7          Not Running    deprecated\n"
                               "3 modules loaded\n")),
            "acl|Lists 3 addresses|2|Running|core\n"
            "res_pjsip_endpoint_identifier_user.so|Finds who calls|0|Running|core\n"
            "app_old.so|Cut after forty bytes, as this one is 12|7|Not Running|deprecated\n");
  EXPECT_EQ(text_of(modules_of("No such command 'module show'\n")), "");
}

TEST(ModuleTable, TakesNoPathForAName) {
  for (const auto* name : {"app_dial.so", "res_ari", "cdr", "a-b.so"}) {
    EXPECT_TRUE(is_module_name(name)) << name;
  }
  for (const auto* name : {"", "..", "a/b.so", "../a.so", "a b", "a\nb", ".hidden", "-x", "a;b"}) {
    EXPECT_FALSE(is_module_name(name)) << name;
  }
}

std::string text_of(const std::vector<LogChannel>& channels) {
  std::string text;
  for (const auto& channel : channels) {
    text += channel.name + "|" + channel.type + "|" + channel.status + "|" + channel.levels + "\n";
  }
  return text;
}

TEST(LogChannelTable, IsReadInItsLayouts) {
  EXPECT_EQ(text_of(log_channels_of(
                "Channel                             Type     Status\t Configuration\n"
                "-------                             ----     ------\t -------------\n"
                "/var/log/asterisk/messages          File     Enabled   - NOTICE WARNING ERROR \n"
                "                                    Console  Enabled   - VERBOSE \n"
                "\n")),
            "/var/log/asterisk/messages|File|Enabled|NOTICE WARNING ERROR \n"
            "|Console|Enabled|VERBOSE \n");
  EXPECT_EQ(text_of(log_channels_of(
                "Logger queue limit: 1000\n\n"
                "Channel                             Type     Formatter  Status    Configuration\n"
                "-------                             ----     ---------  ------    -------------\n"
                "/a/long/folder/of/a/test/log/messag File     json       Enabled    - DEBUG\n"
                "syslog.local0                       Syslog   default    Disabled   - \n")),
            "/a/long/folder/of/a/test/log/messag|File|Enabled|DEBUG \n"
            "syslog.local0|Syslog|Disabled|\n");
}

TEST(LogChannelTable, FindsAChannelByItsName) {
  struct Row {
    std::string shown, type, name;
    bool same;
  };
  const Row rows[] = {
      {"/var/log/asterisk/messages", "File", "messages", true},
      {"/var/log/asterisk/messages", "File", "message", false},
      {"/var/log/asterisk/messages", "File", "messages2", false},
      {"/a/long/folder/of/a/test/log/messag", "File", "messages", true},  // Cut at 35 bytes.
      {"/a/long/folder/of/a/test/log/messag", "File", "full", false},
      {"syslog.local0", "Syslog", "syslog.local0", true},
      {"", "Console", "console", true},
      {"", "Console", "", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(is_log_channel({row.shown, row.type, "Enabled", ""}, row.name), row.same)
        << row.shown << " " << row.name;
  }
  EXPECT_FALSE(is_log_channel_name("../x"));
  EXPECT_FALSE(is_log_channel_name("a b"));
  EXPECT_FALSE(is_log_level_list("notice warning"));
  EXPECT_TRUE(is_log_level_list("[json]notice,verbose(3)"));
}

TEST(DynamicConfig, NamesAttributesAsTheConfigurationDoes) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"RtpPortStart", "rtp_port_start"},
      {"Context", "context"},
      {"100rel", "100rel"},
      {"G726NonStandard", "g726_non_standard"},
      {"SrtpTag32", "srtp_tag_32"},
      {"T38UdptlEc", "t38_udptl_ec"},
      {"Qualify2xxOnly", "qualify_2xx_only"},
      {"DtlsCaFile", "dtls_ca_file"},
      {"RtpIpv6", "rtp_ipv6"},
      {"T38UdptlIpv6", "t38_udptl_ipv6"},
      {"SuppressQ850ReasonHeaders", "suppress_q850_reason_headers"},
      {"Ignore183WithoutSdp", "ignore_183_without_sdp"}};
  for (const auto& [header, attribute] : rows) EXPECT_EQ(attribute_name(header), attribute);
}

}  // namespace
}  // namespace arigate::ops
