#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "agi/decoder.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "ops/eventual.hpp"
#include "ops/ports.hpp"

namespace arigate::ops {

/// Something done with the command line of one channel: one AGI command or a few in a row. While it
/// runs no other does; native ARI has the same queue for each channel.
class Job {
 public:
  struct Send {
    std::string line;
  };               ///< Send this and wait for its reply.
  struct Wait {};  ///< Nothing to send now; still running.
  struct Done {};
  using Step = std::variant<Send, Wait, Done>;

  virtual ~Job() = default;
  virtual Step start(TimePoint now) = 0;
  virtual Step on(const agi::Reply& reply, TimePoint now) = 0;
  /// The channel was taken out of what the last line started and has a new command line: the reply
  /// to that line never comes.
  virtual Step on_new_line(TimePoint) { return Done{}; }
  /// Whether -1 may be the caller's hangup, and what waits has to wait for the PBX's word.
  virtual bool may_end_by_hangup() const { return true; }
  /// False: it can be done while the command line is away.
  virtual bool needs_line() const { return true; }
  /// The channel or the link is gone; called for running and for waiting jobs.
  virtual void abandon(const Error& why) = 0;
};

/// What a channel does while nothing is asked of it, such as being in a bridge: a job that runs
/// until it is called away.
class RestingJob : public Job {
 public:
  /// A job waits, or the channel shall rest elsewhere: come to an end. Called once at most.
  virtual Step call_away(TimePoint now) = 0;
};

/// The jobs of one channel that is under our control, first come first served.
///
///   idle --add--> running --Done--> idle (or the next job);   any --drop--> gone
///   running --Done by -1--> probing --any reply--> idle (or the next job)
/// -1 ends what failed and what the caller's hangup ended alike. The PBX tells of a hangup before
/// it reads the next line, so what waits begins only when a NOOP was answered.
/// The line may be away: before a created channel is answered, and between a Redirect and the new
/// AGI session. Jobs wait then; attach() lets the running one and the next ones go on, and so does
/// attach_again() when the PBX has said that the channel is alive.
class Control : public std::enable_shared_from_this<Control> {
 public:
  static constexpr std::size_t queue_max = 1000;  ///< Unless the owner says otherwise.

  Control(ChannelId channel, std::shared_ptr<AgiLink> link, const Clock& clock,
          std::size_t waiting_max = queue_max)
      : channel_{std::move(channel)},
        link_{std::move(link)},
        clock_{clock},
        waiting_max_{waiting_max} {}

  /// A queue whose channel has no command line yet: see attach().
  Control(ChannelId channel, const Clock& clock, std::size_t waiting_max = queue_max)
      : Control{std::move(channel), nullptr, clock, waiting_max} {}

  const ChannelId& channel() const { return channel_; }
  void set_channel(ChannelId channel) { channel_ = std::move(channel); }
  /// The command line is here.
  bool attached() const { return link_ != nullptr; }
  AgiLink& link() { return *link_; }
  void detach() {
    link_.reset();
    replies_due_ = 0;
  }
  /// The line is about to go, with the channel or for another one: what waits does not begin on it.
  void hold_back() { held_back_ = true; }
  /// It has not gone.
  void go_on();
  /// A new command line. Replies that the old one owed are not awaited any more.
  void attach(std::shared_ptr<AgiLink> link);
  /// The same for a channel that was redirected. It may have hung up on its way, and no HANGUP
  /// tells the new line of it (seen: 1.8): what a dead channel is refused is asked first.
  void attach_again(std::shared_ptr<AgiLink> link);
  /// Asks a line that may be that of a dead channel, which nothing tells: what a dead channel is
  /// refused. Nothing starts before the answer.
  void ask_for_life() { probe("CHANNEL STATUS"); }
  /// The same as attach() for a channel that leaves: what ran is told, and nothing begins any more.
  void attach_to_leave(std::shared_ptr<AgiLink> link);
  bool running() const { return running_ != nullptr; }
  /// Jobs wait behind what runs.
  bool has_waiting() const { return !waiting_.empty(); }
  /// It rests in a command: see rest_by().
  bool resting() const { return resting_ != nullptr; }
  /// Whether a job that is added starts now; one that rests makes way.
  bool idle() const {
    return link_ && (!running_ || resting_ != nullptr) && waiting_.empty() && !probing_;
  }

