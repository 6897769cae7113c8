"""What a learner meets under a blank: one of three answers, in time, and never an exception."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
import room as rooms
from ipython_shell import Shell

from workshop import checks
from workshop.checks import NOT_ATTEMPTED, NOT_YET, RIGHT, Learner
from workshop.checks.blanks import Blank
from workshop.checks.learner import used
from workshop.checks.outcome import CheckFailed, Outcome
from workshop.core.errors import WorkshopError

Judged = Callable[..., None]
IMPORTS = "from datetime import timedelta\nfrom temporalio.common import RetryPolicy\n"


def _another(blank: Blank) -> str:
    """The id of another cell of the blank's notebook."""
    return next(i for i in blank.cells if i != blank.cell_id)


def examine(name: str = "retry_policy") -> Outcome:
    return asyncio.run(checks.examine(name))


def test_a_blank_is_not_attempted_then_not_yet_then_right(shell: Shell, policy: Blank) -> None:
    shell.run(IMPORTS)
    first = examine()
    assert first.verdict == NOT_ATTEMPTED and "has not been run" in first.text
    shell.run(policy.practice, policy.cell_id)
    left = examine()
    assert left.verdict == NOT_ATTEMPTED and "still open" in left.text
    assert "the first wait, 2 seconds" in left.saw, "what the TODO asks for"
    shell.run(policy.finished.replace("3.0", "2.0"), policy.cell_id)
    wrong = examine()
    assert wrong.verdict == NOT_YET
    assert (
        "✗ not yet: Then it waits 6 s" in wrong.text and "✓ right: It tries 3 times" in wrong.text
    )
    assert "4 s" in wrong.saw and "backoff_coefficient" in wrong.do
    shell.run(policy.finished, policy.cell_id)
    right = examine()
    assert right.verdict == RIGHT and "✓ Right: retry_policy" in right.text
    assert "1 of 7 blanks right" in right.text


def test_an_answer_says_in_html_what_it_says_in_text() -> None:
    outcome = Outcome(
        "x", NOT_YET, ("one",), "two", "<b> `a < b`", direction="see `c`", told="1 of 2.", rung=2
    )
    html = outcome._repr_html_()
    for words in ("Not yet: x", "✓ right: one", "✗ not yet: two", "1 of 2."):
        assert words in html and words in outcome.text
    assert "&lt;b&gt; <code>a &lt; b</code>" in html and "<code>c</code>" in html


def test_a_version_that_does_not_parse_is_told_and_not_the_one_before(
    shell: Shell, policy: Blank
) -> None:
    shell.run(IMPORTS)
    shell.run(policy.finished, policy.cell_id)
    shell.run(policy.finished.replace("3.0,", "3.0,,"), policy.cell_id)
    outcome = examine()
    assert outcome.verdict == NOT_YET
    assert "does not parse" in outcome.saw and "what ran before" in outcome.do


def test_a_cell_is_known_without_its_id_as_in_a_front_end_that_tells_none(
    shell: Shell, policy: Blank
) -> None:
    shell.run(IMPORTS)
    shell.run(policy.practice)
    assert examine().verdict == NOT_ATTEMPTED
    shell.run(policy.finished)
    assert examine().verdict == RIGHT


def test_another_cell_of_the_notebook_that_sets_the_same_name_is_not_the_blank(
    shell: Shell, policy: Blank
) -> None:
    shell.run(IMPORTS)
    shell.run(policy.practice, policy.cell_id)
    shell.run("retry_policy = 1", _another(policy))
    assert "still open" in examine().saw


def test_a_blank_that_a_later_cell_has_defined_anew_is_not_judged_by_that_one(
    shell: Shell, policy: Blank
) -> None:
    shell.run(IMPORTS)
    shell.run(policy.finished, policy.cell_id)
    assert examine().verdict == RIGHT
    later = _another(policy)
    shell.run("retry_policy = None", later)
    outcome = examine()
    assert outcome.verdict == NOT_ATTEMPTED
    assert "later cell" in outcome.saw and "`retry_policy`" in outcome.saw
    shell.run(policy.finished, policy.cell_id)
    assert examine().verdict == RIGHT


