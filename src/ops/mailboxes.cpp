#include "ops/mailboxes.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/number.hpp"
#include "core/text.hpp"

namespace arigate::ops {
namespace {

using Messages = std::vector<ami::Message>;

/// The pattern of MWIGet that every box matches.
constexpr std::string_view every_box = "/.*/";

Error no_box() {
  return {Errc::not_found, "Mailbox does not exist"};
}
/// In native's own words (seen: 13).
Error no_box_to_show() {
  return {Errc::not_found, "Mailbox is does not exist"};
}
Error read_only() {
  return {Errc::not_supported,
          "The PBX has no mailboxes kept from outside (res_mwi_external_ami.so); those of its "
          "voicemail can only be read"};
}

long number(std::string_view text) {
  return leading_number<long>(text).value_or(0);
}

Mailbox mailbox_of(const ami::Message& told) {
  return {std::string{told[ami::Key::mailbox]}, number(told[ami::Key::oldmessages]),
          number(told[ami::Key::newmessages])};
}

/// MWIGet of one box or of a pattern; Errc::not_supported where the PBX has no such action.
boost::asio::awaitable<Result<std::vector<Mailbox>>> outside(World& world, std::string which) {
  const auto rows = co_await world.ami.list(ami::Action{"MWIGet"}.add("Mailbox", which),
                                            world.in(world.timeouts.action));
  if (!rows) co_return rows.error();
  std::vector<Mailbox> boxes;
  for (const auto& row : *rows) boxes.push_back(mailbox_of(row));
  co_return boxes;
}

/// Names of the boxes of the PBX's own voicemail, "1000@default".
boost::asio::awaitable<Result<std::vector<std::string>>> voicemail_boxes(World& world) {
  const auto rows =
      co_await world.ami.list(ami::Action{"VoicemailUsersList"}, world.in(world.timeouts.action));
  if (!rows && rows.error().code == Errc::refused_by_pbx) {
    co_return std::vector<std::string>{};  // "There are no voicemail users currently defined."
  }
  if (!rows && rows.error().code == Errc::not_supported) {
    co_return Error{Errc::not_supported,
                    "The PBX has no mailboxes: neither res_mwi_external_ami.so nor voicemail"};
  }
  if (!rows) co_return rows.error();
  std::vector<std::string> names;
  for (const auto& row : *rows) {
    std::string name{row[ami::Key::voicemailbox]};
    if (name.empty()) continue;
    names.push_back(name.append("@").append(row[ami::Key::vmcontext]));
  }
  co_return names;
}

boost::asio::awaitable<Result<Mailbox>> count(World& world, std::string name) {
  const auto told = co_await world.ami.request(ami::Action{"MailboxCount"}.add("Mailbox", name),
                                               world.in(world.timeouts.action), "");
  if (!told) co_return told.error();
  auto box = mailbox_of(*told);
  box.name = std::move(name);
  co_return box;
}

boost::asio::awaitable<Result<void>> change(World& world, ami::Action action) {
  const auto answer =
      co_await world.ami.request(std::move(action), world.in(world.timeouts.action), "");
  if (answer) co_return Result<void>{};
  if (answer.error().code == Errc::not_supported) co_return read_only();
  co_return answer.error();
}

/// One box for MWIGet and MWIDelete, which take a name that begins with a slash for a pattern: an
/// extended regular expression between slashes.
std::string alone(std::string_view name) {
  if (!name.starts_with('/')) return std::string{name};
  std::string pattern = "/^";
  for (const char c : name) {
    if (std::string_view{R"(.[\*^$+?(){|)"}.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern += "$/";
}

}  // namespace

boost::asio::awaitable<Result<std::vector<Mailbox>>> list_mailboxes(World& world) {
  auto boxes = co_await outside(world, std::string{every_box});
  if (boxes || boxes.error().code != Errc::not_supported) co_return boxes;
  const auto names = co_await voicemail_boxes(world);
  if (!names) co_return names.error();
  std::vector<Mailbox> counted;
  for (const auto& name : *names) {
    auto box = co_await count(world, name);
    if (!box) co_return box.error();
    counted.push_back(*std::move(box));
  }
  co_return counted;
}

boost::asio::awaitable<Result<Mailbox>> get_mailbox(World& world, std::string name) {
  if (name.empty()) co_return no_box_to_show();
  const auto boxes = co_await outside(world, alone(name));
  if (boxes) {
    for (const auto& box : *boxes) {
      if (box.name == name) co_return box;
    }
    co_return no_box_to_show();
  }
  if (boxes.error().code != Errc::not_supported) co_return boxes.error();
  const auto names = co_await voicemail_boxes(world);
  if (!names) co_return names.error();
  const std::string full = name.find('@') == std::string::npos ? name + "@default" : name;
  if (std::find(names->begin(), names->end(), full) == names->end()) co_return no_box_to_show();
  auto box = co_await count(world, full);
  if (box) box->name = std::move(name);
  co_return box;
}

boost::asio::awaitable<Result<void>> set_mailbox(World& world, Mailbox mailbox) {
  if (mailbox.name.empty()) co_return no_box();
  ami::Action action{"MWIUpdate"};
  action.add("Mailbox", mailbox.name)
      .add("OldMessages", std::to_string(mailbox.old_messages))
      .add("NewMessages", std::to_string(mailbox.new_messages));
  co_return co_await change(world, std::move(action));
}

boost::asio::awaitable<Result<void>> delete_mailbox(World& world, std::string name) {
  if (name.empty()) co_return no_box();
  const auto boxes = co_await outside(world, alone(name));
  if (!boxes && boxes.error().code == Errc::not_supported) co_return read_only();
  if (!boxes) co_return boxes.error();
  if (boxes->empty()) co_return no_box();
  ami::Action action{"MWIDelete"};
  action.add("Mailbox", alone(name));
  co_return co_await change(world, std::move(action));
}

}  // namespace arigate::ops
