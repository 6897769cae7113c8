"""Two tables at the end: mistakes told by name, and right answers accepted, of each blank."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

KINDS = {"wrong": ("Mistakes", "told by name"), "right": ("Right answers", "accepted")}
"""What a test of one answer records, and the title and column of the table where it counts."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if getattr(report, "when", "") == "call"
    ]
    # user_properties come over from the processes of `pytest -n`.
    answers = [
        (dict(report.user_properties), report.passed)
        for report in reports
        if any(name == "answer" for name, _ in report.user_properties)
    ]
    for kind, (title, column) in KINDS.items():
        rows = [(told, passed) for told, passed in answers if told["answer"] == kind]
        if rows:
            terminalreporter.section(f"{title} {column}")
            for line in table(rows, column):
                terminalreporter.line(line)


def table(rows: list[tuple[dict[str, Any], bool]], column: str) -> Iterator[str]:
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
