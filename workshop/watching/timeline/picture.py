"""The picture: rows become one inline SVG.

Each row is a line of words with its bar below, so that nothing has to be squeezed beside it. What
a bar means is told by its shape and by the words, and by its colour only besides.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from workshop.core.display import counted, dollars, duration, short
from workshop.core.svg import between, marker, percent, picture, tag, text, words
from workshop.watching.timeline.spans import Mark, Row, Span

ROWS = 20
"""Rows that a picture shows at most; the table has all."""
TEXT_LENGTH = 110
"""Characters that are said of a row, and of its error."""
LINE_LENGTH = 50
"""Characters of a line of words: so many fit into a window beside another one."""
_BAR, _LINE = 12.0, 15.0
"""Heights of a bar and of a line of words, in pixels."""
_ARROW = "M-5,-5L2,0L-5,5Z"
_FIELD, _CROSS = "M-13,-6H0V6H-13Z", "M-10,-3.5L-3,3.5M-10,3.5L-3,-3.5"
_UP, _WALL = "M0,-5L5,4L-5,4Z", "M0,-6V6"
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_STEPS = (
    *(digit * 10.0**power for power in range(-4, 1) for digit in (1, 2, 5)),
    *(10, 15, 30),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * digit * 10**power for power in range(5) for digit in (1, 2, 5)),
)
_LEGEND = {
    "completed": "completed",
    "failed": "failed, with waits",
    "timed out": "timed out",
    "running": "running",
    "waiting": "waiting",
    "timer": "timer",
    "untaken": "no Worker took the task",
    "unanswered": "a Worker did not answer",
    "left open": "left open, cancelled",
    "run": "a run, from its start to its end",
}
_MARKS = {
    "signal": ("M0,-6L6,0L0,6L-6,0Z", "live", "Signal"),
    "query": ("M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0", "live hollow", "Query"),
    "rejected": ("M-5,-5L5,5M-5,5L5,-5", "bad open", "Update that was rejected"),
}
"""The shape of a mark, its colour and its words; LLM calls have more of them."""
_AS = {"cancelled": "left open", "terminated": "left open", "fired": "timer"}
"""States that are drawn like another."""


def draw(rows: Sequence[Row], total: float, running: bool, label: str) -> str:
    """The SVG, and what its shapes mean.

    Args:
        rows: as `spans.rows` gives them.
        total: seconds from the left edge to the right one.
        running: whether the Workflow goes on, so that the right edge is now and not an end.
        label: what the picture shows, in a sentence.
    """
    scale = max(total, 0.001)
    shown = _chosen(rows)
    height = 26.0
    parts: list[str] = []
    for row in shown:
        drawn, height = _row(row, height, scale)
        parts += drawn
    if len(shown) < len(rows):
        more = f"and {len(rows) - len(shown)} more: see the table"
        parts.append(text("0", height + 12, more, class_="soft"))
        height += 24
    grid = _axis(scale, height, running)
    lanes = [span for row in shown if row.kind == "worker" for span in row.spans]
    bands = [_band(span, scale, height) for span in lanes if span.state == "untaken"]
    svg = picture("workshop-timeline", label, height, [*bands, *grid, *parts])
    return svg + _legend(shown)


def _chosen(rows: Sequence[Row]) -> list[Row]:
    """All rows, or, of too many, those first that did not simply complete."""
    order = sorted(range(len(rows)), key=lambda n: (rows[n].plain, n))[:ROWS]
    return [rows[n] for n in sorted(order)]


def ticks(total: float, most: int = 5) -> list[tuple[float, str]]:
    """Round moments along an axis, in seconds, with their words."""
    step = next((step for step in _STEPS if total / step <= most), _STEPS[-1])
    units = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"), (0.0, "s"))
    least, name = next(unit for unit in units if step >= unit[0])
    moments = [number * step for number in range(int(total / step + 1e-9) + 1)]
    return [(at, f"{round(at / (least or 1.0), 6):g} {name}") for at in moments]


def _axis(scale: float, bottom: float, running: bool) -> list[str]:
    def line(x: str, **more: object) -> str:
        return tag("line", x1=x, x2=x, y1="18", y2=f"{bottom:g}", class_="line", **more)

    parts = []
    for at, name in ticks(scale):
        x = percent(at / scale)
        anchor = "start" if at == 0 else "end" if at / scale > 0.94 else "middle"
        parts += [line(x), text(x, 13, name, class_="soft tick", anchor=anchor)]
    return [*parts, line(percent(1), stroke_dasharray="2 3" if running else None)]


def _row(row: Row, top: float, scale: float) -> tuple[list[str], float]:
    """A row's elements, and where the next one begins."""
    line = top + 12
    label = short(row.label, 60)
    spoken = _lines(row.words, beside=len(label) + 2)
    name = tag("tspan", words(label), class_="name") + tag("tspan", "  ", dx="8")
    parts = [tag("text", name, *spoken, x="0", y=f"{line:g}", class_="row")]
    line += _LINE * (len(spoken) - 1)
    if row.error:
        line += _LINE
        over = row.words.startswith("✓")
        spoken = _lines(f"last error {row.error}" if over else row.error)
        class_ = "soft" if over else "trouble"
        parts.append(tag("text", *spoken, x="0", y=f"{line:g}", class_=class_))
        line += _LINE * (len(spoken) - 1)
    middle = line + 7 + _BAR / 2
    for span in row.spans:
        told = [f"{row.label}: {span.what}", f"after {duration(span.begins)}"]
        told += [duration(span.ends - span.begins), span.error, span.words]
        title = ", ".join(part for part in told if part)
        x1, x2 = percent(span.begins / scale), percent(span.ends / scale)
        parts.append(_bar(span.state, x1, x2, middle, title))
    bottom = middle + _BAR / 2
    calls = [mark for mark in row.marks if mark.kind == "call"]
    for mark in row.marks:
        if mark.kind in _MARKS:
            shape, class_, _ = _MARKS[mark.kind]
            title = f"{row.label}: {mark.what}, after {duration(max(0.0, mark.at))}"
            parts.append(marker(percent(mark.at / scale), middle, shape, class_, title))
    if calls:
        parts += _calls(calls, bottom + 7, scale)
        bottom += 26
    return parts, bottom + 10


