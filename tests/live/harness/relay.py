"""A TCP relay on loopback that a test can cut, and through which it can watch the bytes."""

import socket
import struct
import threading
import time


class Relay:
    """Listens on `port` and passes every connection on to target_port.

    tap, if given, is called as tap(connection, direction, bytes) with direction "out" (towards the
    target) or "in"; bytes is b"" at the end. Calls for one direction of one connection come in order.
    """

    def __init__(self, target_port, tap=None):
        self._target = ("127.0.0.1", target_port)
        self.tap = tap
        self._lock = threading.Lock()
        self._links = {}
        self._is_open = True
        self.delay_in = 0  # seconds that every chunk towards the client is held back
        self.attempts = 0  # connections that somebody made to us
        self.connections = 0  # of those, the ones that the target took
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._listener.close()
        self.cut()

    def cut(self, reset=False):
        """Ends every connection now. reset: with RST instead of FIN."""
        with self._lock:
            links = list(self._links.values())
        for link in links:
            link.cut(reset)

    def refuse(self):
        """New connections are reset as soon as they come, until allow()."""
        self._is_open = False

    def allow(self):
        self._is_open = True

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed: the test is over
            self.attempts += 1
            try:
                server = socket.create_connection(self._target) if self._is_open else None
            except OSError:
                server = None
            if server is None:
                _linger_zero(client)
                client.close()
                continue
            with self._lock:
                self.connections += 1
                number = self.connections
                self._links[number] = _Link(self, client, server, number)

    def forget(self, number):
        with self._lock:
            self._links.pop(number, None)


class _Link:
    """One connection and its two threads. A socket is closed by the thread that is the last to use it:
    closing it under a thread that waits in recv() would send nothing to the peer."""

    def __init__(self, relay, client, server, number):
        self._relay, self._number, self._tap = relay, number, relay.tap
        self._ends = client, server
        self._lock = threading.Lock()
        self._running = 2
        for end in self._ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, sink, direction in ((client, server, "out"), (server, client, "in")):
            threading.Thread(target=self._pump, args=(source, sink, direction), daemon=True).start()

    def cut(self, reset):
        for end in self._ends:
            try:
                if reset:
                    _linger_zero(end)
                    end.shutdown(socket.SHUT_RD)  # Wakes the thread and sends nothing.
                else:
                    end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It went away by itself.

    def _pump(self, source, sink, direction):
        try:
            while chunk := source.recv(65536):
                if self._tap:
                    self._tap(self._number, direction, chunk)
                if direction == "in" and self._relay.delay_in:
                    time.sleep(self._relay.delay_in)
                sink.sendall(chunk)
            if not _is_linger_zero(sink):
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            self.cut(reset=True)  # Cut, or one side went away by a reset: the other shall see one too.
        if self._tap:
            self._tap(self._number, direction, b"")
        with self._lock:
            self._running -= 1
            if self._running:
                return
        for end in self._ends:
            end.close()
        self._relay.forget(self._number)


def _linger_zero(end):
    """From now on close() sends RST."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _is_linger_zero(end):
    return end.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == struct.pack("ii", 1, 0)
