#include <fmt/format.h>

#include <array>

#include "core/text.hpp"
#include "sim/agi_session.hpp"

namespace arigate::sim {

/// One command: its name in words, how many words it needs at least, and whether it still works
/// when the channel has hung up.
struct AgiCommands::Row {
  std::string_view name;
  std::size_t words_min;
  bool when_dead;
  Work (AgiCommands::*run)(Words);
};

const AgiCommands::Row* AgiCommands::find(const Words& words) {
  static constexpr std::array<Row, 37> table{{
      {"ANSWER", 1, false, &AgiCommands::answer},
      {"ASYNCAGI BREAK", 2, true, &AgiCommands::ok},
      {"CHANNEL STATUS", 2, false, &AgiCommands::channel_status},
      {"CONTROL STREAM FILE", 5, false, &AgiCommands::control_stream_file},
      {"DATABASE DEL", 4, true, &AgiCommands::database_del},
      {"DATABASE DELTREE", 3, true, &AgiCommands::database_deltree},
      {"DATABASE GET", 4, true, &AgiCommands::database_get},
      {"DATABASE PUT", 5, true, &AgiCommands::database_put},
      {"EXEC", 2, true, &AgiCommands::exec},
      {"GET DATA", 3, false, &AgiCommands::get_data},
      {"GET FULL VARIABLE", 4, true, &AgiCommands::get_full_variable},
      {"GET OPTION", 4, false, &AgiCommands::get_option},
      {"GET VARIABLE", 3, true, &AgiCommands::get_variable},
      {"HANGUP", 1, false, &AgiCommands::hangup},
      {"NOOP", 1, true, &AgiCommands::noop},
      {"RECEIVE CHAR", 3, false, &AgiCommands::receive_text},
      {"RECEIVE TEXT", 3, false, &AgiCommands::receive_text},
      {"RECORD FILE", 6, false, &AgiCommands::record_file},
      {"SAY ALPHA", 4, false, &AgiCommands::say_alpha},
      {"SAY DIGITS", 4, false, &AgiCommands::say_digits},
      {"SAY NUMBER", 4, false, &AgiCommands::say_number},
      {"SAY PHONETIC", 4, false, &AgiCommands::say_alpha},
      {"SEND IMAGE", 3, false, &AgiCommands::ok},
      {"SEND TEXT", 3, false, &AgiCommands::ok},
      {"SET AUTOHANGUP", 3, false, &AgiCommands::set_auto_hangup},
      {"SET CALLERID", 3, false, &AgiCommands::set_callerid},
      {"SET CONTEXT", 3, false, &AgiCommands::set_context},
      {"SET EXTENSION", 3, false, &AgiCommands::set_extension},
      {"SET MUSIC ON", 3, false, &AgiCommands::set_music},
      {"SET MUSIC OFF", 3, false, &AgiCommands::set_music},
      {"SET PRIORITY", 3, false, &AgiCommands::set_priority},
      {"SET VARIABLE", 2, true, &AgiCommands::set_variable},
      {"STREAM FILE", 4, false, &AgiCommands::stream_file},
      {"TDD MODE", 3, false, &AgiCommands::ok},
      {"VERBOSE", 2, true, &AgiCommands::verbose},
      {"WAIT FOR DIGIT", 4, false, &AgiCommands::wait_for_digit},
      {"GOSUB", 4, false, &AgiCommands::ok},
  }};
  const Row* longest = nullptr;
  for (const auto& row : table) {
    const auto names = split(row.name, ' ');
    if (names.size() > words.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < names.size(); ++i) same = same && iequals(names[i], words[i]);
    if (same && (longest == nullptr || row.name.size() > longest->name.size())) longest = &row;
  }
  return longest;
}

boost::asio::awaitable<AgiReply> AgiCommands::execute(std::string line, bool dead) {
  auto words = split_words(line);
  const auto* row = find(words);
  if (row == nullptr) co_return AgiReply{.code = 510, .text = "Invalid or unknown command"};
  if (dead && !row->when_dead) {
    const auto text = exchange_->dialect().dead_channel_text();
    co_return AgiReply{.code = 511, .text = std::string{text.substr(text.find(' ') + 1)}};
  }
  if (words.size() < row->words_min) {
    co_return AgiReply{.code = 520, .text = exchange_->dialect().usage_reply(row->name)};
  }
  auto reply = co_await (this->*row->run)(std::move(words));
  // A command that ends because the channel does answers -1; EXEC says how its application ended.
  co_return reply;
}

AgiCommands::Work AgiCommands::answer(Words) {
  const bool up = co_await answer_and_wait(exchange_, channel_);
  auto reply = agi_result(up ? 0 : -1);
  reply.failed = !up;
  co_return reply;
}

AgiCommands::Work AgiCommands::hangup(Words words) {
  static constexpr int soft_hangup_explicit = 32;  // A flag, not a cause: so it is on the wire.
  auto target = words.size() > 1 ? exchange_->find(words[1]) : channel_;
  if (!target) co_return agi_result(-1);
  exchange_->publish(exchange_->dialect().soft_hangup_request(*target, soft_hangup_explicit));
  exchange_->ask_hangup(*target, 0);
  co_return agi_result(1);
}

AgiCommands::Work AgiCommands::channel_status(Words words) {
  const auto target = words.size() > 2 ? exchange_->find(words[2]) : channel_;
  co_return agi_result(target ? static_cast<long>(target->state) : -1);
}

AgiCommands::Work AgiCommands::noop(Words) {
  co_return agi_result(0);
}
AgiCommands::Work AgiCommands::verbose(Words) {
  co_return agi_result(1);
}
AgiCommands::Work AgiCommands::ok(Words) {
  co_return agi_result(0);
}
AgiCommands::Work AgiCommands::set_auto_hangup(Words) {
  co_return agi_result(0);
}

AgiCommands::Work AgiCommands::exec(Words words) {
  const auto data = words.size() > 2 ? exchange_->substitute(channel_.get(), words[2]) : "";
  const auto result = co_await sim::execute(exchange_, channel_, words[1], data);
  switch (result) {
    case AppResult::unknown:
      co_return agi_result(-2);
    case AppResult::hangup: {
      auto reply = agi_result(-1);
      reply.failed = channel_->interrupted();
      co_return reply;
    }
    case AppResult::proceed:
      break;
  }
  co_return agi_result(0);
}

std::vector<std::string> split_words(std::string_view line) {
  static constexpr std::size_t words_max = 127;
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (c == '"') {
      quoted = !quoted;
      in_word = true;
      continue;
    }
    if (!quoted && (c == ' ' || c == '\t')) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      if (words.size() == words_max) return words;
      continue;
    }
    if (c == '\\' && i + 1 < line.size()) c = line[++i];
    word += c;
    in_word = true;
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

AgiReply agi_result(long number) {
  return AgiReply{.text = fmt::format("result={}", number)};
}

}  // namespace arigate::sim
