"""Device states and text messages: what is asked, what is refused, what is told."""

import urllib.parse

from harness.hand_phone import HandPhone
from harness.outcome import Skip, check, wait_until
from harness.registry import case
from harness.scenario import compared
from harness.sides import ARIGATE, client, side

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


@case("a-lamp-shows-a-device-state")
def lamp(run):
    """What an application sets is seen by hints, and what the dialplan sets by the application."""
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url)
        with ari.events("oracle") as events:
            ari.post("/applications/oracle/subscription", eventSource="deviceState:Stasis:lamp")
            for state, shown in (("INUSE", "1"), ("BUSY", "2"), ("RINGING", "8"), ("NOT_INUSE", "0")):
                check(ari.request("PUT", "/deviceStates/Stasis:lamp", deviceState=state)[0] == 204, "set")
                wait_until(lambda: _hint(pbx, "lamp") == shown, 3, f"the hint shows {state}")
            since = events.mark()
            pbx.observer().action({"Action": "Setvar", "Variable": "DEVICE_STATE(Custom:lamp)", "Value": "ONHOLD"})
            told = events.wait(lambda e: e["type"] == "DeviceStateChanged" and
                               e["device_state"] == {"name": "Stasis:lamp", "state": "ONHOLD"}, since=since)
            check(told["application"] == "oracle", f"told {told}")


def _hint(pbx, extension):
    asked = {"Action": "ExtensionState", "Exten": extension, "Context": "phones"}
    return pbx.observer().action(asked)["Status"]


_MAILBOXES = [
    ("GET", "", {}), ("GET", "100@default", {}), ("PUT", "100@default", {}), ("GET", "100@default", {}),
    ("PUT", "100@default", {"oldMessages": "x", "newMessages": "3"}),
    ("PUT", "100@default", {"oldMessages": "1", "newMessages": "2"}), ("GET", "100@default", {}), ("GET", "", {}), ("PUT", "200", {"newMessages": "1"}), ("GET", "200", {}), ("GET", "200@default", {}),
    ("PUT", "200", {"oldMessages": "-1", "newMessages": "1"}), ("PUT", "a b.*", {"newMessages": "4"}),
    ("GET", "a b.*", {}), ("DELETE", "nope", {}), ("GET", "nope", {}), ("DELETE", "a b.*", {}), ("DELETE", "200", {}),
    ("PUT", "/x.@default", {"newMessages": "6"}), ("PUT", "/xy@default", {"newMessages": "7"}),
    ("GET", "/x.@default", {}), ("GET", "/.*/", {}), ("DELETE", "/.*/", {}), ("DELETE", "/x.@default", {}),
    ("GET", "/x.@default", {}), ("GET", "/xy@default", {}), ("DELETE", "/xy@default", {}),
    ("DELETE", "100@default", {}), ("DELETE", "100@default", {}), ("GET", "100@default", {}), ("GET", "", {}),
    ("POST", "100@default", {}),
]


def _mailboxes(pbx, ari, events):
    for method, name, parameters in _MAILBOXES:
        ari.request(method, "/mailboxes" + (name and "/" + urllib.parse.quote(name, safe="")), **parameters)


@case("mailboxes-of-voicemail")
def mailboxes_of_voicemail(run):
    """Those of the PBX's own voicemail are counted, and not changed."""
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        pbx.file("etc/voicemail.conf").write_text("[general]\n[default]\n100 => 1,One\n[other]\n200 => 2,Two\n")
        for box, messages in (("default/100/INBOX", 3), ("default/100/Old", 1), ("other/200/INBOX", 1)):
            folder = pbx.file("spool/voicemail") / box
            folder.mkdir(parents=True)
            for number in range(messages):
                (folder / f"msg{number:04}.txt").write_text("[message]\n")
        load = {"Action": "ModuleLoad", "Module": "app_voicemail.so", "LoadType": "load"}
        if pbx.observer().action(load)["Response"] != "Success":
            raise Skip("this PBX has no voicemail")
        ari = client(url)
        one = {"name": "100@default", "old_messages": 1, "new_messages": 3}
        two = {"name": "200@other", "old_messages": 0, "new_messages": 1}
        boxes = sorted(ari.get("/mailboxes")[1], key=lambda box: box["name"])
        check(boxes == [one, two], f"mailboxes: {boxes}")
        for name, expected in (("100@default", one), ("100", one | {"name": "100"}), ("200@other", two)):
            found = ari.get("/mailboxes/" + name)
            check(found == (200, expected), f"{name}: {found}")
        for name in ("200", "nope@other"):
            check(ari.get("/mailboxes/" + name)[0] == 404, f"{name} is none")
        for method in ("PUT", "DELETE"):
            check(ari.request(method, "/mailboxes/100@default")[0] == 501, f"{method} is refused")


compared("device-states", _device_states)
compared("mailboxes", _mailboxes)
compared("messages", _messages)
compared("text-of-a-phone", _text_of_a_phone)
