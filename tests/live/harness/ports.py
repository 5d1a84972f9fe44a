"""Free ports of the loopback interface."""

import socket


def free_tcp():
    return _free(socket.SOCK_STREAM)


def free_udp():
    return _free(socket.SOCK_DGRAM)


def free_udp_range(count):
    """First port, even, of a run of free ports. RTP takes them in pairs."""
    for first in range(20000, 60000, count):
        if all(_is_free(port) for port in range(first, first + count)):
            return first
    raise OSError("no free UDP ports")


def _free(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
