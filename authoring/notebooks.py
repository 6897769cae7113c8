"""Notebook files: read, written the same for the same content, and the outputs stored in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import nbformat
from nbformat import v4

METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
    "language_info": {"name": "python"},
}
CHECK = "check-"
"""The ids of the cells that check a blank, one under each, start so."""


def new_cell(kind: str, text: str, cell_id: str, metadata: dict[str, Any]) -> nbformat.NotebookNode:
    """A cell without outputs; `kind` is `code`, `markdown` or `raw`."""
    make = getattr(v4, f"new_{kind}_cell")
    return cast(nbformat.NotebookNode, make(text, id=cell_id, metadata=metadata))


def new(cells: list[nbformat.NotebookNode]) -> nbformat.NotebookNode:
    """A notebook with the fixed metadata, in format 4.5."""
    made: nbformat.NotebookNode = v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=cells, metadata=METADATA, nbformat_minor=5
    )
    return made


def read(text: str) -> nbformat.NotebookNode:
    """The notebook in the text of a file. Raises ValueError where there is none."""
    try:
        notebook: nbformat.NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        if not isinstance(notebook.cells, list):
            raise ValueError("The cells are no list.")
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("This is JSON, but no notebook.") from error
    return notebook


def render(notebook: nbformat.NotebookNode) -> str:
    """The text of its file, as Jupyter writes it: sorted keys, indent 1, a last newline."""
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return f"{text.rstrip()}\n"


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_stale(notebook: nbformat.NotebookNode) -> bool:
    """Whether it has code and none of it was run."""
    code = [cell for cell in code_cells(notebook) if cell.source.strip()]
    return bool(code) and all(cell.execution_count is None for cell in code)


def take_outputs(notebook: nbformat.NotebookNode, executed: nbformat.NotebookNode) -> None:
    """Take the outputs over if every code cell is what was run, in the same order."""
    ours, theirs = code_cells(notebook), code_cells(executed)
    if [cell.source for cell in ours] == [cell.source for cell in theirs]:
        for cell, run in zip(ours, theirs, strict=True):
            cell.outputs, cell.execution_count = run.outputs, run.execution_count


def keep_outputs(notebook: nbformat.NotebookNode, stored: Path) -> None:
    """`take_outputs` from a file; without one that can be read, there are none to keep."""
    try:
        take_outputs(notebook, read(stored.read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError):
        return
