"""A notebook in this process: IPython runs finished cells up to a blank, then an answer to it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bank import Blank, Right, Wrong, code_cells, text
from IPython.core.interactiveshell import InteractiveShell

NOT_NEEDED = ("render_mermaid(", "receipt(", "show_pdf(", "until=")
"""In a cell above a blank: it draws, counts or waits, and no blank needs its names."""


class Notebook:
    """A practice notebook as a learner has it open, in one event loop."""

    def __init__(self, blank: Blank, folder: Path) -> None:
        self.file = folder / blank.practice_notebook.name
        self.contents = json.loads(blank.practice_notebook.read_text(encoding="utf-8"))
        self.finished = code_cells(blank.finished_notebook)
        self.loop = asyncio.new_event_loop()
        self.shell: Any = InteractiveShell.instance()
        self.empty = dict(self.shell.user_ns)
        self.states: dict[str, dict[str, Any]] = {}
        self.ran = 0

    def until(self, blank: Blank) -> None:
        """Take up the state above a blank, which is made the first time by running cells."""
        if blank.name not in self.states:
            if self.states:
                self._restore(self._last)
            else:
                self._restore(self.empty)
            while (cell := self.finished[self.ran])["metadata"].get("exercise") != blank.name:
                self._run_above(cell)
                self.ran += 1
            self._last = self.states[blank.name] = dict(self.shell.user_ns)
        self._restore(self.states[blank.name])

    def _run_above(self, cell: dict[str, Any]) -> None:
        source = text(cell)
        imports = source.lstrip().startswith(("from ", "import "))
        if any(word in source for word in NOT_NEEDED) and not imports:
            return
        result = self.run(source, cell["id"])
        assert result.success, f"{source}\n\n{result.error_before_exec or result.error_in_exec!r}"

    def _restore(self, state: dict[str, Any]) -> None:
        names = self.shell.user_ns
        names.clear()
        names.update(state)

    def run(self, source: str, cell_id: str) -> Any:
        """Run a cell as a kernel does; its result, whether it raised or not."""
        wrong, transformed = None, source
        try:
            transformed = self.shell.transform_cell(source)
        except Exception:
            wrong = sys.exc_info()
        return self.wait(
            self.shell.run_cell_async(
                source,
                store_history=True,
                transformed_cell=transformed,
                preprocessing_exc_tuple=wrong,
                cell_id=cell_id,
            )
        )

    def wait(self, coroutine: Any) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(coroutine, 60))

    def save(self, blank: Blank, source: str) -> None:
        """Write the notebook's file as the front end does, with this text in the blank's cell."""
        cell = next(c for c in self.contents["cells"] if c["id"] == blank.cell_id)
        cell["source"] = source
        self.file.write_text(json.dumps(self.contents), encoding="utf-8")
        cell["source"] = blank.practice

    def answer(self, blank: Blank, answer: Right | Wrong) -> None:
        """Do what the learner did. What a cell raises is shown to the learner, not to us."""
        self.save(blank, answer.text(blank))
        for earlier in answer.before:
            self.run(earlier(blank), blank.cell_id)
        if not getattr(answer, "not_run", False):
            self.run(answer.text(blank), blank.cell_id)
        if answer.after:
            self.run(answer.after, f"after-{blank.cell_id}")

    def close(self) -> None:
        from workshop.notebook import stop_worker

        self.loop.run_until_complete(stop_worker(limit=1))
        self._restore(self.empty)
        others = asyncio.all_tasks(self.loop)
        for task in others:
            task.cancel()
        if others:
            self.loop.run_until_complete(asyncio.wait(others, timeout=5))
        self.loop.close()


@contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Cells write their PDFs here, as they do beside a notebook."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JPY_SESSION_NAME", str(folder))
        before = Path.cwd()
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
