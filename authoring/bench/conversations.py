"""What a turn of an agent costs as its conversation grows: milliseconds, and bytes of history.

The Worker is demo 04's, as a process. The model calls a tool at every turn and never answers, so
that a conversation is as long as its budget. Each turn sends all that was said before.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from authoring.bench import machine
from authoring.bench.room import inside, room, say
from authoring.bench.table import Row, Section, median
from workshop import temporal_service
from workshop.practice_model import faults, process
from workshop.settings import ROOT
from workshop.site.client import open_site

WORKER = ROOT / "demos" / "module_one_04_agentic_loop" / "worker.py"
QUEUE = "bench-agents"
TURNS = 100
NEVER, OFTEN = 1000, 20
"""Turns after which the demo begins a new run; by default it is 50."""
_AROUND = 5
"""A turn's cost is the median of so many turns on either side of it."""
_LIMIT = 180.0


@dataclass
class Conversation:
    """One conversation, all its runs together."""

    seconds: list[float]
    """Of each turn: from the model's call being scheduled to the next one's."""
    sizes: list[int]
    """Bytes that each turn added to the Event History."""
    runs: int
    longest: int
    """Bytes of the longest run's history: what a Worker reads when it has to replay."""


def measure(times: int) -> Section:
    """The same conversation in one run, and in as many as the service suggests."""
    section = Section(f"A turn of an agent, in a conversation of {TURNS} turns")
    for label, turns in (("one run", NEVER), ("continued as new", OFTEN)):
        say(f"an agent's conversation, {label}")
        found = asyncio.run(_conversation(turns))
        for turn in (10, TURNS // 2, TURNS - 10):
            near = slice(turn - _AROUND, turn + _AROUND)
            size = median([float(n) for n in found.sizes[near]]) / 1024
            section.rows += [
                Row(f"{label}, turn {turn}", median(found.seconds[near]) * 1000, "ms",
                    how=f"{size:.1f} KiB of history a turn"),
            ]  # fmt: skip
        section.rows.append(
            Row(f"{label}, all", sum(found.sizes) / 2**20, "MiB",
                how=f"{found.runs} run(s), the longest history {found.longest / 1024:,.0f} KiB")
        )  # fmt: skip
    section.notes.append(f"Continued as new after each {OFTEN} turns; the demo does so after 50.")
    return section


async def _conversation(turns_a_run: int) -> Conversation:
    with (
        room() as (folder, environment),
        inside(folder, environment) as settings,
    ):
        await asyncio.gather(temporal_service.ensure(settings), process.ensure(settings))
        await open_site()
        client = await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=pydantic_data_converter,
        )
        with _worker(folder, environment):
            await asyncio.to_thread(machine.wait_until_quiet)
            async with faults.misbehaving("endless", base=settings.llm_api_base):
                handle = await client.start_workflow(
                    "AgentWorkflow",
                    {
                        "goal": "Search the notes for tardigrades and for dolphins.",
                        "budget": {"turns": TURNS, "dollars": 1000.0},
                        "turns_a_run": turns_a_run,
                    },
                    id=f"agent-{uuid.uuid4()}",
                    task_queue=QUEUE,
                )
                result = await asyncio.wait_for(handle.result(), _LIMIT)
        assert result["status"] == "out of turns", result
        return await _read(client, handle.id)


async def _read(client: Client, workflow_id: str) -> Conversation:
    """Times and bytes of each turn, from the histories of all runs."""
    histories = [
        (await client.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()).events
        async for one in client.list_workflows(f"WorkflowId = '{workflow_id}'")
    ]
    histories.sort(key=lambda events: events[0].event_time.ToNanoseconds())
    moments: list[float] = []
    sizes: list[int] = []
    for events in histories:
        for event in events:
            scheduled = event.activity_task_scheduled_event_attributes
            if scheduled.activity_type.name == "llm_call":
                moments.append(event.event_time.ToNanoseconds() / 1e9)
                sizes.append(0)
            if sizes:
                sizes[-1] += event.ByteSize()
    seconds = [after - before for before, after in pairwise(moments)]
    longest = max(sum(event.ByteSize() for event in events) for events in histories)
    return Conversation(seconds, sizes, len(histories), longest)


@contextmanager
def _worker(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Demo 04's Worker, once it polls; killed at the end of the block."""
    log = folder / "worker.log"
    with log.open("wb") as out:
        worker = subprocess.Popen(
            [sys.executable, "-u", str(WORKER)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=folder,
            env={**environment, "DEMO_TASK_QUEUE": QUEUE},
        )
    try:
        until = time.monotonic() + _LIMIT
        while "polls the Task Queue" not in log.read_text(errors="replace"):
            if time.monotonic() > until or worker.poll() is not None:
                raise RuntimeError(f"the Worker does not poll: {log.read_text()[-500:]}")
            time.sleep(0.05)
        yield
    finally:
        worker.kill()
        worker.wait()
