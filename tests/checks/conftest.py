"""A shell of IPython in this process, as a kernel has one, with lesson 02 open."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from ipython_shell import Shell

from workshop import checks
from workshop.checks import cells
from workshop.checks.blanks import Blank, find


@pytest.fixture
def shell(room: dict[str, str]) -> Iterator[Shell]:
    """A shell without names and without a past, in a room of its own."""
    made = Shell()
    cells.forget()
    checks.watch()
    for memory in (checks._found, checks._hinted, checks._put):
        memory.clear()
    checks.open_lesson("02")
    yield made
    made.names.clear()
    made.names.update(made.empty)
    cells.forget()
    checks.open_lesson("")


@pytest.fixture
def policy() -> Blank:
    """The blank whose check needs no Temporal Service."""
    return find("retry_policy", "02")


@pytest.fixture
def save(
    room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """Write the notebook that the shell belongs to, as a front end saves it: id to text."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)

    def saved(texts: dict[str, str], name: str = "02_lesson.ipynb") -> Path:
        notebook = tmp_path / name
        notebook.parent.mkdir(exist_ok=True)
        cells = [
            {"cell_type": "code", "id": i, "source": text.splitlines(keepends=True)}
            for i, text in texts.items()
        ]
        draft = notebook.with_suffix(".draft")
        draft.write_text(json.dumps({"cells": cells}))
        draft.replace(notebook)
        monkeypatch.setenv("JPY_SESSION_NAME", str(notebook))
        return notebook

    return saved


@pytest.fixture
def judged_by(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the blank retry_policy be judged by another function."""

    def replace(function: Callable[[checks.Learner], Awaitable[None]]) -> None:
        hints = ("Which?", "There.", "That.")
        made = checks.Check("retry_policy", function, hints, "It means a lot.")
        monkeypatch.setattr(checks, "load", lambda *_: {"retry_policy": made})

    return replace
