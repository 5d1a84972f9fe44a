"""Applications: who they are, what they are told of, and REST over their WebSocket."""

import json
import time

from harness.outcome import check, wait_until
from harness.registry import case
from harness.scenario import caller, compared, settle
from harness.sides import side, client, ARIGATE


def _subscriptions(pbx, ari, events):
    path = "/applications/oracle/subscription"
    for parameters in ({}, {"eventSource": ""}, {"eventSource": "nope:x"}, {"eventSource": "channel"},
                       {"eventSource": "channel:nope"}, {"eventSource": "bridge:nope"},
                       {"eventSource": "devicestate:x"}, {"eventSource": "deviceState:Stasis:mine"},
                       {"eventSource": "channel:nope,deviceState:Stasis:mine"}):
        ari.post(path, **parameters)
    ari.post("/applications/nope/subscription")
    ari.post("/applications/nope/subscription", eventSource="channel:x")
    channel = caller(pbx, events).split("/")[-1]
    ari.get("/applications/oracle")
    ari.post(path, eventSource=f"channel:{channel}")
    for _ in range(3):
        ari.delete(path, eventSource=f"channel:{channel}")
    ari.post(f"/channels/{channel}/answer")  # Nobody hears of it.
    time.sleep(0.3)
    ari.post(path, eventSource=f"channel:{channel}")
    since = events.mark()
    ari.post(f"/channels/{channel}/variable", variable="A", value="1")
    events.wait("ChannelVarset", since=since)
    ari.delete(path, eventSource="channel:nope")
    ari.delete(path, eventSource="deviceState:Stasis:mine")
    ari.delete(path)
    ari.post(path, eventSource="channel:")
    ari.get("/applications")
    ari.delete(path, eventSource="channel:__AST_CHANNEL_ALL_TOPIC")
    ari.delete(f"/channels/{channel}")
    time.sleep(0.3)
    ari.get("/applications/oracle")


def _all_of_a_kind(pbx, ari, events):
    """A source without an id stands for all of its kind."""
    path = "/applications/oracle/subscription"
    for source in ("channel:", "bridge:", "endpoint:", "deviceState:"):
        for method in ("POST", "POST", "DELETE", "DELETE", "POST"):
            ari.request(method, path, eventSource=source)
            ari.get("/applications/oracle")
        if source == "bridge:":
            ari.post("/bridges/one", type="mixing")
            ari.delete("/bridges/one")
            time.sleep(0.2)
    for topic in ("CHANNEL", "BRIDGE", "ENDPOINT", "DEVICE_STATE"):
        kind = {"DEVICE_STATE": "deviceState"}.get(topic, topic.lower())
        ari.delete(path, eventSource=f"{kind}:__AST_{topic}_ALL_TOPIC")
        ari.get("/applications/oracle")


_FILTERS = [
    None, {}, {"allowed": []}, {"allowed": [{"type": "StasisStart"}]}, {"disallowed": [{"type": "Dial"}]},
    {"filter": {"allowed": [{"type": "Dial"}]}}, {"nope": 1}, {"allowed": {}}, {"allowed": [5]}, {"allowed": ["Dial"]},
    {"allowed": [{}]}, {"allowed": [{"type": 5}]}, {"allowed": None}, {"disallowed": 5},
    {"allowed": [{"type": "a", "y": 1}, {"type": "a"}]}, b"{", b"null", b'"x"', {},
]


def _filters(pbx, ari, events):
    for body in _FILTERS:
        headers = {"Content-Type": "application/json"} if isinstance(body, bytes) else None
        ari.request("PUT", "/applications/oracle/eventFilter", body, headers)
    ari.request("PUT", "/applications/nope/eventFilter", {})
    ari.request("PUT", "/applications/oracle/eventFilter", {"disallowed": [{"type": "StasisStart"}]})
    pbx.call_locally("600")
    time.sleep(0.5)  # Nothing tells that nothing comes.
    settle(pbx)


_USER_EVENTS = [
    ({}, None), ({"application": ""}, None), ({"application": "nope"}, None), ({"application": "oracle"}, None),
    ({"application": "oracle", "source": "nope:x"}, None), ({"application": "oracle", "source": "nope"}, None),
    ({"application": "oracle", "source": ""}, None), ({"application": "oracle", "source": "channel:nope"}, None),
    ({"application": "oracle", "source": "bridge:nope"}, None), ({"application": "oracle", "source": "deviceState:x"}, None),
    ({"application": "oracle"}, {"variables": {"a": "b", "n": 5, "f": 1.5, "o": {"x": [1]}, "t": True, "z": None}}),
    ({"application": "oracle"}, {"a": "b"}), ({"application": "oracle"}, {"variables": {}}),
    ({"application": "oracle"}, {"variables": {"eventname": "x", "A": "1"}}), ({"application": "oracle"}, b"{"),
    ({}, {"application": "oracle", "variables": {"k": "v"}}),
]


