"""Blocks of a report as reportlab flowables: text, tables, rules.

They set their own lines, where reportlab's Paragraph would read the text as markup. Each can be
split after any line, also within a table cell, so no text is too long for a page.
(https://docs.reportlab.com/reportlab/userguide/ch5_platypus/#flowables)
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from reportlab.lib.colors import Color, HexColor
from reportlab.platypus import Flowable

from workshop.report.fonts import BOLD, SANS, face, fit

INK = HexColor("#1f2328")
GREY = HexColor("#5a6270")
LINK = HexColor("#0b57a4")
LINE = HexColor("#c9ced6")
SHADE = HexColor("#f3f4f6")
HEADER_SHADE = HexColor("#e9edf2")

_SLACK = 1e-6  # points; sums of widths are not exact
_TOKEN = re.compile(r"\n| +|[^ \n]+")
_CODE_TOKEN = re.compile(r"\n|[^\n]+")


@dataclass(frozen=True)
class Look:
    """How a piece of text looks. Sizes are in points."""

    font: str = SANS
    size: float = 10.0
    colour: Color = INK
    href: str = ""
    """Where a click goes; empty for no link."""
    struck: bool = False
    shaded: bool = False


class Run(NamedTuple):
    text: str
    look: Look


class Span(NamedTuple):
    """A piece of one line, at `x` points from the line's start."""

    x: float
    text: str
    look: Look
    width: float


Line = list[Span]


def drawable(runs: Iterable[Run]) -> list[Run]:
    """The runs in pieces that their faces hold, with U+FFFD for what no face holds."""
    pieces: list[Run] = []
    looks: dict[tuple[Look, str], Look] = {}
    for text, look in runs:
        for piece, font in fit(text, look.font):
            if font == look.font:
                pieces.append(Run(piece, look))
                continue
            other = looks.get((look, font))
            if other is None:
                other = looks[look, font] = replace(look, font=font)
            pieces.append(Run(piece, other))
    return pieces


class _Setter:
    """Sets runs into lines no wider than `width` points (but at least one character each)."""

    def __init__(self, width: float) -> None:
        self.width = width + _SLACK
        self.lines: list[Line] = []
        self._line: Line = []
        self._x = 0.0
        # The span that is growing at the end of the line.
        self._look: Look | None = None
        self._start = 0.0
        self._texts: list[str] = []
        # What comes after it: a space, then the pieces of a word.
        self._space: Run | None = None
        self._gap = 0.0
        self._word: list[tuple[str, Look, float]] = []

    def set(self, runs: Iterable[Run], code: bool) -> list[Line]:
        pattern = _CODE_TOKEN if code else _TOKEN
        for text, look in runs:
            advance, size = face(look.font).width.__getitem__, look.size
            one_space, one_gap = Run(" ", look), advance(" ") * size
            for token in pattern.findall(text):
                if token == "\n":
                    self._end_word()
                    self._end_line()
                elif token[0] == " " and not code:
                    self._end_word()
                    if not self._x:
                        continue
                    self._space, self._gap = one_space, one_gap
                    if look.shaded and len(token) > 1:
                        self._space, self._gap = Run(token, look), one_gap * len(token)
                else:
                    self._word.append((token, look, sum(map(advance, token)) * size))
        self._end_word()
        if self._x:
            self._end_line()
        return self.lines

    def _end_span(self) -> None:
        if self._look:
            span = Span(self._start, "".join(self._texts), self._look, self._x - self._start)
            self._line.append(span)
            self._look, self._texts = None, []

    def _end_line(self) -> None:
        self._end_span()
        self.lines.append(self._line)
        self._line, self._x, self._space, self._gap = [], 0.0, None, 0.0

    def _end_word(self) -> None:
        pieces = self._word
        if not pieces:
            return
        self._word = []
        needed = self._x + self._gap
        for _, _, width in pieces:
            needed += width
        if needed <= self.width:
            if self._space:
                self._put(*self._space, self._gap)
                self._space, self._gap = None, 0.0
            for piece in pieces:
                self._put(*piece)
            return
        too_long = needed - self._x - self._gap > self.width
        if not too_long or self._x > self.width / 2:
            self._end_line()
        elif self._space:
            self._put(*self._space, self._gap)
            self._space, self._gap = None, 0.0
        for text, look, width in pieces:
            if too_long:
                self._put_in_parts(text, look)
            else:
                self._put(text, look, width)

    def _put_in_parts(self, text: str, look: Look) -> None:
        advance = face(look.font).width
        start, width = 0, 0.0
        for position, char in enumerate(text):
            step = advance[char] * look.size
            if self._x + width + step > self.width and (self._x or position > start):
                if position > start:
                    self._put(text[start:position], look, width)
                self._end_line()
                start, width = position, 0.0
            width += step
        self._put(text[start:], look, width)

    def _put(self, text: str, look: Look, width: float) -> None:
        if look is not self._look:
            self._end_span()
            self._look, self._start = look, self._x
        self._texts.append(text)
        self._x += width


