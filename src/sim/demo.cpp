#include "sim/demo.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "sim/default_dialplan.hpp"

namespace arigate::sim {
namespace {

constexpr std::string_view demo_exten = "600";

Options options_of(const DemoSettings& settings) {
  auto options = demo_options(settings.fastagi);
  options.ami_port = settings.ami_port;
  options.version = settings.version;
  options.speed = settings.speed;
  options.users = {{.name = std::string{Demo::ami_user}, .secret = std::string{Demo::ami_secret}}};
  return options;
}

/// "alice" and "SIP/alice" are the same phone.
std::string full_name(std::string_view phone) {
  if (phone.find('/') != std::string_view::npos) return std::string{phone};
  return "SIP/" + std::string{phone};
}

std::string_view temper(const Endpoint& phone) {
  switch (phone.reaction) {
    case Reaction::answers:
      return "answers";
    case Reaction::busy:
      return "is busy";
    case Reaction::declines:
      return "declines";
    case Reaction::congestion:
      return "cannot be reached: congestion";
    case Reaction::rings_forever:
      return "rings and never answers";
    case Reaction::unregistered:
      return "is not registered";
  }
  return "";
}

}  // namespace

Demo::Demo(boost::asio::any_io_executor executor, DemoSettings settings)
    : pbx_{std::make_unique<Pbx>(executor, options_of(settings))},
      call_every_{settings.call_every},
      timer_{executor} {
  schedule();
}

Demo::~Demo() {
  *alive_ = false;
  timer_.cancel();
}

void Demo::schedule() {
  if (!call_every_) return;
  timer_.expires_after(*call_every_);
  timer_.async_wait([this, alive = alive_](boost::system::error_code error) {
    if (error || !*alive) return;
    if (pbx_->calls_of("SIP/alice").empty()) tell(call("SIP/alice", demo_exten));
    schedule();
  });
}

std::string Demo::command(std::string_view line) {
  const auto words = split(trim(line), ' ');
  const auto word = [&](std::size_t index, std::string_view otherwise) {
    return index < words.size() ? words[index] : otherwise;
  };
  if (words.empty() || word(0, "") == "help") return demo_commands();
  if (words[0] == "phones") return show_phones();
  if (words[0] == "call") return call(full_name(word(1, "alice")), word(2, demo_exten)) + "\n";
  if (words[0] == "press") {
    const auto calls = pbx_->calls_of(last_phone_);
    if (calls.empty()) return "No call to press keys in.\n";
    for (const auto& call : calls) call->press(std::string{word(1, "1")});
    return "";
  }
  if (words[0] == "hangup") {
    const auto phone = words.size() > 1 ? full_name(words[1]) : last_phone_;
    const auto calls = pbx_->calls_of(phone);
    if (calls.empty()) return "No call to hang up.\n";
    for (const auto& call : calls) call->hang_up();
    return "";
  }
  if (words[0] == "channels") return pbx_->command("core show channels concise");
  return pbx_->command(trim(line));
}

std::string Demo::call(std::string_view phone, std::string_view exten) {
  const auto call = pbx_->place_call({.endpoint = std::string{phone}, .exten = std::string{exten}});
  if (!call) return fmt::format("There is no phone {}.", phone);
  last_phone_ = phone;
  watch(call, std::string{phone});
  return fmt::format("{} calls {}: channel {}, id {}", phone, exten, call->channel(),
                     call->uniqueid());
}

void Demo::watch(const std::shared_ptr<Call>& call, const std::string& phone) {
  call->on_answer([this, alive = alive_, phone] {
    if (*alive) tell(fmt::format("{}: somebody answered", phone));
  });
  call->on_end([this, alive = alive_, phone](int cause) {
    if (*alive) tell(fmt::format("{}: the call is over, cause {}", phone, cause));
  });
}

std::string Demo::show_phones() const {
  std::string out;
  for (const auto& phone : pbx_->endpoints()) {
    out += fmt::format("  {:<16} {}\n", phone.name, temper(phone));
  }
  return out;
}

std::string demo_greeting(const DemoAddress& address) {
  const auto colon = address.url.find(':');
  const auto host = address.url.substr(colon == std::string::npos ? 0 : colon + 3);
  return fmt::format(R"(A simulated PBX is running, and arigate in front of it.

  ARI       {url}/ari
  user      {user}
  password  {password}

Try it from another terminal:

  curl -u {user}:{password} {url}/ari/channels
  npx -y wscat -c 'ws://{host}/ari/events?app={app}&api_key={user}:{password}'
  cd examples && npm install && node hello.js {url} {user} {password}

With one of the last two connected, type "call" here: a phone calls the application "{app}".

)",
                     fmt::arg("url", address.url), fmt::arg("host", host),
                     fmt::arg("user", address.user), fmt::arg("password", address.password),
                     fmt::arg("app", Demo::application));
}

std::string demo_commands() {
  return R"(  call [phone] [extension]   a phone calls; alice and 600, the application, if not said
  press <keys>               the phone that called last presses keys, for example: press 12#
  hangup [phone]             it hangs up
  phones                     the phones, and what they do when they are called
  channels                   the channels of the PBX
  help                       this
  quit                       end the demo
  anything else              goes to the command line of the PBX: dialplan show, core show uptime
)";
}

}  // namespace arigate::sim
