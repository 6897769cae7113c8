"""Notebooks of one lesson open at once, each with its Worker: nobody takes another's work."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kernels import FINISHED, Ran, Room, code_cells, crashes, kernel

SOLUTION = next(path for path in FINISHED if path.parts[0].startswith("Solutions_02"))
MANY = 20 if os.environ.get("EVERY_NOTEBOOK") == "1" else 3


@dataclass
class Run:
    """What one of the kernels did, and where."""

    namespace: str
    ran: list[Ran]
    folder: Path

    @property
    def failures(self) -> str:
        return "\n\n".join(f"{r.source}\n{r.text}" for r in self.ran if r.error)

    @property
    def compared(self) -> list[str]:
        return [r.compared() for r in self.ran]


def _cells() -> list[Any]:
    return [cell for cell in code_cells(SOLUTION) if not crashes(cell)]


async def _whole(room: Room, path: Path) -> Run:
    """Run All of the finished lesson, as if it were the notebook in this place."""
    async with kernel(room, path) as running:
        ran = await running.run_all(_cells())
        return Run(await _namespace(running), ran, (room.tree / path).parent)


async def _namespace(running: Any) -> str:
    return str(await running.value("settings.temporal_namespace"))


async def at_once(room: Room, path: Path) -> list[Run]:
    """So many finished notebooks at once, each in a folder of its own, all in one home."""
    places = []
    for number in range(MANY):
        place = Path(f"copies/{number}/{path.parent}/{path.name}")
        (room.tree / place).parent.mkdir(parents=True)
        places.append(place)
    return list(await asyncio.gather(*(_whole(room, place) for place in places)))


async def beside(room: Room, path: Path) -> tuple[Run, Run]:
    """The practice notebook, worked through with its Worker left on; then the Solution, whole."""
    practice = Path("notebooks") / path.name.replace("_Solution", "")
    async with kernel(room, practice) as first:
        above = []
        for cell in _cells():
            above.append(await first.run(cell.source))
            if "start_worker(" in cell.source and await first.value("'handle' in globals()"):
                break
        # Its Worker polls on, as in a tab that was closed.
        second = await _whole(room, path)
        worker = await first.value("worker.done()")
        assert worker is False, "the practice notebook's Worker was still there"
        one = Run(await _namespace(first), above, (room.tree / practice).parent)
    return one, second


@pytest.mark.scenario(kind="side by side", run=beside)
@pytest.mark.parametrize("path", [SOLUTION], ids=["02"])
def test_a_solution_beside_its_practice_notebook_does_its_own_work(
    path: Path, ran: tuple[Run, Run]
) -> None:
    practice, solution = ran
    assert not practice.failures and not solution.failures
    assert (practice.namespace, solution.namespace) == ("lesson-02", "lesson-02-solution")
    assert list(solution.folder.glob("*.pdf")), "its PDF is in its own folder"


@pytest.mark.scenario(kind="side by side", run=at_once, passes=MANY)
@pytest.mark.parametrize("path", [SOLUTION], ids=[f"{MANY}-at-once"])
def test_finished_notebooks_at_once_are_all_right(path: Path, ran: list[Run]) -> None:
    assert not [run.failures for run in ran if run.failures]
    assert len({run.namespace for run in ran}) == MANY
    pdfs = [sorted(file.name for file in run.folder.glob("*.pdf")) for run in ran]
    assert pdfs[0] and all(found == pdfs[0] for found in pdfs)
    texts = ["".join(r.text for r in run.ran) for run in ran]
    ids = [set(re.findall(r"[a-z-]+-workflow-[0-9a-f-]{36}", text)) for text in texts]
    assert all(ids) and not set.intersection(*ids), "each has Workflows of its own"
