#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sim/ami_request.hpp"

namespace arigate::sim {

/// A place in a capture: "call.jsonl:57".
struct CapturePlace {
  std::string file;
  std::uint64_t line = 0;

  std::string text() const { return file + ":" + std::to_string(line); }
};

/// One action, and what the PBX answered to it.
struct RecordedAction {
  CapturePlace place;
  std::int64_t t_us = 0;
  Request request;
  struct Answer {
    std::int64_t delay_us = 0;  ///< Behind the action.
    std::string bytes;          ///< A whole message.
  };
  std::vector<Answer> answers;  ///< The response, then the items of a list.
};

/// What the PBX said unasked on the link that has events.
struct RecordedEvent {
  CapturePlace place;
  std::int64_t t_us = 0;
  std::string bytes;
};

/// One FastAGI connection.
struct RecordedSession {
  CapturePlace place;
  std::string link;
  std::int64_t t_us = 0;    ///< Of the connection.
  std::string environment;  ///< With the empty line that ends it.
  struct Command {
    CapturePlace place;
    std::string text;
    std::int64_t t_us = 0;
    std::int64_t delay_us = 0;  ///< Of the reply.
    std::string reply;
  };
  std::vector<Command> commands;
  std::optional<std::int64_t> hangup_us;   ///< When the line HANGUP came,
  std::size_t answered_before_hangup = 0;  ///< behind the replies to so many commands,
  std::size_t asked_before_hangup = 0;     ///< and behind so many of them.
  std::optional<std::int64_t> end_us;      ///< When the connection ended.
  bool ended_by_application = false;
};

/// A capture as a part to be played: that of the PBX.
struct RecordedScript {
  std::string banner;  ///< With its line end.
  std::string ami_link = "ami";
  std::int64_t begin_us = 0;            ///< When the first client came, or the file begins.
  std::vector<RecordedAction> actions;  ///< Of all links, as they were sent.
  std::vector<RecordedEvent> events;
  std::vector<RecordedSession> sessions;
  std::uint16_t fastagi_port = 0;  ///< Where the PBX found its application; 0: not known.
  std::optional<Error> damaged;    ///< Where the file ends early; the rest is played.
};

/// The files of one recording. `ami_link`: whose events are played.
/// Errc::not_found, Errc::protocol: not a capture at all.
Result<RecordedScript> read_script(const std::vector<std::filesystem::path>& files,
                                   std::string ami_link);

/// Login, Logoff, Challenge, Ping, Events: of the connection and not of the call. They are answered
/// whatever the capture holds.
bool is_housekeeping(std::string_view action);

}  // namespace arigate::sim
