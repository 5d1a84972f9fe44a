// GET, POST, DELETE and PUT of /asterisk/logging.
#include "ari/asterisk.hpp"
#include "ari/errors.hpp"
#include "ops/log_channels.hpp"

namespace arigate::ari {
namespace {

void append_log_channel(std::string& out, const ops::LogChannel& channel) {
  out += "{\"channel\":";
  append_json_string(out, channel.name);
  out += ",\"type\":";
  append_json_string(out, channel.type);
  out += ",\"status\":";
  append_json_string(out, channel.status);
  out += ",\"configuration\":";
  append_json_string(out, channel.levels);
  out += '}';
}

Response no_such_channel() {
  return message_response(404, "Log channel does not exist");
}

}  // namespace

void AsteriskResource::serve_logging(Router& router) {
  const auto on = [&](Operation operation, Later (AsteriskResource::*handler)(Request)) {
    router.on(operation, AsyncHandler{[this, handler](Request request) {
                return (this->*handler)(std::move(request));
              }});
  };
  on(Operation::asterisk_list_log_channels, &AsteriskResource::list_log_channels);
  on(Operation::asterisk_add_log, &AsteriskResource::add_log_channel);
  on(Operation::asterisk_delete_log, &AsteriskResource::delete_log_channel);
  on(Operation::asterisk_rotate_log, &AsteriskResource::rotate_log_channel);
}

AsteriskResource::Later AsteriskResource::list_log_channels(Request request) {
  const auto channels = co_await ops::list_log_channels(world_);
  if (!channels) co_return answer_to(request, channels.error());
  std::string out = "[";
  for (const auto& channel : *channels) {
    if (out.size() > 1) out += ',';
    append_log_channel(out, channel);
  }
  co_return json_response(out + ']');
}

AsteriskResource::Later AsteriskResource::add_log_channel(Request request) {
  std::string name{request.path("logChannelName")};
  std::string levels{request.param("configuration").value_or("")};
  if (levels.empty()) co_return message_response(400, "Configuration levels are required");
  // Natively any path is a file that the PBX writes.
  if (!ops::is_log_channel_name(name)) co_return message_response(400, "Not a log channel's name");
  if (!ops::is_log_level_list(levels)) co_return message_response(400, "Not a list of log levels");
  const auto outcome = co_await ops::add_log_channel(world_, std::move(name), std::move(levels));
  if (!outcome) co_return answer_to(request, outcome.error());
  co_return Response{};
}

AsteriskResource::Later AsteriskResource::delete_log_channel(Request request) {
  std::string name{request.path("logChannelName")};
  if (!ops::is_log_channel_name(name)) co_return no_such_channel();
  const auto outcome = co_await ops::remove_log_channel(world_, std::move(name));
  if (!outcome) co_return answer_to(request, outcome.error());
  co_return Response{};
}

AsteriskResource::Later AsteriskResource::rotate_log_channel(Request request) {
  std::string name{request.path("logChannelName")};
  if (!ops::is_log_channel_name(name)) co_return no_such_channel();
  const auto outcome = co_await ops::rotate_log_channel(world_, std::move(name));
  if (!outcome) co_return answer_to(request, outcome.error());
  co_return Response{};
}

}  // namespace arigate::ari
