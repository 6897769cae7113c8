"""The cells that this kernel ran, and how each ended; what a blank's cell was when it last ran."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from workshop import this_notebook
from workshop.checks.blanks import Blank, read_cells, source

_LIMIT = 2000
"""Runs that are remembered; a day's work is a few hundred."""


@dataclass(frozen=True)
class Run:
    """One run of a cell."""

    text: str
    cell_id: str
    error: BaseException | None


_runs: list[Run] = []


def watch() -> None:
    """Remember from now on which cells this kernel runs. Harmless when repeated.

    https://ipython.readthedocs.io/en/stable/config/callbacks.html
    """
    running = this_notebook.shell()
    if running is not None and _remember not in running.events.callbacks["post_run_cell"]:
        running.events.register("post_run_cell", _remember)


def forget() -> None:
    """Forget the runs so far, as a new kernel would."""
    _runs.clear()


def last_run(blank: Blank) -> Run | None:
    """The last run of a blank's cell, or None.

    A notebook tells which cell it runs by its id; not every front end does, and a learner may
    have put the text into a new cell. Then it is the cell that defines what the blank defines.
    """
    binds = _binds(blank)
    for run in reversed(_runs):
        if run.cell_id == blank.cell_id:
            return run
        if run.cell_id not in blank.others and binds.search(run.text):
            return run
    return None


def is_replaced(blank: Blank) -> bool:
    """Whether another cell of the notebook has defined since what the blank's cell defined."""
    since: list[Run] = []
    for run in reversed(_runs):
        if run.cell_id == blank.cell_id:
            break
        since.append(run)
    binds = _binds(blank)
    return any(r.cell_id in blank.others and not r.error and binds.search(r.text) for r in since)


def _binds(blank: Blank) -> re.Pattern[str]:
    return re.compile(
        rf"^[ \t]*(?:(?:async\s+)?def|class)\s+{blank.defines}\b"
        rf"|^{blank.defines}\b\s*(?::[^=]+)?=[^=]",
        re.MULTILINE,
    )


def saved_text(blank: Blank) -> str | None:
    """The text of a blank's cell in the learner's notebook file, or None where it is not known."""
    path = this_notebook.path()
    cells = read_cells(path) if path else []
    return next((source(c) for c in cells if c.get("id") == blank.cell_id), None)


def _remember(result: Any) -> None:
    info = result.info
    if info is None or info.silent:
        return
    error = result.error_before_exec or result.error_in_exec
    _runs.append(Run(str(info.raw_cell), str(getattr(info, "cell_id", None) or ""), error))
    del _runs[:-_LIMIT]
