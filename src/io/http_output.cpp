#include "io/http_output.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <string_view>
#include <utility>

namespace arigate::io {
namespace {

/// Up to here copying a body is cheaper than a write of two pieces.
constexpr std::size_t joined_bytes_max = std::size_t{16} * 1024;
/// What an idle connection keeps for its next answer.
constexpr std::size_t kept_chunk = std::size_t{16} * 1024;
constexpr std::size_t pieces_max = 16;

}  // namespace

std::string& HttpOutput::text() {
  if (chunks_.empty() || sealed_) {
    if (!chunks_.empty()) size_ += chunks_.back().size();
    chunks_.emplace_back();
    sealed_ = false;
  }
  return chunks_.back();
}

void HttpOutput::append_body(std::string body) {
  if (body.size() <= joined_bytes_max) {
    text() += body;
    return;
  }
  if (!chunks_.empty()) size_ += chunks_.back().size();
  chunks_.push_back(std::move(body));
  sealed_ = true;
}

HttpOutput::Progress HttpOutput::write(boost::asio::ip::tcp::socket& socket) {
  while (first_ < chunks_.size()) {
    std::array<boost::asio::const_buffer, pieces_max> pieces;
    const auto count = std::min(pieces_max, chunks_.size() - first_);
    for (std::size_t i = 0; i < count; ++i) {
      pieces[i] = boost::asio::buffer(chunks_[first_ + i]);
    }
    pieces[0] += offset_;
    boost::system::error_code error;
    std::size_t sent = 0;
    if (count == 1) {
      if (pieces[0].size() == 0) break;
      sent = socket.write_some(pieces[0], error);
    } else {
      sent = socket.write_some(pieces, error);
    }
    if (error == boost::asio::error::would_block) return Progress::blocked;
    if (error) return Progress::failed;
    offset_ += sent;
    while (first_ < chunks_.size() && offset_ >= chunks_[first_].size()) {
      offset_ -= chunks_[first_].size();
      ++first_;
    }
  }
  clear();
  return Progress::done;
}

std::string HttpOutput::take() {
  std::string all;
  for (std::size_t i = first_; i < chunks_.size(); ++i) {
    all += std::string_view{chunks_[i]}.substr(i == first_ ? offset_ : 0);
  }
  clear();
  return all;
}

void HttpOutput::clear() {
  if (chunks_.size() == 1 && !sealed_ && chunks_[0].capacity() <= kept_chunk) {
    chunks_[0].clear();
  } else {
    chunks_.clear();
  }
  first_ = offset_ = size_ = 0;
  sealed_ = false;
}

}  // namespace arigate::io
