"""The two sides of a comparison: the same PBX, entered by Stasis() or by AGI()."""

import contextlib
import pathlib

from . import chroots, operations, ports
from .arigate import Arigate
from .ari import Ari
from .outcome import Failed
from .compare import Comparison, load_allowed, save
from .pbx import ARI_SECRET, ARI_USER, Pbx

NATIVE, ARIGATE = "native", "arigate"


@contextlib.contextmanager
def side(name, version, program, arigate_settings="", **pbx_settings):
    """Gives (pbx, URL of ARI) of that side. Both have a fresh PBX, so counters start equal."""
    if name == NATIVE and version in chroots.WITHOUT_ARI:
        version = chroots.OLDEST_WITH_ARI
    with contextlib.ExitStack() as stack:
        pbx = stack.enter_context(Pbx(version, side=name, agi_port=ports.free_tcp(), **pbx_settings))
        if name == NATIVE:
            yield pbx, pbx.ari_url
        else:
            gate = Arigate(program, pbx, settings=arigate_settings, ari_version=_level(version))
            yield pbx, stack.enter_context(gate).ari_url


def _level(version):
    """Those that are brought know no newer fields and events: what is compared is their level."""
    return version if version in chroots.BROUGHT and version not in chroots.WITHOUT_ARI else None


def client(url, recorder=None):
    return Ari(url, ARI_USER, ARI_SECRET, recorder)


def compare_sides(run, scenario, play, **pbx_settings):
    """play(pbx, url) plays the scenario on one side and gives the recorded lines."""
    names, program = (NATIVE, NATIVE), None
    if not run.native_stands_in:
        names, program = (NATIVE, ARIGATE), run.arigate_program()
    recordings = []
    for name in names:
        with side(name, run.version, program, **pbx_settings) as (pbx, url):
            recordings.append(play(pbx, url))
        if run.record:
            save(recordings[-1], pathlib.Path(run.record) / f"{scenario}-{run.version}-{name}.jsonl")
    comparison = Comparison(
        *recordings, load_allowed(run.version in chroots.WITHOUT_ARI), run.version, scenario)
    operations.TALLY.add(run.version, scenario, comparison)
    if comparison.refused:
        refused = "\n".join(map(str, comparison.refused))
        raise Failed(f"{comparison.table()}\nnot allowed:\n{refused}")
