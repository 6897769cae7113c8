"""Markdown as the story of a reportlab document: its own Paragraph, Table and rule."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from markdown_it.tree import SyntaxTreeNode
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import CondPageBreak, Flowable, HRFlowable, Indenter, Paragraph, Table

from workshop.toolbox.report.files import REMARK
from workshop.toolbox.report.fonts import BOLD, MONO, SANS, not_shown
from workshop.toolbox.report.inline import clean, marked, markup
from workshop.toolbox.report.markdown import PARSER

TITLE = "Research Report"
INK, GREY, LINE = HexColor("#1f2328"), HexColor("#5a6270"), HexColor("#c9ced6")
_SHADE, _HEADER_SHADE = HexColor("#f3f4f6"), HexColor("#e9edf2")

_WIDEST_TABLE = 9
"""A table of more columns is set in several tables, one below the other."""
_LIST_STEP, _QUOTE_STEP, _MOST_INDENT = 20.0, 14.0, 74.0
_BULLETS = "•◦▪"
_HEADINGS = {"h1": 17.0, "h2": 14.5, "h3": 12.5, "h4": 11.5, "h5": 10.5, "h6": 10.0}


def story(
    content: str, *, title: str = TITLE, subject: str = "", day: datetime.date | None = None
) -> list[Flowable]:
    """A model's answer as the story of a reportlab document.

    CommonMark, tables and strikethrough are set (https://spec.commonmark.org/). Everything else is
    text and shows as typed: HTML, entities, reference definitions. A single newline ends a line. An
    address follows its link's text and is only ever shown, never fetched. A character that no font
    here holds becomes U+FFFD, and a line below the date says so.
    Nothing of the text is lost, and no text raises an error.

    Args:
        content: the Markdown.
        title, subject: the first lines, and the PDF's own title and subject.
        day: the date to show; today if it is None.

    Returns:
        New flowables, for one `SimpleDocTemplate.build`.
    """
    content = clean(content)
    title, subject = (" ".join(clean(text).split()) for text in (title, subject))
    day = day or datetime.date.today()
    date = f"{day.day} {day:%B %Y}"
    note = not_shown(f"{title}{subject}{content}")
    head: list[Flowable] = [_Title(title, subject, note)]
    for text, size in ((subject, 12.0), (date, 9.0), (note, 9.0)):
        if text:
            head.append(_Text(marked(text), _style(size, textColor=GREY, spaceAfter=3)))
    head.append(HRFlowable("100%", 0.7, color=LINE, spaceBefore=2, spaceAfter=12))
    blocks = _Blocks()
    try:
        blocks.add(SyntaxTreeNode(PARSER.parse(content)), 0.0, ())
    except RecursionError:  # nested without end: as one plain paragraph is better than not at all
        return [*head, _Text(marked(content), _style())]
    return head + blocks.flowables


def _style(size: float = 10.0, **look: Any) -> ParagraphStyle:
    usual = {"fontName": SANS, "fontSize": size, "leading": 1.4 * size, "textColor": INK}
    return ParagraphStyle("", **(usual | {"bars": ()} | look))


class _Text(Paragraph):  # type: ignore[misc]
    """A paragraph, and left of it the bars of the quotes around it."""

    def draw(self) -> None:
        self.canv.setFillColor(LINE)
        for x in self.style.bars:  # they go on to the next paragraph's
            self.canv.rect(x, -4.5, 2, self.height + 9, stroke=0, fill=1)
        super().draw()


class _Title(_Text):
    """The title of a report, which names the PDF too, where its maker has not. No path enters."""

    def __init__(self, title: str, subject: str, note: str) -> None:
        super().__init__(marked(title, BOLD), _style(22.0, leading=28, spaceAfter=4))
        self._about = {"title": title, "subject": subject, "keywords": note and REMARK + note}
        self._about |= {"author": "", "creator": "Durable AI Workshop"}

    def draw(self) -> None:
        for name, text in self._about.items():
            getattr(self.canv, f"set{name.title()}")(self._doctemplateAttr(name) or text)
        super().draw()


class _Grid(Flowable):  # type: ignore[misc]
    """A table with a header, whose columns are measured once the width is known."""

    def __init__(self, rows: Sequence[Sequence[Paragraph]]) -> None:
        super().__init__()
        self._rows = rows
        self.spaceBefore, self.spaceAfter = 4.0, 10.0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        widths = self._widths(width)
        padding = min(5.0, min(widths) / 4)
        style = [
            ("BACKGROUND", (0, 0), (-1, 0), _HEADER_SHADE),
            ("LINEBELOW", (0, 0), (-1, -1), 0.6, LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *((f"{side}PADDING", (0, 0), (-1, -1), padding) for side in ("LEFT", "RIGHT")),
            *((f"{side}PADDING", (0, 0), (-1, -1), 3.5) for side in ("TOP", "BOTTOM")),
        ]
        cells = [[[cell] for cell in row] for row in self._rows]
        self._table = Table(cells, widths, style=style, splitInRow=1, hAlign="LEFT", spaceAfter=10)
        return self._table.wrap(width, height)  # type: ignore[no-any-return]

    def split(self, width: float, height: float) -> list[Flowable]:
        return self._table.split(width, height)  # type: ignore[no-any-return]

    def draw(self) -> None:
        self._table.drawOn(self.canv, 0, 0)

    def _widths(self, room: float) -> list[float]:
        """Natural widths where they fit; else what the longest words need, and a fair share."""
        natural, least = [], []
        for column in zip(*self._rows, strict=True):
            for cell in column:
                cell.wrap(100_000, 100_000)
            lines = [width for cell in column for width in cell.getActualLineWidths0()]
            natural.append(max(lines, default=0.0) + 11)
            word = max(cell.minWidth() for cell in column) + 11
            least.append(min(word, natural[-1], room / len(self._rows[0])))
        if sum(natural) <= room:
            return natural
        wishes = [full - low for full, low in zip(natural, least, strict=True)]
        share = (room - sum(least)) / sum(wishes)
        return [low + wish * share for low, wish in zip(least, wishes, strict=True)]


class _Blocks:
    """Walks the blocks once, and keeps the marks of list items that have no text yet."""

    def __init__(self) -> None:
        self.flowables: list[Flowable] = []
        self._marks: list[str] = []
        self._marks_end = 0.0

    def add(
        self, parent: SyntaxTreeNode, indent: float, bars: tuple[float, ...], lists: int = 0
    ) -> None:
        """Add all that is in `parent`, `indent` points from the left, with bars at its left."""
        for node in parent.children:
            colour = GREY if bars or node.tag == "h6" else INK
            look = {"bars": bars, "leftIndent": indent, "textColor": colour, "spaceAfter": 7}
            if node.type == "blockquote":
                inner = indent + _QUOTE_STEP
                # Where the indentation has come to its end, a further bar would be in the text.
                within = (inner, (*bars, indent)) if inner <= _MOST_INDENT else (indent, bars)
                self.add(node, *within, lists)
                self._flush(look)
            elif node.type in ("bullet_list", "ordered_list"):
                self._list(node, min(indent + _LIST_STEP, _MOST_INDENT), bars, lists)
            elif node.type in ("hr", "table"):
                self._flush(look)  # it has no first line for the marks
                self._inset(node, indent, colour)
            elif node.type in ("fence", "code_block"):
                self._code(node, look)
            elif node.type == "heading":
                size = _HEADINGS[node.tag]
                # Not alone at the foot of a page.
                self.flowables.append(CondPageBreak(size * 1.3 + 42))
                look |= {"spaceBefore": size * 0.7, "spaceAfter": size * 0.3, "leading": 1.3 * size}
                self._text(markup(node.children[0], bold=True), _style(size, **look))
            elif node.type == "paragraph":
                # In a tight list markdown-it hides the paragraphs.
                look["spaceAfter"] = 2.5 if node.hidden else 7
                self._text(markup(node.children[0]), _style(**look))

    def _list(
        self, node: SyntaxTreeNode, indent: float, bars: tuple[float, ...], lists: int
    ) -> None:
        mark = _BULLETS[lists % len(_BULLETS)]
        for number, item in enumerate(node.children, int(node.attrs.get("start", 1))):
            self._marks.append(f"{number}{item.markup}" if node.type == "ordered_list" else mark)
            self._marks_end = indent - 6
            self.add(item, indent, bars, lists + 1)
            self._flush({"leftIndent": indent, "bars": bars, "spaceAfter": 2.5})
        if not lists:
            self.flowables[-1].spaceAfter = 7

    def _flush(self, look: dict[str, Any]) -> None:
        """Show the marks of items that stay empty on a line of their own."""
        if self._marks:
            self._text("", _style(**look))

    def _text(self, text: str, look: ParagraphStyle) -> None:
        bullet, self._marks = " ".join(self._marks), []
        look.bulletFontName, look.bulletColor = SANS, GREY
        look.bulletIndent = max(0.0, self._marks_end - stringWidth(bullet, SANS, 10))
        # A paragraph of nothing would not show its marks.
        self.flowables.append(_Text(text or "\xa0", look, bulletText=bullet or None))

    def _code(self, node: SyntaxTreeNode, look: dict[str, Any]) -> None:
        text = marked(node.content.removesuffix("\n").expandtabs(4), MONO, code=True)
        if info := node.info.strip():
            text = f'<font size="7.5" color="#5a6270">{marked(info)}</font><br/>{text}'
        box = {"backColor": _SHADE, "borderPadding": 6, "rightIndent": 6, "textColor": INK}
        space = {"leftIndent": look["leftIndent"] + 6, "spaceBefore": 12, "spaceAfter": 15}
        self._text(text, _style(8.5, **(look | box | space)))

    def _inset(self, node: SyntaxTreeNode, indent: float, colour: Any) -> None:
        """Add a rule or a table."""
        self.flowables.append(Indenter(indent))
        if node.type == "hr":
            self.flowables.append(HRFlowable("100%", 0.7, color=LINE, spaceBefore=8, spaceAfter=10))
        else:
            rows = [row.children for part in node.children for row in part.children]
            columns = len(rows[0])
            bands = -(-columns // _WIDEST_TABLE)
            for band in range(bands):
                part = slice(band * columns // bands, (band + 1) * columns // bands)
                cells = [[_cell(cell, colour) for cell in row[part]] for row in rows]
                self.flowables += [CondPageBreak(100), _Grid(cells)]
        self.flowables.append(Indenter(-indent))


def _cell(node: SyntaxTreeNode, colour: Any) -> Paragraph:
    side = str(node.attrs.get("style", "")).rpartition(":")[2]
    alignment = {"center": TA_CENTER, "right": TA_RIGHT}.get(side, TA_LEFT)
    look = _style(8.5, textColor=colour, alignment=alignment, allowOrphans=1)
    return Paragraph(markup(node.children[0], bold=node.type == "th"), look)
