"""How a test says that it cannot run here, and small waiting."""

import time


class Skip(Exception):
    """The test cannot run on this machine; the text is the reason that is printed."""


class Failed(AssertionError):
    """The test ran and what it expected did not happen."""


def wait_until(holds, timeout, what, step=0.01):
    """Polls what has no event to await (another process's state). Returns the first true value."""
    deadline = time.monotonic() + timeout
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {timeout} s: {what}")
        time.sleep(step)


def check(condition, what):
    """An assertion that stays on under -O and says what was expected."""
    if not condition:
        raise Failed(what)
