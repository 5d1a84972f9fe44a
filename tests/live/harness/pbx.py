"""One Asterisk of one version, in its chroot, on loopback ports of its own."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from . import chroots, ports, sounds
from .ami import Ami
from .outcome import wait_until

CONFIG = pathlib.Path(__file__).resolve().parents[3] / "fixtures/config/asterisk"
PHONES = ("alice", "bob", "carol", "dave")
AMI_SECRET = "ami-secret-of-the-tests"
ARI_SECRET = "ari-secret-of-the-tests"
ARI_USER = "oracle"
_RTP_PORTS = 20  # Two for each SIP call that is up at the same time.


class Pbx:
    """Start with `with`; the process and its files are gone afterwards."""

    def __init__(self, version, side="native", own_context=True, agi_port=None, settings=None):
        """side: what the dialplan enters, "native" (Stasis) or "arigate" (AGI to agi_port)."""
        self.version = version
        self.side = side
        self.technology = "PJSIP" if version == "22" else "SIP"
        self.agi_port = agi_port or ports.free_tcp()
        self.ami_port = ports.free_tcp()
        self.http_port = ports.free_tcp()
        self.sip_port = ports.free_udp()
        self.phone_ports = {phone: ports.free_udp() for phone in PHONES}
        self.outside = None  # The channel of a call that the application has nothing to do with.
        self._own_context = own_context
        self._settings = {"DIGITS_AFTER": 1.0, "BYE_AFTER": 1.0, "STORM": 1000} | (settings or {})
        self._process = None
        self._observer = None

    def __enter__(self):
        self._tree = chroots.chroot(self.version)
        self._inside = pathlib.Path(tempfile.mkdtemp(prefix="arigate-live-", dir=self._tree / "tmp"))
        try:
            self._write_files()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        if self._observer:
            self._observer.close()
            self._observer = None
        self.kill()
        if not os.environ.get("ARIGATE_LIVE_KEEP"):
            shutil.rmtree(self._inside, ignore_errors=True)

    @property
    def ari_url(self):
        return f"http://127.0.0.1:{self.http_port}"

    def file(self, name):
        """A file of this run, as seen from outside the chroot: etc/…, log/…."""
        return self._inside / name

    def inside(self, name):
        """The same file as the PBX sees it."""
        return "/" + str(self.file(name).relative_to(self._tree))

    @property
    def pid(self):
        return self._process.pid

    def observer(self):
        """A manager session that sees everything; made at the first call."""
        if self._observer is None:
            self._observer = Ami(self.ami_port, "observer", AMI_SECRET)
        return self._observer

    def phone(self, name):
        """The dial string of a SIP phone: SIP/bob or PJSIP/bob."""
        return f"{self.technology}/{name}"

    def channels(self):
        """Channel names that are up, as the PBX says now, but for the one that it handles text messages on."""
        names = [e["Channel"] for e in self.observer().list({"Action": "CoreShowChannels"})]
        return [name for name in names if not name.startswith("Message/")]

    def call_locally(self, extension, far_end="wait", caller_id='"Local Caller" <300>'):
        """A caller without a phone: dials the extension, then does what [callers] says for far_end."""
        self.observer().send({
            "Action": "Originate", "Channel": f"Local/{extension}@phones/n", "Context": "callers",
            "Exten": far_end, "Priority": "1", "CallerID": caller_id, "Async": "true"})

    def command(self, text):
        """What the CLI prints, as lines."""
        return self.observer().action({"Action": "Command", "Command": text}).get("Output", [])

    def kill(self):
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)  # Nothing of it is kept: no need to be gentle.
        if self._process:
            self._process.wait()

    def restart(self):
        """As a crash and a new start, with the same ports."""
        self._observer.close()
        self._observer = None
        self.kill()
        self._start()

    def _write_files(self):
        for name in ("etc", "lib", "lib/keys", "spool", "spool/recording", "run", "log", "data"):
            (self._inside / name).mkdir()
        sounds.write_all(self._inside / "data/sounds")
        for shared in ("rest-api", "documentation", "static-http"):
            (self._inside / "data" / shared).symlink_to(f"/usr/share/asterisk/{shared}")
        # 13, 18 and 20 have the SIP driver of 16, and what is their own.
        like_16 = self.version in chroots.BROUGHT and self.version not in chroots.WITHOUT_ARI
        folders = [chroots.OLDEST_WITH_ARI] if like_16 else []
        for folder in ("common", self.version, *folders):
            for source in sorted((CONFIG / folder).glob("*.conf"), reverse=True):
                if source.name == "arigate-context.conf" and not self._own_context:
                    continue
                # The context goes into the dialplan itself: 1.8 knows no #tryinclude.
                name = source.name.replace("arigate-context", "extensions")
                with open(self._inside / "etc" / name, "a") as target:
                    target.write(self._fill(source.read_text()))

    def _fill(self, text):
        values = {
            "RUN": "/" + str(self._inside.relative_to(self._tree)),
            "MODULES": chroots.modules_directory(self._tree),
            "SYSTEMNAME": f"live{self.version}",
            "AMI_PORT": self.ami_port,
            "AMI_SECRET": AMI_SECRET,
            "ARI_SECRET": ARI_SECRET,
            "HTTP_PORT": self.http_port,
            "SIP_PORT": self.sip_port,
            "AGI_PORT": self.agi_port,
            "TECHNOLOGY": self.technology,
            "CONFERENCE": "q1" if self.version == "1.8" else "simple_bridge,simple_user",
        } | self._settings
        if "@RTP_FIRST@" in text:
            values["RTP_FIRST"] = ports.free_udp_range(_RTP_PORTS)
            values["RTP_LAST"] = values["RTP_FIRST"] + _RTP_PORTS - 1
        text = re.sub(r"@ENTRY\(([^)]*)\)@", lambda m: self._entry(m[1]), text)
        text = re.sub(r"@BROADCAST\((.*)\)@", lambda m: self._broadcast(m[1]), text)
        text = re.sub(r"@TEXT_ENTRY\(([^)]*)\)@",
                      lambda m: "NoOp()" if self.side == "native" else self._entry(m[1]), text)
        text = re.sub(r"@PHONE_PORT\((\w+)\)@", lambda m: str(self.phone_ports[m[1]]), text)
        return re.sub(r"@([A-Z_]+)@", lambda m: str(values[m[1]]), text)

    def _entry(self, arguments):
        if self.side == "native":
            return f"Stasis({arguments})"
        return self._script(arguments)

    def _broadcast(self, arguments):
        return f"StasisBroadcast({arguments})" if self.side == "native" else self._script(f"StasisBroadcast,{arguments}")

    def _script(self, arguments):
        return f"AGI(agi://127.0.0.1:{self.agi_port}/{arguments})"

    def _start(self):
        config = self._fill("@RUN@/etc/asterisk.conf")
        command = ["/usr/sbin/chroot", str(self._tree), "/usr/sbin/asterisk", "-f", "-C", config]
        with open(self._inside / "log/stdout", "wb") as out:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                             stderr=subprocess.STDOUT, start_new_session=True)
        wait_until(self._is_booted, 30, f"Asterisk {self.version} is up, see {self._inside}/log")

    def _is_booted(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"Asterisk ended with {self._process.returncode}: "
                               + (self._inside / "log/stdout").read_text()[-2000:])
        try:
            self.observer()
        except OSError:
            return False
        self.observer().wait_event(lambda e: e.get("Event") == "FullyBooted", 30)
        return True
