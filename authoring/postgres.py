"""A real PostgreSQL for tests and measurements: a free port, a folder and a password of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_INSTALLED = "usr/lib/postgresql/*/bin", "opt/homebrew/opt/postgresql*/bin"
_NEW = ["-U", "learner", "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync"]
_RUN = ["-h", "127.0.0.1", "-c", "unix_socket_directories="]
_LIMIT = 60.0


class NoPostgres(Exception):
    """It cannot be started here, and why."""


@contextmanager
def postgres(*options: str) -> Iterator[str]:
    """Run PostgreSQL for as long as the block. Yields its URL, which holds a password.

    Args:
        options: of `postgres`, such as "-c", "fsync=off".

    Raises:
        NoPostgres: it is not installed, or nobody here may run it.
        RuntimeError: it did not start, with what it said.
    """
    place, who = _programs(), _user()
    # Of a name that no other user is kept from entering.
    folder = Path(tempfile.mkdtemp(prefix="workshop-postgres-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        password, port = secrets.token_hex(8), _free_port()
        (folder / "password").write_text(password)
        given: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL}
        if who:
            given |= {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
            for path in (folder, folder / "password"):
                os.chown(path, who.pw_uid, who.pw_gid)
        made = subprocess.run(
            [place / "initdb", "-D", folder / "data", *_NEW, "--pwfile", folder / "password"],
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            **given,
        )
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stderr}")
        log = folder / "log"
        with log.open("wb") as written:
            server = subprocess.Popen(
                [place / "postgres", "-D", folder / "data", "-p", str(port), *_RUN, *options],
                stdout=written,
                stderr=written,
                **given,
            )
        until = time.monotonic() + _LIMIT
        while "ready to accept" not in log.read_text():
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
            time.sleep(0.02)
        yield f"postgresql://learner:{password}@127.0.0.1:{port}/postgres"
    finally:
        if server and server.poll() is None:
            server.send_signal(signal.SIGINT)  # without waiting for clients
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder that has `initdb` and `postgres`."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    for pattern in _INSTALLED:
        # The newest: 15 is after 9.
        places += sorted(
            Path("/").glob(pattern),
            key=lambda place: int("".join(filter(str.isdigit, str(place))) or 0),
            reverse=True,
        )
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise NoPostgres("PostgreSQL is not installed (on Debian: apt-get install postgresql)")


def _user() -> pwd.struct_passwd | None:
    """Who runs it where this process is root, which PostgreSQL refuses; None: as this process."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgres("PostgreSQL does not run as root, and there is no other user here")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
