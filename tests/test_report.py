"""What goes into a report comes out of the PDF: all of it, as typed, whatever a model writes.

The judge of the text is not the code under test: markdown-it's HTML is stripped by html.parser and
compared with what pypdf reads back; and each letter of the raw text must be in the PDF.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import os
import re
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it.renderer import RendererHTML
from reportlab.lib.pagesizes import A4, A6, letter
from reportlab.pdfbase.ttfonts import TTFontFile
from reportlab.platypus import SimpleDocTemplate

import workshop
from workshop.core.errors import WorkshopError
from workshop.kernel.notebook import show_pdf
from workshop.toolbox.report import first_page, page_number, remark, safe_name, story, whole_file
from workshop.toolbox.report.markdown import PARSER

DAY = datetime.date(2026, 11, 5)
HEAD = "Research Report 5 November 2026 "
NOTE = re.compile(
    r"(Thefontsofthisreportlack\d+ofthecharactersused\([^)]*\):eachisshownas\ufffd\.)?"
    r"(Textthatisreadfromrighttoleftissetfromlefttorighthere\.)?"
)
"""What a report says of what its fonts cannot show."""
INCH = 72


# Making and reading


def pdf(*texts: str, pagesize: tuple[float, float] = letter, numbered: bool = False) -> bytes:
    out = io.BytesIO()
    document = SimpleDocTemplate(out, pagesize=pagesize, invariant=1)
    flowables = [flowable for text in texts for flowable in story(text, day=DAY)]
    footers = {"onFirstPage": page_number, "onLaterPages": page_number} if numbered else {}
    document.build(flowables, **footers)
    return out.getvalue()


def words(data: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return "\n".join(page.extract_text() for page in pages)


def bare(text: str) -> str:
    return "".join(text.split())


def shown(text: str, **layout: Any) -> str:
    """The text of a report below its head, without white space."""
    read = bare(words(pdf(text, **layout)))
    assert read.startswith(bare(HEAD))
    return without_notes(read).removeprefix(bare(HEAD))


def without_notes(read: str) -> str:
    """The text of reports without what each says, below its head, of what its fonts lack."""
    return re.sub(bare(HEAD) + NOTE.pattern, bare(HEAD), read)


# The oracle


@cache
def held() -> frozenset[str]:
    """The characters that the fonts hold, read from the fonts themselves."""
    folder = Path(workshop.__file__).parent / "toolbox/fonts"
    faces = [TTFontFile(str(path)) for path in folder.glob("*.ttf")]
    assert len(faces) == 5
    return frozenset(chr(code) for face in faces for code in face.charToGlyph)


class Html(RendererHTML):
    """markdown-it's own HTML, with what its HTML leaves out but a report shows."""

    def list_item_open(self, tokens: Any, index: int, options: Any, env: Any) -> str:
        return f'<li mark="{tokens[index].markup}">'

    def fence(self, tokens: Any, index: int, options: Any, env: Any) -> str:
        return f"<pre>{escape(tokens[index].info)}\n{escape(tokens[index].content)}</pre>"

    def image(self, tokens: Any, index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        title = f' "{token.attrs["title"]}"' if "title" in token.attrs else ""
        return escape(f"[Image: {token.content} ({token.attrs['src']}{title})]")


class Stripper(HTMLParser):
    """Text of HTML, by these rules: items have their bullet or number, links their address."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.lists: list[int | None] = []
        self.links: list[tuple[dict[str, str | None], int]] = []
        self.columns = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "ul":
            self.lists.append(None)
        elif tag == "ol":
            self.lists.append(int(attributes.get("start") or 1))
        elif tag == "li":
            number = self.lists[-1]
            if number is None:
                self.text.append("•◦▪"[(len(self.lists) - 1) % 3])
            else:
                self.text.append(f"{number}{attributes['mark']}")
                self.lists[-1] = number + 1
        elif tag == "a":
            self.links.append((attributes, len(self.text)))
        elif tag == "th":
            self.columns += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self.lists.pop()
        elif tag == "a":
            attributes, start = self.links.pop()
            href, title = attributes.get("href") or "", attributes.get("title")
            if title or href not in (
                "".join(self.text[start:]),
                "mailto:" + "".join(self.text[start:]),
            ):
                self.text.append(f"({href}" + (f' "{title}")' if title else ")"))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def usable(text: str) -> str:
    """The text without what is no character at all: controls and halves of surrogate pairs.

    Nor is a soft hyphen or a space of no width: they only say where a word may be cut.
    """
    text = text.replace("\xad", "").replace("\u200b", "")
    for end in ("\r\n", "\r", "\x85", "\u2028", "\u2029"):
        text = text.replace(end, "\n")
    gone = [*range(9), *range(11, 32), *range(127, 160), *range(0xD800, 0xE000)]
    gone += [*range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF]
    return text.translate(dict.fromkeys(gone, "\ufffd"))


def in_fonts(text: str) -> str:
    return "".join(char if char in held() or char.isspace() else "\ufffd" for char in text)


def expected(text: str) -> tuple[str, bool]:
    """What a report of the text must show, and whether its order on the page is free."""
    parser = PARSER
    html = Html(parser).render(parser.parse(usable(text)), parser.options, {})
    stripper = Stripper()
    stripper.feed(html)
    stripper.close()
    return bare(in_fonts("".join(stripper.text))), stripper.columns > 0


def right_to_left(text: str) -> bool:
    """Whether pypdf may turn the text round while it reads it."""
    return any(
        "\u0590" <= c <= "\u08ff" or "\u200e" <= c <= "\u202e" or "\ufb1d" <= c <= "\ufefc"
        for c in text
    )


def letters(text: str) -> Counter[str]:
    return Counter(char for char in in_fonts(usable(text)) if char.isalpha())


def assert_whole(texts: list[str]) -> None:
    """A report of each text, one after the other in one PDF, shows all of it and nothing else."""
    read = without_notes(bare(words(pdf(*texts))))
    wanted, free = "", False
    for text in texts:
        body, has_table = expected(text)
        wanted += bare(HEAD) + body
        free |= has_table or right_to_left(body)
    # Cells of a table may go on over the page, side by side, and wide tables go in parts.
    if free:
        assert Counter(read) == Counter(wanted)
    else:
        assert read == wanted
    missing = letters(" ".join(texts)) - Counter(read)
    # markdown-it reads an entity in an address, as it must.
    if not any("&" in text and "](" in text for text in texts):
        assert not missing


# Random and hostile texts: 4 × 55 examples × 5 texts = 1,100 in all; with --quick 400.

EXAMPLES, TEXTS = int(os.environ.get("REPORT_EXAMPLES", "55")), 5
unhurried = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

any_character = st.characters(exclude_categories=[])
readable = st.characters(min_codepoint=32, max_codepoint=0x24F) | st.sampled_from(
    "αβγδЖюя€–—“”„…→≤✓✗½™漢字🦄😀\u00a0\u200d\ufe0f\u0301\U0001d5d4"
)
FRAGMENTS = [
    *("<br>", "<br/>", "<b>", "</b>", "<i>", "a<b>c", "R&D", "List<String>", "<para>", "&nbsp;"),
    *(
        "<a@b>",
        "<a@b.org>",
        "<img src='http://x/y.png'>",
        '<img src="/etc/passwd">',
        "&#0;",
        "&lt;",
    ),
    *("<font color=red>", "<!--", "-->", "<![CDATA[", "<?php", "<script>alert(1)</script>", "]]>"),
    *("# ", "## ", "###### ", "> ", ">> ", "- ", "* ", "+ ", "1. ", "7) ", "999999999. ", "    "),
    *(
        "```",
        "```python x=1\n",
        "~~~",
        "`",
        "``",
        "*",
        "**",
        "***",
        "_",
        "__",
        "~~",
        "~",
        "\\",
        "\\*",
    ),
    *(
        "[",
        "]",
        "](",
        ")",
        "![",
        "[a](http://x)",
        "[a](http://x 'T')",
        "<http://x.org>",
        "[x]: http://y",
    ),
    *(
        "[b](javascript:alert(1))",
        "[m](mailto:a@b.org)",
        "![alt](http://x/i.png)",
        "![a ![b](c)](d)",
    ),
    *("[f](file:///etc/passwd)", "[e]()", "[](http://empty)", "[ü](http://ü/ß?ä=%20)", "![](x)"),
    *(
        "---",
        "***\n",
        "===",
        "| a | b |\n| --- | ---: |\n",
        "| c | d | surplus |\n",
        "|",
        "\\|",
        ":-:",
    ),
    *("\n", "\n\n", "\r\n", "\t", "  \n", "\0", "\x1b[31m", "\ud800", "\u2028", "\x85", "\x0c"),
    *(
        "word",
        "x" * 120,
        "Ελληνικά",
        "Кириллица",
        "漢字",
        "🦄",
        "naïve",
        "“quoted”",
        "€",
        "…",
        "e\u0301",
    ),
]
hostile = st.lists(st.sampled_from(FRAGMENTS) | st.text(readable, max_size=6), max_size=30).map(
    "".join
)


@st.composite
def nested(draw: st.DrawFn) -> str:
    marks = draw(st.lists(st.sampled_from([">", "> ", "- ", "1. ", "9) ", "* "]), max_size=60))
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        depth = draw(st.integers(0, len(marks)))
        indent = draw(st.sampled_from(["", "  ", "    ", "      "]))
        lines.append(indent + "".join(marks[:depth]) + draw(st.text(readable, max_size=12)))
    return "\n".join(lines)


@st.composite
def bulky(draw: st.DrawFn) -> str:
    """Tables of many columns and of long cells, long words, long code, deep quotes."""
    parts = []
    for kind in draw(st.lists(st.sampled_from("tcwp"), min_size=1, max_size=2)):
        piece = draw(st.text(readable, min_size=1, max_size=8)).replace("|", "/")
        piece = "".join(piece.split()) or "x"
        times = draw(st.integers(1, 16))
        if kind == "t":
            columns = draw(st.integers(1, 30))
            rows = [[piece] * columns, ["---"] * columns]
            rows += [
                [f"{piece} {n}" * (1 + n % 3)] * columns for n in range(draw(st.integers(0, 2)))
            ]
            rows.append([f"{piece} " * times * 5] + [piece * times] * draw(st.integers(0, columns)))
            parts.append("\n".join("|" + "|".join(row) + "|" for row in rows))
        elif kind == "c":
            parts.append(f"```{piece}\n" + f"    {piece * times}  end\n" * 3)
        elif kind == "w":
            parts.append(f"**{piece * times * 4}** `{piece * times}` [{piece * times}](http://x)")
        else:
            parts.append(f"> - {piece} " * times)
    return "\n\n".join(parts)


@pytest.mark.smaller
@pytest.mark.parametrize(
    "strategy",
    [
        pytest.param(st.text(any_character, max_size=80), id="all of Unicode"),
        pytest.param(hostile, id="hostile fragments"),
        pytest.param(nested(), id="nested quotes and lists"),
        pytest.param(bulky(), id="tables, code and long words"),
    ],
)
def test_any_text_comes_back_whole(strategy: st.SearchStrategy[str]) -> None:
    seen = 0

    @unhurried
    @given(st.lists(strategy, min_size=TEXTS, max_size=TEXTS))
    def check(texts: list[str]) -> None:
        nonlocal seen
        seen += len(texts)
        assert_whole(texts)

    check()
    assert seen >= EXAMPLES * TEXTS


# Text of the model is text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "<br>",
            "a<br/>b",
            "<b>unclosed",
            "</b>",
            "a<b>c",
            "<i><b>crossed</i></b>",
            "R&D",
            "AT&T;",
        ),
        *(
            "List<String>",
            "<a@b>",
            "<div>in a div</div>",
            "<font color=red>red",
            "<para>",
            "</para>",
        ),
        *('<img src="http://example.com/x.png"/>', '<img src="/etc/hostname">', "<!-- hidden -->"),
        *(
            "&nbsp;",
            "&lt;b&gt;",
            "&#0;",
            "&#x1F600;",
            "<![CDATA[x]]>",
            "<?xml?>",
            "<script>x</script>",
        ),
        *(
            "{{template}}",
            "%s %(name)s",
            "\\documentclass",
            "${HOME}",
            "[x]: http://never-used.org",
        ),
        *(
            "2 < 3 > 1",
            "C:\\temp\\new",
            "1,200.50 €",
            "snake_case_name",
            "a ~ b",
            "5 * 3 * 2",
            "[ ] task",
        ),
    ],
)
def test_markup_that_is_not_markdown_shows_as_typed(text: str) -> None:
    typed = "a@b" if text == "<a@b>" else text  # CommonMark takes it for an e-mail address
    assert shown(text) == bare(typed)
    assert shown(f"**{text}**") in (bare(typed), bare(f"**{typed}**"))
    assert bare(typed) in shown(f"| head |\n| --- |\n| {text} |")
    assert bare(text) in shown(f"```\n{text}\n```")
    assert bare(text) in bare(words(_titled(title=text)))


def _titled(**head: str) -> bytes:
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=letter).build(story("x", **head))
    return out.getvalue()


def test_single_newlines_stay_line_breaks() -> None:
    assert "Dear reader,\nhow are you" in words(pdf("Dear reader,\nhow are you"))


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("[the docs](https://docs.temporal.io)", "the docs (https://docs.temporal.io)"),
        ("[docs](http://x.org 'The title')", "docs (http://x.org 'The title')".replace("'", '"')),
        ("<https://docs.temporal.io>", "https://docs.temporal.io"),
        ("[https://x.org](https://x.org)", "https://x.org"),
        ("[me](mailto:me@x.org)", "me (mailto:me@x.org)"),
        ("[me@x.org](mailto:me@x.org)", "me@x.org"),
        ("![A cat](https://x.org/cat.png)", "[Image: A cat (https://x.org/cat.png)]"),
        ("[ü](http://x.org/ü?a=b&c)", "ü (http://x.org/ü?a=b&c)"),
        ("[run](javascript:alert(1))", "[run](javascript:alert(1))"),
        ("[read](file:///etc/passwd)", "[read](file:///etc/passwd)"),
    ],
)
def test_links_and_images_show_their_address(markdown: str, text: str) -> None:
    assert shown(markdown) == bare(text)


def clicks(data: bytes) -> list[str]:
    return [
        str(note.get_object()["/A"]["/URI"])
        for page in pypdf.PdfReader(io.BytesIO(data)).pages
        for note in page.get("/Annots") or []
    ]


def test_only_web_and_mail_addresses_can_be_clicked() -> None:
    text = (
        "[a](https://x.org/ü) [b](MAILTO:b@x.org) [c](ftp://x.org) [d](../x.pdf) [e](x:y) [f](#g)"
    )
    assert clicks(pdf(text)) == ["https://x.org/%C3%BC", "MAILTO:b@x.org"]
    assert clicks(pdf("[a](javascript:x) [b](file:///etc/passwd) [c](data:text/html,x)")) == []


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("1. one\n2. two\n   - deep\n     - deeper\n", "1. one 2. two ◦ deep ▪ deeper"),
        ("7) seven\n8) eight", "7) seven 8) eight"),
        ("999999999. big", "999999999. big"),
        ("- \n- - a\n- # b", "• • ◦ a • b"),
        ("- #\n- \u3000\n- ``` ```", "• • •"),
        ("- ***\n-     code\n- > quote", "• • code • quote"),
        ("# One\n###### Six", "One Six"),
        ("~~gone~~ **b** *i* ***both*** `code`", "gone b i both code"),
        ("```python\nx = 1\n```", "python x = 1"),
        ("``` said without a line of its own", "said without a line of its own"),
        ("| a | b |\n| - | - |\n| 1 | 2 | 3 | 4 |\n| 5 |", "a b 1 2 | 3 | 4 5"),
        ("> | a |\n> | - |\n> | 1 | 2 |", "a 1 | 2"),
        ("a\n\n---\n\nb", "a b"),
    ],
)
def test_markdown_is_set_and_nothing_is_dropped(markdown: str, text: str) -> None:
    assert shown(markdown) == bare(text)


def test_nesting_without_end_shows_every_level() -> None:
    quotes, lists = ">" * 3000 + " deep", "- " * 2000 + "deep"
    assert shown(quotes).endswith(">>deep")
    assert shown(lists).endswith("--deep")
    assert shown("> 1. - " * 300 + "deep").endswith(">1.-deep")
    for hostile_text in (
        "![" * 1500 + "](x)" * 1500,
        "[" * 3000 + "a",
        "*a **b " * 1500,
        "*a _b " * 2000 + "_ *" * 2000,
    ):
        assert not letters(hostile_text) - Counter(shown(hostile_text))


# Characters


@pytest.mark.parametrize(
    "char", ["漢", "🦄", "\0", "\x1b", "\ud800", "\udfff", "\uffff", "\x7f", "\x9b"]
)
@pytest.mark.parametrize("around", ["{}", "**{}**", "`{}`", "# {}", "| a |\n| - |\n| {} |"])
def test_a_character_that_no_font_holds_is_seen(char: str, around: str) -> None:
    assert "\ufffd" in shown(around.format(f"x{char}y"))
    assert first_page_of(around.format(f"x{char}y")) != first_page_of(around.format("xy"))


@pytest.mark.parametrize(
    "text", ["Ελληνικά", "Кириллица", "žluťoučký", "“–—…„€→≤✓½™", "∀x∈∅", "\U0001d5d4"]
)
@pytest.mark.parametrize("around", ["{}", "**{}**", "*{}*", "***{}***", "`{}`", "```\n{}\n```"])
def test_a_character_that_one_face_lacks_comes_from_another(text: str, around: str) -> None:
    assert shown(around.format(text)) == text


def test_a_space_of_any_script_is_a_space() -> None:
    assert " ".join(words(pdf("one\u3000two\u2009three")).split()) == HEAD + "one two three"


def test_a_line_break_of_any_system_is_one() -> None:
    assert "\ufffd" not in shown("a\r\nb\rc\u2028d\u2029e\x85f")


def first_page_of(text: str) -> bytes:
    out = io.BytesIO()
    pypdfium2.PdfDocument(pdf(text))[0].render().to_pil().save(out, "PNG")
    return out.getvalue()


# Layout


def boxes(data: bytes) -> Iterator[tuple[float, float, float, float]]:
    """Where each character is on its page: left, bottom, right, top, in points."""
    document = pypdfium2.PdfDocument(data)
    for page in document:
        text = page.get_textpage()
        for index in range(text.count_chars()):
            if not text.get_text_range(index, 1).isspace():
                yield text.get_charbox(index)
        text.close()
        page.close()
    document.close()


LONG = {
    "a long word": "x" * 3000,
    "a long bold word and code": f"**{'w' * 900}** `{'m' * 900}` [{'l' * 90}](http://{'a' * 900})",
    "a long line of code": "```\n" + "code(1) " * 300 + "\n```",
    "a long heading": "# " + "heading" * 1430,
    "a table of 40 columns": "|" + "head|" * 40 + "\n|" + "-|" * 40 + "\n|" + "word |" * 40,
    "a cell taller than a page": "|a|b|\n|-|-|\n|" + "word " * 1500 + "|" + "x" * 3000 + "|",
    "a header taller than a page": "|" + "word " * 1500 + "|b|\n|-|-|\n|c|d|",
    "a table in deep quotes": "\n".join(
        "> " * 20 + row for row in ("|a|b|c|", "|-|-|-|", "|longer|words|here|")
    ),
    "deep lists": "- " * 11 + "text " * 60,
    "big numbers": "123456789. a\n" + "   123456789. b\n".rjust(30),
}


@pytest.mark.parametrize("pagesize", [letter, A4, A6], ids=["letter", "A4", "A6"])
@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_nothing_runs_off_the_page(text: str, pagesize: tuple[float, float]) -> None:
    data = pdf(text, pagesize=pagesize)
    wanted, _ = expected(text)
    assert Counter(bare(words(data))) == Counter(bare(HEAD) + wanted)
    for left, bottom, right, top in boxes(data):
        assert left >= INCH - 1 and right <= pagesize[0] - INCH + 2
        assert bottom >= INCH - 8 and top <= pagesize[1] - INCH + 2


PARAGRAPH = "A paragraph of text.\n\n"


def test_a_long_report_takes_pages_with_numbers() -> None:
    data = pdf(PARAGRAPH * 120, numbered=True)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    assert len(pages) > 3
    for number, text in enumerate(pages, 1):
        assert re.findall(r"Page (\d+)", text) == [str(number)]
    assert bare(PARAGRAPH * 120) in bare(re.sub(r"Page \d+", "", "".join(pages)))


def test_the_marks_of_deep_lists_do_not_stand_on_each_other() -> None:
    places = [(left, bottom) for left, bottom, _, _ in boxes(pdf("- " * 12 + "text"))]
    assert len(places) == len(set(places)) == len(bare(HEAD)) + 12 + 4


def test_a_heading_is_not_left_alone_at_the_foot_of_a_page() -> None:
    for lines in range(20, 45):
        data = pdf("filler\n" * lines + "\n## Heading\n\nIts text.", pagesize=letter)
        assert any(
            "Heading" in page.extract_text() and "Its text." in page.extract_text()
            for page in pypdf.PdfReader(io.BytesIO(data)).pages
        )


# The document


def test_the_pdf_is_named_after_the_report_and_holds_no_path(tmp_path: Path) -> None:
    def build(**about: str) -> bytes:
        with whole_file("r", tmp_path) as path:
            document = SimpleDocTemplate(str(path), pagesize=letter, **about)
            head = story("x", title="Tides & <moons>", subject="The moon", day=DAY)
            document.build(head, onFirstPage=page_number, onLaterPages=page_number)
        return (tmp_path / "r.pdf").read_bytes()

    data = build()
    about = pypdf.PdfReader(io.BytesIO(data)).metadata
    assert about is not None
    assert (about.title, about.subject) == ("Tides & <moons>", "The moon")
    assert about.author in ("", None)
    assert "The moon" in words(data) and "5 November 2026" in words(data)
    assert str(tmp_path).encode() not in data and b".ttf" not in data and b".part" not in data
    named = pypdf.PdfReader(io.BytesIO(build(title="Mine"))).metadata
    assert named is not None and named.title == "Mine"


def test_the_date_is_today_unless_given() -> None:
    out = io.BytesIO()
    before = datetime.date.today()
    SimpleDocTemplate(out).build(story("x"))
    dates = {before, datetime.date.today()}
    assert any(f"{day.day} {day:%B} {day.year}" in words(out.getvalue()) for day in dates)


def test_the_same_text_gives_the_same_bytes() -> None:
    text = "# Ελληνικά\n\n`code` **漢** [a](http://x)\n\n| a |\n|-|\n| b |"
    assert pdf(text, numbered=True) == pdf(text, numbered=True)


def test_no_file_is_opened_and_no_network_asked() -> None:
    text = "\n\n".join(FRAGMENTS) + "\n\n![x](http://127.0.0.1:9/x.png) <img src='/etc/hostname'>"
    pdf(text, numbered=True)  # fonts are read once in a process
    watched: list[str] = []
    watching = threading.get_ident()

    def hook(event: str, args: tuple[Any, ...]) -> None:
        outside = ("open", "socket.", "urllib.", "subprocess.", "os.", "http.", "ftplib.")
        if watching == threading.get_ident() and event.startswith(outside):
            watched.append(f"{event} {args[:1]}")

    sys.addaudithook(hook)
    try:
        pdf(text, numbered=True)
        assert watched == []
        Path(__file__).stat()
        Path(__file__).open().close()
        assert watched, "the hook sees what it should see"
    finally:
        watching = 0  # a hook cannot be removed


# Threads

COLD = """
import hashlib, io, sys, threading
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, {tests!r})
sys.setswitchinterval(2e-4)
from test_report import pdf, varied
start = threading.Barrier(100)
def build(number):
    if number < 100:
        start.wait(30)
    return hashlib.sha256(pdf(varied(number), numbered=True)).hexdigest()
