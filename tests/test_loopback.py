"""The guard that keeps tests on loopback does so."""

from __future__ import annotations

import socket

import pytest
from loopback import NoNetwork, is_loopback


@pytest.mark.parametrize("host", [None, "localhost", "127.0.0.1", "127.8.8.8", "::1", b"localhost"])
def test_loopback_is_let_through(host: object) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["example.org", "10.0.0.1", "8.8.8.8", "2001:db8::1", b"pypi.org"])
def test_the_rest_is_not(host: object) -> None:
    assert not is_loopback(host)


def test_a_name_is_refused_before_it_is_asked_for(loopback_alone: list[str]) -> None:
    with pytest.raises(NoNetwork, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)
    with socket.socket() as probe, pytest.raises(NoNetwork):
        probe.connect(("192.0.2.1", 80))
    assert len(loopback_alone) == 2
    loopback_alone.clear()


def test_a_local_connection_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=2).close()
