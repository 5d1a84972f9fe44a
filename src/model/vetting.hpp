#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ami/dialect.hpp"
#include "ami/message.hpp"
#include "model/store.hpp"

namespace arigate::model {

/// Tells what the PBX says from what a caller makes it say. Values reach AMI with their line ends
/// (all of them before Asterisk 12; a caller's number, the arguments of an application and
/// UserEvent() in every version), so they can hold headers and whole events.
///
/// What gives them away, from the cheapest on:
///  - form: every event begins with Event and Privilege, in every version;
///  - a value that ends its own event: the headers behind it are missing there, so what follows is
///    still the value, until those headers come;
///  - the channel's name and uniqueid belong together in the model;
///  - an end that nothing announced, and every beginning and end that follows a place from which
///    forged events may come without any trace: only the PBX can tell, so it must be asked.
class Vetting {
 public:
  enum class Verdict {
    sound,
    forged,          ///< Not to be applied; a list shows what is true.
    sound_if_there,  ///< When the PBX has a channel of that name and uniqueid.
    sound_if_gone,   ///< When it has none.
  };
  struct Judgement {
    Verdict verdict = Verdict::sound;
    std::string_view name, uniqueid;  ///< Of whom to ask; views of the event or of the model.
  };

  /// The most that one value can hold: what the PBX keeps for the arguments of an application.
  static constexpr std::size_t value_bytes_max = std::size_t{8} * 1024;

  explicit Vetting(const Store& store) : store_{store} {}

  /// The link is up and speaks this dialect.
  void use(const ami::Dialect& dialect);
  Judgement judge(const ami::Message& event);

 private:
  bool closed(const ami::Message& event) const;
  bool inside_value(const ami::Message& event);
  void begin_value(const ami::Message& event);
  Judgement judge_hangup(const Channel& channel) const;

  const Store& store_;
  ami::Dialect dialect_;
  std::size_t doubtful_bytes_ = 0;  ///< What comes within so many bytes may be part of a value.
  std::string value_of_;            ///< Uniqueid of the channel whose value ended an event.
  ami::Key awaited_ = ami::Key::unknown;  ///< The header that completes that event.
  bool inside_ = false;                   ///< It has not come yet.
};

}  // namespace arigate::model