def set_lines(runs: Iterable[Run], width: float, *, code: bool = False) -> list[Line]:
    """The runs as lines; `code` keeps every space and breaks only where a line is full."""
    return _Setter(width).set(runs, code)


def _draw_lines(
    canvas: Any, placed: Sequence[tuple[Line, float, float]], bullets: Sequence[Span] = ()
) -> None:
    """Draw lines, each at its x and baseline; the bullets stand on the first one's baseline."""
    for line, left, base in placed:
        for x, _, look, width in line:
            start, size = left + x, look.size
            if look.shaded:
                canvas.setFillColor(SHADE)
                canvas.rect(start - 1, base - 0.28 * size, width + 2, 1.28 * size, stroke=0, fill=1)
            for height, wanted in ((-0.12, look.href), (0.28, look.struck)):
                if wanted:
                    canvas.setStrokeColor(look.colour)
                    canvas.setLineWidth(0.5)
                    level = base + height * size
                    canvas.line(start, level, start + width, level)
            if look.href:
                area = (start, base - 0.25 * size, start + width, base + 0.85 * size)
                canvas.linkURL(look.href, area, relative=1)
    if bullets and placed:
        placed = [(list(bullets), 0.0, placed[0][2]), *placed]
    canvas.drawText(_Text(canvas, placed))


class _Text:
    """What `canvas.drawText` takes: placed lines as PDF operators.

    reportlab's own text object measures and escapes each character again.
    """

    def __init__(self, canvas: Any, placed: Sequence[tuple[Line, float, float]]) -> None:
        self._canvas, self._placed = canvas, placed

    def getCode(self) -> str:
        document = self._canvas._doc
        code = ["BT"]
        current: tuple[str, float] | None = None
        colour: Color = None
        for line, left, base in self._placed:
            for x, text, look, _ in line:
                if look.colour is not colour:
                    colour = look.colour
                    code.append(f"{colour.red:.4g} {colour.green:.4g} {colour.blue:.4g} rg")
                code.append(f"1 0 0 1 {left + x:.2f} {base:.2f} Tm")
                font = face(look.font)
                for part, codes in font.splitString(text, document):
                    name = font.getSubsetInternalName(part, document)
                    if (name, look.size) != current:
                        current = (name, look.size)
                        code.append(f"{name} {look.size:.4g} Tf")
                    code.append(f"({_ESCAPED.sub(_escape, codes.decode('latin-1'))}) Tj")
        code.append("ET")
        return "\n".join(code)


_ESCAPED = re.compile(r"[()\\\0-\x1f\x7f-\xff]")


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return f"\\{char}" if char in "()\\" else f"\\{ord(char):03o}"


@dataclass
class Margin:
    """What stands at the left of a block. All in points from the frame's left edge."""

    indent: float = 0.0
    bars: tuple[float, ...] = ()
    """Where the bars of the quotes around the block stand."""

    def within(self, width: float) -> float:
        """The factor that leaves a block at least half of a narrow frame."""
        return min(1.0, width / 2 / self.indent) if self.indent else 1.0


class _Block(Flowable):  # type: ignore[misc]
    """What every block has: a margin, the space around it, and the bars of quotes."""

    def __init__(self, margin: Margin, before: float, after: float) -> None:
        super().__init__()
        self.margin = margin
        self.spaceBefore, self.spaceAfter = before, after
        self.bars_below: tuple[tuple[float, ...], float] = ((), 0.0)
        """The bars that go on into the space below, and how far."""

    def _part(self, first: bool) -> Any:
        """A copy that will hold the lines before or after a page break."""
        part = copy.copy(self)
        # What reportlab notes on a flowable while it looks for a place is not the copy's.
        for note in ("canv", "_frame", "_postponed"):
            part.__dict__.pop(note, None)
        if first:
            part.spaceAfter, part.bars_below = 0, ((), 0.0)
        else:
            part.spaceBefore = 0
        return part

    def _draw_bars(self) -> None:
        canvas, factor = self.canv, self.margin.within(self.width)
        if not self.margin.bars:
            return
        canvas.setFillColor(LINE)
        going_on, below = self.bars_below
        for x in self.margin.bars:
            drop = below if x in going_on else 0.0
            canvas.rect(x * factor, -drop, 2, self.height + drop, stroke=0, fill=1)


