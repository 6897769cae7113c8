"""The blanks of all lessons, and the bank of each: the answers that learners give to it.

A bank is a file `bank_NN/<blank>.txt`, read by reader.py; what every blank can have is added.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import mistakes
import reader
from answers import Bank, Blank

ROOT = Path(__file__).resolve().parents[2]


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
    return Path(__file__).parent / f"bank_{blank.lesson}" / f"{blank.name}.txt"


@cache
def bank(name: str) -> Bank:
    """The bank of a blank: what every blank can have, and its own answers if it has a file."""
    blank = blanks()[name]
    common, file = mistakes.common(blank), bank_file(blank)
    names = [answer.name for answer in common.wrong]
    own = reader.read(file, names) if file.exists() else Bank([], [])
    return Bank([*common.wrong, *own.wrong], [*common.right, *own.right])
