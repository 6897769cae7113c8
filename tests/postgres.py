"""A real PostgreSQL of a module's own: a free port, a temporary folder, a password of its own.

from postgres import postgres_url  # noqa: F401  (a fixture)
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import room as rooms

_INSTALLED = "/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin"
_NEW = ["-U", "learner", "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync"]
_RUN = ["-h", "127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
_START_SECONDS = 60.0


def programs() -> Path | None:
    """The folder that has `initdb` and `postgres`; None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    for pattern in _INSTALLED:
        # The newest: 15 is after 9.
        places += sorted(
            Path("/").glob(pattern[1:]),
            key=lambda place: [int("".join(filter(str.isdigit, str(place))) or 0)],
            reverse=True,
        )
    return next((p for p in places if (p / "initdb").exists() and (p / "postgres").exists()), None)


def user() -> pwd.struct_passwd | None:
    """Who runs it where this process is root, which PostgreSQL refuses; None: as this process."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.skip("PostgreSQL does not run as root, and there is no other user here")


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL that runs; it holds a password. Skipped where there is none."""
    place = programs()
    if place is None:
        pytest.skip("PostgreSQL is not installed (on Debian: apt-get install postgresql)")
    who = user()
    # Not pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="workshop-postgres-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        password, port = secrets.token_hex(8), rooms.free_ports(1)[0]
        (folder / "password").write_text(password)
        if who:
            for path in (folder, folder / "password"):
                os.chown(path, who.pw_uid, who.pw_gid)
        given = {"cwd": folder, "stdin": subprocess.DEVNULL}
        if who:
            given |= {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        made = subprocess.run(
            [place / "initdb", "-D", folder / "data", *_NEW, "--pwfile", folder / "password"],
            capture_output=True,
            text=True,
            timeout=_START_SECONDS,
            **given,
        )
        assert made.returncode == 0, made.stderr
        log = folder / "log"
        with log.open("wb") as written:
            server = subprocess.Popen(
                [place / "postgres", "-D", folder / "data", "-p", str(port), *_RUN],
                stdout=written,
                stderr=written,
                **given,
            )
        rooms.until(
            lambda: server.poll() is not None or "ready to accept" in log.read_text(),
            "PostgreSQL's start",
            limit=_START_SECONDS,
        )
        assert server.poll() is None, log.read_text()
        with socket.create_connection(("127.0.0.1", port), timeout=10):
            pass
        yield f"postgresql://learner:{password}@127.0.0.1:{port}/postgres"
    finally:
        if server and server.poll() is None:
            server.send_signal(2)  # SIGINT: without waiting for clients
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
