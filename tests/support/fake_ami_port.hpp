#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ops/eventual.hpp"
#include "ops/ports.hpp"
#include "support/pbx_text.hpp"

namespace arigate::test {

/// A manager link of which a test is the PBX's side: it sees each action as "Name|Key: value|…"
/// and answers when it likes.
class FakeAmiPort : public ops::AmiPort {
 public:
  explicit FakeAmiPort(std::string_view ami_version = "1.3")
      : dialect_{ami::dialect_of(ami_version)} {}

  struct Asked {
    std::string action;
    std::string action_id;
    ops::Eventual<Result<std::vector<ami::Message>>> answer;
  };

  boost::asio::awaitable<Result<ami::Message>> request(ami::Action action, TimePoint deadline,
                                                       std::string action_id) override {
    auto answer = ask(action, std::move(action_id));
    if (!answer) co_return answer.error();
    const std::string name = action.name();
    auto messages = co_await answer->wait(deadline);
    if (!messages) co_return Error{Errc::timeout, "The PBX did not answer " + name};
    if (!*messages) co_return messages->error();
    co_return std::move((*messages)->front());
  }
  boost::asio::awaitable<Result<std::vector<ami::Message>>> list(ami::Action action,
                                                                 TimePoint deadline) override {
    auto answer = ask(action, "");
    if (!answer) co_return answer.error();
    auto messages = co_await answer->wait(deadline);
    if (!messages) co_return Error{Errc::timeout, "no end of the list"};
    co_return std::move(*messages);
  }
  void post(ami::Action action) override { posted_.push_back(text_of(action)); }
  const ami::Dialect& dialect() const override { return dialect_; }
  bool up() const override { return up_; }

  void use(std::string_view ami_version) { dialect_ = ami::dialect_of(ami_version); }
  void set_up(bool up) { up_ = up; }

  /// The actions that wait for an answer.
  std::size_t waiting() const { return asked_.size(); }
  /// The oldest of them; it still waits. An empty text: there is none.
  std::string waiting_action() const { return asked_.empty() ? "" : asked_.front().action; }
  std::string waiting_action_id() const { return asked_.empty() ? "" : asked_.front().action_id; }
  /// Answers the oldest action; one message for a request, any number for a list.
  void answer(const std::vector<std::string>& messages = {"Response: Success"}) {
    pop().set(ami_messages(messages));
  }
  void refuse(Errc code, std::string detail = "no") { pop().set(Error{code, std::move(detail)}); }
  /// Never answers the oldest action.
  void ignore() { pop(); }
  std::vector<std::string> take_posted() { return std::exchange(posted_, {}); }

  static std::string text_of(const ami::Action& action) {
    std::string text = action.name();
    for (const auto& [key, value] : action.headers()) text += "|" + key + ": " + value;
    return text;
  }

 private:
  using Answer = ops::Eventual<Result<std::vector<ami::Message>>>;

  Result<Answer> ask(const ami::Action& action, std::string action_id) {
    if (!up_) return Error{Errc::unavailable, "The link to the PBX is down"};
    if (const auto bytes = ami::encode(action, action_id); !bytes) return bytes.error();
    asked_.push_back({text_of(action), std::move(action_id), {}});
    return asked_.back().answer;
  }
  Answer pop() {
    EXPECT_FALSE(asked_.empty()) << "no action waits for an answer";
    if (asked_.empty()) return {};
    auto answer = std::move(asked_.front().answer);
    asked_.pop_front();
    return answer;
  }

  ami::Dialect dialect_;
  bool up_ = true;
  std::deque<Asked> asked_;
  std::vector<std::string> posted_;
};

}  // namespace arigate::test
