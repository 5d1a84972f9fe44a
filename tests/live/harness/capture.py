"""`arigate capture` between applications and their PBX, and `arigate replay` of what it kept."""

import json
import pathlib
import shutil
import signal
import subprocess
import tempfile

from . import ports
from .outcome import Failed, check


class Capture:
    """Start with `with`; stop() ends the recording. Each of ami, agi, ari is the port to forward to."""

    def __init__(self, program, ami=None, agi=None, ari=None, agi_port=None):
        self._program = program
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="arigate-capture-"))
        self.file = self._directory / "call.jsonl.zst"
        self._arguments = [program, "capture", "-o", self.file]
        self.ami_port = self._relay("ami", ami)
        self.agi_port = self._relay("agi", agi, agi_port)
        self.ari_port = self._relay("ari", ari)
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen(self._arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(sum(str(argument).endswith("-listen") for argument in self._arguments)):
            if not self._process.stdout.readline():
                raise Failed("arigate capture did not start")
        return self

    def __exit__(self, *unused):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        check(self._process.wait(5) == 0, "arigate capture ended as asked")

    def replay(self, *options):
        """Gives (exit code, what it printed)."""
        done = subprocess.run([self._program, "replay", *options, self.file], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def events(self):
        code, printed = self.replay("--print")
        check(code == 0, f"replay: {code} {printed[-1000:]}")
        return [json.loads(line) for line in printed.splitlines()]

    def _relay(self, kind, target, port=None):
        if target is None:
            return None
        port = port or ports.free_tcp()
        self._arguments += [f"--{kind}-listen", f"127.0.0.1:{port}", f"--{kind}-to", f"127.0.0.1:{target}"]
        return port
