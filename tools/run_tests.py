#!/usr/bin/env python3
"""Runs every test of arigate and sums them up; tools/test calls it after installing what is missing.

Each step prints what it does and adds to one count. A step that cannot start is one failure; a step
that cannot run here is skipped and says why. The last line is "N passed, N failed, N skipped".
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
JOBS = os.environ.get("ARIGATE_JOBS", str(os.cpu_count() or 2))
FUZZ_SECONDS = int(os.environ.get("ARIGATE_FUZZ_SECONDS", "60"))


class Count:
    """What came out, over all steps."""

    def __init__(self):
        self._lock = threading.Lock()  # Some tests run side by side.
        self.passed = 0
        self.failures = []
        self.details = []  # What is said again at the end of it, where a long log is read first.
        self.skips = []

    def add(self, name, ok):
        if not ok:
            self.failures.append(name)
        else:
            self.add_passed(1)

    def add_passed(self, number):
        with self._lock:
            self.passed += number

    def skip(self, name, reason):
        self.skips.append((name, reason))


DETAIL_MAX = 4000  # characters of one failure
COUNT = Count()
STEPS = []
LATER = []  # The names of the steps that follow.
BESIDE = {}  # Builds that are under way beside another step, by preset.


def step(function):
    STEPS.append(function)
    return function


def run(command, limit, quiet=False):
    """Runs a program to its end or for `limit` seconds and returns (ended well, what it printed). A
    program that has to be stopped takes its children with it."""
    print("$", *map(str, command), flush=True)
    try:
        child = subprocess.Popen(command, cwd=ROOT, start_new_session=True, text=True,
                                 errors="replace", stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)  # fmt: skip
    except OSError as failure:
        print(f"cannot run {command[0]}: {failure}")
        return False, ""

    def stop():
        print(f"stopped after {limit} s", flush=True)
        os.killpg(child.pid, signal.SIGKILL)

    timer = threading.Timer(limit, stop)
    timer.start()
    lines = []
    try:
        for line in child.stdout:
            lines.append(line)
            if not quiet:
                print(line, end="", flush=True)
        ended_well = child.wait() == 0
    except KeyboardInterrupt:
        os.killpg(child.pid, signal.SIGKILL)
        raise
    finally:
        timer.cancel()
    return ended_well, "".join(lines)


def build(preset, *targets, beside=False):
    """Configures and builds a preset. A build is no test: only its failure counts. One beside tests
    leaves them the processor when they want it."""
    if not beside and preset in BESIDE:
        built = {name: work.result() for name, work in BESIDE.items()}  # No test runs beside them.
        return built[preset]
    os.environ.update(
        CCACHE_BASEDIR=str(ROOT),
        CCACHE_NOHASHDIR="1",
        CCACHE_SLOPPINESS="pch_defines,time_macros,include_file_mtime,include_file_ctime",
    )
    command = ["cmake", "--build", BUILD / preset, "-j", JOBS]
    for target in targets:
        command += ["--target", target]
    if beside:
        command = ["nice", "-n", "19", *command]
    ok, output = run(["cmake", "--preset", preset], 300, quiet=beside)
    if ok:
        ok, output = run(command, 3600, quiet=beside)
    if not ok:
        if beside:
            print(output, flush=True)
        COUNT.add(f"build of the preset {preset}", False)
    return ok


def count_unittests(path, *arguments):
    """Runs a Python test and counts what it ran."""
    ok, output = run([sys.executable, path, *arguments], 300)
    ran = re.search(r"^Ran (\d+) test", output, re.MULTILINE)
    if ok and ran:
        COUNT.add_passed(int(ran.group(1)))
    else:
        COUNT.add(path, False)


@step
def layers():
    """what each layer includes and names"""
    COUNT.add("tools/check_layers.py", run(["tools/check_layers.py"], 120)[0])


@step
def tools():
    """the tests of the tools"""
    for path in sorted((ROOT / "tests/tools").glob("*_test.py")):
        count_unittests(path.relative_to(ROOT))


@step
def generated():
    """protocol/ is sound, and src/generated/ is what it gives"""
    check = ROOT / "tools/gen/check"
    command = [check] if check.exists() else ["tools/gen/run", "--check"]
    COUNT.add("generated code", run(command, 300)[0])


def gtest(kind, shard=0, shards=1):
    program = BUILD / "dev/bin" / f"{kind}_tests"
    report = BUILD / "dev" / f"{kind}-{shard}.xml"
    report.unlink(missing_ok=True)
    command = ["env", f"GTEST_TOTAL_SHARDS={shards}", f"GTEST_SHARD_INDEX={shard}", program,
               "--gtest_brief=1", f"--gtest_output=xml:{report}"]  # fmt: skip
    ok, output = run(command, 1500, quiet=True)
    print(f"--- {kind}_tests\n{output}", flush=True)
    failed = 0
    for case in ElementTree.parse(report).iter("testcase") if report.exists() else []:
        name = f"{kind}: {case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None:
            failed += 1
            COUNT.add(name, False)
        elif (skipped := case.find("skipped")) is not None:
            reason = skipped.get("message", "").strip().splitlines()
            COUNT.skip(name, reason[-1] if reason else "no reason given")
        elif case.get("status") != "run":
            COUNT.skip(name, "disabled")
        else:
            COUNT.add_passed(1)
    if not ok and failed == 0:  # It died before it could say in which test.
        COUNT.add(f"{kind}_tests as a whole", False)


def cpp():
    """unit, golden, property and integration tests, with address and undefined sanitizers"""
    if not build("dev"):
        return
    # Integration tests mostly wait, the others compute: side by side they keep both cores busy.
    with ThreadPoolExecutor() as pool:
        shards = range(2)
        waiting = [pool.submit(gtest, "integration", shard, len(shards)) for shard in shards]
        for kind in ("unit", "golden", "property"):
            gtest(kind)
        for work in waiting:
            work.result()


@step
def release():
    """the optimised build, and a look at the benchmarks (numbers are printed, not judged)"""
    if not build("release"):
        return
    for program in sorted((BUILD / "release/bench").glob("*_bench")):
        ok, _ = run([program, "--benchmark_min_time=0.1"], 300)
        COUNT.add(f"benchmark {program.name} runs", ok)


@step
def package():
    """the Debian package"""
    ok, output = run(["tools/package"], 3600)
    if not ok:
        COUNT.add("tools/package", False)
        return
    count_unittests("tests/package/package_test.py", output.splitlines()[-1])


def fuzz():
    """every fuzz target for its share of a minute"""
    if shutil.which("clang++") is None:
        COUNT.skip("fuzz targets", "clang++ is not installed")
        return
    if not build("fuzz", "fuzzers"):
        return
    targets = sorted(path.stem for path in (ROOT / "tests/fuzz").glob("*_fuzz.cpp"))
    share = str(max(1, FUZZ_SECONDS // len(targets)))
    for name in targets:
        ok, _ = run(["tools/fuzz", "--built", "--seconds", share, name], FUZZ_SECONDS + 120)
        COUNT.add(f"fuzz target {name}", ok)


@step
def live():
    """calls through real PBXs, native ARI beside arigate"""
    program = ROOT / "tests/live/run"
    if os.environ.get("ARIGATE_SKIP_LIVE"):
        COUNT.skip("live tests", "ARIGATE_SKIP_LIVE is set")
        return
    if not build("release", "arigate"):
        return
    # What a request costs beside native's: printed, not judged.
    run([ROOT / "tests/live/perf", "--pbx", "22", "--seconds", "1", "--requests", "--arigate",
         BUILD / "release/bin/arigate"], 300)
    build_beside(LATER)
    ok, output = run([program, "--arigate", BUILD / "release/bin/arigate"], 3600)
    for text in re.findall(r"^FAIL .*\n(?: {7}.*\n)+", output, re.MULTILINE):
        COUNT.details.append(text if len(text) < DETAIL_MAX else text[:DETAIL_MAX] + "…")
    told = re.findall(r"^(FAIL|skip) +(\S+ +\S+)(?: \([^)]*\))?(?:: (.*))?$", output, re.MULTILINE)
    for verdict, name, reason in told:
        if verdict == "FAIL":
            COUNT.add(f"live: {name}", False)
        else:
            COUNT.skip(f"live: {name}", reason or "no reason given")
    summary = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", output, re.MULTILINE)
    if summary:
        COUNT.add_passed(int(summary.group(1)))
    if summary is None or (not ok and int(summary.group(2)) == 0):
        COUNT.add("live tests as a whole", False)


# Last, since what they need is built while live tests wait for phones and timers.
STEPS += [cpp, fuzz]


def build_beside(steps):
    """Starts the builds of the steps that come later, one after the other."""
    pool = ThreadPoolExecutor(1)
    if "cpp" in steps:
        BESIDE["dev"] = pool.submit(build, "dev", beside=True)
    if "fuzz" in steps and shutil.which("clang++"):
        BESIDE["fuzz"] = pool.submit(build, "fuzz", "fuzzers", beside=True)
    pool.shutdown(wait=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print the steps and end")
    parser.add_argument("step", nargs="*", help="only these, in this order")
    arguments = parser.parse_args()
    known = {function.__name__: function for function in STEPS}
    if arguments.list:
        for name, function in known.items():
            print(f"{name:10} {function.__doc__}")
        return 0
    unknown = [name for name in arguments.step if name not in known]
    if unknown:
        parser.error(f"no step is called {unknown[0]}; there are {', '.join(known)}")
    steps = list(arguments.step or known)
    while steps:
        name = steps.pop(0)
        LATER[:] = steps
        started = time.monotonic()
        print(f"\n=== {name}: {known[name].__doc__}", flush=True)
        known[name]()
        print(f"=== {name}: {time.monotonic() - started:.0f} s", flush=True)
    print()
    for text in COUNT.details:
        print(text)
    for name, reason in COUNT.skips:
        print(f"skipped: {name}: {reason}")
    for name in COUNT.failures:
        print(f"failed: {name}")
    print(f"{COUNT.passed} passed, {len(COUNT.failures)} failed, {len(COUNT.skips)} skipped")
    return 1 if COUNT.failures else 0


if __name__ == "__main__":
    sys.exit(main())
