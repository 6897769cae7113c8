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
    """What is beside the notebook in the end; empty where the lesson writes nothing there."""
    running: str
    """The finished notebook's cell whose Workflow waits while that kernel is restarted."""
    waiting: str = "⏲ running"
    """What that cell shows then."""
    half: tuple[str, str, str] | None = None
    """What `half_right` gives, where the first blank is not one that it knows."""

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
    Lesson(
        "05",
        restart="error_mapping",
        waits=("with slow(20): await trigger_research('bees', site.pages[0].url)", "call_llm"),
        ends="progress()",
        shown={
            ("environment = ActivityEnvironment()", 0): "attempt 2 wrote a new row: False",
            ("found = saved_by(handle.id)", 0): "18 rows, 18 keys, 18 answered calls",
            ("worker = await start_worker(graceless_worker)", 0): "fetched: only the rest",
            ("progress()", 0): "5 of 5",
        },
        written="",
        running="sources = [ResearchInput(page.topic, page.url) for page in site.pages[:18]]",
        waiting="RUNNING and no Worker is there",
    ),
    Lesson(
        "01",
        restart="losses",
        waits=("with what_happens(), slow(60): print('it asks'); llm_call('bees')", "it asks"),
        ends="progress()",
        shown={
            ("energy = ", 0): "1 answered, 2 failed",
            ("save = await crash", 0): "careful: as many calls as naive",
            ("twins = await crash", 0): "2 answered, 0 failed",
            ("progress()", 0): "5 of 5",
        },
        written="dolphins.pdf",
        running="energy = ",  # it waits for the provider alone
        waiting="1 answered, 2 failed",
        half=(
            "# TODO: call completion",
            "response = completion(model=settings.llm_model, "
            "api_key=settings.llm_api_key.get_secret_value(), api_base=settings.llm_api_base, "
            'messages=[{"role": "user", "content": prompt}], max_retries=0)',
            "timeout",
        ),
    ),
]
OFTEN = LESSONS if EVERY else LESSONS[:1]


def differences(blank: Blank) -> list[tuple[str, str]]:
    """The lines that a learner changes, and what they become, without indentation.

    Those below a blank of several lines are left out.
    """
    ours, theirs = blank.practice.split("\n"), blank.finished.split("\n")
    changed = [(a.strip(), b.strip()) for a, b in zip(ours, theirs, strict=False) if a != b]
    return changed if len(ours) == len(theirs) else changed[:1]


def half_right(blank: Blank) -> tuple[str, str, str]:
    """A line, what a learner writes in its place, and the words of the solution that are missing.

    A decorator without its `@`; where the blank has no decorator, its first line alone is right.
    """
    (line, right), *others = differences(blank)
    if right.startswith("@"):
        return line, right.lstrip("@"), right
    return line, right, others[0][1].partition(" = ")[2]


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
