#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "ami/dialect.hpp"
#include "ami/message.hpp"
#include "model/store.hpp"

namespace arigate::model {

/// Tells what the PBX says from what a caller makes it say. Values reach AMI with their line ends
/// (all of them before Asterisk 13.5; a caller's number, the arguments of an application and
/// UserEvent() in every version), so they can hold headers and whole events.
///
/// What gives them away, from the cheapest on:
///  - form: every event begins with Event and Privilege, in every version;
///  - a value that ends its own event: the headers behind it are missing there, so what follows is
///    still the value, until those headers come;
///  - the channel's name and uniqueid belong together in the model;
///  - an end that nothing announced, every beginning and end behind a UserEvent, and an end that
///    was announced behind the same line of the dialplan as itself: these may be forged without any
///    trace. Only the PBX can tell, so it must be asked;
///  - so may what changes a channel that is there be, close behind a value.
class Vetting {
 public:
  enum class Verdict {
    sound,
    forged,          ///< Not to be applied; a list shows what is true.
    sound_if_there,  ///< When the PBX has a channel of that name and uniqueid.
    sound_if_gone,   ///< When it has none.
    sound_if_so,     ///< Unless the PBX still says what is known: see claim().
  };
  struct Judgement {
    Verdict verdict = Verdict::sound;
    std::string_view name, uniqueid;  ///< Of whom to ask; views of the event or of the model.
    /// An end that was announced, but so close behind a line of the dialplan that this may hold
    /// both: to be believed when there are too many of them to ask about.
    bool announced = false;
    /// The claim is about no more than where the channel is in the dialplan.
    bool of_line = false;
  };

  /// What an event tells of a channel, in a form in which the PBX can be asked about it.
  struct Claim {
    enum class Means {
      variable,  ///< Getvar of `place`: a variable of the channel, or a function: "CHANNEL(state)".
      line,      ///< Status of the channel: where in the dialplan it is.
      link,      ///< Status of the channel: the uniqueid of whom it talks to.
      conference,  ///< ConfbridgeList of `place`: "in" or "out".
      lot,         ///< ParkedCalls: "in" or "out".
    };
    Means means = Means::variable;
    std::string place;
    std::string told;     ///< By the event,
    std::string known;    ///< and by the model.
    bool leaves = false;  ///< The PBX tells a moment before it is so.
  };

  /// The most that one value can hold: what the PBX keeps for the arguments of an application.
  static constexpr std::size_t value_bytes_max = std::size_t{8} * 1024;

  explicit Vetting(const Store& store) : store_{store} {}

  /// Signs that are kept beyond those of channels that are there.
  static constexpr std::size_t signs_max = 1'024;
  /// How long the link has to be silent until what comes is no part of a value: an event is written
  /// in one piece.
  static constexpr std::chrono::milliseconds pause{20};

  /// The link is up and speaks this dialect.
  void use(const ami::Dialect& dialect);
  /// The link was silent for a pause.
  void paused();
  Judgement judge(const ami::Message& event);
  /// Of an event that is sound_if_so.
  Claim claim(const ami::Message& event) const;
  /// In, or out of, a conference or a lot.
  static constexpr std::string_view is_in = "in", is_out = "out";
  /// The same as the PBX has it, by the rows of its answer; nullopt: they do not tell.
  static std::optional<std::string> said(const Claim& claim, std::string_view name,
                                         std::string_view uniqueid,
                                         const std::vector<ami::Message>& rows);

 private:
  enum class Subject { none, state, caller, variable, connected, line, conference, lot };

  Subject changed(const ami::Message& event, const Channel& channel, bool place_too) const;
  Subject changed_place(const ami::Message& event, const Channel& channel) const;
  Judgement judge_link(const ami::Message& event) const;
  Claim claim_of_link(const ami::Message& event, const Channel& channel) const;
  bool behind_another(const ami::Message& event);
  bool closed(const ami::Message& event) const;
  bool inside_value(const ami::Message& event);
  void begin_value(const ami::Message& event);
  Judgement judge_hangup(const Channel& channel) const;
  bool announced(const Channel& channel) const;
  void remember_sign(const ami::Message& event, bool doubtful);

  const Store& store_;
  ami::Dialect dialect_;
  std::size_t doubtful_bytes_ = 0;  ///< What comes within so many bytes may be part of a value.
  std::string value_of_;            ///< Uniqueid of the channel whose value ended an event.
  ami::Key awaited_ = ami::Key::unknown;  ///< The header that completes that event.
  bool inside_ = false;                   ///< It has not come yet.
  /// The same for the arguments of an application, the last of their event from Asterisk 12 on.
  std::size_t dialplan_bytes_ = 0;
  /// Something came since the last pause: up to Asterisk 13.4 it can be the beginning of any value.
  bool behind_others_ = false;
  std::string burst_of_;      ///< Name of the channel that began what came since then,
  bool burst_mixed_ = false;  ///< and there was another one.
  /// Uniqueids of those of whom such a place may have told the sign of an end.
  std::unordered_set<std::string> doubted_signs_;
};

}  // namespace arigate::model
