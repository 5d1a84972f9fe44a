#include "ami/message.hpp"

#include <utility>

#include "core/text.hpp"

namespace arigate::ami {

std::string_view Message::named(std::string_view name) const {
  for (const auto& header : headers_) {
    if (iequals(header.name, name)) return header.value;
  }
  return {};
}

Message Message::copy() const {
  std::size_t bytes = output_.size();
  for (const auto& header : headers_) bytes += header.name.size() + header.value.size();
  auto storage = std::make_shared<std::string>();
  storage->reserve(bytes);  // So that it never moves: the views into it stay good.
  const auto keep = [&storage](std::string_view text) {
    const auto start = storage->size();
    storage->append(text);
    return std::string_view{*storage}.substr(start);
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

void Message::rebase(const char* from, const char* to) {
  const auto moved = [&](std::string_view view) {
    return std::string_view{to + (view.data() - from), view.size()};
  };
  for (auto& header : headers_) {
    header.name = moved(header.name);
    header.value = moved(header.value);
  }
}

}  // namespace arigate::ami
