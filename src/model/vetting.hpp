#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "ami/dialect.hpp"
#include "ami/message.hpp"
#include "model/claims.hpp"
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
    sound_if_so,     ///< Unless the PBX still says of one of the claims what is known.
  };
  struct Judgement {
    Verdict verdict = Verdict::sound;
    std::string_view name, uniqueid;  ///< Of whom to ask; views of the event or of the model.
    /// An end that was announced, but so close behind a line of the dialplan that this may hold
    /// both: to be believed when there are too many of them to ask about.
    bool announced = false;
    std::vector<Claim> claims{};  ///< To be asked about, where the verdict is sound_if_so.
  };

  /// The most that one value can hold: what the PBX keeps for the arguments of an application.
  static constexpr std::size_t value_bytes_max = std::size_t{8} * 1024;

  explicit Vetting(const Store& store) : store_{store}, claims_{store} {}

  /// Signs that are kept beyond those of channels that are there.
  static constexpr std::size_t signs_max = 1'024;
  /// How long the link has to be silent until what comes is no part of a value: an event is written
  /// in one piece.
  static constexpr std::chrono::milliseconds pause{20};

  /// The link is up and speaks this dialect. own_context: see Claims.
  void use(const ami::Dialect& dialect, std::string_view own_context = "arigate");
  /// The link was silent for a pause.
  void paused();
  Judgement judge(const ami::Message& event);

 private:
  Judgement judge_claims(const ami::Message& event, bool may_be_a_value, bool behind_another) const;
  bool behind_another(const ami::Message& event);
  bool closed(const ami::Message& event) const;
  bool inside_value(const ami::Message& event);
  void begin_value(const ami::Message& event);
  Judgement judge_hangup(const Channel& channel) const;
  bool announced(const Channel& channel) const;
  void remember_sign(const ami::Message& event, bool doubtful);

  const Store& store_;
  Claims claims_;
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
