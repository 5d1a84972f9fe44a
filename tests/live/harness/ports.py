"""Free ports of the loopback interface, below those that the kernel gives to outgoing connections."""

import random
import socket
import threading

_FIRST, _LAST = 12000, 31000
_lock = threading.Lock()
# Given out lately in this process, oldest first: who had an older one is gone. Another run of the
# tests starts at another random place.
_taken = {}
_TAKEN_MAX = 4000


def free_tcp():
    return _take(socket.SOCK_STREAM, 1)


def free_udp():
    return _take(socket.SOCK_DGRAM, 1)


def free_udp_range(count):
    """First port, even, of a run of free ports. RTP takes them in pairs."""
    return _take(socket.SOCK_DGRAM, count)


def _take(kind, count):
    with _lock:
        for _ in range(1000):
            first = random.randrange(_FIRST, _LAST, 2)
            wanted = range(first, first + count)
            if _taken.keys().isdisjoint(wanted) and all(_is_free(kind, port) for port in wanted):
                _taken.update(dict.fromkeys(wanted))
                while len(_taken) > _TAKEN_MAX:
                    del _taken[next(iter(_taken))]
                return first
    raise OSError("no free ports")


def _is_free(kind, port):
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
