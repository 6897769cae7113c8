"""`begin`: cold against `temporal server start-dev` with the same flags, and warm."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time

from authoring.bench import machine
from authoring.bench.room import end, inside, room, say
from authoring.bench.table import Row, Section, median, spread
from workshop import temporal_service
from workshop.settings import ROOT

WARM = 0.2
"""Target, in seconds."""
# As in a notebook: the import is a cell's first line, and begin its second.
_BEGIN = """
import asyncio, json, sys, time
from workshop import begin
times = []
for _ in range(2):
    began = time.perf_counter()
    asyncio.run(begin("02"))
    times.append(time.perf_counter() - began)
print(json.dumps(times))
"""


def cold_target(start_dev: float) -> float:
    """Seconds that a cold `begin` may take, where the dev server alone takes `start_dev` s."""
    return 1.2 * start_dev + 0.5


def measure(times: int) -> Section:
    """The two alternate, so that a busy machine slows both."""
    alone, cold, warm = [], [], []
    for n in range(times):
        say(f"begin and start-dev, {n + 1} of {times}")
        machine.wait_until_quiet()
        alone.append(_start_dev())
        first, second = _begin()
        cold.append(first)
        warm.append(second)
    return Section(
        "begin",
        [
            Row(
                "temporal server start-dev, to healthy", median(alone), "s", how=spread(alone, "s")
            ),
            Row(
                "begin, cold", median(cold), "s", cold_target(median(alone)), how=spread(cold, "s")
            ),
            Row("begin, warm", median(warm), "s", WARM, how=spread(warm, "s")),
        ],
        ["A new database file each time; target of the cold one: 1.2 × start-dev + 0.5 s."],
    )


def _start_dev() -> float:
    """Seconds from the command, with the flags that the workshop uses, to a healthy service."""
    with room() as (folder, environment), inside(folder, environment) as settings:
        settings.home.mkdir()
        binary = asyncio.run(temporal_service.find_binary(settings.home))
        began = time.perf_counter()
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                temporal_service.command(binary, settings),
                stdout=log,
                stderr=log,
                cwd=settings.home,
            )
        try:
            asyncio.run(_healthy(settings.temporal_address))
            return time.perf_counter() - began
        finally:
            server.terminate()
            server.wait(timeout=20)


async def _healthy(address: str, *, limit: float = 60.0) -> None:
    until = time.monotonic() + limit
    while not await temporal_service.healthy(address):
        if time.monotonic() > until:
            raise TimeoutError(f"temporal server start-dev was not healthy after {limit:.0f} s")
        await asyncio.sleep(0.01)


def _begin() -> tuple[float, float]:
    """Seconds of the first and of the second `begin` in a new room."""
    with room() as (folder, environment):
        done = subprocess.run(
            [sys.executable, "-c", _BEGIN],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"begin failed:\n{done.stderr[-2000:]}")
        first, second = json.loads(done.stdout.strip().splitlines()[-1])
        end(folder / "state")
    return first, second
