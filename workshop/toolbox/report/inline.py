"""What is inline in Markdown as reportlab's markup, in which text stays text."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from markdown_it.common.normalize_url import normalizeLink
from markdown_it.tree import SyntaxTreeNode

from workshop.toolbox.report.fonts import BOLD, BOLD_OBLIQUE, MISSING, MONO, OBLIQUE, SANS, fit

_LINE_END = re.compile("\r\n?|\x85|\u2028|\u2029")
# Control characters, halves of surrogate pairs, and code points that are no characters.
_UNUSABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# What only says where a word may be cut, and is not seen itself.
_CUTS = re.compile("[\xad\u200b]")
_OTHER_SPACE = re.compile(r"[^\S \n]")
_FURTHER_SPACE = re.compile(r"(?<![^ \n]) ")  # at the start of a line, or after a space
_CLICKABLE = re.compile(r"(https?|mailto):", re.IGNORECASE)
_FONTS = {(False, False): SANS, (True, False): BOLD, (False, True): OBLIQUE}


def clean(text: str) -> str:
    """The text with one kind of line end, and U+FFFD for each character that cannot be shown."""
    return _CUTS.sub("", _UNUSABLE.sub(MISSING, _LINE_END.sub("\n", text)))


def marked(text: str, font: str = SANS, code: bool = False) -> str:
    """Text as reportlab's markup (https://docs.reportlab.com/reportlab/userguide/ch6_paragraphs)."""
    if code:  # every space of it counts
        text = _FURTHER_SPACE.sub("\xa0", text)
    return "".join(
        f'<font name="{name}">{escape(piece)}</font>'
        for piece, name in fit(_OTHER_SPACE.sub("\xa0", text.replace("\t", " ")), font)
    ).replace("\n", "<br/>")


def markup(parent: SyntaxTreeNode, bold: bool = False, italic: bool = False) -> str:
    """What is inline in `parent` as reportlab's markup."""
    font = _FONTS.get((bold, italic), BOLD_OBLIQUE)
    parts = []
    for node in parent.children:
        within = markup(node, bold or node.type == "strong", italic or node.type == "em")
        if node.type == "s":
            parts.append(f"<strike>{within}</strike>")
        elif node.type == "link":
            parts.append(_link(node, within, font))
        elif node.type == "image":
            shown = f"[Image: {node.content} {_address(node, 'src')}]"
            parts.append(f'<font color="#5a6270">{marked(shown, font)}</font>')
        elif node.type == "code_inline":
            shown = marked(node.content, MONO, code=True)
            parts.append(f'<font size="-0.8" backColor="#f3f4f6">{shown}</font>')
        elif node.type in ("softbreak", "hardbreak"):
            parts.append("<br/>")
        else:
            parts.append(within or marked(node.content, font))
    return "".join(parts)


def _link(node: SyntaxTreeNode, within: str, font: str) -> str:
    href = str(node.attrs.get("href", ""))
    text = "".join(part.content for part in node.walk() if not part.children)
    if _CLICKABLE.match(href):  # nothing but the web or a mail program
        address = quoteattr(normalizeLink(href))
        within = f'<a href={address} color="#0b57a4"><u>{within}</u></a>'
    if node.attrs.get("title") or href not in (text, f"mailto:{text}"):
        within += f' <font color="#5a6270">{marked(_address(node, "href"), font)}</font>'
    return within


def _address(node: SyntaxTreeNode, attribute: str) -> str:
    title = node.attrs.get("title")
    return f"({node.attrs.get(attribute, '')}" + (f' "{title}")' if title else ")")
