"""A room for a measurement: temporary state, free ports, no key, and an end to what it started."""

from __future__ import annotations

import os
import random
import re
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from workshop import processes, temporal_service
from workshop.practice_model import process
from workshop.settings import ROOT, Settings, load
from workshop.site import process as site_process

# What would lead a measurement to somebody's model, Temporal Service, state or profile. Some
# containers forbid bytecode files, and then each process compiles every library anew.
_OUTSIDE = re.compile(
    r"(LLM|TEMPORAL|WORKSHOP|DATABASE|OPENAI|ANTHROPIC|CODESPACE|JUPYTER|JPY)_?|.*(API_KEY|TOKEN|SECRET)"
    r"|PYTHONDONTWRITEBYTECODE$|VIRTUAL_ENV$|MAKE"
)


@contextmanager
def room(**extra: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder and the environment of a room in it. The model answers at once."""
    with tempfile.TemporaryDirectory(prefix="workshop-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made).resolve()
        temporal, web_ui, model, pages = free_ports(4)
        environment = outside() | {
            "WORKSHOP_HOME": str(folder / "state"),
            "WORKSHOP_ENV_FILE": str(folder / "env"),
            "WORKSHOP_TEMPORAL_PORT": str(temporal),
            "WORKSHOP_UI_PORT": str(web_ui),
            "WORKSHOP_PRACTICE_PORT": str(model),
            "WORKSHOP_SITE_PORT": str(pages),
            "WORKSHOP_PRACTICE_DELAY": "0",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "IPYTHONDIR": str(folder / "ipython"),
            # This repository's classroom, whatever else is installed.
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            **extra,
        }
        try:
            yield folder, environment
        finally:
            end(folder / "state")


@contextmanager
def inside(folder: Path, environment: Mapping[str, str]) -> Iterator[Settings]:
    """Let this process stand in the room, as a notebook's kernel does."""
    before, where = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    try:
        yield load()
    finally:
        os.chdir(where)
        os.environ.clear()
        os.environ.update(before)


def outside() -> dict[str, str]:
    """The environment of this process, without what belongs to a person or to another room."""
    return {name: value for name, value in os.environ.items() if not _OUTSIDE.match(name)}


def end(home: Path) -> None:
    """End what was started with this home, by process id and start time."""
    for name in (temporal_service.NAME, process.NAME, site_process.NAME):
        processes.end(home, name)


def end_tree(pid: int, *, limit: float = 10.0) -> None:
    """End a process that we started, and its children: asked first, killed after `limit` s."""
    try:
        parent = psutil.Process(pid)
        family = [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return
    for one in family:
        _ask(one)
    for one in psutil.wait_procs(family, timeout=limit)[1]:
        one.kill()


def running(home: Path, name: str) -> psutil.Process:
    """A process of the room, by its record."""
    record = processes.running(home, name)
    assert record, f"{name} does not run"
    return psutil.Process(record.pid)


def mebibytes(of: psutil.Process) -> float:
    """Resident memory of a process, in MiB."""
    return float(of.memory_info().rss) / 2**20


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now, below the range from which outgoing connections draw."""
    found: list[int] = []
    for candidate in random.sample(range(12000, 20000), 8000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
        found.append(candidate)
        if len(found) == count:
            return found
    raise OSError(f"There are no {count} free ports from 12000 to 19999.")


def say(words: str) -> None:
    """Tell the person who waits, beside the tables."""
    print(f"  … {words}", file=sys.stderr, flush=True)


def _ask(one: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        one.terminate()
