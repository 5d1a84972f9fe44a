#include "replay/comparison.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <span>
#include <utility>

#include "replay/ari_time.hpp"
#include "replay/known_differences.hpp"

namespace arigate::replay {
namespace {

namespace dom = simdjson::dom;

using Fields = std::vector<std::pair<std::string, std::string>>;  // sorted by path

/// One event as it is compared.
struct Flat {
  std::string type;
  std::string object;
  std::string step;  ///< Two events of an object with the same step are the same part of its story.
  Fields fields;
};

void flatten(dom::element value, const std::string& path, Fields& out) {
  dom::object object;
  if (value.get(object) == simdjson::SUCCESS) {
    for (const auto [name, member] : object) {
      flatten(member, path.empty() ? std::string{name} : path + "." + std::string{name}, out);
    }
    return;
  }
  dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    out.emplace_back(path, simdjson::minify(value));
    return;
  }
  std::vector<std::string> members;
  for (const dom::element member : array) members.push_back(simdjson::minify(member));
  // Native lists the members of a bridge in the order of a hash.
  if (path.ends_with("channels") || path.ends_with("_ids")) {
    std::sort(members.begin(), members.end());
  }
  out.emplace_back(path, fmt::format("[{}]", fmt::join(members, ",")));
}

std::string text_at(dom::element event, std::string_view pointer) {
  std::string_view text;
  return event.at_pointer(pointer).get(text) == simdjson::SUCCESS ? std::string{text} : "";
}

std::string object_of(dom::element event) {
  for (const auto* pointer :
       {"/playback/id", "/recording/name", "/channel/id", "/peer/id", "/bridge/id",
        "/transferer_first_leg/id", "/device_state/name", "/endpoint/resource"}) {
    if (auto id = text_at(event, pointer); !id.empty()) return id;
  }
  return "";
}

std::string step_of(const std::string& type, dom::element event) {
  std::string step = type;
  for (const auto* member : {"/variable", "/dialstatus", "/digit", "/dialplan_app", "/eventname"}) {
    step.append(" ").append(text_at(event, member));
  }
  if (type == "ChannelStateChange") step += text_at(event, "/channel/state");
  return step;
}

std::vector<Flat> read(const std::vector<std::string>& texts) {
  std::vector<Flat> events;
  dom::parser parser;
  for (const auto& text : texts) {
    dom::element event;
    if (parser.parse(text).get(event) != simdjson::SUCCESS || !event.is_object()) continue;
    Flat flat;
    flat.type = text_at(event, "/type");
    flat.object = object_of(event);
    flat.step = step_of(flat.type, event);
    flatten(event, "", flat.fields);
    std::erase_if(flat.fields, [](const auto& field) { return field.first == "timestamp"; });
    std::sort(flat.fields.begin(), flat.fields.end());
    events.push_back(std::move(flat));
  }
  return events;
}

/// Of "\"2026-11-23T16:20:37.647+0000\"".
std::optional<double> seconds_in(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') return std::nullopt;
  return seconds_of(json.substr(1, json.size() - 2));
}

bool same_value(const std::string& path, const std::string& native, const std::string& ours) {
  if (native == ours) return true;
  if (!path.ends_with("creationtime")) return false;
  // AMI does not tell it: the arrival of the first event stands for it, and native's own clock may
  // run a second beside it (seen: 0.8 % of 6,924 channels).
  constexpr double tolerance_s = 2.5;
  const auto left = seconds_in(native);
  const auto right = seconds_in(ours);
  return left && right && std::abs(*left - *right) <= tolerance_s;
}

/// (path, native, ours) of all that differ; "" stands for an absent field.
std::vector<Difference> field_differences(const Flat& native, const Flat& ours) {
  std::vector<Difference> found;
  const auto add = [&](const std::string& path, const std::string& left, const std::string& right) {
    if (same_value(path, left, right)) return;
    found.push_back({Difference::Kind::field, native.type, native.object, path, left, right});
  };
  auto left = native.fields.begin();
  auto right = ours.fields.begin();
  while (left != native.fields.end() || right != ours.fields.end()) {
    if (right == ours.fields.end() || (left != native.fields.end() && left->first < right->first)) {
      add(left->first, left->second, "");
      ++left;
    } else if (left == native.fields.end() || right->first < left->first) {
      add(right->first, "", right->second);
      ++right;
    } else {
      add(left->first, left->second, right->second);
      ++left;
      ++right;
    }
  }
  return found;
}

using Steps = std::span<const std::uint32_t>;  ///< Each has a number.
using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

/// Pairs of indices that keep both orders and are as many as possible. The memory is the product of
/// both lengths.
Pairs aligned_whole(Steps native, Steps ours) {
  const std::size_t rows = native.size() + 1;
  const std::size_t columns = ours.size() + 1;
  std::vector<std::uint32_t> longest(rows * columns, 0);
  const auto at = [&](std::size_t row, std::size_t column) -> std::uint32_t& {
    return longest[row * columns + column];
  };
  for (std::size_t row = native.size(); row-- > 0;) {
    for (std::size_t column = ours.size(); column-- > 0;) {
      at(row, column) = native[row] == ours[column]
                            ? at(row + 1, column + 1) + 1
                            : std::max(at(row + 1, column), at(row, column + 1));
    }
  }
  Pairs pairs;
  for (std::size_t row = 0, column = 0; row < native.size() && column < ours.size();) {
    if (native[row] == ours[column]) {
      pairs.emplace_back(row++, column++);
    } else if (at(row + 1, column) >= at(row, column + 1)) {
      ++row;
    } else {
      ++column;
    }
  }
  return pairs;
}

/// The same for any length: where both differ over more than a window, what is found in its first
/// half counts, and the next window begins behind that.
Pairs aligned(Steps native, Steps ours) {
  std::size_t same_end = 0;
  while (same_end < std::min(native.size(), ours.size()) &&
         native[native.size() - same_end - 1] == ours[ours.size() - same_end - 1]) {
    ++same_end;
  }
  const std::size_t native_end = native.size() - same_end;
  const std::size_t ours_end = ours.size() - same_end;
  Pairs pairs;
  std::size_t left = 0, right = 0;
  while (left < native_end && right < ours_end) {
    if (native[left] == ours[right]) {
      pairs.emplace_back(left++, right++);
      continue;
    }
    const std::size_t rows = std::min(alignment_window, native_end - left);
    const std::size_t columns = std::min(alignment_window, ours_end - right);
    const bool last = left + rows == native_end && right + columns == ours_end;
    const std::size_t half = last ? alignment_window : alignment_window / 2;
    std::size_t next_left = left + std::min(half, rows);
    std::size_t next_right = right + std::min(half, columns);
    for (const auto& [row, column] :
         aligned_whole(native.subspan(left, rows), ours.subspan(right, columns))) {
      if (row >= half || column >= half) {
        next_left = left + row;
        next_right = right + column;
        break;
      }
      pairs.emplace_back(left + row, right + column);
    }
    left = next_left;
    right = next_right;
  }
  for (; same_end > 0; --same_end) {
    pairs.emplace_back(native.size() - same_end, ours.size() - same_end);
  }
  return pairs;
}

/// Compares the events of one object and adds to the whole.
class ObjectComparison {
 public:
  explicit ObjectComparison(Comparison& whole) : whole_{whole} {}

