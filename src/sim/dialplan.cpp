#include "sim/dialplan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/number.hpp"
#include "core/text.hpp"

namespace arigate::sim {
namespace {

bool in_set(std::string_view set, char c) {
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      if (c >= set[i] && c <= set[i + 2]) return true;
      i += 2;
    } else if (set[i] == c) {
      return true;
    }
  }
  return false;
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  while (!pattern.empty()) {
    const char p = pattern.front();
    if (p == '!') return true;
    if (p == '.') return !text.empty();
    if (p == '-') {
      pattern.remove_prefix(1);
      continue;
    }
    if (text.empty()) return false;
    const char c = text.front();
    std::size_t used = 1;
    bool ok = p == c;
    if (p == 'X' || p == 'x') ok = c >= '0' && c <= '9';
    if (p == 'Z' || p == 'z') ok = c >= '1' && c <= '9';
    if (p == 'N' || p == 'n') ok = c >= '2' && c <= '9';
    if (p == '[') {
      const auto end = pattern.find(']');
      if (end == std::string_view::npos) return false;
      ok = in_set(pattern.substr(1, end - 1), c);
      used = end + 1;
    }
    if (!ok) return false;
    pattern.remove_prefix(used);
    text.remove_prefix(1);
  }
  return text.empty();
}

/// Splits "name,1,App(data)" at the first `parts - 1` commas.
std::vector<std::string> split_first(std::string_view text, std::size_t parts) {
  std::vector<std::string> found;
  while (found.size() + 1 < parts) {
    const auto comma = text.find(',');
    if (comma == std::string_view::npos) break;
    found.emplace_back(trim(text.substr(0, comma)));
    text.remove_prefix(comma + 1);
  }
  found.emplace_back(trim(text));
  return found;
}

/// "App(data)" or "App".
void set_application(Step& step, std::string_view text) {
  const auto open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) {
    step.application = text;
    return;
  }
  step.application = trim(text.substr(0, open));
  step.data = text.substr(open + 1, text.size() - open - 2);
}

/// "1", "n" or "n(label)"; nullopt when it is neither.
std::optional<int> priority_of(std::string_view text, int previous, std::string& label) {
  const auto open = text.find('(');
  if (open != std::string_view::npos && text.ends_with(')')) {
    label = text.substr(open + 1, text.size() - open - 2);
    text = text.substr(0, open);
  }
  if (text == "n") return previous + 1;
  const auto number = whole_number<int>(text);
  return number && *number >= 1 ? number : std::nullopt;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view extension) {
  if (!pattern.starts_with('_')) return pattern == extension;
  return matches_pattern(pattern.substr(1), extension);
}

