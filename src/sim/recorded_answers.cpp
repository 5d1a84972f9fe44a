#include "sim/recorded_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "trace/secret_mask.hpp"

namespace arigate::sim {
namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

/// Name and headers without the ActionID, in one order. Secrets are as a capture has them: any is
/// that which was asked.
std::multiset<std::string> headers_of(const Request& request) {
  std::multiset<std::string> headers;
  trace::SecretScanner scanner{true};
  for (const auto& [name, value] : request.headers) {
    const auto key = lower(name);
    std::string line;
    scanner.feed(key + ":" + value + "\n", line);
    if (key == "actionid" || key.empty()) continue;
    const auto shown =
        trim(std::string_view{line}.substr(key.size() + 1, line.size() - key.size() - 2));
    headers.insert(key + ": " + (key == "action" ? lower(shown) : std::string{shown}));
  }
  return headers;
}

std::string content_of(const Request& request) {
  return fmt::format("{}", fmt::join(headers_of(request), "\n"));
}

/// "\"a: 1\" instead of \"a: 2\"": the first headers that only one of the two has.
std::string difference(const Request& asked, const Request& recorded) {
  const auto ours = headers_of(asked);
  const auto theirs = headers_of(recorded);
  const auto only_in = [](const auto& some, const auto& others) {
    std::vector<std::string> found;
    std::set_difference(some.begin(), some.end(), others.begin(), others.end(),
                        std::back_inserter(found));
    return found.empty() ? std::string{"nothing"} : "\"" + found.front() + "\"";
  };
  return fmt::format("it has {} where {} was asked", only_in(theirs, ours), only_in(ours, theirs));
}

std::size_t common_headers(const Request& left, const Request& right) {
  const auto ours = headers_of(left);
  const auto theirs = headers_of(right);
  std::vector<std::string> common;
  std::set_intersection(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                        std::back_inserter(common));
  return common.size();
}

}  // namespace

RecordedAnswers::RecordedAnswers(const RecordedScript& script)
    : script_{script}, asked_(script.actions.size()) {
  for (const auto& action : script.actions) {
    if (!is_housekeeping(action.request["Action"])) {
      by_content_[content_of(action.request)].actions.push_back(&action);
    }
  }
}

Result<const RecordedAction*> RecordedAnswers::find(const Request& request) {
  const auto found = by_content_.find(content_of(request));
  if (found == by_content_.end()) return no_answer(request);
  auto& same = found->second;
  const auto* action = same.actions[std::min(same.next, same.actions.size() - 1)];
  ++same.next;
  asked_[static_cast<std::size_t>(action - script_.actions.data())] = true;
  const auto recorded_id = action->request["ActionID"];
  if (!recorded_id.empty()) {
    client_ids_.insert_or_assign(std::string{recorded_id}, std::string{request["ActionID"]});
  }
  return action;
}

std::string_view RecordedAnswers::client_id(std::string_view recorded_id) const {
  const auto found = client_ids_.find(recorded_id);
  return found == client_ids_.end() ? recorded_id : std::string_view{found->second};
}

Error RecordedAnswers::no_answer(const Request& request) const {
  const auto name = request["Action"];
  const RecordedAction* nearest = nullptr;
  std::size_t most = 0;
  for (const auto& action : script_.actions) {
    if (!iequals(action.request["Action"], name)) continue;
    const auto common = common_headers(action.request, request);
    if (nearest != nullptr && common <= most) continue;
    nearest = &action;
    most = common;
  }
  if (nearest != nullptr) {
    return {Errc::not_found, fmt::format("{}: the {} here is another: {}", nearest->place.text(),
                                         name, difference(request, nearest->request))};
  }
  const auto place =
      script_.actions.empty() ? CapturePlace{"the capture", 1} : script_.actions.front().place;
  return {Errc::not_found,
          fmt::format("{}: no {} from here to the end: {}", place.text(),
                      name.empty() ? "action" : name, fmt::join(headers_of(request), ", "))};
}

Result<const RecordedSession::Command*> RecordedReplies::find(std::string_view command) {
  const RecordedSession::Command* expected = nullptr;
  const RecordedSession::Command* again = nullptr;
  for (std::size_t i = 0; i < session_.commands.size(); ++i) {
    const auto& recorded = session_.commands[i];
    if (recorded.text == command && !used_[i]) {
      used_[i] = true;
      return &recorded;
    }
    if (recorded.text == command) again = &recorded;
    if (!used_[i] && expected == nullptr) expected = &recorded;
  }
  if (again != nullptr) return again;
  if (expected == nullptr) {
    return Error{Errc::not_found, fmt::format("{}: no further command on {}: {}",
                                              session_.place.text(), session_.link, command)};
  }
  return Error{Errc::not_found,
               fmt::format("{}: the command on {} is \"{}\", asked was \"{}\"",
                           expected->place.text(), session_.link, expected->text, command)};
}

}  // namespace arigate::sim