def test_a_blank_whose_class_a_later_cell_has_defined_anew_is_not_called_wrong(
    shell: Shell, policy: Blank, judged_by: Judged
) -> None:
    async def needs_a_part(learner: Learner) -> None:
        learner.step("It has its part")
        if not hasattr(learner.names["RetryPolicy"], "part"):
            learner.not_yet("There is none.", "Write it.")

    judged_by(needs_a_part)
    early, late = [i for i in policy.cells if i != policy.cell_id][:2]
    with_part, without = "class RetryPolicy:\n    part = 1", "class RetryPolicy:\n    pass"
    right = "retry_policy = RetryPolicy()"
    shell.run(with_part, early)
    shell.run(right, policy.cell_id)
    assert examine().verdict == RIGHT
    shell.run(without, late)
    outcome = examine()
    assert outcome.verdict == NOT_ATTEMPTED
    assert "later cell" in outcome.saw and "`RetryPolicy`" in outcome.saw
    # The same class, changed where it stands, is the learner's own.
    shell.run(with_part, early)
    shell.run(without, early)
    shell.run(right, policy.cell_id)
    assert examine().verdict == NOT_YET


def test_a_check_that_blocks_ends_in_three_seconds_and_the_kernel_goes_on(
    shell: Shell, policy: Blank, judged_by: Judged
) -> None:
    async def blocks(learner: Learner) -> None:
        learner.step("It comes to an end")
        time.sleep(60)  # noqa: ASYNC251

    judged_by(blocks)
    shell.run(IMPORTS + policy.finished, policy.cell_id)
    ticks = 0

    async def kernel() -> Outcome:
        nonlocal ticks
        judging = asyncio.create_task(checks.examine("retry_policy"))
        while not judging.done():
            ticks += 1
            await asyncio.sleep(0.05)
        return judging.result()

    with rooms.quick(3.0):
        outcome = asyncio.run(kernel())
    assert outcome.verdict == NOT_YET and "It comes to an end" in outcome.step
    assert "does not end" in outcome.saw
    assert ticks > 5, "the kernel's own loop was held up"


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), KeyError("x"), SystemExit(3)])
def test_whatever_the_learners_code_raises_becomes_words(
    shell: Shell, policy: Blank, judged_by: Judged, error: BaseException
) -> None:
    async def fails(learner: Learner) -> None:
        learner.step("It works")
        raise error

    judged_by(fails)
    shell.run(IMPORTS + policy.finished, policy.cell_id)
    outcome = examine()
    assert outcome.verdict == NOT_YET and type(error).__name__ in outcome.saw
    assert "Traceback" not in outcome.text


def test_check_shows_and_raises_nothing(
    shell: Shell, policy: Blank, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(checks.check("retry_policy"))
    assert "Not attempted: retry_policy" in capsys.readouterr().out
    asyncio.run(checks.check("retry_polcy"))
    said = capsys.readouterr().out
    assert "no blank 'retry_polcy'" in said and 'check("retry_policy")' in said
    checks.open_lesson("")
    asyncio.run(checks.check("retry_policy"))
    assert "Run the first cell" in capsys.readouterr().out


def test_strict_raises_what_is_not_right(
    shell: Shell, policy: Blank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_STRICT", "1")
    shell.run(IMPORTS + policy.practice, policy.cell_id)
    with pytest.raises(CheckFailed, match="retry_policy"):
        asyncio.run(checks.check("retry_policy"))
    shell.run(policy.finished, policy.cell_id)
    asyncio.run(checks.check("retry_policy"))
    with pytest.raises(WorkshopError):
        asyncio.run(checks.check("retry_polcy"))


def test_without_a_temporal_service_the_learner_is_sent_to_begin(shell: Shell) -> None:
    blank = checks.find("worker", "02")
    shell.names.update(dict.fromkeys(used(blank.finished_tree)))
    shell.run(blank.finished, blank.cell_id)
    outcome = examine("worker")
    assert outcome.verdict == NOT_ATTEMPTED
    assert "does not answer" in outcome.saw and "begin" in outcome.do


def test_copies_leave_the_kernel_as_it_is(shell: Shell, policy: Blank) -> None:
    shell.run("paid = []\ndef ask(): paid.append(1)\ndef step():\n    return ask()")
    before = dict(shell.names)
    learner = Learner(policy, shell.names, None)
    copy = learner.copy(shell.names["step"], ask=lambda: "stand-in")
    assert copy() == "stand-in" and shell.names["paid"] == []
    assert {k: v for k, v in shell.names.items() if k in before} == before
    shell.names["step"]()
    assert shell.names["paid"] == [1]
