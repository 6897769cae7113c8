"""A lesson's practice notebook worked through as learners do; what differs by lesson is data."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from jupyter_page import Cell, Notebook
from kernels import EVERY, ROOT

from workshop.checks.blanks import Blank, sheets


@dataclass
class Lesson:
    """What is done in a lesson's two notebooks, and what is seen then."""

    number: str
    restart: str
    """The blank at which the kernel is restarted."""
    waits: tuple[str, str]
    """A cell that waits long, typed above that blank, and what is read when it is interrupted."""
    ends: str
    """How the last cell begins."""
    shown: dict[tuple[str, int], str]
    """How cells begin, the how manieth of several (from 0), and what they show in the end."""
    written: str
    """What is beside the notebook in the end."""
    running: str
    """The finished notebook's cell whose Workflow waits while that kernel is restarted."""

    def __post_init__(self) -> None:
        sheet = next(s for s in sheets() if s.lesson.startswith(self.number))
        self.blanks = sheet.blanks
        self.practice = str(sheet.path.relative_to(ROOT))
        self.finished = f"Solutions_{sheet.lesson}/{sheet.lesson}_Solution.ipynb"

    def progress(self, right: int) -> str:
        return f"{right} of {len(self.blanks)} blanks right"


LESSONS = [
    Lesson(
        "02",
        restart="generate_summary",
        waits=("await follow(handle)", "generate_summary"),
        ends='await check("retry_policy")',
        shown={
            ("result = await follow(handle)", 0): "Research report written: research_pdf.pdf",
            ("worker = await start_worker", 1): "Report with summary written: research_pdf.pdf",
        },
        written="research_pdf.pdf",
        running="report = await client.start_workflow(",
    ),
    Lesson(
        "03",
        restart="deadline",
        waits=('await follow(await start_draft("Give me 3 facts about bees"))', "llm_call"),
        ends="progress()",
        shown={
            ("await stop_worker()", 0): "RUNNING with 2 Signals in its Event History",
            ("result = await five_days_later(DraftWorkflow", 0): "expired",
            ("worker = await start_worker", 4): "you have read 1, and 2 waits",
            ("elsewhere = ", 0): "published",
            ("progress()", 0): "7 of 7",
        },
        written="outbox",
        running='handle = await start_draft("Give me 3 facts about sustainable energy")',
    ),
]
OFTEN = LESSONS if EVERY else LESSONS[:1]


def first_difference(blank: Blank) -> tuple[str, str]:
    """The first line that a learner changes, and what it becomes, without indentation."""
    lines = zip(blank.practice.split("\n"), blank.finished.split("\n"), strict=False)
    return next((ours.strip(), theirs.strip()) for ours, theirs in lines if ours != theirs)


def fill(notebook: Notebook, lesson: Lesson, blank: Blank) -> str:
    """Type a blank's answer, run it, check it, save, check it again. Returns what is said."""
    cell, check = notebook.blank(blank.name), notebook.check(blank.name)
    ours, theirs = cell.text.split("\n"), blank.finished.split("\n")
    differing = difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
    for tag, first, end, new_first, new_end in reversed(differing):
        if tag != "equal":
            cell.type_over(first, end, theirs[new_first:new_end])
    assert cell.text == blank.finished
    cell.run()
    said = check.run()
    assert lesson.progress(lesson.blanks.index(blank) + 1) in said
    notebook.save()
    assert check.run() == said
    return said


def go_on(notebook: Notebook, lesson: Lesson, first: int, end: Cell) -> None:
    """Work through cells, without those that only draw: they are looked at when finished."""
    blanks = {f'await check("{blank.name}")': blank for blank in lesson.blanks}
    for number in range(first, end.number):
        cell, below = (Cell(notebook, notebook.code_cells.nth(n)) for n in (number, number + 1))
        if blank := blanks.get(below.text.split("\n")[0]):
            assert fill(notebook, lesson, blank).startswith("✓ Right")
        elif "await ask(" in cell.text:
            cell.start()
            notebook.answer()
            notebook.finish()
        elif "await check(" not in cell.text and "render_mermaid(" not in cell.text:
            cell.run()
        assert not notebook.errors()