  /// Errc::overloaded when the queue is full, Errc::not_in_application after drop().
  Result<void> add(std::unique_ptr<Job> job);
  void on(const agi::Reply& reply);
  /// Sends a line while a job runs: only for the job that runs, which expects the reply.
  void interrupt(std::string line) {
    if (link_) link_->send(std::move(line));
  }
  /// Lets the running job go on with what an outside event decided.
  void resume(const Job& job, Job::Step step);
  /// How to rest from now on: asked each time that the queue runs empty; no function, and no job,
  /// is plain idleness. What rests now is called away.
  using Rest = std::function<std::unique_ptr<RestingJob>()>;
  void rest_by(Rest rest);
  void drop(const Error& why);
  bool dropped() const { return dropped_; }
  /// Replies that the PBX still owes, also after drop(). A line that interrupts takes the place of
  /// the one that it interrupts.
  std::size_t replies_due() const { return replies_due_; }

 private:
  void take_line(std::shared_ptr<AgiLink> link);
  void follow(Job::Step step);
  void go_on_with_line();
  void start_next();
  bool may_start();
  void probe(std::string line);
  void probed(const agi::Reply& reply);
  std::unique_ptr<Job> take_next();
  void call_away();

  ChannelId channel_;
  std::shared_ptr<AgiLink> link_;
  const Clock& clock_;
  std::size_t waiting_max_;
  std::unique_ptr<Job> running_;
  Rest rest_;
  RestingJob* resting_ = nullptr;  ///< running_, when it rests.
  bool called_away_ = false;
  std::optional<std::string> unsent_;  ///< Of the running job, while the line is away.
  std::deque<std::unique_ptr<Job>> waiting_;
  bool starting_ = false;
  bool dropped_ = false;
  bool held_back_ = false;
  bool ended_badly_ = false;  ///< What ran last.
  bool probing_ = false;
  bool line_is_new_ = false;  ///< Nobody knows whether the channel is alive.
  std::size_t replies_due_ = 0;
};

/// One command; its reply goes to whoever waits.
class CommandJob : public Job {
 public:
  explicit CommandJob(std::string line) : line_{std::move(line)} {}
  Eventual<Result<agi::Reply>> outcome() const { return outcome_; }

  Step start(TimePoint) override { return Send{line_}; }
  Step on(const agi::Reply& reply, TimePoint) override {
    outcome_.set(reply);
    return Done{};
  }
  Step on_new_line(TimePoint) override {
    outcome_.set(Error{Errc::wrong_state, "The channel was taken out of the command"});
    return Done{};
  }
  void abandon(const Error& why) override { outcome_.set(why); }

 private:
  std::string line_;
  Eventual<Result<agi::Reply>> outcome_;
};

/// Several commands in a row, whatever the PBX answers to each.
class SequenceJob : public Job {
 public:
  /// `then` runs when the last one is answered.
  explicit SequenceJob(std::deque<std::string> lines, std::function<void()> then = {})
      : lines_{std::move(lines)}, then_{std::move(then)} {}

  Step start(TimePoint) override { return next(); }
  Step on(const agi::Reply&, TimePoint) override { return next(); }
  Step on_new_line(TimePoint) override { return next(); }
  bool needs_line() const override { return !lines_.empty(); }
  void abandon(const Error&) override {}

 private:
  Step next();
  std::deque<std::string> lines_;
  std::function<void()> then_;
};

/// The controls of all channels that are in an application.
class Controls {
 public:
  Control* find(const ChannelId& channel) const;
  void add(std::shared_ptr<Control> control);
  /// Takes it out; its owner ends it.
  void take(const ChannelId& channel) { by_channel_.erase(channel); }
  std::size_t size() const { return by_channel_.size(); }
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [id, control] : by_channel_) visit(*control);
  }

 private:
  std::unordered_map<ChannelId, std::shared_ptr<Control>> by_channel_;
};

}  // namespace arigate::ops
