"""One report through Temporal against the same two calls made directly; many at once; memory.

The Activities, the Workflow and the Worker are the finished cells of lesson 02, run here as in a
kernel: the Worker is a task of this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import psutil
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from authoring.bench import lesson, machine
from authoring.bench.room import inside, mebibytes, room, running, say
from authoring.bench.table import Row, Section, median, quantile, spread
from authoring.source import read_all
from workshop import notebook, start_worker, stop_worker, temporal_service
from workshop.practice_model import process
from workshop.settings import ROOT, Settings

DIFFERENCE = 35.0
"""Target: milliseconds that Temporal may add to a report."""
RATE = 50.0
"""Target: reports a second, 50 at once, on two quiet cores."""
MODEL_MEMORY = 60.0
"""Target: resident memory of the practice model, in MiB."""
_CELLS = (
    "ask_model", "models", "llm_call", "create_pdf_activity", "generatereportworkflow", "worker",
)  # fmt: skip
_PROMPT = "Give me 3 facts about sustainable energy"
_WARM_UP = 20
"""Reports made before any is measured; the service's first ones are quicker than the rest."""
_AT_ONCE = 50


class Desk:
    """Where reports are made: the lesson's code, its Worker, and what the processes use."""

    def __init__(self, settings: Settings, client: Client, cells: ModuleType) -> None:
        self.settings, self.client, self.cells = settings, client, cells
        self.processes = {
            "Worker": psutil.Process(),
            "Temporal Service": running(settings.home, temporal_service.NAME),
            "practice model": running(settings.home, process.NAME),
        }

    async def durable(self, *, eager: bool = False) -> float:
        """Milliseconds of one report through Temporal, from start to result."""
        began = time.perf_counter()
        handle = await self.client.start_workflow(
            self.cells.GenerateReportWorkflow.run,
            self.cells.GenerateReportInput(prompt=_PROMPT),
            id=f"report-{uuid.uuid4()}",
            task_queue="research",
            request_eager_start=eager,
        )
        await handle.result()
        return (time.perf_counter() - began) * 1000

    def direct(self) -> float:
        """Milliseconds of the same two calls without Temporal."""
        began = time.perf_counter()
        answer = self.cells.llm_call(self.cells.LLMCallInput(prompt=_PROMPT))
        text = answer["choices"][0]["message"]["content"]
        self.cells.create_pdf_activity(self.cells.PDFGenerationInput(content=text))
        return (time.perf_counter() - began) * 1000

    async def many(self, count: int) -> float:
        """Reports a second with 50 at once."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def one() -> None:
            async with places:
                await self.durable()

        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(count)))
        return count / (time.perf_counter() - began)

    def used(self) -> dict[str, float]:
        """Seconds of processor time that each process has used so far."""
        times = {name: one.cpu_times() for name, one in self.processes.items()}
        return {name: one.user + one.system for name, one in times.items()}


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """A room with a Temporal Service, a practice model and the lesson's Worker."""
    with room() as (folder, environment), inside(folder, environment) as settings:
        notebook.quiet_logs(settings.home)
        await asyncio.gather(
            temporal_service.ensure(settings),
            process.ensure(settings),
        )
        client = await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=pydantic_data_converter,
        )
        cells = _lesson(settings=settings, client=client)
        with contextlib.redirect_stdout(io.StringIO()):
            await start_worker(cells.run_worker)
        try:
            yield Desk(settings, client, cells)
        finally:
            with contextlib.redirect_stdout(io.StringIO()):
                await stop_worker()


def measure(times: int) -> Section:
    """Both ways of making a report take turns, so that a busy machine slows both."""
    return asyncio.run(_measure(times))


@dataclass
class Round:
    """Reports one at a time and 50 at once, measured within some seconds of each other."""

    durable: list[float]
    eager: list[float]
    direct: list[float]
    rate: float
    cost: dict[str, float]
    """Milliseconds of processor time that a report takes of each process, 50 at once."""
    others: float
    """Cores that were used by processes other than ours meanwhile."""


