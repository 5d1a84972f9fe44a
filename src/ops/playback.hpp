#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agi/decoder.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "model/channel.hpp"
#include "ops/control.hpp"
#include "ops/interrupter.hpp"
#include "ops/media.hpp"

namespace arigate::ops {

enum class PlaybackControl : std::uint8_t { stop, restart, pause, unpause, reverse, forward };

/// What is to be played, and how.
struct PlaybackPlan {
  PlaybackId id;                  ///< Its key in the model, see Reconciler::add_playback().
  std::vector<std::string> uris;  ///< As the client wrote them; at least one.
  std::vector<Media> media;       ///< The same, understood.
  std::string language;           ///< "" leaves the channel's language alone.
  std::string channel_language;   ///< To go back to.
  long offset_ms = 0;
  long skip_ms = 3000;
};

/// Plays a list of media on one channel, by one of two means:
///   `controlled` (PBXs with the ControlPlayback action): CONTROL STREAM FILE; control by AMI.
///   `token` (older ones): STREAM FILE, which any new command line interrupts without a reply. To
///   pause or stop we send a question whose answer cannot be mistaken, remember how long the file
///   has played, and go on with STREAM FILE at that offset.
///
///   queued --start--> playing --reply--> playing the next file or item, or done
///   playing --pause--> paused --unpause--> playing;   playing, paused --stop--> done
///   SAY NUMBER, which nothing of that interrupts, is ended from outside: see Interrupter
///   token only: playing --any control--> interrupted --answer to the token--> what was asked
///   a refusal of the PBX fails the item; the last item decides done or failed;   anything after
///   done or failed is ignored
///   a refusal amid a list may be the hangup: a NOOP is answered before the list goes on
class PlaybackMachine {
 public:
  enum class Means : std::uint8_t { controlled, token };

  static constexpr std::chrono::milliseconds token_time{
      200};  ///< It is answered in 3 ms otherwise.
  static constexpr std::chrono::milliseconds stop_time{1000};
  /// A PBX that is not overloaded has read a command after that.
  static constexpr std::chrono::milliseconds reading_time{50};
  static constexpr int stops_max = 10;

  struct SendAgi {
    std::string line;
  };  ///< A command; its reply comes back to on().
  struct SendToken {
    std::string line;
  };  ///< A line that interrupts the running one.
  struct ControlStream {
    std::string_view verb;
  };                    ///< AMI ControlPlayback with this verb.
  struct Interrupt {};  ///< End the running command, which no other one interrupts.
  /// Report this state of the entry `item` of the list; `done` while it is queued is shown only.
  struct Tell {
    model::PlaybackState state;
    std::size_t item;
  };
  struct End {
    model::PlaybackState state;
  };  ///< Report this and be done.
  using Output = std::variant<SendAgi, SendToken, ControlStream, Interrupt, Tell, End>;
  using Outputs = std::vector<Output>;

  PlaybackMachine(PlaybackPlan plan, Means means)
      : PlaybackMachine{std::move(plan), means, means == Means::controlled} {}
  /// `by_digit`: an interrupted command tells its end by its reply; else by a new line.
  PlaybackMachine(PlaybackPlan plan, Means means, bool by_digit)
      : plan_{std::move(plan)}, means_{means}, by_digit_{by_digit} {}

  /// The channel has not been answered when its turn comes: the caller is told first that media
  /// come, as natively.
  void begin_with_progress() { progress_ = true; }
  Outputs start(TimePoint now);
  Outputs on(const agi::Reply& reply, TimePoint now);
  /// The channel was taken out of the running command and has a new command line.
  Outputs on_new_line(TimePoint now);
  /// It could not be taken out.
  Outputs stays();
  /// The answer to this token has not come: another one. The same for a stop by ControlPlayback:
  /// the PBX drops one that comes before it has read the command that plays.
  Outputs ask_again(std::uint32_t token);
  /// When to do so. A stop that was late and is asked for again could meet what plays next.
  std::chrono::milliseconds ask_again_after() const { return stop_due() ? stop_time : token_time; }
  /// What ControlPlayback says from here on finds the running command on the PBX.
  TimePoint read_by() const { return began_ + reading_time; }
  /// A stop was asked of ControlPlayback and has not come, nor was it asked too often.
  bool stop_due() const;
  std::uint32_t token() const { return token_; }
  /// Errc::conflict when it is not playing.
  Result<Outputs> on(PlaybackControl control, TimePoint now);

  const PlaybackPlan& plan() const { return plan_; }
  std::size_t item() const { return item_; }  ///< Index of the URI that plays.
  bool started() const { return state_ != State::queued; }
  bool ended() const { return state_ == State::ended; }
  /// The channel has the language of the playback, or is about to have one or the other.
  bool language_set() const {
    return !plan_.language.empty() && plan_.language != plan_.channel_language &&
           state_ != State::queued && state_ != State::progress_pending && !ended();
  }
  /// The end of the running command has been asked for and has not come.
  bool interrupt_pending() const { return interrupt_asked_ && !ended(); }

