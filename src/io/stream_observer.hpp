#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/log.hpp"
#include "io/link_names.hpp"
#include "io/stream_relay.hpp"
#include "trace/tap.hpp"

namespace arigate::io {

/// Records one AMI or FastAGI connection as it is.
class StreamObserver final : public RelayObserver {
 public:
  /// `names`: where the name came from and goes back to; null for a name that is used once.
  StreamObserver(trace::Tap& tap, std::string link, bool client_is_pbx, LinkNames* names)
      : tap_{tap}, link_{std::move(link)}, client_is_pbx_{client_is_pbx}, names_{names} {}

  void connected() override { tell(true, trace::Line::What::connect, {}); }
  void data(bool from_client, std::string_view bytes) override {
    tell(from_client, trace::Line::What::data, bytes);
  }
  void eof(bool from_client) override { tell(from_client, trace::Line::What::eof, {}); }
  void closed(std::string_view why) override {
    if (!why.empty()) {
      log::warn("relay connection lost link={} why=\"{}\"", link_, why);
      tell(true, trace::Line::What::close, {});
    }
    if (names_ != nullptr) names_->free(link_);
  }

 private:
  void tell(bool from_client, trace::Line::What what, std::string_view bytes) {
    trace::Line line;
    line.link = link_;
    line.dir =
        from_client == client_is_pbx_ ? trace::Direction::from_pbx : trace::Direction::to_pbx;
    line.what = what;
    line.data = bytes;
    tap_.record(std::move(line));
  }

  trace::Tap& tap_;
  std::string link_;
  bool client_is_pbx_;
  LinkNames* names_;
};

}  // namespace arigate::io
