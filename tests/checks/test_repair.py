"""The cause of a failed step is the difference whose repair makes the check go on."""

from __future__ import annotations

import asyncio

import pytest
from ipython_shell import Shell

from workshop import checks
from workshop.checks import Learner, cells, places, repair
from workshop.checks.blanks import Blank
from workshop.checks.differ import Edit

IMPORTS = "from datetime import timedelta\nfrom temporalio.common import RetryPolicy\n"
OWN_STYLE = """
seconds = 2
retry_policy = RetryPolicy(
    maximum_attempts=3,
    backoff_coefficient={backoff},
    initial_interval=timedelta(seconds=seconds),
)
"""


def _cause(shell: Shell, policy: Blank, text: str) -> list[Edit]:
    """What repair finds for the step that the check of this text ends with."""
    shell.run(IMPORTS)
    shell.run(text, policy.cell_id)
    made = checks.load("02_Adding_Durability_with_Temporal")["retry_policy"]
    learner = Learner(policy, shell.names, cells.last_run(policy))
    step = asyncio.run(checks.examine("retry_policy")).step
    found: list[Edit] = []
    asyncio.run(repair.cause(learner, made.function, step, found))
    return found


def test_of_many_differences_it_is_the_one_that_counts(shell: Shell, policy: Blank) -> None:
    text = OWN_STYLE.format(backoff="2.0")
    (one,) = _cause(shell, policy, text)
    assert places.direction([one]) == "Look at `backoff_coefficient=2.0` in line 5."
    assert places.remedy([one]) == (
        "Instead of `backoff_coefficient=2.0` in line 5 write `backoff_coefficient=3.0`."
    )


def test_a_style_of_ones_own_is_no_cause(shell: Shell, policy: Blank) -> None:
    shell.run(IMPORTS)
    shell.run(OWN_STYLE.format(backoff="3"), policy.cell_id)
    assert asyncio.run(checks.examine("retry_policy")).verdict == checks.RIGHT


def test_a_cell_that_does_something_is_not_run_again(shell: Shell, policy: Blank) -> None:
    shell.run(IMPORTS)
    shell.run("ran = []\ndef counted():\n    ran.append(1)\n    return 2.0\n")
    text = policy.finished.replace("3.0", "counted()")
    assert _cause(shell, policy, text) == []
    assert shell.names["ran"] == [1], "once, by the learner"


@pytest.mark.parametrize(
    "text", ["made = Holds()", "made = holder.Holds()", "made = open('x', 'w')"]
)
def test_a_cell_that_makes_what_works_or_holds_on_is_not_run_again(
    shell: Shell, policy: Blank, text: str
) -> None:
    shell.run(
        "from types import SimpleNamespace\nheld = []\nclass Holds:\n"
        "    def __init__(self):\n        held.append(self)\n"
        "holder = SimpleNamespace(Holds=Holds)\n"
    )
    found = _cause(shell, policy, f"{policy.finished.replace('3.0', '2.0')}\n{text}")
    assert found == [] and len(shell.names["held"]) <= 1


def test_what_is_tried_out_leaves_the_kernels_names_as_they_are(
    shell: Shell, policy: Blank
) -> None:
    assert _cause(shell, policy, policy.finished.replace("3.0", "2.0"))
    assert shell.names["retry_policy"].backoff_coefficient == 2.0


def test_where_nothing_can_be_tried_out_the_words_tell_the_place(
    shell: Shell, policy: Blank
) -> None:
    shell.run(IMPORTS)
    shell.run("def counted():\n    return 2.0\n")
    text = policy.finished.replace("3.0", "counted()").replace("attempts=3", "attempts=2 + 1")
    shell.run(text, policy.cell_id)
    outcome = asyncio.run(checks.examine("retry_policy"))
    assert "backoff_coefficient" in outcome.saw
    assert outcome.direction.startswith("Look at `backoff_coefficient=counted()` in line 3.")


@pytest.mark.parametrize("fails", [ValueError("x"), SystemExit("x")])
def test_a_repair_that_fails_takes_no_verdict_away(
    shell: Shell, policy: Blank, monkeypatch: pytest.MonkeyPatch, fails: BaseException
) -> None:
    async def broken(*_: object) -> None:
        raise fails

    monkeypatch.setattr(repair, "cause", broken)
    shell.run(IMPORTS)
    shell.run(policy.finished.replace("3.0", "2.0"), policy.cell_id)
    outcome = asyncio.run(checks.examine("retry_policy"))
    assert outcome.verdict == checks.NOT_YET and "retry-policies" in outcome.direction
