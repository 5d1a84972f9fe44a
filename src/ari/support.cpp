#include "ari/support.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "ari/errors.hpp"
#include "ari/unsupported.hpp"
#include "core/log.hpp"

namespace arigate::ari {
namespace {

constexpr PbxLine newest_line = PbxLine::asterisk_22;

template <class Visit>
void each_word(std::string_view words, Visit visit) {
  while (!words.empty()) {
    const auto one = words.substr(0, words.find(' '));
    visit(one);
    words.remove_prefix(std::min(one.size() + 1, words.size()));
  }
}

void append_sentence(std::string& text, const std::string& sentence) {
  if (!text.empty()) text += ' ';
  text += sentence;
}

}  // namespace

std::string_view word(Support level) {
  switch (level) {  // No default: the compiler names a level that is missing here.
    case Support::exact:
      return "exact";
    case Support::emulated:
      return "emulated";
    case Support::refused:
      return "refused";
  }
  return "";  // Not reached: the cases are all there are.
}

std::vector<std::string> modules_of_operations() {
  std::vector<std::string> modules;
  for (const auto& operation : operations()) {
    each_word(support(operation.operation).modules, [&](std::string_view module) {
      if (std::find(modules.begin(), modules.end(), module) == modules.end()) {
        modules.emplace_back(module);
      }
    });
  }
  return modules;
}

SupportCell support_cell(Operation operation, std::string_view line,
                         const ops::Abilities& abilities) {
  const auto& told = support(operation);
  SupportCell cell{support(operation, pbx_line(line).value_or(newest_line)), std::string{told.why},
                   std::string{told.enable}};
  if (cell.level == Support::refused) return cell;
  SupportCell lacking{Support::refused, "", ""};
  each_word(told.modules, [&](std::string_view module) {
    if (!abilities.lacks_module(module)) return;
    append_sentence(lacking.why, fmt::format("The PBX has not loaded {}.", module));
    append_sentence(lacking.enable, fmt::format("Load {}.", module));
  });
  each_word(told.write, [&](std::string_view write) {
    if (!abilities.lacks_write_class(write)) return;
    append_sentence(lacking.why, fmt::format("The AMI user lacks the write class {}.", write));
    append_sentence(lacking.enable, fmt::format("Allow the AMI user the write class {}.", write));
  });
  if (!lacking.why.empty()) return lacking;
  if (cell.level == Support::exact) cell.enable.clear();
  return cell;
}

boost::asio::awaitable<void> SupportTable::read() {
  auto abilities = co_await ops::read_abilities(world_.ami, modules_of_operations(),
                                                world_.in(world_.timeouts.action));
  abilities_ = std::move(abilities);
  tell_lacking_classes();
}

/// `arigate check` tells more; this is for whoever has not asked it.
void SupportTable::tell_lacking_classes() const {
  std::set<std::string_view> lacking;
  const auto on_line = pbx_line(line());
  for (const auto& operation : operations()) {
    if (on_line && support(operation.operation, *on_line) == Support::refused) continue;
    each_word(support(operation.operation).write, [&](std::string_view write) {
      if (abilities_.lacks_write_class(write)) lacking.insert(write);
    });
  }
  if (lacking.empty()) return;
  log::warn("ami user lacks write classes, some operations are refused classes=\"{}\"",
            fmt::join(lacking, " "));
}

SupportCell SupportTable::cell(Operation operation) const {
  if (!built_(operation)) {
    const auto told = support_cell(operation, line(), abilities_);
    if (told.level == Support::refused) return told;
    return {Support::refused, "This release of arigate does not carry out this operation yet.",
            "A later release of arigate."};
  }
  return support_cell(operation, line(), abilities_);
}

bool SupportTable::refuses(Operation operation) const {
  if (!world_.ami.up()) return false;
  // Its handler looks at the channel and the parameters first, as natively.
  if (operation == Operation::channels_transfer_progress) return false;
  const auto on_line = pbx_line(world_.ami.dialect().name);
  if (on_line && support(operation, *on_line) == Support::refused) return true;
  // Asked for every request: nothing is put together here.
  bool lacking = false;
  each_word(support(operation).modules,
            [&](std::string_view one) { lacking = lacking || abilities_.lacks_module(one); });
  each_word(support(operation).write,
            [&](std::string_view one) { lacking = lacking || abilities_.lacks_write_class(one); });
  return lacking;
}

boost::asio::awaitable<std::optional<Response>> SupportTable::refusal(Operation operation) {
  const auto& told = support(operation);
  const auto on_line = pbx_line(line());
  if (on_line && support(operation, *on_line) != Support::refused && built_(operation)) {
    std::vector<std::string> modules;
    each_word(told.modules, [&](std::string_view module) { modules.emplace_back(module); });
    const auto now =
        co_await ops::read_abilities(world_.ami, modules, world_.in(world_.timeouts.action));
    for (const auto& module : modules) abilities_.set_module(module, !now.lacks_module(module));
    abilities_.set_write_classes(now.write_classes());
  }
  if (!refuses(operation)) co_return std::nullopt;
  co_return unsupported(operation);
}

Response SupportTable::explained(Operation operation, std::string_view lacking) const {
  const auto enable = support(operation).enable;
  return refused_response(operation, facts_.version, lacking,
                          enable.empty()
                              ? "Load the module that has it, or take a later version of "
                                "Asterisk"
                              : enable);
}

Response SupportTable::unsupported(Operation operation) const {
  const auto told = cell(operation);
  if (told.level == Support::refused) {
    return refused_response(operation, facts_.version, told.why, told.enable);
  }
  // A handler has found out that it cannot be done here.
  const auto& known = support(operation);
  return refused_response(operation, facts_.version,
                          known.why.empty() ? "The PBX cannot do it." : known.why,
                          known.enable.empty() ? "A newer release of the PBX." : known.enable);
}

Response SupportTable::list() const {
  std::string body = "{\"pbx\":";
  append_json_string(body, facts_.version.empty() ? "unknown" : facts_.version);
  body += ",\"line\":";
  append_json_string(body, line().empty() ? name(newest_line) : line());
  body += world_.ami.up() ? ",\"connected\":true" : ",\"connected\":false";
  body += ",\"problem\":";
  append_json_string(body, world_.ami.up() ? std::string_view{} : problem_);
  body += abilities_.known() ? ",\"examined\":true" : ",\"examined\":false";
  body += ",\"operations\":[";
  for (const auto& operation : operations()) {
    const auto told = cell(operation.operation);
    if (body.back() != '[') body += ',';
    body += "{\"operation\":";
    append_json_string(body, name(operation.operation));
    body += ",\"method\":";
    append_json_string(body, operation.method);
    body += ",\"path\":";
    append_json_string(body, operation.path);
    body += ",\"support\":";
    append_json_string(body, word(told.level));
    body += ",\"why\":";
    append_json_string(body, told.why);
    body += ",\"enable\":";
    append_json_string(body, told.enable);
    body += '}';
  }
  body += "]}";
  return json_response(std::move(body));
}

}  // namespace arigate::ari
