"""The readable text of a page: what a person would read, one line a paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

_NOT_TEXT = re.compile(
    "head|title|script|style|noscript|template|nav|header|footer|aside|form|button|iframe|svg"
)
_LINES = re.compile("h[1-6]|p|li|dt|dd|tr|pre|blockquote|figcaption|div|section|article|main|br")


def readable(body: bytes, kind: str, charset: str | None) -> str:
    """The text of a page of this media type, without navigation, scripts and styles.

    Raises:
        bs4.exceptions.ParserRejectedMarkup: it cannot be read as HTML.
    """
    if kind == "text/plain":
        return _lines(body.decode(charset or "utf-8", errors="replace"))
    soup = BeautifulSoup(_closed(body), "html.parser", from_encoding=charset)
    return _lines("".join(_pieces(soup.find("main") or soup.find("article") or soup)))


def _closed(body: bytes) -> bytes:
    """The body without comments and declarations, up to the first tag that is never closed.

    Python's parser looks for the end of each of them anew: half a megabyte takes it minutes.
    """
    kept: list[bytes] = []
    at = 0
    while (opened := body.find(b"<", at)) >= 0:
        closing = b"-->" if body.startswith(b"<!--", opened) else b">"
        closed = body.find(closing, opened)
        if closed < 0:
            return b"".join([*kept, body[at:opened]])
        end = closed + len(closing)
        unseen = body[opened + 1 : opened + 2] in (b"!", b"?")
        kept.append(body[at : opened if unseen else end])
        at = end
    return b"".join([*kept, body[at:]])


def _pieces(root: PageElement) -> Iterator[str]:
    """The readable strings below an element, in order, and a line's end around each block.

    Every element is looked at once, without recursion: pages exist that are nested on purpose.
    """
    stack: list[PageElement | str] = [root]
    while stack:
        node = stack.pop()
        if type(node) is str:
            yield node
        elif type(node) is NavigableString:  # what derives from it is a comment or such
            yield re.sub(r"\s+", " ", node)
        elif isinstance(node, Tag) and not _hidden(node):
            ends = ["\n"] if _LINES.fullmatch(node.name) else []
            stack += [*ends, *reversed(node.contents), *ends]


def _hidden(tag: Tag) -> bool:
    unseen = tag.has_attr("hidden") or tag.get("aria-hidden") == "true"
    return unseen or bool(_NOT_TEXT.fullmatch(tag.name))


def _lines(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
