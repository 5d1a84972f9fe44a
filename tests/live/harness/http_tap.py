"""Reads ARI off the wire: the requests, replies and WebSocket frames that pass a Relay.

So the client under test stays unmodified, and what is recorded is what was really sent.
"""

import json
import threading
import time


class HttpTap:
    """Give its instance to Relay as tap. Writes into an ari.Recorder."""

    def __init__(self, recorder):
        self._recorder = recorder
        self._lock = threading.Lock()
        self._connections = {}

    def __call__(self, number, direction, chunk):
        with self._lock:
            self._connections.setdefault(number, _Connection(self._recorder)).feed(direction, chunk)


class _Connection:
    def __init__(self, recorder):
        self._recorder = recorder
        self._buffers = {"out": b"", "in": b""}
        self._open_requests = []  # sent, not yet answered, oldest first
        self._is_websocket = False

    def feed(self, direction, chunk):
        self._buffers[direction] += chunk
        if direction == "out":
            while not self._is_websocket and self._take_request():
                pass
        else:
            while self._take_frame() if self._is_websocket else self._take_reply():
                pass

    def _take_request(self):
        message = self._take_message("out")
        if message is None:
            return False
        first, body = message
        method, target, _ = first.split(" ", 2)
        self._open_requests.append((method, target, body, time.monotonic()))
        return True

    def _take_reply(self):
        message = self._take_message("in")
        if message is None:
            return False
        first, body = message
        status = int(first.split(" ")[1])
        method, target, sent, began = self._open_requests.pop(0)
        if status == 101:
            self._is_websocket = True
            return True
        if "/api-docs/" not in target:  # Compared by other tests; too long for a time line.
            self._recorder.add(request=f"{method} {target}", body=_json_or_text(sent), status=status,
                               answer=_json_or_text(body), took_ms=round((time.monotonic() - began) * 1000, 1))
        return True

    def _take_message(self, direction):
        buffer = self._buffers[direction]
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        lines = buffer[:end].decode("latin-1").split("\r\n")
        headers = {n.strip().lower(): v.strip() for n, _, v in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        if len(buffer) < end + 4 + length:
            return None
        self._buffers[direction] = buffer[end + 4 + length:]
        return lines[0], buffer[end + 4:end + 4 + length]

    def _take_frame(self):
        buffer = self._buffers["in"]
        if len(buffer) < 2:
            return False
        length, start = buffer[1] & 127, 2
        if length > 125:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return False
            length = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + length:
            return False
        self._buffers["in"] = buffer[start + length:]
        if buffer[0] & 15 == 1:
            self._recorder.add(event=json.loads(buffer[start:start + length]))
        return True


def _json_or_text(raw):
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
