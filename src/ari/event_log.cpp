#include "ari/event_log.hpp"

#include "core/number.hpp"

namespace arigate::ari {
std::string EventLog::token(std::uint64_t number) const {
  return std::to_string(epoch_) + '.' + std::to_string(number);
}

void EventLog::append(std::string event, ChannelId about) {
  ++last_;
  bytes_ += event.size();
  entries_.push_back({std::move(event), std::move(about)});
  while (!entries_.empty() &&
         (entries_.size() > limits_.events_max || bytes_ > limits_.bytes_max)) {
    bytes_ -= entries_.front().event.size();
    entries_.pop_front();
  }
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> EventLog::after(
    std::string_view token) const {
  const auto dot = token.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto epoch = whole_number<std::uint64_t>(token.substr(0, dot));
  const auto number = whole_number<std::uint64_t>(token.substr(dot + 1));
  if (!epoch || !number || *epoch != epoch_ || *number > last_) return std::nullopt;
  if (*number + 1 < first_number()) return std::nullopt;
  return std::pair{*number + 1, last_};
}

}  // namespace arigate::ari
