"""Receipts as a picture: a block for each call, and how many dollars they came to."""

from __future__ import annotations

from collections.abc import Sequence

from workshop.core.svg import dollars, percent, picture, tag, text, words
from workshop.practice.model.ledger import Call

BLOCKS = 12
"""Calls of a receipt that are drawn at most; the table has all."""
_IN_A_LINE = 3
"""So many blocks fit into a window that is 400 pixels wide."""
_WIDE, _HIGH, _GAP = 100, 22, 4


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
            told = tag("tspan", words(f"{counted(len(calls))}, {dollars(_paid(calls))}"), dx="8")
            spoken = tag("tspan", words(name), class_="name") + told
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


def counted(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls} calls"


def said(call: Call) -> str:
    """A call in one word and its sign."""
    if call.answered:
        return "✓ answered"
    return "… no answer yet" if call.status is None else "✗ failed"


def _paid(calls: Sequence[Call]) -> float:
    return sum(call.dollars for call in calls)


def _blocks(calls: Sequence[Call], top: float) -> tuple[list[str], float]:
    parts = []
    shown = calls[:BLOCKS]
    for number, call in enumerate(shown):
        x = 1 + number % _IN_A_LINE * (_WIDE + _GAP)
        y = top + number // _IN_A_LINE * (_HIGH + _GAP)
        inside, class_ = "… no answer", ""
        if call.answered:
            inside, class_ = f"✓ {dollars(call.dollars)}", "on-shape"
        elif call.status is not None:
            inside = f"✗ {call.status}" if call.status else "✗ dropped"
        letters = tag("text", inside, x=f"{x + 6}", y=f"{y + 15:g}", class_=class_ or None)
        who = call.activity or "a call outside Temporal"
        title = tag("title", words(f"{who}, attempt {call.attempt or '–'}: {said(call)}"))
        kind = "answered" if call.answered else "open" if call.status is None else "failed"
        parts.append(tag("g", title, _block(call, x, y, _WIDE), letters, class_=f"call {kind}"))
    top += -(-len(shown) // _IN_A_LINE) * (_HIGH + _GAP)
    if len(shown) < len(calls):
        parts.append(text("0", top + 13, f"and {len(calls) - len(shown)} more", class_="soft"))
        top += 20
    return parts, top


def _block(call: Call, x: float, y: float, wide: float) -> str:
    """Filled and round where it was answered; hollow, with sharp corners, where it was not."""
    place = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{wide:g}", "height": f"{_HIGH}"}
    if call.answered:
        return tag("rect", **place, rx="6", class_="ok")
    if call.status is None:
        return tag("rect", **place, class_="idle hollow", stroke_dasharray="3 3")
    edge = {"y1": f"{y + 2:g}", "y2": f"{y + _HIGH - 2:g}", "stroke_width": "4"}
    right = f"{x + wide - 5:g}"
    wall = tag("line", x1=right, x2=right, **edge, stroke_dasharray="3 2", class_="bad")
    return tag("rect", **place, class_="bad hollow") + wall


def _bar(share: float, top: float) -> str:
    width = f"{float(percent(share)[:-1]) - float(percent(0)[:-1]):.2f}%"
    return tag("rect", x="1", y=f"{top + 2:g}", width=width, height="8", class_="live dollars")


def _legend(calls: Sequence[Call], top: float, several: bool) -> tuple[list[str], float]:
    kinds = {said(call): call for call in calls}
    order = ("✓ answered", "✗ failed", "… no answer yet")
    used = [(_block(kinds[kind], 1, 0, 22), kind) for kind in order if kind in kinds]
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
