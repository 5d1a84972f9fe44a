"""A SIP phone in the test's own hand: what it does and when is said call by call. It has any number of lines, on
which it is silent; see sound_phone for one that speaks."""

import itertools
import re
import socket
import struct
import threading
import time
import urllib.parse

from .outcome import Failed

_TIMEOUT = 10
_FRAME = 160  # Bytes of ulaw in 20 ms.
_SDP = ("v=0\r\no=phone 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n")


class HandPhone:
    """Agrees to whatever the PBX asks of it. Its calls end with the `with` block at the latest."""

    def __init__(self, pbx, name):
        self._name = name
        self._pbx = ("127.0.0.1", pbx.sip_port)
        self.own = ("127.0.0.1", pbx.phone_ports[name])
        self.address = f"sip:{name}@127.0.0.1:{self.own[1]}"
        self._lines = {}
        self._texts = itertools.count(1)
        self.changed = threading.Condition()

    def __enter__(self):
        self._sip = _udp(self.own)
        self._sip.connect(self._pbx)
        self._rtp = _udp(("127.0.0.1", 0))
        self._is_open = True
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._be_silent)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *unused):
        for line in self._lines.values():
            line.hang_up()
        self._is_open = False
        self._sip.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._sip.close()
        self._rtp.close()

    def call(self, extension):
        """A new line, which rings there; see Line.wait_answered()."""
        line = Line(self, f"line-{len(self._lines) + 1}-of-{self._name}", extension)
        self._lines[line.call_id] = line
        line.send("INVITE", body=self.sdp(1))
        return line

    def lines(self):
        return list(self._lines.values())

    def transfer(self, first, second):
        """Connects whom the first line talks to with whom the second does, and gives how that went: "200 OK"."""
        replaces = f"{second.call_id};to-tag={second.far_tag};from-tag={second.near_tag}"
        return self._refer(first, f"{self.uri(second.extension)}?Replaces={urllib.parse.quote(replaces, safe='')}")

    def transfer_blindly(self, line, extension):
        """Sends whom the line talks to there, and gives how that went."""
        return self._refer(line, self.uri(extension))

    def _refer(self, line, target):
        line.transferred = ""
        line.send("REFER", f"Refer-To: <{target}>", f"Referred-By: <{self.address}>")
        return self.wait(lambda: line.transferred, "the PBX does not say how the transfer went")

    def send_text(self, to, text, *headers):
        """A text message, which the PBX takes or does not."""
        name = f"text-{next(self._texts)}-of-{self._name}"
        self.write([f"MESSAGE {self.uri(to)} SIP/2.0",
                    f"Via: SIP/2.0/UDP {self.own[0]}:{self.own[1]};branch=z9hG4bK-{name}", "Max-Forwards: 70",
                    f"From: <sip:{self._name}@127.0.0.1:{self.own[1]}>;tag={name}", f"To: <{self.uri(to)}>",
                    f"Call-ID: {name}", "CSeq: 1 MESSAGE", *headers], text, "text/plain")

    def uri(self, extension):
        return f"sip:{extension}@127.0.0.1:{self._pbx[1]}"

    def sdp(self, version):
        return _SDP.format(version=version, port=self._rtp.getsockname()[1])

    def wait(self, value, otherwise):
        with self.changed:
            if not self.changed.wait_for(value, _TIMEOUT):
                raise Failed(otherwise)
            return value()

    def write(self, lines, body="", kind="application/sdp"):
        if body:
            lines = [*lines, f"Content-Type: {kind}"]
        self._sip.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode())

    def _read(self):
        while message := self._receive():
            line = self._lines.get(_header(message, "Call-ID"))
            with self.changed:
                if line and message.startswith("SIP/2.0 "):
                    line.answered_with(message)
                elif line:
                    self._agree(message)
                    line.asked(message)
                self.changed.notify_all()

    def _be_silent(self):
        """A PBX before Asterisk 12 ends a digit with the audio that comes behind it."""
        for packet in itertools.count():
            if not self._is_open:
                return
            head = struct.pack("!BBHII", 0x80, 0, packet & 0xFFFF, packet * _FRAME & 0xFFFFFFFF, 4711)
            for line in self.lines():
                if line.is_up:
                    self._rtp.sendto(head + b"\xff" * _FRAME, line.far_media)
            time.sleep(0.02)

    def _receive(self):
        try:
            return self._sip.recv(65536).decode(errors="replace")
        except OSError:
            return ""  # The PBX has gone.

    def _agree(self, request):
        if request.startswith("ACK"):
            return
        copied = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*?(?=\r$)", request, re.M | re.I)
        body = self.sdp(2) if request.startswith("INVITE") else ""
        self.write(["SIP/2.0 200 OK", *copied, f"Contact: <{self.address}>"], body)


