"""Everyday applications with unmodified client libraries, through arigate as through native ARI."""

import contextlib
import urllib.parse

from harness.hand_phone import HandPhone
from harness.oracle import NodeProcess
from harness.pbx import ARI_SECRET, ARI_USER
from harness.phones import Phone
from harness.registry import case
from harness.scenario import drain, settle
from harness.sides import ARIGATE, side


@contextlib.contextmanager
def _application(library, what, url, callers=1):
    """One of applications.js; ready for calls."""
    address = urllib.parse.urlsplit(url)
    program = NodeProcess("applications.js", library, what, address.hostname, str(address.port), ARI_USER, ARI_SECRET,
                          "Local/answer@far-end/n", str(callers))
    with contextlib.closing(program):
        program.expect("ready")
        yield program


def _one_caller(library, what):
    @case(f"{what}-with-{library}")
    def application(run):
        with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
            with _application(library, what, url) as program:
                pbx.call_locally("600", far_end="speak")
                program.finish(30)
            settle(pbx)


def _conference(library):
    @case(f"conference-with-{library}")
    def conference(run):
        with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url), contextlib.ExitStack() as stack:
            program = stack.enter_context(_application(library, "conference", url, callers=3))
            phones = [stack.enter_context(HandPhone(pbx, name)) for name in ("alice", "bob")]
            lines = [phone.call("600").wait_answered() for phone in phones]
            pbx.call_locally("600")
            program.expect("complete")
            for line in lines:
                line.hang_up()
            settle(pbx)
            program.finish(30)


def _waiting_room(library):
    @case(f"waiting-room-with-{library}")
    def waiting_room(run):
        with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
            with _application(library, "waiting-room", url, callers=3) as program:
                with Phone(pbx, "alice", ["answered", "await_bye"], dials="600") as alice:
                    pbx.call_locally("600")
                    pbx.call_locally("600")
                    program.finish(30)
                    alice.wait(10)
            drain(pbx, 8)


for _library in ("ari-client", "ipcom"):
    for _what in ("announcement", "dial-through", "queue", "voicemail"):
        _one_caller(_library, _what)
    _conference(_library)
    _waiting_room(_library)