def _user_events(pbx, ari, events):
    channel = caller(pbx, events).split("/")[-1]
    for parameters, body in _USER_EVENTS + [({"application": "oracle", "source": "channel:" + channel}, None)]:
        headers = {"Content-Type": "application/json"} if isinstance(body, bytes) else None
        ari.request("POST", "/events/user/mine", body, headers, **parameters)
        time.sleep(0.05)
    ari.post("/events/user/a%20b%22", application="oracle")
    time.sleep(0.1)


def _no_sockets(pbx, ari, events):
    """Requests of /events without an upgrade; claims of what nobody broadcast."""
    for parameters in ({}, {"app": ""}, {"app": "oracle"}, {"app": "oracle", "subscribeAll": "maybe"}):
        ari.get("/events", **parameters)
    if pbx.version != "22":  # Before it there are no claims.
        return
    channel = caller(pbx, events).split("/")[-1]
    for parameters in ({}, {"channelId": channel}, {"application": "oracle"}, {"channelId": "", "application": "oracle"},
                       {"channelId": "nope", "application": "oracle"}, {"channelId": channel, "application": "nope"},
                       {"channelId": channel, "application": ""}, {"channelId": channel, "application": "oracle"}):
        ari.post("/events/claim", **parameters)


def _claims(pbx, ari, events):
    """Two applications are offered a call: one has it, the other one is too late, also when it is back."""
    with ari.events("second") as second:
        pbx.call_locally("607")
        events.wait("CallBroadcast")
        channel = second.wait("CallBroadcast")["channel"]["id"]
        ari.get("/channels/" + channel)
        ari.post("/channels/" + channel + "/answer")  # It is in no application yet.
        ari.post("/events/claim", channelId=channel, application="second")
        second.wait("StasisStart")
        events.wait("CallClaimed")
        ari.post("/events/claim", channelId=channel, application="oracle")
        ari.get("/channels/" + channel)
        since = second.mark()
        ari.post("/channels/" + channel + "/answer")
        second.wait("ChannelStateChange", since=since)
        ari.post("/channels/" + channel + "/continue")
        second.wait("StasisEnd")
        pbx.observer().wait_event(lambda e: e["Event"] == "UserEvent" and e["Status"] == "SUCCESS")
        ari.post("/events/claim", channelId=channel, application="oracle")


@case("a-call-that-somebody-claims")
def claimed(run):
    """On every PBX; see same-as-native-claims."""
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        ari = client(url)
        with ari.events("oracle") as events:
            _claims(pbx, ari, events)
            kinds = [e["type"] for e in events.events]
            check(kinds == ["CallBroadcast", "CallClaimed"], f"told to who came too late: {kinds}")
            statuses = [line["status"] for line in ari.recorder.lines if "/events/claim" in line.get("request", "")]
            check(statuses == [204, 409, 404], f"claims: {statuses}")
            pbx.call_locally("608")
            pbx.observer().wait_event(lambda e: e["Event"] == "UserEvent" and e["Status"] == "TIMEOUT")
        settle(pbx)


compared("claims", _claims, only_on="22")
compared("events-without-a-socket", _no_sockets)
compared("subscriptions", _subscriptions)
compared("sources-without-an-id", _all_of_a_kind)
compared("event-filters", _filters)
compared("user-events", _user_events)


_T = {"type": "RESTRequest", "transaction_id": "t", "request_id": "r"}
_OVER_WEBSOCKET = [
    _T | {"method": "GET", "uri": "channels"},
    _T | {"method": "GET", "uri": "/channels"},
    _T | {"method": "GET", "uri": "ari/channels"},
    _T | {"method": "GET", "uri": "channels/nope"},
    _T | {"method": "GET", "uri": "channels/"},
    _T | {"method": "BOGUS", "uri": "channels"},
    _T | {"method": "PATCH", "uri": "channels"},
    _T | {"method": "OPTIONS", "uri": "channels"},
    _T | {"method": "HEAD", "uri": "channels"},
    _T | {"method": "DELETE", "uri": "channels"},
    _T | {"method": "GET"},
    _T | {"uri": "channels"},
    _T | {"method": 5, "uri": "channels"},
    _T | {"method": "GET", "uri": 5},
    _T | {"type": 5}, _T | {"type": "nope"}, {}, {"transaction_id": "t"}, [],
    _T | {"transaction_id": 5, "method": "GET", "uri": "channels"},
    _T | {"method": "GET", "uri": "events?app=x"},
    _T | {"method": "POST", "uri": "asterisk/variable?variable=A&value=uri",
          "query_strings": [{"name": "value", "value": "x y&z%20"}]},
    _T | {"method": "GET", "uri": "asterisk/variable?variable=A"},
    _T | {"method": "POST", "uri": "asterisk/variable", "query_strings": [5]},
    _T | {"method": "POST", "uri": "asterisk/variable", "query_strings": {"variable": "A"}},
    _T | {"method": "POST", "uri": "asterisk/variable", "message_body": "{}"},
    _T | {"method": "POST", "uri": "asterisk/variable", "message_body": "x", "content_type": "text/plain"},
    _T | {"method": "POST", "uri": "asterisk/variable", "message_body": "{", "content_type": "application/json"},
    _T | {"method": "POST", "uri": "asterisk/variable", "content_type": "application/json",
          "message_body": '{"variable": "B", "value": "of the body"}'},
    _T | {"method": "GET", "uri": "asterisk/variable?variable=B"},
    _T | {"method": "POST", "uri": "asterisk/variable", "content_type": "application/x-www-form-urlencoded",
          "message_body": "variable=C&value=form"},
    _T | {"method": "GET", "uri": "asterisk/variable?variable=C"},
    _T | {"method": "GET", "uri": "channels?api_key=x:y"},
    _T | {"method": "GET", "uri": "applications/oracle"},
    _T | {"method": "POST", "uri": "events/user/abc?application=oracle"},
]


