"""An application that waits for the PBX to connect to it, as outbound WebSockets do."""

import base64
import hashlib
import json
import socket
import ssl
import threading
import time

from .outcome import Failed


class WebSocketServer:
    """Accepts WebSockets on loopback; keeps their handshakes, frames and ends, in the order they come."""

    def __init__(self, certificate=None):
        """certificate: a file with key and certificate, for TLS."""
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(8)
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self.port = self._listener.getsockname()[1]
        self.handshakes = []
        self.events = []
        self.closes = []
        self._connections = []
        self._changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._listener.close()
        self.drop_all()

    def wait(self, matches, timeout=10, since=0):
        """The first event that matches, or of that type."""
        if isinstance(matches, str):
            wanted, matches = matches, lambda e: e["type"] == wanted
        with self._changed:
            found = self._changed.wait_for(
                lambda: next((e for e in self.events[since:] if matches(e)), None), timeout)
        if not found:
            raise Failed(f"the event did not come; seen: {[e['type'] for e in self.events[since:]]}")
        return found

    def wait_for(self, what, timeout=10):
        with self._changed:
            if not self._changed.wait_for(what, timeout):
                raise Failed("the connection did not do as it should")

    def send(self, message):
        """On the newest connection."""
        payload = json.dumps(message).encode()
        head = bytes([0x81, len(payload)]) if len(payload) < 126 else b"\x81\x7e" + len(payload).to_bytes(2, "big")
        self._connections[-1].sendall(head + payload)

    def drop_all(self):
        """Cuts every connection, without a word."""
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            stream = connection.makefile("rb")
            head = {}
            request = stream.readline().decode().strip()
            while (line := stream.readline().decode().strip()):
                name, _, value = line.partition(":")
                head[name.lower()] = value.strip()
            accept = hashlib.sha1((head["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode())
            connection.sendall(
                ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 f"Sec-WebSocket-Accept: {base64.b64encode(accept.digest()).decode()}\r\n"
                 "Sec-WebSocket-Protocol: ari\r\n\r\n").encode())
            self._connections.append(connection)
            self._note(self.handshakes, {"request": request} | head)
            while self._read_frame(stream, connection):
                pass
        except (OSError, ssl.SSLError, ValueError):
            pass
        self._note(self.closes, time.monotonic())

    def _read_frame(self, stream, connection):
        head = stream.read(2)
        if len(head) < 2:
            return False
        length = head[1] & 127
        if length > 125:
            length = int.from_bytes(stream.read(2 if length == 126 else 8), "big")
        if not head[1] & 128:
            raise ValueError("a client must mask")
        mask = stream.read(4)
        payload = bytes(b ^ mask[i % 4] for i, b in enumerate(stream.read(length)))
        opcode = head[0] & 15
        if opcode == 1:
            self._note(self.events, json.loads(payload))
        if opcode == 9:
            connection.sendall(bytes([0x8A, len(payload)]) + payload)
        if opcode == 8:
            connection.sendall(bytes([0x88, len(payload)]) + payload)
            return False
        return True

    def _note(self, place, what):
        with self._changed:
            place.append(what)
            self._changed.notify_all()
