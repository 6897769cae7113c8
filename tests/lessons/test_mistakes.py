"""What every blank can have is made from its cell, first of all where the learner writes."""

from __future__ import annotations

from pathlib import Path

import mistakes
from answers import Blank

FINISHED = """\
async def run_worker():
    worker = Worker(
        client,
        task_queue="research",
        activities=[llm_call, create_pdf],
    )
    await worker.run()"""
PRACTICE = FINISHED.replace("research", "").replace("create_pdf", "...")
BLANK = Blank("worker", "02", "cell-1", PRACTICE, FINISHED, Path(), Path())


def test_slips_are_made_where_the_learner_writes() -> None:
    made = {answer.name: answer.text(BLANK) for answer in mistakes.common(BLANK).wrong}
    for name, old, new in (
        ("a bracket not closed", "create_pdf]", "create_pdf"),
        ("a quote not closed", '"research"', '"research'),
        ("curly quotes", '"research"', "\u201cresearch\u201d"),
        ("a comma lost", '"research",', '"research"'),
        ("a colon lost", "():", "()"),
        ("a line too far to the right", "    worker =", "        worker ="),
        ("a name misspelt", "llm_call", "ll_call"),
    ):
        assert made.pop(name) == FINISHED.replace(old, new), name
    assert made.pop("blank left") == PRACTICE
    assert set(made) == {
        "cell not run",
        "edited after it was run, and not run again",
        "a bracket not closed in a later edit, and an earlier version is loaded",
        "overwritten by a later cell",
    }


def test_how_each_came_about() -> None:
    bank = mistakes.common(BLANK)
    wrong = {answer.name: answer for answer in bank.wrong}
    assert [name for name in wrong if wrong[name].not_run] == [
        "cell not run",
        "edited after it was run, and not run again",
    ]
    later = wrong["a bracket not closed in a later edit, and an earlier version is loaded"]
    assert [text(BLANK) for text in later.before] == [FINISHED]
    assert wrong["overwritten by a later cell"].after == "run_worker = None"
    (right,) = bank.right
    assert right.text(BLANK) == FINISHED
    assert [text(BLANK) for text in right.before] == [PRACTICE, later.text(BLANK)]


def test_a_slip_that_the_cell_does_not_allow_is_not_made() -> None:
    blank = Blank("limit", "02", "cell-1", "limit = ...", "limit = 3", Path(), Path())
    names = {answer.name for answer in mistakes.common(blank).wrong}
    assert not {"a bracket not closed", "a quote not closed", "a comma lost"} & names