class Line:
    """One call that the phone has placed."""

    def __init__(self, phone, call_id, extension):
        self._phone = phone
        self.call_id, self.extension = call_id, extension
        self.near_tag, self.far_tag = f"near-{call_id}", ""
        self.far_media = None
        self.transferred = ""  # The outcome, once the PBX has told it.
        self.digits = ""  # What the far side has pressed.
        self._is_answered = self._is_over = self._has_early_media = False
        self._refused = ""
        self._sequence = 0
        self._asked = set()

    def wait_answered(self):
        self._phone.wait(lambda: self._is_answered or self._refused, f"the call to {self.extension} is not answered")
        if self._refused:
            raise Failed(f"the call to {self.extension} is refused: {self._refused}")
        return self

    def wait_early_media(self):
        """Until the PBX has said where it takes and sends sound before it answers."""
        self._phone.wait(lambda: self._has_early_media, f"no early media of {self.extension}")
        return self

    @property
    def is_up(self):
        return self._is_answered and not self._is_over

    def hang_up(self):
        """Puts down, unless the far side was faster."""
        with self._phone.changed:
            if self.is_up:
                self._is_over = True
                self.send("BYE")

    def give_up(self):
        """Puts down before anybody has answered."""
        self.send("CANCEL", branch="INVITE")

    def press(self, digit):
        self.send("INFO", body=f"Signal={digit}\r\nDuration=160\r\n", kind="application/dtmf-relay")

    def send(self, method, *headers, branch=None, **content):
        self._sequence += method not in ("ACK", "CANCEL")
        host, port = self._phone.own
        self._phone.write([
            f"{method} {self._phone.uri(self.extension)} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK-{self.call_id}-{branch or method}-{self._sequence}",
            f"From: <{self._phone.address}>;tag={self.near_tag}",
            f"To: <{self._phone.uri(self.extension)}>" + (f";tag={self.far_tag}" if self.far_tag else ""),
            f"Call-ID: {self.call_id}", f"CSeq: {self._sequence} {method}", f"Contact: <{self._phone.address}>",
            "Max-Forwards: 70", *headers], **content)

    def answered_with(self, message):
        status, method = message[len("SIP/2.0 "):].split("\r\n")[0], _header(message, "CSeq").split()[1]
        if method == "REFER" and status[0] > "2":
            self.transferred = status
        if method != "INVITE":
            return
        if status[0] == "1":
            self._has_early_media |= "\nm=audio " in message
            return
        self.far_tag = re.search(r";tag=([^;\s]+)", _header(message, "To"))[1]
        if status[0] == "2":
            self.send("ACK")
            self.far_media = ("127.0.0.1", int(re.search(r"^m=audio (\d+)", message, re.M)[1]))
            self._is_answered = True
        else:
            self.send("ACK", branch="INVITE")  # Of the same transaction.
            self._refused = status

    def asked(self, request):
        if _header(request, "CSeq") in self._asked:
            return  # Our answer was slow.
        self._asked.add(_header(request, "CSeq"))
        if request.startswith("BYE"):
            self._is_over = True
        told = re.search(r"^SIP/2.0 ([2-6]\d\d [^\r\n]*)", request, re.M)
        if request.startswith("NOTIFY") and told:
            self.transferred = told[1]
        pressed = re.search(r"^Signal= *(.)", request, re.M)
        if request.startswith("INFO") and pressed:
            self.digits += pressed[1]


def _header(message, name):
    found = re.search(rf"^{name}: *(.*?)\r$", message, re.M | re.I)
    return found[1] if found else ""


def _udp(address):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(address)
    return made
