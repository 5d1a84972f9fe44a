#include "sim/recorded_script.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/text.hpp"
#include "sim/recorded_message.hpp"
#include "trace/parts_reader.hpp"

namespace arigate::sim {
namespace {

using trace::Direction;
using trace::Line;

/// Puts the lines of a capture together.
class ScriptReader {
 public:
  explicit ScriptReader(std::string ami_link) { script_.ami_link = std::move(ami_link); }

  void take(const Line& line, const std::string& file) {
    const CapturePlace place{file, line.number};
    if (!first_us_) first_us_ = line.t_us;
    last_us_ = line.t_us;
    if (line.link == "ami" || line.link.starts_with("ami:")) {
      take_ami(line, place);
    } else if (line.link.starts_with("agi:")) {
      take_agi(line, place);
    }
  }
  RecordedScript finish(const trace::Header& header) {
    if (script_.banner.empty()) script_.banner = "Asterisk Call Manager/" + header.ami + "\r\n";
    for (const auto& [name, port] : header.ports) {
      if (name == "fastagi") script_.fastagi_port = port;
    }
    script_.begin_us = begin_us_.value_or(first_us_.value_or(0));
    // Without its beginning a connection cannot be made again.
    std::erase_if(script_.sessions, [](const RecordedSession& session) {
      return !session.environment.starts_with("agi_");
    });
    for (auto& session : script_.sessions) {
      if (!session.end_us) session.end_us = last_us_;  // The file ends before it.
    }
    return std::move(script_);
  }

 private:
  /// Actions that may still get an answer; most are no list, which only their answer could tell.
  static constexpr std::size_t open_max = 256;

  /// One AMI connection while it is read.
  struct AmiLink {
    MessageCutter messages;
    RequestReader requests;
    bool banner_seen = false;
    bool cut_off = false;           ///< The next message may be the end of one.
    std::vector<std::size_t> open;  ///< Actions whose answer is not whole, oldest first.
  };
  struct AgiLink {
    std::size_t session = 0;
    std::string commands;  ///< Bytes to the PBX that are no whole line.
    std::string pbx;       ///< Bytes of the PBX that are no whole line.
    bool in_environment = true;
  };

  void take_ami(const Line& line, const CapturePlace& place) {
    if (line.what == Line::What::connect || line.what == Line::What::open) ami_.erase(line.link);
    if (line.what != Line::What::data) return;
    auto& link = ami_[line.link];
    if (line.dir == Direction::to_pbx) {
      if (line.link == script_.ami_link && !begin_us_) begin_us_ = line.t_us;
      link.requests.feed(line.data);
      while (auto request = link.requests.next()) {
        if (link.open.size() >= open_max) link.open.erase(link.open.begin());
        link.open.push_back(script_.actions.size());
        script_.actions.push_back({place, line.t_us, *std::move(request), {}});
      }
      return;
    }
    link.messages.feed(line.data);
    if (!link.banner_seen) {
      const auto banner = link.messages.banner();
      if (!banner) return;
      link.banner_seen = true;
      if (script_.banner.empty()) script_.banner = *banner;
      // A later file of a recording: its client has been there since before it.
      if (banner->empty() && line.link == script_.ami_link && !begin_us_) begin_us_ = first_us_;
      link.cut_off = banner->empty();
    }
    while (auto message = link.messages.next()) {
      const bool whole = message->starts_with("Event: ") || message->starts_with("Response: ");
      if (!std::exchange(link.cut_off, false) || whole) take_message(link, line, place, *message);
    }
  }

