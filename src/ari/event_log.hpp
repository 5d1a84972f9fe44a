#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/ids.hpp"

namespace arigate::ari {

/// The last events of one application, so that a client that comes back gets what it missed.
///
/// Each event has a token, "EPOCH.NUMBER". The epoch is of this log: a token of an earlier process
/// or of a log that was dropped is not taken for one of this.
class EventLog {
 public:
  struct Limits {
    std::size_t events_max = 1'000;
    std::size_t bytes_max = std::size_t{1024} * 1024;
    std::chrono::milliseconds keep{600'000};  ///< After its last client has gone.
  };

  EventLog(Limits limits, std::uint64_t epoch) : limits_{limits}, epoch_{epoch} {}

  /// The token of the event that comes next.
  std::string next_token() const { return token(last_ + 1); }
  /// The token of the newest event; of none yet at the beginning.
  std::string last_token() const { return token(last_); }

  /// `about`: the channel that the event is about; "" for none.
  void append(std::string event, ChannelId about);

  /// What came after `token`, as numbers [first, last] for each(); nullopt when it cannot be told,
  /// because the token is not of this log or the next event is no longer there.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> after(std::string_view token) const;
  template <class Visit>
  void each(std::uint64_t first, std::uint64_t last, Visit visit) const {
    for (auto number = first; number <= last; ++number) {
      const auto& entry = entries_[static_cast<std::size_t>(number - first_number())];
      visit(entry.event, entry.about);
    }
  }

  const Limits& limits() const { return limits_; }
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string event;
    ChannelId about;
  };
  std::string token(std::uint64_t number) const;
  std::uint64_t first_number() const { return last_ + 1 - entries_.size(); }

  Limits limits_;
  std::uint64_t epoch_;
  std::uint64_t last_ = 0;  ///< Number of the newest event; the first one is 1.
  std::size_t bytes_ = 0;
  std::deque<Entry> entries_;
};

}  // namespace arigate::ari
