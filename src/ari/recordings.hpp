#pragma once

#include <boost/asio/awaitable.hpp>
#include <utility>

#include "ari/request.hpp"
#include "ari/router.hpp"
#include "ari/unsupported.hpp"
#include "ops/record.hpp"
#include "ops/recording_files.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// Handlers of /recordings. Statuses and messages are native's.
class RecordingResource {
 public:
  /// `files` null: the folder of recordings cannot be reached; `refuse` answers then.
  RecordingResource(ops::World& world, ops::Recordings& recordings, ops::RecordingFiles* files,
                    Refusal refuse)
      : world_{world}, recordings_{recordings}, files_{files}, refuse_{std::move(refuse)} {}

  void serve(Router& router);

 private:
  using Later = boost::asio::awaitable<Response>;

  Response get_live(const Request& request) const;
  Response control(const Request& request, ops::RecordingControl what);
  Later list_stored(Request request);
  Later get_stored(Request request);
  Later delete_stored(Request request);
  Later get_file(Request request);
  Later copy_stored(Request request);
  boost::asio::awaitable<Result<ops::StoredRecording>> stored(RecordingName name);

  ops::World& world_;
  ops::Recordings& recordings_;
  ops::RecordingFiles* files_;
  Refusal refuse_;
};

}  // namespace arigate::ari
