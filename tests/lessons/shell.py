"""A notebook in this process: IPython runs finished cells up to a blank, then an answer to it."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from answers import Blank, Right, Wrong
from bank import code_cells, text
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from workshop import checks
from workshop.checks import cells
from workshop.core import patience, temporal_config
from workshop.kernel import notebook, worker

NOT_NEEDED = (
    *("predict(", "reveal("),
    *("render_mermaid(", "receipt(", "show_pdf(", "until=", "await check("),
    *(
        "await keep(handle)",
        "follow(handle)).status",
        "await five_days_later(",
        "await nobody_answers(",
        "await crash(",
    ),
    *("waits(", "await reason_why(", '"a busy page"', "await board."),
    *("query(ResearchBatch", "await watch(", "show_bars(", "digest.letter"),
)
"""In a cell above a blank: it draws, counts, waits, checks or kills; no blank needs its names."""
LATER = "a-later-cell"
"""The id of a cell that the learner has added."""
LIMIT = 30.0
"""Seconds of a quiet machine for one cell or check: nothing may hang."""


class Hangs(AssertionError):
    """A cell or a check did not end."""


class Notebook:
    """A practice notebook as a learner has it open: a file, a kernel's names, an event loop."""

    def __init__(self, blank: Blank, folder: Path) -> None:
        self.path = blank.practice_notebook
        self.file = folder / self.path.name
        self.saved = json.loads(self.path.read_text(encoding="utf-8"))
        self.finished = code_cells(blank.finished_notebook)
        self.loop = asyncio.new_event_loop()
        self.shell: Any = InteractiveShell.instance()
        self.ran = 0
        self.states: dict[str, tuple[dict[str, Any], list[Any], dict[str, str]]] = {}
        self._keep("")

    def take_up(self, blank: Blank) -> None:
        """The state above a blank; the first time, it is made by running the cells above."""
        if blank.name not in self.states:
            self._restore([*self.states][-1])
            while (cell := self.finished[self.ran])["metadata"].get("exercise") != blank.name:
                self._run_above(cell)
                self.ran += 1
            self._keep(blank.name)
        self._restore(blank.name)

    def answer(self, blank: Blank, given: Right | Wrong) -> None:
        """Do what the learner did. What a cell raises is shown to the learner, not to us."""
        for earlier in given.before:
            self.run(earlier(blank), blank.cell_id)
        self._save(blank, given.text(blank), given.after)
        if not getattr(given, "not_run", False):
            self.run(given.text(blank), blank.cell_id)
        if given.after:
            self.run(given.after, LATER)

    def examine(self, blank: Blank) -> checks.Outcome:
        checks.open_lesson(blank.lesson)
        return self._wait(checks.examine(blank.name), f"check({blank.name!r})")

    def run(self, source: str, cell_id: str) -> Any:
        """Run a cell as a kernel does; its result, whether it raised or not."""
        wrong, transformed = None, source
        try:
            transformed = self.shell.transform_cell(source)
        except Exception:
            wrong = sys.exc_info()
        cell = self.shell.run_cell_async(
            source,
            store_history=True,
            transformed_cell=transformed,
            preprocessing_exc_tuple=wrong,
            cell_id=cell_id,
        )
        result = self._wait(cell, source)
        # A kernel tells this by itself; run_cell_async does not.
        self.shell.events.trigger("post_run_cell", result)
        return result

    def close(self) -> None:
        self.loop.run_until_complete(worker.stop_worker(limit=2))
        self._restore("")
        others = asyncio.all_tasks(self.loop)
        for task in others:
            task.cancel()
        if others:
            self.loop.run_until_complete(asyncio.wait(others, timeout=5))
        self.loop.close()

    def _run_above(self, cell: dict[str, Any]) -> None:
        source = text(cell)
        imports = source.startswith(("from ", "import "))
        given = imports or cell["metadata"].get("exercise")
        if not given and any(word in source for word in NOT_NEEDED):
            return
        result = self.run(source, cell["id"])
        error = result.error_before_exec or result.error_in_exec
        assert error is None, f"above a blank:\n{source}\n\n{error!r}"

    def _wait(self, coroutine: Any, what: str) -> Any:
        try:
            return self.loop.run_until_complete(patience.wait_for(coroutine, LIMIT))
        except asyncio.TimeoutError:
            raise Hangs(f"after {LIMIT:g} s this goes on:\n{what}") from None

    def _save(self, blank: Blank, source: str, after: str) -> None:
        """Write the notebook's file as the front end does, with this text in the blank's cell."""
        saved = [
            {**cell, "source": source} if cell["id"] == blank.cell_id else cell
            for cell in self.saved["cells"]
        ]
        if after:
            at = next(n for n, cell in enumerate(saved) if cell["id"] == blank.cell_id)
            saved.insert(at + 1, {**saved[at], "id": LATER, "source": after, "metadata": {}})
        self.file.write_text(json.dumps({**self.saved, "cells": saved}), encoding="utf-8")

    def _keep(self, name: str) -> None:
        own = temporal_config.OWN
        told = {n: v for n, v in os.environ.items() if n.startswith("TEMPORAL_") or n == own}
        self.states[name] = dict(self.shell.user_ns), list(cells._runs), told

    def _restore(self, name: str) -> None:
        names, runs, told = self.states[name]
        temporal_config.tell(told)  # as `begin` has told it, if it has
        self.shell.user_ns.clear()
        self.shell.user_ns.update(names)
        cells._runs[:] = runs


class Classroom:
    """The notebooks, one open at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open: Notebook | None = None

    def at(self, blank: Blank) -> Notebook:
        """The blank's notebook, in the state above the blank."""
        if self.open is None or self.open.path != blank.practice_notebook:
            self.close()
            self.open = Notebook(blank, self.folder)
            os.environ["JPY_SESSION_NAME"] = str(self.open.file)
        self.open.take_up(blank)
        return self.open

    def close(self) -> None:
        opened, self.open = self.open, None
        if opened:
            opened.close()


@contextmanager
def classroom(folder: Path) -> Iterator[Classroom]:
    """A folder in which cells write, an IPython without a history, no patches of event loops."""
    main = sys.modules["__main__"]
    made = Classroom(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("JPY_SESSION_NAME", "")
        patch.setattr(worker, "_current", None)
        # In a kernel this changes asyncio for the whole process, which here is everyone's.
        patch.setattr(notebook, "allow_nested_loops", str)
        config = Config()
        config.HistoryManager.enabled = False
        shell = InteractiveShell.instance(config=config)
        try:
            yield made
        finally:
            made.close()
            cells.forget()
            atexit.unregister(shell.atexit_operations)
            shell.atexit_operations()
            InteractiveShell.clear_instance()
            sys.modules["__main__"] = main
