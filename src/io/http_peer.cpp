#include "io/http_peer.hpp"

#include <vector>

namespace arigate::io {
namespace {

namespace intrusive = boost::intrusive;
using AllHook = intrusive::list_base_hook<intrusive::tag<AllPeers>,
                                          intrusive::link_mode<intrusive::auto_unlink>>;
using IdleHook = intrusive::list_base_hook<intrusive::tag<IdlePeers>,
                                           intrusive::link_mode<intrusive::auto_unlink>>;
using UnsentHook = intrusive::list_base_hook<intrusive::tag<UnsentPeers>,
                                             intrusive::link_mode<intrusive::auto_unlink>>;

}  // namespace

HttpPeer::HttpPeer(HttpPeers& peers) : peers_{&peers} {
  peers.all_.push_back(*this);
  ++peers.size_;
}

HttpPeer::~HttpPeer() {
  if (peers_ != nullptr) --peers_->size_;
}

void HttpPeer::set_idle(bool idle) {
  if (peers_ == nullptr || idle == IdleHook::is_linked()) return;
  if (idle) {
    peers_->idle_.push_back(*this);
  } else {
    IdleHook::unlink();
  }
}

void HttpPeer::set_unsent(bool unsent) {
  if (peers_ == nullptr || unsent == UnsentHook::is_linked()) return;
  if (unsent) {
    peers_->unsent_.push_back(*this);
  } else {
    UnsentHook::unlink();
  }
}

HttpPeers::~HttpPeers() {
  for_each([](HttpPeer& peer) {
    peer.peers_ = nullptr;
    peer.abort();
  });
  all_.clear();
  idle_.clear();
  unsent_.clear();
}

/// Holds every peer while `step` runs: one peer's end may be the end of others.
template <class Step>
void HttpPeers::for_each(Step step) {
  std::vector<std::shared_ptr<HttpPeer>> held;
  held.reserve(size_);
  for (auto& peer : all_) {
    if (auto alive = peer.weak_from_this().lock()) held.push_back(std::move(alive));
  }
  for (const auto& peer : held) step(*peer);
}

void HttpPeers::tick_all(TimePoint now) {
  for_each([now](HttpPeer& peer) { peer.tick(now); });
}

void HttpPeers::stop_all() {
  for_each([](HttpPeer& peer) { peer.stop(); });
}

void HttpPeers::abort_all() {
  for_each([](HttpPeer& peer) { peer.abort(); });
}

bool HttpPeers::evict_idle() {
  if (idle_.empty()) return false;
  HttpPeer& longest = idle_.front();
  longest.set_idle(false);
  longest.abort();
  return true;
}

void HttpPeers::send_queued() {
  while (!unsent_.empty()) {
    const auto peer = unsent_.front().weak_from_this().lock();
    unsent_.pop_front();
    if (peer) peer->send_queued();
  }
}

}  // namespace arigate::io
