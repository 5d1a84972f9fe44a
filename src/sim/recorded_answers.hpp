#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sim/recorded_script.hpp"

namespace arigate::sim {

/// Finds the answer that a capture holds to what a client asks. Actions are compared by name and
/// headers, whatever their order, but not by ActionID. The same action asked again gets the next
/// answer, and when there is no further one, the last again.
class RecordedAnswers {
 public:
  explicit RecordedAnswers(const RecordedScript& script);

  /// Errc::not_found: the capture holds no such action; the text names the line of the one that is
  /// most like it, and what differs.
  Result<const RecordedAction*> find(const Request& request);
  /// Whether find() has given this one.
  bool asked(const RecordedAction& action) const {
    return asked_[static_cast<std::size_t>(&action - script_.actions.data())];
  }
  /// The ActionID that the client gave to the action with this recorded one: events about it get
  /// that. The recorded id when nobody has asked.
  std::string_view client_id(std::string_view recorded_id) const;

 private:
  struct Same {
    std::vector<const RecordedAction*> actions;
    std::size_t next = 0;
  };
  Error no_answer(const Request& request) const;

  const RecordedScript& script_;
  std::map<std::string, Same> by_content_;
  std::map<std::string, std::string, std::less<>> client_ids_;
  std::vector<bool> asked_;
};

/// The same for the commands of one FastAGI connection.
class RecordedReplies {
 public:
  explicit RecordedReplies(const RecordedSession& session)
      : session_{session}, used_(session.commands.size()) {}

  Result<const RecordedSession::Command*> find(std::string_view command);
  /// Whether find() has given the command with this index.
  bool asked(std::size_t command) const { return used_[command]; }

 private:
  const RecordedSession& session_;
  std::vector<bool> used_;
};

}  // namespace arigate::sim
