"""Rows and numbers as learners see them: in a real kernel, and as text where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

import nbclient
import nbformat
import pytest
import room as rooms

from workshop.core.errors import WorkshopError
from workshop.watching.rows_shown import show_bars, show_rows

HOSTILE = '<script>alert("1")</script>\x1b[31m & more'
CELLS = f"""
from workshop import show_bars, show_rows
show_rows([{{"key": "a", "text": {HOSTILE!r}, "dollars": 0.000123}}, {{"key": None, "n": 2}}])
show_bars({{"naïve": 4, "du<rable": 8.5}}, "reports/s")
"""


@pytest.fixture(scope="module")
def shown() -> list[nbformat.NotebookNode]:
    """What a cell in a real kernel has shown."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELLS)])
    there = {"metadata": {"path": str(rooms.ROOT)}}
    nbclient.NotebookClient(book, timeout=60, resources=there).execute()
    return [output.data for output in book.cells[0].outputs]


@pytest.mark.rotates("what takes long", among=4)
def test_a_notebook_shows_a_table_that_is_a_table(shown: list[nbformat.NotebookNode]) -> None:
    table = ElementTree.fromstring(shown[0]["text/html"])
    assert [e.text for e in table.iter("th")] == ["key", "text", "dollars", "n"]
    cells = [e.text for e in table.iter("td")]
    assert cells[0] == "a" and cells[2] == "0.000123" and cells[4:] == ["–", "–", "–", "2"]
    assert cells[1] == '<script>alert("1")</script>\ufffd[31m & more'
    assert "<script" not in shown[0]["text/html"]
    assert table.findtext(".//caption") == "2 rows."
    assert "0.000123" in shown[0]["text/plain"] and "2 rows." in shown[0]["text/plain"]


def test_a_notebook_shows_bars_to_one_scale(shown: list[nbformat.NotebookNode]) -> None:
    markup = shown[1]["text/html"]
    drawn = ElementTree.fromstring(markup[markup.index("<svg") : markup.index("</svg>") + 6])
    wide = [float(str(e.get("width"))[:-1]) for e in drawn.iter("rect")]
    assert wide[0] / wide[1] == pytest.approx(4 / 8.5, abs=0.01) and wide[1] <= 100
    for words in (drawn.get("aria-label"), "".join(drawn.itertext()), shown[1]["text/plain"]):
        assert words and "naïve" in words and "8.5 reports/s" in words
    assert drawn.get("role") == "img" and "prefers-color-scheme:dark" in markup


@dataclass
class Failure:
    topic: str
    reason: str


def test_rows_are_text_where_there_is_no_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([Failure("bees", "PageNotFound: " + "gone " * 30), Failure("水", "two\nlines")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["topic", "reason"] and set(lines[1]) == {"-", " "}
    assert lines[2].startswith("bees   PageNotFound: gone") and lines[2].endswith("…")
    assert "two lines" in lines[3] and lines[4:] == ["2 rows."]


def test_columns_and_rows_are_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    many = [{"key": n, "text": "x", "more": True} for n in range(40)]
    show_rows(many, ["more", "key"], limit=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in (lines[0], lines[3])] == [["more", "key"], ["True", "1"]]
    assert lines[4:] == ["2 of 40 rows."]
    show_rows(iter([]), ["key"])
    assert capsys.readouterr().out == "No rows.\n"


def test_bars_are_text_where_there_is_no_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    show_bars({"one": 1200000, "none": 0})
    one, none = capsys.readouterr().out.splitlines()
    assert one.split() == ["one", "█" * 30, "1200000"] and none.split() == ["none", "0"]
    show_bars({})
    assert capsys.readouterr().out == "No numbers.\n"
    show_bars({"nothing": 0})
    assert capsys.readouterr().out.split() == ["nothing", "0"]


def test_what_cannot_be_shown_is_told() -> None:
    with pytest.raises(WorkshopError, match=r"No row has the column 'txt'.*key, text"):
        show_rows([{"key": 1, "text": 2}], ["txt"])
    with pytest.raises(WorkshopError, match="A row is a tuple"):
        show_rows([(1, 2)])
    for number in (-1, float("nan"), float("inf"), None, "3", True):
        with pytest.raises(WorkshopError, match="The bar 'one' was given"):
            show_bars({"one": number})  # type: ignore[dict-item]
