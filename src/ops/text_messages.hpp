#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ops/ports.hpp"

namespace arigate::ops {

/// A text message that a phone has sent to the PBX.
struct ReceivedMessage {
  AppName application;  ///< Which the dialplan's AGI line names.
  std::string from, to, body;
  /// What came with it: the headers of SIP, and what the channel driver says of the sender.
  std::vector<std::pair<std::string, std::string>> variables;
};

/// AMI tells nothing of text messages. But the PBX runs its dialplan for each, on a channel that
/// AMI does not tell of either, and an AGI line there leads to us:
///   exten => _.,1,AGI(agi://arigate-host:4573/app)      in the context for messages
/// These sessions are read here and ended; the dialplan then goes on. All others go to `next`.
class TextMessages : public AgiOwner {
 public:
  /// Messages that are being read at the same time; the PBX handles one after the other.
  static constexpr std::size_t sessions_max = 100;

  using Receiver = std::function<void(const ReceivedMessage&)>;

  TextMessages(AgiOwner& next, Receiver receiver) : next_{next}, receiver_{std::move(receiver)} {}

  // AgiOwner
  void connected(std::shared_ptr<AgiLink> link, agi::Environment environment) override;
  void received(AgiLink& link, const agi::Reply& reply) override;
  void hangup_seen(AgiLink& link) override;
  void closed(AgiLink& link) override;

 private:
  struct Session {
    std::shared_ptr<AgiLink> link;
    ReceivedMessage message;
    std::size_t asked = 0;  ///< How many parts and variables have been asked for.
  };

  void ask(Session& session);
  /// Takes the message out of its session, tells it if it has been read, and gives the link.
  std::shared_ptr<AgiLink> finish(AgiLink& link);

  AgiOwner& next_;
  Receiver receiver_;
  std::unordered_map<AgiLink*, Session> sessions_;
};

}  // namespace arigate::ops
