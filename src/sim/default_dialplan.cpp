#include "sim/default_dialplan.hpp"

#include <fmt/format.h>

namespace arigate::sim {

std::string default_dialplan(std::string_view fastagi) {
  return fmt::format("[globals]\nARIGATE_URL=agi://{}\n", fastagi) + R"(
[default]
exten => answer,1,Answer()
same => n,Wait(60)
same => n,Hangup()
exten => 800,1,Goto(from-trunk,600,1)
exten => 801,hint,SIP/alice
exten => 801,1,Dial(SIP/alice,20)
same => n,Hangup()
exten => 802,hint,SIP/bob
exten => 802,1,Dial(SIP/bob,20)
same => n,Hangup()

[from-trunk]
exten => 600,1,AGI(${ARIGATE_URL}/demo,arg1,arg2)
same => n,Hangup()
exten => 601,1,Answer()
same => n,Playback(hello-world)
same => n,Hangup()
exten => 602,1,Answer()
same => n,Echo()
same => n,Hangup()
exten => 603,1,Ringing()
same => n,Wait(60)
same => n,Hangup()
exten => 604,1,Busy(5)
exten => 605,1,Congestion(5)
exten => 801,1,Dial(SIP/alice,20)
same => n,Hangup()
exten => 802,1,Dial(SIP/bob,20)
same => n,Hangup()
)";
}

std::string arigate_context() {
  return R"(
[arigate]
exten => _X.,1,AGI(${ARIGATE_URL}/arigate,${EXTEN})
same => n,GotoIf($["${ARIGATE_DONE}"="1"]?out)
same => n,GotoIf($["${AGISTATUS}"="HANGUP"]?out)
same => n,Set(ARIGATE_TRY=$[0${ARIGATE_TRY}+1])
same => n,GotoIf($[${ARIGATE_TRY}>30]?out)
same => n,Wait(1)
same => n,Goto(${EXTEN},1)
same => n(out),Hangup()
exten => h,1,GotoIf(${DIALPLAN_EXISTS(${CUT(ARIGATE_HOME,\,,1)},h,1)}?${CUT(ARIGATE_HOME,\,,1)},h,1)
)";
}

Options demo_options(std::string_view fastagi) {
  using std::chrono::milliseconds;
  Options options;
  options.dialplan = default_dialplan(fastagi);
  options.endpoints = {
      {.name = "SIP/alice", .caller_name = "Alice", .caller_number = "801"},
      {.name = "SIP/bob",
       .caller_name = "Bob",
       .caller_number = "802",
       .ring_time = milliseconds{1500},
       .presses = "12",
       .press_after = milliseconds{2500},
       .hangs_up_after = milliseconds{20000}},
      {.name = "SIP/busy", .caller_name = "Busy", .reaction = Reaction::busy},
      {.name = "SIP/shy", .caller_name = "Shy", .reaction = Reaction::declines},
      {.name = "SIP/nobody-home", .reaction = Reaction::rings_forever},
      {.name = "SIP/jammed", .reaction = Reaction::congestion},
      {.name = "SIP/away", .reaction = Reaction::unregistered},
  };
  return options;
}

}  // namespace arigate::sim
