"""The cells that this kernel ran, and how each ended; what a blank's cell was when it last ran."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from workshop.checks.blanks import Blank, code_cells, code_lines, source
from workshop.core import this_notebook

_LIMIT = 2000
"""Runs that are remembered; a day's work is a few hundred."""

_LEAST_ALIKE = 0.6
"""From this ratio on a text may be that of a cell that was given, changed a little."""


@dataclass(frozen=True)
class Run:
    """One run of a cell."""

    text: str
    cell_id: str
    error: BaseException | None
    saved: object = None
    """Which version of the notebook's file there was when it ended."""


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

    A notebook tells which cell it runs by an id; not every front end tells the id of the file, and
    a learner may have copied, moved or split the cell. So a cell that has defined what the blank
    defines is the blank's too, unless it is another one of those that were given.
    """
    binds = _binds(blank)
    defining = [r for r in _runs if binds.search(r.text) and not _is_another(r, blank)]
    ids = {blank.cell_id, *(r.cell_id for r in defining if r.cell_id)}
    mine = [r for r in _runs if r.cell_id in ids or r in defining]
    if not mine:
        return None
    last = mine[-1]
    if not last.error and not binds.search(last.text):
        # Of a cell that was split, one part keeps the id, and perhaps not the part that counts.
        return next((r for r in reversed(defining) if r.cell_id != last.cell_id), last)
    return last


def is_replaced(blank: Blank, run: Run) -> bool:
    """Whether another cell of the notebook has defined after a run what the run's cell defined."""
    binds = _binds(blank)
    at = next(n for n, r in enumerate(_runs) if r is run)
    later = [r for r in _runs[at + 1 :] if not r.error and binds.search(r.text)]
    return any(_is_another(r, blank) for r in later)


def redefined(names: Iterable[str], blank: Blank, run: Run) -> str:
    """The function or class that a run used, and that a given cell has defined anew since.

    Returns:
        Its name, or an empty string where there is none.
    """
    at = next(n for n, r in enumerate(_runs) if r is run)
    for name in dict.fromkeys(names):
        defines = re.compile(rf"^(?:(?:async\s+)?def|class)\s+{name}\b", re.MULTILINE)
        before = {r.cell_id for r in _runs[:at] if not r.error and defines.search(r.text)}
        since = {r.cell_id for r in _runs[at + 1 :] if not r.error and defines.search(r.text)}
        if before and since & blank.cells.keys() - before - {blank.cell_id}:
            return name
    return ""


def _is_another(run: Run, blank: Blank) -> bool:
    """Whether a run that defines what the blank defines is of another cell that was given.

    The cell is known by its id. An id that was not given tells nothing: then it is the cell whose
    text is the nearest.
    """
    if run.cell_id in blank.cells:
        return run.cell_id != blank.cell_id
    binds = _binds(blank)
    others = [t for i, t in blank.cells.items() if i != blank.cell_id and binds.search(t)]
    own = max(_alike(run.text, text) for text in (blank.practice, blank.finished))
    return any(_alike(run.text, text) > max(own, _LEAST_ALIKE) for text in others)


@lru_cache(maxsize=1000)
def _alike(ours: str, theirs: str) -> float:
    return difflib.SequenceMatcher(None, ours, theirs, autojunk=False).ratio()


def _binds(blank: Blank) -> re.Pattern[str]:
    return re.compile(
        rf"^[ \t]*(?:(?:async\s+)?def|class)\s+{blank.defines}\b"
        rf"|^{blank.defines}\b\s*(?::[^=]+)?=[^=]",
        re.MULTILINE,
    )


def is_edited(blank: Blank, run: Run) -> bool:
    """Whether the notebook was saved after a run, with another text in the run's cell.

    What was saved before the run is older than it, whatever it says.
    """
    path = this_notebook.path()
    if path is None or _version() == run.saved:
        return False
    ids = (run.cell_id, blank.cell_id)
    found = [c for c in code_cells(path) if c.get("id") in ids]
    found.sort(key=lambda c: ids.index(c["id"]))
    same = (code_lines(run.text), code_lines(blank.practice))
    return bool(found) and code_lines(source(found[0])) not in same


def holds(text: str) -> bool:
    """Whether the notebook has a cell with this text: one that ran here, or one that was saved."""
    path = this_notebook.path()
    texts = [*(r.text for r in _runs), *(source(c) for c in (code_cells(path) if path else []))]
    return any(code_lines(one) == code_lines(text) for one in texts)


def is_finished_notebook(lesson: str, folder: str) -> bool:
    """Whether this kernel runs the finished notebook, and not the learner's work.

    Where the notebook is not known, the folder in which the kernel was started tells.

    Args:
        lesson: the name of the lesson's folder.
        folder: the name of the folder with its solutions, or with those of its exercise.
    """
    path = this_notebook.path() or Path("unknown")
    return path.resolve().parent.name == folder or f"{lesson}_Solution" in path.stem


def _version() -> object:
    """What changes whenever the notebook's file is written; None where there is no such file."""
    path = this_notebook.path()
    try:
        told = path.stat() if path else None
    except OSError:
        return None
    return (told.st_mtime_ns, told.st_size, told.st_ino) if told else None


def _remember(result: Any) -> None:
    info = result.info
    if info is None or info.silent:
        return
    error = result.error_before_exec or result.error_in_exec
    cell_id = str(getattr(info, "cell_id", None) or "")
    _runs.append(Run(str(info.raw_cell), cell_id, error, _version()))
    del _runs[:-_LIMIT]
