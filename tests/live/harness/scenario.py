"""Scenarios of raw requests, played on both sides and compared."""

import json
import time

from . import chroots
from .ari import Recorder
from .outcome import wait_until
from .registry import case
from .sides import client, compare_sides


def compared(name, scenario, not_on_old=None, only_on=None, since=None, **subscription):
    """Adds a test that plays scenario(pbx, ari, events) on both sides, with the application's socket open.

    not_on_old: why Asterisk 1.8 and 11 cannot run it at all. only_on: the version that it is about.
    since: the first version whose native ARI can do it.
    """

    @case(f"same-as-native-{name}", only_on=only_on)
    def compared(run):
        run.skip_on_old(not_on_old)
        run.skip_without_native(since)

        def play(pbx, url):
            recorder = Recorder()
            ari = client(url, recorder)
            with ari.events("oracle", **subscription) as events:
                scenario(pbx, ari, events)
                settle(pbx)
            if pbx.outside:  # The name that it has where it can be given one.
                return json.loads(json.dumps(recorder.lines).replace(pbx.outside, "outside"))
            return recorder.lines

        compare_sides(run, name, play)


def settle(pbx):
    """Until the PBX has no channel left and what it said about that has come."""
    for channel in pbx.channels():
        # The other leg follows by itself; two hangups would race. Those of arigate are its own affair.
        if not channel.endswith(";2") and "@arigate-" not in channel:
            pbx.observer().action({"Action": "Hangup", "Channel": channel})
    drain(pbx, 5)


def drain(pbx, timeout):
    """Until the calls that are up have ended by themselves and what the PBX said about that has come."""
    wait_until(lambda: not pbx.channels(), timeout, "every channel is gone")
    time.sleep(0.3)  # Native sends nothing that says "that was all".


def outside_call(pbx):
    """A call that has nothing to do with the application; gives the path of its caller once that is up."""
    given = {} if pbx.version in chroots.WITHOUT_ARI else {"ChannelId": "outside"}  # Before Asterisk 12 nobody chooses.
    since = pbx.observer().mark()
    pbx.observer().send({"Action": "Originate", "Channel": "Local/answer@far-end/n", "Context": "callers",
                         "Exten": "wait", "Priority": "1", "Async": "true"} | given)
    up = pbx.observer().wait_event(lambda e: e["Event"] == "Newstate" and e["ChannelStateDesc"] == "Up"
                                   and e["Channel"].endswith(";1"), since=since)
    pbx.outside = up["Uniqueid"]
    return "/channels/" + up["Uniqueid"]


def caller(pbx, events, answered_by=None, far_end="wait", **by):
    """Somebody calls the application; gives the path of the channel. far_end: what the caller does then."""
    since = events.mark()
    pbx.call_locally("600", far_end, **by)
    path = "/channels/" + events.wait("StasisStart", since=since)["channel"]["id"]
    if answered_by:
        since = events.mark()
        answered_by.post(path + "/answer")
        events.wait(lambda e: e["type"] == "ChannelStateChange" and e["channel"]["state"] == "Up", since=since)
    return path
