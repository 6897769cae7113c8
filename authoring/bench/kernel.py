"""Lesson 02 in a real kernel: the time of its cells, what a report costs, what memory is used."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import psutil
from google.protobuf.duration_pb2 import Duration
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from authoring import build, execute, notebooks
from authoring.bench import Row
from authoring.room import room
from workshop.core import processes
from workshop.practice.model import process
from workshop.services import temporal_service

LESSON, CHECK = 6.0, 1.5
"""Targets, in seconds: the lesson apart from the waits that it needs, and its slowest check."""
DIFFERENCE, RATE = 35.0, 50.0
"""Targets: milliseconds that Temporal may add to a report; reports a second, 50 at once."""
MODEL_MEMORY = 60.0
"""Target: resident memory of the practice model, in MiB."""
_FOLDER = "Solutions_02_Adding_Durability_with_Temporal/"
_INSIDE = "import json; from authoring.bench import kernel; print(json.dumps(await kernel.{}))"
_PROMPT = "Give me 3 facts about sustainable energy"
_WARM_UP, _EACH, _AT_ONCE, _BURST, _MANY = 20, 20, 50, 150, 500
"""How many reports: before any is measured (the service's first ones are quicker than the rest),
one at a time and together in each round, and in all before memory is measured."""


def lesson(times: int) -> list[Row]:
    """All cells but those that kill processes: they wait for other processes all the time."""
    cells = [cell for cell in _cells() if "await crash(" not in cell]
    runs = [_run(cells, "waits(client)") for _ in range(times)]
    whole = [sum(seconds for seconds, _ in timed) for timed, _ in runs]
    work = [seconds - said["waits"] for seconds, (_, said) in zip(whole, runs, strict=True)]
    timed, said = runs[work.index(min(work))]
    checks = [seconds for seconds, first in timed if first.startswith("await check(")]
    slow, how = sorted(timed, reverse=True)[:8], "of the slowest, waits included"
    return [
        Row("all code cells", whole, "s"),
        Row("waits that the lesson needs", [said["waits"]], "s", how="retry pauses and timers"),
        Row("without them", work, "s", LESSON),
        Row("its slowest check", [max(checks)], "s", CHECK, how=f"of {len(checks)}, all right"),
        Row("memory of the kernel at the end", [said["memory"]], "MiB"),
        *(Row(f"`{first}`", [seconds], "s", how=how) for seconds, first in slow),
    ]


def report(times: int) -> list[Row]:
    """The lesson's own cells up to its Worker, which makes 50 reports at once, then one by one."""
    cells = _cells()
    worker = next(n for n, cell in enumerate(cells) if "await start_worker(" in cell)
    said = _run(cells[: worker + 1], f"reports(globals(), {times})")[1]
    added = statistics.median(said["durable"]) - statistics.median(said["direct"])
    cost, memory = said["cost"].items(), said["memory"].items()
    bound = {"practice model": MODEL_MEMORY}
    return [
        Row("through Temporal", said["durable"], "ms"),
        Row("directly", said["direct"], "ms", how="taking turns"),
        Row("difference of the medians", [added], "ms", DIFFERENCE),
        Row("50 at once", said["rate"], "a second", RATE, at_least=True),
        *(Row(f"{who}, processor time of one", [ms], "ms", how="50 at once") for who, ms in cost),
        *(Row(f"{who}, memory at the end", [size], "MiB", bound.get(who)) for who, size in memory),
    ]


def _cells() -> list[str]:
    """The code cells of finished lesson 02."""
    files = build.derive().files
    text = next(files[path] for path in files if path.startswith(_FOLDER) and "ipynb" in path)
    return [cell.source for cell in notebooks.code_cells(notebooks.read(text))]


def _run(cells: Sequence[str], last: str) -> tuple[list[tuple[float, str]], Any]:
    """Run cells in a room. Returns the seconds and the first line of each, and what `last` said."""
    sources = enumerate([*cells, _INSIDE.format(last)])
    made = notebooks.new([notebooks.new_cell("code", text, f"c{n}", {}) for n, text in sources])
    with room({"WORKSHOP_PRACTICE_DELAY": "0"}) as (folder, environment):
        made = execute.run(made, folder, environment)
    *timed, ending = made.cells
    found = [(_seconds(cell), cell.source.strip().partition("\n")[0]) for cell in timed]
    return found, json.loads(ending.outputs[-1].text.splitlines()[-1])


def _seconds(cell: nbformat.NotebookNode) -> float:
    """What a cell took, as its kernel stamped the messages about it."""
    began, ended = (
        datetime.fromisoformat(cell.metadata.execution[name].replace("Z", "+00:00"))
        for name in ("iopub.execute_input", "shell.execute_reply")
    )
    return (ended - began).total_seconds()


# --- in the kernel, by _INSIDE ---


async def waits(client: Client) -> dict[str, float]:
    """Seconds that all Workflows of this notebook had to wait, and the kernel's memory in MiB."""
    total = 0.0
    async for one in client.list_workflows():
        history = await client.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()
        total += needed(history.events)
    return {"waits": total, "memory": psutil.Process().memory_info().rss / 2**20}


def needed(events: Iterable[HistoryEvent]) -> float:
    """Seconds that a Workflow had to wait: the pauses between attempts, by their retry policy, its
    timers (https://docs.temporal.io/encyclopedia/retry-policies), and the time limit of a Workflow
    Task that has failed, after which it is tried again."""
    total, policies, limit = 0.0, {}, 0.0
    for event in events:
        if event.HasField("timer_started_event_attributes"):
            total += _length(event.timer_started_event_attributes.start_to_fire_timeout)
        elif event.HasField("workflow_task_scheduled_event_attributes"):
            limit = _length(event.workflow_task_scheduled_event_attributes.start_to_close_timeout)
        elif event.HasField("workflow_task_failed_event_attributes"):
            total += limit
        elif event.HasField("activity_task_scheduled_event_attributes"):
            policies[event.event_id] = event.activity_task_scheduled_event_attributes.retry_policy
        elif event.HasField("activity_task_started_event_attributes"):
            started = event.activity_task_started_event_attributes
            policy = policies[started.scheduled_event_id]
            pause = _length(policy.initial_interval)
            longest = _length(policy.maximum_interval) or 100 * pause
            for _ in range(started.attempt - 1):
                total += min(pause, longest)
                pause *= policy.backoff_coefficient
    return total


async def reports(lesson: Mapping[str, Any], times: int) -> dict[str, Any]:
    """Milliseconds of a report, reports a second, processor time and memory of what makes them,
    with the names that the `lesson` has defined in this kernel, where its Worker runs."""
    prompt, client = lesson["LLMCallInput"](prompt=_PROMPT), lesson["client"]
    asked = lesson["GenerateReportInput"](prompt=_PROMPT)

    async def durable() -> None:
        name, queue = f"report-{uuid.uuid4()}", "research"
        await client.execute_workflow("GenerateReportWorkflow", asked, id=name, task_queue=queue)

    async def direct() -> None:
        text = lesson["llm_call"](prompt)["choices"][0]["message"]["content"]
        lesson["create_pdf_activity"](lesson["PDFGenerationInput"](content=text))

    async def many(count: int) -> None:
        places = asyncio.Semaphore(_AT_ONCE)

        async def one() -> None:
            async with places:
                await durable()

        await asyncio.gather(*(one() for _ in range(count)))

    found: dict[str, list[float]] = {"durable": [], "direct": [], "rate": []}
    for _ in range(_WARM_UP):
        await durable()
        await direct()
    servers = _processes()
    before = {name: sum(one.cpu_times()[:2]) for name, one in servers.items()}
    for _ in range(times):
        began = time.perf_counter()
        await many(_BURST)
        found["rate"].append(_BURST / (time.perf_counter() - began))
    made = _BURST * times / 1000
    cost = {name: (sum(one.cpu_times()[:2]) - before[name]) / made for name, one in servers.items()}
    for _ in range(_EACH * times):
        for name, way in (("durable", durable), ("direct", direct)):
            began = time.perf_counter()
            await way()
            found[name].append((time.perf_counter() - began) * 1000)
    await many(_MANY)
    memory = {name: one.memory_info().rss / 2**20 for name, one in servers.items()}
    return {**found, "cost": cost, "memory": memory}


def _processes() -> dict[str, psutil.Process]:
    """This kernel, in which the Worker is, and the servers that it uses."""
    found = {"Worker and kernel": psutil.Process()}
    names = {"Temporal Service": temporal_service.NAME, "practice model": process.NAME}
    for words, name in names.items():
        record = processes.running(Path(os.environ["WORKSHOP_HOME"]), name)
        assert record, f"{words} does not run"
        found[words] = psutil.Process(record.pid)
    return found


def _length(length: Duration) -> float:
    return length.ToTimedelta().total_seconds()
