"""Finished lesson 02 in a kernel: the time of each cell, and how much of it is waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
import psutil
from google.protobuf.duration_pb2 import Duration
from nbclient import NotebookClient
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from authoring import build, notebooks
from authoring.bench import machine
from authoring.bench.room import inside, mebibytes, room, say
from authoring.bench.table import Row, Section, median, spread
from workshop.settings import Settings

TARGET = 6.0
"""Seconds, apart from the waits that the lesson needs."""
_LESSON = "02_Adding_Durability_with_Temporal"
_CELL_LIMIT = 60


@dataclass
class Run:
    """One run of the notebook."""

    kernel: float = 0.0
    """Seconds until the kernel was ready."""
    cells: list[tuple[float, str]] = field(default_factory=list)
    """Seconds of each code cell, and its first line."""
    waits: float = 0.0
    """Seconds of retry pauses and timers, from the Event Histories."""
    memory: float = 0.0
    """Resident memory of the kernel at the end, in MiB."""
    checks: list[float] = field(default_factory=list)
    """Seconds of each cell that checks a blank."""

    @property
    def total(self) -> float:
        return sum(seconds for seconds, _ in self.cells)

    @property
    def work(self) -> float:
        return self.total - self.waits


def measure(times: int) -> Section:
    """Run it `times` times; the slowest cells are those of the quickest run."""
    runs = [run() for _ in range(times)]
    best = min(runs, key=lambda one: one.work)
    work = [one.work for one in runs]
    slow = sorted(best.cells, reverse=True)[:8]
    return Section(
        "Finished lesson 02, top to bottom",
        [
            Row("all code cells", median([one.total for one in runs]), "s", how="waits included"),
            Row(
                "waits that the lesson needs",
                best.waits,
                "s",
                how="retry pauses and timers in the Event Histories",
            ),
            Row("without them", median(work), "s", TARGET, how=spread(work, "s")),
            Row("starting the kernel", median([one.kernel for one in runs]), "s", how="beforehand"),
        ],
        ["Without the cells that kill processes: they wait for other processes all the time."]
        + ["Slowest cells, waits included:"]
        + [f"{seconds:.2f} s `{line}`" for seconds, line in slow],
    )


@cache
def run_once() -> Run:
    """One run, shared by those who ask for its memory alone."""
    return run()


def run(kind: str = "lesson") -> Run:
    """Run the finished notebook of the lesson, or of its exercise, in a room of its own.

    Cells that kill processes are left out: they wait for others all the time.
    """
    say(f"{kind} 02, top to bottom")
    machine.wait_until_quiet()
    built = build.derive()
    path = next(
        path
        for path, name in built.finished.items()
        if name == _LESSON and path.startswith("exercises/") == (kind == "exercise")
    )
    with room() as (folder, environment):
        for name, content in built.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        found = _cells(notebooks.read(built.files[path]), (folder / path).parent, environment)
        with inside(folder, environment) as settings:
            found.waits = asyncio.run(_waits(settings))
    return found


def _cells(notebook: nbformat.NotebookNode, where: Path, environment: dict[str, str]) -> Run:
    found = Run()
    client = NotebookClient(
        notebook,
        timeout=_CELL_LIMIT,
        kernel_name="python3",
        resources={"metadata": {"path": str(where)}},
        record_timing=False,
    )
    began = time.perf_counter()
    with client.setup_kernel(env=environment):
        found.kernel = time.perf_counter() - began
        for index, cell in enumerate(notebook.cells):
            if "await crash(" in cell.source:
                continue
            began = time.perf_counter()
            client.execute_cell(cell, index)
            if cell.cell_type == "code":
                first = cell.source.strip().partition("\n")[0]
                if first.startswith("await check("):
                    found.checks.append(time.perf_counter() - began)
                found.cells.append((time.perf_counter() - began, first))
        # The kernel is the one child whose command line says so.
        kernel = next(
            child
            for child in psutil.Process().children()
            if "ipykernel_launcher" in child.cmdline()
        )
        found.memory = mebibytes(kernel)
    return found


async def _waits(settings: Settings) -> float:
    client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace)
    total = 0.0
    async for one in client.list_workflows():
        history = await client.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()
        total += needed(history.events)
    return total


def needed(events: Iterable[HistoryEvent]) -> float:
    """Seconds that a Workflow had to wait: the pauses between attempts, by their retry policy,
    and its timers (https://docs.temporal.io/encyclopedia/retry-policies)."""
    total, policies = 0.0, {}
    for event in events:
        if event.HasField("timer_started_event_attributes"):
            total += _seconds(event.timer_started_event_attributes.start_to_fire_timeout)
        elif event.HasField("activity_task_scheduled_event_attributes"):
            policies[event.event_id] = event.activity_task_scheduled_event_attributes.retry_policy
        elif event.HasField("activity_task_started_event_attributes"):
            started = event.activity_task_started_event_attributes
            policy = policies[started.scheduled_event_id]
            pause = _seconds(policy.initial_interval)
            longest = _seconds(policy.maximum_interval) or 100 * pause
            for _ in range(started.attempt - 1):
                total += min(pause, longest)
                pause *= policy.backoff_coefficient
    return total


def _seconds(length: Duration) -> float:
    return length.ToTimedelta().total_seconds()
