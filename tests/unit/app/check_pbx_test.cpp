#include "app/check_pbx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ami/decoder.hpp"
#include "support/fake_clock.hpp"
#include "support/run.hpp"

namespace arigate::app {
namespace {

namespace asio = boost::asio;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ami::Message message(const std::string& text) {
  ami::Decoder decoder;
  decoder.feed("Asterisk Call Manager/5.0.4\r\n" + text);
  const auto decoded = decoder.next();
  if (!decoded || *decoded == nullptr) throw std::runtime_error{"no message in " + text};
  return (*decoded)->copy();
}

/// Answers each action by its name, and "Command" and "ModuleCheck" by what they ask about.
class FakePbx : public ops::AmiPort {
 public:
  FakePbx() { dialect_ = ami::dialect_of("5.0.4"); }

  void answer(const std::string& question, const std::string& text) {
    answers_.insert_or_assign(question, message(text));
  }
  void refuse(const std::string& question, Errc code, std::string why) {
    answers_.insert_or_assign(question, Error{code, std::move(why)});
  }
  void set_dialect(const std::string& ami_version) { dialect_ = ami::dialect_of(ami_version); }

  asio::awaitable<Result<ami::Message>> request(ami::Action action, TimePoint,
                                                std::string) override {
    auto question = action.name();
    for (const auto& [key, value] : action.headers()) question += ' ' + value;
    auto found = answers_.find(question);
    if (found == answers_.end()) found = answers_.find(action.name());
    if (found == answers_.end()) throw std::runtime_error{"not expected: " + question};
    co_return found->second;
  }
  asio::awaitable<Result<std::vector<ami::Message>>> list(ami::Action action, TimePoint) override {
    throw std::runtime_error{"not expected: list " + action.name()};
    co_return Error{Errc::not_supported, ""};
  }
  void post(ami::Action action) override {
    throw std::runtime_error{"not expected: post " + action.name()};
  }
  const ami::Dialect& dialect() const override { return dialect_; }
  bool up() const override { return true; }

 private:
  std::map<std::string, Result<ami::Message>> answers_;
  ami::Dialect dialect_;
};

/// Seen on 16.28 and 22.10, with the user of the README.
constexpr const char* user_shown =
    "Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\nOutput: \r\n"
    "Output:           username: arigate\r\nOutput:             secret: <Set>\r\n"
    "Output:                ACL: no\r\n"
    "Output:          read perm: system,call,user,dtmf,reporting,dialplan\r\n"
    "Output:         write perm: system,call,command,user,reporting,originate,message\r\n"
    "Output:    displayconnects: yes\r\n\r\n";
constexpr const char* context_shown =
    "Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\n"
    "Output: [ Context 'arigate' created by 'pbx_config' ]\r\n"
    "Output:   'h' =>           1. GotoIf(${DIALPLAN_EXISTS(…)}?…)   [pbx_config]\r\n"
    "Output:   '_X.' =>         1. AGI(agi://127.0.0.1:4573/arigate,${EXTEN})   "
    "[pbx_config]\r\n\r\n";
constexpr const char* context_without_h_shown =
    "Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\n"
    "Output: [ Context 'arigate' created by 'pbx_config' ]\r\n"
    "Output:   '_X.' =>         1. AGI(agi://127.0.0.1:4573/arigate,${EXTEN})   "
    "[pbx_config]\r\n\r\n";

constexpr const char* no_menu_shown =
    "Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\n"
    "Output: No conference menu named 'default_menu' found!\r\n\r\n";

class CheckPbx : public testing::Test {
 protected:
  CheckPbx() {
    config_.ami.user = "arigate";
    pbx_.answer("CoreSettings",
                "Response: Success\r\nActionID: 1\r\nAMIversion: 5.0.4\r\n"
                "AsteriskVersion: 16.28.0\r\n\r\n");
    pbx_.answer("Command manager show user arigate", user_shown);
    pbx_.answer("Command dialplan show arigate", context_shown);
    pbx_.answer("Command confbridge show menu default_menu", no_menu_shown);
    pbx_.answer("ModuleCheck", "Response: Success\r\nActionID: 1\r\nVersion: \r\n\r\n");
  }

  std::vector<Finding> findings() {
    const test::FakeClock clock;
    return test::run(check_pbx(pbx_, config_, clock));
  }
  /// "subject: text" of all findings with that verdict.
  std::vector<std::string> with(Verdict verdict) {
    std::vector<std::string> texts;
    for (const auto& finding : findings()) {
      if (finding.verdict == verdict) texts.push_back(finding.subject + ": " + finding.text);
    }
    return texts;
  }

