"""Run All twice in one kernel: nothing doubles, nothing is lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import room as rooms
from kernels import FINISHED, Ran, Room, code_cells, crashes, kernel, name, often

# Notebooks that start a Worker.
WORKING = [p for p in FINISHED if any("start_worker(" in c.source for c in code_cells(p))]
WORKERS = """
import asyncio as _asyncio, gc as _gc
from temporalio.worker import Worker as _Worker
print(sum(isinstance(o, _Worker) and o.is_running for o in _gc.get_objects()),
      sum(t.get_name() == "worker" for t in _asyncio.all_tasks()))
"""


@dataclass
class Passes:
    """What each pass over the notebook did, and how many Workers ran where one was started."""

    first: list[Ran] = field(default_factory=list)
    second: list[Ran] = field(default_factory=list)
    workers: list[str] = field(default_factory=list)
    """After each start of a Worker in the second pass: Workers that run, tasks of Workers."""
    at_the_end: str = ""


async def twice(room: Room, path: Path) -> Passes:
    """Run All, and again in the same kernel."""
    # Started beforehand, so that both passes find the same.
    up = await asyncio.to_thread(rooms.workshop, "up", env=room.env)
    assert up.returncode == 0, up.stderr
    passes = Passes()
    cells = [cell for cell in code_cells(path) if not crashes(cell)]
    async with kernel(room, path) as running:
        passes.first = await running.run_all(cells)
        for cell in cells:
            passes.second.append(await running.run(cell.source))
            if "start_worker(" in cell.source and "stop_worker(" not in cell.source:
                passes.workers.append((await running.run(WORKERS)).text)
        passes.at_the_end = (await running.run(WORKERS)).text
    return passes


def _failures(ran: list[Ran]) -> str:
    return "\n\n".join(f"{r.source}\n{r.text}" for r in ran if r.error)


@pytest.mark.scenario(run=twice, passes=2)
@pytest.mark.parametrize("path", often(FINISHED), ids=name)
def test_run_all_twice_says_the_same_words_twice(path: Path, ran: Passes) -> None:
    assert not _failures([*ran.first, *ran.second])
    assert [r.compared() for r in ran.second] == [r.compared() for r in ran.first]


@pytest.mark.scenario(run=twice, passes=2)
@pytest.mark.parametrize("path", often(WORKING), ids=name)
def test_after_run_all_twice_one_worker_polls_and_none_is_left(path: Path, ran: Passes) -> None:
    assert ran.workers and set(ran.workers) == {"1 1"}
    assert ran.at_the_end == "0 0"
