"""The kernel is restarted; *Run All Above Selected Cell*, and going on, leads to the end.

Each notebook is taken through with three restarts or more, at cells that leave something behind: a
Workflow that waits or whose step fails, a class that the next cells define again, a moment that a
later cell refers to. The kernel is killed, which is harder than JupyterLab's restart. The next one
runs all cells above and goes on to the next place, so what the earlier ones left is there.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kernels import FINISHED, ROOT, Ran, Room, code_cells, crashes, kernel, name, often, only_draws

from workshop.core import processes
from workshop.practice.model import process
from workshop.practice.model.ledger import Ledger
from workshop.services import temporal_service

OWN_ID = "report-that-survives"
OWN = f'id="{OWN_ID}"'
"""In the cell of lesson 02 after which learners restart the kernel themselves."""
BESIDE = re.compile(r"\n(\S+) is still running too, from an earlier start, .+terminate\(\)\.")
"""What `follow` tells of a Workflow whose step fails on, and which a kernel left behind."""
RUNNING = re.compile(r"^\w+ (\S+): running$", re.MULTILINE)
REVIEWED = "/decide.py"
"""In the one of lesson 03."""
PLACES = {
    # What is in the cell; what it shows when the kernel is killed, or "" for when it has ended.
    "01-Solutions": [
        ("import ModelResponse, completion", ""),  # the moment of the receipt two cells below
        ("full_disk(4096):\n    lab()", ""),  # nothing but a paid answer
        ("energy = ", "PDF"),  # a checkpoint is written, and faults are set
    ],
    "02-Solutions": [
        ('failed("generate_summary"', ""),  # a step fails again and again
        ("RetryLabWorkflow.run", "attempt 2"),  # in the middle of the Retry lab
        (OWN, ""),  # in its timer
    ],
    "03-Solutions": [
        ("Turn this into a poem", ""),  # waits; the class changes below
        ("class EagerWorkflow", "llm_call"),  # it has a budget
        (REVIEWED, ""),
    ],
    "04-Solutions": [
        ("fetch the page that they name", "search_notes"),
        ('misbehaving("endless")', "llm_call"),  # an agent without an end
        ("ASK_ANN = ", "timer"),  # waits for consent
    ],
    "05-Solutions": [
        ("research = await trigger_research", "fetch_url"),
        ("with wrong_key", "attempt 2"),
        ("sources.insert(4", ""),  # twenty children, and no Worker
    ],
    "01-Solution": [("said = ask_subject", ""), ("answers = [", ""), ("made = named", "")],
    "02-Solution": [
        ("client.start_workflow", ""),
        ('failed("send_email"', "attempt 2"),
        ("from email.message", ""),  # the Worker has not been started again yet
    ],
    "03-Solution": [
        ("approve, False)", "llm_call"),  # waits, with the first class
        ("with slow(", "llm_call"),
        ('print("yes:', ""),
    ],
    "04-Solution": [
        ("def server_with", ""),
        ("decide(handle, True, call_id", "timer"),
        ("await timeline(handle)", "timer"),
    ],
    "05-Solution": [
        ("no letter:", ""),
        ("digest = await follow", "ResearchWorkflow"),
        ("every_weekday = ", ""),
    ],
}


@dataclass
class Restarted:
    """What the kernels did, one after another, and what was paid in all."""

    ran: list[list[tuple[Any, Ran]]] = field(default_factory=list)
    """Of each kernel the cells that came to their end, with what they showed."""
    left: list[str] = field(default_factory=list)
    """What the cell had shown in which each kernel was killed, or ""."""
    servers: list[set[int]] = field(default_factory=list)
    """Process ids of the Temporal Service and the practice model after each kernel."""
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Calls that the model received, by Workflow and Activity."""
    program: str = ""
    """What a person's terminal showed who decided while the notebook's kernel was dead."""

    def of(self, holds: str) -> list[str]:
        """What the cell with this in it showed, in each kernel that came so far."""
        every = [one for kernel in self.ran for _, one in kernel]
        return [one.text for one in every if holds in one.source]


def _places(path: Path) -> list[tuple[int, str]]:
    """The number of each cell at which a kernel ends, and what the cell shows then."""
    cells, found = code_cells(path), [(0, "")]
    for holds, shows in PLACES[name(path)]:
        below = range(found[-1][0] + 1, len(cells))
        found.append((next(n for n in below if holds in cells[n].source), shows))
    return [*found[1:], (len(cells) - 1, "")]


def _servers(room: Room) -> set[int]:
    found = [processes.running(room.state, name) for name in (temporal_service.NAME, process.NAME)]
    return {record.pid for record in found if record}


