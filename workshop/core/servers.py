"""Servers that a home has for itself: found or started, on ports that are free."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from workshop.core import processes
from workshop.core.errors import WorkshopError
from workshop.core.listeners import Holder, holder, is_free, listens, ports_of
from workshop.core.patience import Patience
from workshop.core.processes import ProcessError, Record
from workshop.core.settings import DEFAULT_PORTS, SERVERS, Settings, recorded_ports

TRIES = 5
"""How often other ports are chosen where another program was quicker."""


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
    if await _is_here(settings, server):
        return False
    # Whoever holds it may wait as long as `_comes_up` does.
    async with processes.lock(home, server.name, limit=11 * limit):
        # Another notebook may have been quicker, and may have chosen other ports.
        settings = settings.at(recorded_ports(home))
        if await _is_here(settings, server):
            return False
        # One of ours that no longer answers is replaced.
        await asyncio.to_thread(processes.end, home, server.name, limit=2.0)
        for _ in range(TRIES):
            ports = {name: _free_port(settings, name) for name in server.ports}
            settings = settings.at(ports)
            line = await server.command(settings)
            folder = home if server.runs_at_home else None
            record = processes.start(server.name, line, home=home, ports=ports, folder=folder)
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
    while True:
        process = processes.alive(record)
        # Whoever answers: the ports must be those of the process that was started.
        own = process is not None and ports_of(process) >= set(record.ports.values())
        if own and await server.answers(settings):
            return True
        if process is None:
            if any(map(listens, record.ports.values())):
                return False
            raise server.refusal(
                f"The {server.words} ended while it was starting. "
                f"{processes.last_line(settings.home, server.name)}",
                do=f"Read {settings.home / (server.name + '.log')}; `python -m workshop doctor` "
                "says what is wrong, `reset` starts again from the beginning.",
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


def _free_port(settings: Settings, setting: str) -> int:
    """The port to use: the one in the settings, or the next one that is free.

    Raises:
        ProcessError: the settings name it, and something else holds it.
    """
    wanted, usual = settings.port(setting), DEFAULT_PORTS[setting]
    candidates = [wanted]
    if setting not in settings.given:
        # Ten further: what a person knows of the usual ones, such as their last digit, stays true.
        candidates += range(usual, min(usual + 1000, 65536), 10)
    for port in candidates:
        if is_free(port):
            return port
    raise taken(wanted, setting)


async def _is_here(settings: Settings, server: Server) -> bool:
    record = processes.running(settings.home, server.name)
    here = record is not None and record.home == os.path.realpath(settings.home)
    return here and bool(await server.answers(settings))


def others(settings: Settings) -> dict[Holder, list[int]]:
    """Who else holds usual ports, which this home would have taken, and which ports."""
    own = {
        port
        for name in SERVERS
        if (record := processes.running(settings.home, name))
        for port in record.ports.values()
    }
    found: dict[Holder, list[int]] = {}
    for setting, port in DEFAULT_PORTS.items():
        if setting not in settings.given and port not in own and listens(port):
            found.setdefault(holder(port), []).append(port)
    return found


def taken(port: int, setting: str) -> ProcessError:
    """The error for a port that something else holds."""
    return ProcessError(
        f"Port {port} is taken by {holder(port)}.",
        f"{setting} names this port, and the workshop needs it to itself.",
        f"End that program, or remove {setting} to let the workshop choose, and run this again.",
    )
