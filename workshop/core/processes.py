"""Processes that outlive the kernel: started detached, known again, and ended.

A process is *ours* when the record in the workshop's home names its id and its start time, a
process with both is running, and it writes into this home. An id alone is not enough, because ids
are used again; nor is a record, because a home may be copied.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from workshop.core import disk
from workshop.core.errors import WorkshopError
from workshop.core.patience import Patience


class ProcessError(WorkshopError):
    """A process of the workshop cannot be started or ended."""


@dataclass(frozen=True)
class Record:
    """A process that the workshop started."""

    pid: int
    started: float
    """Seconds since the epoch, as psutil.Process.create_time gives them."""
    ports: dict[str, int]
    """Its ports by the settings that name them. They are kept for the next start."""
    home: str
    """Where it keeps its state. A home that was moved is not where its server looks for it."""


def start(
    name: str,
    command: Sequence[str],
    *,
    home: Path,
    ports: dict[str, int],
    folder: Path | None = None,
) -> Record:
    """Start a command that goes on when this process ends, and record it.

    A shell stands in between and leaves at once, so that the process is nobody's child: Jupyter
    ends all children of a kernel that restarts. Output goes to `{name}.log` in `home`.

    Args:
        folder: where it runs; None means where this process does.

    Raises:
        DiskError: its home cannot be written, or is full.
    """
    disk.ready(home, room=disk.ROOM)
    log = home / f"{name}.log"
    # What it writes is its owner's alone, whatever the folder's mode.
    words = 'umask 077; log=$1; shift; "$@" >>"$log" 2>&1 </dev/null & echo $!'
    shell = ["sh", "-c", words, "sh", str(log)]
    pid = int(subprocess.check_output([*shell, *command], start_new_session=True, cwd=folder))
    started = 0.0  # of one that has ended already: whoever waits for it is told so
    with suppress(psutil.NoSuchProcess):
        started = psutil.Process(pid).create_time()
    record = Record(pid, started, ports, os.path.realpath(home))
    try:
        _file(home, name).write_text(json.dumps(asdict(record)))
    except OSError as error:
        if process := alive(record):
            process.kill()  # without a record, nobody would ever end it
        raise disk.refused(error, _file(home, name)) from None
    return record


def running(home: Path, name: str) -> Record | None:
    """The recorded process if it is running and is this home's, else None."""
    try:
        record = Record(**json.loads(_file(home, name).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    process = alive(record)
    return record if process and _writes_into(process, home, name) else None


def end(home: Path, name: str, *, limit: float = 10.0) -> Record | None:
    """End this home's process: asked first, killed after `limit` seconds.

    Returns:
        What was ended, or None when nothing of ours was running.
    """
    # The record stays: it remembers the ports.
    found = [record] if (record := running(home, name)) else _unrecorded(home, name)
    for record in found:
        if process := alive(record):
            with suppress(psutil.NoSuchProcess):  # it may end by itself meanwhile
                process.terminate()
                if not _gone(record, limit):
                    process.kill()
                    _gone(record, limit)
    return found[0] if found else None


def last_line(home: Path, name: str) -> str:
    """The last line of a process's log, or an empty string."""
    try:
        lines = (home / f"{name}.log").read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return f"Its last words: {lines[-1][:300]}" if lines else ""


@asynccontextmanager
async def lock(home: Path, name: str, *, limit: float = 30.0) -> AsyncIterator[None]:
    """Let one notebook at a time start a process; a second one waits and finds it started."""
    disk.ready(home)
    with (home / f"{name}.lock").open("w") as file:
        waiting = Patience(limit)
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waiting.over():
                    raise ProcessError(
                        f"Another notebook has been starting the {name} process for {limit:.0f} s.",
                        "It takes about two seconds.",
                        "Run `python -m workshop down`, then this cell again.",
                    ) from None
                await asyncio.sleep(0.02)
        yield


def _file(home: Path, name: str) -> Path:
    return home / f"{name}.json"


def _writes_into(process: psutil.Process, home: Path, name: str) -> bool:
    """Whether a process has this home's log or database open.

    After `mv` it still has; a copy of the home, or one made anew in the same place, has others.
    """
    own = {os.path.realpath(home / f"{name}{end}") for end in (".log", ".db")}
    try:
        # A process that is ending has let go of all its files, and holds its ports a moment longer.
        return process.num_fds() == 0 or any(file.path in own for file in process.open_files())
    except psutil.ZombieProcess:  # its first thread has ended, the others have not
        return True
    except psutil.AccessDenied:
        return process.uids().real == os.getuid()
    except psutil.NoSuchProcess:
        return False


def _unrecorded(home: Path, name: str) -> list[Record]:
    """Processes that this home started and has no record of, because somebody removed it."""
    log, found = os.path.realpath(home / f"{name}.log"), []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            # Who reads the log has it open as well, but not as what it prints to.
            if any(file.path == log and file.fd == 1 for file in process.open_files()):
                found.append(Record(process.pid, process.create_time(), {}, ""))
    return found


def alive(record: Record) -> psutil.Process | None:
    try:
        process = psutil.Process(record.pid)
        # The start time is derived from the boot time, which may be corrected by a moment.
        same = abs(process.create_time() - record.started) < 1
        # One that ended keeps its ports until the last of its threads has ended as well.
        over = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
        return process if same and not over else None
    except psutil.NoSuchProcess:
        return None


def _gone(record: Record, limit: float) -> bool:
    until = time.monotonic() + limit
    while alive(record):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
