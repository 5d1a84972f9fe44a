#include "ops/text_messages.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "core/log.hpp"

namespace arigate::ops {
namespace {

/// The channel on which a PBX runs its dialplan for a message: "Message/ast_msg_queue".
constexpr std::string_view message_channel = "Message/";

/// The parts of a message, in the order in which they are asked for.
struct Part {
  std::string_view command;
  std::string ReceivedMessage::*place;
};
constexpr std::array<Part, 3> parts{{
    {R"(GET FULL VARIABLE "${MESSAGE(from)}")", &ReceivedMessage::from},
    {R"(GET FULL VARIABLE "${MESSAGE(to)}")", &ReceivedMessage::to},
    {R"(GET FULL VARIABLE "${MESSAGE(body)}")", &ReceivedMessage::body},
}};

/// Its variables cannot be listed, so these are asked for: what chan_sip and chan_pjsip set, and
/// the headers that messages have. Native shows all that are set, also headers of other names.
constexpr std::array<std::string_view, 24> variables{"SIP_RECVADDR",
                                                     "SIP_PEERNAME",
                                                     "SIP_FULLCONTACT",
                                                     "PJSIP_RECVADDR",
                                                     "PJSIP_TRANSPORT",
                                                     "PJSIP_ENDPOINT",
                                                     "Via",
                                                     "Max-Forwards",
                                                     "From",
                                                     "To",
                                                     "Contact",
                                                     "Call-ID",
                                                     "CSeq",
                                                     "User-Agent",
                                                     "Content-Type",
                                                     "Content-Length",
                                                     "Date",
                                                     "Subject",
                                                     "Priority",
                                                     "Organization",
                                                     "Reply-To",
                                                     "In-Reply-To",
                                                     "Supported",
                                                     "P-Asserted-Identity"};

}  // namespace

void TextMessages::connected(std::shared_ptr<AgiLink> link, agi::Environment environment) {
  if (!environment.channel.starts_with(message_channel)) {
    return next_.connected(std::move(link), std::move(environment));
  }
  const auto target = agi::target_of(environment);
  if (!target || sessions_.size() >= sessions_max) {
    log::warn("text message not read channel={} url={}", environment.channel, environment.request);
    return link->close();
  }
  AgiLink* const raw = link.get();
  Session& session = sessions_[raw];
  session.link = std::move(link);
  session.message.application.value = target->application;
  ask(session);
}

void TextMessages::ask(Session& session) {
  session.link->send(session.asked < parts.size()
                         ? std::string{parts[session.asked].command}
                         : fmt::format(R"(GET FULL VARIABLE "${{MESSAGE_DATA({})}}")",
                                       variables[session.asked - parts.size()]));
  ++session.asked;
}

void TextMessages::received(AgiLink& link, const agi::Reply& reply) {
  const auto found = sessions_.find(&link);
  if (found == sessions_.end()) return next_.received(link, reply);
  Session& session = found->second;
  const std::size_t answered = session.asked - 1;
  auto value = reply.value.value_or("");
  if (answered < parts.size()) {
    session.message.*parts[answered].place = std::move(value);
  } else if (!value.empty()) {
    session.message.variables.emplace_back(variables[answered - parts.size()], std::move(value));
  }
  if (session.asked < parts.size() + variables.size()) return ask(session);
  finish(link)->close();
}

std::shared_ptr<AgiLink> TextMessages::finish(AgiLink& link) {
  const auto taken = sessions_.extract(&link);
  const Session& session = taken.mapped();
  if (session.asked > parts.size()) {
    log::debug("text message app={} bytes={}", session.message.application.value,
               session.message.body.size());
    receiver_(session.message);
  } else {
    log::warn("text message lost app={}", session.message.application.value);
  }
  return session.link;
}

void TextMessages::hangup_seen(AgiLink& link) {
  // The channel of messages never hangs up before its dialplan ends; the answers still come.
  if (!sessions_.contains(&link)) next_.hangup_seen(link);
}

void TextMessages::closed(AgiLink& link) {
  // What came with the message is worth less than the message.
  if (!sessions_.contains(&link)) return next_.closed(link);
  finish(link);
}

}  // namespace arigate::ops
