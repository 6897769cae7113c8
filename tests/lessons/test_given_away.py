"""What counts as given away, and when it is too much."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from given_away import given_away
from tables import FEW, leaves, pytest_sessionfinish, too_many

PRACTICE = 'policy = RetryPolicy(\n    # TODO: 2 tries, then the queue "slow"\n    ...\n)'
FINISHED = (
    'policy = RetryPolicy(\n    maximum_attempts=2, factor=3.0, queue="slow", name=f"{a} to do"\n)'
)


@pytest.mark.parametrize(
    ("message", "text", "found"),
    [
        ("There is no maximum_attempts.", "", ["maximum_attempts"]),
        ("There is no maximum_attempts.", "policy(maximum_attempts=1)", []),
        ("No maximum_attempts_ here, and no factors.", "", []),
        ("It is 2, RetryPolicy, 'slow'.", "", []),  # the practice cell says so
        ("It grows by 3.", "", ["3.0"]),
        ("It grows by 3.", "x = 3", []),
        ("It is version v3, of 1.3 s and 3.5.", "", []),
        ("It has a to do in it.", "", ["to do"]),
    ],
)
def test_a_name_a_number_or_a_text_that_only_the_solution_has(
    message: str, text: str, found: list[str]
) -> None:
    assert given_away(message, FINISHED, PRACTICE, text) == found


def test_more_than_one_in_twenty_is_too_much() -> None:
    def rows(given: int, of: int) -> bool:
        said = [({"given away": ["x"] if n < given else []}, True) for n in range(of)]
        return too_many(leaves(said, "given away"))

    assert not rows(FEW // 20, FEW) and rows(FEW // 20 + 1, FEW)
    assert not rows(3, 10), "of a few, one more is chance"
    assert not leaves([({"answer": "right"}, True)], "given away")


@pytest.mark.parametrize(("given", "status"), [(FEW // 20, 0), (FEW // 20 + 1, 1)])
def test_too_many_fail_the_run(given: int, status: int) -> None:
    reports = [
        SimpleNamespace(
            when="call",
            passed=True,
            user_properties=[("answer", "wrong"), ("given away", ["x"] if n < given else [])],
        )
        for n in range(FEW)
    ]
    reporter = SimpleNamespace(stats={"passed": reports})
    plugins = SimpleNamespace(get_plugin={"terminalreporter": reporter}.get)
    session: Any = SimpleNamespace(config=SimpleNamespace(pluginmanager=plugins), exitstatus=0)
    pytest_sessionfinish(session)
    assert session.exitstatus == status
