"""Attended transfers: a phone asks somebody on its second line, and then connects both of its calls.

Natively a Local channel of the PBX takes the place of the phone's channel; with arigate it is whoever the phone has
asked. So the events have other channels, and what is asserted, on both sides, is the story.
"""

import contextlib

from harness import chroots
from harness.hand_phone import HandPhone
from harness.outcome import Skip, check, wait_until
from harness.phones import Phone
from harness.registry import case
from harness.scenario import caller, settle
from harness.sides import ARIGATE, NATIVE, client, side

_BOB = ["ring", "answer", "await_bye"]


class _Bench:
    """One side with alice's phone, bob's, which she calls by 606, and the application."""

    def __init__(self, pbx, ari, events, alice):
        self.pbx, self.ari, self.events, self.alice = pbx, ari, events, alice

    def to_the_application(self):
        """Another line of hers, and its answered channel."""
        since = self.events.mark()
        line = self.alice.call("600")
        channel = self.events.wait("StasisStart", since=since)["channel"]["id"]
        self.ari.post(f"/channels/{channel}/answer")
        return line.wait_answered(), channel

    def to_a_bridge(self, bridge):
        """The same in a bridge with somebody else; gives his channel too."""
        line, channel = self.to_the_application()
        other = caller(self.pbx, self.events, answered_by=self.ari).split("/")[-1]
        self.ari.post("/bridges/" + bridge, type="mixing")
        for member in (channel, other):
            check(self.ari.post(f"/bridges/{bridge}/addChannel", channel=member)[0] == 204, "add")
            self.events.wait(lambda e: _is(e, "ChannelEnteredBridge", member))
        return line, channel, other

    def to_bob(self):
        line = self.alice.call("606").wait_answered()
        self.pbx.observer().wait_event(_bob_talks)
        return line

    def members(self, bridge):
        return set(self.ari.get("/bridges/" + bridge)[1]["channels"])

    def takes_her_place(self, channel, result):
        """Who is told to have taken the place of that channel of hers; she puts down."""
        check(result == "200 OK", f"the transfer went {result}")
        told = self.events.wait("BridgeAttendedTransfer")
        check(told["result"] == "Success", f"told {told}")
        start = self.events.wait(lambda e: e.get("replace_channel", {}).get("id") == channel)
        check(start["type"] == "StasisStart" and start["args"] == [], f"told {start}")
        for line in self.alice.lines():
            line.hang_up()
        self.events.wait(lambda e: _is(e, "StasisEnd", channel))
        return start["channel"]["id"], told

    def is_ours(self, channel):
        """The application has it: it can do something with it, and hang up."""
        since = self.events.mark()
        check(self.ari.post(f"/channels/{channel}/play", media="sound:tone-short")[0] == 201, "play")
        self.events.wait("PlaybackFinished", since=since)
        check(self.ari.delete("/channels/" + channel)[0] == 204, "hangup")
        self.events.wait(lambda e: _is(e, "StasisEnd", channel), since=since)


def _bob_talks(event):
    """Before Asterisk 12 the two are told together, the caller first."""
    member = {"BridgeEnter": "Channel", "Bridge": "Channel2"}.get(event["Event"])
    return member is not None and "/bob-" in event[member]


def _is(event, kind, channel):
    return event["type"] == kind and event["channel"]["id"] == channel


def _on_both_sides(name, story):
    @case(name)
    def transfer(run):
        program = run.arigate_program()
        for name in (NATIVE, ARIGATE):
            with side(name, run.version, program) as (pbx, url), contextlib.ExitStack() as stack:
                ari = client(url)
                bob = stack.enter_context(Phone(pbx, "bob", _BOB))
                alice = stack.enter_context(HandPhone(pbx, "alice"))
                story(_Bench(pbx, ari, stack.enter_context(ari.events("oracle")), alice))
                bob.wait(10)
                settle(pbx)


def _out_of_a_bridge(bench):
    """The member of a bridge goes, and bob is in it in her place."""
    first, channel, other = bench.to_a_bridge("one")
    new, told = bench.takes_her_place(channel, bench.alice.transfer(first, bench.to_bob()))
    check(told["transferer_first_leg"]["id"] == channel and told["transferer_first_leg_bridge"]["id"] == "one",
          f"told {told}")
    check(told["transferee"]["id"] == other and "/bob-" in told["transfer_target"]["name"], f"told {told}")
    bench.events.wait(lambda e: _is(e, "ChannelLeftBridge", channel))
    bench.events.wait(lambda e: _is(e, "ChannelEnteredBridge", new))
    check(bench.members("one") == {new, other}, f"members: {bench.members('one')}, not {new} and {other}")
    check(bench.ari.post("/bridges/one/removeChannel", channel=new)[0] == 204, "remove")
    bench.events.wait(lambda e: _is(e, "ChannelLeftBridge", new))
    bench.is_ours(new)


