"""Tables at the end, of each blank: mistakes told by name, right answers accepted, first messages
that leave the solution to be found. Too many that do not fail the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest

Row = tuple[dict[str, Any], bool]
KINDS = {"wrong": ("Mistakes", "told by name"), "right": ("Right answers", "accepted")}
"""What a test of one answer records, and the title and column of the table where it counts."""
LEFT = {"given away": "leave it to find", "pointed out": "and the directions"}
"""What a test of a wrong answer records of the solution's names, numbers and texts."""
MOST_GIVEN_AWAY = 0.05
FEW = 100
"""Of fewer messages no share is judged."""


def answers(reporter: Any) -> list[Row]:
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in reporter.stats.get(outcome, [])
        if getattr(report, "when", "") == "call"
    ]
    # user_properties come over from the processes of `pytest -n`.
    return [
        (dict(report.user_properties), report.passed)
        for report in reports
        if any(name == "answer" for name, _ in report.user_properties)
    ]


def leaves(rows: list[Row], what: str) -> list[Row]:
    """Which of the messages hold nothing of the solution."""
    return [(told, not told[what]) for told, _ in rows if what in told]


def too_many(rows: list[Row]) -> bool:
    """Whether more of the messages than one in twenty give something of the solution away."""
    return len(rows) >= FEW and sum(not left for _, left in rows) > MOST_GIVEN_AWAY * len(rows)


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and any(too_many(leaves(answers(reporter), what)) for what in LEFT):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    found = answers(terminalreporter)
    for kind, (title, column) in KINDS.items():
        rows = [(told, passed) for told, passed in found if told["answer"] == kind]
        if rows:
            terminalreporter.section(f"{title} {column}")
            for line in table(rows, column):
                terminalreporter.line(line)
    for what, column in LEFT.items():
        if rows := leaves(found, what):
            terminalreporter.section(f"First messages: {column}")
            for line in table(rows, column):
                terminalreporter.line(line)
            if too_many(rows):
                terminalreporter.line(f"FAILED: more than {MOST_GIVEN_AWAY:.0%} give it away.")


def table(rows: list[Row], column: str) -> Iterator[str]:
    """Lines of a table: for each blank and in all, how many of all, and a check's seconds."""
    yield f"{'blank':<26}{column + ' / all':>22}{'':>7}{'median':>10}{'worst':>10}"
    blanks = [f"{told['lesson']} {told['blank']}" for told, _ in rows]
    for name in [*dict.fromkeys(blanks), "all"]:
        mine = [row for row, blank in zip(rows, blanks, strict=True) if name in (blank, "all")]
        good = sum(passed for _, passed in mine)
        seconds = [told["seconds"] for told, _ in mine if "seconds" in told] or [0.0]
        yield (
            f"{name:<26}{good:>16} / {len(mine):>3}{100 * good / len(mine):>6.0f}%"
            f"{median(seconds):>8.2f} s{max(seconds):>8.2f} s"
        )