def _bar(state: str, x1: str, x2: str, middle: float, title: str = "") -> str:
    """A stretch in the shape of its state. Its outline keeps the shortest one visible."""
    state = _AS.get(state, state)
    top = middle - _BAR / 2
    told = [tag("title", words(title))] if title else []

    def line(
        class_: str, left: str = x1, right: str = x2, beyond: float | None = None, **more: object
    ) -> str:
        y1, y2 = (middle, middle) if beyond is None else (top - beyond, top + _BAR + beyond)
        return tag("line", x1=left, x2=right, y1=f"{y1:g}", y2=f"{y2:g}", class_=class_, **more)

    def box(class_: str, **more: object) -> str:
        unit = "%" if x1.endswith("%") else ""
        # A box of no width at all is not drawn, its outline neither.
        width = f"{max(_number(x2) - _number(x1), 0.05):.2f}{unit}"
        size = {"width": width, "height": f"{_BAR:g}"}
        return tag("rect", x=x1, y=f"{top:g}", **size, class_=class_, **more)

    match state:
        case "completed":
            drawn = [box("ok", rx="2", stroke_width="2")]
        case "failed":
            stripes = line("bad", stroke_width=f"{_BAR:g}", stroke_dasharray="2 4")
            ends = [(_FIELD, "bad hollow"), (_CROSS, "bad open")]
            drawn = [box("bad hollow"), stripes, *(marker(x2, middle, *end) for end in ends)]
        case "timed out":
            drawn = [
                box("late hollow", stroke_dasharray="6 3"),
                line("late", x2, x2, 3, stroke_width="4"),
            ]
        case "running":
            drawn = [box("live hollow"), marker(x2, middle, _ARROW, "live")]
        case "timer":
            caps = [line("live", x, x, 0, stroke_width="2") for x in (x1, x2)]
            drawn = [line("live", stroke_width="3"), *caps]
        case "run":
            caps = [marker(x, middle, _WALL, "idle open") for x in (x1, x2)]
            drawn = [line("idle", stroke_width="1"), *caps]
        case "untaken":
            stripes = line("bad", stroke_width=f"{_BAR:g}", stroke_dasharray="8 8")
            drawn = [stripes, box("bad open")]
        case "unanswered":
            drawn = [box("late hollow", stroke_dasharray="2 2")]
        case "waiting":
            drawn = [line("idle", stroke_width="3", stroke_dasharray="3 5")]
        case _:
            drawn = [box("idle hollow")]
    return tag("g", *told, *drawn, class_=f"bar {state.replace(' ', '-')}")


