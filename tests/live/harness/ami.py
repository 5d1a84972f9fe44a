"""A small manager client: the tests' own eyes on the PBX."""

import itertools
import socket
import threading
import time

from .outcome import Failed


# What stands before the text of a command in an answer of the old form.
_HEADERS = ("Response: ", "Privilege: ", "ActionID: ")


class Ami:
    def __init__(self, port, user, secret):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._socket.settimeout(None)
        self._ids = itertools.count(1)
        self._changed = threading.Condition()
        self.events = []  # every event since the login, oldest first
        self._responses = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._closed = False
        self._reader.start()
        answer = self.action({"Action": "Login", "Username": user, "Secret": secret})
        if answer.get("Response") != "Success":
            raise Failed(f"manager login refused: {answer}")

    def close(self):
        self._closed = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # The PBX was faster.
        self._socket.close()
        self._reader.join()

    def send(self, headers):
        """Sends one action; returns its ActionID. A value may be a list: one header each."""
        action_id = f"live-{next(self._ids)}"
        lines = [f"Action: {headers['Action']}", f"ActionID: {action_id}"]
        for name, value in headers.items():
            if name != "Action":
                lines += [f"{name}: {v}" for v in (value if isinstance(value, list) else [value])]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return action_id

    def action(self, headers, timeout=30):
        action_id = self.send(headers)
        with self._changed:
            if not self._changed.wait_for(lambda: action_id in self._responses or self._closed, timeout):
                raise Failed(f"no response to {headers}")
            if action_id not in self._responses:
                raise OSError("manager connection lost")
            return self._responses[action_id]

    def list(self, headers, timeout=30):
        """Sends an action that answers with a list; returns the items without the closing event."""
        action_id = self.send(headers)
        mine = lambda e: e.get("ActionID") == action_id
        self.wait_event(lambda e: mine(e) and e.get("EventList") == "Complete", timeout)
        with self._changed:
            return [e for e in self.events if mine(e) and e.get("EventList") != "Complete"]

    def mark(self):
        """A place in the stream of events, for wait_event(since=…)."""
        with self._changed:
            return len(self.events)

    def wait_event(self, matches, timeout=5, since=0):
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
                if left <= 0 or (self._closed and position >= len(self.events)):
                    raise Failed("the manager event did not come")
                self._changed.wait(left)

    def _read(self):
        stream = self._socket.makefile("rb")
        message = {}
        try:
            stream.readline()  # the banner
            for raw in stream:
                line = raw.decode(errors="replace").rstrip("\r\n")
                if message.get("Response") == "Follows" and raw != b"\r\n" and not line.startswith(_HEADERS):
                    # Up to AMI 2 what a command prints comes as it is, with line feeds alone.
                    message.setdefault("Output", []).append(line.removesuffix("--END COMMAND--"))
                    continue
                if line:
                    name, _, value = line.partition(":")
                    # Command answers repeat Output; everything else keeps the first value.
                    if name == "Output":
                        message.setdefault("Output", []).append(value[1:])
                    else:
                        message.setdefault(name, value.strip())
                    continue
                if message:
                    self._deliver(message)
                    message = {}
        except OSError:
            pass  # closed by us
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _deliver(self, message):
        message["_at"] = time.monotonic()
        with self._changed:
            if "Response" in message and "Event" not in message:
                self._responses[message.get("ActionID")] = message
            else:
                self.events.append(message)
            self._changed.notify_all()
