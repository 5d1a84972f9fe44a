#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "ops/ports.hpp"

namespace arigate::ops {

/// What the connected PBX, and the account that we have there, lend to the operations. What cannot
/// be found out counts as there: the PBX itself refuses then.
class Abilities {
 public:
  void set_module(std::string_view name, bool loaded) {
    modules_.insert_or_assign(std::string{name}, loaded);
  }
  void set_write_classes(std::vector<std::string> classes) { classes_ = std::move(classes); }

  bool lacks_module(std::string_view name) const;
  bool lacks_write_class(std::string_view name) const;
  const std::vector<std::string>& write_classes() const { return classes_; }
  bool known() const { return !modules_.empty() || !classes_.empty(); }

 private:
  std::map<std::string, bool, std::less<>> modules_;
  std::vector<std::string> classes_;
};

/// Asks for each of `modules` ("app_chanspy") and for the write classes; the first question that
/// the PBX may not answer ends its kind.
boost::asio::awaitable<Abilities> read_abilities(AmiPort& ami, std::vector<std::string> modules,
                                                 TimePoint deadline);

/// The classes that ListCommands shows to be granted: those of which it lists an action that needs
/// just this one.
std::vector<std::string> write_classes_in(const ami::Message& list_of_actions);

}  // namespace arigate::ops
