"""A model's Markdown as the blocks of a report. What is not Markdown is text, shown as typed."""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.rules_block import StateBlock, blockquote, list_block, table
from markdown_it.rules_block.table import escapedSplit, getLine
from markdown_it.rules_inline import StateInline, image
from markdown_it.token import Token
from reportlab.platypus import CondPageBreak, Flowable

from workshop.report.blocks import (
    GREY,
    INK,
    LINK,
    Look,
    Margin,
    Row,
    RuleBlock,
    Run,
    Span,
    TableBlock,
    TextBlock,
    TitleBlock,
)
from workshop.report.fonts import BOLD, BOLD_OBLIQUE, MISSING, MONO, OBLIQUE, SANS, face, not_shown

TITLE = "Research Report"

_LINE_END = re.compile("\r\n?|\x85|\u2028|\u2029")
# Control characters, halves of surrogate pairs, and code points that are no characters.
_UNUSABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_CLICKABLE = re.compile(r"(https?|mailto):", re.IGNORECASE)

_NESTING = 24
"""Quotes and lists nested deeper show their markers as typed."""
_WIDEST_TABLE = 9
"""A table of more columns is set in several tables, one below the other."""
_LIST_STEP, _QUOTE_STEP, _MOST_INDENT = 20.0, 14.0, 200.0
_BULLETS = "•◦▪"
_HEADINGS = {"h1": 17.0, "h2": 14.5, "h3": 12.5, "h4": 11.5, "h5": 10.5, "h6": 10.0}
_BODY = 10.0
_AFTER = 7.0
"""Points below a paragraph."""
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_FONTS = {
    (False, False): SANS,
    (True, False): BOLD,
    (False, True): OBLIQUE,
    (True, True): BOLD_OBLIQUE,
}

BlockRule = Callable[[StateBlock, int, int, bool], bool]


def story(
    content: str,
    *,
    title: str = TITLE,
    subject: str = "",
    day: datetime.date | None = None,
) -> list[Flowable]:
    """A model's answer as the story of a reportlab document.

    CommonMark, tables and strikethrough are set (https://spec.commonmark.org/). Everything else is
    text and shows as typed: HTML, entities, reference definitions. A single newline ends a line. An
    address follows its link's text and is only ever shown, never fetched. A character that no font
    here holds becomes U+FFFD, and a line below the date says so.
    Nothing of the text is lost, and no text raises an error.

    Args:
        content: the Markdown.
        title: the first line, and the title of the PDF.
        subject: a line below it, and the subject of the PDF.
        day: the date to show; today if it is None.

    Returns:
        New flowables, for one `SimpleDocTemplate.build`.
    """
    title, subject = (" ".join(clean(text).split()) for text in (title, subject))
    day = day or datetime.date.today()
    date = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    flowables: list[Flowable] = [TitleBlock(title, subject)]
    if subject:
        flowables.append(TextBlock([Run(subject, Look(SANS, 12.0, GREY))], leading=17.0, after=2.0))
    flowables.append(TextBlock([Run(date, Look(SANS, 9.0, GREY))], leading=13.0, after=4.0))
    if note := not_shown(f"{title}{subject}{clean(content)}"):
        flowables.append(TextBlock([Run(note, Look(SANS, 9.0, GREY))], leading=13.0, after=4.0))
    flowables.append(RuleBlock(before=2.0, after=12.0))
    return flowables + _Setting().set(_tokens(clean(content)))


def clean(text: str) -> str:
    """The text with one kind of line end, and U+FFFD for each character that cannot be shown."""
    return _UNUSABLE.sub(MISSING, _LINE_END.sub("\n", text))


# Parsing


