#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "agi/decoder.hpp"
#include "core/overloaded.hpp"
#include "support/fuzz.hpp"

// What the fuzz targets of the AGI decoder share.
namespace arigate::test {

struct AgiOutcome {
  std::string inputs;
  bool broken = false;
  bool operator==(const AgiOutcome&) const = default;
};

inline void print(const agi::Environment& e, std::string& out) {
  FUZZ_EXPECT(e.arguments.size() <= agi::Decoder::environment_lines_max);
  for (const auto& text : {e.request, e.network_script, e.channel, e.uniqueid, e.language, e.type,
                           e.version, e.caller_number, e.caller_name, e.dnid, e.rdnis, e.context,
                           e.extension, std::to_string(e.priority), e.accountcode}) {
    out.append(text).append("\n");
  }
  for (const auto& argument : e.arguments) out.append("argument ").append(argument).append("\n");
  if (const auto target = agi::target_of(e)) FUZZ_EXPECT(!target->application.empty());
}

inline void print(const agi::Reply& r, std::string& out) {
  FUZZ_EXPECT(r.code >= 200 && r.code <= 999);
  FUZZ_EXPECT(r.text.size() <= agi::Decoder::reply_bytes_max);
  out += std::to_string(r.code) + " " + r.result + " " + r.value.value_or("-") + " " +
         std::to_string(r.endpos.value_or(0)) + " " + std::to_string(r.number().value_or(0)) + " " +
         r.text + "\n";
}

inline void print(const agi::HangupSeen&, std::string& out) {
  out += "HANGUP\n";
}

inline void take(agi::Decoder& decoder, std::string_view bytes, AgiOutcome& outcome) {
  decoder.feed(bytes);
  for (;;) {
    const auto input = decoder.next();
    outcome.broken = !input;
    if (!input || !*input) return;
    std::visit([&](const auto& one) { print(one, outcome.inputs); }, **input);
  }
}

inline void same_agi_for_every_cut(std::string_view bytes) {
  agi::Decoder whole;
  AgiOutcome expected;
  take(whole, bytes, expected);
  agi::Decoder decoder;
  AgiOutcome seen;
  for (Cuts cuts{bytes}; !bytes.empty() && !seen.broken;) {
    const auto piece = bytes.substr(0, cuts.next());
    take(decoder, piece, seen);
    bytes.remove_prefix(piece.size());
  }
  FUZZ_EXPECT(seen == expected);
}

}  // namespace arigate::test
