#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ami/dialect.hpp"
#include "ami/message.hpp"
#include "ami/snapshot.hpp"
#include "model/store.hpp"

namespace arigate::model {

/// What an event tells of a channel that is there and what the model does not have, in a form in
/// which the PBX can be asked about it.
struct Claim {
  enum class Means {
    variable,    ///< Getvar of `place`: a variable of the channel, or a function: "CHANNEL(state)".
    line,        ///< Status of the channel: where in the dialplan it is,
    command,     ///< in which application there (from Asterisk 12 on),
    bridge,      ///< in which of the PBX's bridges (from Asterisk 12 on),
    link,        ///< or whom it talks to, by uniqueid (before).
    conference,  ///< ConfbridgeList of `place`: "in" or "out".
    lot,         ///< ParkedCalls: "in" or "out".
  };
  Means means = Means::variable;
  std::string name, uniqueid;  ///< Of the channel, as the model has them.
  std::string place;
  std::string told;    ///< By the event,
  std::string known;   ///< and by the model.
  bool early = false;  ///< The PBX may tell it a moment before it is so.
};

/// Finds in events what changes a channel.
class Claims {
 public:
  explicit Claims(const Store& store) : store_{store} {}

  /// own_context: of the dialplan, where we hold channels; ARI never shows it.
  void use(const ami::Dialect& dialect, std::string_view own_context) {
    dialect_ = dialect;
    own_context_ = own_context;
  }

  /// Those of one event. Of the dialplan and of who is where its own channel's are left out unless
  /// it comes behind another one's: both change with each step of a call, and each question holds
  /// it up.
  std::vector<Claim> of(const ami::Message& event, bool behind_another) const;

  /// In, or out of, a conference or a lot.
  static constexpr std::string_view is_in = "in", is_out = "out";
  /// The same as the PBX has it, by the rows of its answer; nullopt: they do not tell.
  static std::optional<std::string> said(const Claim& claim, const std::vector<ami::Message>& rows);
  /// Whether the PBX has meant it, which by now may have gone on to something else again. Of a
  /// conference of ours the model does not know the PBX's id, so a bridge has to be the one told.
  static bool is_meant(const Claim& claim, std::string_view said);

 private:
  const Channel* channel_of(const ami::Message& event, ami::Role role) const;
  std::vector<Claim> of_link(const ami::Message& event) const;
  void add_old(const ami::Message& event, const Channel& channel, bool behind_another,
               std::vector<Claim>& claims) const;
  void add_snapshot(const ami::Message& event, ami::Role role, const Channel& channel,
                    bool behind_another, std::vector<Claim>& claims) const;
  void add_line(const ami::Message& event, const ami::Snapshot& snapshot, const Channel& channel,
                std::vector<Claim>& claims) const;
  void add_bridge(const ami::Message& event, const Channel& channel,
                  std::vector<Claim>& claims) const;
  void add_state(const ami::Message& event, const ami::Snapshot& snapshot, const Channel& channel,
                 std::vector<Claim>& claims) const;
  void add_variables(const ami::Message& event, ami::Role role, const Channel& channel,
                     std::vector<Claim>& claims) const;
  Party party(std::string_view name, std::string_view number) const;
  std::string plain(std::string_view value) const;

  const Store& store_;
  ami::Dialect dialect_;
  std::string own_context_;
};

}  // namespace arigate::model
