#include "ari/channel_variables.hpp"

#include <string>
#include <utility>

#include "ari/errors.hpp"
#include "ari/parameters.hpp"
#include "ari/variable_settings.hpp"
#include "ops/variables.hpp"

namespace arigate::ari {

void ChannelVariables::serve(Router& router) {
  const auto later = [&](Operation operation, Later (ChannelVariables::*handler)(Request)) {
    router.on(operation, AsyncHandler{[this, handler](Request request) {
                return (this->*handler)(std::move(request));
              }});
  };
  later(Operation::channels_get_channel_var, &ChannelVariables::get_one);
  later(Operation::channels_set_channel_var, &ChannelVariables::set_one);
  later(Operation::channels_get_channel_vars, &ChannelVariables::get_several);
  later(Operation::channels_set_channel_vars, &ChannelVariables::set_several);
}

ChannelVariables::Later ChannelVariables::get_one(Request request) {
  auto variable = text(request, "variable");
  if (variable.empty()) co_return message_response(400, "Variable name is required");
  const auto value = co_await ops::get_variable(world_, channel_of(request), std::move(variable));
  if (!value) co_return error_response(value.error());
  std::string body = "{\"value\":";
  append_json_string(body, *value);
  body += '}';
  co_return json_response(std::move(body));
}

ChannelVariables::Later ChannelVariables::set_one(Request request) {
  auto variable = text(request, "variable");
  if (variable.empty()) co_return message_response(400, "Variable name is required");
  const auto outcome = co_await set(channel_of(request), std::move(variable),
                                    text(request, "value"), request.flag("report_events", false));
  co_return done_or_error(outcome);
}

boost::asio::awaitable<Result<void>> ChannelVariables::set(ChannelId channel, std::string name,
                                                           std::string value, bool report) {
  const auto outcome = co_await ops::set_variable(world_, channel, name, std::move(value), report);
  if (outcome) tones_.on_set(channel, name);
  co_return outcome;
}

ChannelVariables::Later ChannelVariables::get_several(Request request) {
  auto names = request.list("variables");
  if (names.empty() && !request.param("variables")) {
    co_return message_response(400, "At least one variable name is required");
  }
  if (names.empty()) names.emplace_back();  // Given, and empty: a name that is none.
  const auto values = co_await ops::get_variables(world_, channel_of(request), std::move(names));
  if (!values) co_return error_response(values.error());
  std::string body = "{\"variables\":{";
  for (const auto& [name, value] : *values) {
    if (body.back() != '{') body += ',';
    append_json_string(body, name);
    body += ':';
    append_json_string(body, value);
  }
  body += "}}";
  co_return json_response(std::move(body));
}

ChannelVariables::Later ChannelVariables::set_several(Request request) {
  const ChannelId channel = channel_of(request);
  const auto settings = variable_settings(request.body());
  const bool given = !settings || settings->found != VariableSettings::Found::no_body;
  if (!given) co_return message_response(400, "The 'variables' field is required");
  if (world_.store.find(channel) == nullptr) {
    co_return message_response(404, "Provided channel was not found");
  }
  if (const auto control = ops::control_of(world_, channel); !control) {
    co_return error_response(control.error());
  }
  if (!settings) co_return error_response(settings.error());
  if (settings->found == VariableSettings::Found::no_object) {
    co_return message_response(400, "The 'variables' field must be a JSON object");
  }
  // All or nothing, as far as it can be told before.
  for (const auto& setting : settings->list) {
    const auto fine = ops::check_setting(world_, setting.name, setting.value);
    if (!fine) co_return error_response(fine.error());
  }
  for (const auto& setting : settings->list) {
    const auto outcome = co_await set(channel, setting.name, setting.value, setting.report);
    if (!outcome) co_return error_response(outcome.error());
  }
  co_return Response{};
}

}  // namespace arigate::ari