class TextBlock(_Block):
    """A paragraph, a heading, a list item or code.

    Args:
        runs: the text; a newline in it ends a line.
        leading: points from one line to the next.
        bullets: pieces that stand left of the first line, one for each list that begins there.
        code: keep spaces, and shade the block.
    """

    def __init__(
        self,
        runs: Iterable[Run],
        *,
        leading: float = 14.0,
        margin: Margin | None = None,
        bullets: Iterable[Span] = (),
        before: float = 0.0,
        after: float = 6.0,
        code: bool = False,
    ) -> None:
        super().__init__(margin or Margin(), before, after)
        self.leading = leading
        self.bullets = tuple(bullets)
        self.code = code
        self._padding = 6.0 if code else 0.0
        self._runs: list[Run] | None = drawable(runs)
        self._lines: list[Line] = []
        self._set_for = -1.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        if self._runs is not None and self._set_for != available_width:
            indent = self.margin.indent * self.margin.within(available_width)
            room = available_width - indent - 2 * self._padding
            self._lines = set_lines(self._runs, room, code=self.code) or [[]]
            self._set_for = available_width
        self.width = available_width
        self.height = len(self._lines) * self.leading + 2 * self._padding
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        self.wrap(available_width, available_height)
        fitting = int((available_height - 2 * self._padding + _SLACK) / self.leading)
        if fitting < 1:
            return []
        if fitting >= len(self._lines):
            return [self]
        first, rest = self._part(first=True), self._part(first=False)
        first._runs = rest._runs = None
        first._lines, rest._lines = self._lines[:fitting], self._lines[fitting:]
        rest.bullets = ()
        return [first, rest]

    def draw(self) -> None:
        factor = self.margin.within(self.width)
        indent = self.margin.indent * factor
        self._draw_bars()
        if self.code:
            self.canv.setFillColor(SHADE)
            self.canv.rect(indent, 0, self.width - indent, self.height, stroke=0, fill=1)
        left = indent + self._padding
        placed = []
        top = self.height - self._padding
        for line in self._lines:
            size = max((span.look.size for span in line), default=10.0)
            # Capital letters, 0.73 of the size high, stand in the middle of the line.
            placed.append((line, left, top - (self.leading + 0.73 * size) / 2))
            top -= self.leading
        bullets = [span._replace(x=span.x * factor) for span in self.bullets]
        _draw_lines(self.canv, placed, bullets)


class TitleBlock(TextBlock):
    """The title of the report, which becomes the title and subject of the PDF as well."""

    def __init__(self, title: str, subject: str) -> None:
        look = Look(BOLD, 22.0)
        super().__init__([Run(title, look)], leading=28.0, after=4.0)
        self._title, self._subject = title, subject

    def draw(self) -> None:
        # The document's own title, where its maker gave one, wins.
        self.canv.setTitle(self._doctemplateAttr("title") or self._title)
        if self._subject:
            self.canv.setSubject(self._doctemplateAttr("subject") or self._subject)
        super().draw()


class RuleBlock(_Block):
    """A horizontal rule."""

    def __init__(
        self, *, margin: Margin | None = None, before: float = 8.0, after: float = 10.0
    ) -> None:
        super().__init__(margin or Margin(), before, after)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.width, self.height = available_width, 1.0
        return self.width, self.height

    def draw(self) -> None:
        indent = self.margin.indent * self.margin.within(self.width)
        self._draw_bars()
        self.canv.setStrokeColor(LINE)
        self.canv.setLineWidth(0.7)
        self.canv.line(indent, 0.5, self.width, 0.5)


@dataclass
class Row:
    """A row of a table: the runs of each cell, and their lines once the widths are known."""

    cells: list[list[Run]]
    header: bool = False
    lines: list[list[Line]] = field(default_factory=list)
    depth: int = 1
    """How many lines the longest cell has."""

    def with_lines(self, lines: list[list[Line]]) -> Row:
        return Row(self.cells, self.header, lines, max([1, *map(len, lines)]))

    def cut(self, depth: int) -> tuple[Row, Row]:
        above = self.with_lines([lines[:depth] for lines in self.lines])
        return above, self.with_lines([lines[depth:] for lines in self.lines])


