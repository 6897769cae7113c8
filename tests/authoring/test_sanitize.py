"""What is cleaned before storing, and what nbval leaves out of its comparison."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import nbformat
import pytest
from nbval.plugin import get_sanitize_patterns

from authoring import sanitize
from authoring.sanitize import Sanitizer

CONFIG = Path(sanitize.__file__).parent / "sanitize.cfg"


@pytest.fixture
def cleaned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sanitizer:
    monkeypatch.setattr(socket, "gethostname", lambda: "annas-laptop")
    monkeypatch.setattr("getpass.getuser", lambda: "anna")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/anna"))
    return Sanitizer(Path("/tmp/workshop-x1"), Path("/srv/house"), {45671: 7233})


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("/tmp/workshop-x1/notebooks/Report.pdf", "…/notebooks/Report.pdf"),
        ("file:///srv/house/docs", "file://…/docs"),
        ("/srv/household stays", "/srv/household stays"),
        ("/home/anna/x and ~", "~/x and ~"),
        ("localhost:45671, port 45671.", "localhost:7233, port 7233."),
        ("145671 and 45671.5 and a45671 stay", "145671 and 45671.5 and a45671 stay"),
        ("4711@annas-laptop by anna", "4711@localhost by learner"),
        ("hanna and annals stay", "hanna and annals stay"),
        ("/tmp/ipykernel_4711/1234.py:2", "<cell>:2"),
    ],
)
def test_text_is_cleaned(cleaned: Sanitizer, text: str, stored: str) -> None:
    assert cleaned.text(text) == stored


def test_common_user_names_stay_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    sanitizer = Sanitizer(Path("/tmp/a1"), Path("/srv/b1"), {})
    assert sanitizer.text("the root cause") == "the root cause"


def test_every_kind_of_output_is_cleaned_and_pictures_are_not(cleaned: Sanitizer) -> None:
    place = "/srv/house/x"
    data = {"text/html": place, "application/vnd.x+json": {"a": [place]}, "image/png": place}
    notebook = nbformat.from_dict(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "metadata": {"execution": {"iopub.execute_input": "2026"}},
                    "outputs": [
                        {"output_type": "stream", "text": place},
                        {"output_type": "display_data", "data": data},
                        {
                            "output_type": "error",
                            "ename": "E",
                            "evalue": place,
                            "traceback": [place],
                        },
                    ],
                },
                {"cell_type": "markdown", "metadata": {}},
            ]
        }
    )
    cleaned.notebook(notebook)
    stream, display, error = notebook.cells[0].outputs
    assert stream.text == "…/x" and error.evalue == "…/x" and error.traceback == ["…/x"]
    assert display.data["text/html"] == "…/x"
    assert display.data["application/vnd.x+json"] == {"a": ["…/x"]}
    assert display.data["image/png"] == place
    assert notebook.cells[0].metadata == {}


def _compared(text: str) -> str:
    """As nbval reads the file and applies it."""
    for regex, replace in dict(get_sanitize_patterns(CONFIG.read_text(encoding="utf-8"))).items():
        text = re.sub(regex, replace, text)
    return text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\x1b[31m\x1b[1mred\x1b[0m.", "red."),
        ("iVBOR" + "Aa1+/" * 50 + "==\n", "iVBOR" + "Zz9+/" * 70 + "\n"),
        (
            '<svg class="workshop-timeline"><svg x="1%"></svg></svg><details>',
            '<svg class="workshop-timeline"><svg x="2%"></svg><text>5 s</text></svg><details>',
        ),
        (
            "report-0b7f6e0e-93a6-4d6c-8d55-0a6f4f0f2f10",
            "report-1c7f6e0e-93a6-7d6c-9d55-0a6f4f0f2f11",
        ),
        ("report-1a2b3c4d", "report-99ffee00"),
        ("… Waiting until the Worker polls. It takes long.\n✓ It polls.", "✓ It polls."),
        ("2026-11-22T04:42:07.123Z", "2026-11-23 14:42:07+00:00"),
        ("on 2026-11-22", "on 2027-01-02"),
        ("22 November 2026", "3 May 2027"),
        ("Nov 22, 2026", "December 3, 2027"),
        ("at 04:42:07", "at 23:59:59.123"),
        ("at 4:42 PM", "at 11:02 AM"),
        ("took  0.61 s", "took 12.30 s"),
        ("12 ms", "140 ms"),
        ("http://localhost:8233/x", "http://localhost:45671/x"),
        ("on port 7233", "on port 45671"),
        ("12345@host-a", "9@b.local"),
        ("pid 4711", "pid 815"),
        ("<cell>", "/tmp/ipykernel_12/34.py"),
        ("…/notebooks/Report.pdf", "/home/anna/house/notebooks/Report.pdf"),
        ("<x at 0x7f8a96754190>", "<x at 0x7f8a96754999>"),
        ("0 of 7 blanks right, exercise 1 of 5", "7 of 7 blanks right, exercise 0 of 5"),
    ],
)
def test_what_differs_between_runs_is_not_compared(one: str, other: str) -> None:
    assert _compared(one) == _compared(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("attempt 1, next retry in 1 s", "attempt 1, next retry in 2 s"),
        ("2 calls, 512 tokens, $0.0041", "3 calls, 512 tokens, $0.0041"),
        ("</div>", "</b>"),
        ('<svg class="workshop-receipt"><a></svg>', '<svg class="workshop-receipt"><b></svg>'),
        (
            '<svg class="workshop-timeline"></svg><details>✓ completed',
            '<svg class="workshop-timeline"></svg><details>✗ failed',
        ),
        ("https://docs.temporal.io/tmp/a", "https://docs.temporal.io/tmp/b"),
        ("ratio 3/4", "ratio 1/4"),
        ("WorkflowExecutionStarted", "WorkflowExecutionFailed"),
        ("report-water-cycle", "report-quantum"),
        ("✓ Right: worker", "✗ Not yet: worker"),
    ],
)
def test_what_a_lesson_shows_is_compared(one: str, other: str) -> None:
    assert _compared(one) != _compared(other)
