#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ami/action.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

// The parts of AMI Originate that a call and the dial of a created channel have in common.

inline constexpr std::string_view originate_id_prefix = "arigate-originate-";

/// Like a PBX's own unique id (seconds, dot, number) with a prefix that no PBX uses.
ChannelId fresh_channel_id(WallTime now);

/// The PBX's milliseconds; without a limit for 0 and less, as natively.
std::string timeout_ms(long seconds);

/// Ids, for PBXs that take them.
void add_ids(ami::Action& action, const World& world, const ChannelId& channel,
             const ChannelId& other);

/// Errc::conflict: the far half of a Local pair shall have an id that another channel has.
Result<void> check_other(const World& world, const std::string& endpoint, const ChannelId& other);

/// For PBXs that take no ids: the token that ties the new channel to ours, and the id itself, by
/// which it is known again after a restart. To be added last: the PBX sets variables last first,
/// and the token is to be told before all others.
Result<void> add_identity(ami::Action& action, const World& world, const ChannelId& channel,
                          const std::string& token);

using VariableList = std::vector<std::pair<std::string, std::string>>;

/// On whose account a channel is booked that is called for this one: on the one that the dialplan
/// has chosen by CHANNEL(peeraccount), else on that of the caller. Empty where there is none.
boost::asio::awaitable<VariableList> accounts_from(const World& world, ChannelId caller);
/// What a called channel takes from the one that it is called for, as natively and in that order:
/// its inheritable variables, its accounts, whom it is shown, and its language. Those that AMI has
/// not told of or has no room for are left out, and nothing tells of the rest: music class,
/// redirecting.
VariableList inherited_from(const model::Channel& caller, const VariableList& accounts,
                            bool shows_caller = true);
/// The audio formats that the channel's phone takes, "ulaw,alaw": who is called for it is offered
/// these. "" where the PBX does not tell.
boost::asio::awaitable<std::string> formats_of(const World& world, ChannelId channel);
/// Makes of it known what AMI tells nothing of.
void show_inherited(World& world, const ChannelId& channel, const VariableList& inherited);

/// Whether a client may have these set. Errc::forbidden: one of arigate's own, a dangerous
/// function; bad_request: a name that cannot be sent, or that the PBX would take for several.
Result<void> check_wanted(const World& world, const VariableList& variables);

/// Adds a `Variable` for each. One that is too long for AMI becomes a line for `later`: AGI takes
/// twice as much. Errc::bad_request: unusable name or value, too long even for that, or too long
/// while `later` is nullptr; forbidden: a dangerous function.
Result<void> add_variables(ami::Action& action, const World& world, const VariableList& variables,
                           std::vector<std::string>* later);

}  // namespace arigate::ops
