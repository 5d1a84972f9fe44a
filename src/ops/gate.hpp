#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ami/message.hpp"
#include "model/vetting.hpp"
#include "ops/eventual.hpp"
#include "ops/world.hpp"

namespace arigate::ops {

/// Where events enter. What the PBX can have said goes on at once; of what only looks so, the PBX
/// is asked first, and all that follows waits in its order until the answer has come.
///
///   open --an event only the PBX can confirm--> asking --answer--> open, then what has waited
///
/// What was not meant by the PBX is dropped, and a list is asked for.
class Gate {
 public:
  using Apply = std::function<void(const ami::Message&)>;

  /// Messages that wait for one answer. More are dropped; the list that follows makes up for them.
  static constexpr std::size_t held_max = 50'000;

  /// Questions in a second about ends that were announced: in a storm the rest is believed.
  static constexpr int announced_questions_max = 50;
  /// Events in a second that change channels and are asked about, each in all that it tells,
  static constexpr int claim_questions_max = 50;
  /// and about where in the dialplan they are.
  static constexpr int line_questions_max = 50;
  /// A PBX tells of an end before it forgets the channel, so one that it still has is asked about
  /// again: so often, and in all of a second, since all that follows waits.
  static constexpr int again_max = 3;
  static constexpr int again_a_second_max = 10;
  static constexpr std::chrono::milliseconds again_after{30};

  Gate(boost::asio::any_io_executor executor, World& world, Apply apply)
      : executor_{std::move(executor)},
        world_{world},
        apply_{std::move(apply)},
        vetting_{world.store} {}

  void link_up(const ami::Dialect& dialect);
  void link_down();
  void take(const ami::Message& event);
  /// All that has been read was taken.
  void batch_end() { read_all_ = world_.clock.now(); }

  /// What has come so far waits for the PBX's word.
  bool asking() const { return asking_; }
  /// Until it waits no more; two questions of the longest kind may stand before it.
  boost::asio::awaitable<void> passed() { return passed(2 * world_.timeouts.action); }
  /// The same for so long at most.
  boost::asio::awaitable<void> passed(std::chrono::milliseconds at_most);

  std::size_t held() const { return held_.size(); }
  /// Messages that were dropped, since the start.
  std::uint64_t dropped() const { return dropped_; }

 private:
  enum class Answer { there, gone, as_known, as_told, none, refused };

  void pass(const ami::Message& event);
  void drop(const ami::Message& event, std::string_view why);
  void leave_out(const ami::Message& event, std::string_view why);
  void answered(Answer answer);
  bool is_meant(Answer answer) const;
  void end_waits();
  bool is_answered(const model::Vetting::Judgement& judgement) const;
  bool may_ask(const model::Vetting::Judgement& judgement);
  void count_seconds();
  boost::asio::awaitable<Answer> ask(std::string name, std::string uniqueid, int again);
  boost::asio::awaitable<Answer> ask_whether(std::vector<model::Claim> claims);
  boost::asio::awaitable<Answer> ask_whether(const model::Claim& claim);
  boost::asio::awaitable<bool> waited_for_more();
  boost::asio::awaitable<Result<std::string>> what_is(const model::Claim& claim);
  boost::asio::awaitable<Answer> ask_once(std::string name, std::string uniqueid);
  boost::asio::awaitable<Answer> look_in_list(std::string uniqueid);

  boost::asio::any_io_executor executor_;
  World& world_;
  Apply apply_;
  model::Vetting vetting_;
  bool asking_ = false;
  model::Vetting::Verdict asked_{};  ///< What the answer decides on.
  bool of_line_ = false;             ///< It is about a line of the dialplan.
  ami::Message subject_;             ///< The event in question.
  std::deque<ami::Message> held_;    ///< What came behind it.
  /// The last answer about a line of the dialplan, good for so many of those held.
  struct Said {
    model::Claim::Means means{};
    std::string uniqueid, value;
    std::size_t for_held = 0;
  } said_;
  std::optional<TimePoint> read_all_;
  TimePoint second_began_{};
  int announced_questions_ = 0;  ///< Of this second.
  int claim_questions_ = 0;      ///< Of this second.
  int line_questions_ = 0;       ///< Of this second.
  int again_ = 0;                ///< Of this second: questions asked again.
  std::uint64_t link_ = 0;       ///< Answers from an earlier link count no more.
  std::uint64_t dropped_ = 0;
  std::uint64_t held_total_ = 0;  ///< Messages that were ever held.
  struct Wait {
    std::uint64_t up_to;  ///< Of held_total_.
    Eventual<bool> over;
  };
  std::deque<Wait> waits_;
};

}  // namespace arigate::ops
