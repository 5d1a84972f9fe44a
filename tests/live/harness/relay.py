"""A TCP relay on loopback that a test can cut, and through which it can watch the bytes."""

import socket
import struct
import threading


class Relay:
    """Listens on `port` and passes every connection on to target_port.

    tap, if given, is called as tap(connection, direction, bytes) with direction "out" (towards the
    target) or "in"; bytes is b"" at the end. Calls for one direction of one connection come in order.
    """

    def __init__(self, target_port, tap=None):
        self._target = ("127.0.0.1", target_port)
        self._tap = tap
        self._lock = threading.Lock()
        self._pairs = {}
        self._count = 0
        self._is_open = True
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._listener.close()
        self.cut()

    @property
    def connections(self):
        """How many connections have been passed on since the start."""
        return self._count

    def cut(self, reset=False):
        """Ends every connection now. reset: with RST instead of FIN."""
        with self._lock:
            pairs, self._pairs = list(self._pairs.values()), {}
        for pair in pairs:
            for end in pair:
                _end(end, reset)

    def refuse(self):
        """New connections are closed as soon as they come, until allow()."""
        self._is_open = False

    def allow(self):
        self._is_open = True

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed: the test is over
            if not self._is_open:
                _end(client, reset=True)
                continue
            try:
                server = socket.create_connection(self._target)
            except OSError:
                _end(client, reset=True)
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._count += 1
                number = self._count
                self._pairs[number] = (client, server)
            for source, sink, direction in ((client, server, "out"), (server, client, "in")):
                threading.Thread(target=self._pump, args=(number, source, sink, direction), daemon=True).start()

    def _pump(self, number, source, sink, direction):
        try:
            while chunk := source.recv(65536):
                if self._tap:
                    self._tap(number, direction, chunk)
                sink.sendall(chunk)
        except OSError:
            pass  # cut, or one side went away
        if self._tap:
            self._tap(number, direction, b"")
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def _end(end, reset):
    try:
        if reset:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
