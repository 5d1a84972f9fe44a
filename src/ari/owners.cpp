// Whose call it is, where each call goes to one of the clients that share an application.
#include <algorithm>
#include <utility>

#include "ari/applications.hpp"
#include "ops/originate_action.hpp"

namespace arigate::ari {
namespace {

/// A request that makes a channel: where it says the id, and which channel it is made for.
struct Making {
  bool id_in_path;
  std::string_view id;
  std::string_view relative;
};

std::optional<Making> making_of(Operation operation) {
  if (operation == Operation::channels_originate || operation == Operation::channels_create ||
      operation == Operation::channels_external_media) {
    return Making{false, "channelId", "originator"};
  }
  if (operation == Operation::channels_originate_with_id) {
    return Making{true, "channelId", "originator"};
  }
  if (operation == Operation::channels_snoop_channel) return Making{false, "snoopId", "channelId"};
  if (operation == Operation::channels_snoop_channel_with_id) {
    return Making{true, "snoopId", "channelId"};
  }
  return std::nullopt;
}

/// "Local/x-1;2" for "Local/x-1;1", and the other way round; "" for another name.
std::string other_half_of(const std::string& name) {
  if (name.ends_with(";1")) return name.substr(0, name.size() - 1) + '2';
  if (name.ends_with(";2")) return name.substr(0, name.size() - 1) + '1';
  return {};
}

}  // namespace

void Applications::asked(Request& request) {
  const auto making = making_of(request.operation);
  if (!making) return;
  Application* const application = find(AppName{std::string{request.param("app").value_or("")}});
  if (application == nullptr || application->sharing != Sharing::one) return;
  auto* owner = application->member(request.via) != nullptr ? request.via : nullptr;
  if (owner == nullptr) {
    const auto in_path = request.path(making->relative);
    const auto relative = in_path.empty() ? request.param(making->relative).value_or("") : in_path;
    owner = owner_of(*application, ChannelId{std::string{relative}});
  }
  if (owner == nullptr || reserved_.size() >= reserved_max) return;
  std::string id{making->id_in_path ? request.path(making->id)
                                    : request.param(making->id).value_or("")};
  if (id.empty()) {
    // The one that it would get later: its first event may come before the answer.
    id = ops::fresh_channel_id(clock_.wall()).value;
    request.set_param(std::string{making->id}, id);
  }
  reserve(*application, ChannelId{std::move(id)}, *owner);
}

void Applications::reserve(const Application& application, const ChannelId& channel,
                           EventSocket& owner) {
  if (store_.find(channel) != nullptr || channel.value.size() > name_bytes_max) return;
  reserved_.insert_or_assign(channel,
                             Reserved{application.name, &owner, clock_.now() + reserved_time});
}

EventSocket* Applications::owner_of(const Application& application,
                                    const ChannelId& channel) const {
  if (application.sharing != Sharing::one || channel.value.empty()) return nullptr;
  if (const auto found = application.owners.find(channel); found != application.owners.end()) {
    return found->second;
  }
  const auto found = reserved_.find(channel);
  const bool ours = found != reserved_.end() && found->second.application == application.name;
  return ours ? found->second.owner : nullptr;
}

/// To whom it was made for, who has the one whose place it takes, or the other half of it; else to
/// the one that has the fewest.
void Applications::give(Application& application, const ChannelId& channel,
                        const ChannelId& before) {
  if (application.sharing != Sharing::one || application.members.empty()) return;
  if (application.owners.contains(channel)) return;
  Member* member = application.member(owner_of(application, channel));
  if (member == nullptr) member = application.member(owner_of(application, before));
  if (const auto* known = store_.find(channel); member == nullptr && known != nullptr) {
    const auto* half = store_.find_name(other_half_of(known->name));
    if (half != nullptr) member = application.member(owner_of(application, half->id));
  }
  if (member == nullptr) {
    member = &*std::min_element(application.members.begin(), application.members.end(),
                                [](const Member& a, const Member& b) { return a.calls < b.calls; });
  }
  ++member->calls;
  application.owners.emplace(channel, member->socket);
}

void Applications::take(Application& application, const ChannelId& channel) {
  const auto owned = application.owners.extract(channel);
  if (owned.empty()) return;
  auto* const member = application.member(owned.mapped());
  if (member != nullptr && member->calls > 0) --member->calls;
}

}  // namespace arigate::ari