def _band(span: Span, scale: float, bottom: float) -> str:
    """Behind all rows: what the other rows did while no Worker took the task."""
    left, right = percent(span.begins / scale), percent(span.ends / scale)
    width = between(left, right)
    height = f"{bottom - 18:g}"
    return tag("rect", x=left, y="18", width=width, height=height, class_="bad band")


def _calls(calls: Sequence[Mark], top: float, scale: float) -> list[str]:
    """LLM calls under a bar, each at its moment; their words share a place where they are close."""
    parts = []
    groups: list[list[Mark]] = []
    for mark in sorted(calls, key=lambda mark: mark.at):
        place = mark.at / scale
        class_ = "bad hollow" if mark.failed or mark.lost else "ok"
        title = f"{mark.what}, after {duration(max(0.0, mark.at))}, {mark.words}"
        parts.append(marker(percent(place), top, _UP, class_, title))
        if groups and place - groups[-1][0].at / scale < 0.34:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    for group in groups:
        first, last = group[0].at / scale, group[-1].at / scale
        anchor = "start" if first < 0.2 else "end" if first > 0.66 else "middle"
        x = percent(last if anchor == "end" else first)
        parts.append(text(x, top + 17, _call_words(group), class_="call", anchor=anchor))
    return parts


def _call_words(calls: Sequence[Mark]) -> str:
    paid = dollars(sum(mark.dollars for mark in calls))
    lost, failed = sum(mark.lost for mark in calls), sum(mark.failed for mark in calls)
    if len(calls) == 1:
        return f"{paid}, answer lost" if lost else calls[0].words if failed else paid
    told = [f"{len(calls)} calls, {paid}"]
    told += [f"{counted(lost, 'answer')} lost"] if lost else []
    told += [f"{failed} failed"] if failed else []
    return ", ".join(told)


def _legend(rows: Sequence[Row]) -> str:
    """The shapes that the picture has, with their words, as many in a line as there is room for."""
    states = {_AS.get(span.state, span.state) for row in rows for span in row.spans}
    marks = [mark for row in rows for mark in row.marks]
    kinds = {mark.kind for mark in marks}
    bars = {name: _bar(state, "2", "26", 10) for state, name in _LEGEND.items() if state in states}
    used = [(bar, name) for name, bar in bars.items()]
    if "call" in kinds:
        used.append((marker("14", 10, _UP, "ok"), "LLM call, in US dollars"))
    for kind, (path, class_, name) in _MARKS.items():
        if kind in kinds:
            used.append((marker("14", 10, path, class_), name))
    if any(mark.failed or mark.lost for mark in marks):
        used.append((marker("14", 10, _UP, "bad hollow"), "LLM call: failed, or answer lost"))
    size = {"width": "34", "height": "20", "style": "vertical-align:middle"}
    entry = {"style": "display:inline-block;margin-right:18px"}
    listed = [tag("span", tag("svg", shape, **size), words(name), **entry) for shape, name in used]
    return tag("div", *listed, class_="legend", style="color:var(--wp-soft)")


def _number(position: str) -> float:
    return float(position.rstrip("%"))


def _lines(said: str, beside: int = 0) -> list[str]:
    """The elements of lines of words; the first has so many other characters before it."""
    room = " " * min(beside, LINE_LENGTH - 24)
    lines = textwrap.wrap(short(said, TEXT_LENGTH), LINE_LENGTH, initial_indent=room) or [""]
    first, *more = [f"{line.strip()} " for line in lines[:-1]] + [lines[-1].strip()]
    below = {"x": "0", "dy": f"{_LINE:g}"}
    return [words(first), *(tag("tspan", words(line), **below) for line in more)]
