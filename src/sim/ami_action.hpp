#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sim/ami_request.hpp"
#include "sim/exchange.hpp"

namespace arigate::sim {

/// Where the answers of one session go.
class AmiOutput {
 public:
  virtual ~AmiOutput() = default;
  virtual void send(std::string bytes) = 0;
};

/// One action to execute, by a user who may.
struct ActionCall {
  ExchangePtr exchange;
  std::shared_ptr<AmiOutput> out;
  Request request;
  Privilege writes = privilege::all;  ///< Of the user.

  /// "Response: Success" (or Error), ActionID when the client gave one, and more lines.
  void respond(std::string_view response, const Fields& fields) const;
  void succeed(std::string_view message) const {
    respond("Success", Fields{}.add("Message", message));
  }
  void fail(std::string_view message) const { respond("Error", Fields{}.add("Message", message)); }
  void begin_list(std::string_view message, bool announced) const;
  /// An item: Event, ActionID, then the fields.
  void item(std::string_view event, const Fields& fields) const;
  void end_list(std::string_view event, const Fields& fields) const;
  std::string_view action_id() const { return request["ActionID"]; }
};

using ActionWork = boost::asio::awaitable<void>;

struct ActionRow {
  std::string_view name;
  Privilege needed;
  ActionWork (*run)(ActionCall);
};

/// The actions, in groups by what they are about.
std::span<const ActionRow> call_actions();        ///< Originate, Hangup, Redirect, …
std::span<const ActionRow> state_actions();       ///< Status, CoreShowChannels, Getvar, …
std::span<const ActionRow> conference_actions();  ///< ConfbridgeKick, ConfbridgeList, …
std::span<const ActionRow> system_actions();      ///< Ping, Command, CoreSettings, …

/// null: unknown to this dialect.
const ActionRow* find_action(const Dialect& dialect, std::string_view name);

}  // namespace arigate::sim
