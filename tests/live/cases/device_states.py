"""Device states and text messages: what is asked, what is refused, what is told."""

import urllib.parse

from harness.hand_phone import HandPhone
from harness.outcome import Skip, check
from harness.scenario import compared

_STATES = ["INUSE", "INUSE", "inuse", "NOT_INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD"]


def _device_states(pbx, ari, events):
    def states(method, name="", **parameters):
        return ari.request(method, "/deviceStates" + (name and "/" + urllib.parse.quote(name, safe="")), **parameters)

    ari.post("/applications/oracle/subscription", eventSource="deviceState:Stasis:lamp")
    states("GET")
    for name in ("Stasis:lamp", pbx.phone("bob"), "nope", "NOPE/x", "Custom:x"):
        states("GET", name)
    for state in _STATES:
        states("PUT", "Stasis:lamp", deviceState=state)
        states("GET", "Stasis:lamp")
    states("PUT", "stasis:lamp", deviceState="INUSE")
    states("PUT", "Stasis:a b,c", deviceState="INUSE")
    for name in ("Custom:x", "x", pbx.phone("bob"), "Stasis:"):
        states("PUT", name, deviceState="INUSE")
    for state in ("bogus", "UNKNOWN", ""):
        states("PUT", "Stasis:lamp", deviceState=state)
    states("PUT", "x")
    states("GET")
    for name in ("Custom:x", "x", "Stasis:never", "Stasis:a b,c", "Stasis:lamp", "Stasis:lamp"):
        states("DELETE", name)
    states("GET", "Stasis:lamp")
    states("GET")


def _messages(pbx, ari, events):
    technology, scheme = pbx.technology, pbx.technology.lower()
    sent = [{}, {"from": "sip:me@x"}, {"from": "sip:me@x", "to": f"{scheme}:nope", "body": "hello"},
            {"from": "sip:me@x", "to": f"{scheme}:bob", "body": "hello"}, {"to": "bogus:bob", "body": "hello"},
            {"to": "bob"}, {"to": ""}, {"to": f"{scheme}:bob", "from": "", "body": "two\nlines"}]
    for parameters in sent:
        ari.request("PUT", "/endpoints/sendMessage?" + urllib.parse.urlencode(parameters))
    for path in (f"/{technology}/bob", f"/{scheme}/bob", f"/{technology}/nope", "/nope/bob"):
        for parameters in ({}, {"from": "sip:me@x", "body": "hello"}):
            ari.request("PUT", f"/endpoints{path}/sendMessage?" + urllib.parse.urlencode(parameters))
        for value in ("b", 1):
            ari.request("PUT", f"/endpoints{path}/sendMessage?from=me", {"variables": {"a": value}})


def _text_of_a_phone(pbx, ari, events):
    """What comes with it are headers of SIP: native shows all, arigate the usual ones."""
    if pbx.version == "1.8":
        raise Skip("Asterisk 1.8 leads no text messages to the dialplan")
    ari.post("/applications/oracle/subscription", eventSource=f"endpoint:{pbx.phone('alice')}")
    with HandPhone(pbx, "alice") as alice:
        for text in ("hello", "two, (three)", 'say "four"'):
            since = events.mark()
            alice.send_text("600", text, "Subject: greetings")
            told = events.wait("TextMessageReceived", since=since)["message"]
            check(told["body"].rstrip() == text, f"the text is {told['body']!r}")
            for name, value in (("Subject", "greetings"), ("Content-Type", "text/plain"), ("CSeq", "1 MESSAGE")):
                check(told["variables"].get(name) == value, f"{name} of {told['variables']}")


def _mailboxes(pbx, ari, events):
    for method, name, parameters in (
            ("GET", "", {}), ("GET", "/100@default", {}), ("PUT", "/100@default", {}),
            ("PUT", "/100@default", {"oldMessages": "1", "newMessages": "2"}),
            ("PUT", "/100@default", {"oldMessages": "x", "newMessages": "2"}), ("GET", "/100@default", {}),
            ("DELETE", "/100@default", {}), ("DELETE", "/nope", {})):
        ari.request(method, "/mailboxes" + name, **parameters)


compared("device-states", _device_states)
compared("mailboxes", _mailboxes)
compared("messages", _messages)
compared("text-of-a-phone", _text_of_a_phone)
