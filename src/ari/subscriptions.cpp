// What the applications are subscribed to.
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "ari/applications.hpp"
#include "ari/replies.hpp"

namespace arigate::ari {
namespace {

namespace json = boost::json;

/// In the order of SourceKind: what a source begins with, and how a subscription to all of a kind
/// is shown and ended natively.
constexpr std::array<std::string_view, source_kinds> schemes{"channel", "bridge", "endpoint",
                                                             "deviceState"};
constexpr std::array<std::string_view, source_kinds> all_topics{
    "__AST_CHANNEL_ALL_TOPIC", "__AST_BRIDGE_ALL_TOPIC", "__AST_ENDPOINT_ALL_TOPIC",
    "__AST_DEVICE_STATE_ALL_TOPIC"};
constexpr std::array<std::string_view, source_kinds> members{"channel_ids", "bridge_ids",
                                                             "endpoint_ids", "device_names"};

/// The types in [{"type":"StasisStart"}, …]; nullopt when it has another form.
std::optional<std::set<std::string, std::less<>>> types_in(const json::value& list) {
  std::set<std::string, std::less<>> types;
  if (!list.is_array()) return std::nullopt;
  for (const auto& entry : list.get_array()) {
    const auto* type = entry.is_object() ? entry.get_object().if_contains("type") : nullptr;
    if (type == nullptr || !type->is_string()) return std::nullopt;
    types.emplace(type->get_string());
  }
  return types;
}

}  // namespace

Result<std::vector<Applications::Source>> Applications::sources_of(
    const std::vector<std::string>& sources) const {
  std::vector<Source> parsed;
  for (const auto& source : sources) {
    const auto colon = source.find(':');
    const auto scheme = std::find(schemes.begin(), schemes.end(), source.substr(0, colon));
    if (colon == std::string::npos || scheme == schemes.end()) {
      return Error{Errc::bad_request, "Invalid event source URI scheme"};
    }
    const auto kind = static_cast<std::size_t>(scheme - schemes.begin());
    auto id = source.substr(colon + 1);
    const bool by_topic = id == all_topics[kind];
    if (by_topic) id.clear();
    parsed.push_back({static_cast<SourceKind>(kind), std::move(id), by_topic});
  }
  return parsed;
}

bool Applications::exists(const Source& source) const {
  if (source.id.empty()) return true;
  switch (source.kind) {
    case SourceKind::channel:
      return store_.find(ChannelId{source.id}) != nullptr;
    case SourceKind::bridge:
      return store_.find(BridgeId{source.id}) != nullptr;
    case SourceKind::endpoint:
      return store_.find_endpoint_named(source.id) != nullptr;
    case SourceKind::device:
      return source.id.size() <= name_bytes_max;  // Any device has a state.
  }
  return false;
}

bool Applications::has_room_for(const Application& application,
                                const std::vector<Source>& sources) const {
  const auto more = std::count_if(sources.begin(), sources.end(), [&](const Source& source) {
    return !source.id.empty() && !application.of(source.kind).contains(source.id);
  });
  return more == 0 || subscriptions_ + static_cast<std::size_t>(more) <= subscriptions_max;
}

Result<void> Applications::subscribe(const AppName& name, const std::vector<std::string>& sources) {
  Application* const application = find(name);
  if (application == nullptr) return Error{Errc::not_found, "Application not found"};
  const auto parsed = sources_of(sources);
  if (!parsed) return parsed.error();
  // All or nothing: look first.
  for (const auto& source : *parsed) {
    if (!exists(source)) return Error{Errc::unprocessable, "Event source does not exist"};
  }
  if (!has_room_for(*application, *parsed)) {
    return Error{Errc::overloaded, "Too many subscriptions"};
  }
  for (const auto& source : *parsed) {
    auto& interests = application->of(source.kind);
    if (source.id.empty() && !interests.all) {
      interests.all = true;
      all_[static_cast<std::size_t>(source.kind)].push_back(application);
    } else {
      interest(*application, source.kind, source.id, 1);
      if (source.kind == SourceKind::device) device_wanted_(source.id);
    }
  }
  return {};
}

Result<void> Applications::unsubscribe(const AppName& name,
                                       const std::vector<std::string>& sources) {
  Application* const application = find(name);
  if (application == nullptr) return Error{Errc::not_found, "Application not found"};
  const auto parsed = sources_of(sources);
  if (!parsed) return parsed.error();
  for (const auto& source : *parsed) {
    const auto& interests = application->of(source.kind);
    // Natively the way back from "channel:" is by the name of the topic alone, as from "bridge:"
    // and "endpoint:"; and a device need not have been subscribed.
    const bool device = source.kind == SourceKind::device;
    if (source.id.empty() && !source.by_topic && !device) {
      return Error{Errc::not_supported, "Method not implemented"};
    }
    const bool had = source.id.empty() ? interests.all : device || interests.contains(source.id);
    if (!had) return Error{Errc::unprocessable, "Event source was not subscribed to"};
  }
  for (const auto& source : *parsed) {
    auto& interests = application->of(source.kind);
    if (source.id.empty()) {
      interests.all = false;
      std::erase(all_[static_cast<std::size_t>(source.kind)], application);
    } else if (interests.contains(source.id)) {
      interest(*application, source.kind, source.id, -1);
    }
  }
  return {};
}

Result<void> Applications::filter(const AppName& name, const json::object& lists) {
  Application* const application = find(name);
  if (application == nullptr) return Error{Errc::not_found, "Application not found"};
  EventFilter& filter = application->filter;
  if (lists.empty()) {
    filter = {};
    return {};
  }
  const auto* allowed = lists.if_contains("allowed");
  const auto* disallowed = lists.if_contains("disallowed");
  auto allowed_types = allowed != nullptr ? types_in(*allowed) : filter.allowed_types;
  auto disallowed_types = disallowed != nullptr ? types_in(*disallowed) : filter.disallowed_types;
  if (!allowed_types || !disallowed_types) {
    return Error{Errc::bad_request, "Invalid format definition"};
  }
  filter.allowed_types = std::move(*allowed_types);
  filter.disallowed_types = std::move(*disallowed_types);
  if (allowed != nullptr) filter.allowed = allowed->get_array();
  if (disallowed != nullptr) filter.disallowed = disallowed->get_array();
  return {};
}

// --- who is told of what ------------------------------------------------------------------------

/// `more` reasons to be told; the last one that goes takes the application off the list.
void Applications::interest(Application& application, SourceKind kind, const std::string& id,
                            int more) {
  auto& [all, counts] = application.of(kind);
  if (all && more > 0) return;  // As natively: nothing to add to that.
  const auto [place, fresh] = counts.try_emplace(id, 0);
  place->second += more;
  auto& by_id = by_id_[static_cast<std::size_t>(kind)];
  if (place->second > 0) {
    if (fresh) {
      by_id[id].push_back(&application);
      ++subscriptions_;
    }
    return;
  }
  counts.erase(place);
  const auto listeners = by_id.find(id);
  if (fresh || listeners == by_id.end()) return;
  subscriptions_ -= std::erase(listeners->second, &application);
  if (listeners->second.empty()) by_id.erase(listeners);
}

/// The thing is gone.
void Applications::drop_interest(SourceKind kind, const std::string& id) {
  auto listeners = by_id_[static_cast<std::size_t>(kind)].extract(id);
  if (listeners.empty()) return;
  subscriptions_ -= listeners.mapped().size();
  for (Application* application : listeners.mapped()) {
    auto& counts = application->of(kind).counts;
    if (const auto place = counts.find(id); place != counts.end()) counts.erase(place);
    drop_if_over(*application);
  }
}

std::vector<std::string> Applications::devices(std::size_t most) const {
  std::vector<std::string_view> names;
  for (const auto& [name, listeners] : by_id_[static_cast<std::size_t>(SourceKind::device)]) {
    names.push_back(name);
  }
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), most));
  std::partial_sort(names.begin(), end, names.end());  // The same ones each time.
  return {names.begin(), end};
}

