#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "sim/exchange.hpp"

namespace arigate::sim {

/// How an application ended.
enum class AppResult {
  proceed,  ///< Go on with the next priority.
  hangup,   ///< End the channel.
  unknown,  ///< There is no such application.
};

/// Runs a channel through the dialplan from its place to its end: priorities, redirects, extension
/// h, the Hangup event. Owns the channel meanwhile.
boost::asio::awaitable<void> run_dialplan(ExchangePtr exchange, ChannelPtr channel);

/// Runs one application outside the dialplan (Originate with Application), then ends the channel.
boost::asio::awaitable<void> run_application(ExchangePtr exchange, ChannelPtr channel,
                                             std::string application, std::string data);

/// Extension h, at most once.
boost::asio::awaitable<void> run_hangup_extension(ExchangePtr exchange, ChannelPtr channel);

/// One application, by name; `data` is substituted already.
boost::asio::awaitable<AppResult> execute(ExchangePtr exchange, ChannelPtr channel,
                                          std::string application, std::string data);

/// Where "[[context,]exten,]priority-or-label" leads from `here`. nullopt: no such label.
std::optional<Place> resolve_place(const Dialplan& plan, const Place& here, std::string_view text);

}  // namespace arigate::sim
