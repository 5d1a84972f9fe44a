"""Calls that the application places, and what it hears when it listens to everything."""

import time

from harness.outcome import check
from harness.phones import Phone
from harness.scenario import caller, compared


def _is_gone(channel):
    return lambda e: e["type"] == "ChannelDestroyed" and e["channel"]["id"] == channel


def _dials(phone, steps, expects="StasisStart", **parameters):
    """A scenario that originates to a SIP phone, and hangs up if the phone answers."""

    def scenario(pbx, ari, events):
        with Phone(pbx, phone, steps) as callee:
            status, channel = ari.post("/channels/dialled", endpoint=pbx.phone(phone), **parameters)
            check(status == 200, f"originate: {status} {channel}")
            events.wait(expects, timeout=10)
            if expects == "StasisStart":
                ari.get("/channels/dialled")
                ari.delete("/channels/dialled")
                events.wait(_is_gone("dialled"))
            callee.wait(10)

    return scenario


_TO_APP = {"app": "oracle", "appArgs": "a,b", "callerId": '"The Shop" <900>'}
_ANSWERS = ["ring", ("pause", 300), "answer", "await_bye"]

compared("sip-phone-answers", _dials("bob", _ANSWERS, **_TO_APP))
compared("sip-phone-is-busy", _dials("carol", [("refuse", 486, "Busy Here")], "ChannelDestroyed", **_TO_APP))
compared("sip-phone-declines", _dials("carol", [("refuse", 603, "Decline")], "ChannelDestroyed", **_TO_APP))
compared("sip-phone-does-not-answer",
         _dials("dave", ["ring", "await_cancel"], "ChannelDestroyed", timeout="2", **_TO_APP))


def _given_up_while_ringing(pbx, ari, events):
    with Phone(pbx, "dave", ["ring", "await_cancel"]) as callee:
        ari.post("/channels/dialled", endpoint=pbx.phone("dave"), **_TO_APP)
        events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["state"] == "Ringing")
        time.sleep(0.2)  # Both events of the ringing are out, in whichever order.
        ari.get("/channels/dialled")
        ari.delete("/channels/dialled")
        events.wait(_is_gone("dialled"))
        callee.wait(10)


def _caller_gives_up(pbx, ari, events):
    with Phone(pbx, "alice", ["ringing", ("pause", 300), "cancel"], dials="600") as alice:
        path = "/channels/" + events.wait("StasisStart")["channel"]["id"]
        ari.post(path + "/ring")
        events.wait("StasisEnd")
        alice.wait(10)
        time.sleep(0.2)  # The channel outlives its StasisEnd by a moment, on both sides.
        ari.get(path)


def _refused_caller(pbx, ari, events):
    with Phone(pbx, "alice", [("refused", 486)], dials="600") as alice:
        path = "/channels/" + events.wait("StasisStart")["channel"]["id"]
        ari.delete(path, reason="busy")
        events.wait("StasisEnd")
        alice.wait(10)


def _sip_call(pbx, ari, events):
    with Phone(pbx, "alice", ["answered", ("pause", 700), ("info", "5"), ("pause", 700), "bye"], dials="600") as alice:
        path = "/channels/" + events.wait("StasisStart")["channel"]["id"]
        ari.post(path + "/answer")
        events.wait("StasisEnd")
        alice.wait(10)


def _local_call(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari)
    ari.post(path + "/variable", variable="A", value="1")
    events.wait(lambda e: e.get("variable") == "A")
    ari.delete(path)
    events.wait(_is_gone(path.split("/")[-1]))


def _to_extension(pbx, ari, events):
    ari.post("/channels/placed", endpoint="Local/answer@far-end/n", context="elsewhere", extension="700",
             priority="1")
    events.wait("ChannelUserevent")
    ari.get("/channels/placed")
    ari.delete("/channels/placed")
    events.wait(_is_gone("placed"))


def _replaced(pbx, ari, events):
    with ari.events("oracle") as newer:
        events.wait("ApplicationReplaced")
        since = newer.mark()
        pbx.call_locally("600")
        newer.wait("StasisStart", since=since)


def _reported(pbx, ari, events):
    variables = {"A": "1", "B": {"value": "2", "report_events": True}, "C": {"value": "3", "report_events": False}}
    ari.post("/channels", body={"variables": variables}, endpoint="Local/answer@far-end/n", app="oracle",
             channelId="one", otherChannelId="two")
    events.wait(lambda e: e["type"] == "StasisStart" and e["channel"]["id"] == "one")
    ari.get("/channels/one")
    ari.post("/channels/one/variable", variable="B", value="4")
    ari.delete("/channels/one")
    events.wait(lambda e: e["type"] == "ChannelDestroyed" and e["channel"]["id"] == "one")


def _somebody_to_call_for(pbx, ari, events, account=None):
    """An answered caller with something to inherit and an account: the id of his channel."""
    path = caller(pbx, events, answered_by=ari)
    ari.post(path + "/variable", variable="CHANNEL(accountcode)", value="sales")
    if account:
        ari.post(path + "/variable", variable="CHANNEL(peeraccount)", value=account)
    for name in ("_ONCE", "__EVER", "PLAIN"):
        ari.post(path + "/variable", variable=name, value=f"of {name}")
        events.wait(lambda e: e.get("variable") == name)
    return path.split("/")[-1]


def _has_inherited(ari, events, channel, bob):
    events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["id"] == channel
                and e["channel"]["state"] == "Up", timeout=10)
    for name in ("ONCE", "EVER", "PLAIN", "CHANNEL(accountcode)", "CHANNEL(peeraccount)"):
        ari.get(f"/channels/{channel}/variable", variable=name)
    ari.get(f"/channels/{channel}")
    ari.delete(f"/channels/{channel}")
    events.wait(_is_gone(channel))
    bob.wait(10)


def _originated_for_a_caller(pbx, ari, events):
    originator = _somebody_to_call_for(pbx, ari, events, account="export, (A)")
    with Phone(pbx, "bob", _ANSWERS) as bob:
        ari.post("/channels/placed", endpoint=pbx.phone("bob"), app="oracle", originator=originator)
        events.wait(lambda e: e["type"] == "StasisStart" and e["channel"]["id"] == "placed", timeout=10)
        _has_inherited(ari, events, "placed", bob)


def _dialled_for_a_caller(pbx, ari, events):
    originator = _somebody_to_call_for(pbx, ari, events)
    with Phone(pbx, "bob", _ANSWERS) as bob:
        ari.post("/channels/create", endpoint=pbx.phone("bob"), app="oracle", channelId="placed",
                 originator=originator)
        events.wait(lambda e: e["type"] == "StasisStart" and e["channel"]["id"] == "placed")
        ari.get("/channels/placed")
        ari.post("/channels/placed/dial", caller=originator)
        _has_inherited(ari, events, "placed", bob)


compared("originate-for-a-caller", _originated_for_a_caller)
compared("create-and-dial-for-a-caller", _dialled_for_a_caller, since=14)
compared("originate-with-reported-variables", _reported, only_on="22", subscribeAll="true")
compared("given-up-while-ringing", _given_up_while_ringing)
compared("caller-gives-up", _caller_gives_up)
compared("caller-is-refused", _refused_caller)
compared("application-replaced", _replaced)
compared("everything-of-a-sip-call", _sip_call, subscribeAll="true")
compared("everything-of-a-local-call", _local_call, subscribeAll="true")
compared("everything-of-a-call-to-an-extension", _to_extension, subscribeAll="true")