void Applications::follow(const AppName& name, const ChannelId& channel) {
  // As native: an application that is not there follows nothing.
  if (Application* const application = find(name); application != nullptr) {
    interest(*application, SourceKind::channel, channel.value, 1);
  }
}

void Applications::follow_when_dialled(const AppName& application, const ChannelId& channel) {
  awaited_.insert_or_assign(channel, application);
}

// --- as ARI shows them --------------------------------------------------------------------------

std::optional<std::string> Applications::json(const AppName& name) const {
  const auto* application = find(name);
  if (application == nullptr) return std::nullopt;
  std::string out;
  append_json(out, *application);
  return out;
}

std::string Applications::list_json() const {
  std::string out = "[";
  for (const auto& [name, application] : apps_) {
    if (out.size() > 1) out += ',';
    append_json(out, *application);
  }
  return out + ']';
}

void Applications::append_json(std::string& out, const Application& application) const {
  out += "{\"name\":";
  append_json_string(out, application.name.value);
  for (std::size_t kind = 0; kind < source_kinds; ++kind) {
    const auto& interests = application.interests[kind];
    out.append(",\"").append(members[kind]).append("\":[");
    if (interests.all) append_json_string(out, all_topics[kind]);
    for (const auto& [id, count] : interests.counts) {
      if (out.back() != '[') out += ',';
      append_json_string(out, id);
    }
    out += ']';
  }
  out.append(",\"events_allowed\":").append(json::serialize(application.filter.allowed));
  out.append(",\"events_disallowed\":").append(json::serialize(application.filter.disallowed));
  out += '}';
}

}  // namespace arigate::ari
