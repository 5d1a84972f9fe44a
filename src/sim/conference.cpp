#include "sim/conference.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "sim/playing.hpp"

namespace arigate::sim {
namespace {

/// A member for as long as it lives, however the coroutine ends.
class Membership {
 public:
  Membership(ExchangePtr exchange, ChannelPtr channel, std::string name)
      : exchange_{std::move(exchange)}, channel_{std::move(channel)}, name_{std::move(name)} {
    auto& members = exchange_->conferences()[name_];
    if (members.empty()) tell("ConfbridgeStart", nullptr);
    members.push_back(channel_);
    channel_->conference = name_;
    channel_->kicked = false;
    tell("ConfbridgeJoin", channel_.get());
  }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  ~Membership() {
    channel_->conference.clear();
    channel_->kicked = false;
    auto& conferences = exchange_->conferences();
    auto& members = conferences[name_];
    std::erase(members, channel_);
    const bool last = members.empty();
    if (last) conferences.erase(name_);
    if (channel_->signal.killed()) return;
    tell("ConfbridgeLeave", channel_.get());
    if (last) tell("ConfbridgeEnd", nullptr);
  }

 private:
  void tell(std::string_view what, const Channel* channel) {
    exchange_->publish(exchange_->dialect().conference_event(what, name_, channel));
  }

  ExchangePtr exchange_;
  ChannelPtr channel_;
  std::string name_;
};

}  // namespace

boost::asio::awaitable<AppResult> conference(ExchangePtr exchange, ChannelPtr channel,
                                             std::string data) {
  const std::string name = data.substr(0, data.find(','));
  if (name.empty()) co_return AppResult::hangup;
  if (channel->state != ChannelState::up) {
    const bool up = co_await answer_and_wait(exchange, channel);
    if (!up) co_return AppResult::hangup;
  }
  const std::string application = channel->application;
  const std::string app_data = channel->app_data;
  channel->application = "ConfBridge";
  channel->app_data = data;
  {
    const Membership membership{exchange, channel, name};
    while (!channel->interrupted() && !channel->kicked) {
      channel->digits.clear();
      channel->playback_control.clear();
      co_await channel->signal.wait(TimePoint::max());
    }
    const long frames = exchange->null_frames();
    const bool hangs = exchange->options().conferences_hang;
    while (hangs && frames == exchange->null_frames() && !channel->signal.killed()) {
      co_await channel->signal.wait(TimePoint::max());
    }
  }
  channel->application = application;
  channel->app_data = app_data;
  co_return AppResult::proceed;  // Also after a hangup: 0, as seen on all versions.
}

}  // namespace arigate::sim
