"""One arigate process in front of a PBX."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from . import ports
from .ari import Ari, Recorder
from .outcome import Failed, Skip, wait_until
from .pbx import AMI_SECRET, ARI_SECRET, ARI_USER

_ROOT = pathlib.Path(__file__).resolve().parents[3]
_CONFIG = """[general]
entity_id = live
log_level = debug
{level}

[ami]
host = 127.0.0.1
port = {ami_port}
user = arigate
secret_file = {secret_file}

[fastagi]
bind = 127.0.0.1
port = {agi_port}
allow = 127.0.0.1
advertise = agi://127.0.0.1:{advertised_port}

[http]
bind = 127.0.0.1
port = {http_port}

{files}

; The users of the PBX's own ari.conf, as it stands.
#include {ari_conf}
"""

_FOLDERS = """[recordings]
directory = {recordings}

[sounds]
directory = {sounds}"""

_THROUGH_PBX = """[recordings]
through_pbx = yes

[sounds]
through_pbx = yes"""


def find_program(asked_for=None):
    """The arigate to test: the one asked for, else the newest build of this tree. Skip if there is none."""
    if asked_for:
        return pathlib.Path(asked_for).resolve(strict=True)
    built = [path for path in _ROOT.glob("build/*/bin/arigate") if os.access(path, os.X_OK)]
    if not built:
        raise Skip("arigate is not built")
    return max(built, key=lambda path: path.stat().st_mtime)


class Arigate:
    """Start with `with`. kill() and start() again keep the ports: the PBX finds the new process."""

    def __init__(self, program, pbx, ami_port=None, agi_port=None, through_pbx=False, settings="", ari_version=None):
        """ami_port: where arigate finds AMI; agi_port: where it listens. A relay may stand between.
        through_pbx: it reaches the files of the PBX by commands there; else by their folders.
        settings: further sections of its configuration. ari_version: whose ARI it serves; else the newest."""
        self._program = program
        self.http_port = ports.free_tcp()
        self.agi_port = agi_port or pbx.agi_port
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="arigate-live-"))
        secret_file = self._directory / "ami.secret"
        secret_file.write_text(AMI_SECRET + "\n")
        secret_file.chmod(0o600)
        self._config = self._directory / "arigate.conf"
        self._config.write_text(_CONFIG.format(
            level=f"ari_version = {ari_version}" if ari_version else "",
            ami_port=ami_port or pbx.ami_port, agi_port=self.agi_port, advertised_port=pbx.agi_port,
            http_port=self.http_port, secret_file=secret_file,
            files=_THROUGH_PBX if through_pbx else _FOLDERS.format(
                recordings=pbx.file("spool/recording"), sounds=pbx.file("data/sounds")),
            ari_conf=pbx.file("etc/ari.conf")) + settings)
        self._config.chmod(0o600)
        self._process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, kind=None, failure=None, _trace=None):
        died = self._process and self._process.poll() not in (None, 0, -signal.SIGKILL)
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        log = self.log()
        if not os.environ.get("ARIGATE_LIVE_KEEP"):
            shutil.rmtree(self._directory, ignore_errors=True)
        if died:  # Whatever else the test saw, this is the cause.
            last_words = log[log.find("ERROR: "):][:4000] if "ERROR: " in log else log[-2000:]
            raise Failed(f"arigate died with {self._process.returncode}:\n{last_words}") from failure
        if kind is Failed:
            raise Failed(f"{failure}\nlog of arigate:\n{log[-2000:]}") from None

    @property
    def ari_url(self):
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def pid(self):
        return self._process.pid

    def ari(self, recorder=None):
        return Ari(self.ari_url, ARI_USER, ARI_SECRET, recorder)

    def start(self, ready=True):
        with open(self._directory / "log", "ab") as log:
            self._process = subprocess.Popen([self._program, "run", "-c", self._config], stdout=log,
                                             stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        if ready:
            wait_until(self._is_ready, 10, "arigate is up and logged in to the PBX")

    def check(self):
        """Runs `arigate check`; gives (exit code, what it printed)."""
        done = subprocess.run([self._program, "check", "-c", self._config], capture_output=True, text=True,
                              timeout=20)
        return done.returncode, done.stdout + done.stderr

    def kill(self):
        """As a crash: no chance to say goodbye."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def terminate(self, timeout=5):
        """SIGTERM; gives the exit code."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"arigate is still there {timeout} s after SIGTERM") from None

    def log(self):
        path = self._directory / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _is_ready(self):
        if self._process.poll() is not None:
            raise Failed(f"arigate ended with {self._process.returncode}:\n{self.log()[-3000:]}")
        try:
            # The first needs the link, the second what was read over it.
            ari = self.ari(Recorder())
            return (ari.get("/asterisk/variable", variable="SYSTEMNAME()")[0] == 200
                    and ari.get("/channels")[0] == 200)
        except OSError:
            return False
