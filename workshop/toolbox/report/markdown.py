"""A model's Markdown as tokens. Nothing of it is lost: what is not Markdown is text."""

from __future__ import annotations

from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, list_block, table
from markdown_it.rules_block.table import escapedSplit, getLine
from markdown_it.token import Token

_NESTING = 24
"""Quotes and lists nested deeper show their markers as typed."""

BlockRule = Callable[[StateBlock, int, int, bool], bool]


def _limited(rule: BlockRule) -> BlockRule:
    """The rule, up to a depth of nesting; markdown-it itself drops what is deeper."""
    return lambda state, *lines: state.level < _NESTING and rule(state, *lines)


def _whole_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table whose rows keep their surplus cells, as part of the last cell.

    The rule of GitHub, which markdown-it follows, drops them
    (https://github.github.com/gfm/#example-204).
    """
    known = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    cells: list[Token] = []
    for token in state.tokens[known:]:
        if token.type == "tr_open":
            cells, line = [], token.map[0] if token.map else start
        elif token.type == "inline":
            cells.append(token)
        elif token.type == "tr_close":
            typed = escapedSplit(getLine(state, line).strip(" \t"))
            typed = typed[1 if typed[0] == "" else 0 :]
            typed = typed[: -1 if typed and typed[-1] == "" else None]
            if len(typed) > len(cells):
                cells[-1].content = " | ".join(cell.strip() for cell in typed[len(cells) - 1 :])
    return True


def _new_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 2 * _NESTING})
    parser.enable(["table", "strikethrough"])
    # Text that these would change or drop shows as typed.
    parser.disable(["html_block", "html_inline", "entity", "reference"])
    ends = ["paragraph", "reference", "blockquote", "list"]  # what these may interrupt
    parser.block.ruler.at("blockquote", _limited(blockquote), {"alt": ends})
    parser.block.ruler.at("list", _limited(list_block), {"alt": ends[:3]})
    parser.block.ruler.at("table", _whole_table, {"alt": ends[:2]})
    # Addresses show as typed too; they are encoded where they become clickable.
    parser.normalizeLink = parser.normalizeLinkText = str  # type: ignore[method-assign, assignment]
    parser.parse("> a\n- b\n\n*c*")  # builds its tables, which two threads must not do at once
    return parser


PARSER = _new_parser()
"""Shared by all threads."""
