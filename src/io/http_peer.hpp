#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <memory>

#include "core/clock.hpp"

namespace arigate::io {

class HttpPeers;

/// One socket of the HTTP server: a connection, or the WebSocket it became.
class HttpPeer : public std::enable_shared_from_this<HttpPeer>,
                 public boost::intrusive::list_base_hook<
                     boost::intrusive::tag<struct AllPeers>,
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
                 public boost::intrusive::list_base_hook<
                     boost::intrusive::tag<struct IdlePeers>,
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
                 public boost::intrusive::list_base_hook<
                     boost::intrusive::tag<struct UnsentPeers>,
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  explicit HttpPeer(HttpPeers& peers);
  virtual ~HttpPeer();
  HttpPeer(const HttpPeer&) = delete;
  HttpPeer& operator=(const HttpPeer&) = delete;

  /// Called about twice a second: the place for every time-out.
  virtual void tick(TimePoint now) = 0;
  /// Ends in an orderly way, soon.
  virtual void stop() = 0;
  /// Ends now.
  virtual void abort() = 0;
  /// Writes what set_unsent() announced, as far as the socket takes it.
  virtual void send_queued() {}

 protected:
  /// An idle peer may be closed to make room for a new one; the longest idle goes first.
  void set_idle(bool idle);
  /// Something is queued for the end of this turn of the event loop.
  void set_unsent(bool unsent);
  /// The server is gone: touch nothing of it.
  bool orphaned() const { return peers_ == nullptr; }

 private:
  friend class HttpPeers;
  HttpPeers* peers_;
};

/// All peers of one server. It owns none of them: each lives in its coroutine.
class HttpPeers {
 public:
  HttpPeers() = default;
  ~HttpPeers();
  HttpPeers(const HttpPeers&) = delete;
  HttpPeers& operator=(const HttpPeers&) = delete;

  std::size_t size() const { return size_; }
  void tick_all(TimePoint now);
  void stop_all();
  void abort_all();
  /// Closes the peer that has been idle longest; false when none is idle.
  bool evict_idle();
  /// Writes what all peers have queued: what is written after this was caused after it.
  void send_queued();

 private:
  friend class HttpPeer;
  template <class Tag>
  using List = boost::intrusive::list<
      HttpPeer, boost::intrusive::constant_time_size<false>,
      boost::intrusive::base_hook<boost::intrusive::list_base_hook<
          boost::intrusive::tag<Tag>, boost::intrusive::link_mode<boost::intrusive::auto_unlink>>>>;

  template <class Step>
  void for_each(Step step);

  List<AllPeers> all_;
  List<IdlePeers> idle_;  ///< Longest idle first.
  List<UnsentPeers> unsent_;
  std::size_t size_ = 0;
};

}  // namespace arigate::io
