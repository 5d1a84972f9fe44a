"""Channels that listen to another one and speak to it, and media that comes from outside."""

import socket
import threading
import time
import uuid

from harness.ari import open_websocket
from harness.chroots import WITHOUT_ARI
from harness.outcome import check, wait_until
from harness.scenario import caller, compared


def _of(channel, kind):
    return lambda e: e["type"] == kind and e["channel"]["id"] == channel


def _snoops(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari)
    status, channel = ari.post(path + "/snoop/ear", spy="in", app="oracle", appArgs="a,b")
    check(status == 200, f"snoop: {status} {channel}")
    events.wait(_of("ear", "StasisStart"))
    ari.get("/channels/ear")
    ari.post("/channels/ear/variable", variable="COLOUR", value="blue")
    events.wait(_of("ear", "ChannelVarset"))
    ari.get("/channels/ear/variable", variable="COLOUR")
    ari.post("/channels/ear/answer")
    ari.post("/channels/ear/play/tone", media="sound:tone-short")
    events.wait(lambda e: e["type"] == "PlaybackFinished")
    ari.get("/channels")
    ari.delete("/channels/ear")
    events.wait(_of("ear", "StasisEnd"))
    # Native keeps the snoop channel until its target speaks, and so do 1.8 and 11.
    if pbx.side == "arigate" and pbx.version not in WITHOUT_ARI:
        wait_until(lambda: len(pbx.channels()) == 2, 3, "the target's two halves are all that is left")
    time.sleep(0.2)
    ari.delete(path)


def _ends_with_its_target(pbx, ari, events):
    path = caller(pbx, events, answered_by=ari)
    ari.post(path + "/snoop", spy="both", whisper="out", app="oracle", snoopId="ear")
    events.wait(_of("ear", "StasisStart"))
    ari.delete(path)
    events.wait(_of("ear", "StasisEnd"))


_BAD = [
    {},
    {"app": "oracle"},
    {"spy": "none", "whisper": "none", "app": "oracle"},
    {"spy": "in"},
    {"spy": "in", "app": ""},
    {"spy": "sideways", "app": "oracle"},
    {"whisper": "sideways", "app": "oracle"},
    {"spy": "IN", "app": "oracle", "snoopId": "upper"},
    {"spy": "in", "app": "nobody-there", "snoopId": "no-app"},
    {"spy": "in", "app": "oracle", "snoopId": "x" * 149},
]


def _bad_requests(pbx, ari, events):
    ari.post("/channels/nope/snoop", spy="in", app="oracle")
    ari.post("/channels/nope/snoop")
    ari.post("/channels/nope/snoop/one")
    ari.post("/channels/nope/snoop/one", spy="in")
    path = caller(pbx, events, answered_by=ari)
    for parameters in _BAD:
        ari.post(path + "/snoop", **parameters)
        time.sleep(0.2)
    ari.post(path + "/snoop/twice", spy="in", app="oracle")
    ari.post(path + "/snoop/twice", spy="in", app="oracle")
    ari.post(path + "/snoop", spy="in", app="oracle", snoopId=path.rsplit("/", 1)[1])
    time.sleep(0.3)
    ari.delete(path)


_NO_RTP_CHANNELS = "the PBX has no channels of UnicastRTP"


def _loudness(listener, seconds):
    """Mean amplitude, of 32124 at most, of the ulaw packets that come within this time."""
    listener.settimeout(0.1)
    amplitudes = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            packet = listener.recv(2048)
        except socket.timeout:
            continue
        for byte in packet[12:]:  # Behind the header of RTP.
            byte = ~byte & 0xff
            amplitudes.append((((byte & 0x0f) << 3) + 0x84 << (byte >> 4 & 7)) - 0x84)
    return sum(amplitudes) / max(1, len(amplitudes))


