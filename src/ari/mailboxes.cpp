#include "ari/mailboxes.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <utility>

#include "ari/errors.hpp"
#include "ops/mailboxes.hpp"

namespace arigate::ari {
namespace {

void append_mailbox(std::string& out, const ops::Mailbox& box) {
  out += "{\"name\":";
  append_json_string(out, box.name);
  fmt::format_to(std::back_inserter(out), R"(,"old_messages":{},"new_messages":{}}})",
                 box.old_messages, box.new_messages);
}

}  // namespace

void MailboxResource::serve(Router& router) {
  const auto on = [&](Operation operation, Later (MailboxResource::*handler)(Request)) {
    router.on(operation, AsyncHandler{[this, handler](Request request) {
                return (this->*handler)(std::move(request));
              }});
  };
  on(Operation::mailboxes_list, &MailboxResource::list);
  on(Operation::mailboxes_get, &MailboxResource::get);
  on(Operation::mailboxes_update, &MailboxResource::update);
  on(Operation::mailboxes_delete, &MailboxResource::remove);
}

MailboxResource::Later MailboxResource::list(Request) {
  const auto boxes = co_await ops::list_mailboxes(world_);
  if (!boxes) co_return error_response(boxes.error());
  std::string body = "[";
  for (const auto& box : *boxes) {
    if (body.size() > 1) body += ',';
    append_mailbox(body, box);
  }
  body += ']';
  co_return json_response(std::move(body));
}

MailboxResource::Later MailboxResource::get(Request request) {
  const auto box = co_await ops::get_mailbox(world_, std::string{request.path("mailboxName")});
  if (!box) co_return error_response(box.error());
  std::string body;
  append_mailbox(body, *box);
  co_return json_response(std::move(body));
}

MailboxResource::Later MailboxResource::update(Request request) {
  ops::Mailbox box{std::string{request.path("mailboxName")}, 0, 0};
  const auto old_messages = request.integer("oldMessages");
  if (!old_messages) co_return error_response(old_messages.error());
  const auto new_messages = request.integer("newMessages");
  if (!new_messages) co_return error_response(new_messages.error());
  box.old_messages = old_messages->value_or(0);
  box.new_messages = new_messages->value_or(0);
  if (box.old_messages < 0 || box.new_messages < 0) {
    co_return message_response(400, "A number of messages cannot be negative");
  }
  const auto outcome = co_await ops::set_mailbox(world_, std::move(box));
  co_return done_or_error(outcome);
}

MailboxResource::Later MailboxResource::remove(Request request) {
  const auto outcome =
      co_await ops::delete_mailbox(world_, std::string{request.path("mailboxName")});
  co_return done_or_error(outcome);
}

}  // namespace arigate::ari
