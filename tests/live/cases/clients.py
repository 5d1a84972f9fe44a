"""Everyday applications with unmodified client libraries, through arigate as through native ARI."""

import contextlib
import os
import pathlib
import subprocess
import threading
import urllib.parse

from harness.hand_phone import HandPhone
from harness.oracle import client_modules
from harness.outcome import Failed, check, wait_until
from harness.pbx import ARI_SECRET, ARI_USER
from harness.phones import Phone
from harness.registry import case
from harness.scenario import drain, settle
from harness.sides import ARIGATE, side

_SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "applications.js"


class Application:
    """One of applications.js, from `with` on; ready for calls."""

    def __init__(self, library, what, url, callers=1):
        address = urllib.parse.urlsplit(url)
        self._output = []
        self._process = subprocess.Popen(
            ["node", "--no-deprecation", str(_SCRIPT), library, what, address.hostname, str(address.port),
             ARI_USER, ARI_SECRET, "Local/answer@far-end/n", str(callers)],
            env=dict(os.environ, NODE_PATH=str(client_modules())), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self._reader = threading.Thread(target=lambda: self._output.extend(self._process.stdout), daemon=True)

    def __enter__(self):
        self._reader.start()
        self.expect("ready")
        return self

    def __exit__(self, *unused):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()

    def expect(self, word, timeout=15):
        def said():
            if self._process.poll() not in (None, 0):
                raise Failed("the application ended:\n" + "".join(self._output))
            return f"{word}\n" in self._output

        wait_until(said, timeout, f"the application says {word}: {self._output}")

    def finish(self, timeout=30):
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = "time-out"
        check(status == 0, f"the application ended with {status}:\n" + "".join(self._output))


def _one_caller(library, what):
    @case(f"{what}-with-{library}")
    def application(run):
        with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
            with Application(library, what, url) as program:
                pbx.call_locally("600", far_end="speak")
                program.finish()
            settle(pbx)


def _conference(library):
    @case(f"conference-with-{library}")
    def conference(run):
        with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url), contextlib.ExitStack() as stack:
            program = stack.enter_context(Application(library, "conference", url, callers=3))
            phones = [stack.enter_context(HandPhone(pbx, name)) for name in ("alice", "bob")]
            lines = [phone.call("600").wait_answered() for phone in phones]
            pbx.call_locally("600")
            program.expect("complete")
            for line in lines:
                line.hang_up()
            settle(pbx)
            program.finish()


def _waiting_room(library):
    @case(f"waiting-room-with-{library}")
    def waiting_room(run):
        with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
            with Application(library, "waiting-room", url, callers=3) as program:
                with Phone(pbx, "alice", ["answered", "await_bye"], dials="600") as alice:
                    pbx.call_locally("600")
                    pbx.call_locally("600")
                    program.finish()
                    alice.wait(10)
            drain(pbx, 8)


for _library in ("ari-client", "ipcom"):
    for _what in ("announcement", "dial-through", "queue", "voicemail"):
        _one_caller(_library, _what)
    _conference(_library)
    _waiting_room(_library)
