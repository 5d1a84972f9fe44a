#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agi/decoder.hpp"
#include "ami/decoder.hpp"

namespace arigate::test {

/// "Event: Hangup|Uniqueid: 1.1" as one message on the wire: `|` stands for a line end.
inline std::string ami_bytes(std::string_view text) {
  std::string bytes;
  for (const char c : text) {
    if (c == '|') {
      bytes += "\r\n";
    } else {
      bytes += c;
    }
  }
  return bytes + "\r\n\r\n";
}

/// The messages of such texts, as the decoder gives them.
inline std::vector<ami::Message> ami_messages(const std::vector<std::string>& texts) {
  ami::Decoder decoder;
  decoder.feed("Asterisk Call Manager/1.3\r\n");
  for (const auto& text : texts) decoder.feed(ami_bytes(text));
  std::vector<ami::Message> messages;
  for (;;) {
    const auto message = decoder.next();
    EXPECT_TRUE(message) << message.error().detail;
    if (!message || *message == nullptr) return messages;
    messages.push_back((*message)->copy());
  }
}
inline ami::Message ami_message(const std::string& text) {
  auto messages = ami_messages({text});
  EXPECT_EQ(messages.size(), 1U) << text;
  return std::move(messages.front());
}

/// "200 result=0 endpos=8000" as the decoder gives it.
inline agi::Reply agi_reply(std::string_view line) {
  agi::Decoder decoder;
  decoder.feed("agi_request: agi://gate/app\n\n");
  EXPECT_TRUE(decoder.next());  // The environment.
  decoder.feed(std::string{line} + "\n");
  auto input = decoder.next();
  EXPECT_TRUE(input && *input && std::holds_alternative<agi::Reply>(**input)) << line;
  return std::get<agi::Reply>(std::move(**input));
}

}  // namespace arigate::test