async def restarted(room: Room, path: Path) -> Restarted:
    """Run All Above, the cell and those below it up to the next place, and again from there."""
    told, decides = Restarted(), None
    try:
        for end, shows in _places(path):
            ran: list[tuple[Any, Ran]] = []
            left = ""
            async with kernel(room, path) as running:
                for number, cell in enumerate(code_cells(path)[: end + 1]):
                    if only_draws(cell) or crashes(cell):
                        continue
                    if number == end and shows:
                        left = (await running.until(cell.source, shows)).text
                    else:
                        ran.append((cell, await running.run(cell.source)))
            told.ran.append(ran)
            told.left.append(left)
            told.servers.append(_servers(room))
            if ran and REVIEWED in ran[-1][1].source:
                decides, told.program = await _decides(room, ran[-1][1].text)
        if decides:
            said, _ = await asyncio.wait_for(decides.communicate(), 60)
            told.program += said.decode()
    finally:
        if decides and decides.returncode is None:
            decides.kill()
            await decides.wait()
    calls = Ledger(room.state / "practice-ledger.sqlite").calls()
    told.calls = Counter((c.workflow_id, c.activity or "") for c in calls if c.workflow_id)
    return told


async def _decides(room: Room, shown: str) -> tuple[asyncio.subprocess.Process, str]:
    """The program that the cell names, in a person's terminal: it says keep when it is asked."""
    found = re.search(r"python (\S+decide\.py) (\S+)", shown)
    assert found, shown
    program = await asyncio.create_subprocess_exec(
        *[sys.executable, found[1], found[2]],
        cwd=ROOT,
        env={**room.env, "DEMO_PATIENCE_SECONDS": "300"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert program.stdin and program.stdout
    program.stdin.write(b"keep\n")
    # The next kernel comes when the person has been told that nobody answers.
    told = b""
    while b"No Worker answers" not in told:
        more = await asyncio.wait_for(program.stdout.read(1000), 120)
        assert more, told.decode()
        told += more
    return program, told.decode()


def _wrong(ran: Restarted, is_wrong: Callable[[Any, Ran], object]) -> str:
    return "\n\n".join(
        f"kernel {number}: {one.source}\n{one.text}"
        for number, cells in enumerate(ran.ran, 1)
        for cell, one in cells
        if is_wrong(cell, one)
    )


@pytest.mark.scenario(kind="kernels killed", run=restarted, passes=3)
@pytest.mark.parametrize("path", often(FINISHED), ids=name)
def test_run_all_above_and_going_on_leads_to_the_end(path: Path, ran: Restarted) -> None:
    wrong = _wrong(ran, lambda cell, one: one.error)
    assert not wrong, wrong
    assert len({frozenset(pids) for pids in ran.servers}) == 1, "the servers go on"


@pytest.mark.scenario(kind="kernels killed", run=restarted, passes=3)
@pytest.mark.parametrize("path", often(FINISHED), ids=name)
def test_what_earlier_kernels_left_changes_no_word(path: Path, ran: Restarted) -> None:
    def differs(cell: Any, one: Ran) -> bool:
        if "begin(" in cell.source or (OWN in cell.source and " fired" in one.text):
            return False  # its timer has gone on without a kernel
        stored = Ran(cell.source, outputs=cell.outputs).compared()
        return BESIDE.sub("", one.compared()) != stored

    wrong = _wrong(ran, differs)
    assert not wrong, wrong
    told = [set(BESIDE.findall("".join(one.text for _, one in cells))) for cells in ran.ran]
    started = [
        {id for text in (left, *(one.text for _, one in cells)) for id in RUNNING.findall(text)}
        for cells, left in zip(ran.ran, ran.left, strict=True)
    ]
    assert not told[0]
    for number in range(1, len(told)):
        assert told[number] <= set.union(*started[:number]), "it is an earlier kernel's"


@pytest.mark.scenario(kind="kernels killed", run=restarted, passes=3)
@pytest.mark.parametrize("path", [p for p in FINISHED if name(p) == "02-Solutions"], ids=name)
def test_a_crash_of_ones_own_costs_no_second_call(path: Path, ran: Restarted) -> None:
    before, after = ran.of(OWN)
    (run,) = set(re.findall(r"report-that-survives/([0-9a-f-]+)", before))
    assert f"report-that-survives/{run}" in after, "another run than the one before the restart"
    (followed,) = ran.of("print(await follow(report")
    assert re.search(r"timer of .* fired", followed) and run in followed
    # Nothing that a kernel left is paid twice, whatever it was doing when it was killed.
    assert ran.calls[OWN_ID, "llm_call"] == 1 and set(ran.calls.values()) == {1}, ran.calls


@pytest.mark.scenario(kind="kernels killed", run=restarted, passes=3)
@pytest.mark.parametrize("path", [p for p in FINISHED if name(p) == "03-Solutions"], ids=name)
def test_neither_draft_nor_decision_is_lost_with_the_kernel(path: Path, ran: Restarted) -> None:
    assert "No Worker answers" in ran.program
    assert "keep of version 1 accepted" in ran.program and "Published" in ran.program, ran.program
