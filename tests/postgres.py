"""A real PostgreSQL of a module's own: a free port, a folder and a password.

from postgres import postgres_url  # noqa: F401  (a fixture)
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import room as rooms

_INSTALLED = "usr/lib/postgresql/*/bin", "opt/homebrew/opt/postgresql*/bin"
_NEW = ["-U", "learner", "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync"]
_RUN = ["-h", "127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL that runs; it holds a password. Skipped where there is none."""
    place = _programs()
    # Not pytest's own folder, which no other user may enter.
    made = tempfile.TemporaryDirectory(prefix="workshop-postgres-")
    with made as folder, _server(place, Path(folder)) as url:
        yield url


@contextmanager
def _server(place: Path, folder: Path) -> Iterator[str]:
    password, port = secrets.token_hex(8), rooms.free_ports(1)[0]
    (folder / "password").write_text(password)
    given: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, **_user(folder)}
    line = [place / "initdb", "-D", folder / "data", *_NEW, "--pwfile", folder / "password"]
    made = subprocess.run(line, capture_output=True, text=True, timeout=60, **given)
    assert made.returncode == 0, made.stderr
    log = folder / "log"
    line = [place / "postgres", "-D", folder / "data", "-p", str(port), *_RUN]
    with log.open("wb") as written:
        server = subprocess.Popen(line, stdout=written, stderr=written, **given)
    try:
        rooms.until(
            lambda: server.poll() is not None or "ready to accept" in log.read_text(),
            "PostgreSQL",
            limit=60,
        )
        assert server.poll() is None, log.read_text()
        yield f"postgresql://learner:{password}@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # without waiting for clients
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(20)


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
    pytest.skip("PostgreSQL is not installed (on Debian: apt-get install postgresql)")


def _user(folder: Path) -> dict[str, Any]:
    """Who runs it: PostgreSQL refuses to be root, and the folder has to be that user's."""
    if os.geteuid() != 0:
        return {}
    ids = {user.pw_name: user for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody")}
    who = ids.get("postgres") or ids["nobody"]
    for path in (folder, folder / "password"):
        os.chown(path, who.pw_uid, who.pw_gid)
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
