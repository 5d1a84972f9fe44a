#include "ops/text_messages.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/fake_agi_link.hpp"
#include "support/pbx_text.hpp"

namespace arigate::ops {
namespace {

using Lines = std::vector<std::string>;

/// Who takes all other sessions: it writes down what reaches it.
class Others : public AgiOwner {
 public:
  void connected(std::shared_ptr<AgiLink>, agi::Environment environment) override {
    lines.push_back("connected " + environment.channel);
  }
  void received(AgiLink&, const agi::Reply& reply) override { lines.push_back(reply.text); }
  void hangup_seen(AgiLink&) override { lines.push_back("hangup"); }
  void closed(AgiLink&) override { lines.push_back("closed"); }
  Lines lines;
};

agi::Environment environment(std::string channel, std::string script) {
  agi::Environment made;
  made.channel = std::move(channel);
  made.network_script = std::move(script);
  return made;
}

class TextMessagesTest : public testing::Test {
 protected:
  std::shared_ptr<test::FakeAgiLink> connect(std::string channel, std::string script = "chat") {
    auto link = std::make_shared<test::FakeAgiLink>();
    messages_.connected(link, environment(std::move(channel), std::move(script)));
    return link;
  }
  Others others_;
  Lines received_;
  TextMessages messages_{others_, [this](const ReceivedMessage& message) {
                           received_.push_back(message.application.value + ": " + message.from +
                                               " > " + message.to + ": " + message.body);
                           for (const auto& [name, value] : message.variables) {
                             received_.push_back(name + "=" + value);
                           }
                         }};
};

TEST_F(TextMessagesTest, AreReadPartByPart) {
  const auto link = connect("Message/ast_msg_queue");
  EXPECT_EQ(link->take(), Lines{"GET FULL VARIABLE \"${MESSAGE(from)}\""});
  messages_.received(*link, test::agi_reply("200 result=1 (<sip:alice@h>)"));
  EXPECT_EQ(link->take(), Lines{"GET FULL VARIABLE \"${MESSAGE(to)}\""});
  messages_.received(*link, test::agi_reply("200 result=1 (pjsip:bob)"));
  EXPECT_EQ(link->take(), Lines{"GET FULL VARIABLE \"${MESSAGE(body)}\""});
  messages_.received(*link, test::agi_reply("200 result=1 (hello: text)"));
  EXPECT_EQ(link->take(), Lines{"GET FULL VARIABLE \"${MESSAGE_DATA(SIP_RECVADDR)}\""});
  messages_.received(*link, test::agi_reply("200 result=1 (192.0.2.1:5060)"));
  std::size_t asked = 1;
  for (; !link->closed(); ++asked) {
    const auto lines = link->take();
    ASSERT_EQ(lines.size(), 1U) << "one at a time";
    const bool type = lines.front().find("(Content-Type)") != std::string::npos;
    messages_.received(*link,
                       test::agi_reply(type ? "200 result=1 (text/plain)" : "200 result=1 ()"));
  }
  EXPECT_GT(asked, 2U);
  EXPECT_EQ(received_, (Lines{"chat: <sip:alice@h> > pjsip:bob: hello: text",
                              "SIP_RECVADDR=192.0.2.1:5060", "Content-Type=text/plain"}));
  EXPECT_EQ(others_.lines, Lines{});
}

TEST_F(TextMessagesTest, WithoutABodyOrABrokenOff) {
  const auto link = connect("Message/ast_msg_queue");
  while (!link->closed()) messages_.received(*link, test::agi_reply("200 result=0"));
  EXPECT_EQ(received_, Lines{"chat:  > : "});
  const auto cut = connect("Message/ast_msg_queue");
  messages_.hangup_seen(*cut);
  messages_.closed(*cut);
  EXPECT_EQ(received_.size(), 1U);
  EXPECT_TRUE(connect("Message/ast_msg_queue", "")->closed()) << "no application is named";
  EXPECT_EQ(others_.lines, Lines{});
}

TEST_F(TextMessagesTest, AreNotLostForWhatCameWithThem) {
  const auto link = connect("Message/ast_msg_queue");
  messages_.received(*link, test::agi_reply("200 result=1 (<sip:alice@h>)"));
  messages_.received(*link, test::agi_reply("200 result=1 (pjsip:bob)"));
  messages_.received(*link, test::agi_reply("200 result=1 (hello)"));
  messages_.received(*link, test::agi_reply("200 result=1 (192.0.2.1:5060)"));
  messages_.closed(*link);
  EXPECT_EQ(received_,
            (Lines{"chat: <sip:alice@h> > pjsip:bob: hello", "SIP_RECVADDR=192.0.2.1:5060"}));
  EXPECT_EQ(others_.lines, Lines{});
}

TEST_F(TextMessagesTest, AreLimited) {
  for (std::size_t i = 0; i < TextMessages::sessions_max; ++i) {
    EXPECT_FALSE(connect("Message/ast_msg_queue")->closed());
  }
  EXPECT_TRUE(connect("Message/ast_msg_queue")->closed());
}

TEST_F(TextMessagesTest, LetAllOtherSessionsPass) {
  const auto link = connect("SIP/alice-00000001");
  messages_.received(*link, test::agi_reply("200 result=0"));
  messages_.hangup_seen(*link);
  messages_.closed(*link);
  EXPECT_EQ(others_.lines.size(), 4U);
  EXPECT_EQ(others_.lines.front(), "connected SIP/alice-00000001");
  EXPECT_EQ(link->take(), Lines{});
}

}  // namespace
}  // namespace arigate::ops
