#include "ops/abilities.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace arigate::ops {
namespace {

bool holds(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool Abilities::lacks_module(std::string_view name) const {
  const auto found = modules_.find(name);
  return found != modules_.end() && !found->second;
}

bool Abilities::lacks_write_class(std::string_view name) const {
  return !classes_.empty() && !holds(classes_, name) && !holds(classes_, "all");
}

std::vector<std::string> write_classes_in(const ami::Message& list_of_actions) {
  constexpr std::string_view opening = "(Priv: ";
  std::vector<std::string> granted;
  for (const auto& line : list_of_actions.headers()) {
    // "Redirect: Redirect (transfer) a call.  (Priv: call,all)"
    const auto start = line.value.rfind(opening);
    if (start == std::string_view::npos || !line.value.ends_with(')')) continue;
    const auto from = start + opening.size();
    std::vector<std::string> classes;
    for (const auto part : split(line.value.substr(from, line.value.size() - from - 1), ',')) {
      if (const auto word = trim(part); word != "all") classes.emplace_back(word);
    }
    if (classes.size() == 1 && !holds(granted, classes.front())) {
      granted.push_back(classes.front());
    }
  }
  // Not every version has an action for `reporting` alone, and `system` or `call` can do what it
  // can: not a thing to complain of.
  if (holds(granted, "system") || holds(granted, "call")) granted.emplace_back("reporting");
  return granted;
}

boost::asio::awaitable<Abilities> read_abilities(AmiPort& ami, std::vector<std::string> modules,
                                                 TimePoint deadline) {
  Abilities abilities;
  const auto listed = co_await ami.request(ami::Action{"ListCommands"}, deadline, "");
  if (listed) abilities.set_write_classes(write_classes_in(*listed));
  for (const auto& module : modules) {
    const auto answer = co_await ami.request(
        ami::Action{"ModuleCheck"}.add("Module", module + ".so"), deadline, "");
    if (!answer && answer.error().code != Errc::refused_by_pbx) break;
    abilities.set_module(module, answer.has_value());
  }
  co_return abilities;
}

}  // namespace arigate::ops
