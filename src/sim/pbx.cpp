#include "sim/pbx.hpp"

#include <fmt/format.h>

#include "sim/ami_server.hpp"
#include "sim/command_line.hpp"
#include "sim/exchange.hpp"
#include "sim/legs.hpp"
#include "sim/thread.hpp"

namespace arigate::sim {
namespace {

/// The phone that calls: when the call is answered, it goes by its script.
void follow_script(const std::shared_ptr<Exchange>& exchange, const ChannelPtr& channel,
                   const Endpoint& endpoint) {
  const std::weak_ptr<Channel> weak = channel;
  channel->on_answer = [exchange, weak, endpoint] {
    if (const auto alive = weak.lock()) {
      exchange->spawn("phone", talk_script(exchange, alive, endpoint));
    }
  };
}

}  // namespace

const std::string& Call::channel() const {
  return channel_->name;
}
const std::string& Call::uniqueid() const {
  return channel_->uniqueid;
}
bool Call::up() const {
  return !channel_->gone && channel_->state == ChannelState::up;
}
bool Call::ended() const {
  return channel_->gone;
}
int Call::cause() const {
  return channel_->cause;
}

void Call::press(std::string digits) {
  exchange_->spawn("fingers", sim::press(exchange_, channel_, std::move(digits)));
}

void Call::hang_up() {
  // A cancelled call has no cause; one that was up ends normally.
  exchange_->far_hangup(*channel_, channel_->state == ChannelState::up ? 16 : 0);
}

void Call::on_answer(std::function<void()> callback) {
  channel_->on_answer = [before = std::move(channel_->on_answer), after = std::move(callback)] {
    if (before) before();
    after();
  };
}
void Call::on_end(std::function<void(int)> callback) {
  channel_->on_end = std::move(callback);
}
void Call::on_digit(std::function<void(char)> callback) {
  channel_->on_digit = std::move(callback);
}

Pbx::Pbx(boost::asio::any_io_executor executor, Options options)
    : exchange_{std::make_shared<Exchange>(std::move(executor), std::move(options))},
      server_{std::make_shared<AmiServer>(exchange_)} {
  server_->open();
}

Pbx::~Pbx() {
  server_->refuse();
  server_->close_sessions(false);
  exchange_->drop_everything();
  exchange_->close_agi(false);
}

std::uint16_t Pbx::ami_port() const {
  return server_->port();
}

std::shared_ptr<Call> Pbx::place_call(const CallOrder& order) {
  const auto* endpoint = exchange_->endpoint(order.endpoint);
  if (endpoint == nullptr || exchange_->full()) return nullptr;
  const auto slash = order.endpoint.find('/');
  const auto technology = order.endpoint.substr(0, slash);
  const auto peer = order.endpoint.substr(slash + 1);
  auto channel = exchange_->create(technology, peer, exchange_->next_name(technology, peer));
  channel->caller.number = endpoint->caller_number.empty() ? peer : endpoint->caller_number;
  channel->caller.name = endpoint->caller_name;
  channel->dnid = order.exten;
  channel->place = Place{order.context.empty() ? endpoint->context : order.context, order.exten, 1};
  follow_script(exchange_, channel, *endpoint);
  exchange_->announce(*channel);
  exchange_->set_variable(channel.get(), "SIPURI", fmt::format("sip:{}@127.0.0.1:5060", peer));
  exchange_->set_variable(channel.get(), "SIPDOMAIN", "127.0.0.1");
  exchange_->set_variable(channel.get(), "SIPCALLID", channel->call_id);
  exchange_->publish(exchange_->dialect().sip_channel_update(*channel, SipMoment::created));
  exchange_->set_state(*channel, ChannelState::ring);
  channel->dialplan_running = true;
  exchange_->spawn("dialplan", run_dialplan(exchange_, channel));
  return std::make_shared<Call>(exchange_, channel);
}

std::shared_ptr<Call> Pbx::find_call(std::string_view name_or_uniqueid) const {
  auto channel = exchange_->find(name_or_uniqueid);
  return channel ? std::make_shared<Call>(exchange_, std::move(channel)) : nullptr;
}

std::vector<std::shared_ptr<Call>> Pbx::calls_of(std::string_view endpoint) const {
  std::vector<std::shared_ptr<Call>> found;
  for (const auto& channel : exchange_->channels()) {
    if (channel->technology + "/" + channel->peer == endpoint) {
      found.push_back(std::make_shared<Call>(exchange_, channel));
    }
  }
  return found;
}

std::size_t Pbx::channel_count() const {
  return exchange_->channels().size();
}

std::size_t Pbx::conference_members() const {
  std::size_t count = 0;
  for (const auto& [name, members] : exchange_->conferences()) count += members.size();
  return count;
}

std::string Pbx::command(std::string_view line) {
  return run_command_line(*exchange_, line).text;
}

const std::vector<Endpoint>& Pbx::endpoints() const {
  return exchange_->options().endpoints;
}

void Pbx::set_endpoint(const Endpoint& endpoint) {
  exchange_->set_endpoint(endpoint);
}

void Pbx::set_registered(std::string_view endpoint, bool registered) {
  exchange_->set_registered(endpoint, registered);
  Fields fields;
  fields.add("ChannelType", "SIP")
      .add("Peer", endpoint)
      .add("PeerStatus", registered ? "Registered" : "Unregistered");
  if (registered) {
    fields.add("Address", "127.0.0.1:5060");
  } else {
    fields.add("Cause", "Expired");
  }
  exchange_->publish({Event{"PeerStatus", privilege::system, std::move(fields)}});
}

std::string Pbx::global(std::string_view name) const {
  return exchange_->variable(nullptr, name).value_or("");
}

void Pbx::set_global(std::string_view name, std::string_view value) {
  exchange_->set_variable(nullptr, name, value);
}

void Pbx::cut_ami(Cut how) {
  if (how == Cut::mid_event) {
    server_->faults().cut_in_next_event = true;
  } else {
    server_->close_sessions(how == Cut::rst);
  }
}

void Pbx::refuse_ami(bool refuse) {
  if (refuse) {
    server_->refuse();
  } else {
    server_->open();
  }
}

void Pbx::stall_ami(bool stall) {
  server_->faults().stalled = stall;
  server_->fault_changed();
}

void Pbx::delay_answers(std::chrono::milliseconds delay) {
  server_->faults().answer_delay = delay;
}
void Pbx::reject_logins(bool reject) {
  server_->faults().reject_logins = reject;
}

void Pbx::lose_events(std::function<bool(std::string_view)> lose) {
  server_->faults().lose_event = std::move(lose);
}

void Pbx::close_agi(bool reset) {
  exchange_->close_agi(reset);
}

void Pbx::restart() {
  server_->close_sessions(true);
  exchange_->drop_everything();
  exchange_->close_agi(true);
  exchange_->start_over();
}

std::size_t Pbx::ami_sessions() const {
  return server_->session_count();
}

}  // namespace arigate::sim