class TableBlock(_Block):
    """A table. Rows stay whole on a page unless they are tall.

    Args:
        rows: all with as many cells as `alignments` has entries.
        alignments: "left", "center" or "right" for each column.
    """

    _PADDING_X, _PADDING_Y, _LEADING = 5.0, 3.5, 12.0
    _TALL = 14
    """A row of more lines than this may be cut rather than sent to the next page."""

    def __init__(
        self,
        rows: Iterable[Row],
        alignments: Sequence[str],
        *,
        margin: Margin | None = None,
        before: float = 4.0,
        after: float = 10.0,
    ) -> None:
        super().__init__(margin or Margin(), before, after)
        self._rows = [Row([drawable(cell) for cell in row.cells], row.header) for row in rows]
        self._alignments = alignments
        self._widths: list[float] = []
        self._is_part = False
        self._set_for = -1.0

    def _row_height(self, row: Row) -> float:
        return row.depth * self._LEADING + 2 * self._PADDING_Y

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        if not self._is_part and self._set_for != available_width:
            indent = self.margin.indent * self.margin.within(available_width)
            self._widths = self._column_widths(available_width - indent)
            rooms = [width - 2 * self._PADDING_X for width in self._widths]
            self._rows = [
                row.with_lines([set_lines(*pair) for pair in zip(row.cells, rooms, strict=True)])
                for row in self._rows
            ]
            self._set_for = available_width
        self.width = available_width
        self.height = sum(self._row_height(row) for row in self._rows)
        return self.width, self.height

    def _column_widths(self, room: float) -> list[float]:
        """Natural widths where they fit; else what the longest words need, and a fair share."""
        count = len(self._alignments)
        natural, needed = [0.0] * count, [0.0] * count
        for row in self._rows:
            for column, cell in enumerate(row.cells):
                full, longest = _extent(cell)
                natural[column] = max(natural[column], full)
                needed[column] = max(needed[column], longest)
        padding = 2 * self._PADDING_X + 2 * _SLACK
        natural = [width + padding for width in natural]
        if sum(natural) <= room:
            return natural
        least = [min(width + padding, room / count) for width in needed]
        wishes = [max(0.0, full - low) for full, low in zip(natural, least, strict=True)]
        share = (room - sum(least)) / (sum(wishes) or 1.0)
        return [low + wish * share for low, wish in zip(least, wishes, strict=True)]

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        self.wrap(available_width, available_height)
        room, fitting = available_height + _SLACK, 0
        for row in self._rows:
            if self._row_height(row) > room:
                break
            room -= self._row_height(row)
            fitting += 1
        above, below = self._rows[:fitting], self._rows[fitting:]
        if not below:
            return [self]
        # A header must not be left alone at the foot of a page.
        needs_cut = all(row.header for row in above)
        if needs_cut or below[0].depth > self._TALL:
            depth = int((room - 2 * self._PADDING_Y) / self._LEADING)
            if depth >= (1 if needs_cut else 4):
                head, below[0] = below[0].cut(depth)
                above.append(head)
        if not above:
            return []
        first, rest = self._part(first=True), self._part(first=False)
        first._rows, rest._rows = above, below
        first._is_part = rest._is_part = True
        return [first, rest]

    def draw(self) -> None:
        indent = self.margin.indent * self.margin.within(self.width)
        canvas = self.canv
        self._draw_bars()
        table_width = sum(self._widths)
        bottom = self.height
        bounds = []
        for row in self._rows:
            top, bottom = bottom, bottom - self._row_height(row)
            bounds.append((row, top))
            if row.header:
                canvas.setFillColor(HEADER_SHADE)
                canvas.rect(indent, bottom, table_width, top - bottom, stroke=0, fill=1)
            canvas.setStrokeColor(LINE)
            canvas.setLineWidth(0.6)
            canvas.line(indent, bottom, indent + table_width, bottom)
        placed = []
        for row, top in bounds:
            left = indent + self._PADDING_X
            for lines, width, alignment in zip(
                row.lines, self._widths, self._alignments, strict=True
            ):
                room = width - 2 * self._PADDING_X
                base = top - self._PADDING_Y
                for line in lines:
                    used = line[-1].x + line[-1].width if line else 0.0
                    shift = {"right": room - used, "center": (room - used) / 2}.get(alignment, 0.0)
                    size = max((span.look.size for span in line), default=10.0)
                    placed.append(
                        (line, left + max(0.0, shift), base - (self._LEADING + 0.73 * size) / 2)
                    )
                    base -= self._LEADING
                left += width
        _draw_lines(canvas, placed)


def _extent(runs: Iterable[Run]) -> tuple[float, float]:
    """How wide the runs are on one line, and how wide their longest word is, in points."""
    full = longest = word = 0.0
    for text, look in runs:
        advance = face(look.font).width
        for token in _TOKEN.findall(text):
            if token == "\n":
                word = 0.0
                continue
            width = sum(map(advance.__getitem__, token)) * look.size
            full += width
            word = 0.0 if token[0] == " " else word + width
            longest = max(longest, word)
    return full, longest