 private:
  enum class State : std::uint8_t {
    queued,
    progress_pending,  // the reply to Progress
    language_pending,  // the reply to SET VARIABLE CHANNEL(language)
    zone_pending,      // the reply to SET VARIABLE CHANNEL(tonezone)
    playing,           // the reply to the playing command
    hangup_doubted,    // the reply to NOOP, which the PBX gives behind the news of a hangup
    line_pending,      // the reply has come, but the line is about to go
    paused,
    interrupted,  // the reply to the token
    tone,         // plays until stopped; no reply is due
    tone_stop_pending,
    language_back_pending,
    ended,
  };

  void set_up(Outputs& outputs, TimePoint now);
  void begin(Outputs& outputs, TimePoint now);
  bool play_item(Outputs& outputs, TimePoint now);
  void play_tone(Outputs& outputs);
  void stop_tone(Outputs& outputs);
  void play_file(Outputs& outputs, TimePoint now);
  bool has_next() const;
  void next(Outputs& outputs, TimePoint now);
  void end(Outputs& outputs, model::PlaybackState state);
  void interrupt(Outputs& outputs, TimePoint now);
  void ask(PlaybackControl control);
  Result<Outputs> control_tone(PlaybackControl control);
  Result<Outputs> control_stream(PlaybackControl control);
  void ask_for_stop(Outputs& outputs);
  void after_token(Outputs& outputs, TimePoint now);
  void next_unless_hung_up(bool broke_off, Outputs& outputs, TimePoint now);
  void after_doubt(Outputs& outputs, TimePoint now);
  long elapsed_ms(TimePoint now) const;
  std::string token_text() const;
  bool lenient() const;

  PlaybackPlan plan_;
  Means means_;
  bool by_digit_;
  bool progress_ = false;  // the caller hears nothing before it is told that media come
  State state_ = State::queued;
  std::size_t item_ = 0;
  std::size_t file_ = 0;
  long position_ms_ = 0;  // where the running command began in the file
  TimePoint began_{};
  bool stopping_ = false;
  int stops_asked_ = 0;  // of ControlPlayback
  bool interrupt_asked_ = false;
  bool item_failed_ = false;
  bool controlled_paused_ = false;
  bool tone_reply_due_ = false;
  bool tone_paused_ = false;
  // While interrupted: what the answer to the token shall find.
  bool ran_out_ = false;    // the file ended by itself while the token was under way
  bool broke_off_ = false;  // and not at its end
  bool replay_asked_ = false;
  bool pause_asked_ = false;
  std::uint32_t token_ = 0;
  model::PlaybackState end_state_ = model::PlaybackState::done;
};

/// How a playback reaches the PBX and the model.
struct PlaybackPorts {
  /// The channel has not been answered.
  std::function<bool()> unanswered;
  /// Not before PlaybackMachine::read_by().
  std::function<void(const PlaybackMachine&, std::string_view verb)> control_stream;
  std::function<void(const PlaybackMachine&)> interrupt;
  /// Calls PlaybackJob::ask_again() in a while.
  std::function<void(const PlaybackMachine&)> ask_again;
  /// What the channel's language is set to is not shown; "" again at the end.
  std::function<void(std::string_view)> hide_language;
  /// Sets it for a playback that has no command line any more.
  std::function<void(std::string_view)> set_language;
  std::function<void(const PlaybackMachine&, model::PlaybackState, std::size_t item)> tell;
  std::function<void(const PlaybackMachine&, model::PlaybackState)> end;
};

/// The machine as a job of the channel's queue.
class PlaybackJob : public Job {
 public:
  PlaybackJob(PlaybackMachine machine, PlaybackPorts ports)
      : machine_{std::move(machine)}, ports_{std::move(ports)} {}

  Step start(TimePoint now) override;
  Step on(const agi::Reply& reply, TimePoint now) override;
  Step on_new_line(TimePoint now) override { return carry_out(machine_.on_new_line(now), nullptr); }
  void abandon(const Error& why) override;

  bool started() const { return machine_.started(); }
  bool interrupt_pending() const { return machine_.interrupt_pending(); }
  /// The command that was to be interrupted goes on. `control`: the queue that this job is in.
  void stays(Control& control);
  void ask_again(Control& control, std::uint32_t token);
  /// From REST, at any time.
  Result<void> on(PlaybackControl what, Control& control, TimePoint now);

 private:
  Step carry_out(PlaybackMachine::Outputs outputs, Control* interrupted);
  PlaybackMachine machine_;
  PlaybackPorts ports_;
};

}  // namespace arigate::ops
