#include "model/change.hpp"

namespace arigate::model {

const Channel* subject_of(const Change& change) {
  return std::visit(
      [](const auto& what) -> const Channel* {
        if constexpr (requires { what.peer.id; }) {
          return &what.peer;
        } else if constexpr (requires { what.channel->id; }) {
          return what.channel;
        } else if constexpr (requires { what.channel.dialplan; }) {
          return &what.channel;
        } else {
          return nullptr;
        }
      },
      change);
}

}  // namespace arigate::model
