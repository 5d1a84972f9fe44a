#include "ops/snoop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "ops/eventual.hpp"
#include "ops/originate.hpp"
#include "ops/originate_action.hpp"

namespace arigate::ops {

Result<std::string> chanspy_data(const ami::Dialect& dialect, const model::Channel& target,
                                 Direction spy, Direction whisper) {
  if (whisper == Direction::in) {
    return Error{
        Errc::not_supported,
        "ChanSpy speaks to its target, or to both parties, but not to the other one alone"};
  }
  // q: no beep. E: end with the target. S: end when there is none.
  std::string options = "qES";
  if (dialect.snapshots) options += 'u';  // The whole name; older ones take it for a beginning.
  if (spy == Direction::in) options += 'o';
  if (whisper == Direction::both) options += 'B';
  if (whisper == Direction::out) options += spy == Direction::none ? 'W' : 'w';
  return target.name + "," + options;
}

boost::asio::awaitable<Result<model::Channel>> Snoops::snoop(SnoopRequest request) {
  const auto* target = world_.store.find(request.target);
  if (target == nullptr) co_return channel_not_found();
  const auto data = chanspy_data(world_.ami.dialect(), *target, request.spy, request.whisper);
  if (!data) co_return data.error();
  if (request.id.value.empty()) request.id = fresh_channel_id(world_.clock.wall());
  const ChannelId id = request.id;
  const auto name = fmt::format("Snoop/{}-{:08x}", request.target.value, count_++);

  std::optional<model::Channel> shown;
  Eventual<bool> begun;
  const auto watch = world_.watches.watch(
      [&shown, id, on = request.target, begun](const model::Change& change) mutable {
        const auto* channel = model::subject_of(change);
        if (channel == nullptr || (channel->id != id && channel->id != on)) return false;
        const bool ended = std::holds_alternative<model::ChannelDestroyed>(change);
        if (channel->id == id) shown = *channel;
        const bool settled =
            ended || (channel->id == id && std::holds_alternative<model::StasisStart>(change));
        if (settled) begun.set(true);  // Or it never will.
        return settled;
      });
  const TimePoint deadline = world_.in(world_.timeouts.originate);
  LegOrder order{"ChanSpy", *data, {}, ShownLeg{id, name, request.destination}};
  const auto leg = co_await legs_.open(std::move(order), deadline);
  if (!leg) co_return leg.error();
  by_target_.emplace(request.target, *leg);
  std::function<void()> over = [begun]() mutable { begun.set(false); };
  if ((*leg)->over()) over();
  (*leg)->on_end(std::move(over));
  const auto told = co_await begun.wait(deadline);
  (*leg)->on_end({});
  const bool target_is_gone = world_.store.find(request.target) == nullptr;
  if (target_is_gone || !told || !shown) (*leg)->close();
  if (!told) co_return Error{Errc::timeout, "The PBX did not start the snoop in time"};
  if (!shown && target_is_gone) co_return channel_not_found();
  if (!shown) co_return Error{Errc::refused_by_pbx, "The PBX ended the snoop"};
  co_return *std::move(shown);
}

void Snoops::on(const model::Change& change, WallTime) {
  if (std::holds_alternative<model::LegGone>(change)) {
    std::erase_if(by_target_, [](const auto& entry) { return entry.second->over(); });
    return;
  }
  const auto* destroyed = std::get_if<model::ChannelDestroyed>(&change);
  if (destroyed == nullptr || by_target_.empty()) return;
  const auto [first, last] = by_target_.equal_range(destroyed->channel.id);
  std::vector<std::shared_ptr<Leg>> ending;
  for (auto entry = first; entry != last; ++entry) ending.push_back(entry->second);
  by_target_.erase(first, last);
  for (const auto& leg : ending) leg->close();
}

}  // namespace arigate::ops
