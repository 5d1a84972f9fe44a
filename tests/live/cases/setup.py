"""What arigate needs of the PBX, and how it helps itself where that is not there."""

import contextlib
import socket
import subprocess

from harness import ports
from harness.arigate import Arigate
from harness.chroots import WITHOUT_ARI
from harness.outcome import Skip, check, wait_until
from harness.pbx import Pbx
from harness.registry import case


_HOME_LINE = r"GotoIf(${DIALPLAN_EXISTS(${CUT(ARIGATE_HOME,\,,1)},h,1)}?${CUT(ARIGATE_HOME,\,,1)},h,1)"


def _has_context(pbx):
    """All of it: the last lines are there too."""
    lines = pbx.command("dialplan show arigate")
    return all(any(part in line for line in lines) for part in ("_X.", "Hangup()", _HOME_LINE))


def _listens(port):
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _skip_if_old(run):
    if run.version == "1.8":
        raise Skip("1.8 adds lines to a context that is there, but makes none")


def _originated_channel_arrives(pbx, gate):
    ari = gate.ari()
    with ari.events("oracle") as events:
        status, channel = ari.post("/channels", endpoint="Local/answer@far-end/n", app="oracle", appArgs="a,b")
        check(status == 200, f"originate: {status} {channel}")
        start = events.wait("StasisStart", timeout=10)
        check(start["args"] == ["a", "b"], f"args are {start['args']}")
        check(start["channel"]["id"] == channel["id"], "the channel that started is the one originated")
        ari.delete("/channels/" + channel["id"])
        events.wait("ChannelDestroyed")


@case("ami-over-tls")
def ami_over_tls(run):
    """As without it; to a certificate that nobody has vouched for, not a word."""
    program = run.arigate_program()
    with Pbx(run.version, side="arigate") as pbx:
        port, pem = ports.free_tcp(), pbx.file("etc/ami.pem")
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{pem}.key", "-out", f"{pem}.cert",
             "-days", "1", "-subj", "/CN=pbx", "-addext", "subjectAltName=IP:127.0.0.1"], capture_output=True)
        check(made.returncode == 0, made.stderr.decode())
        pem.write_text("".join(open(f"{pem}.{part}").read() for part in ("key", "cert")))
        conf = pbx.file("etc/manager.conf")
        conf.write_text(conf.read_text().replace("[general]\n", (
            f"[general]\ntlsenable = yes\ntlsbindaddr = 127.0.0.1:{port}\n"
            f"tlscertfile = {pbx.inside('etc/ami.pem')}\n"), 1))
        pbx.command("manager reload")
        if run.version in WITHOUT_ARI and not _listens(port):
            raise Skip("this build of the PBX has no TLS")
        unbelieving = Arigate(program, pbx, ami_port=port, settings="[ami]\ntls = yes\n")
        try:
            code, said = unbelieving.check()
        finally:
            unbelieving.__exit__()
        check(code != 0 and "its certificate is not accepted" in said, f"arigate check: {code} {said}")
        with Arigate(program, pbx, ami_port=port,
                     settings=f"[ami]\ntls = yes\nca_list_file = {pem}.cert\n") as gate:
            _originated_channel_arrives(pbx, gate)


@case("adds-its-context-at-run-time")
def adds_context(run):
    program = run.arigate_program()
    _skip_if_old(run)
    with Pbx(run.version, side="arigate", own_context=False) as pbx:
        check(not _has_context(pbx), "the PBX starts without [arigate]")
        with Arigate(program, pbx) as gate:
            wait_until(lambda: _has_context(pbx), 5, "[arigate] is in the dialplan")
            _originated_channel_arrives(pbx, gate)


@case("completes-a-context-that-has-no-h")
def completes_context(run):
    """As it was written for an arigate of the time before."""
    program = run.arigate_program()
    with Pbx(run.version, side="arigate") as pbx:
        conf = pbx.file("etc/extensions.conf")
        conf.write_text(conf.read_text().replace(f"exten => h,1,{_HOME_LINE}\n", ""))
        pbx.command("dialplan reload")
        check(not _has_context(pbx), "the context is as it was")
        with Arigate(program, pbx):
            wait_until(lambda: _has_context(pbx), 5, "[arigate] has the line")


@case("adds-its-context-again-after-a-module-reload")
def adds_context_again(run):
    program = run.arigate_program()
    _skip_if_old(run)
    with Pbx(run.version, side="arigate", own_context=False) as pbx, Arigate(program, pbx) as gate:
        wait_until(lambda: _has_context(pbx), 5, "[arigate] is in the dialplan")
        pbx.command("module reload pbx_config.so")  # Takes the lines away; manager sessions are told.
        wait_until(lambda: _has_context(pbx), 5, "[arigate] is in the dialplan again after the reload")
        _originated_channel_arrives(pbx, gate)


@case("adds-its-context-again-after-a-silent-dialplan-reload")
def adds_context_after_silence(run):
    program = run.arigate_program()
    _skip_if_old(run)
    with Pbx(run.version, side="arigate", own_context=False) as pbx, Arigate(program, pbx) as gate:
        wait_until(lambda: _has_context(pbx), 5, "[arigate] is in the dialplan")
        pbx.command("dialplan reload")  # Neither 16 nor 22 sends a Reload event for this command.
        wait_until(lambda: _has_context(pbx), 10, "arigate looks by itself, and adds [arigate] again")
        _originated_channel_arrives(pbx, gate)


@case("check-finds-a-good-set-up-good")
def check_good(run):
    program = run.arigate_program()
    with Pbx(run.version, side="arigate") as pbx:
        status, text = Arigate(program, pbx).check()
        check(status == 0, f"exit code {status}:\n{text}")
        version = {"16": "16.28", "22": "22."}.get(run.version, run.version)
        check(version in text, f"does not name the version {version}:\n{text}")


@case("check-says-that-the-pbx-is-away")
def check_away(run):
    program = run.arigate_program()
    with Pbx(run.version, side="arigate") as pbx:
        gate = Arigate(program, pbx)
        pbx.kill()
        status, text = gate.check()
        check(status != 0, f"exit code {status}:\n{text}")


@case("knows-the-calls-that-were-up-before-it")
def calls_before(run):
    program = run.arigate_program()
    with Pbx(run.version, side="arigate") as pbx:
        pbx.observer().action({"Action": "Originate", "Channel": "Local/answer@far-end/n", "ChannelId": "early",
                               "Context": "callers", "Exten": "wait", "Priority": "1"})
        with Arigate(program, pbx) as gate:
            if run.version not in WITHOUT_ARI:  # Those take no ids.
                wait_until(lambda: gate.ari().get("/channels/early")[0] == 200, 1, "the channel is known")
                check(gate.ari().get("/channels/early")[1]["state"] == "Up", "and answered")
            wait_until(lambda: len(gate.ari().get("/channels")[1]) == 2, 1, "both channels are known")
            names = {c["name"] for c in gate.ari().get("/channels")[1]}
            check(names == set(pbx.channels()), f"the PBX has {pbx.channels()}, arigate {names}")
