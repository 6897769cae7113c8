"""The one way to show things: under the cell or printed, in tables, in a few words."""

from __future__ import annotations

import base64
import html
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from workshop.core import this_notebook

LEFT, RIGHT = "text-align:left", "text-align:right"
"""Notebooks align the cells of a table to the right, which suits numbers only."""


def in_notebook() -> bool:
    """Whether what is shown appears under a cell."""
    # Where nobody has imported IPython there is no kernel, and importing it takes half a second.
    return "IPython" in sys.modules and hasattr(this_notebook.shell(), "kernel")


def put(markup: str, plain: str, instead_of: Any = None) -> Any:
    """Show something under the cell; where there is no notebook, print it.

    Args:
        markup: HTML; "" where the plain text is all there is.
        instead_of: what an earlier call has returned; its place is taken.

    Returns:
        What to show something else instead of; None where text was printed.

    https://ipython.readthedocs.io/en/stable/api/generated/IPython.display.html
    """
    if not in_notebook():
        print(plain, flush=True)
        return None
    from IPython.display import display

    bundle = {"text/html": markup, "text/plain": plain} if markup else {"text/plain": plain}
    if instead_of is None:
        return display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
    instead_of.update(bundle, raw=True)
    return instead_of


def show(thing: Any, instead_of: Any = None) -> Any:
    """Show a thing that knows its own HTML and words; otherwise as `put`."""
    return put(thing._repr_html_(), repr(thing), instead_of)


def image(png: bytes, alt: str, *, width: float, style: str, **more: str) -> str:
    """A PNG picture as HTML that needs no file, so many pixels wide at most.

    `alt` is for people who do not see it; more are attributes, of which `x_y` is x-y.
    """
    given = "".join(f'{name.replace("_", "-")}="{value}" ' for name, value in more.items())
    return (
        f'<img alt="{html.escape(alt)}" {given}'
        f'src="data:image/png;base64,{base64.b64encode(png).decode()}" width="{width:.0f}" '
        f'style="max-width:100%;height:auto;{style}">'
    )


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    caption: str = "",
    *,
    side: str = "top",
    named: bool = False,
    whole: Sequence[int] = (),
) -> str:
    """A table that a screen reader can read, as HTML.

    Args:
        rows: their cells become text; a number is aligned as such.
        caption: markup; `side` is where, and "" leaves that to the front end.
        named: whether the first cell of a row is its name.
        whole: the numbers of columns whose cells are not broken into lines.
    """
    head = "".join(f'<th scope="col" style="{LEFT}">{html.escape(name)}</th>' for name in columns)
    body = ""
    for row in rows:
        cells = list(row)
        name = f'<th scope="row" style="{LEFT}">{html.escape(str(cells[0]))}</th>' if named else ""
        body += f"<tr>{name}"
        for number, cell in list(enumerate(cells))[named:]:
            style = f"{LEFT};white-space:nowrap" if number in whole else LEFT
            style = RIGHT if is_number(cell) else style
            body += f'<td style="{style}">{html.escape(told(cell))}</td>'
        body += "</tr>"
    where = f"{LEFT};caption-side:{side}" if side else LEFT
    above = f'<caption style="{where}">{caption}</caption>' if caption else ""
    return f"<table>{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def lines(rows: Iterable[Sequence[object]], *, ruled: bool = False) -> list[str]:
    """Rows as lines of text, each column as wide as its longest cell; a rule below the first."""
    cells = [[told(cell) for cell in row] for row in rows]
    wide = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    if ruled:
        cells.insert(1, ["-" * width for width in wide])
    padded = [[f"{cell:<{w}}" for cell, w in zip(row, wide, strict=True)] for row in cells]
    return ["  ".join(row).rstrip() for row in padded]


def told(cell: object) -> str:
    """What a cell of a table says. A number is written so that it is read at a glance."""
    if not isinstance(cell, float) or not math.isfinite(cell):
        return str(cell)
    if cell and not 0.001 <= abs(cell) < 1e15:  # dollars of a call are small
        return f"{cell:.6f}" if 0.000001 <= abs(cell) < 1 else f"{cell:g}"
    return f"{cell:.4f}".rstrip("0").rstrip(".")


def is_number(value: object) -> bool:
    """Whether it counts something, which True and False do not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def duration(seconds: float) -> str:
    """A length of time, such as 0.12 s, 12.5 min, 30.2 h or 3.0 d."""
    if seconds < 600:
        return f"{seconds:.2f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172800 else f"{seconds / 86400:.1f} d"


def lasting(seconds: float, digits: int = 1) -> str:
    """A length of time as one says it: 2.0 s, 10 minutes, 1.5 hours, 5 days."""
    for unit, least, name in ((86400, 86400, "day"), (3600, 3600, "hour"), (60, 600, "minute")):
        if seconds >= least:
            count = f"{seconds / unit:.3g}"
            return f"{count} {name}{'' if count == '1' else 's'}"
    return f"{seconds:.{digits if seconds < 60 else 1}f} s"


def dollars(amount: float) -> str:
    """US dollars to a millionth, because a call costs so little."""
    return f"${amount:.6f}"


def counted(number: int, what: str) -> str:
    """How many there are, such as `1 call` and `2 calls`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def short(text: str, limit: int) -> str:
    """At most so many characters of a text; one that goes on ends in …."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def printable(text: str) -> str:
    """The text, with � in place of what does not print, such as escape codes."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def clean(text: str, limit: int = 120) -> str:
    """The first line that says something, printable, and at most `limit` characters of it.

    What is too long is cut in its second half: an error begins with what it is, and often ends with
    what to do about it.
    """
    line = next((part.strip() for part in text.splitlines() if part.strip()), "")
    line = printable(line)
    if len(line) <= limit:
        return line
    tail = limit // 3
    return f"{line[: limit - tail - 3].rstrip()} … {line[-tail:].lstrip()}"
