#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/privilege.hpp"

namespace arigate::sim {

/// Somebody who gets events: one AMI session.
class EventReader {
 public:
  virtual ~EventReader() = default;
  virtual void on_event(Privilege privilege, std::string_view bytes) = 0;
};

/// Hands every event to the sessions. Readers are owned elsewhere and leave before they die.
class EventHub {
 public:
  void join(EventReader& reader) { readers_.push_back(&reader); }
  void leave(EventReader& reader) { std::erase(readers_, &reader); }

  void publish(Privilege privilege, std::string_view bytes) {
    const auto readers = readers_;  // A reader may leave while it gets its event.
    for (auto* reader : readers) reader->on_event(privilege, bytes);
  }

 private:
  std::vector<EventReader*> readers_;
};

}  // namespace arigate::sim