Result<Dialplan> Dialplan::parse(std::string_view text) {
  Dialplan plan;
  std::string context;
  std::string pattern;
  int previous = 0;
  int line_number = 0;
  const auto bad = [&](std::string_view what) {
    return Error{Errc::bad_request, fmt::format("dialplan line {}: {}", line_number, what)};
  };
  for (const auto raw : split(text, '\n')) {
    ++line_number;
    const auto line = trim(raw.substr(0, raw.find(';')));
    if (line.empty()) continue;
    if (line.front() == '[') {
      context = line.substr(1, line.find(']') - 1);
      if (context != "globals") plan.context_for_writing(context, false);
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return bad("no '='");
    const auto key = trim(line.substr(0, equals));
    auto value = line.substr(equals + 1);
    if (value.starts_with('>')) value.remove_prefix(1);
    value = trim(value);
    if (context == "globals") {
      plan.globals_.emplace_back(key, value);
      continue;
    }
    if (context.empty() || (key != "exten" && key != "same")) return bad("unknown word");
    auto parts = split_first(value, key == "exten" ? 3 : 2);
    if (key == "exten") {
      pattern = parts.front();
      previous = 0;
      parts.erase(parts.begin());
    }
    if (parts.size() < 2) return bad("priority or application missing");
    if (parts[0] == "hint") {
      plan.hints_.push_back(Hint{context, pattern, parts[1]});
      continue;
    }
    Step step;
    const auto priority = priority_of(parts[0], previous, step.label);
    if (!priority) return bad("bad priority");
    step.priority = previous = *priority;
    set_application(step, parts[1]);
    if (!plan.add(context, pattern, std::move(step))) return bad("priority given twice");
  }
  return plan;
}

const Context* Dialplan::context(std::string_view name) const {
  for (const auto& context : contexts_) {
    if (context.name == name) return &context;
  }
  return nullptr;
}

Context& Dialplan::context_for_writing(std::string_view name, bool runtime) {
  for (auto& context : contexts_) {
    if (context.name == name) return context;
  }
  contexts_.push_back(Context{std::string{name}, {}, runtime});
  return contexts_.back();
}

const Extension* Dialplan::best(std::string_view context_name, std::string_view exten) const {
  const auto* found = context(context_name);
  if (found == nullptr) return nullptr;
  const Extension* by_pattern = nullptr;
  for (const auto& extension : found->extensions) {
    if (extension.pattern == exten) return &extension;  // An exact one beats every pattern.
    // Letters such as h and i are never meant by a pattern.
    if (by_pattern == nullptr && exten.size() > 0 && matches(extension.pattern, exten)) {
      by_pattern = &extension;
    }
  }
  return by_pattern;
}

const Step* Dialplan::find(std::string_view context_name, std::string_view exten,
                           int priority) const {
  const auto* extension = best(context_name, exten);
  if (extension == nullptr) return nullptr;
  for (const auto& step : extension->steps) {
    if (step.priority == priority) return &step;
  }
  return nullptr;
}

std::optional<int> Dialplan::labelled(std::string_view context_name, std::string_view exten,
                                      std::string_view label) const {
  const auto* extension = best(context_name, exten);
  if (extension == nullptr) return std::nullopt;
  for (const auto& step : extension->steps) {
    if (step.label == label) return step.priority;
  }
  return std::nullopt;
}

bool Dialplan::has_context(std::string_view name) const {
  return context(name) != nullptr;
}

bool Dialplan::add(std::string_view context_name, std::string_view pattern, Step step) {
  auto& target = context_for_writing(context_name, step.runtime);
  const auto same = [&](const Extension& extension) { return extension.pattern == pattern; };
  auto found = std::find_if(target.extensions.begin(), target.extensions.end(), same);
  if (found == target.extensions.end()) {
    target.extensions.push_back(Extension{std::string{pattern}, {}});
    found = std::prev(target.extensions.end());
  }
  for (const auto& taken : found->steps) {
    if (taken.priority == step.priority) return false;
  }
  const auto after = [&](const Step& other) { return other.priority > step.priority; };
  found->steps.insert(std::find_if(found->steps.begin(), found->steps.end(), after),
                      std::move(step));
  return true;
}

bool Dialplan::remove(std::string_view context_name, std::string_view pattern,
                      std::optional<int> priority) {
  for (auto& candidate : contexts_) {
    if (candidate.name != context_name) continue;
    for (auto& extension : candidate.extensions) {
      if (extension.pattern != pattern) continue;
      const auto doomed = [&](const Step& step) { return !priority || step.priority == *priority; };
      const auto removed = std::erase_if(extension.steps, doomed);
      std::erase_if(candidate.extensions, [](const Extension& e) { return e.steps.empty(); });
      return removed > 0;
    }
  }
  return false;
}

void Dialplan::reload() {
  for (auto& context : contexts_) {
    for (auto& extension : context.extensions) {
      std::erase_if(extension.steps, [](const Step& step) { return step.runtime; });
    }
    std::erase_if(context.extensions, [](const Extension& e) { return e.steps.empty(); });
  }
  std::erase_if(contexts_, [](const Context& context) { return context.runtime; });
}

}  // namespace arigate::sim
