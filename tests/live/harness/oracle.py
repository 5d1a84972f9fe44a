"""Runs oracle.js, the application of the comparison, and records what it sends and gets."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import threading
import urllib.parse

from . import chroots
from .ari import Recorder
from .http_tap import HttpTap
from .outcome import Failed, Skip, wait_until
from .pbx import ARI_SECRET, ARI_USER
from .relay import Relay

_HERE = pathlib.Path(__file__).resolve().parents[1]


def client_modules():
    """The directory with npm's ARI clients, installed once beside the chroots."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Skip("node or npm is not installed")
    home = chroots.cache_directory() / "node"
    with chroots.alone_with("node"):
        if not home.exists():
            _install(home)
    return home / "node_modules"


def _install(home):
    """Takes its name only when it is whole."""
    fresh = home.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    shutil.copy(_HERE / "package.json", fresh)
    install = subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"],
                             cwd=fresh, capture_output=True, text=True)
    if install.returncode != 0:
        raise Skip("npm could not install the clients: " + install.stderr.strip()[-200:])
    fresh.rename(home)


class NodeProcess:
    """A script of this folder, run by Node.js with npm's ARI clients; close() it in any case."""

    def __init__(self, script, *arguments):
        environment = dict(os.environ, NODE_PATH=str(client_modules()))
        self._output = []
        self._process = subprocess.Popen(
            ["node", "--no-deprecation", str(_HERE / script), *arguments], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._reader = threading.Thread(target=lambda: self._output.extend(self._process.stdout), daemon=True)
        self._reader.start()

    def expect(self, word, timeout=20):
        """Until it has printed a line of that word."""
        def said():
            if self._process.poll() not in (None, 0):
                raise Failed("the application ended:\n" + "".join(self._output))
            return f"{word}\n" in self._output

        wait_until(said, timeout, f"the application says {word}: {self._output}")

    def finish(self, timeout):
        """Until it is through; Failed with its output if a step did not go as it should."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = "time-out"
        if status != 0:
            raise Failed(f"the application ended with {status}:\n" + "".join(self._output))

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()


class Oracle:
    """The application, from `with` on, until it has done its steps."""

    def __init__(self, ari_url, ender, second_endpoint):
        self.recorder = Recorder()
        self._port = urllib.parse.urlsplit(ari_url).port
        self._arguments = [ender, second_endpoint]

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            relay = stack.enter_context(Relay(self._port, HttpTap(self.recorder)))
            url = f"http://127.0.0.1:{relay.port}"
            self._process = NodeProcess("oracle.js", url, ARI_USER, ARI_SECRET, *self._arguments)
            stack.callback(self._process.close)
            self._process.expect("ready")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *unused):
        self._stack.close()

    def wait(self, timeout=45):
        """Until the script is through. Failed with its output if a step did not go as it should."""
        try:
            self._process.finish(timeout)
        except Failed as failure:
            raise Failed(f"{failure}\nlast on the wire: {self.recorder.lines[-8:]}") from None