def _whispers(pbx, ari, events):
    """What is played into a snoop that whispers is heard by who is at the target, and by nobody after it has ended."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        host = "127.0.0.1:%d" % listener.getsockname()[1]
        ari.post("/channels/externalMedia", app="oracle", external_host=host, format="ulaw", channelId="outside")
        events.wait(_of("outside", "StasisStart"))
        ari.post("/channels/outside/silence")  # Nothing can be mixed into what is not sent.
        check(_loudness(listener, 0.5) < 10, "the target hears silence")
        ari.post("/channels/outside/snoop/mouth", whisper="out", app="oracle")
        events.wait(_of("mouth", "StasisStart"))
        ari.post("/channels/mouth/play/tone", media="sound:tone-2s")
        events.wait(lambda e: e["type"] == "PlaybackStarted")
        time.sleep(0.3)
        heard = _loudness(listener, 0.8)
        check(heard > 500, f"the whisper is heard: {heard}")
        ari.delete("/channels/mouth")
        events.wait(_of("mouth", "StasisEnd"))
        time.sleep(0.3)
        check(_loudness(listener, 0.5) < 10, "it is over with the snoop")
        ari.delete("/channels/outside")
        events.wait(_of("outside", "ChannelDestroyed"))


compared("snoop", _snoops)
compared("whisper-is-heard", _whispers, not_on_old=_NO_RTP_CHANNELS)
compared("snoop-ends-with-its-target", _ends_with_its_target)
compared("snoop-bad-requests", _bad_requests)


def _media(pbx, ari, events):
    status, channel = ari.post("/channels/externalMedia", app="oracle", external_host="127.0.0.1:39999", format="ulaw",
                               channelId="outside")
    check(status == 200, f"externalMedia: {status} {channel}")
    events.wait(_of("outside", "StasisStart"))
    ari.get("/channels/outside")
    status, _ = ari.get("/channels/outside/variable", variable="UNICASTRTP_LOCAL_ADDRESS")
    ari.get("/channels/outside/variable", variable="COLOUR")
    ari.post("/channels/outside/answer")
    ari.post("/channels/outside/play/tone", media="sound:tone-short")
    events.wait(lambda e: e["type"] == "PlaybackFinished")
    ari.delete("/channels/outside")
    events.wait(_of("outside", "ChannelDestroyed"))


class _AudioSocket:
    """A program that PBXs connect to: takes one connection and keeps its frames as (kind, payload)."""

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.frames = []
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self._listener.close()

    def _serve(self):
        self._peer = self._listener.accept()[0]
        stream = self._peer.makefile("rb")
        while len(head := stream.read(3)) == 3:
            self.frames.append((head[0], stream.read(int.from_bytes(head[1:], "big"))))

    def hang_up(self):
        self._peer.sendall(b"\0\0\0")


def _audiosocket(pbx, ari, events):
    call = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
    with _AudioSocket() as program:
        status, channel = ari.post(
            "/channels/externalMedia", body={"variables": {"COLOUR": "red", "SIZE": {"value": "9", "report_events": True}}},
            app="oracle", external_host=program.host, format="slin", encapsulation="audiosocket", transport="tcp",
            data=str(call), channelId="outside")
        check(status == 200, f"externalMedia: {status} {channel}")
        events.wait(_of("outside", "StasisStart"))
        ari.get("/channels/outside/variable", variable="COLOUR")
        ari.post("/channels/outside/play/tone", media="sound:tone-short")
        events.wait(lambda e: e["type"] == "PlaybackFinished")
        check(program.frames[0] == (1, call.bytes), f"the call says who it is: {program.frames[0]}")
        audio = b"".join(payload for kind, payload in program.frames if kind == 0x10)
        check(len(set(audio)) > 10, f"{len(audio)} bytes of audio came, all alike")
        program.hang_up()
        events.wait(_of("outside", "ChannelDestroyed"))


def _websocket_media(pbx, ari, events):
    media = {"app": "oracle", "encapsulation": "none", "transport": "websocket", "format": "ulaw"}
    for number, parameters in enumerate([
            {"external_host": "nobody"},
            {"external_host": ""},
            {"connection_type": "server", "encapsulation": "rtp"},
            {"connection_type": "server", "format": ""},
            {"connection_type": "server", "direction": "sideways"},
            {"connection_type": "server", "transport": "udp"}]):
        ari.post("/channels/externalMedia", **{**media, "channelId": f"w{number}", **parameters})
    status, channel = ari.post("/channels/externalMedia", body={"variables": {"COLOUR": "red"}}, **media,
                               connection_type="server", data="a,b", channelId="outside")
    check(status == 200, f"externalMedia: {status} {channel}")
    key = channel["channelvars"].pop("MEDIA_WEBSOCKET_CONNECTION_ID")
    program = open_websocket(("127.0.0.1", pbx.http_port), f"/media/{key}", "media")
    events.wait(_of("outside", "StasisStart"))
    ari.post("/channels/outside/play/tone", media="sound:tone-short")
    events.wait(lambda e: e["type"] == "PlaybackFinished")
    program.close()
    events.wait(_of("outside", "ChannelDestroyed"))


_GOOD_MEDIA = {"app": "oracle", "external_host": "127.0.0.1:39999", "format": "ulaw"}
_BAD_MEDIA = [
    {},
    {"app": "oracle"},
    {"app": "oracle", "external_host": "127.0.0.1:39999"},
    {"app": "oracle", "format": "ulaw"},
    {"external_host": "127.0.0.1:39999", "format": "ulaw"},
    {**_GOOD_MEDIA, "app": ""},
    {**_GOOD_MEDIA, "external_host": ""},
    {**_GOOD_MEDIA, "external_host": "nowhere"},
    {**_GOOD_MEDIA, "external_host": "127.0.0.1"},
    {**_GOOD_MEDIA, "external_host": ":39999"},
    {**_GOOD_MEDIA, "external_host": "name.invalid:39999"},
    {**_GOOD_MEDIA, "format": ""},
    {**_GOOD_MEDIA, "format": "nope"},
    {**_GOOD_MEDIA, "encapsulation": "carrier-pigeon"},
    {**_GOOD_MEDIA, "encapsulation": ""},
    {**_GOOD_MEDIA, "encapsulation": "none"},
    {**_GOOD_MEDIA, "transport": "tcp"},
    {**_GOOD_MEDIA, "transport": "smoke"},
    {**_GOOD_MEDIA, "transport": "websocket"},
    {**_GOOD_MEDIA, "encapsulation": "audiosocket", "transport": "tcp"},
    {**_GOOD_MEDIA, "encapsulation": "audiosocket", "transport": "udp"},
    {**_GOOD_MEDIA, "encapsulation": "audiosocket", "transport": "tcp", "data": "nope"},
    {**_GOOD_MEDIA, "encapsulation": "audiosocket", "transport": "tcp", "data": "40325ec2-5efd-4bd3-805f-53576e581d13"},
    {**_GOOD_MEDIA, "channelId": "x" * 200},
]


def _bad_media(pbx, ari, events):
    for number, parameters in enumerate(_BAD_MEDIA):
        status, _ = ari.post("/channels/externalMedia", **{"channelId": f"m{number}", **parameters})
        if status == 200:
            time.sleep(0.3)
            ari.delete(f"/channels/m{number}")
            time.sleep(0.2)
    time.sleep(0.3)


compared("external-media", _media, not_on_old=_NO_RTP_CHANNELS)
compared("external-media-by-audiosocket", _audiosocket, only_on="22")
compared("external-media-by-websocket", _websocket_media, only_on="22")
compared("external-media-bad-requests", _bad_media, not_on_old=_NO_RTP_CHANNELS)