  void run(const std::vector<const Flat*>& native, const std::vector<const Flat*>& ours) {
    std::vector<bool> native_done(native.size());
    std::vector<bool> ours_done(ours.size());
    std::map<std::string_view, std::uint32_t> numbers;
    const auto steps_of = [&numbers](const std::vector<const Flat*>& events) {
      std::vector<std::uint32_t> steps;
      for (const auto* event : events) {
        const auto next = static_cast<std::uint32_t>(numbers.size());
        steps.push_back(numbers.emplace(event->step, next).first->second);
      }
      return steps;
    };
    for (const auto& [left, right] : aligned(steps_of(native), steps_of(ours))) {
      compare_pair(*native[left], *ours[right], false);
      native_done[left] = ours_done[right] = true;
    }
    std::map<std::string_view, std::deque<std::size_t>> others;  // By step, in their order.
    for (std::size_t right = 0; right < ours.size(); ++right) {
      if (!ours_done[right]) others[ours[right]->step].push_back(right);
    }
    for (std::size_t left = 0; left < native.size(); ++left) {
      if (native_done[left]) continue;
      const auto same = others.find(native[left]->step);
      if (same == others.end() || same->second.empty()) {
        lone(Difference::Kind::missing, *native[left]);
        continue;
      }
      const std::size_t right = same->second.front();
      same->second.pop_front();
      ours_done[right] = true;
      compare_pair(*native[left], *ours[right], true);
    }
    for (std::size_t right = 0; right < ours.size(); ++right) {
      if (!ours_done[right]) lone(Difference::Kind::extra, *ours[right]);
    }
  }

