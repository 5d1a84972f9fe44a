"""One call, one application, two sides: native ARI says what arigate has to send."""

from harness.oracle import Oracle
from harness.phones import Phone
from harness.registry import case
from harness.sides import compare_sides

# Enough for answer, a sound of 2 s and a pause in the middle of it, on the slower of the two sides.
_BEFORE_DIGITS_MS = 4000
# Enough for the variables and the second call.
_AFTER_DIGITS_MS = 3000
_SETTINGS = {"DIGITS_AFTER": _BEFORE_DIGITS_MS / 1000, "BYE_AFTER": _AFTER_DIGITS_MS / 1000}

_BOB = ["ring", ("pause", 300), "answer", "await_bye"]


def _call_by_sip(ender):
    digits = ["answered", ("pause", _BEFORE_DIGITS_MS), ("info", "5"), ("pause", 300), ("info", "#")]
    steps = digits + (["await_bye"] if ender == "app" else [("pause", _AFTER_DIGITS_MS), "bye"])

    def play(pbx, url):
        with Phone(pbx, "bob", _BOB) as bob, Oracle(url, ender, pbx.phone("bob")) as oracle:
            with Phone(pbx, "alice", steps, dials="600") as alice:
                oracle.wait()
                alice.wait()
                bob.wait()
        return oracle.recorder.lines

    return play


def _call_by_local(ender):
    far_end = "digits" if ender == "app" else "digits-bye"

    def play(pbx, url):
        with Oracle(url, ender, "Local/ring-answer@far-end/n") as oracle:
            pbx.call_locally("600", far_end)
            oracle.wait()
        return oracle.recorder.lines

    return play


def _add(name, play):
    @case(f"same-as-native-{name}")
    def compared(run):
        compare_sides(run, name, play, settings=_SETTINGS)


for _ender in ("app", "caller"):
    _add(f"sip-call-{_ender}-hangs-up", _call_by_sip(_ender))
    _add(f"local-call-{_ender}-hangs-up", _call_by_local(_ender))
