// How often the PBX has to be asked whether it meant what it said: in storms of 50 calls.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "ami/decoder.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"
#include "model/vetting.hpp"
#include "support/captures.hpp"

namespace arigate::test {
namespace {

class Nobody : public model::ChangeSink {
 public:
  void on(const model::Change&, WallTime) override {}
};

struct Questions {
  std::size_t hangups = 0;
  std::size_t unannounced = 0;  ///< Ends that are always asked about.
  std::size_t announced = 0;    ///< Those that are asked about as long as they are few.
  std::size_t claims = 0;       ///< What changes a channel, as long as they are few.
  std::size_t lines = 0;        ///< Where in the dialplan it is, as long as they are few.
  std::size_t states = 0;       ///< Told by an event of their own.
  std::size_t other = 0;
};

bool of_line(const model::Vetting::Judgement& judgement) {
  using Means = model::Claim::Means;
  return std::ranges::all_of(judgement.claims, [](const model::Claim& claim) {
    return claim.means == Means::line || claim.means == Means::command;
  });
}

/// The PBX meant all of it. No pauses: as if it had come as fast as it can be read.
Questions questions_of(const Capture& capture) {
  Nobody nobody;
  model::Store store;
  model::Reconciler reconciler{store, nobody, {}};
  model::Vetting vetting{store};
  ami::Decoder decoder;
  decoder.feed(bytes_of(capture));
  Questions questions;
  bool first = true;
  for (;;) {
    const auto message = decoder.next();
    EXPECT_TRUE(message) << message.error().detail;
    if (!message || *message == nullptr) return questions;
    if (std::exchange(first, false)) {
      reconciler.use(ami::dialect_of(decoder.version()));
      vetting.use(ami::dialect_of(decoder.version()));
    }
    if ((*message)->event() == ami::EventName::none) continue;
    const bool hangup = (*message)->event() == ami::EventName::hangup;
    questions.hangups += hangup ? 1 : 0;
    questions.states += (*message)->event() == ami::EventName::newstate ? 1 : 0;
    const auto judgement = vetting.judge(**message);
    EXPECT_NE(judgement.verdict, model::Vetting::Verdict::forged);
    if (judgement.verdict == model::Vetting::Verdict::sound_if_so) {
      ++(of_line(judgement) ? questions.lines : questions.claims);
    } else if (judgement.verdict != model::Vetting::Verdict::sound) {
      ++(!hangup               ? questions.other
         : judgement.announced ? questions.announced
                               : questions.unannounced);
    }
    reconciler.apply(**message, WallTime{});
    reconciler.decide(WallTime::max(), WallTime{});
  }
}

TEST(Questions, AreSeldomInStorms) {
  std::size_t storms = 0;
  for (const auto& capture : captures("ami")) {
    if (!capture.name.starts_with("storm") || capture.path.extension() != ".gz") continue;
    ++storms;
    const auto [hangups, unannounced, announced, claims, lines, states, other] =
        questions_of(capture);
    fmt::print(
        "{} {}: {} hangups, {} unannounced, {} behind the dialplan, {} states told, {} changes "
        "and {} lines in doubt, {} other questions\n",
        capture.version, capture.name, hangups, unannounced, announced, states, claims, lines,
        other);
    EXPECT_LE(unannounced * 10, hangups) << capture.version << " " << capture.name;
    EXPECT_EQ(other, 0U) << capture.version << " " << capture.name;
  }
  EXPECT_EQ(storms, 6U);
}

}  // namespace
}  // namespace arigate::test
