"""Receipts as a picture: a block for each call, and how many dollars they came to."""

from __future__ import annotations

from collections.abc import Sequence

from workshop.core.display import counted, dollars
from workshop.core.svg import between, percent, picture, tag, text, words
from workshop.practice.model.ledger import Call

BLOCKS = 12
"""Calls of a receipt that are drawn at most; the table has all."""
_IN_A_LINE = 3
"""So many blocks fit into a window that is 400 pixels wide."""
_WIDE, _HIGH, _GAP = 100, 22, 4
_KINDS = {"answered": "✓ answered", "failed": "✗ failed", "open": "… no answer yet"}


def draw(receipts: Sequence[tuple[str, Sequence[Call]]], label: str) -> str:
    """The SVG: for each receipt its name, its calls and, of several, a bar of its dollars.

    Args:
        receipts: names and calls; the name may be empty.
        label: what the picture shows, in a sentence.
    """
    most = max((_paid(calls) for _, calls in receipts), default=0.0)
    parts: list[str] = []
    top = 4.0
    for name, calls in receipts:
        if name:
            told = f"{counted(len(calls), 'call')}, {dollars(_paid(calls))}"
            spoken = tag("tspan", words(name), class_="name") + tag("tspan", words(told), dx="8")
            parts.append(tag("text", spoken, x="0", y=f"{top + 12:g}", class_="row"))
            top += 20
        drawn, top = _blocks(calls, top)
        parts += drawn
        if len(receipts) > 1 and most > 0:
            parts.append(_bar(_paid(calls) / most, top))
            top += 20
        top += 8
    legend, top = _legend([call for _, calls in receipts for call in calls], top, len(receipts) > 1)
    return picture("workshop-receipt", label, top, [*parts, *legend])


def who(call: Call) -> str:
    """The Activity that made a call."""
    return call.activity or "a call outside Temporal"


def _kind(call: Call) -> str:
    return "answered" if call.answered else "open" if call.status is None else "failed"


def _paid(calls: Sequence[Call]) -> float:
    return sum(call.dollars for call in calls)


def _blocks(calls: Sequence[Call], top: float) -> tuple[list[str], float]:
    parts = []
    shown = calls[:BLOCKS]
    for number, call in enumerate(shown):
        x = 1 + number % _IN_A_LINE * (_WIDE + _GAP)
        y = top + number // _IN_A_LINE * (_HIGH + _GAP)
        kind = _kind(call)
        inside = {
            "answered": f"✓ {dollars(call.dollars)}",
            "failed": f"✗ {call.status or 'dropped'}",
            "open": "… no answer",
        }[kind]
        ink = "on-shape" if call.answered else None
        letters = tag("text", inside, x=f"{x + 6}", y=f"{y + 15:g}", class_=ink)
        told = f"{who(call)}, attempt {call.attempt or '–'}: {_KINDS[kind]}"
        title = tag("title", words(told))
        parts.append(tag("g", title, _block(kind, x, y, _WIDE), letters, class_=f"call {kind}"))
    top += -(-len(shown) // _IN_A_LINE) * (_HIGH + _GAP)
    if len(shown) < len(calls):
        parts.append(text("0", top + 13, f"and {len(calls) - len(shown)} more", class_="soft"))
        top += 20
    return parts, top


def _block(kind: str, x: float, y: float, wide: float) -> str:
    """Filled and round where it was answered; hollow, with sharp corners, where it was not."""
    place = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{wide:g}", "height": f"{_HIGH}"}
    if kind == "answered":
        return tag("rect", **place, rx="6", class_="ok")
    if kind == "open":
        return tag("rect", **place, class_="idle hollow", stroke_dasharray="3 3")
    edge = {"y1": f"{y + 2:g}", "y2": f"{y + _HIGH - 2:g}", "stroke_width": "4"}
    right = f"{x + wide - 5:g}"
    wall = tag("line", x1=right, x2=right, **edge, stroke_dasharray="3 2", class_="bad")
    return tag("rect", **place, class_="bad hollow") + wall


def _bar(share: float, top: float) -> str:
    width = between(percent(0), percent(share))
    return tag("rect", x="1", y=f"{top + 2:g}", width=width, height="8", class_="live dollars")


def _legend(calls: Sequence[Call], top: float, several: bool) -> tuple[list[str], float]:
    kinds = {_kind(call) for call in calls}
    used = [(_block(kind, 1, 0, 22), name) for kind, name in _KINDS.items() if kind in kinds]
    if several and _paid(calls) > 0:
        used.append(
            (tag("rect", x="1", y="7", width="22", height="8", class_="live"), "US dollars")
        )
    parts = []
    for number, (shape, name) in enumerate(used):
        y = top + 4 + 28 * (number // 2)
        x = "0" if number % 2 == 0 else "172"
        told = text("32", 15, name, class_="soft")
        parts.append(tag("svg", shape, told, x=x, y=f"{y:g}", overflow="visible", class_="legend"))
    return parts, top + 28 * ((len(used) + 1) // 2) + 4