@case("rest-over-the-websocket")
def rest_over_the_websocket(run):
    """Native 22 has it; the answers of arigate are its answers, on every PBX."""
    program = run.arigate_program()
    answers = {}
    sides = [("arigate", run.version)] + ([("native", run.version)] if run.version == "22" else [])
    for name, version in sides:
        with side(name, version, program) as (pbx, url):
            answers[name] = _talk(client(url))
    check(len(answers["arigate"]) == len(_OVER_WEBSOCKET) + 1, f"answers: {answers['arigate']}")
    for request, ours, native in zip(_OVER_WEBSOCKET, answers["arigate"], answers.get("native", answers["arigate"])):
        check(ours == native, f"{request}\nnative:  {native}\narigate: {ours}")


def _talk(ari):
    found = []
    with ari.events("oracle") as events:
        for request in _OVER_WEBSOCKET:
            since = events.mark()
            events.send_text(json.dumps(request))
            answer = dict(events.wait("RESTResponse", since=since))
            for member in ("timestamp", "asterisk_id"):
                check(answer.pop(member, None), f"{member} in {answer}")
            found.append(answer)
        events.wait(lambda e: e["type"] == "ChannelUserevent" and e["eventname"] == "abc")
    reader = client(f"http://{ari.address[0]}:{ari.address[1]}")
    reader.user = "reader"
    with reader.events("second") as events:
        events.send_text(json.dumps(_T | {"method": "POST", "uri": "asterisk/variable?variable=A&value=1"}))
        found.append(events.wait("RESTResponse")["status_code"])
        check(found[-1] == 403, f"a reader wrote: {found[-1]}")
    return found


@case("park-and-resume")
def park_and_resume(run):
    """A call waits for its application; a client that was cut off gets what it missed."""
    program = run.arigate_program()
    with side(ARIGATE, run.version, program, arigate_settings=_PARK) as (pbx, url):
        ari = client(url)
        pbx.call_locally("600")
        pbx.observer().wait_event(lambda e: e["Event"] in ("MusicOnHoldStart", "MusicOnHold"))
        events = ari.events("oracle", resume="")
        start = events.wait("StasisStart")
        check(start["channel"]["state"] == "Up", f"it was answered: {start}")
        token, channel = start["resume"], start["channel"]["id"]
        events.close(politely=False)
        for value in "123":
            ari.post(f"/channels/{channel}/variable", variable="N", value=value)
        with ari.events("oracle", resume=token) as events:
            check(events.wait("ArigateResume")["status"] == "resumed", "resumed")
            events.wait(lambda e: e.get("variable") == "N" and e["value"] == "3")
            values = [e["value"] for e in events.events if e.get("variable") == "N"]
            check(values == ["1", "2", "3"], f"missed events: {values}")
        settle(pbx)


_PARK = """
[parking]
type = application
application = oracle
new_call = park
"""


def _lost(way, goes_on):
    @case(f"lost-calls-{way}")
    def lost(run):
        """The application's only client drops while a call is in it."""
        settings = _LOST.format(way=way)
        with side(ARIGATE, run.version, run.arigate_program(), arigate_settings=settings) as (pbx, url):
            ari = client(url)
            events = ari.events("oracle")
            channel = caller(pbx, events, answered_by=ari).split("/")[-1]
            since = pbx.observer().mark()
            events.close(politely=False)
            pbx.observer().wait_event(goes_on, since=since)
            if way == "park":
                with ari.events("oracle") as events:
                    start = events.wait("StasisStart")
                    check(start["channel"]["id"] == channel, f"told {start}")
                    check(ari.post(f"/channels/{channel}/ring")[0] == 204, "it is controlled again")
            else:
                wait_until(lambda: ari.get("/channels/" + channel)[0] == 404, 5, "the call has ended")
            settle(pbx)


_LOST = """
[lost]
type = application
application = oracle
lost_call = {way}
grace = 200 ms
"""
_lost("continue", lambda e: e["Event"] == "Newexten" and e.get("AppData") == "after the application")
_lost("hangup", lambda e: e["Event"] == "Hangup" and e["Channel"].startswith("Local/600@"))
_lost("park", lambda e: e["Event"] in ("MusicOnHoldStart", "MusicOnHold"))
