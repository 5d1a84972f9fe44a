#include "agi/decoder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/overloaded.hpp"
#include "support/captures.hpp"
#include "support/digest.hpp"

namespace arigate::test {
namespace {

std::string print(const agi::Environment& e) {
  auto text = fmt::format(
      "environment\n request {}\n script {}\n channel {}\n uniqueid {}\n language {}\n type {}\n"
      " version {}\n caller {} <{}>\n dnid {}\n rdnis {}\n place {},{},{}\n accountcode {}\n",
      escaped(e.request), escaped(e.network_script), escaped(e.channel), escaped(e.uniqueid),
      escaped(e.language), escaped(e.type), escaped(e.version), escaped(e.caller_name),
      escaped(e.caller_number), escaped(e.dnid), escaped(e.rdnis), escaped(e.context),
      escaped(e.extension), e.priority, escaped(e.accountcode));
  for (const auto& argument : e.arguments) text += " argument " + escaped(argument) + "\n";
  return text;
}

std::string print(const agi::Reply& r) {
  auto text = fmt::format("{} result={}", r.code, escaped(r.result));
  if (r.value) text += " value=(" + escaped(*r.value) + ")";
  if (r.endpos) text += fmt::format(" endpos={}", *r.endpos);
  return text + " text=" + escaped(r.text) + "\n";
}

std::string print(const agi::HangupSeen&) {
  return "HANGUP\n";
}

/// All that one connection held, as text, a hash of it and a few counts.
class Digest {
 public:
  void add(const agi::Input& input) {
    text_ += std::visit([](const auto& one) { return print(one); }, input);
    std::visit(Overloaded{[&](const agi::Environment& e) { arguments_ += e.arguments.size(); },
                          [&](const agi::Reply& r) { (r.ok() ? ok_ : refused_) += 1; },
                          [&](const agi::HangupSeen&) { ++hangups_; }},
               input);
  }

  const std::string& text() const { return text_; }
  std::string line() const {
    Hash hash;
    hash.add(text_);
    return fmt::format("arguments {} ok {} refused {} hangups {} hash {:x}", arguments_, ok_,
                       refused_, hangups_, hash.value());
  }

 private:
  std::string text_;
  std::size_t arguments_ = 0;
  std::size_t ok_ = 0;
  std::size_t refused_ = 0;
  std::size_t hangups_ = 0;
};

Digest digest_of(std::string_view bytes, const std::vector<std::size_t>& chunks) {
  agi::Decoder decoder;
  Digest digest;
  for (const auto size : chunks) {
    decoder.feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    for (;;) {
      const auto input = decoder.next();
      if (!input) ADD_FAILURE() << input.error().detail;
      if (!input || !*input) break;
      digest.add(**input);
    }
  }
  EXPECT_TRUE(bytes.empty());
  return digest;
}

class AgiCaptures : public testing::TestWithParam<Capture> {};

TEST_P(AgiCaptures, GiveTheSameInputsForEveryCut) {
  const auto bytes = bytes_of(GetParam());
  const auto whole = digest_of(bytes, {bytes.size()}).line();
  expect_digest(GetParam(), whole);
  EXPECT_EQ(digest_of(bytes, chunks_of(GetParam())).line(), whole) << "cut as recorded";
  for (const std::size_t size : {1U, 2U, 7U}) {
    EXPECT_EQ(
        digest_of(bytes, std::vector<std::size_t>((bytes.size() + size - 1) / size, size)).line(),
        whole)
        << "cut each " << size;
  }
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    ASSERT_EQ(digest_of(bytes, {cut, bytes.size() - cut}).line(), whole) << "cut at " << cut;
  }
}

class AgiPrinted : public testing::TestWithParam<Capture> {};

TEST_P(AgiPrinted, HoldsTheseInputs) {
  const auto bytes = bytes_of(GetParam());
  expect_golden(GetParam().path, digest_of(bytes, {bytes.size()}).text());
}

INSTANTIATE_TEST_SUITE_P(Fixtures, AgiPrinted, testing::ValuesIn(printed_captures("agi")),
                         capture_name);
INSTANTIATE_TEST_SUITE_P(Fixtures, AgiCaptures, testing::ValuesIn(captures("agi")), capture_name);

}  // namespace
}  // namespace arigate::test