async def _round(made: Desk) -> Round:
    each, burst = 20, 150
    await asyncio.to_thread(machine.wait_until_quiet)
    began, all_before, ours_before = time.monotonic(), machine.busy_seconds(), made.used()
    durable, eager, direct = [], [], []
    for _ in range(each):
        durable.append(await made.durable())
        direct.append(made.direct())
        eager.append(await made.durable(eager=True))
    before = made.used()
    rate = await made.many(burst)
    after = made.used()
    ours = sum(after.values()) - sum(ours_before.values())
    others = (machine.busy_seconds() - all_before - ours) / (time.monotonic() - began)
    cost = {name: (after[name] - before[name]) * 1000 / burst for name in after}
    return Round(durable, eager, direct, rate, cost, max(others, 0.0))


async def _measure(times: int) -> Section:
    async with desk() as made:
        for _ in range(_WARM_UP):
            await made.durable()
            made.direct()
        rounds = []
        for n in range(times):
            say(f"reports one at a time and {_AT_ONCE} at once, {n + 1} of {times}")
            rounds.append(await _round(made))
    return _section(rounds)


def _section(rounds: list[Round]) -> Section:
    # Rounds in which somebody else needed the cores say little; without any other, they are all
    # there is.
    quiet = [one for one in rounds if one.others < machine.QUIET]
    kept = quiet or rounds
    durable = [ms for one in kept for ms in one.durable]
    eager = [ms for one in kept for ms in one.eager]
    direct = [ms for one in kept for ms in one.direct]
    rates = [one.rate for one in kept]
    cost = {name: median([one.cost[name] for one in kept]) for name in kept[0].cost}
    plain, early = (median(ways) - median(direct) for ways in (durable, eager))
    spent = ", ".join(f"{name} {ms:.0f} ms" for name, ms in cost.items())
    return Section(
        "One report: through Temporal, and its two calls made directly",
        [
            Row("through Temporal, p50", median(durable), "ms", how=f"of {len(durable)}"),
            Row("through Temporal, p95", quantile(durable, 0.95), "ms"),
            Row("directly, p50", median(direct), "ms", how=f"of {len(direct)}, taking turns"),
            Row("directly, p95", quantile(direct, 0.95), "ms"),
            Row("difference of the medians", plain, "ms", DIFFERENCE),
            Row("the same with request_eager_start", early, "ms", DIFFERENCE),
            Row("50 at once", median(rates), "a second", RATE, True, spread(rates, "a second")),
        ],
        [
            f"Processor time of a report, 50 at once: {spent}. Two cores with nothing else to do "
            f"allow {2000 / sum(cost.values()):.0f} a second.",
            f"{len(quiet)} of {len(rounds)} rounds were quiet (others used less than "
            f"{machine.QUIET} cores); "
            + ("these are shown." if quiet else "all are shown, and say little."),
        ],
    )


def memory(times: int) -> Section:
    """Resident memory of what the workshop starts. `times` is not used: it hardly varies."""
    return asyncio.run(_memory())


async def _memory() -> Section:
    say("memory")
    rows = []
    async with desk() as made:
        service, model = made.processes["Temporal Service"], made.processes["practice model"]
        await asyncio.sleep(5)
        rows.append(Row("Temporal Service, at rest", mebibytes(service), "MiB", how="5 s old"))
        await made.many(500)
        rows.append(
            Row("Temporal Service, after 500 reports", mebibytes(service), "MiB", how="50 at once")
        )
        rows.append(
            Row(
                "practice model, after 500 reports",
                mebibytes(model),
                "MiB",
                MODEL_MEMORY,
                how="resident; other processes share a part of it",
            )
        )
    return Section("Resident memory", rows)


def kernel_row() -> Row:
    """Memory of a kernel in which lesson 02 has run."""
    return Row("kernel, all cells of lesson 02 run", lesson.run_once().memory, "MiB")


def _lesson(**names: Any) -> ModuleType:
    """The finished cells of lesson 02 that make a report, in a module of their own."""
    sources, refusals = read_all(ROOT)
    if refusals:
        raise refusals[0]
    source = next(s for s in sources if s.lesson.startswith("02_") and s.kind == "lesson")
    named = {cell.exercise or cell.name: cell for cell in source.cells}
    module = ModuleType("lesson_02")
    # Dataclasses and the SDK look a class's module up by its name.
    sys.modules[module.__name__] = module
    vars(module).update(names)
    for name in _CELLS:
        exec(compile(named[name].finished, f"lesson 02, {name}", "exec"), vars(module))
    return module
