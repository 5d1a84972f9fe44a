"""A SIP phone with ears: it speaks a tone all the time and keeps what it hears, with the time of each piece."""

import math
import re
import socket
import struct
import threading
import time

from .outcome import Failed

RATE = 8000
FRAME = 160  # Samples of 20 ms.
_ANSWER_TIMEOUT = 10


class SoundPhone:
    """Calls an extension from `with` on; hangs up at its end. speaks: the pitch of its tone in hertz."""

    def __init__(self, pbx, name, dials, speaks=1000):
        self._pbx_address = ("127.0.0.1", pbx.sip_port)
        self._name, self._dials = name, dials
        self._tone = _tone_frames(speaks)
        self._sip = _udp(pbx.phone_ports[name])
        self._rtp = _udp(0)
        self._call_id = f"sound-{time.monotonic_ns()}"
        self._sequence = 1
        self._to = f"<sip:{dials}@127.0.0.1:{pbx.sip_port}>"
        self._heard = []  # (time, samples)
        self._stopped = threading.Event()
        self._threads = []

    def __enter__(self):
        self._send_invite()
        return self

    def __exit__(self, *unused):
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        if self._threads:
            self._request("BYE", self._sequence + 1)
        self._sip.close()
        self._rtp.close()

    def wait_answered(self):
        """Until the far side has answered; sound goes both ways from then on."""
        message = self._wait("SIP/2.0 200", "the call was not answered")
        self._to = re.search(r"^To: *(.*?)\r$", message, re.M | re.I)[1]
        self._request("ACK", self._sequence)
        if not self._threads:
            self._start_media(message)

    def wait_early_media(self):
        """Until the far side lets us hear something without an answer."""
        self._start_media(self._wait("SIP/2.0 183", "no media came before an answer"))

    def _wait(self, start, otherwise):
        deadline = time.monotonic() + _ANSWER_TIMEOUT
        while time.monotonic() < deadline:
            message = self._receive(deadline - time.monotonic())
            if message.startswith(start) and "INVITE" in message and "m=audio" in message:
                return message
            if re.match(r"SIP/2.0 [3-6]", message):
                raise Failed(f"the call was refused: {message.splitlines()[0]}")
        raise Failed(otherwise)

    def level(self, hertz, seconds):
        """How loud that pitch is in what comes within the next so many seconds; a full tone is about 1."""
        begin = time.monotonic()
        time.sleep(seconds)
        samples = [s for at, piece in list(self._heard) if at >= begin for s in piece]
        samples += [0] * max(0, int(seconds * RATE * 0.9) - len(samples))  # No packet is silence.
        return pitch(samples, hertz)

    def _send_invite(self):
        port = self._rtp.getsockname()[1]
        body = ("v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n")
        self._request("INVITE", self._sequence, body)

    def _request(self, method, sequence, body=""):
        port = self._sip.getsockname()[1]
        lines = [f"{method} sip:{self._dials}@127.0.0.1:{self._pbx_address[1]} SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{method}-{sequence}-{self._call_id}",
                 f"From: <sip:{self._name}@127.0.0.1:{port}>;tag=sound", f"To: {self._to}",
                 f"Call-ID: {self._call_id}", f"CSeq: {sequence} {method}",
                 f"Contact: <sip:{self._name}@127.0.0.1:{port}>", "Max-Forwards: 70"]
        if body:
            lines.append("Content-Type: application/sdp")
        lines += [f"Content-Length: {len(body)}", "", body]
        self._sip.sendto("\r\n".join(lines).encode(), self._pbx_address)

    def _receive(self, timeout):
        self._sip.settimeout(max(timeout, 0.01))
        try:
            return self._sip.recv(65536).decode(errors="replace")
        except TimeoutError:
            return ""

    def _start_media(self, message):
        far = ("127.0.0.1", int(re.search(r"^m=audio (\d+)", message, re.M)[1]))
        self._threads = [threading.Thread(target=self._speak, args=(far,)), threading.Thread(target=self._listen)]
        for thread in self._threads:
            thread.start()

    def _speak(self, far):
        sequence, due = 0, time.monotonic()
        while not self._stopped.is_set():
            head = struct.pack("!BBHII", 0x80, 0, sequence & 0xFFFF, sequence * FRAME & 0xFFFFFFFF, 4711)
            self._rtp.sendto(head + self._tone[sequence % len(self._tone)], far)
            sequence += 1
            due += FRAME / RATE
            time.sleep(max(0, due - time.monotonic()))

    def _listen(self):
        self._rtp.settimeout(0.1)
        while not self._stopped.is_set():
            try:
                packet = self._rtp.recv(2048)
            except TimeoutError:
                continue
            if packet[1] & 0x7F == 0:
                self._heard.append((time.monotonic(), [_FROM_ULAW[b] for b in packet[12:]]))


def pitch(samples, hertz):
    """The share of that pitch (Goertzel), 1 for a tone of 8000 at its peak and nothing else."""
    if not samples:
        return 0.0
    step = 2 * math.pi * hertz / RATE
    real = sum(s * math.cos(step * i) for i, s in enumerate(samples))
    imaginary = sum(s * math.sin(step * i) for i, s in enumerate(samples))
    return 2 * math.hypot(real, imaginary) / len(samples) / 8000


def wav_samples(data):
    """The samples of a WAV file of 16 bit mono."""
    return list(struct.unpack(f"<{(len(data) - 44) // 2}h", data[44:44 + (len(data) - 44) // 2 * 2]))


def _udp(port):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", port))
    return made


def _from_ulaw(byte):
    byte = ~byte & 0xFF
    magnitude = (((byte & 0x0F) << 3) + 0x84 << (byte >> 4 & 7)) - 0x84
    return -magnitude if byte & 0x80 else magnitude


_FROM_ULAW = [_from_ulaw(byte) for byte in range(256)]


def _to_ulaw(sample):
    return min(range(256), key=lambda byte: abs(_FROM_ULAW[byte] - sample))


def _tone_frames(hertz):
    """One second of the tone, as packets; a whole number of its waves."""
    samples = [int(8000 * math.sin(2 * math.pi * hertz * i / RATE)) for i in range(RATE)]
    codes = {sample: _to_ulaw(sample) for sample in set(samples)}
    coded = bytes(codes[sample] for sample in samples)
    return [coded[i:i + FRAME] for i in range(0, RATE, FRAME)]
