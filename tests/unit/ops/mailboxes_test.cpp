#include "ops/mailboxes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ops/send_message.hpp"
#include "support/small_world.hpp"

namespace arigate::ops {
namespace {

TEST(Mailboxes, AreThoseKeptFromOutsideWhereThePbxHasThem) {
  test::SmallWorld world{"5.0.4"};
  world.wait_for_ever();
  const auto list = world.start(list_mailboxes(world.world));
  EXPECT_EQ(world.ami.waiting_action(), "MWIGet|Mailbox: /.*/");
  world.ami.answer({"Event: MWIGet|Mailbox: 1@a|OldMessages: 1|NewMessages: 2",
                    "Event: MWIGet|Mailbox: 2|OldMessages: 0|NewMessages: 0"});
  world.settle();
  ASSERT_TRUE(list->has_value() && **list);
  ASSERT_EQ((**list)->size(), 2U);
  EXPECT_EQ((**list)->front().name, "1@a");
  EXPECT_EQ((**list)->front().new_messages, 2);

  const auto removed = world.start(delete_mailbox(world.world, "nope"));
  EXPECT_EQ(world.ami.waiting_action(), "MWIGet|Mailbox: nope");
  world.ami.answer({});
  world.settle();
  ASSERT_TRUE(removed->has_value());
  EXPECT_EQ((*removed)->error().code, Errc::not_found);
  EXPECT_EQ((*removed)->error().detail, "Mailbox does not exist");

  const auto shown = world.start(get_mailbox(world.world, "nope"));
  world.ami.answer({});
  world.settle();
  ASSERT_TRUE(shown->has_value());
  EXPECT_EQ((*shown)->error().detail, "Mailbox is does not exist") << "as native spells it";

  const auto all = world.start(delete_mailbox(world.world, "/.*/"));
  EXPECT_EQ(world.ami.waiting_action(), R"(MWIGet|Mailbox: /^/\.\*/$/)") << "not every box";
  world.ami.answer({"Event: MWIGet|Mailbox: /.*/|OldMessages: 1|NewMessages: 2"});
  world.settle();
  EXPECT_EQ(world.ami.waiting_action(), R"(MWIDelete|Mailbox: /^/\.\*/$/)");
  world.ami.answer();
  world.settle();
  EXPECT_TRUE(all->has_value() && **all);

  const auto slash = world.start(get_mailbox(world.world, "/x@default"));
  EXPECT_EQ(world.ami.waiting_action(), "MWIGet|Mailbox: /^/x@default$/");
  world.ami.answer({"Event: MWIGet|Mailbox: /x@default|OldMessages: 1|NewMessages: 2"});
  world.settle();
  ASSERT_TRUE(slash->has_value() && **slash);
  EXPECT_EQ((**slash)->name, "/x@default");

  const auto set = world.start(set_mailbox(world.world, {"3", 4, 5}));
  EXPECT_EQ(world.ami.waiting_action(), "MWIUpdate|Mailbox: 3|OldMessages: 4|NewMessages: 5");
  world.ami.answer();
  world.settle();
  EXPECT_TRUE(set->has_value() && **set);
}

TEST(Mailboxes, OfVoicemailAreCountedAndReadOnly) {
  test::SmallWorld world{"1.1"};
  world.wait_for_ever();
  const auto box = world.start(get_mailbox(world.world, "100"));
  world.ami.refuse(Errc::not_supported);
  world.settle();
  EXPECT_EQ(world.ami.waiting_action(), "VoicemailUsersList");
  world.ami.answer({"Event: VoicemailUserEntry|VMContext: default|VoiceMailbox: 100"});
  world.settle();
  EXPECT_EQ(world.ami.waiting_action(), "MailboxCount|Mailbox: 100@default");
  world.ami.answer({"Response: Success|Mailbox: 100@default|NewMessages: 3|OldMessages: 1"});
  world.settle();
  ASSERT_TRUE(box->has_value() && **box);
  EXPECT_EQ((**box)->name, "100");
  EXPECT_EQ((**box)->new_messages, 3);
  EXPECT_EQ((**box)->old_messages, 1);

  const auto none = world.start(get_mailbox(world.world, "101@other"));
  world.ami.refuse(Errc::not_supported);
  world.settle();
  world.ami.answer({"Event: VoicemailUserEntry|VMContext: default|VoiceMailbox: 100"});
  world.settle();
  ASSERT_TRUE(none->has_value());
  EXPECT_EQ((*none)->error().code, Errc::not_found);

  const auto set = world.start(set_mailbox(world.world, {"100", 0, 0}));
  world.ami.refuse(Errc::not_supported);
  world.settle();
  ASSERT_TRUE(set->has_value());
  EXPECT_EQ((*set)->error().code, Errc::not_supported);
}

TEST(Messages, AreSentInAFormThatThePbxReads) {
  const struct {
    const char* body;
    const char* action;
  } rows[] = {
      {"hello", "MessageSend|To: sip:bob|From: me|Body: hello|Variable: A=x\\,y"},
      {"", "MessageSend|To: sip:bob|From: me|Body: |Variable: A=x\\,y"},
      {"two\nlines", "MessageSend|To: sip:bob|From: me|Base64Body: dHdvCmxpbmVz|Variable: A=x\\,y"},
      {" blank", "MessageSend|To: sip:bob|From: me|Base64Body: IGJsYW5r|Variable: A=x\\,y"},
  };
  for (const auto& row : rows) {
    test::SmallWorld world;
    world.wait_for_ever();
    const auto sent =
        world.start(send_message(world.world, {"sip:bob", "me", row.body, {{"A", "x,y"}}}));
    EXPECT_EQ(world.ami.waiting_action(), row.action);
    world.ami.answer();
    world.settle();
    EXPECT_TRUE(sent->has_value() && **sent);
  }
}

TEST(Messages, SayWhyTheyWereNotSent) {
  const struct {
    Errc pbx, ours;
  } rows[] = {{Errc::refused_by_pbx, Errc::not_found},
              {Errc::not_supported, Errc::not_supported},
              {Errc::forbidden, Errc::forbidden},
              {Errc::unavailable, Errc::unavailable}};
  for (const auto& row : rows) {
    test::SmallWorld world;
    world.wait_for_ever();
    const auto sent = world.start(send_message(world.world, {"sip:bob", "me", "x", {}}));
    world.ami.refuse(row.pbx);
    world.settle();
    ASSERT_TRUE(sent->has_value());
    EXPECT_EQ((*sent)->error().code, row.ours);
  }
  test::SmallWorld world;
  const auto bad =
      world.start(send_message(world.world, {"sip:bob\r\nAction: Logoff", "", "", {}}));
  ASSERT_TRUE(bad->has_value());
  EXPECT_EQ((*bad)->error().code, Errc::bad_request);
}

}  // namespace
}  // namespace arigate::ops
