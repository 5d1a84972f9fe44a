"""Endpoints and who is subscribed to them: what is asked, what is refused, what is told."""

from harness.phones import Phone
from harness.scenario import compared, settle

_SOURCES = ["endpoint:{t}/bob", "endpoint:{t}", "endpoint:{t}/nope", "endpoint:nope", "endpoint:nope/x",
            "endpoint:{lower}/bob", "deviceState:Stasis:x", "deviceState:nope", "channel:nope", "bogus:1", "bogus",
            "endpoint:nope/x,endpoint:{t}/bob", "endpoint:{t}/carol,endpoint:{t}/carol", "endpoint:",
            "endpoint:{t}/alice", "deviceState:", "deviceState:NOPE/x"]
_GONE = ["endpoint:{t}/dave", "deviceState:Stasis:zz", "endpoint:{t}/carol", "endpoint:{t}/carol", "endpoint:",
         "endpoint:nope/x", "deviceState:Stasis:x", "endpoint:{lower}", "endpoint:{t}", "bogus:1", "channel:nope"]


def _endpoints(pbx, ari, events):
    technology = pbx.technology
    for path in ("", "/" + technology, "/" + technology.lower(), "/Local", "/nope", f"/{technology}/bob",
                 f"/{technology.lower()}/bob", f"/{technology}/BOB", f"/{technology}/absent", f"/{technology}/nope",
                 "/nope/bob", "/Local/x@y"):
        ari.get("/endpoints" + path)
    for method in ("POST", "PUT", "DELETE"):
        ari.request(method, f"/endpoints/{technology}/bob")


def _subscriptions(pbx, ari, events):
    names = {"t": pbx.technology, "lower": pbx.technology.lower()}
    path = "/applications/oracle/subscription"
    for source in _SOURCES:
        ari.post(path, eventSource=source.format(**names))
    ari.post(path)
    ari.post(path, eventSource="")
    ari.post("/applications/nope/subscription", eventSource="endpoint:")
    ari.get("/applications/oracle")
    for source in _GONE:
        ari.delete(path, eventSource=source.format(**names))
    ari.delete(path)
    ari.get("/applications/oracle")


_REFERS = [
    {}, {"to": ""}, {"to": "bob"}, {"to": "{lower}:bob", "from": "{lower}:alice"},
    {"to": "{lower}:bob", "from": "", "refer_to": "{lower}:carol"},
    {"to": "nope:bob", "from": "x", "refer_to": "{lower}:carol"},
    {"to": "{lower}:bob", "from": "{lower}:alice", "refer_to": "{lower}:carol"},
    {"to": "{lower}:bob", "from": "{lower}:alice", "refer_to": "{lower}:carol", "to_self": "true"},
]


def _refers(pbx, ari, events):
    """Before 22 there is no such operation."""
    if pbx.version != "22":
        return
    technology, lower = pbx.technology, pbx.technology.lower()
    for parameters in _REFERS:
        given = {name: value.format(lower=lower) for name, value in parameters.items()}
        ari.post("/endpoints/refer", **given)
        given.pop("to", None)
        for path in (f"/{technology}/bob", f"/{technology}/nope", "/nope/bob"):
            ari.post(f"/endpoints{path}/refer", **given)


def _told_of(*sources):
    """A phone is called and hung up; the application is subscribed to sources alone."""

    def scenario(pbx, ari, events):
        for source in sources:
            ari.post("/applications/oracle/subscription", eventSource=source.format(t=pbx.technology))
        with Phone(pbx, "bob", ["ring", ("pause", 300), "answer", "await_bye"]) as bob:
            pbx.observer().send({"Action": "Originate", "Channel": pbx.phone("bob"), "Context": "callers",
                                 "Exten": "wait", "Priority": "1", "Async": "true"})
            pbx.observer().wait_event(lambda e: e["Event"] == "Newstate" and e["ChannelStateDesc"] == "Up")
            settle(pbx)
            bob.wait(10)

    return scenario


compared("endpoints", _endpoints)
compared("endpoint-subscriptions", _subscriptions)
compared("refers", _refers)
compared("told-of-an-endpoint", _told_of("endpoint:{t}/bob", "deviceState:{t}/bob"))
compared("told-of-a-technology", _told_of("endpoint:{t}"))
compared("told-of-all-endpoints", _told_of("endpoint:", "endpoint:{t}/carol"))