 private:
  void compare_pair(const Flat& native, const Flat& ours, bool moved) {
    Tally& tally = whole_.types[native.type];
    ++tally.native;
    auto differences = field_differences(native, ours);
    if (moved) {
      differences.push_back(
          {Difference::Kind::moved, native.type, native.object, {}, {}, native.step});
    }
    explain(differences);
    if (differences.empty()) {
      ++tally.equal;
    } else if (std::all_of(differences.begin(), differences.end(),
                           [](const auto& one) { return one.reason == Reason::untold_field; })) {
      ++tally.untold;
    } else {
      const bool field = std::any_of(differences.begin(), differences.end(), [](const auto& one) {
        return one.kind == Difference::Kind::field;
      });
      ++(field ? tally.different : tally.moved);
    }
    keep(std::move(differences));
  }

  void lone(Difference::Kind kind, const Flat& event) {
    Tally& tally = whole_.types[event.type];
    std::vector<Difference> differences{{kind, event.type, event.object, {}, {}, event.step}};
    explain(differences);
    if (kind == Difference::Kind::extra) {
      ++tally.extra;
    } else if (differences.front().reason == Reason::own_object) {
      ++tally.own;
    } else {
      ++tally.native;
      ++tally.missing;
    }
    keep(std::move(differences));
  }

  void keep(std::vector<Difference> differences) {
    if (differences.empty()) return;
    const bool all = std::none_of(differences.begin(), differences.end(),
                                  [](const auto& one) { return one.reason == Reason::none; });
    if (all) {
      ++whole_.explained[differences.back().why];
    } else {
      ++whole_.unexplained;
    }
    std::move(differences.begin(), differences.end(), std::back_inserter(whole_.differences));
  }

  Comparison& whole_;
};

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  native += other.native;
  own += other.own;
  untold += other.untold;
  equal += other.equal;
  different += other.different;
  moved += other.moved;
  missing += other.missing;
  extra += other.extra;
  return *this;
}

double Tally::percent() const {
  if (native == 0) return 100;
  return 100.0 * static_cast<double>(equal + untold) / static_cast<double>(native);
}

Tally Comparison::total() const {
  Tally sum;
  for (const auto& [type, tally] : types) sum += tally;
  return sum;
}

std::string table_of(const std::map<std::string, Tally>& types) {
  std::string table = fmt::format("{:26}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}\n", "", "native",
                                  "equal", "untold", "differ", "moved", "missing", "extra", "own");
  const auto add = [&](std::string_view name, const Tally& tally) {
    table += fmt::format("{:26}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}\n", name, tally.native,
                         tally.equal, tally.untold, tally.different, tally.moved, tally.missing,
                         tally.extra, tally.own);
  };
  Tally sum;
  for (const auto& [type, tally] : types) {
    add(type, tally);
    sum += tally;
  }
  add("all", sum);
  return table;
}

std::string text_of(const Difference& difference) {
  switch (difference.kind) {
    case Difference::Kind::field:
      return fmt::format("{} of {}: {} is {}, ours {}", difference.type, difference.object,
                         difference.field, difference.native.empty() ? "absent" : difference.native,
                         difference.ours.empty() ? "absent" : difference.ours);
    case Difference::Kind::moved:
      return fmt::format("{} of {}: at another place", difference.ours, difference.object);
    case Difference::Kind::missing:
      return fmt::format("{} of {}: missing", difference.ours, difference.object);
    case Difference::Kind::extra:
      return fmt::format("{} of {}: not sent by native", difference.ours, difference.object);
  }
  return {};
}

Comparison compare(const std::vector<std::string>& native, const std::vector<std::string>& ours) {
  const auto left = read(native);
  const auto right = read(ours);
  struct Both {
    std::vector<const Flat*> native, ours;
  };
  std::map<std::string_view, Both> objects;
  for (const auto& event : left) objects[event.object].native.push_back(&event);
  for (const auto& event : right) objects[event.object].ours.push_back(&event);
  Comparison comparison;
  ObjectComparison by_object{comparison};
  for (const auto& [object, both] : objects) by_object.run(both.native, both.ours);
  return comparison;
}

}  // namespace arigate::replay
