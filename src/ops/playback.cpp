#include "ops/playback.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "agi/command.hpp"

namespace arigate::ops {
namespace {

/// Samples in a millisecond of the narrow-band files that STREAM FILE counts in.
constexpr long samples_per_ms = 8;

constexpr std::string_view token_start = "arigate-token-";

bool is_token(const std::optional<std::string>& value) {
  return value && value->starts_with(token_start);
}

bool refused(const agi::Reply& reply) {
  return !reply.ok() || reply.result == "-1";
}

std::string_view name_of(PlaybackControl control) {
  switch (control) {
    case PlaybackControl::stop:
      return "stop";
    case PlaybackControl::restart:
      return "restart";
    case PlaybackControl::pause:
      return "pause";
    case PlaybackControl::unpause:
      return "unpause";
    case PlaybackControl::reverse:
      return "reverse";
    case PlaybackControl::forward:
      return "forward";
  }
  return "";
}

}  // namespace

PlaybackMachine::Outputs PlaybackMachine::start(TimePoint now) {
  Outputs outputs;
  if (state_ != State::queued) return outputs;
  if (stopping_) {  // Stopped while it waited in the queue.
    end(outputs, model::PlaybackState::done);
  } else if (progress_) {
    state_ = State::progress_pending;
    outputs.push_back(SendAgi{"EXEC Progress"});
  } else {
    set_up(outputs, now);
  }
  return outputs;
}

void PlaybackMachine::set_up(Outputs& outputs, TimePoint now) {
  if (!plan_.language.empty() && plan_.language != plan_.channel_language) {
    state_ = State::language_pending;
    outputs.push_back(
        SendAgi{agi::checked_command("SET VARIABLE", {"CHANNEL(language)", plan_.language})});
  } else {
    begin(outputs, now);
  }
}

void PlaybackMachine::begin(Outputs& outputs, TimePoint now) {
  if (!play_item(outputs, now)) next(outputs, now);
}

/// False when the entry has nothing to say.
bool PlaybackMachine::play_item(Outputs& outputs, TimePoint now) {
  file_ = 0;
  item_failed_ = false;
  position_ms_ = item_ == 0 ? plan_.offset_ms : 0;
  outputs.push_back(Tell{model::PlaybackState::playing, item_});
  const Media& media = plan_.media[item_];
  if (!std::holds_alternative<Files>(media)) pause_asked_ = false;  // Neither can be paused.
  if (const auto* tone = std::get_if<Tone>(&media)) {
    if (tone->zone.empty()) {
      play_tone(outputs);
    } else {
      state_ = State::zone_pending;
      outputs.push_back(
          SendAgi{agi::checked_command("SET VARIABLE", {"CHANNEL(tonezone)", tone->zone})});
    }
  } else if (const auto* number = std::get_if<SpokenNumber>(&media)) {
    state_ = State::playing;
    const std::string escape{Interrupter::digit};
    outputs.push_back(SendAgi{agi::checked_command("SAY NUMBER", {number->number, escape})});
  } else if (std::get<Files>(media).names.empty()) {
    return false;
  } else {
    play_file(outputs, now);
  }
  return true;
}

void PlaybackMachine::play_tone(Outputs& outputs) {
  state_ = State::tone;
  tone_reply_due_ = true;
  outputs.push_back(
      SendAgi{agi::checked_command("EXEC PlayTones", {std::get<Tone>(plan_.media[item_]).spec})});
}

void PlaybackMachine::play_file(Outputs& outputs, TimePoint now) {
  const auto& names = std::get<Files>(plan_.media[item_]).names;
  if (std::exchange(pause_asked_, false)) {
    state_ = State::paused;
    outputs.push_back(Tell{model::PlaybackState::paused, item_});
    return;
  }
  state_ = State::playing;
  began_ = now;
  if (means_ == Means::controlled) {
    // Digits that no phone sends stand for forward, reverse and pause: the defaults are # and *.
    outputs.push_back(SendAgi{agi::checked_command(
        "CONTROL STREAM FILE", {names[file_], "", std::to_string(plan_.skip_ms), "A", "B", "C",
                                std::to_string(position_ms_)})});
  } else {
    outputs.push_back(SendAgi{agi::checked_command(
        "STREAM FILE", {names[file_], "", std::to_string(position_ms_ * samples_per_ms)})});
  }
}

bool PlaybackMachine::has_next() const {
  const auto* files = std::get_if<Files>(&plan_.media[item_]);
  return item_ + 1 < plan_.media.size() || (files != nullptr && file_ + 1 < files->names.size());
}

void PlaybackMachine::after_doubt(Outputs& outputs, TimePoint now) {
  if (stopping_) return end(outputs, model::PlaybackState::done);
  next(outputs, now);
}

void PlaybackMachine::next(Outputs& outputs, TimePoint now) {
  const auto* files = std::get_if<Files>(&plan_.media[item_]);
  position_ms_ = 0;
  if (files != nullptr && file_ + 1 < files->names.size()) {
    ++file_;
    return play_file(outputs, now);
  }
  while (item_ + 1 < plan_.media.size()) {
    outputs.push_back(Tell{model::PlaybackState::continuing, item_});
    ++item_;
    if (play_item(outputs, now)) return;
  }
  end(outputs, item_failed_ ? model::PlaybackState::failed : model::PlaybackState::done);
}

/// Missing files of spelled digits and characters are passed over, as the PBX's SAY does.
bool PlaybackMachine::lenient() const {
  const auto* files = std::get_if<Files>(&plan_.media[item_]);
  return files != nullptr && files->spelled;
}

void PlaybackMachine::end(Outputs& outputs, model::PlaybackState state) {
  end_state_ = state;
  if (language_set() && state_ != State::language_back_pending) {
    state_ = State::language_back_pending;
    outputs.push_back(SendAgi{
        agi::checked_command("SET VARIABLE", {"CHANNEL(language)", plan_.channel_language})});
    return;
  }
  state_ = State::ended;
  outputs.push_back(End{end_state_});
}

PlaybackMachine::Outputs PlaybackMachine::on(const agi::Reply& reply, TimePoint now) {
  Outputs outputs;
  switch (state_) {
    case State::progress_pending:
      if (stopping_) {
        end(outputs, model::PlaybackState::done);
      } else {
        set_up(outputs, now);
      }
      break;
    case State::language_pending:
      if (stopping_) {
        end(outputs, model::PlaybackState::done);
      } else {
        begin(outputs, now);
      }
      break;
    case State::zone_pending:
      if (stopping_) {
        end(outputs, model::PlaybackState::done);
      } else {
        play_tone(outputs);
      }
      break;
    case State::playing: {
      controlled_paused_ = false;
      if (interrupt_asked_ && !by_digit_ && refused(reply)) {
        state_ = State::line_pending;  // What we send now would be lost with the line.
      } else if (stopping_) {
        end(outputs, model::PlaybackState::done);
      } else {
        // Native goes on with the rest of the list; the last item decides how it ends.
        item_failed_ = refused(reply) && !lenient();
        next_unless_hung_up(refused(reply), outputs, now);
      }
      break;
    }
    case State::hangup_doubted:
      after_doubt(outputs, now);
      break;
    case State::interrupted:
      // The file's own reply comes first when it ended just before the token; an earlier token's
      // is not awaited any more.
      if (reply.value != token_text() && is_token(reply.value)) break;
      if (!ran_out_ && reply.value != token_text()) {
        ran_out_ = true;
        broke_off_ = refused(reply);
        item_failed_ = !stopping_ && broke_off_ && !lenient();
      } else {
        after_token(outputs, now);
      }
      break;
    case State::tone:
      tone_reply_due_ = false;
      if (refused(reply) || reply.result == "-2") {
        item_failed_ = !stopping_;
        if (stopping_) {
          end(outputs, model::PlaybackState::done);
        } else {
          next(outputs, now);
        }
      } else if (stopping_) {
        stop_tone(outputs);
      }
      break;
    case State::tone_stop_pending:
      end(outputs, model::PlaybackState::done);
      break;
    case State::language_back_pending:
      end(outputs, end_state_);
      break;
    case State::queued:
    case State::paused:
    case State::line_pending:
    case State::ended:
      break;
  }
  return outputs;
}

PlaybackMachine::Outputs PlaybackMachine::on_new_line(TimePoint now) {
  Outputs outputs;
  switch (state_) {
    case State::queued:
    case State::paused:
    case State::ended:
      break;
    case State::language_back_pending:
      end(outputs, end_state_);
      break;
    case State::interrupted:
      after_token(outputs, now);
      break;
    case State::hangup_doubted:
      after_doubt(outputs, now);
      break;
    case State::tone_stop_pending:
      end(outputs, model::PlaybackState::done);
      break;
    case State::progress_pending:
    case State::language_pending:
    case State::zone_pending:
    case State::tone:
    case State::playing:
    case State::line_pending:
      if (stopping_) {
        end(outputs, model::PlaybackState::done);
      } else if (state_ == State::progress_pending) {
        set_up(outputs, now);
      } else if (state_ == State::language_pending) {
        begin(outputs, now);
      } else if (std::holds_alternative<Files>(plan_.media[item_])) {
        position_ms_ = elapsed_ms(now);
        play_file(outputs, now);
      } else if (std::holds_alternative<Tone>(plan_.media[item_])) {
        play_tone(outputs);
      } else if (!play_item(outputs, now)) {
        next(outputs, now);
      }
      break;
  }
  return outputs;
}

void PlaybackMachine::stop_tone(Outputs& outputs) {
  state_ = State::tone_stop_pending;
  outputs.push_back(SendAgi{"EXEC StopPlayTones"});
}

PlaybackMachine::Outputs PlaybackMachine::ask_again(std::uint32_t token) {
  Outputs outputs;
  if (token != token_) return outputs;
  if (stop_due()) ask_for_stop(outputs);
  if (state_ != State::interrupted) return outputs;
  ++token_;
  outputs.push_back(SendToken{agi::checked_command("GET FULL VARIABLE", {token_text()})});
  return outputs;
}

bool PlaybackMachine::stop_due() const {
  return state_ == State::playing && stops_asked_ > 0 && stops_asked_ < stops_max;
}

void PlaybackMachine::ask_for_stop(Outputs& outputs) {
  ++stops_asked_;
  outputs.push_back(ControlStream{"stop"});
}

PlaybackMachine::Outputs PlaybackMachine::stays() {
  Outputs outputs;
  interrupt_asked_ = false;
  if (state_ == State::line_pending) end(outputs, model::PlaybackState::done);
  return outputs;
}

namespace {

Error only_while_playing(PlaybackControl control) {
  return {Errc::conflict, fmt::format("Can only {} while media is playing", name_of(control))};
}

}  // namespace

Result<PlaybackMachine::Outputs> PlaybackMachine::on(PlaybackControl control, TimePoint now) {
  Outputs outputs;
  const Error wrong = only_while_playing(control);
  using Do = PlaybackControl;
  switch (state_) {
    case State::queued:
      if (stopping_ && control == Do::stop) return outputs;  // Natively one may ask again.
      if (stopping_) return wrong;
      if (control == Do::restart) return outputs;  // It has not begun, so that is done already.
      if (control != Do::stop) return wrong;
      stopping_ = true;  // start() ends it when its turn comes.
      outputs.push_back(Tell{model::PlaybackState::done, item_});
      return outputs;
    case State::ended:
    case State::language_back_pending:
      return wrong;
    case State::progress_pending:
    case State::language_pending:
      if (control != Do::stop) return wrong;
      stopping_ = true;
      return outputs;
    case State::line_pending:
      return wrong;
    case State::tone_stop_pending:
      return outputs;
    case State::zone_pending:
    case State::tone:
      return control_tone(control);
    case State::paused:
      if (control == Do::pause) return outputs;
      if (control == Do::stop) {
        end(outputs, model::PlaybackState::done);
        return outputs;
      }
      if (control != Do::unpause) return wrong;
      outputs.push_back(Tell{model::PlaybackState::playing, item_});
      play_file(outputs, now);
      return outputs;
    case State::interrupted:
    case State::hangup_doubted:
      ask(control);
      return outputs;
    case State::playing:
      break;
  }
  if (std::holds_alternative<SpokenNumber>(plan_.media[item_])) {
    if (control != Do::stop) return wrong;
    stopping_ = true;
    if (!std::exchange(interrupt_asked_, true)) outputs.push_back(Interrupt{});
    return outputs;
  }
  if (means_ == Means::controlled) return control_stream(control);
  if (control == Do::unpause) return outputs;
  interrupt(outputs, now);
  ask(control);
  return outputs;
}

Result<PlaybackMachine::Outputs> PlaybackMachine::control_tone(PlaybackControl control) {
  Outputs outputs;
  if (control == PlaybackControl::stop) {
    stopping_ = true;
    // Two lines at once may be read as one, so the reply is awaited.
    if (state_ == State::tone && !tone_reply_due_) stop_tone(outputs);
  } else if (control == PlaybackControl::pause || control == PlaybackControl::unpause) {
    // Native changes what it shows; the tone goes on.
    if (std::exchange(tone_paused_, control == PlaybackControl::pause) != tone_paused_) {
      outputs.push_back(
          Tell{tone_paused_ ? model::PlaybackState::paused : model::PlaybackState::playing, item_});
    }
  } else if (tone_paused_) {
    return only_while_playing(control);
  }
  return outputs;
}

/// By the action that controls what the PBX plays.
Result<PlaybackMachine::Outputs> PlaybackMachine::control_stream(PlaybackControl control) {
  Outputs outputs;
  using Do = PlaybackControl;
  const bool needs_playing = control != Do::stop && control != Do::pause && control != Do::unpause;
  if (controlled_paused_ && needs_playing) return only_while_playing(control);
  switch (control) {
    case Do::stop:
      stopping_ = true;
      ask_for_stop(outputs);
      break;
    case Do::pause:
    case Do::unpause:  // The PBX knows one verb, which toggles.
      if (controlled_paused_ == (control == Do::pause)) break;
      controlled_paused_ = !controlled_paused_;
      outputs.push_back(ControlStream{"pause"});
      outputs.push_back(
          Tell{controlled_paused_ ? model::PlaybackState::paused : model::PlaybackState::playing,
               item_});
      break;
    case Do::restart:
      outputs.push_back(ControlStream{"restart"});
      break;
    case Do::reverse:
      outputs.push_back(ControlStream{"reverse"});
      break;
    case Do::forward:
      outputs.push_back(ControlStream{"forward"});
      break;
  }
  return outputs;
}

void PlaybackMachine::interrupt(Outputs& outputs, TimePoint now) {
  position_ms_ = elapsed_ms(now);
  ran_out_ = broke_off_ = replay_asked_ = pause_asked_ = false;
  state_ = State::interrupted;
  ++token_;
  outputs.push_back(SendToken{agi::checked_command("GET FULL VARIABLE", {token_text()})});
}

std::string PlaybackMachine::token_text() const {
  return fmt::format("{}{}", token_start, token_);
}

/// Notes what is wanted of the interrupted file; it adds up, and a stop is never taken back.
void PlaybackMachine::ask(PlaybackControl control) {
  switch (control) {
    case PlaybackControl::stop:
      stopping_ = true;
      break;
    case PlaybackControl::pause:
      pause_asked_ = true;
      break;
    case PlaybackControl::unpause:
      pause_asked_ = false;
      break;
    case PlaybackControl::restart:
      replay_asked_ = true;
      position_ms_ = 0;
      break;
    case PlaybackControl::reverse:
      position_ms_ = std::max(0L, position_ms_ - plan_.skip_ms);
      break;
    case PlaybackControl::forward:
      position_ms_ += plan_.skip_ms;
      break;
  }
}

/// The file has stopped, or had ended before: do what was asked.
void PlaybackMachine::after_token(Outputs& outputs, TimePoint now) {
  if (stopping_) return end(outputs, model::PlaybackState::done);
  if (ran_out_ && !replay_asked_) return next_unless_hung_up(broke_off_, outputs, now);
  play_file(outputs, now);
}

/// A file breaks off when it cannot be played, or when the channel has hung up: then that is told
/// before a further command is answered.
void PlaybackMachine::next_unless_hung_up(bool broke_off, Outputs& outputs, TimePoint now) {
  if (!broke_off || !has_next()) return next(outputs, now);
  state_ = State::hangup_doubted;
  outputs.push_back(SendAgi{"NOOP"});
}

long PlaybackMachine::elapsed_ms(TimePoint now) const {
  const auto ran = std::chrono::duration_cast<std::chrono::milliseconds>(now - began_).count();
  return position_ms_ + std::max<long>(0, ran);
}

}  // namespace arigate::ops
