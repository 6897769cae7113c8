"""A room to run something in: a folder, free ports, no key, and an end to what it started."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from workshop.core.errors import WorkshopError
from workshop.core.settings import ROOT

PORTS = {
    "WORKSHOP_TEMPORAL_PORT": 7233,
    "WORKSHOP_UI_PORT": 8233,
    "WORKSHOP_PRACTICE_PORT": 8234,
    "WORKSHOP_SITE_PORT": 8236,
}
"""The settings of the ports, and what a learner has there."""
USUAL = {*PORTS.values(), 8235}
"""The ports that a learner's own services use: nothing else may touch them."""
DOWN = (sys.executable, "-m", "workshop", "down")
# What would lead to somebody's model, Temporal Service, state or profile. Some containers forbid
# bytecode files, and then each process compiles every library anew.
_OUTSIDE = re.compile(
    r"(LLM|TEMPORAL|WORKSHOP|DATABASE|OPENAI|ANTHROPIC|CODESPACE|JUPYTER|JPY)_?|.*(API_KEY|TOKEN|SECRET)"
    r"|PYTHONDONTWRITEBYTECODE$|VIRTUAL_ENV$|MAKE"
)


FIRST, LAST = 20000, 32000
"""Ports of rooms: below those from which outgoing connections draw."""


class RoomError(WorkshopError):
    """What was started in a room could not be ended."""


@contextmanager
def room(
    extra: Mapping[str, str], *, down: Sequence[str] = DOWN, root: Path = ROOT
) -> Iterator[tuple[Path, dict[str, str]]]:
    """A temporary folder, and the environment variables of a room in it with some `extra`.

    Raises:
        RoomError: `down`, which ends in `root` what was started here, has failed. Where the block
            raises as well, that is printed instead.
    """
    # The kernel, which may have been killed, is another writer here.
    made = tempfile.TemporaryDirectory(prefix="workshop-", ignore_cleanup_errors=True)
    with made as name:
        folder = Path(name).resolve()
        home = folder / ".workshop"
        home.mkdir()
        ports = map(str, free_ports(len(PORTS)))
        environment = outside() | {
            **dict(zip(PORTS, ports, strict=True)),
            "WORKSHOP_HOME": str(home),
            "WORKSHOP_ENV_FILE": str(home / "env"),
            # This repository's classroom, whatever else is installed.
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            # No profiles, start-up file or configuration of the author.
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "IPYTHONDIR": str(home / "ipython"),
            **extra,
        }
        try:
            yield folder, environment
        except BaseException:
            if complaint := _end(down, environment, root):
                print(complaint)
            raise
        if complaint := _end(down, environment, root):
            raise complaint


def outside() -> dict[str, str]:
    """The environment of this process, without what belongs to a person or to another room."""
    return {name: value for name, value in os.environ.items() if not _OUTSIDE.match(name)}


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now, below the range from which outgoing connections draw.

    No port is given to two of a person's processes on this machine, until all have had their turn:
    a server that has not started yet finds its own free. They share a counter in a file.
    """
    found: list[int] = []
    counter = Path(tempfile.gettempdir()) / f"durable-ai-workshop-ports-{os.getuid()}"
    handle = os.open(counter, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = int(file.read() or FIRST)
        while len(found) < count:
            last = last + 1 if FIRST <= last < LAST else FIRST
            if last not in USUAL and _nobody_has(last):
                found.append(last)
        file.seek(0)
        file.write(str(last))  # as many digits as before
    return found


def _nobody_has(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _end(command: Sequence[str], environment: dict[str, str], root: Path) -> RoomError | None:
    try:
        subprocess.run(
            command,
            env=environment,
            cwd=root,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return None
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or getattr(error, "stdout", "") or error)[-2000:]
    return RoomError(
        f"`{' '.join(command[1:])}` failed: {said}",
        "It ends the processes that were started here.",
        "Look for a Temporal Service and a practice model that were left, and end them.",
    )
