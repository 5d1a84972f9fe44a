"""Runs oracle.js, the application of the comparison, and records what it sends and gets."""

import os
import pathlib
import shutil
import subprocess
import threading
import urllib.parse

from . import chroots
from .ari import Recorder
from .http_tap import HttpTap
from .outcome import Failed, Skip
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


class Oracle:
    """The application, from `with` on, until it has done its steps."""

    def __init__(self, ari_url, ender, second_endpoint):
        self.recorder = Recorder()
        self._port = urllib.parse.urlsplit(ari_url).port
        self._arguments = [ender, second_endpoint]
        self._output = []
        self._ready = threading.Event()

    def __enter__(self):
        environment = dict(os.environ, NODE_PATH=str(client_modules()))
        self._relay = Relay(self._port, HttpTap(self.recorder))
        url = f"http://127.0.0.1:{self._relay.port}"
        self._process = subprocess.Popen(
            ["node", "--no-deprecation", str(_HERE / "oracle.js"), url, ARI_USER, ARI_SECRET, *self._arguments],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready.wait(20)
        if self._process.poll() is not None or "ready\n" not in self._output:
            self.__exit__()
            raise Failed("the application did not start:\n" + "".join(self._output))
        return self

    def __exit__(self, *unused):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()
        self._relay.__exit__()

    def wait(self, timeout=45):
        """Until the script is through. Failed with its output if a step did not go as it should."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = "time-out"
        if status != 0:
            raise Failed(f"the application ended with {status}:\n" + "".join(self._output)
                         + f"\nlast on the wire: {self.recorder.lines[-8:]}")

    def _read(self):
        for line in self._process.stdout:
            self._output.append(line)
            if line == "ready\n":
                self._ready.set()
        self._ready.set()