with ThreadPoolExecutor(100) as pool:
    print(*pool.map(build, range(150)))
"""


def varied(number: int) -> str:
    """Texts that need different faces and different parts of them, at the same time."""
    script = "".join(chr(first + number % 40) for first in (0x100, 0x391, 0x410, 0x2190, 0x2200))
    return f"# {script}\n\n*{number}* **{script}** ***x*** `{script}`\n\n| {script} |\n|-|\n| é |"


@pytest.mark.rotates("what takes long", among=4)
def test_a_hundred_threads_write_what_one_writes() -> None:
    """Also in a process where no font has been read yet, and switching threads all the time."""
    code = COLD.format(tests=str(Path(__file__).parent))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    alone = [pdf(varied(number), numbered=True) for number in range(150)]
    assert run.stdout.split() == [hashlib.sha256(data).hexdigest() for data in alone]
    assert bare(varied(7).split("\n")[0][2:]) in bare(words(alone[7]))


# Files


def build_into(path: Path, text: str) -> None:
    SimpleDocTemplate(str(path), pagesize=letter).build(story(text, day=DAY))


def test_the_learners_cell_writes_one_whole_file(tmp_path: Path) -> None:
    with whole_file("report.pdf", tmp_path) as path:
        assert path.parent == tmp_path
        doc = SimpleDocTemplate(str(path), pagesize=letter)
        doc.build(story("# Hello"), onFirstPage=page_number, onLaterPages=page_number)
        assert [file for file in tmp_path.iterdir() if file.suffix == ".pdf"] == []
    assert [file.name for file in tmp_path.iterdir()] == ["report.pdf"]
    assert "Hello" in words((tmp_path / "report.pdf").read_bytes())


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_in_the_middle_keeps_the_earlier_file(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    (tmp_path / "report.pdf").write_bytes(b"earlier")
    with pytest.raises(stop), whole_file("report.pdf", tmp_path) as path:
        path.write_bytes(b"half")
        raise stop
    assert [file.name for file in tmp_path.iterdir()] == ["report.pdf"]
    assert (tmp_path / "report.pdf").read_bytes() == b"earlier"


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(WorkshopError, match=r"Nothing was written for report\.pdf"),
        whole_file("report", tmp_path),
    ):
        pass
    (tmp_path / "taken.pdf").mkdir()
    with (
        pytest.raises(WorkshopError, match=r"taken\.pdf cannot be put in its place"),
        whole_file("taken", tmp_path) as path,
    ):
        path.write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorkshopError, match="folder"), whole_file("r", tmp_path / "file"):
        pass
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "taken.pdf"]


def test_writers_of_one_name_leave_one_of_their_files_whole(tmp_path: Path) -> None:
    start = threading.Barrier(9)
    written = [letter_ * (50_000 + 999 * n) for n, letter_ in enumerate("abcdefgh")]
    done = threading.Event()
    seen: set[str] = set()

    def write(content: str) -> None:
        start.wait(30)
        for _ in range(10):
            with whole_file("same", tmp_path) as path, path.open("w") as file:
                for begin in range(0, len(content), 5000):
                    file.write(content[begin : begin + 5000])
                    file.flush()

    def read() -> None:
        start.wait(30)
        while not done.is_set():
            if (tmp_path / "same.pdf").exists():
                seen.add((tmp_path / "same.pdf").read_text())

    with ThreadPoolExecutor(9) as pool:
        reader = pool.submit(read)
        for writer in [pool.submit(write, content) for content in written]:
            writer.result(60)
        done.set()
        reader.result(60)
    assert seen and seen <= set(written)
    assert [file.name for file in tmp_path.iterdir()] == ["same.pdf"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("AI report (2).PDF", "AI report (2).pdf"),
        ("AI/ML", "AI-ML.pdf"),
        ("../../x", "x.pdf"),
        ("/etc/passwd", "etc-passwd.pdf"),
        ("C:\\Windows\\x", "C-Windows-x.pdf"),
        *(
            (name, "report.pdf")
            for name in ("", ".", "..", "/", " ", ".pdf", "...pdf", "\0", "???")
        ),
        ("con\0trol\n.pdf", "con-trol.pdf"),
        ("CON", "_CON.pdf"),
        ("nul.txt", "_nul.txt.pdf"),
        (".hidden", "hidden.pdf"),
        ("~root", "root.pdf"),
        ("--option", "option.pdf"),
        ("Ελληνικά Отчёт", "Ελληνικά Отчёт.pdf"),
        ("cafe\u0301", "café.pdf"),
        ("a\ud800b", "a-b.pdf"),
        ("x.pdf.exe", "x.pdf.exe.pdf"),
        ("n" * 300, "n" * 180 + ".pdf"),
        ("ж" * 300, "ж" * 90 + ".pdf"),
    ],
)
def test_names_are_safe_and_still_readable(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@unhurried
@given(st.text(any_character, max_size=40) | st.text("./\\.pdfPDFCON\0 -_~", max_size=40))
def test_any_name_stays_in_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert safe == safe_name(safe) == safe_name(name)
    assert safe.endswith(".pdf") and len(safe.encode()) <= 200
    assert Path(safe).name == safe and not safe.startswith((".", "-", "~", " "))
    assert safe.isprintable() or any(char in name for char in safe)


@pytest.mark.parametrize(
    "name", ["AI/ML", "../../x", "", ".", "con\0trol", "n" * 300, "/abs/olute"]
)
def test_a_hostile_name_is_written_inside_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "made" / "for it"
    with whole_file(name, folder) as path:
        build_into(path, "x")
    assert [file.name for file in folder.iterdir()] == [safe_name(name)]
    assert [file.name for file in tmp_path.iterdir()] == ["made"]


# The picture


def test_the_first_page_is_a_picture_on_white(tmp_path: Path) -> None:
    from PIL import Image

    build_into(tmp_path / "r.pdf", "Text\n\n" * 100)
    for width in (1, 333, 600):
        png = first_page(tmp_path / "r.pdf", width=width)
        picture = Image.open(io.BytesIO(png))
        assert picture.format == "PNG" and picture.width == width
    assert picture.height == pytest.approx(600 * 11 / 8.5, abs=1)
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert picture.convert("L").getextrema()[0] < 100, "there is ink on it"


def test_a_page_that_cannot_be_shown_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match=r"missing\.pdf cannot be read"):
        first_page(tmp_path / "missing.pdf")
    for content in (b"", b"not a PDF", pdf("x")[:300]):
        (tmp_path / "broken.pdf").write_bytes(content)
        with pytest.raises(WorkshopError, match=r"broken\.pdf is not a PDF"):
            first_page(tmp_path / "broken.pdf")
    with pytest.raises(WorkshopError, match="pixels"):
        first_page(tmp_path / "missing.pdf", width=0)


def test_many_threads_may_look_at_once(tmp_path: Path) -> None:
    build_into(tmp_path / "r.pdf", "# Look")
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: first_page(tmp_path / "r.pdf"), range(24)))) == 1


# What the fonts lack


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Bienen: \u8702 und \u871c", ["lack 2 of", "(CJK)"]),
        ("\u092e\u0927\u0941", ["lack 3 of", "DEVANAGARI"]),
        ("bees \U0001f41d", ["lack 1 of", "(signs)"]),
        ("\u0627\u0644\u0646\u062d\u0644", ["right to left"]),
    ],
    ids=["Chinese", "Hindi", "emoji", "Arabic"],
)
def test_a_report_says_what_its_fonts_cannot_show(text: str, said: list[str]) -> None:
    told = " ".join(words(pdf(text)).split())
    assert [part for part in said if part not in told] == [], told


def test_the_cell_says_it_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    build_into(tmp_path / "bees.pdf", "Bienen: \u8702 und \u871c")
    show_pdf(tmp_path / "bees.pdf")
    assert capsys.readouterr().out == (
        "[First page of bees.pdf, a PDF beside this notebook]\n"
        "The fonts of this report lack 2 of the characters used (CJK): each is shown as \ufffd.\n"
    )


def test_a_report_that_shows_everything_says_nothing(tmp_path: Path) -> None:
    text = "Bees – “quite” 5 € ≥ Ω, пчела, ✓"
    told = bare(words(pdf(text)))
    assert NOTE.match(told.removeprefix(bare(HEAD)))[0] == ""
    build_into(tmp_path / "bees.pdf", text)
    assert remark(tmp_path / "bees.pdf") == ""


WITH_OWN_FONT = """
import sys
sys.path.insert(0, {tests!r})
from test_report import pdf, words
sys.stdout.reconfigure(encoding="utf-8")
print(words(pdf("a bee: \\U0001f41d")))
"""


def with_own_font(path: Path) -> subprocess.CompletedProcess[str]:
    code = WITH_OWN_FONT.format(tests=str(Path(__file__).parent))
    environment = os.environ | {"WORKSHOP_FONT": str(path)}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def test_a_font_of_ones_own_shows_what_the_others_lack(tmp_path: Path) -> None:
    # DejaVu Sans by another name, whose last sign stands for a bee.
    font = (Path(workshop.__file__).parent / "toolbox/fonts" / "DejaVuSans.ttf").read_bytes()
    font = font.replace(b"DejaVuSans", b"OwnFontOne")
    (start,) = struct.unpack_from(">L", font, font.index(b"cmap") + 8)
    table = font.index(struct.pack(">HH", 12, 0), start)
    groups = struct.unpack_from(">L", font, table + 12)[0]
    last = table + 16 + 12 * (groups - 1)
    own = tmp_path / "own.ttf"
    own.write_bytes(font[:last] + struct.pack(">LL", 0x1F41D, 0x1F41D) + font[last + 8 :])
    run = with_own_font(own)
    assert run.returncode == 0, run.stderr
    assert bare(run.stdout) == bare(HEAD + "a bee: \U0001f41d")


def test_a_font_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "own.ttf").write_bytes(b"no font")
    for name in ("own.ttf", "missing.ttf"):
        run = with_own_font(tmp_path / name)
        assert "WORKSHOP_FONT names" in run.stderr and name in run.stderr, run.stderr