  void take_message(AmiLink& link, const Line& line, const CapturePlace& place,
                    const std::string& message) {
    const auto id = header_of(message, "ActionID");
    const bool event = is_event(message);
    const auto answered = std::find_if(link.open.begin(), link.open.end(), [&](std::size_t i) {
      const auto& action = script_.actions[i];
      // An item of a list comes behind its response; "OriginateResponse" is no item.
      if (event && (action.answers.empty() || !header_of(message, "Response").empty()))
        return false;
      return event ? !id.empty() && action.request["ActionID"] == id
                   : action.request["ActionID"] == id && action.answers.empty();
    });
    if (answered == link.open.end()) {
      if (event && line.link == script_.ami_link) {
        script_.events.push_back({place, line.t_us, message});
      }
      return;
    }
    auto& action = script_.actions[*answered];
    action.answers.push_back({line.t_us - action.t_us, message});
    const bool complete = iequals(header_of(message, "EventList"), "Complete") ||
                          header_of(message, "Event").ends_with("Complete");
    if (event && complete) link.open.erase(answered);
  }

  void take_agi(const Line& line, const CapturePlace& place) {
    if (!agi_.contains(line.link)) {
      agi_[line.link].session = script_.sessions.size();
      script_.sessions.push_back({place, line.link, line.t_us, {}, {}, {}, 0, 0, {}, false});
    }
    auto& link = agi_.at(line.link);
    auto& session = script_.sessions[link.session];
    if (line.what == Line::What::close || line.what == Line::What::eof) {
      session.end_us = line.t_us;
      session.ended_by_application = line.dir == Direction::to_pbx;
      agi_.erase(line.link);
      return;
    }
    if (line.what != Line::What::data) return;
    if (line.dir == Direction::from_pbx) return take_reply(link, session, line);
    link.commands += line.data;
    for (auto end = link.commands.find('\n'); end != std::string::npos;
         end = link.commands.find('\n')) {
      session.commands.push_back({place, link.commands.substr(0, end), line.t_us, 0, {}});
      link.commands.erase(0, end + 1);
    }
  }

  /// Behind the environment whole lines go to the command before them; the line HANGUP to none.
  static void take_reply(AgiLink& link, RecordedSession& session, const Line& line) {
    link.pbx += line.data;
    for (auto end = link.pbx.find('\n'); end != std::string::npos; end = link.pbx.find('\n')) {
      const auto text = link.pbx.substr(0, end + 1);
      link.pbx.erase(0, end + 1);
      auto& commands = session.commands;
      if (link.in_environment) {
        session.environment += text;
        link.in_environment = text != "\n";
      } else if (text == "HANGUP\n") {
        session.hangup_us = line.t_us;
        session.asked_before_hangup = commands.size();
        const bool waits = !commands.empty() && commands.back().reply.empty();
        session.answered_before_hangup = commands.size() - (waits ? 1 : 0);
      } else if (!commands.empty()) {
        auto& command = commands.back();
        if (command.reply.empty()) command.delay_us = line.t_us - command.t_us;
        command.reply += text;
      }
    }
  }

  RecordedScript script_;
  std::optional<std::int64_t> first_us_;  ///< Of the file.
  std::optional<std::int64_t> begin_us_;
  std::int64_t last_us_ = 0;
  std::map<std::string, AmiLink, std::less<>> ami_;
  std::map<std::string, AgiLink, std::less<>> agi_;
};

}  // namespace

Result<RecordedScript> read_script(const std::vector<std::filesystem::path>& files,
                                   std::string ami_link) {
  auto reader = trace::PartsReader::open(files);
  if (!reader) return reader.error();
  ScriptReader script{std::move(ami_link)};
  for (;;) {
    const auto line = reader->next();
    if (!line || !*line) {
      auto read = script.finish(reader->header());
      if (!line) read.damaged = line.error();
      return read;
    }
    script.take(**line, reader->file().string());
  }
}

bool is_housekeeping(std::string_view action) {
  constexpr std::array<std::string_view, 5> names{"Login", "Logoff", "Challenge", "Ping", "Events"};
  return std::any_of(names.begin(), names.end(), [&](auto name) { return iequals(name, action); });
}

}  // namespace arigate::sim
