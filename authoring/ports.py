"""Ports for servers that are started beside others, by tests and by builds."""

from __future__ import annotations

import os
import socket

USUAL = {7233, 8233, 8234, 8235, 8236}
"""The ports that a learner's own services use: nothing else may touch them."""

_last = 20000 + (os.getpid() * 37) % 9000


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now, below the range from which outgoing connections draw.

    No port is given twice, so that a server not yet started keeps its own.
    """
    global _last
    found: list[int] = []
    while len(found) < count:
        candidate = _last = _last + 1 if _last < 32000 else 20000
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
        if candidate not in USUAL:
            found.append(candidate)
    return found
