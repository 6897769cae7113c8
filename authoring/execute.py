"""Run finished notebooks and store their outputs.

    python -m authoring.execute              those whose code changed since they were run
    python -m authoring.execute --all        all of them
    python -m authoring.execute 02 03_Human  those of the lessons whose names start so

Each runs in a copy of the derived tree in a temporary folder, on a Temporal Service and a practice
model of its own: nothing of the learner's is read, and nothing is left behind.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from authoring import build, notebooks
from authoring.room import DOWN, PORTS, RoomError, room
from authoring.sanitize import Sanitizer
from workshop.core.errors import WorkshopError
from workshop.core.settings import ROOT

CELL_TIMEOUT = 240
"""Seconds that a cell may take: a guard against one that hangs, on a machine that may be busy."""
LONGEST_ERROR = 30
"""Lines: the last ones of a cell's error."""
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class ExecutionError(WorkshopError):
    """A notebook did not run to its end: a cell failed, took too long or ended the kernel."""


def execute(
    notebook: nbformat.NotebookNode,
    path: str,
    files: dict[str, str],
    root: Path = ROOT,
    down: Sequence[str] = DOWN,
) -> nbformat.NotebookNode:
    """Run the notebook of a path in a copy of the derived tree, path to content.

    Returns:
        The notebook with its outputs, cleaned of paths, ports and names of this machine.

    Raises:
        ExecutionError: a cell failed, took too long or ended the kernel.
        RoomError: `down`, which ends what the notebook started, failed.
    """
    # Diagrams that are new are kept beside the code that shows them. A check that its own solution
    # does not pass stops the run.
    extra = {
        "WORKSHOP_DRAWINGS": str(root / "workshop" / "watching" / "drawings"),
        "WORKSHOP_STRICT": "1",
        "TZ": "UTC",
    }
    with room(extra, down=down, root=root) as (tree, environment):
        for name, content in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(content, encoding="utf-8")
        ports = {int(environment[name]): port for name, port in PORTS.items()}
        sanitizer = Sanitizer(tree, root, ports)
        try:
            ran = run(notebook, (tree / path).parent, environment)
        except ExecutionError as error:
            do = "Correct the cell in its source under lessons/, then run `make build`. "
            do += "Nothing of this notebook was stored."
            raise ExecutionError(f"{path}, {sanitizer.text(error.saw)}", do=do) from None
    sanitizer.notebook(ran)
    return ran


def run(
    notebook: nbformat.NotebookNode, folder: Path, environment: dict[str, str]
) -> nbformat.NotebookNode:
    """A copy of the notebook, run in a folder, with its outputs and the moments of each cell."""
    ran: nbformat.NotebookNode = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    for cell in notebooks.code_cells(ran):
        cell.outputs, cell.execution_count = [], None
    begun = [0]
    client = NotebookClient(
        ran,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,
        on_cell_start=lambda cell, cell_index: begun.append(cell_index),
    )
    log = Path(environment["WORKSHOP_HOME"]) / "kernel.log"
    try:
        with log.open("w") as stream:
            client.execute(env=environment, stdout=stream, stderr=stream)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        cell = ran.cells[begun[-1]]
        if isinstance(error, CellTimeoutError):
            saw = f"It still ran after {CELL_TIMEOUT} seconds."
        elif isinstance(error, DeadKernelError):
            saw = f"The kernel ended. {log.read_text(errors='replace')}"
        else:
            traces = [line for output in cell.outputs for line in output.get("traceback", [])]
            saw = _COLOUR.sub("", "\n".join(traces) or str(error))
        first = cell.source.strip().split("\n")[0]
        lines = saw.rstrip().split("\n")
        told = lines if len(lines) <= LONGEST_ERROR else ["…", *lines[-LONGEST_ERROR:]]
        raise ExecutionError("\n".join([f"cell {begun[-1] + 1}, `{first}`:", *told])) from None
    return ran


def _store(path: str, built: build.Build, root: Path, down: Sequence[str]) -> bool:
    """Run a finished notebook and write it with its outputs; False where that failed."""
    began = time.monotonic()
    notebook = notebooks.read(built.files[path])
    try:
        ran = execute(notebook, path, built.files, root, down)
    except (ExecutionError, RoomError) as error:
        print("✗ " + "\n  ".join(error.lines()), end="\n\n")
        return False
    notebooks.take_outputs(notebook, ran)
    built.files[path] = notebooks.render(notebook)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(built.files[path].encode())
    print(f"ran {path} in {time.monotonic() - began:.1f} s")
    return True


def main(arguments: list[str] | None = None, root: Path = ROOT, down: Sequence[str] = DOWN) -> int:
    """Run from the command line. Returns the exit code: 0, or 1 where a notebook failed."""
    parser = argparse.ArgumentParser(
        prog="python -m authoring.execute",
        description="Run finished notebooks and store their outputs: those whose code changed.",
    )
    parser.add_argument("--all", action="store_true", help="those that are current as well")
    parser.add_argument("lessons", nargs="*", metavar="NAME", help="how a lesson's name starts")
    asked = parser.parse_args(arguments)
    built = build.derive(root)
    if built.refusals:
        print(*built.refusals, sep="\n\n")
        print("\nThe sources must be corrected first; nothing was run.")
        return 1
    known = set(built.finished.values())
    if unknown := [n for n in asked.lessons if not any(k.startswith(n) for k in known)]:
        there = ", ".join(sorted(known))
        print(f"✗ No lesson starts with {', '.join(unknown)}. There are: {there}.")
        return 1
    chosen = [
        path
        for path, lesson in built.finished.items()
        if (not asked.lessons or lesson.startswith(tuple(asked.lessons)))
        and (asked.all or asked.lessons or path in built.stale)
    ]
    failed = sum(not _store(path, built, root, down) for path in chosen)
    print(f"{len(built.finished)} finished notebooks, {len(chosen)} run, {failed} failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