  FakePbx pbx_;
  Config config_;
};

TEST_F(CheckPbx, FindsNothingMissingInAGoodSetUp) {
  EXPECT_THAT(with(Verdict::missing), IsEmpty());
  EXPECT_THAT(with(Verdict::note), IsEmpty());
  EXPECT_THAT(
      with(Verdict::ok),
      ElementsAre("PBX: Asterisk 16.28.0", "read classes: system call user dtmf reporting dialplan",
                  "write classes: system call originate command user reporting",
                  "modules: 21 of those that can be used are loaded",
                  "dialplan: [arigate] is there"));
}

TEST_F(CheckPbx, NamesEachMissingClassAndWhatItIsFor) {
  pbx_.answer("Command manager show user arigate",
              "Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\n"
              "Output:    read perm: system,call,user,reporting\r\n"
              "Output:   write perm: system,command,user,reporting,originate\r\n\r\n");
  EXPECT_THAT(with(Verdict::missing),
              ElementsAre("read classes: dtmf: without it no ChannelDtmfReceived",
                          "read classes: dialplan: without it no ChannelVarset and no "
                          "ChannelDialplan",
                          "write classes: call: without it channels cannot be hung up, moved or "
                          "read"));
}

TEST_F(CheckPbx, AsksForTheClassOfQueuesWhereNothingElseTellsOfTheirCalls) {
  EXPECT_THAT(with(Verdict::note), IsEmpty());
  pbx_.set_dialect("1.3");
  EXPECT_THAT(with(Verdict::note), Contains(HasSubstr("read classes: agent: without it")));
  pbx_.refuse("Command manager show user arigate", Errc::forbidden, "Permission denied");
  pbx_.answer("ListCommands", "Response: Success\r\nActionID: 1\r\n\r\n");
  EXPECT_THAT(with(Verdict::note), Contains(HasSubstr("reporting dialplan agent")));
}

TEST_F(CheckPbx, TakesAllForEveryClass) {
  pbx_.answer("Command manager show user arigate",
              "Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\n"
              "Output:    read perm: all\r\nOutput:   write perm: all\r\n\r\n");
  EXPECT_THAT(with(Verdict::missing), IsEmpty());
}

TEST_F(CheckPbx, TellsWriteClassesByActionsWhenCommandsAreForbidden) {
  pbx_.refuse("Command manager show user arigate", Errc::forbidden, "Permission denied");
  pbx_.refuse("Command dialplan show arigate", Errc::forbidden, "Permission denied");
  pbx_.answer("ListCommands",
              "Response: Success\r\nActionID: 1\r\nRedirect: Redirect.  (Priv: call,all)\r\n"
              "Originate: Originate a call.  (Priv: originate,all)\r\n"
              "Status: Status.  (Priv: system,call,reporting,all)\r\n"
              "UserEvent: Send.  (Priv: user,all)\r\nPing: Alive.  (Priv: <none>)\r\n\r\n");
  EXPECT_THAT(with(Verdict::missing),
              ElementsAre("write classes: system: without it no mute, no recording of both sides"));
  EXPECT_THAT(
      with(Verdict::note),
      ElementsAre("read classes: cannot be told without the write class command; needed: "
                  "system call user dtmf reporting dialplan",
                  "write classes: command: without it the dialplan context is not added at "
                  "run time; no module and logger lists",
                  "dialplan: cannot be told whether [arigate] is there: Permission denied"));
}

TEST_F(CheckPbx, NeverPutsAnOddUserNameIntoACommand) {
  config_.ami.user = "a b; core stop now";
  pbx_.answer("ListCommands", "Response: Success\r\nActionID: 1\r\n\r\n");
  EXPECT_THAT(findings(), Contains(Field(&Finding::subject, "read classes")))
      << "a command about that user would have thrown";
}

TEST_F(CheckPbx, NamesMissingModules) {
  pbx_.refuse("ModuleCheck res_agi.so", Errc::refused_by_pbx, "Module not loaded");
  pbx_.refuse("ModuleCheck app_chanspy.so", Errc::refused_by_pbx, "Module not loaded");
  pbx_.refuse("ModuleCheck res_timing_timerfd.so", Errc::refused_by_pbx, "Module not loaded");
  EXPECT_THAT(with(Verdict::missing),
              ElementsAre("modules: res_agi.so is not loaded: needed for everything"));
  EXPECT_THAT(with(Verdict::note), ElementsAre("modules: app_chanspy.so is not loaded: needed for "
                                               "snoop, play to a bridged channel"))
      << "another timing module is loaded, which is enough";
}

TEST_F(CheckPbx, AsksOnlyForModulesThatTheVersionHas) {
  pbx_.set_dialect("1.1");
  pbx_.refuse("ModuleCheck", Errc::refused_by_pbx, "Module not loaded");
  const auto notes = with(Verdict::note);
  EXPECT_THAT(notes, Contains(HasSubstr("app_confbridge.so")));
  EXPECT_THAT(notes, Each(Not(HasSubstr("res_manager_devicestate.so"))));
  EXPECT_THAT(with(Verdict::missing), Contains(HasSubstr("chan_local.so")));
  pbx_.set_dialect("9.0.0");
  EXPECT_THAT(with(Verdict::note), Contains(HasSubstr("res_monitor.so")));
  pbx_.set_dialect("10.0.0");
  EXPECT_THAT(with(Verdict::note), Each(Not(HasSubstr("res_monitor.so"))))
      << "Asterisk 21 has none";
}

TEST_F(CheckPbx, KnowsWhetherTheContextIsThereOrCanBeAdded) {
  const auto dialplan = [this] {
    for (const auto& finding : findings()) {
      if (finding.subject == "dialplan") return finding;
    }
    return Finding{};
  };
  // 16 and 22 answer Error; 1.8 and 11 say it in the output.
  pbx_.refuse("Command dialplan show arigate", Errc::refused_by_pbx, "Command output follows");
  EXPECT_EQ(dialplan().verdict, Verdict::ok);
  EXPECT_EQ(dialplan().text, "[arigate] is not there: arigate adds it while it runs");
  config_.dialplan.add_at_runtime = false;
  EXPECT_EQ(dialplan().verdict, Verdict::missing);
  EXPECT_EQ(dialplan().text, "[arigate] is not there, and add_at_runtime is no");
  config_.dialplan.add_at_runtime = true;

  pbx_.set_dialect("1.1");
  pbx_.answer(
      "Command dialplan show arigate",
      "Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\n"
      "There is no existence of 'arigate' context\nCommand 'dialplan show arigate' failed.\n"
      "--END COMMAND--\r\n\r\n");
  EXPECT_EQ(dialplan().verdict, Verdict::missing);
  EXPECT_THAT(dialplan().text, HasSubstr("put it into extensions.conf"));

  pbx_.set_dialect("5.0.4");
  pbx_.answer("Command dialplan show arigate",
              "Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\n"
              "Output: [ Context 'arigate' created by 'pbx_config' ]\r\n"
              "Output:   's' =>         1. NoOp()   [pbx_config]\r\n\r\n");
  EXPECT_EQ(dialplan().verdict, Verdict::missing);
  EXPECT_EQ(dialplan().text, "[arigate] is there, but has no line with AGI(agi://…)");
}

TEST_F(CheckPbx, TellsOfAContextThatLeadsNobodyToItsHangupExtension) {
  pbx_.answer("Command dialplan show arigate", context_without_h_shown);
  EXPECT_THAT(with(Verdict::missing), IsEmpty());
  EXPECT_THAT(with(Verdict::note), ElementsAre(HasSubstr("arigate adds it while it runs")));
  config_.dialplan.add_at_runtime = false;
  EXPECT_THAT(with(Verdict::note),
              ElementsAre(HasSubstr("do not run the h of their own dialplan")));
}

TEST_F(CheckPbx, WarnsOfKeysThatWouldWorkInEveryBridge) {
  pbx_.answer("Command confbridge show menu default_menu",
              "Response: Success\r\nActionID: 1\r\nMessage: Command output follows\r\n"
              "Output: Name: default_menu\r\nOutput: *1=toggle_mute\r\n\r\n");
  EXPECT_THAT(with(Verdict::note), ElementsAre(HasSubstr("[default_menu] is there")));
  pbx_.set_dialect("1.3");
  EXPECT_THAT(with(Verdict::note), Each(Not(HasSubstr("default_menu"))));
}

TEST_F(CheckPbx, APbxThatAnswersNothingIsNotFoundGood) {
  for (const auto* question :
       {"CoreSettings", "Command", "ListCommands", "ModuleCheck",
        "Command manager show user arigate", "Command dialplan show arigate"}) {
    pbx_.refuse(question, Errc::timeout, "The PBX did not answer");
  }
  EXPECT_THAT(with(Verdict::missing), testing::Not(IsEmpty()));
}

TEST(PermissionsIn, ReadsTheLineWhateverItsIndent) {
  EXPECT_THAT(permissions_in("\n   read perm: system, call\nwrite perm: all", "read perm"),
              ElementsAre("system", "call"));
  EXPECT_THAT(permissions_in("username: x", "read perm"), IsEmpty());
}

}  // namespace
}  // namespace arigate::app
