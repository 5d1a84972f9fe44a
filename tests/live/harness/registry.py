"""The tests: functions with a name, collected from the files of cases/."""

import dataclasses
import time
import traceback

from . import arigate, chroots
from .outcome import Failed, Skip


@dataclasses.dataclass
class Run:
    """What a test is told: which PBX, and which program to test."""

    version: str
    program: object  # the path asked for, or None for the newest build
    record: object = None  # the directory for recordings of comparisons, if wanted

    @property
    def native_stands_in(self):
        """The bench is under test, not arigate: comparisons run native against itself."""
        return self.program == "native"

    def skip_on_old(self, why):
        """why: what Asterisk 1.8 and 11 lack for this test; None: nothing."""
        if why and self.version in chroots.WITHOUT_ARI:
            raise Skip(why)

    def skip_without_native(self, since):
        """since: the first version whose ARI has what is compared; None: all have."""
        if since and self.version not in chroots.WITHOUT_ARI and int(self.version) < since:
            raise Skip(f"ARI has it since Asterisk {since}")

    def arigate_program(self):
        """Call it first in a test that needs arigate: it skips the test where there is none."""
        if self.native_stands_in:
            raise Skip("native stands in for arigate")
        return arigate.find_program(self.program)


@dataclasses.dataclass
class Case:
    name: str
    run: object
    once: bool  # needs no PBX, so it runs once and not for each version
    only_on: object  # the one version that has what it is about; None: any


CASES = []


def case(name, once=False, only_on=None):
    def add(function):
        CASES.append(Case(name, function, once, only_on))
        return function

    return add


@dataclasses.dataclass
class Result:
    verdict: str  # "ok", "FAIL" or "skip"
    seconds: float
    text: str  # for FAIL what went wrong, for skip why


def again(first, test, run):
    """Two processes, a PBX and phones on a busy machine may stumble once: a test that failed is run a second time
    when nothing else runs, and what the first showed is printed with its success."""
    second = execute(test, run)
    if second.verdict != "ok":
        return first
    return Result("ok", first.seconds + second.seconds, "only the second time; the first time:\n" + first.text)


def execute(test, run):
    began = time.monotonic()
    verdict, text = "ok", ""
    try:
        test.run(run)
    except Skip as reason:
        verdict, text = "skip", str(reason)
    except Failed as failure:
        verdict, text = "FAIL", str(failure)
    except Exception:  # A bug in a test or a broken tool is a failure of that test alone.
        verdict, text = "FAIL", traceback.format_exc()
    return Result(verdict, time.monotonic() - began, text)
