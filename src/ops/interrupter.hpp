#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/control.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Ends AGI commands that no other command interrupts (RECORD FILE, SAY …): by a digit that is put
/// into the channel over AMI, where the PBX takes one (Asterisk 13.30, 16.7 and up), else by taking
/// the channel out of the command. The command must have `digit` among those that end it.
class Interrupter {
 public:
  /// No phone has this key.
  static constexpr char digit = 'D';
  /// Takes a channel out of the command that runs; the job is told by Job::on_new_line().
  /// `wanted`: whether that is still the one to be ended, when it comes to that.
  using TakeOut =
      std::function<boost::asio::awaitable<Result<void>>(ChannelId, std::function<bool()> wanted)>;

  /// A command to be ended.
  struct Order {
    std::weak_ptr<Control> control;
    std::chrono::milliseconds delay{0};  ///< Before a digit is sent.
    std::function<bool()> wanted;        ///< The command still runs, as far as we know.
    std::function<void()> stays;         ///< The channel could not be taken out.
    std::function<void()> take_out{};    ///< The owner of the line does that otherwise.
  };

  Interrupter(World& world, TakeOut take_out) : world_{world}, take_out_{std::move(take_out)} {}

  /// Whether the command's own reply tells its end, or its line goes.
  bool by_digit() const { return world_.ami.dialect().control_playback && world_.receives_digits; }
  /// Goes on by itself.
  void interrupt(Order order) { world_.spawn(carry_out(std::move(order))); }

 private:
  boost::asio::awaitable<void> carry_out(Order order);
  boost::asio::awaitable<bool> press(ChannelId channel);

  World& world_;
  TakeOut take_out_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace arigate::ops
