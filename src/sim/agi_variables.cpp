// AGI commands that read and write: variables, the place in the dialplan, the caller, the database.
#include <fmt/format.h>

#include <algorithm>

#include "core/number.hpp"
#include "core/text.hpp"
#include "sim/agi_session.hpp"

namespace arigate::sim {
namespace {

AgiReply with_value(std::string_view value) {
  return AgiReply{.text = fmt::format("result=1 ({})", value)};
}

std::string database_key(std::string_view family, std::string_view key) {
  return fmt::format("/{}/{}", family, key);
}

}  // namespace

AgiCommands::Work AgiCommands::set_variable(Words words) {
  if (words.size() > 2) {
    exchange_->set_variable(channel_.get(), words[2], words.size() > 3 ? words[3] : "");
  }
  co_return agi_result(1);
}

AgiCommands::Work AgiCommands::get_variable(Words words) {
  const auto value = exchange_->variable(channel_.get(), words[2]);
  co_return value ? with_value(*value) : agi_result(0);
}

AgiCommands::Work AgiCommands::get_full_variable(Words words) {
  const auto target = words.size() > 4 ? exchange_->find(words[4]) : channel_;
  const auto value = target ? exchange_->substitute(target.get(), words[3]) : std::string{};
  co_return value.empty() ? agi_result(0) : with_value(value);
}

AgiCommands::Work AgiCommands::set_context(Words words) {
  channel_->place.context = words[2];
  co_return agi_result(0);
}

AgiCommands::Work AgiCommands::set_extension(Words words) {
  channel_->place.exten = words[2];
  co_return agi_result(0);
}

AgiCommands::Work AgiCommands::set_priority(Words words) {
  const auto& text = words[2];
  auto priority = leading_number<int>(text);
  if (!priority) {
    const auto& place = channel_->place;
    const auto labelled = exchange_->dialplan().labelled(place.context, place.exten, text);
    if (!labelled) co_return agi_result(-1);
    priority = *labelled;
  }
  channel_->place.priority = *priority - 1;  // The dialplan counts on after the application.
  co_return agi_result(0);
}

AgiCommands::Work AgiCommands::set_callerid(Words words) {
  exchange_->set_caller(*channel_, parse_party(words[2]));
  co_return agi_result(1);
}

AgiCommands::Work AgiCommands::set_music(Words words) {
  const bool on = iequals(words[2], "on");
  if (on && words.size() > 3 && !words[3].empty()) channel_->music_class = words[3];
  exchange_->play_music(*channel_, on);
  co_return agi_result(0);
}

AgiCommands::Work AgiCommands::database_get(Words words) {
  const auto& database = exchange_->database();
  const auto found = database.find(database_key(words[2], words[3]));
  co_return found == database.end() ? agi_result(0) : with_value(found->second);
}

AgiCommands::Work AgiCommands::database_put(Words words) {
  exchange_->database()[database_key(words[2], words[3])] = words[4];
  co_return agi_result(1);
}

AgiCommands::Work AgiCommands::database_del(Words words) {
  exchange_->database().erase(database_key(words[2], words[3]));
  co_return agi_result(1);  // A key that is not there as well (seen since Asterisk 11).
}

AgiCommands::Work AgiCommands::database_deltree(Words words) {
  const auto prefix = database_key(words[2], words.size() > 3 ? words[3] : "");
  std::erase_if(exchange_->database(),
                [&](const auto& entry) { return entry.first.starts_with(prefix); });
  co_return agi_result(1);
}

}  // namespace arigate::sim