def _while_hearing_something_alone(who):
    """One of the two is being played something alone, with arigate out of the room, as the phone transfers."""
    def story(bench):
        first, channel, other = bench.to_a_bridge("one")
        bobs = bench.to_bob()
        since = bench.events.mark()
        hears = {"transferer": channel, "transferee": other}[who]
        check(bench.ari.post(f"/channels/{hears}/play/p", media="sound:tone-2s")[0] == 201, "play")
        bench.events.wait("PlaybackStarted", since=since)
        new, told = bench.takes_her_place(channel, bench.alice.transfer(first, bobs))
        check(told["transferer_first_leg"]["id"] == channel, f"told {told}")
        bench.events.wait(lambda e: _is(e, "ChannelLeftBridge", channel))
        bench.events.wait(lambda e: _is(e, "ChannelEnteredBridge", new))
        check(bench.members("one") == {new, other}, f"members: {bench.members('one')}, not {new} and {other}")
        if who == "transferee":  # Natively nothing tells of the other one's end.
            bench.events.wait("PlaybackFinished", since=since)
        check(bench.ari.post("/bridges/one/removeChannel", channel=new)[0] == 204, "remove")
        bench.events.wait(lambda e: _is(e, "ChannelLeftBridge", new))
        bench.is_ours(new)

    return story


def _into_a_bridge(bench):
    """She has talked to bob first: he comes into the bridge of her second call."""
    first = bench.to_bob()
    second, channel, other = bench.to_a_bridge("one")
    new, told = bench.takes_her_place(channel, bench.alice.transfer(first, second))
    check(told["transferer_second_leg"]["id"] == channel and told["transferer_second_leg_bridge"]["id"] == "one",
          f"told {told}")
    check(told["transfer_target"]["id"] == other and "/bob-" in told["transferee"]["name"], f"told {told}")
    bench.events.wait(lambda e: _is(e, "ChannelEnteredBridge", new))
    check(bench.members("one") == {new, other}, f"members: {bench.members('one')}, not {new} and {other}")
    bench.is_ours(new)


def _to_the_application(bench):
    """The application has her second call in no bridge."""
    first = bench.to_bob()
    second, channel = bench.to_the_application()
    new, told = bench.takes_her_place(channel, bench.alice.transfer(first, second))
    check(told["destination_type"] == "application" and told["destination_application"] == "Stasis", f"told {told}")
    bench.is_ours(new)


_on_both_sides("attended-transfer-out-of-a-bridge", _out_of_a_bridge)
for _who in ("transferer", "transferee"):
    _on_both_sides(f"attended-transfer-as-the-{_who}-hears-something-alone", _while_hearing_something_alone(_who))
_on_both_sides("attended-transfer-into-a-bridge", _into_a_bridge)
_on_both_sides("attended-transfer-to-an-application", _to_the_application)


@case("attended-transfer-that-the-pbx-refuses")
def refused(run):
    """With no leg in a bridge that the PBX lets her transfer, all stays as it is, and everybody is told so."""
    run.skip_on_old("before Asterisk 12 chan_sip hangs up both calls then, see the next case")
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url)
        with HandPhone(pbx, "alice") as alice, ari.events("oracle") as events:
            bench = _Bench(pbx, ari, events, alice)
            line, channel, other = bench.to_a_bridge("one")
            for asked in (alice.call("605").wait_answered(), bench.to_a_bridge("two")[0]):
                since = events.mark()
                result = alice.transfer(line, asked)
                check(result[0] in "45", f"the transfer went {result}")
                told = events.wait("BridgeAttendedTransfer", since=since)
                check((told["result"], told["destination_type"]) == ("Invalid", "fail"), f"told {told}")
                check(told["transferer_first_leg"]["id"] == channel, f"told {told}")
                check(bench.members("one") == {channel, other}, f"members: {bench.members('one')}")
                check(asked.is_up and line.is_up, "both calls go on")
        wait_until(lambda: not any("alice" in name for name in pbx.channels()), 5, "she has put down")
        settle(pbx)


@case("transfers-that-an-old-pbx-refuses")
def refused_by_an_old_pbx(run):
    """Before Asterisk 12 chan_sip transfers nobody blindly out of a conference, and hangs up both calls of a phone that
    asks to connect them while neither is one of two."""
    if run.version not in chroots.WITHOUT_ARI:
        raise Skip("it does so before Asterisk 12")
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url)
        with HandPhone(pbx, "alice") as alice, ari.events("oracle") as events:
            bench = _Bench(pbx, ari, events, alice)
            line, channel, other = bench.to_a_bridge("one")
            check(alice.transfer_blindly(line, "605") == "603 Declined", f"the transfer went {line.transferred}")
            check(bench.members("one") == {channel, other} and line.is_up, "the call goes on")
            asked = alice.call("605").wait_answered()
            result = alice.transfer(line, asked)
            check(result == "486 Busy Here", f"the transfer went {result}")
            told = events.wait("BridgeAttendedTransfer")
            check((told["result"], told["destination_type"]) == ("Invalid", "fail"), f"told {told}")
            events.wait(lambda e: _is(e, "StasisEnd", channel))
            wait_until(lambda: not line.is_up and not asked.is_up, 5, "both calls of hers have ended")
            check(bench.members("one") == {other}, f"members: {bench.members('one')}")
        settle(pbx)
