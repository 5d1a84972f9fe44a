#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ami/asked_action.hpp"
#include "ami/message.hpp"
#include "core/clock.hpp"
#include "model/reconciler.hpp"
#include "model/store.hpp"

namespace arigate::replay {

/// What keeps the model like the PBX beside its events, as the running program does: lists of
/// channels and bridges that were asked for while it was recorded, breaks of the link, and restarts
/// of the PBX.
class RecordedLists {
 public:
  /// A longer list changes nothing.
  static constexpr std::size_t rows_max = model::Store::channels_max;

  explicit RecordedLists(model::Reconciler& reconciler) : reconciler_{reconciler} {}

  void link_up();
  void link_down(WallTime now);
  void asked(const ami::AskedAction& action);
  /// True when it answers something that was asked here, and so is no event.
  bool take(const ami::Message& message, WallTime now);
  /// An event that the model has taken.
  void applied(const ami::Message& event, WallTime now);
  /// Nothing came for a while, so nothing more of a list.
  void pass_time(WallTime now);

 private:
  /// One list; its rows come under the ActionID.
  struct List {
    std::string id;
    std::vector<ami::Message> rows;
    bool whole = false;
    bool refused = false;
  };

  bool take_row(List& list, const ami::Message& message, WallTime now);
  void take_started(const ami::Message& answer, WallTime now);
  void apply(WallTime now);
  void abandon();

  model::Reconciler& reconciler_;
  std::optional<List> channels_;
  std::optional<List> bridges_;
  std::optional<List> ids_;        ///< Status with the ids that old channels carry.
  WallTime whole_since_{};         ///< All rows of `channels_` are there.
  std::string status_id_;          ///< ActionID of CoreStatus.
  std::string started_;            ///< When the PBX was started, in its own words.
  std::uint64_t before_link_ = 0;  ///< Last event before this link came up.
  std::optional<WallTime> shutdown_told_;
};

}  // namespace arigate::replay
