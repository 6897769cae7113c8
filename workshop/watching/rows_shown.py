"""Rows of a database, shown under the cell: as a table, and numbers as bars."""

from __future__ import annotations

import html
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from workshop.core.errors import WorkshopError
from workshop.core.svg import VERBATIM, figure, percent, picture, tag, words

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
    if not dicts:
        told = "No rows."
    elif len(shown) < len(dicts):
        told = f"{len(shown)} of {len(dicts)} rows."
    else:
        told = "1 row." if len(dicts) == 1 else f"{len(dicts)} rows."
    cells = [[row.get(name) for name in chosen] for row in shown]
    put(_table(chosen, cells, told), _lines(chosen, cells, told))


def show_bars(numbers: Mapping[str, float], unit: str = "") -> None:
    """Show numbers as bars, drawn to one scale that begins at 0.

    Args:
        numbers: each by its label, none below 0.
        unit: what they count, such as "reports a second"; it stands behind each number.

    Raises:
        WorkshopError: a number is none, or below 0.
    """
    for label, number in numbers.items():
        whole = isinstance(number, (int, float)) and not isinstance(number, bool)
        if not whole or not math.isfinite(number) or number < 0:
            raise WorkshopError(
                f"The bar {str(label)!r} was given {number!r}.",
                "A bar is as long as its number, which is 0 or more.",
            )
    said = {str(label): f"{_number(n)} {unit}".strip() for label, n in numbers.items()}
    most = max(numbers.values(), default=0) or 1
    parts: list[str] = []
    top = 4.0
    for (label, told), number in zip(said.items(), numbers.values(), strict=True):
        line = tag("tspan", words(label), class_="name") + tag("tspan", words(told), dx="8")
        parts.append(tag("text", line, x="0", y=f"{top + 12:g}", class_="row"))
        wide = float(percent(number / most)[:-1]) - float(percent(0)[:-1])
        place = {"x": percent(0), "y": f"{top + 18:g}", "height": "10"}
        parts.append(tag("rect", **place, width=f"{wide:.2f}%", class_="live"))
        top += 38
    listed = "; ".join(f"{label}: {told}" for label, told in said.items())
    label = f"Bars of one scale. {listed}." if said else "No numbers."
    drawn = figure(picture("workshop-bars", label, top, parts)) if said else "<p>No numbers.</p>"
    names = max((len(name) for name in said), default=0)
    lines = [
        f"{name:<{names}}  {'█' * round(30 * number / most):<30}  {told}"
        for (name, told), number in zip(said.items(), numbers.values(), strict=True)
    ]
    put(drawn, "\n".join(lines) or "No numbers.")


def put(markup: str, plain: str, display: Any = None) -> Any:
    """Show something under the cell; where there is no notebook, print it.

    Args:
        markup: HTML.
        plain: the same as text, for those who have no HTML.
        display: what an earlier call has returned, to be replaced.

    Returns:
        The display, to be replaced by a later call; None where text was printed.
    """
    # Where nobody has imported IPython there is no kernel, and importing it takes half a second.
    ipython = sys.modules.get("IPython")
    if not hasattr(ipython.get_ipython() if ipython else None, "kernel"):
        print(plain, flush=True)
        return None
    from IPython.display import display as show

    bundle = {"text/html": markup, "text/plain": plain}
    if display is None:
        return show(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
    display.update(bundle, raw=True)
    return display


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


def _table(columns: Sequence[str], cells: Sequence[Sequence[Any]], told: str) -> str:
    # Notebooks align the cells of a table to the right, which suits numbers only.
    left, right = 'style="text-align:left"', 'style="text-align:right"'
    head = "".join(f'<th scope="col" {left}>{html.escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td {right if _is_number(value) else left}>"
            f"{html.escape(_value(value, CELL_LENGTH))}</td>"
            for value in row
        )
        + "</tr>"
        for row in cells
    )
    caption = f'<caption style="text-align:left;caption-side:bottom">{told}</caption>'
    return (
        f'<div class="{VERBATIM}" style="overflow-x:auto">'
        f"<table>{caption}<thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _lines(columns: Sequence[str], cells: Sequence[Sequence[Any]], told: str) -> str:
    if not cells:
        return told
    grid = [list(columns), *([_value(value, _LINE_LENGTH) for value in row] for row in cells)]
    wide = [max(len(row[n]) for row in grid) for n in range(len(columns))]
    grid.insert(1, ["-" * width for width in wide])
    lines = ["  ".join(f"{c:<{w}}" for c, w in zip(row, wide, strict=True)) for row in grid]
    return "\n".join([*(line.rstrip() for line in lines), told])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _value(value: Any, length: int) -> str:
    """A value in one line, at most `length` characters; what does not print becomes �."""
    if value is None:
        return "–"
    if _is_number(value):
        return _number(value)
    line = " ".join(str(value).split())
    line = "".join(c if c.isprintable() else "\ufffd" for c in line)
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _number(number: float) -> str:
    if isinstance(number, int):
        return str(number)
    if number and not 0.001 <= abs(number) < 1e15 and math.isfinite(number):
        # Dollars of a call are small; what scientists write is not read at a glance.
        return f"{number:.6f}" if abs(number) >= 0.000001 and abs(number) < 1 else f"{number:g}"
    return f"{number:.4f}".rstrip("0").rstrip(".") if math.isfinite(number) else str(number)
