#include "ami/message.hpp"

namespace arigate::ami {

Message Message::copy() const {
  std::size_t bytes = output_.size();
  for (const auto& header : headers_) bytes += header.name.size() + header.value.size();
  auto storage = std::make_shared<std::string>();
  storage->reserve(bytes);  // Never grows: the views into it stay good.
  const auto keep = [&storage](std::string_view text) {
    const auto start = storage->size();
    storage->append(text);
    return std::string_view{*storage}.substr(start, text.size());
  };
  Message owned;
  owned.headers_.reserve(headers_.size());
  for (const auto& header : headers_) {
    owned.headers_.push_back({header.key, keep(header.name), keep(header.value)});
  }
  owned.first_ = first_;
  owned.event_ = event_;
  owned.output_ = keep(output_);
  owned.storage_ = std::move(storage);
  return owned;
}

void Message::clear() {
  for (const auto& header : headers_) first_[static_cast<std::size_t>(header.key)] = 0;
  headers_.clear();
  event_ = EventName::none;
  output_ = {};
}

void Message::add(std::string_view name, std::string_view value) {
  const Key key = key_of(name);
  headers_.push_back({key, name, value});
  auto& first = first_[static_cast<std::size_t>(key)];
  if (first == 0) first = static_cast<std::uint16_t>(headers_.size());
  if (key == Key::event && event_ == EventName::none) event_ = event_of(value);
}

}  // namespace arigate::ami
