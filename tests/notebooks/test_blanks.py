"""A blank left open: no cell hangs, and what fails says so in words that a learner can use."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kernels import (
    PRACTICE,
    ROOT,
    Kernel,
    Ran,
    Room,
    code_cells,
    crashes,
    kernel,
    name,
    often,
    only_draws,
    solutions,
)

from authoring.source import Source, read_all

WATCH = 13
"""Seconds that `follow` watches here, not 60: what is not mended fails all that time."""
PLAIN = {"NameError", "TypeError", "ValueError"}
LONGEST_TRACE = 45
"""Lines. Longer ones bury the learner's own line in the SDK's."""


@dataclass
class Attempt:
    """A blank that was left, and what its cell and the ones below it did."""

    exercise: str
    left: str
    ran: list[Ran] = field(default_factory=list)
    differs: bool = False
    """Whether the last cell printed other words than the finished notebook."""

    def __str__(self) -> str:
        last = self.ran[-1]
        return f"{self.exercise}, left: {self.left}\n{last.source[:300]}\n{last.text}"


@dataclass
class Walk:
    """A way through a practice notebook: each blank is left first, then filled."""

    attempts: list[Attempt] = field(default_factory=list)
    filled: list[Ran] = field(default_factory=list)


def _source(path: Path) -> Source:
    sources, refusals = read_all(ROOT)
    assert not refusals, refusals
    return next(s for s in sources if path.as_posix() in (s.practice, s.finished))


def ways_to_leave(path: Path) -> dict[str, dict[str, str]]:
    """For each exercise: what is left open, and the cell's text with just that open."""
    ways: dict[str, dict[str, str]] = {}
    for cell in _source(path).cells:
        if not cell.blanks:
            continue
        ways[cell.exercise] = {"everything": cell.practice}
        if len(cell.blanks) == 1:
            continue
        for blank in cell.blanks:
            lines = cell.finished.split("\n")
            at, length = blank.finished_at, len(blank.finished)
            lines[at : at + length] = blank.practice
            what = " ".join(blank.practice or blank.finished).strip()
            ways[cell.exercise][what] = "\n".join(lines)
    return ways


async def _prepared(kernel: Kernel, cells: list[Any]) -> list[Ran]:
    """Run what stands above the first blank, and let `follow` watch for less."""
    ran = await kernel.run_all(cells)
    # A notebook without Workflows has no name for it.
    imports = "from workshop import follow as _follow"
    shorter = await kernel.run(f"{imports}; _follow.__kwdefaults__['limit'] = {WATCH}")
    assert shorter.error is None, shorter.text
    return ran


async def walk(room: Room, path: Path) -> Walk:
    """Leave each blank, run on until something is told; then fill it, and run on."""
    cells = [c for c in code_cells(path) if not only_draws(c) and not crashes(c)]
    stored = {
        cell.id: Ran(cell.source, outputs=cell.outputs).compared()
        for cell in code_cells(Path(_source(path).finished))
    }
    begins = [n for n, cell in enumerate(cells) if "exercise" in cell.metadata]
    ways, walked = ways_to_leave(path), Walk()
    right = [solutions(path).get(c.metadata.get("exercise"), c.source) for c in cells]
    async with kernel(room, path) as running:
        walked.filled = await _prepared(running, cells[: begins[0]])
        for at, following in zip(begins, [*begins[1:], len(cells)], strict=True):
            exercise = cells[at].metadata.exercise
            for left, text in ways[exercise].items():
                attempt = Attempt(exercise, left)
                walked.attempts.append(attempt)
                for cell, source in zip(cells[at:], [text, *right[at + 1 :]], strict=True):
                    ran = await running.run(source, exercise=cell.metadata.get("exercise", ""))
                    attempt.ran.append(ran)
                    attempt.differs = ran.compared() != stored[cell.id]
                    if ran.error or attempt.differs:
                        break
            for source in right[at:following]:
                walked.filled.append(await running.run(source))
    return walked


async def all_left(room: Room, path: Path) -> list[Ran]:
    """Run the practice notebook as it stands, whatever its cells raise."""
    async with kernel(room, path) as running:
        cells = [c for c in code_cells(path) if not only_draws(c) and not crashes(c)]
        first = next(n for n, cell in enumerate(cells) if "exercise" in cell.metadata)
        return await _prepared(running, cells[:first]) + await running.run_all(cells[first:])


def puzzles(ran: Ran) -> str:
    """What a learner would not understand of an error, or an empty string."""
    error = ran.error
    if error is None:
        return ""
    if ran.trace.startswith("✗ "):
        missing = [word for word in ("Saw:", "Do:") if word not in ran.trace]
        return f"it does not say {missing}" if missing else ""
    # In a cell with a blank the learner's own line is at fault, and the check below names it.
    if error.ename not in PLAIN and not (error.ename == "AttributeError" and ran.exercise):
        return f"{error.ename} is nothing that a learner could mend"
    if error.ename != "NameError" and not ran.exercise:
        return f"{error.ename} comes from a cell without a blank"
    lines = ran.trace.split("\n")
    if not any(re.match(r"Cell In|Input In|File <|<ipython", line) for line in lines[:4]):
        return "the trace does not begin in the learner's own cell"
    return f"a trace of {len(lines)} lines" if len(lines) > LONGEST_TRACE else ""


def _report(ran: list[Ran]) -> str:
    return "\n\n".join(
        f"{why}, after {r.seconds:.1f} s\n{r.source[:200]}\n{r.text}"
        for r in ran
        if (why := puzzles(r))
    )


@pytest.mark.scenario(kind="blanks left open", run=walk, passes=3)
@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_a_blank_that_is_left_is_told_by_its_cell_or_those_below(path: Path, ran: Walk) -> None:
    silent = [str(a) for a in ran.attempts if not a.ran[-1].error and not a.differs]
    assert not silent, "nothing tells of these blanks:\n" + "\n\n".join(silent)
    puzzling = _report([r for attempt in ran.attempts for r in attempt.ran])
    assert not puzzling, puzzling


@pytest.mark.scenario(kind="blanks left open", run=walk, passes=3)
@pytest.mark.parametrize("path", PRACTICE, ids=name)
def test_a_blank_that_is_filled_after_failing_goes_on_without_a_restart(
    path: Path, ran: Walk
) -> None:
    failed = [f"{r.source[:200]}\n{r.text}" for r in ran.filled if r.error]
    assert not failed, "\n\n".join(failed)


@pytest.mark.scenario(kind="blanks left open", run=all_left)
@pytest.mark.parametrize("path", often(PRACTICE), ids=name)
def test_with_all_blanks_left_the_notebook_runs_to_its_end(path: Path, ran: list[Ran]) -> None:
    assert any(r.error for r in ran), "nothing tells of the blanks"
    puzzling = _report(ran)
    assert not puzzling, puzzling
    assert sum(r.seconds for r in ran) < 120
