"""A room's Temporal Service behind end points that ask for a key or for a certificate."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import room as rooms
from certificates import Authority, Pair

SENTINEL = "tk-sentinel-8877665544332211ffeeddccbbaa"
"""The API key that is accepted, and that may stand nowhere."""


@dataclass(frozen=True)
class Guarded:
    """Addresses of one Service, and what gets one in there."""

    plain: str
    with_key: str
    with_certificate: str
    expired: str
    """Its own certificate has ended."""
    authority: Path
    """Whose certificates are known to the end points, and theirs to whoever names this file."""
    client: Pair
    ended: Pair
    stranger: Pair
    """Signed by somebody else."""

    def by_key(self, key: str = SENTINEL, address: str = "") -> dict[str, str]:
        """The variables that name the end point with a key."""
        return {
            "TEMPORAL_ADDRESS": address or self.with_key,
            "TEMPORAL_API_KEY": key,
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(self.authority),
        }

    def by_certificate(self, pair: Pair | None, address: str = "") -> dict[str, str]:
        """The variables that name the end point with client certificates."""
        named = {
            "TEMPORAL_ADDRESS": address or self.with_certificate,
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(self.authority),
        }
        if pair:
            named["TEMPORAL_TLS_CLIENT_CERT_PATH"] = str(pair.certificate)
            named["TEMPORAL_TLS_CLIENT_KEY_PATH"] = str(pair.key)
        return named

    def profiles(self, folder: Path) -> Path:
        """A temporal.toml whose profile `mtls` names the end point with client certificates."""
        file = folder / "temporal.toml"
        file.write_text(
            f'[profile.mtls]\naddress = "{self.with_certificate}"\n[profile.mtls.tls]\n'
            f'client_cert_path = "{self.client.certificate}"\n'
            f'client_key_path = "{self.client.key}"\nserver_ca_cert_path = "{self.authority}"\n'
        )
        return file


@contextmanager
def guarded(plain: str, folder: Path) -> Iterator[Guarded]:
    """End points in front of the Service at `plain`; they end with the block."""
    authority, other = Authority(folder), Authority(folder, "other")
    server, old_server = authority.signs("server"), authority.signs("old-server", days=-1)
    known = str(authority.pair.certificate)
    with ExitStack() as ending:
        addresses = [
            _end_point(ending, plain, *words, key=key)
            for words, key in (
                ((server,), SENTINEL),
                ((server, known), ""),
                ((old_server,), ""),
            )
        ]
        client, ended = authority.signs("client"), authority.signs("ended", days=-1)
        yield Guarded(plain, *addresses, Path(known), client, ended, other.signs("stranger"))


def _end_point(ending: ExitStack, plain: str, own: Pair, authority: str = "", *, key: str) -> str:
    (port,) = rooms.free_ports(1)
    words = [plain, str(port), str(own.certificate), str(own.key), *([authority] * bool(authority))]
    process = subprocess.Popen(
        [sys.executable, str(rooms.ROOT / "tests" / "end_point.py"), *words],
        env=os.environ | {"END_POINT_KEY": key},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    ending.callback(process.wait, 20)
    assert process.stdin and process.stdout
    ending.callback(process.stdin.close)
    assert process.stdout.readline() == b"ready\n"
    return f"127.0.0.1:{port}"
