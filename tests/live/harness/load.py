"""Load on one side, and what came of it. Bounded in count and time; loopback only."""

import re
import selectors
import shutil
import subprocess
import time

from .ari import basic, connect_events
from .outcome import Failed, Skip
from .pbx import ARI_SECRET, ARI_USER


def requests_per_second(url, path, connections, seconds):
    """wrk on one GET, keep-alive, one thread. Gives (requests/s, p99 in ms)."""
    if shutil.which("wrk") is None:
        raise Skip("wrk is not installed")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
               "-H", "Authorization: " + basic(ARI_USER, ARI_SECRET), url + "/ari" + path]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in printed:
        raise Failed(f"GET {path} was refused under load:\n{printed}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", printed)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", printed).groups()
    return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


class Readers:
    """Many WebSocket clients that only count. One of them walks the frames, the others count bytes:
    counting must not be what is measured."""

    def __init__(self, ari, count):
        self._selector = selectors.DefaultSelector()
        self._sockets = [_QuietSocket(ari, f"reader{i}") for i in range(count)]
        for reader in self._sockets:
            self._selector.register(reader.socket, selectors.EVENT_READ, reader)
        self.first = self.last = None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for reader in self._sockets:
            reader.socket.close()
        self._selector.close()

    def read_until_quiet(self, quiet_seconds=1.0, at_most=60):
        """Reads until nothing has come for a while; gives (frames of one client, seconds, clients closed)."""
        deadline = time.monotonic() + at_most
        open_count = len(self._sockets)
        while time.monotonic() < deadline and open_count:
            ready = self._selector.select(quiet_seconds if self.first else 10)
            if not ready:
                break
            now = time.monotonic()
            for key, _ in ready:
                if key.data.read():
                    self.first, self.last = self.first or now, now
                else:
                    self._selector.unregister(key.fileobj)
                    open_count -= 1
        seconds = (self.last - self.first) if self.first else 0
        return self._sockets[0].frames(), seconds, len(self._sockets) - open_count


class _QuietSocket:

    def __init__(self, ari, app):
        # The application's name differs for each: the same name would replace the one before.
        self.socket = connect_events(ari, app, {"subscribeAll": "true"})
        self.socket.setblocking(False)
        self._walks = app == "reader0"
        self._chunks = []

    def read(self):
        try:
            chunk = self.socket.recv(1 << 20)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if self._walks:
            self._chunks.append(chunk)
        return bool(chunk)

    def frames(self):
        data, position, count = b"".join(self._chunks), 0, 0
        while position + 2 <= len(data):
            length, start = data[position + 1] & 127, 2
            if length > 125:
                start = 4 if length == 126 else 10
                length = int.from_bytes(data[position + 2:position + start], "big")
            position += start + length
            count += 1
        return count

