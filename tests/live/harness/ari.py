"""A raw ARI client: requests as they are, every frame of the WebSocket. Records both."""

import base64
import http.client
import json
import os
import socket
import threading
import time
import urllib.parse

from .outcome import Failed


class Recorder:
    """The common time line of one run: requests, replies and events, in the order they happened."""

    def __init__(self):
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self.lines = []

    def add(self, **line):
        with self._lock:
            self.lines.append({"t": round(time.monotonic() - self._start, 6)} | line)


class Ari:
    def __init__(self, url, user, secret, recorder=None):
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname, parts.port)
        self.user, self.secret = user, secret
        self.recorder = recorder or Recorder()

    def request(self, method, path, body=None, headers=None, **query):
        """path below /ari. Returns (status, JSON body or text). body: dict or raw bytes."""
        target = "/ari" + path
        if query:
            target += "?" + urllib.parse.urlencode(query)
        sent = {"Authorization": basic(self.user, self.secret)} | (headers or {})
        data = body
        if isinstance(body, (dict, list)):
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        began = time.monotonic()
        try:
            connection.request(method, target, data, sent)
            reply = connection.getresponse()
            text = reply.read().decode(errors="replace")
        finally:
            connection.close()
        took = time.monotonic() - began
        try:
            answer = json.loads(text)
        except ValueError:
            answer = text
        shown = body.decode(errors="replace") if isinstance(body, bytes) else body
        self.recorder.add(request=f"{method} {target}", body=shown, status=reply.status,
                          answer=answer, took_ms=round(took * 1000, 1))
        return reply.status, answer

    def get(self, path, **query):
        return self.request("GET", path, **query)

    def post(self, path, body=None, **query):
        return self.request("POST", path, body, **query)

    def delete(self, path, **query):
        return self.request("DELETE", path, **query)

    def events(self, apps, **query):
        return EventSocket(self, apps, query)


class EventSocket:
    """One WebSocket on /ari/events; keeps every frame."""

    def __init__(self, ari, apps, query):
        self._recorder = ari.recorder
        self._changed = threading.Condition()
        self.events = []
        self.close_code = None
        self.closed = False
        self._socket = connect_events(ari, apps, query)
        self._stream = self._socket.makefile("rb")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, matches, timeout=5, since=0):
        """The first event for which matches(event), or whose type is that string."""
        if isinstance(matches, str):
            wanted, matches = matches, lambda e: e["type"] == wanted
        deadline = time.monotonic() + timeout
        position = since
        with self._changed:
            while True:
                while position < len(self.events):
                    event = self.events[position]
                    position += 1
                    if matches(event):
                        return event
                left = deadline - time.monotonic()
                if left <= 0 or self.closed:
                    seen = [e["type"] for e in self.events[since:]]
                    raise Failed(f"the event did not come; seen since: {seen}")
                self._changed.wait(left)

    def mark(self):
        with self._changed:
            return len(self.events)

    def send_text(self, text):
        self._send(1, text.encode())

    def wait_closed(self, timeout=5):
        with self._changed:
            if not self._changed.wait_for(lambda: self.closed, timeout):
                raise Failed("the WebSocket was not closed")

    def close(self, politely=True):
        try:
            if politely:
                self._send(8, (1000).to_bytes(2, "big"))
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # The other side was faster.
        self._socket.close()
        self._reader.join()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def _read(self):
        try:
            while self._read_frame():
                pass
        except (OSError, ValueError):
            pass  # The socket was closed under us.
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def _read_frame(self):
        head = self._stream.read(2)
        if len(head) < 2:
            return False
        length = head[1] & 127
        if length > 125:
            length = int.from_bytes(self._stream.read(2 if length == 126 else 8), "big")
        payload = self._stream.read(length)
        opcode = head[0] & 15
        if opcode == 8:
            self.close_code = int.from_bytes(payload[:2], "big") if payload else None
            return False
        if opcode == 9:
            self._send(10, payload)
        if opcode == 1:
            event = json.loads(payload)
            self._recorder.add(event=event)
            with self._changed:
                self.events.append(event)
                self._changed.notify_all()
        return True

    def _send(self, opcode, payload):
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
        self._socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)


def connect_events(ari, apps, query):
    """A socket on which the WebSocket handshake has been done. Failed if it was refused."""
    return open_websocket(ari.address, "/ari/events?" + urllib.parse.urlencode(
        {"app": apps, "api_key": f"{ari.user}:{ari.secret}"} | query))


def open_websocket(address, target, protocol=None):
    """The same on any server; protocol: the one to ask for."""
    more = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
    key = base64.b64encode(os.urandom(16)).decode()
    connection = socket.create_connection(address, timeout=5)
    connection.sendall(
        (f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n").encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)  # Not one byte more: the next may belong to a frame.
        if not byte:
            break
        answer += byte
    if b" 101 " not in answer.split(b"\r\n")[0]:
        connection.close()
        raise Failed(f"the WebSocket was refused: {answer!r}")
    connection.settimeout(None)
    return connection


def basic(user, secret):
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()
