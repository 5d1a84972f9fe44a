#include "app/pbx_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>

#include "core/text.hpp"

namespace arigate::app {
namespace {

boost::asio::awaitable<std::string> command(ops::World& world, std::string text) {
  const auto answer = co_await world.ami.request(ami::Action{"Command"}.add("Command", text),
                                                 world.in(world.timeouts.action), "");
  co_return answer ? std::string{answer->output()} : std::string{};
}

/// What stands between two words of "Asterisk V built by U @ H on a M running O on D".
std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const auto start = text.find(before);
  if (start == std::string_view::npos) return {};
  const auto from = start + before.size();
  const auto end = text.find(after, from);
  return std::string{text.substr(from, end == std::string_view::npos ? end : end - from)};
}

/// "2026-11-23" and "16:14:58", local to the PBX, as ARI writes times.
std::string iso_time(std::string_view date, std::string_view time) {
  if (date.empty() || time.empty()) return {};
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  const long minutes = parts.tm_gmtoff / 60;
  return fmt::format("{}T{}.000{}{:02}{:02}", date, time, minutes < 0 ? '-' : '+',
                     std::abs(minutes) / 60, std::abs(minutes) % 60);
}

}  // namespace

bool receives_digits(std::string_view version) {
  constexpr int unknown = -1;
  const auto number = [&version] {
    int value = unknown;
    const auto [end, error] =
        std::from_chars(version.data(), version.data() + version.size(), value);
    version.remove_prefix(static_cast<std::size_t>(end - version.data()));
    if (version.starts_with('.')) version.remove_prefix(1);
    return error == std::errc{} ? value : unknown;
  };
  version.remove_prefix(std::min(version.find_first_of("0123456789"), version.size()));
  const int major = number();
  const int minor = number();
  if (major == unknown || minor == unknown || major >= 18) return true;
  if (major == 13) return minor >= 30;
  if (major == 16) return minor >= 7;
  return major == 17 && minor >= 1;
}

std::string invented_entity_id(std::string_view seed) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char c : seed) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", hash & 255U, hash >> 8U & 255U,
                     hash >> 16U & 255U, hash >> 24U & 255U, hash >> 32U & 255U);
}

boost::asio::awaitable<ari::PbxFacts> read_pbx_facts(ops::World& world) {
  ari::PbxFacts facts;
  const auto settings =
      co_await world.ami.request(ami::Action{"CoreSettings"}, world.in(world.timeouts.action), "");
  if (settings) {
    facts.version = (*settings)[ami::Key::asteriskversion];
    facts.system_name = (*settings)[ami::Key::systemname];
    facts.max_calls = (*settings)[ami::Key::coremaxcalls];
    facts.max_load = (*settings)[ami::Key::coremaxloadavg];
    facts.run_user = (*settings)[ami::Key::corerunuser];
    facts.run_group = (*settings)[ami::Key::corerungroup];
  }
  const auto status =
      co_await world.ami.request(ami::Action{"CoreStatus"}, world.in(world.timeouts.action), "");
  if (status) {
    const auto& told = *status;
    facts.startup_time = iso_time(told[ami::Key::corestartupdate], told[ami::Key::corestartuptime]);
    facts.reload_time = iso_time(told[ami::Key::corereloaddate], told[ami::Key::corereloadtime]);
    if (facts.reload_time.empty()) facts.reload_time = facts.startup_time;
  }
  auto version = co_await command(world, "core show version");
  version.resize(std::min(version.find('\n'), version.size()));
  facts.build_user = between(version, "built by ", " @");
  facts.build_machine = between(version, " on a ", " running");
  facts.build_os = between(version, " running ", " on ");
  if (const auto last = version.rfind(" on "); !version.ends_with(facts.build_os)) {
    facts.build_date = version.substr(last + 4);
  }
  const auto core = co_await command(world, "core show settings");
  facts.entity_id = std::string{trim(between(core, "Entity ID:", "\n"))};
  facts.build_options = std::string{trim(between(core, "Build Options:", "\n"))};
  const std::string language{trim(between(core, "Default language:", "\n"))};
  if (!language.empty()) facts.default_language = language;
  co_return facts;
}

}  // namespace arigate::app
