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
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from workshop.core import disk
from workshop.core.errors import WorkshopError
from workshop.core.patience import Patience
from workshop.core.settings import DEFAULT_PORTS, SERVERS, Settings, recorded_ports

TRIES = 5
"""How often other ports are chosen where another program was quicker."""


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


@dataclass(frozen=True)
class Server:
    """A server that a home has for itself."""

    name: str
    """Of its record, its lock and its log."""
    words: str
    ports: tuple[str, ...]
    """The settings that name its ports."""
    command: Callable[[Settings], Awaitable[Sequence[str]]]
    answers: Callable[[Settings], Awaitable[object]]
    """Whether a server of this kind answers, whoever started it."""
    refusal: type[WorkshopError]
    """The error to raise where it cannot be had."""
    runs_at_home: bool = False
    """Whether its working folder is the home; otherwise it is that of whoever starts it."""


@dataclass(frozen=True)
class Holder:
    """Who listens on a port."""

    name: str = "another program"
    pid: int | None = None
    user: str = ""
    folder: str = ""
    """Where it keeps its state or runs, as far as this system tells."""

    def __str__(self) -> str:
        told = [f"process {self.pid}"] if self.pid else ["its process is not told to you"]
        told += [f"user {self.user}"] if self.user else []
        told += [self.folder] if self.folder else []
        return f"{self.name} ({', '.join(told)})"


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
    done = subprocess.run(
        [*shell, *command],
        stdout=subprocess.PIPE,
        check=True,
        start_new_session=True,
        cwd=folder,
    )
    pid = int(done.stdout)
    started = 0.0  # of one that has ended already: whoever waits for it is told so
    with suppress(psutil.NoSuchProcess):
        started = psutil.Process(pid).create_time()
    record = Record(pid, started, ports, os.path.realpath(home))
    try:
        _file(home, name).write_text(json.dumps(asdict(record)))
    except OSError as error:
        if process := _process(record):
            process.kill()  # without a record, nobody would ever end it
        raise disk.refused(error, _file(home, name)) from None
    return record


async def ensure(settings: Settings, server: Server, *, limit: float) -> bool:
    """Find this home's server or start it, and return when it answers.

    A port that the settings name is used or refused. Otherwise the server takes its earlier port,
    the usual one or the next that is free, and `settings.load` tells that one from then on.

    Args:
        limit: seconds of a quiet machine to wait for one that has been started.

    Returns:
        Whether it was started now.

    Raises:
        server.refusal: it cannot be had, with the reason and what to do.
        ProcessError: something else holds the port that the settings name.
    """
    home = settings.home
    if _here(home, server.name) and await server.answers(settings):
        return False
    # Whoever holds it may wait as long as `_comes_up` does.
    async with lock(home, server.name, limit=11 * limit):
        # Another notebook may have been quicker, and may have chosen other ports.
        settings = settings.at(recorded_ports(home))
        if _here(home, server.name) and await server.answers(settings):
            return False
        # One of ours that no longer answers is replaced.
        await asyncio.to_thread(end, home, server.name, limit=2.0)
        for _ in range(TRIES):
            ports = {name: _free_port(settings, name) for name in server.ports}
            settings = settings.at(ports)
            line = await server.command(settings)
            folder = home if server.runs_at_home else None
            record = start(server.name, line, home=home, ports=ports, folder=folder)
            if await _comes_up(settings, server, record, limit):
                return True
    raise server.refusal(
        f"The {server.words} found its ports taken {TRIES} times, the last time "
        f"{', '.join(map(str, ports.values()))}.",
        do="Run this again.",
    )


async def _comes_up(settings: Settings, server: Server, record: Record, limit: float) -> bool:
    """Wait for a server that was started. False where its port was taken in the meantime."""
    waiting, worked = Patience(limit), 0.0
    # Whoever answers: the ports must be those of the process that was started.
    while not (_holds(record) and await server.answers(settings)):
        process = _process(record)
        if process is None:
            if any(map(listens, record.ports.values())):
                return False
            raise server.refusal(
                f"The {server.words} ended while it was starting. "
                f"{last_line(settings.home, server.name)}",
                do=f"Read {settings.home / (server.name + '.log')}; `python -m workshop doctor` "
                "says what is wrong, `reset` starts afresh.",
            )
        with suppress(psutil.Error):
            worked = sum(process.cpu_times()[:2])
        # A busy machine gives it little at a time; it comes as long as it works, but not for ever.
        if waiting.over(moved=worked) or worked > limit:
            raise server.refusal(
                f"The {server.words} (process {record.pid}) has not answered, "
                f"and has worked for {worked:.1f} s.",
                "It takes about a second of work.",
                "Run `python -m workshop down`, then this again.",
            )
        await asyncio.sleep(0.02)
    return True


