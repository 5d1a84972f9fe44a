#include "replay/recorded_lists.hpp"

#include <string_view>
#include <utility>

namespace arigate::replay {
namespace {

using ami::Key;

/// A PBX that says that it shuts down closes its links within this time, or it did not say it.
constexpr std::chrono::seconds shutdown_limit{10};
/// Where old channels carry the id that an arigate gave them.
constexpr std::string_view carried_id = "ARIGATE_CHANNEL";
/// How long a list of channels waits for that of bridges, which is asked for behind it.
constexpr std::chrono::seconds bridges_wait{1};

}  // namespace

void RecordedLists::link_up() {
  before_link_ = reconciler_.serial();
  shutdown_told_.reset();
}

void RecordedLists::link_down(WallTime now) {
  if (channels_ && channels_->whole) apply(now);
  abandon();
  const bool shut_down = shutdown_told_ && now - *shutdown_told_ < shutdown_limit;
  shutdown_told_.reset();
  if (shut_down) reconciler_.end_all(reconciler_.serial(), now);
}

void RecordedLists::asked(const ami::AskedAction& action) {
  using Kind = ami::AskedAction::Kind;
  const std::string id{action.id()};
  if (id.empty()) return;
  const auto kind = action.kind();
  if (kind == Kind::list_channels) {
    abandon();
    channels_ = List{id, {}};
    reconciler_.begin_list();
  } else if (kind == Kind::list_bridges) {
    bridges_ = List{id, {}};
  } else if (kind == Kind::status && action["Variables"] == carried_id) {
    ids_ = List{id, {}};
  } else if (kind == Kind::core_status) {
    status_id_ = id;
  }
}

bool RecordedLists::take(const ami::Message& message, WallTime now) {
  const auto id = message[Key::actionid];
  if (id.empty()) return false;
  if (message.is_response() && id == status_id_) {
    take_started(message, now);
    return true;
  }
  for (auto* list : {&channels_, &bridges_, &ids_}) {
    if (*list && !(*list)->whole && (*list)->id == id) return take_row(**list, message, now);
  }
  return false;
}

bool RecordedLists::take_row(List& list, const ami::Message& message, WallTime now) {
  const bool of_channels = channels_ && &list == &*channels_;
  if (message.is_response()) {
    if (message[Key::response] != "Error") return true;
    if (of_channels) {
      abandon();
    } else {
      list.whole = list.refused = true;
    }
  } else if (message[Key::eventlist] == "Complete" || message[Key::event].ends_with("Complete")) {
    list.whole = true;
    if (of_channels) whole_since_ = now;
  } else if (list.rows.size() < rows_max) {
    list.rows.push_back(message.copy());
    return true;
  } else {
    abandon();
    return true;
  }
  const bool rest = (bridges_ && bridges_->whole) || (ids_ && ids_->whole);
  if (channels_ && channels_->whole && rest) apply(now);
  return true;
}

/// A PBX that was started anew has none of the channels that were known.
void RecordedLists::take_started(const ami::Message& answer, WallTime now) {
  std::string started{answer[Key::corestartupdate]};
  started.append(" ").append(answer[Key::corestartuptime]);
  const std::string earlier = std::exchange(started_, started);
  if (earlier.empty() || started == " " || earlier == started) return;
  reconciler_.end_all(before_link_, now);
}

void RecordedLists::applied(const ami::Message& event, WallTime now) {
  if (event.event() == ami::EventName::shutdown) shutdown_told_ = now;
}

void RecordedLists::pass_time(WallTime now) {
  if (channels_ && channels_->whole && now - whole_since_ >= bridges_wait) apply(now);
}

void RecordedLists::apply(WallTime now) {
  const auto channels = std::exchange(channels_, std::nullopt);
  const auto bridges = std::exchange(bridges_, std::nullopt);
  const auto ids = std::exchange(ids_, std::nullopt);
  const std::string begin = std::string{carried_id} + "=";
  for (const auto& row : ids ? ids->rows : std::vector<ami::Message>{}) {
    for (const auto& header : row.headers()) {
      if (header.key != Key::variable || !header.value.starts_with(begin)) continue;
      const auto id = header.value.substr(begin.size());
      if (!id.empty() && id != "(null)") {
        reconciler_.remember_id(row[Key::uniqueid], ChannelId{std::string{id}});
      }
    }
  }
  const bool listed = bridges && bridges->whole && !bridges->refused;
  reconciler_.apply_list(channels->rows, listed ? &bridges->rows : nullptr, now);
}

void RecordedLists::abandon() {
  if (channels_) reconciler_.abandon_list();
  channels_.reset();
  bridges_.reset();
  ids_.reset();
}

}  // namespace arigate::replay
