#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "model/change.hpp"
#include "ops/eventual.hpp"

namespace arigate::ops {

/// Waits for changes of the model. Make the Watch before asking the PBX for what it waits for:
/// otherwise the change may be over already.
class Watches : public model::ChangeSink {
 public:
  using Predicate = std::function<bool(const model::Change&)>;

 private:
  struct Entry {
    Predicate matches;
    Eventual<bool> eventual;
    bool seen = false;
  };

 public:
  /// Listens until it is destroyed. It may be destroyed after the Watches: a coroutine that was
  /// still waiting at the end goes with the executor.
  class Watch {
   public:
    Watch(std::shared_ptr<std::list<Entry>> entries, Predicate matches)
        : entries_{std::move(entries)} {
      place_ = entries_->insert(entries_->end(), Entry{std::move(matches), {}, false});
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() { entries_->erase(place_); }

    /// True when it happened, false at the deadline. Once true, it stays true.
    boost::asio::awaitable<bool> wait(TimePoint deadline) {
      if (place_->seen) co_return true;
      auto eventual = place_->eventual;
      co_return (co_await eventual.wait(deadline)).has_value();
    }

   private:
    std::shared_ptr<std::list<Entry>> entries_;
    std::list<Entry>::iterator place_;
  };

  std::unique_ptr<Watch> watch(Predicate matches) {
    return std::make_unique<Watch>(entries_, std::move(matches));
  }

  /// Ends every wait as if its deadline had come, for the end of the process.
  void cancel_all() {
    for (auto& entry : *entries_) entry.eventual.cancel();
  }

  void on(const model::Change& change, WallTime) override {
    for (auto& entry : *entries_) {
      if (entry.seen || !entry.matches(change)) continue;
      entry.seen = true;
      entry.eventual.set(true);  // The waiter goes on in a later turn: nothing re-enters here.
    }
  }

 private:
  std::shared_ptr<std::list<Entry>> entries_ = std::make_shared<std::list<Entry>>();
};

}  // namespace arigate::ops
