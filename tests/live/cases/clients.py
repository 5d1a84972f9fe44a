"""Everyday applications with unmodified client libraries, through arigate as through native ARI."""

import os
import pathlib
import subprocess
import urllib.parse

from harness.oracle import client_modules
from harness.outcome import check
from harness.registry import case
from harness.scenario import settle
from harness.sides import ARIGATE, side
from harness.pbx import ARI_SECRET, ARI_USER

_SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "applications.js"


def _application(library, what):
    @case(f"{what}-with-{library}")
    def application(run):
        modules = client_modules()
        program = run.arigate_program()
        with side(ARIGATE, run.version, program) as (pbx, url):
            address = urllib.parse.urlsplit(url)
            process = subprocess.Popen(
                ["node", "--no-deprecation", str(_SCRIPT), library, what, address.hostname, str(address.port),
                 ARI_USER, ARI_SECRET, "Local/answer@far-end/n"],
                env=dict(os.environ, NODE_PATH=str(modules)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True)
            try:
                lines = []
                for line in process.stdout:
                    lines.append(line)
                    if line == "ready\n":
                        pbx.call_locally("600", far_end="speak")
                check(process.wait(5) == 0, "the application failed:\n" + "".join(lines))
            finally:
                process.kill()
                process.wait()
            settle(pbx)


for _library in ("ari-client", "ipcom"):
    for _what in ("announcement", "dial-through", "queue", "voicemail"):
        _application(_library, _what)
