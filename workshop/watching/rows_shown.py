"""Rows of a database, shown under the cell: as a table, and numbers as bars."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from workshop.core import display
from workshop.core.errors import WorkshopError
from workshop.core.svg import VERBATIM, between, figure, percent, picture, tag, words

CELL_LENGTH = 120
"""Characters of a value that are shown."""
_LINE_LENGTH = 40
"""The same where the table is plain text."""


def show_rows(rows: Iterable[Any], columns: Sequence[str] | None = None, limit: int = 25) -> None:
    """Show rows as a table. In a notebook it is one that a screen reader can read.

    Args:
        rows: each a dict by column, or a dataclass.
        columns: those to show, in that order; None means all, as they first appear.
        limit: so many rows are shown at most; below them stands how many there are.

    Raises:
        WorkshopError: a row is neither, or no row has such a column.
    """
    dicts = [_as_dict(row) for row in rows]
    there = list(dict.fromkeys(str(name) for row in dicts for name in row))
    chosen = there if columns is None else [columns] if isinstance(columns, str) else list(columns)
    unknown = [name for name in chosen if name not in there]
    if dicts and unknown:
        raise WorkshopError(
            f"No row has the column {unknown[0]!r}.",
            f"These are there: {', '.join(there)}.",
            "Name some of them in columns=[…], or leave columns out.",
        )
    shown = dicts[: max(0, limit)]
    told = f"{display.counted(len(dicts), 'row')}." if dicts else "No rows."
    if len(shown) < len(dicts):
        told = f"{len(shown)} of {len(dicts)} rows."

    def cells(length: int) -> list[list[Any]]:
        return [[_cell(row.get(name), length) for name in chosen] for row in shown]

    markup = display.table(chosen, cells(CELL_LENGTH), told, side="bottom")
    lines = display.lines([chosen, *cells(_LINE_LENGTH)], ruled=True) if shown else []
    display.put(
        f'<div class="{VERBATIM}" style="overflow-x:auto">{markup}</div>', "\n".join([*lines, told])
    )


def show_bars(numbers: Mapping[str, float], unit: str = "") -> None:
    """Show numbers as bars, drawn to one scale that begins at 0.

    Args:
        numbers: each by its label, none below 0.
        unit: what they count, such as "reports a second"; it stands behind each number.

    Raises:
        WorkshopError: a number is none, or below 0.
    """
    for label, number in numbers.items():
        if not display.is_number(number) or not math.isfinite(number) or number < 0:
            raise WorkshopError(
                f"The bar {str(label)!r} was given {number!r}.",
                "A bar is as long as its number, which is 0 or more.",
            )
    if not numbers:
        display.put("<p>No numbers.</p>", "No numbers.")
        return
    most = max(numbers.values()) or 1
    parts, lines, top = [], [], 4.0
    for label, number in numbers.items():
        told = f"{display.told(number)} {unit}".strip()
        line = tag("tspan", words(str(label)), class_="name") + tag("tspan", words(told), dx="8")
        parts.append(tag("text", line, x="0", y=f"{top + 12:g}", class_="row"))
        wide = between(percent(0), percent(number / most))
        place = {"x": percent(0), "y": f"{top + 18:g}", "height": "10"}
        parts.append(tag("rect", **place, width=wide, class_="live"))
        lines.append((str(label), f"{'█' * round(30 * number / most):<30}", told))
        top += 38
    listed = "; ".join(f"{label}: {told}" for label, _, told in lines)
    drawn = picture("workshop-bars", f"Bars of one scale. {listed}.", top, parts)
    display.put(figure(drawn), "\n".join(display.lines(lines)))


def _as_dict(row: Any) -> dict[str, Any]:
    if is_dataclass(row) and not isinstance(row, type):
        return asdict(row)
    if isinstance(row, Mapping):
        return {str(name): value for name, value in row.items()}
    raise WorkshopError(
        f"A row is a {type(row).__name__}.",
        "A row is a dict by column, or a dataclass.",
        "Show what rows(engine, table) returns.",
    )


def _cell(value: Any, length: int) -> Any:
    """A number, or the value in one line of at most so many characters."""
    if display.is_number(value):
        return value
    line = "–" if value is None else " ".join(str(value).split())
    return display.short(display.printable(line), length)
