"""Processes that outlive the kernel: started detached, known again by id and start time, ended.

A process is *ours* when the record in the workshop's home names its id and its start time, and
a process with both is running. An id alone is not enough: ids are used again.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from workshop import disk
from workshop.errors import WorkshopError


class ProcessError(WorkshopError):
    """A process of the workshop cannot be started or ended."""


@dataclass(frozen=True)
class Record:
    """A process that the workshop started."""

    pid: int
    started: float
    """Seconds since the epoch, as psutil.Process.create_time gives them."""
    port: int


def start(
    name: str, command: Sequence[str], *, home: Path, port: int, folder: Path | None = None
) -> Record:
    """Start a command that goes on when this process ends, and record it.

    A shell stands in between and leaves at once, so that the process is nobody's child: Jupyter
    ends all children of a kernel that restarts. Output goes to `{name}.log` in `home`.

    Args:
        folder: where it runs; None means where this process does.

    Raises:
        ProcessError: it ended before it could be recorded.
        DiskError: its home cannot be written, or is full.
    """
    disk.ready(home, room=disk.ROOM)
    log = home / f"{name}.log"
    # What it writes is its owner's alone, whatever the folder's mode.
    words = 'umask 077; log=$1; shift; "$@" >>"$log" 2>&1 </dev/null & echo $!'
    shell = ["sh", "-c", words, "sh", str(log)]
    done = subprocess.run(
        [*shell, *command],
        stdout=subprocess.PIPE,
        check=True,
        start_new_session=True,
        cwd=folder,
    )
    pid = int(done.stdout)
    try:
        process = psutil.Process(pid)
        record = Record(pid, process.create_time(), port)
    except psutil.NoSuchProcess:
        raise ProcessError(
            f"The {name} process ended as soon as it was started. {last_line(home, name)}",
            do=f"Read {log}, then run this again.",
        ) from None
    try:
        _file(home, name).write_text(json.dumps(asdict(record)))
    except OSError as error:
        process.kill()  # without a record, nobody would ever end it
        raise disk.refused(error, _file(home, name)) from None
    return record


async def ensure(
    name: str,
    command: Sequence[str],
    *,
    home: Path,
    port: int,
    setting: str,
    answers: Callable[[], object],
    refusal: type[WorkshopError],
    limit: float,
) -> bool:
    """Find a server of ours or start it, and return when it answers.

    Args:
        setting: the setting that names its port, for the error's words.
        answers: whether it answers; called in a thread.
        refusal: the error to raise.
        limit: seconds to wait for one that has been started.

    Returns:
        Whether it was started now.

    Raises:
        refusal: it cannot be had, with the reason and what to do.
        ProcessError: something else holds its port.
    """
    if await asyncio.to_thread(answers):
        return False
    words = f"The {name.replace('-', ' ')}"
    async with lock(home, name):
        if await asyncio.to_thread(answers):
            return False
        # One of ours that no longer answers, or is unplugged, is replaced.
        await asyncio.to_thread(end, home, name)
        if listens(port):
            raise taken(port, setting)
        start(name, command, home=home, port=port)
        until = time.monotonic() + limit
        while not await asyncio.to_thread(answers):
            if running(home, name) is None:
                raise refusal(
                    f"{words} ended while it was starting. {last_line(home, name)}",
                    do=f"Read {home / (name + '.log')}, then run this again.",
                )
            if time.monotonic() > until:
                raise refusal(
                    f"{words} has not answered for {limit:.0f} s.",
                    "It takes about a second.",
                    "Run `python -m workshop down`, then this again.",
                )
            await asyncio.sleep(0.02)
    return True


def running(home: Path, name: str) -> Record | None:
    """The recorded process if it is running, else None."""
    try:
        record = Record(**json.loads(_file(home, name).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return record if _process(record) else None


def end(home: Path, name: str, *, limit: float = 10.0) -> Record | None:
    """End the recorded process: asked first, killed after `limit` seconds.

    Returns:
        What was ended, or None when nothing of ours was running.
    """
    record = running(home, name)
    if record and (process := _process(record)):
        with suppress(psutil.NoSuchProcess):  # it may end by itself meanwhile
            process.terminate()
            if not _gone(record, limit):
                process.kill()
                _gone(record, limit)
    _file(home, name).unlink(missing_ok=True)
    return record


def last_line(home: Path, name: str) -> str:
    """The last line of a process's log, or an empty string."""
    try:
        lines = (home / f"{name}.log").read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return f"Its last words: {lines[-1][:300]}" if lines else ""


def listens(port: int) -> bool:
    """Whether something accepts connections on this port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listener(port: int) -> str:
    """Who listens on a port, in words: `nginx (process 123)`, or `another program`."""
    try:
        for process in psutil.process_iter(["pid", "name"]):
            try:
                connections = process.net_connections(kind="tcp")
            except (psutil.AccessDenied, psutil.NoSuchProcess):
                continue
            for connection in connections:
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                    return f"{process.info['name']} (process {process.info['pid']})"
    except psutil.Error:
        pass
    return "another program, whose name this system does not tell"


def taken(port: int, setting: str) -> ProcessError:
    """The error for a port that something else holds."""
    return ProcessError(
        f"Port {port} is taken by {listener(port)}.",
        "The workshop needs the port to itself.",
        f"End that program, or set {setting} to a free port in .env, and run this again.",
    )


@asynccontextmanager
async def lock(home: Path, name: str, *, limit: float = 30.0) -> AsyncIterator[None]:
    """Let one notebook at a time start a process; a second one waits and finds it started."""
    disk.ready(home)
    with (home / f"{name}.lock").open("w") as file:
        until = time.monotonic() + limit
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise ProcessError(
                        f"Another notebook has been starting the {name} process for {limit:.0f} s.",
                        "It takes about two seconds.",
                        "Run `python -m workshop down`, then this cell again.",
                    ) from None
                await asyncio.sleep(0.02)
        yield


def _file(home: Path, name: str) -> Path:
    return home / f"{name}.json"


def _process(record: Record) -> psutil.Process | None:
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
    while _process(record):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
