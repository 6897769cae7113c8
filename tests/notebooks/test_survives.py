"""The kernel is killed while a step fails; a new one finishes the Workflow without paying again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kernels import FINISHED, Kernel, Ran, Room, code_cells, kernel, name

from workshop.core import processes
from workshop.practice.model import process
from workshop.practice.model.ledger import Ledger
from workshop.services import temporal_service

# Lessons whose Workflow waits for a durable timer while its Worker is stopped.
TIMED = [
    path for path in FINISHED if any("workflow.sleep(" in cell.source for cell in code_cells(path))
]
STARTS = "client.start_workflow("


@dataclass
class Survived:
    """A Workflow that was finished by another kernel than the one that started it."""

    status: str
    """What the new kernel found, before it went on."""
    followed: Ran
    paid: int
    """Calls that the provider received for it."""
    servers_before: set[int]
    servers_after: set[int]


def _servers(room: Room) -> set[int]:
    """Process ids of the Temporal Service and the practice model that run."""
    names = (temporal_service.NAME, process.NAME)
    found = [processes.running(room.state, name) for name in names]
    return {record.pid for record in found if record}


def _calls(room: Room, workflow_id: str) -> int:
    calls = Ledger(room.state / "practice-ledger.sqlite").calls()
    return sum(call.workflow_id == workflow_id for call in calls)


def _again(cells: Iterable[Any]) -> list[Any]:
    """The cells that a person runs again after a restart: those that only define or prepare."""
    leave = ["follow(", "naive_app(", "render_mermaid(", "receipt(", "handle.fetch", "= ask("]
    leave += ["check(", "crash(", "timeline(", STARTS]
    return [cell for cell in cells if not any(word in cell.source for word in leave)]


async def _checked(running: Kernel, cells: Iterable[Any]) -> None:
    for ran in await running.run_all(cells):
        assert ran.error is None, f"{ran.source}\n{ran.text}"


async def _finish(
    room: Room,
    path: Path,
    above: list[Any],
    workflow_id: str,
    servers: set[int],
    obstacle: Path | None = None,
) -> Survived:
    """A new kernel: the cells above, the Workflow's handle by its id, a Worker."""
    # One Worker, with the newest code; each other would be stopped by the next.
    *_, worker = [cell for cell in above if "start_worker(" in cell.source]
    async with kernel(room, path) as fresh:
        await _checked(fresh, [cell for cell in above if "start_worker(" not in cell.source])
        status = await fresh.run(
            f"handle = client.get_workflow_handle({workflow_id!r})\n"
            "print((await handle.describe()).status.name)"
        )
        if obstacle:
            shutil.rmtree(obstacle)
        await _checked(fresh, [worker])
        followed = await fresh.run("await follow(handle)")
    return Survived(status.text, followed, _calls(room, workflow_id), servers, _servers(room))


async def killed_after_the_start(room: Room, path: Path) -> Survived:
    """SIGKILL while the report, paid for, waits for a disk that refuses the PDF."""
    cells = code_cells(path)
    start = next(n for n, cell in enumerate(cells) if STARTS in cell.source)
    pdf = next(found[1] for c in cells if (found := re.search(r'show_pdf\("(.+?)"\)', c.source)))
    obstacle = (room.tree / path).parent / pdf
    (obstacle / "in the way").mkdir(parents=True)
    async with kernel(room, path) as first:
        await _checked(first, cells[:start])
        await _checked(first, [cells[start]])
        watched = await first.run(
            "await follow(handle, until=lambda p: any(\n"
            "    s.error and s.attempt and s.attempt > 1 for s in p.steps))"
        )
        assert watched.error is None, watched.text
        workflow_id = await first.value("handle.id")
        servers = _servers(room)
        await first.kill()
    return await _finish(room, path, _again(cells[:start]), workflow_id, servers, obstacle)


def _check(survived: Survived) -> None:
    assert survived.status == "RUNNING", "the kernel was killed too late to show anything"
    assert survived.followed.error is None, survived.followed.text
    assert ": completed" in survived.followed.text
    assert survived.paid == 1
    assert len(survived.servers_before) == 2, "a Temporal Service and a practice model"
    assert survived.servers_after == survived.servers_before


@pytest.mark.scenario(kind="kernels killed", run=killed_after_the_start)
@pytest.mark.parametrize("path", TIMED, ids=name)
def test_a_kernel_killed_after_the_start_costs_no_second_call(path: Path, ran: Survived) -> None:
    _check(ran)
    assert re.search(r"create_pdf_activity +completed, attempt [2-9]", ran.followed.text)
