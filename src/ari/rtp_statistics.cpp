#include "ari/rtp_statistics.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <cstdlib>

#include "ari/replies.hpp"

namespace arigate::ari {
namespace {

enum class Kind : std::uint8_t {
  count,
  fraction,
  hidden,  // Native takes it from inside the driver; no function has it, so here it is 0.
};

struct Member {
  std::string_view name;
  Kind kind;
};

// In native's order.
constexpr std::array<Member, 31> members{{
    {"txcount", Kind::count},
    {"rxcount", Kind::count},
    {"txploss", Kind::count},
    {"rxploss", Kind::count},
    {"local_ssrc", Kind::count},
    {"remote_ssrc", Kind::count},
    {"txoctetcount", Kind::hidden},
    {"rxoctetcount", Kind::hidden},
    {"txjitter", Kind::fraction},
    {"rxjitter", Kind::fraction},
    {"remote_maxjitter", Kind::fraction},
    {"remote_minjitter", Kind::fraction},
    {"remote_normdevjitter", Kind::fraction},
    {"remote_stdevjitter", Kind::fraction},
    {"local_maxjitter", Kind::fraction},
    {"local_minjitter", Kind::fraction},
    {"local_normdevjitter", Kind::fraction},
    {"local_stdevjitter", Kind::fraction},
    {"remote_maxrxploss", Kind::fraction},
    {"remote_minrxploss", Kind::fraction},
    {"remote_normdevrxploss", Kind::fraction},
    {"remote_stdevrxploss", Kind::fraction},
    {"local_maxrxploss", Kind::fraction},
    {"local_minrxploss", Kind::fraction},
    {"local_normdevrxploss", Kind::fraction},
    {"local_stdevrxploss", Kind::fraction},
    {"rtt", Kind::fraction},
    {"maxrtt", Kind::fraction},
    {"minrtt", Kind::fraction},
    {"normdevrtt", Kind::fraction},
    {"stdevrtt", Kind::fraction},
}};

std::string number(const Member& member, std::string_view text) {
  const double value = std::strtod(std::string{text}.c_str(), nullptr);
  if (member.kind != Kind::fraction) return fmt::format("{}", static_cast<long long>(value));
  return value == 0 ? "0.0" : fmt::format("{}", value);
}

}  // namespace

std::vector<std::string_view> rtp_counter_names() {
  std::vector<std::string_view> names;
  for (const auto& member : members) {
    if (member.kind != Kind::hidden) names.push_back(member.name);
  }
  return names;
}

std::string rtp_statistics_json(const ops::RtpCounters& counters, std::string_view channel) {
  std::string body = "{";
  for (const auto& member : members) {
    const auto known = counters.find(std::string{member.name});
    append_json_string(body, member.name);
    body += ':';
    body += number(member, known == counters.end() ? std::string_view{} : known->second);
    body += ',';
  }
  body += "\"channel_uniqueid\":";
  append_json_string(body, channel);
  return body + '}';
}

}  // namespace arigate::ari
