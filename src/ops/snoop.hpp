#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "model/change.hpp"
#include "ops/leg.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Audio of the target: what it says is `in`, what it hears is `out`.
enum class Direction : std::uint8_t { none, in, out, both };

struct SnoopRequest {
  ChannelId target;
  ChannelId id;  ///< "" makes one.
  Direction spy = Direction::none;
  Direction whisper = Direction::none;
  Destination destination;
};

/// Arguments of ChanSpy(target,…). The PBX has no option to hear `out` alone: that gives both.
/// Errc::not_supported: whisper `in`, which only the other party of the target would hear.
Result<std::string> chanspy_data(const ami::Dialect& dialect, const model::Channel& target,
                                 Direction spy, Direction whisper);

/// POST /channels/{id}/snoop: a leg whose far half runs ChanSpy on the target, and whose near half
/// is the snoop channel. It ends with its target; the PBX and we both see to that.
class Snoops : public model::ChangeSink {
 public:
  Snoops(World& world, Legs& legs) : world_{world}, legs_{legs} {}

  /// Waits until the snoop channel is in its application, and returns it as it was then.
  /// Errc::not_found: no such target. Errc::conflict: the id is taken. Others as Legs::open().
  boost::asio::awaitable<Result<model::Channel>> snoop(SnoopRequest request);

  void on(const model::Change& change, WallTime when) override;

  std::size_t size() const { return by_target_.size(); }

 private:
  World& world_;
  Legs& legs_;
  std::unordered_multimap<ChannelId, std::shared_ptr<Leg>> by_target_;
  unsigned count_ = 0;  ///< In the names, as natively.
};

}  // namespace arigate::ops
