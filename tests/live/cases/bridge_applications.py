"""Applications with bridges, written with the unmodified ari-client."""

import contextlib
import os
import pathlib
import subprocess
import threading

from harness.oracle import client_modules
from harness.outcome import Failed, check, wait_until
from harness.pbx import ARI_SECRET, ARI_USER
from harness.phones import Phone
from harness.registry import case
from harness.sides import ARIGATE, side

_APPLICATIONS = pathlib.Path(__file__).resolve().parents[1] / "applications"


class Application:
    """A node program with ari-client, from `with` on."""

    def __init__(self, script, url, *arguments):
        environment = dict(os.environ, NODE_PATH=str(client_modules()))
        self._output = []
        self._process = subprocess.Popen(
            ["node", "--no-deprecation", str(_APPLICATIONS / script), url, ARI_USER, ARI_SECRET, *arguments],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
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

    def finish(self, timeout=20):
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = "time-out"
        check(status == 0, f"the application ended with {status}:\n" + "".join(self._output))


def _nothing_is_left(pbx):
    wait_until(lambda: not pbx.channels(), 8, "every channel is gone, the hidden ones too")


@case("application-with-a-mixing-bridge")
def mixing(run):
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        with Application("bridge_mixing.js", url, "3") as application, contextlib.ExitStack() as phones:
            leave = ["answered", ("pause", 2500), "bye"]
            alice = phones.enter_context(Phone(pbx, "alice", leave, dials="600"))
            bob = phones.enter_context(Phone(pbx, "bob", leave, dials="600"))
            pbx.call_locally("600")
            application.expect("complete")
            alice.wait(10)
            bob.wait(10)
            for channel in pbx.channels():
                if channel.endswith(";1") and "@arigate" not in channel:  # The caller, and no leg of ours.
                    pbx.observer().action({"Action": "Hangup", "Channel": channel})
            application.finish()
        _nothing_is_left(pbx)


@case("application-with-a-holding-bridge")
def holding(run):
    with side(ARIGATE, run.version, run.arigate_program()) as (pbx, url):
        with Application("holding_bridge.js", url, "3", "Local/answer@far-end/n") as application:
            with Phone(pbx, "alice", ["answered", "await_bye"], dials="600") as alice:
                pbx.call_locally("600")
                pbx.call_locally("600")
                application.finish()
                alice.wait(10)
        _nothing_is_left(pbx)
