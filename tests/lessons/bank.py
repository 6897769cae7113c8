"""Answers that learners give to a blank: how one is written down, and where the banks are.

A bank is a module `bank_NN/<blank>.py` with two lists, `WRONG` and `RIGHT`. An answer is the text
of the blank's cell as the learner would run it, made from the finished cell by small edits, so
that it stays true to the lesson when the lesson changes.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Blank:
    """A cell that a learner fills in."""

    name: str
    lesson: str
    """Its number, such as `02`."""
    cell_id: str
    practice: str
    """The cell as the learner finds it."""
    finished: str
    practice_notebook: Path
    finished_notebook: Path


Text = Callable[[Blank], str]
"""What makes an answer's text of a blank's texts."""


def swap(*texts: str) -> Text:
    """The finished cell with texts replaced: old, new, old, new, …

    Each old text must stand there, or the answer would not be the one that its name says.
    """
    return lambda blank: _swapped(blank, blank.finished, texts)


def practice(*texts: str) -> Text:
    """The practice cell, as it stands or with texts replaced as in `swap`."""
    return lambda blank: _swapped(blank, blank.practice, texts)


def whole(text: str) -> Text:
    """A cell written anew."""
    return lambda blank: text.strip("\n")


def finished(blank: Blank) -> str:
    """The finished cell."""
    return blank.finished


def _swapped(blank: Blank, text: str, texts: tuple[str, ...]) -> str:
    assert len(texts) % 2 == 0, f"{blank.name}: an old text without a new one: {texts[-1]!r}"
    for old, new in zip(texts[::2], texts[1::2], strict=True):
        assert old in text, f"{blank.name}: {old!r} does not stand in this cell:\n{text}"
        text = text.replace(old, new)
    return text


@dataclass(frozen=True)
class Right:
    """An answer that works, written in a way of its own."""

    name: str
    text: Text
    before: tuple[Text, ...] = ()
    """Texts of the same cell that were run before this one."""
    after: str = ""
    """Another cell, run after it."""


@dataclass(frozen=True)
class Wrong:
    """An answer that does not work, and what the check's answer has to say about it."""

    name: str
    text: Text
    says: tuple[str, ...] = ()
    """Words that name the mistake and its remedy, in capitals or not; `a|b` is either."""
    same_as: str | None = None
    """Another wrong answer whose remedy is the same, so that the same may be said."""
    verdict: str = "not yet"
    before: tuple[Text, ...] = ()
    """Texts of the same cell that were run before this one."""
    not_run: bool = False
    """The text stands in the notebook's saved file, and was not run."""
    after: str = ""
    """Another cell, run after it."""


# --- the blanks and banks on disk ---


@cache
def blanks() -> dict[str, Blank]:
    """Every blank of every lesson and exercise, by name, in the order of the notebooks."""
    found: dict[str, Blank] = {}
    for notebook in [
        *sorted(ROOT.glob("notebooks/*.ipynb")),
        *sorted(ROOT.glob("exercises/*/Practice/*.ipynb")),
    ]:
        solution = _finished(notebook)
        answers = {cell["metadata"].get("exercise"): text(cell) for cell in code_cells(solution)}
        for cell in code_cells(notebook):
            if name := cell["metadata"].get("exercise"):
                found[name] = Blank(
                    name,
                    notebook.name[:2],
                    cell["id"],
                    text(cell),
                    answers[name],
                    notebook,
                    solution,
                )
    return found


def _finished(notebook: Path) -> Path:
    if notebook.parent.name == "Practice":
        name = notebook.name.replace("_Practice.", "_Solution.")
        return notebook.parent.with_name("Solution") / name
    return ROOT / f"Solutions_{notebook.stem}" / f"{notebook.stem}_Solution.ipynb"


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def text(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def bank_file(blank: Blank) -> Path:
    return Path(__file__).parent / f"bank_{blank.lesson}" / f"{blank.name}.py"


@cache
def bank(name: str) -> ModuleType:
    """The bank of a blank; one without a file is empty."""
    file = bank_file(blanks()[name])
    module = ModuleType(name)
    module.WRONG, module.RIGHT = [], []  # type: ignore[attr-defined]
    if file.exists():
        spec = importlib.util.spec_from_file_location(
            f"bank_{re.sub(r'[^a-z0-9]', '_', name)}", file
        )
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module
