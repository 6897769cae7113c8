"""A guard on this process: it may reach loopback addresses and resolve nothing else."""

from __future__ import annotations

import ipaddress
import sys

_HERE = {"", "localhost", "localhost.localdomain", "0.0.0.0", "::"}
_WATCHED = {
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
}

violations: list[str] = []
"""What was tried and refused. A test that expects one takes it out."""


class NoNetwork(OSError):
    """Something beyond loopback was asked for."""


def is_loopback(host: object) -> bool:
    """Whether a host, as a socket takes it, is this machine."""
    if host is None:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    text = text.strip("[]").partition("%")[0]
    if text.lower() in _HERE:
        return True
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    position = _WATCHED.get(event)
    if position is None or position >= len(arguments):
        return
    host: object = arguments[position]
    if position:  # an address: a tuple for the internet, a path for a socket file
        if not (isinstance(host, tuple) and host and isinstance(host[0], (str, bytes))):
            return
        host = host[0]
    if not is_loopback(host):
        violations.append(f"{event} {host!r}")
        raise NoNetwork(f"A test asked for {host!r}: {event}. Tests reach loopback alone.")


def install() -> None:
    """Watch from now on; an audit hook cannot be taken out again."""
    sys.addaudithook(_watch)