def _limited(rule: BlockRule) -> BlockRule:
    """The rule, up to a depth of nesting; below it, its markers are text.

    markdown-it itself drops what is nested too deeply.
    """

    def limited(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return state.level < _NESTING and rule(state, start, end, silent)

    return limited


def _whole_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table whose rows keep their surplus cells, as part of the last cell.

    The rule of GitHub, which markdown-it follows, drops them
    (https://github.github.com/gfm/#example-204).
    """
    known = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    cells: list[Token] = []
    line = start
    for token in state.tokens[known:]:
        if token.type == "tr_open" and token.map:
            cells, line = [], token.map[0]
        elif token.type == "inline":
            cells.append(token)
        elif token.type == "tr_close":
            typed = escapedSplit(getLine(state, line).strip(" \t"))
            typed = typed[1 if typed[0] == "" else 0 :]
            typed = typed[: -1 if typed and typed[-1] == "" else None]
            if len(typed) > len(cells):
                cells[-1].content = " | ".join(cell.strip() for cell in typed[len(cells) - 1 :])
    return True


def _flat_image(state: StateInline, silent: bool) -> bool:
    """An image whose alternative text holds no image, as each would nest the parser deeper."""
    if state.env.get("in image"):
        return False
    state.env["in image"] = True
    try:
        return image(state, silent)
    finally:
        del state.env["in image"]


def _new_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 2 * _NESTING})
    parser.enable(["table", "strikethrough"])
    # Text that these would change or drop shows as typed.
    parser.disable(["html_block", "html_inline", "entity", "reference"])
    block = parser.block.ruler
    ends = ["paragraph", "reference", "blockquote", "list"]  # what these may interrupt
    block.at("blockquote", _limited(blockquote), {"alt": ends})
    block.at("list", _limited(list_block), {"alt": ends[:3]})
    block.at("table", _whole_table, {"alt": ends[:2]})
    parser.inline.ruler.at("image", _flat_image)
    # Addresses show as typed too; they are encoded where they become clickable.
    parser.normalizeLink = str  # type: ignore[method-assign, assignment]
    parser.normalizeLinkText = str  # type: ignore[method-assign, assignment]
    # The first use builds tables inside the parser, which two threads must not do at once.
    parser.parse("> a\n- b\n\n*c*")
    return parser


_lock = threading.Lock()
_shared: list[MarkdownIt] = []


def markdown_parser() -> MarkdownIt:
    """The parser, made when first asked for and shared by all threads."""
    if not _shared:
        with _lock:
            if not _shared:
                _shared.append(_new_parser())
    return _shared[0]


def _tokens(text: str) -> list[Token]:
    try:
        return markdown_parser().parse(text)
    except RecursionError:
        # Called from deep within other code: the text as one plain paragraph is better than none.
        inline = Token("inline", "", 0, children=[Token("text", "", 0, content=text)])
        return [Token("paragraph_open", "p", 1), inline, Token("paragraph_close", "p", -1)]


# Inline


def _runs(tokens: Iterable[Token], base: Look, *, bold: bool = False) -> list[Run]:
    """The text of inline tokens, in the looks that their emphasis asks for."""
    runs: list[Run] = []
    depths = {"strong": int(bold), "em": 0, "s": 0}
    links: list[tuple[Token, int]] = []
    code = replace(base, font=MONO, size=base.size * 0.92, shaded=True)
    cache: dict[tuple[bool, bool, bool, str], Look] = {}

    def look() -> Look:
        href = _clickable(links[-1][0]) if links else ""
        key = (depths["strong"] > 0, depths["em"] > 0, depths["s"] > 0, href)
        if key not in cache:
            cache[key] = replace(
                base,
                font=_FONTS[key[:2]],
                struck=key[2],
                href=href,
                colour=LINK if href else base.colour,
            )
        return cache[key]

    for token in tokens:
        name, _, end = token.type.rpartition("_")
        if token.type == "code_inline":
            runs.append(Run(token.content, replace(code, struck=depths["s"] > 0)))
        elif token.type in ("softbreak", "hardbreak"):
            runs.append(Run("\n", look()))
        elif token.type == "image":
            shown = f"[Image: {token.content} {_address(token, 'src')}]"
            runs.append(Run(shown, replace(look(), colour=GREY)))
        elif name == "link" and end == "open":
            links.append((token, len(runs)))
        elif name == "link" and end == "close":
            opened, start = links.pop()
            text = "".join(run.text for run in runs[start:])
            href, link_title = str(opened.attrs.get("href", "")), opened.attrs.get("title")
            if link_title or href not in (text, f"mailto:{text}"):
                after = replace(look(), colour=GREY)
                runs.append(Run(f" {_address(opened, 'href')}", after))
        elif name in depths:
            depths[name] += token.nesting
        else:
            runs.append(Run(token.content, look()))
    return [Run(run.text.replace("\t", " "), run.look) for run in runs]


def _address(token: Token, attribute: str) -> str:
    title = token.attrs.get("title")
    return f"({token.attrs.get(attribute, '')}" + (f' "{title}")' if title else ")")


def _clickable(link: Token) -> str:
    """The address for a click; empty unless it leads to the web or to a mail program."""
    href = str(link.attrs.get("href", ""))
    return normalizeLink(href) if _CLICKABLE.match(href) else ""


# Blocks


class _List:
    """A list that is being set: the mark of its next item, and where its text begins."""

    def __init__(self, tokens: Sequence[Token], start: int, depth: int) -> None:
        opening = tokens[start]
        self.number: int | None = None
        self.bullet = _BULLETS[depth % len(_BULLETS)]
        self.step = _LIST_STEP
        if opening.type == "ordered_list_open":
            self.number = int(opening.attrs.get("start", 1))
            items, position = 0, start + 1
            while tokens[position].level > opening.level:
                token = tokens[position]
                items += token.type == "list_item_open" and token.level == opening.level + 1
                position += 1
            last = f"{self.number + items - 1}."
            self.step = max(_LIST_STEP, _width(last) + 6.0)

    def mark(self, item: Token) -> str:
        if self.number is None:
            return self.bullet
        self.number += 1
        return f"{self.number - 1}{item.markup}"


_MARK = Look(SANS, _BODY, GREY)


def _width(text: str) -> float:
    advance = face(SANS).width
    return sum(map(advance.__getitem__, text)) * _BODY


class _Setting:
    """Walks the block tokens once and keeps what stands around the current one."""

    def __init__(self) -> None:
        self.flowables: list[Flowable] = []
        self.lists: list[_List] = []
        self.bars: list[float] = []
        self.indents = [0.0]
        self.marks: list[Span] = []
        """Marks of list items that have no text yet, as points from the frame's edge."""
        self.last: Any = None

    def set(self, tokens: Sequence[Token]) -> list[Flowable]:
        position = 0
        while position < len(tokens):
            token = tokens[position]
            kind = token.type
            if kind == "blockquote_open":
                self.bars.append(self.indents[-1])
                self._deeper(_QUOTE_STEP)
            elif kind == "blockquote_close":
                self._flush_marks()
                self.bars.pop()
                self.indents.pop()
            elif kind in ("bullet_list_open", "ordered_list_open"):
                new = _List(tokens, position, len(self.lists))
                self.lists.append(new)
                self._deeper(new.step)
            elif kind in ("bullet_list_close", "ordered_list_close"):
                self.lists.pop()
                self.indents.pop()
                if self.last and not self.lists:
                    self.last.spaceAfter = max(self.last.spaceAfter, _AFTER)
            elif kind == "list_item_open":
                self._mark(token)
            elif kind == "list_item_close":
                self._flush_marks()
            elif kind == "hr":
                self._add(RuleBlock(margin=self._margin()))
            elif kind in ("fence", "code_block"):
                self._code(token)
            elif kind == "table_open":
                position = self._table(tokens, position)
            elif kind == "heading_open":
                self._heading(token, tokens[position + 1])
            elif kind == "paragraph_open":
                self._paragraph(token, tokens[position + 1])
            position += 1
        return self.flowables

    def _deeper(self, step: float) -> None:
        self.indents.append(min(self.indents[-1] + step, _MOST_INDENT))

    def _margin(self) -> Margin:
        indent = self.indents[-1]
        # Where the indentation has come to its end, a further bar would stand in the text.
        return Margin(indent, tuple(x for x in self.bars if x <= indent - _QUOTE_STEP))

    def _mark(self, item: Token) -> None:
        mark = self.lists[-1].mark(item)
        width = _width(mark)
        x = max(0.0, self.indents[-1] - width - 6.0)
        if self.marks and x < self.marks[-1].x + self.marks[-1].width:
            self._flush_marks()  # no room beside the mark of the list around it
        self.marks.append(Span(x, mark, _MARK, width))

    def _flush_marks(self) -> None:
        """Show the marks of items that stay empty on a line of their own."""
        if self.marks:
            self._text([], after=2.0)

    def _add(self, block: Any) -> None:
        # A table or a rule has no first line for marks to stand on.
        if self.marks and not isinstance(block, TextBlock):
            self._flush_marks()
        if self.last and self.last is self.flowables[-1]:
            shared = tuple(x for x in self.last.margin.bars if x in block.margin.bars)
            self.last.bars_below = (shared, max(self.last.spaceAfter, block.spaceBefore))
        self.flowables.append(block)
        self.last = block

    def _text(self, runs: list[Run], **layout: Any) -> None:
        marks, self.marks = self.marks, []
        self._add(TextBlock(runs, margin=self._margin(), bullets=marks, **layout))

    def _base(self) -> Look:
        return Look(SANS, _BODY, GREY if self.bars else INK)

    def _paragraph(self, token: Token, inline: Token) -> None:
        # In a tight list markdown-it hides the paragraphs.
        after = 2.5 if token.hidden else _AFTER
        self._text(_runs(inline.children or [], self._base()), after=after)

    def _heading(self, token: Token, inline: Token) -> None:
        size = _HEADINGS[token.tag]
        # Not alone at the foot of a page.
        self.flowables.append(CondPageBreak(size * 1.3 + 3 * 14.0))
        look = Look(BOLD, size, GREY if token.tag == "h6" else INK)
        runs = _runs(inline.children or [], look, bold=True)
        self._text(runs, leading=size * 1.3, before=size * 0.7, after=size * 0.3)

    def _code(self, token: Token) -> None:
        runs = []
        if token.info.strip():
            runs.append(Run(token.info.strip() + "\n", Look(SANS, 7.5, GREY)))
        text = token.content.removesuffix("\n").expandtabs(4)
        runs.append(Run(text, Look(MONO, 8.5)))
        self._text(runs, leading=11.5, before=3.0, after=9.0, code=True)

    def _table(self, tokens: Sequence[Token], start: int) -> int:
        """Set the table that opens at `start`; the position of its end."""
        rows: list[Row] = []
        alignments: list[str] = []
        position = start
        while tokens[position].type != "table_close":
            token = tokens[position]
            if token.type == "tr_open":
                rows.append(Row([], header=not rows))
            elif token.type in ("th_open", "td_open"):
                if rows[-1].header:
                    style = str(token.attrs.get("style", ""))
                    alignments.append(style.rpartition(":")[2] or "left")
                children = tokens[position + 1].children or []
                base = replace(self._base(), size=8.5)
                rows[-1].cells.append(_runs(children, base, bold=rows[-1].header))
            position += 1
        bands = -(-len(alignments) // _WIDEST_TABLE)
        for band in range(bands):
            columns = slice(band * len(alignments) // bands, (band + 1) * len(alignments) // bands)
            self.flowables.append(CondPageBreak(80.0))
            part = [Row(row.cells[columns], row.header) for row in rows]
            self._add(TableBlock(part, alignments[columns], margin=self._margin()))
        return position
