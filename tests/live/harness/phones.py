"""SIP phones, played by sipp. A phone is a list of steps; the scenario file is made from it."""

import pathlib
import shutil
import subprocess
import tempfile

from . import ports
from .outcome import Failed, Skip, wait_until

_SDP = """v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=ptime:20"""

_REPLY_HEADERS = """[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>"""


# Who was called is From now.
_BYE_OF_CALLEE = """BYE [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK-bye-[pid]-[call_number]
From:[$To];tag=[call_number]
To:[$From]
Call-ID: [call_id]
CSeq: 1 BYE
Contact: <sip:[local_ip]:[local_port]>
Max-Forwards: 70
Content-Length: 0
"""

# CANCEL, and the ACK of a refusal, belong to the transaction of the INVITE and carry its branch.
_INVITE_BRANCH = "z9hG4bK-invite-[pid]-[call_number]"


class Phone:
    """One sipp process: places or takes one call. Ends with the `with` block at the latest."""

    def __init__(self, pbx, name, steps, dials=None):
        """steps: see _caller_step() and _callee_step(). dials: the extension to call, None to be called."""
        if shutil.which("sipp") is None:
            raise Skip("sipp is not installed")
        self._name = name
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="arigate-phone-"))
        scenario = _caller(name, steps) if dials else _callee(steps)
        (self._directory / "scenario.xml").write_text(scenario)
        self._port = pbx.phone_ports[name]
        self._command = [
            "sipp", f"127.0.0.1:{pbx.sip_port}", "-sf", "scenario.xml", "-i", "127.0.0.1",
            "-p", str(self._port), "-mp", str(ports.free_udp()), "-m", "1", "-nostdin", "-aa",
            "-timeout", "90s", "-timeout_error", "-trace_err", "-error_file", "errors.log",
            "-trace_msg", "-message_file", "messages.log", "-s", dials or name,
        ]
        self._is_caller = dials is not None
        self._process = None

    def __enter__(self):
        with open(self._directory / "stdout", "wb") as out:
            self._process = subprocess.Popen(self._command, cwd=self._directory, stdout=out,
                                             stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        if not self._is_caller:
            wait_until(self._is_listening, 5, f"phone {self._name} listens")
        return self

    def __exit__(self, *unused):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def is_up(self):
        """The process has neither finished its steps nor failed."""
        return self._process.poll() is None

    def wait(self, timeout=30):
        """Until all steps are done. Failed if sipp met anything else than its steps."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"phone {self._name} is not done after {timeout} s\n{self.messages()}") from None
        if status != 0:
            raise Failed(f"phone {self._name}: sipp ended with {status}\n{self._errors()}")

    def messages(self):
        log = self._directory / "messages.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def _errors(self):
        log = self._directory / "errors.log"
        return (log.read_text(errors="replace") if log.exists() else "") + self.messages()[-4000:]

    def _is_listening(self):
        needle = f":{self._port:04X} "
        return any(needle in line for line in open("/proc/net/udp"))


def _caller(name, steps):
    body = [_send(f"""INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch={_INVITE_BRANCH}
From: <sip:{name}@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:{name}@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

{_SDP}""", retrans=True)]
    awaited_first = 180 if steps[0] == "ringing" else 200
    body += [f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183) if code != awaited_first]
    cseq = 1
    for step in steps:
        verb = step if isinstance(step, str) else step[0]
        if verb in ("info", "bye", "cancel", "hold", "unhold", "refer"):
            cseq += verb != "cancel"
        body.append(_caller_step(name, step, cseq))
    return _scenario(body)


def _caller_step(name, step, cseq):
    """"answered" | "ringing" | ("refused", code) | ("pause", ms) | ("info", digit) | "bye" |
    "await_bye" | "cancel" | "hold" | "unhold" | ("refer", extension)."""
    verb, argument = (step, None) if isinstance(step, str) else step
    if verb == "answered":
        return '<recv response="200" rrs="true"/>' + _send(_request("ACK", name, 1))
    if verb == "ringing":
        return '<recv response="180"/>'
    if verb == "refused":
        return f'<recv response="{argument}"/>' + _send(_request("ACK", name, 1, branch=_INVITE_BRANCH))
    if verb == "pause":
        return f'<pause milliseconds="{argument}"/>'
    if verb in ("hold", "unhold"):
        offer = _SDP.replace("o=phone 1 1", f"o=phone 1 {cseq}")
        offer += "\na=" + ("sendonly" if verb == "hold" else "sendrecv")
        # Its own branch: [branch] is that of the last request that was sent.
        branch = f"z9hG4bK-again-[pid]-[call_number]-{cseq}"
        return (_send(_request("INVITE", name, cseq, "application/sdp", offer, branch=branch), retrans=True)
                + '<recv response="100" optional="true"/><recv response="200"/>' + _send(_request("ACK", name, cseq)))
    if verb == "info":
        body = f"Signal={argument}\nDuration=160\n"
        return (_send(_request("INFO", name, cseq, "application/dtmf-relay", body), retrans=True)
                + '<recv response="200"/>')
    if verb == "refer":
        head = _request("REFER", name, cseq).replace(
            "Content-Length: 0", f"Refer-To: <sip:{argument}@[remote_ip]:[remote_port]>\n"
            f"Referred-By: <sip:{name}@[local_ip]:[local_port]>\nContent-Length: 0")
        return _send(head, retrans=True) + '<recv response="202"/>'  # See -aa for what is told of it.
    if verb == "bye":
        return _send(_request("BYE", name, cseq), retrans=True) + '<recv response="200"/>'
    if verb == "cancel":
        # chan_sip refuses the INVITE before it acknowledges the CANCEL, chan_pjsip after.
        return (_send(_request("CANCEL", name, 1, to_tag="", branch=_INVITE_BRANCH))
                + '<recv response="200" optional="true"/><recv response="487"/>'
                + _send(_request("ACK", name, 1, branch=_INVITE_BRANCH)))
    if verb == "await_bye":
        return _taking_bye()
    raise ValueError(f"unknown step {step}")


def _callee(steps):
    """"ring" | ("pause", ms) | "answer" | ("refuse", code, reason) | "bye" | "await_bye" |
    "await_cancel"."""
    who = "".join(f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{header}"/>'
                  for header in ("From", "To"))
    return _scenario([f'<recv request="INVITE" rrs="true"><action>{who}</action></recv>']
                     + [_callee_step(step) for step in steps] + ['<Reference variables="From,To"/>'])


def _callee_step(step):
    verb, *arguments = [step] if isinstance(step, str) else step
    if verb == "ring":
        return _send(_reply("180 Ringing", tag=";tag=[call_number]"))
    if verb == "pause":
        return f'<pause milliseconds="{arguments[0]}"/>'
    if verb == "answer":
        head = _reply("200 OK", tag=";tag=[call_number]", length=False)
        return (_send(f"{head}\nContent-Type: application/sdp\nContent-Length: [len]\n\n{_SDP}", retrans=True)
                + '<recv request="ACK"/>')
    if verb == "refuse":
        return (_send(_reply(f"{arguments[0]} {arguments[1]}", tag=";tag=[call_number]"), retrans=True)
                + '<recv request="ACK"/>')
    if verb == "bye":
        return _send(_BYE_OF_CALLEE, retrans=True) + '<recv response="200"/>'
    if verb == "await_bye":
        return _taking_bye()
    if verb == "await_cancel":
        ended = _reply("487 Request Terminated", tag=";tag=[call_number]")
        ended = ended.replace("[last_CSeq:]", "CSeq: [last_cseq_number] INVITE")
        return ('<recv request="CANCEL"/>' + _send(_reply("200 OK")) + _send(ended, retrans=True)
                + '<recv request="ACK"/>')
    raise ValueError(f"unknown step {step}")


def _request(method, name, cseq, content_type=None, body="", to_tag="[peer_tag_param]",
             branch="[branch]"):
    head = f"""{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch={branch}
From: <sip:{name}@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{to_tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:{name}@[local_ip]:[local_port]>
Max-Forwards: 70"""
    if content_type:
        return f"{head}\nContent-Type: {content_type}\nContent-Length: [len]\n\n{body}"
    return f"{head}\nContent-Length: 0\n"


def _reply(status, tag="", length=True):
    return (f"SIP/2.0 {status}\n" + _REPLY_HEADERS.format(tag=tag)
            + ("\nContent-Length: 0\n" if length else ""))


def _taking_bye():
    return '<recv request="BYE"/>' + _send(_reply("200 OK"))


def _send(text, retrans=False):
    attribute = ' retrans="500"' if retrans else ""
    return f"<send{attribute}><![CDATA[\n\n{text}\n\n]]></send>"


def _scenario(steps):
    lines = "\n".join(steps)
    return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="phone">\n{lines}\n</scenario>\n'
