"""A room of a test's own: state in a temporary folder, free ports, no key."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil

from authoring.room import free_ports as free_ports
from workshop.core.patience import Patience

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
STARTUP = ROOT / "tests" / "startup"
"""What Python processes of a room load when they start."""
NURSERY = "WORKSHOP_TEST_NURSERY"
_REMOVED = ("LLM_", "TEMPORAL_", "WORKSHOP_", "CODESPACE", "JUPYTER", "OPENAI_", "DATABASE_")
_REMOVED += ("TASK_QUEUE", "PAUSE_SECONDS")


def environment(home: Path, **extra: str) -> dict[str, str]:
    """Environment variables of a room of one's own, for a process or `monkeypatch.setenv`."""
    temporal, ui, practice, site = free_ports(4)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_REMOVED)}
    return kept | {
        "WORKSHOP_HOME": str(home / "state"),
        "WORKSHOP_ENV_FILE": str(home / "env"),
        "WORKSHOP_TEMPORAL_PORT": str(temporal),
        "WORKSHOP_UI_PORT": str(ui),
        "WORKSHOP_PRACTICE_PORT": str(practice),
        "WORKSHOP_SITE_PORT": str(site),
        "WORKSHOP_PRACTICE_DELAY": "0",
        "TEMPORAL_CONFIG_FILE": os.devnull,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTHONPATH": str(STARTUP),
        NURSERY: os.environ.get(NURSERY, ""),
        **extra,
    }


def workshop(
    *words: str, env: dict[str, str], limit: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run `python -m workshop …` in a room.

    Raises:
        subprocess.TimeoutExpired: it takes longer than `limit` seconds of a quiet machine.
    """
    line = [sys.executable, "-m", "workshop", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    waiting = Patience(limit)
    with subprocess.Popen(
        line, env=env, text=True, cwd=ROOT, stdin=subprocess.DEVNULL, **pipes
    ) as process:
        while True:
            try:
                out, err = process.communicate(timeout=0.2)
            except subprocess.TimeoutExpired:
                if waiting.over():
                    process.kill()
                    raise
            else:
                return subprocess.CompletedProcess(line, process.returncode, out, err)


def end_all(home: Path) -> None:
    """End what was started in a room, without the second that a command needs to load."""
    from workshop.core import processes
    from workshop.practice.model import process
    from workshop.practice.site import process as site
    from workshop.services import temporal_service

    for name in (temporal_service.NAME, process.NAME, site.NAME):
        processes.end(home, name)


def until(condition: Callable[[], T], what: str, *, limit: float = 10.0) -> T:
    """Wait for a condition to give something true, and return that.

    Args:
        limit: seconds of a quiet machine.
    """
    waiting = Patience(limit)
    while not (found := condition()):
        assert not waiting.over(), f"waited {limit:g} s for {what}"
        time.sleep(0.02)
    return found


@contextmanager
def quick(limit: float) -> Iterator[None]:
    """What is in the block takes less than so many seconds of a quiet machine."""
    counting, done = Patience(limit), threading.Event()

    def count() -> None:
        while not done.wait(0.05):
            counting.over()

    counter = threading.Thread(target=count, daemon=True)
    counter.start()
    try:
        yield
    finally:
        done.set()
        counter.join()
    assert not counting.over(), f"it took more than {limit:g} s of a quiet machine"


_STOPS = """
import os, signal, sys, time
pid, seconds = int(sys.argv[1]), float(sys.argv[2])
os.kill(pid, signal.SIGSTOP)
print("stopped", flush=True)
try:
    time.sleep(seconds)
finally:
    os.kill(pid, signal.SIGCONT)
"""


def stop(pid: int, seconds: float) -> subprocess.Popen[bytes]:
    """Stop a process for so long, as a machine does that has no time for it.

    Returns when it is stopped; where it is this process, when it goes on. Wait for what is
    returned, so that nothing stays stopped.
    """
    helper = subprocess.Popen(
        [sys.executable, "-c", _STOPS, str(pid), str(seconds)], stdout=subprocess.PIPE
    )
    assert helper.stdout and helper.stdout.readline() == b"stopped\n"
    return helper


def actors(home: Path) -> list[psutil.Process]:
    """The processes of demos, and of the app that goes home, that work in this home."""
    files = (f"{ROOT}/demos/", f"{ROOT}/project/")
    return [
        one
        for one in psutil.process_iter(["cmdline", "cwd"])
        if any(word.startswith(files) for word in one.info["cmdline"] or [])
        and str(home) in str(one.info["cwd"])
    ]


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has buried does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
