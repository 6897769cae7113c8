"""What is shown: in its place or printed, as a table, in a few words."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from workshop.core import display
from workshop.core.display import clean, counted, dollars, duration, lasting, lines, short, told

HOSTILE = "<script>alert('1')</script> & more"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """What a cell shows, and how."""
    seen: list[tuple[str, object]] = []

    class Handle:
        def update(self, bundle: object, raw: bool) -> None:
            seen.append(("in its place", bundle))

    def first(bundle: object, raw: bool, display_id: bool) -> Handle:
        seen.append(("first", bundle))
        return Handle()

    monkeypatch.setattr(display, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", first)
    return seen


def test_what_is_shown_may_give_way_to_something_else(seen: list[tuple[str, object]]) -> None:
    class Thing:
        def __repr__(self) -> str:
            return "found"

        def _repr_html_(self) -> str:
            return "<b>found</b>"

    news = display.put("", "it takes long")
    assert display.show(Thing(), instead_of=news) is news
    assert seen == [
        ("first", {"text/plain": "it takes long"}),
        ("in its place", {"text/html": "<b>found</b>", "text/plain": "found"}),
    ]


def test_where_there_is_no_notebook_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert display.put("<b>it</b>", "it") is None
    assert capsys.readouterr().out == "it\n"


def parsed(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)


def test_a_table_is_one_for_a_screen_reader_and_text_stays_text() -> None:
    shown = parsed(display.table((HOSTILE, "n"), [(HOSTILE, 2), ("b", True)], "<b>Two</b>"))
    assert [e.get("scope") for e in shown.iter("th")] == ["col", "col"]
    assert [e.text for e in shown.iter("td")] == [HOSTILE, "2", "b", "True"]
    sides = [str(e.get("style")) for e in shown.iter("td")]
    assert sides == ["text-align:left", "text-align:right", "text-align:left", "text-align:left"]
    caption = shown.find("caption")
    assert caption is not None and caption.findtext("b") == "Two"
    assert "top" in str(caption.get("style")) and "script" not in {e.tag for e in shown.iter()}


def test_rows_have_names_where_they_are_asked_for() -> None:
    shown = parsed(
        display.table(("Step", "State"), [("a", "ok"), ("b", "no")], named=True, whole=[1])
    )
    assert [e.text for e in shown.iter("th") if e.get("scope") == "row"] == ["a", "b"]
    cells = list(shown.iter("td"))
    assert [e.text for e in cells] == ["ok", "no"] and shown.find("caption") is None
    assert all("nowrap" in str(e.get("style")) for e in cells)


def test_a_picture_says_what_it_shows() -> None:
    shown = parsed(
        display.image(b"png", HOSTILE, width=4.6, style="", data_of="x").replace(">", "/>")
    )
    assert shown.get("alt", "").startswith("<script") and shown.get("width") == "5"
    assert shown.get("data-of") == "x" and shown.get("src", "").endswith("base64,cG5n")


def test_lines_stand_below_each_other() -> None:
    rows: list[tuple[Any, ...]] = [("name", "n"), ("a", 1.50), ("longer", "")]
    assert lines(rows, ruled=True) == ["name    n", "------  ---", "a       1.5", "longer"]
    assert lines([]) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [(3, "3"), (0.5, "0.5"), (0.0, "0"), (0.00042, "0.000420"), (1e-9, "1e-09"), (1e16, "1e+16"),
     (float("inf"), "inf"), (True, "True"), (1234.56789, "1234.5679")],
)  # fmt: skip
def test_numbers_are_read_at_a_glance(value: object, said: str) -> None:
    assert told(value) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.00 s"),
        (0.123, "0.12 s"),
        (599, "599.00 s"),
        (750, "12.5 min"),
        (7200, "2.0 h"),
        (259200, "3.0 d"),
    ],
)
def test_durations_are_read_at_a_glance(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said", "precisely"),
    [
        (2, "2.0 s", "2.00 s"),
        (60, "60.0 s", "60.0 s"),
        (600, "10 minutes", "10 minutes"),
        (3600, "1 hour", "1 hour"),
        (5400, "1.5 hours", "1.5 hours"),
        (432000, "5 days", "5 days"),
    ],
)
def test_lengths_of_time_are_said(seconds: float, said: str, precisely: str) -> None:
    assert (lasting(seconds), lasting(seconds, 2)) == (said, precisely)


def test_what_is_long_is_cut_and_what_does_not_print_is_marked() -> None:
    assert short("as it is", 8) == "as it is" and short("cut after it", 5) == "cut…"
    assert clean("\n  \x1b[31mred \n more") == "\ufffd[31mred"
    cut = clean("ValueError: " + "x" * 200 + " so do this", 60)
    assert cut.startswith("ValueError") and cut.endswith("so do this") and len(cut) <= 60
    assert (counted(1, "call"), counted(0, "call"), counted(2, "LLM call")) == (
        "1 call",
        "0 calls",
        "2 LLM calls",
    )
    assert dollars(0.0021) == "$0.002100"
