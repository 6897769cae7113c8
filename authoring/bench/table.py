"""Numbers and the tables that show them: what was measured, its target, the ratio of the two."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

_HEAD = ("what", "measured", "target", "ratio", "how")


@dataclass(frozen=True)
class Row:
    """One measured number."""

    what: str
    measured: float | None
    """None where it was not measured in this run."""
    unit: str
    target: float | None = None
    """None where the number is printed for information."""
    at_least: bool = False
    """Whether more is better, as for reports a second."""
    how: str = ""

    @property
    def ratio(self) -> float | None:
        """Measured by target. Below 1 is better, or above 1 where the target is a least value."""
        if self.measured is None or not self.target:
            return None
        return self.measured / self.target

    def cells(self) -> tuple[str, ...]:
        target = "–"
        if self.target is not None:
            bound = "at least" if self.at_least else "at most"
            target = f"{bound} {_number(self.target)} {self.unit}"
        measured = (
            "not measured" if self.measured is None else f"{_number(self.measured)} {self.unit}"
        )
        return (
            self.what,
            measured,
            target,
            "–" if self.ratio is None else f"{self.ratio:.2f}",
            self.how,
        )


@dataclass
class Section:
    """Rows that were measured together, and what else there is to say about them."""

    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """For a terminal: columns under each other."""
        lines = [_HEAD, *(row.cells() for row in self.rows)]
        widths = [max(len(line[n]) for line in lines) for n in range(len(_HEAD))]
        shown = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([self.title, *(f"  {line}" for line in [*shown, *self.notes]), ""])

    def markdown(self) -> str:
        """For docs/benchmarks.md."""
        lines = [_HEAD, ("---", "---:", "---:", "---:", "---"), *(row.cells() for row in self.rows)]
        table = ["| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines]
        return "\n".join(
            [f"### {self.title}", "", *table, "", *(f"- {_plain(note)}" for note in self.notes), ""]
        )


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest value that `part` (0 to 1) of the values do not exceed.

    Raises:
        ValueError: there are no values, or `part` is no part.
    """
    if not values or not 0 <= part <= 1:
        raise ValueError(f"No {part} quantile of {len(values)} values.")
    at = -int(-part * len(values) // 1) - 1  # rounded up
    return sorted(values)[max(at, 0)]


def spread(values: Sequence[float], unit: str) -> str:
    """Median, lowest and highest in words, for a row's `how`."""
    return (
        f"median of {len(values)}, {_number(min(values))} to {_number(max(values))} {unit}"
        if len(values) > 1
        else "once"
    )


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _number(value: float) -> str:
    """Three figures are as many as these measurements bear."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _plain(text: str) -> str:
    return text.replace("|", "\\|")