def _free_port(settings: Settings, setting: str) -> int:
    """The port to use: the one in the settings, or the next one that is free.

    Raises:
        ProcessError: the settings name it, and something else holds it.
    """
    wanted = settings.port(setting)
    if _can_listen(wanted):
        return wanted
    if setting in settings.given:
        raise taken(wanted, setting)
    usual = DEFAULT_PORTS[setting]
    # Ten further: what a person knows of the usual ones, such as their last digit, stays true.
    for candidate in range(usual, min(usual + 1000, 65536), 10):
        if _can_listen(candidate):
            return candidate
    raise taken(wanted, setting)


def _can_listen(port: int) -> bool:
    if listens(port):
        return False
    with socket.socket() as probe:
        # As servers do: connections that were closed a moment ago do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _holds(record: Record) -> bool:
    """Whether the process itself listens on its ports."""
    try:
        return _listening(psutil.Process(record.pid)) >= set(record.ports.values())
    except psutil.NoSuchProcess:
        return False


def running(home: Path, name: str) -> Record | None:
    """The recorded process if it is running and is this home's, else None."""
    try:
        record = Record(**json.loads(_file(home, name).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    process = _process(record)
    return record if process and _writes_into(process, home, name) else None


def _here(home: Path, name: str) -> bool:
    record = running(home, name)
    return record is not None and record.home == os.path.realpath(home)


def end(home: Path, name: str, *, limit: float = 10.0) -> Record | None:
    """End this home's process: asked first, killed after `limit` seconds.

    Returns:
        What was ended, or None when nothing of ours was running.
    """
    # The record stays: it remembers the ports.
    found = [record] if (record := running(home, name)) else _unrecorded(home, name)
    for record in found:
        if process := _process(record):
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


def listens(port: int) -> bool:
    """Whether something accepts connections on this port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def holder(port: int) -> Holder:
    """Who listens on a port of the loopback address, as far as this system tells."""
    # Another user's connections are not shown, but their command lines mostly are.
    found = _listener(port) or _by_command_line(port)
    if found is None:
        return Holder()
    name, user, folder = "another program", "", ""
    with suppress(psutil.Error):
        name = found.name()
    with suppress(psutil.Error):
        user = found.username()
    with suppress(psutil.Error):
        folder = _state(found.cmdline()) or found.cwd()
    if folder and not Path(folder).exists():
        folder = f"{folder}, a folder that is gone"
    return Holder(name, found.pid, user, folder)


def others(settings: Settings) -> dict[Holder, list[int]]:
    """Who else holds usual ports, which this home would have taken, and which ports."""
    own = {
        port
        for name in SERVERS
        if (record := running(settings.home, name))
        for port in record.ports.values()
    }
    found: dict[Holder, list[int]] = {}
    for setting, port in DEFAULT_PORTS.items():
        if setting not in settings.given and port not in own and listens(port):
            found.setdefault(holder(port), []).append(port)
    return found


def _listener(port: int) -> psutil.Process | None:
    try:
        for one in psutil.net_connections(kind="tcp"):
            at = getattr(one.laddr, "port", None)
            if one.status == psutil.CONN_LISTEN and at == port and one.pid:
                return psutil.Process(one.pid)
    except psutil.AccessDenied:  # macOS tells only what is asked of a process of one's own
        for process in psutil.process_iter():
            if port in _listening(process):
                return process
    except psutil.NoSuchProcess:
        pass
    return None


def _listening(process: psutil.Process) -> set[int]:
    # psutil had another name for it before its release 6, and Colab has 5.9.5.
    ask = getattr(process, "net_connections", None) or process.connections
    try:
        connections = ask(kind="tcp")
    except psutil.Error:
        return set()
    return {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN}


def _by_command_line(port: int) -> psutil.Process | None:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if str(port) in process.cmdline() and process.uids().real != os.getuid():
                return process
    return None


def _state(line: Sequence[str]) -> str:
    """The folder in which a server of the workshop keeps its state, or an empty string."""
    for word in line:
        if word.startswith("/") and word.endswith((".db", ".sqlite")):
            return str(Path(word).parent)
    return ""


def taken(port: int, setting: str) -> ProcessError:
    """The error for a port that something else holds."""
    return ProcessError(
        f"Port {port} is taken by {holder(port)}.",
        f"{setting} names this port, and the workshop needs it to itself.",
        f"End that program, or remove {setting} to let the workshop choose, and run this again.",
    )


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
