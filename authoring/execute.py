"""Run finished notebooks and store their outputs.

    python -m authoring.execute              those whose code changed since they were run
    python -m authoring.execute --all        all of them
    python -m authoring.execute 02 03_Human  those of the lessons whose names start so

Each runs in a copy of the derived tree in a temporary folder, on a Temporal Service and a practice
model of its own: nothing of the learner's is read, and nothing is left behind.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from authoring import build, notebooks
from authoring.ports import free_ports
from authoring.sanitize import Sanitizer
from workshop.errors import WorkshopError
from workshop.settings import ROOT

CELL_TIMEOUT = 240.0
"""Seconds that a cell may take: a guard against one that hangs, on a machine that may be busy."""
DOWN = (sys.executable, "-m", "workshop", "down")
PORTS = {
    "WORKSHOP_TEMPORAL_PORT": 7233,
    "WORKSHOP_UI_PORT": 8233,
    "WORKSHOP_PRACTICE_PORT": 8234,
    "WORKSHOP_SITE_PORT": 8236,
}
"""The settings of the ports, and what a learner has there."""
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# What would lead a notebook to somebody's model, Temporal Service or profile.
_OUTSIDE = re.compile(
    r"(LLM|TEMPORAL|WORKSHOP|DATABASE|OPENAI|ANTHROPIC)_|.*(API_KEY|TOKEN|SECRET)"
)


class ExecutionError(WorkshopError):
    """A notebook did not run to its end, or what it started could not be ended."""


def execute(
    notebook: nbformat.NotebookNode,
    path: str,
    files: dict[str, str],
    *,
    root: Path = ROOT,
    timeout: float = CELL_TIMEOUT,
    down: Sequence[str] = DOWN,
) -> nbformat.NotebookNode:
    """Run one notebook in a copy of the derived tree.

    Args:
        path: where it stands, relative to the root.
        files: the derived tree, path to content.
        timeout: seconds for each cell.
        down: the command that ends what the notebook started; it gets the notebook's environment.

    Returns:
        The notebook with its outputs, cleaned of paths, ports and names of this machine.

    Raises:
        ExecutionError: a cell failed, took too long or ended the kernel; or `down` failed.
    """
    with ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="workshop-", ignore_cleanup_errors=True)
        tree = Path(stack.enter_context(folder)).resolve()
        for name, content in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(content, encoding="utf-8")
        ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        environment = _environment(tree, ports, root)
        sanitizer = Sanitizer(tree, root, {port: PORTS[name] for name, port in ports.items()})
        stack.enter_context(_ended_by(down, environment, root))
        ran = _run(notebook, path, tree, environment, timeout, sanitizer)
    sanitizer.notebook(ran)
    return ran


def _run(
    notebook: nbformat.NotebookNode,
    path: str,
    tree: Path,
    environment: dict[str, str],
    timeout: float,
    sanitizer: Sanitizer,
) -> nbformat.NotebookNode:
    ran: nbformat.NotebookNode = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    for cell in notebooks.code_cells(ran):
        cell.outputs, cell.execution_count = [], None
    at = 0

    def remember(cell: nbformat.NotebookNode, cell_index: int) -> None:
        nonlocal at
        at = cell_index

    client = NotebookClient(
        ran,
        timeout=int(timeout),
        kernel_name="python3",
        resources={"metadata": {"path": str((tree / path).parent)}},
        record_timing=False,
        coalesce_streams=True,
        on_cell_start=remember,
    )
    log = tree / ".workshop" / "kernel.log"
    try:
        with log.open("w") as stream:
            client.execute(env=environment, stdout=stream, stderr=stream)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        if isinstance(error, CellTimeoutError):
            saw = f"It still ran after {timeout:.0f} seconds."
        elif isinstance(error, DeadKernelError):
            saw = sanitizer.text(f"The kernel ended. {log.read_text(errors='replace')}")
        else:
            outputs = ran.cells[at].outputs
            traces = [line for o in outputs for line in o.get("traceback", [])]
            saw = sanitizer.text(_COLOUR.sub("", "\n".join(traces) or str(error)))
        first = ran.cells[at].source.strip().split("\n")[0]
        raise ExecutionError(
            f"{path}, cell {at + 1}, `{first}`:\n{_shortened(saw)}",
            do="Correct the cell in its source under lessons/, then run `make build`. "
            "Nothing of this notebook was stored.",
        ) from None
    return ran


def _shortened(text: str, longest: int = 30) -> str:
    lines = text.rstrip().split("\n")
    return "\n".join(lines if len(lines) <= longest else ["…", *lines[-longest:]])


def _environment(tree: Path, ports: dict[str, int], root: Path) -> dict[str, str]:
    """The environment of the kernel: this one, without what leads outside."""
    home = tree / ".workshop"
    home.mkdir()
    return {
        **{name: value for name, value in os.environ.items() if not _OUTSIDE.match(name)},
        **{name: str(port) for name, port in ports.items()},
        "WORKSHOP_HOME": str(home),
        "WORKSHOP_ENV_FILE": str(home / "env"),
        # Diagrams that are new are kept beside the code that shows them.
        "WORKSHOP_DRAWINGS": str(root / "workshop" / "drawings"),
        # A check that its own solution does not pass stops the run.
        "WORKSHOP_STRICT": "1",
        # This repository's classroom, whatever else is installed.
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        # No start-up file or configuration of the author, and no time zone.
        "IPYTHONDIR": str(home / "ipython"),
        "TZ": "UTC",
    }


@contextmanager
def _ended_by(command: Sequence[str], environment: dict[str, str], root: Path) -> Iterator[None]:
    """Run the command afterwards, whatever happens, with the environment of the notebook."""
    try:
        yield
    except BaseException:
        # What went wrong in the notebook is what is raised; this is said beside it.
        if complaint := _end(command, environment, root):
            print(complaint)
        raise
    if complaint := _end(command, environment, root):
        raise complaint


def _end(command: Sequence[str], environment: dict[str, str], root: Path) -> ExecutionError | None:
    try:
        done = subprocess.run(
            command, env=environment, cwd=root, capture_output=True, text=True, timeout=60
        )
        if done.returncode == 0:
            return None
        said = _shortened(done.stderr or done.stdout)
    except (OSError, subprocess.TimeoutExpired) as error:
        said = str(error)
    return ExecutionError(
        f"`{' '.join(command[1:])}` failed after the notebook: {said}",
        "It ends the processes that the notebook started.",
        "Look for a Temporal Service and a practice model that were left, and end them.",
    )


def main(
    arguments: list[str] | None = None,
    root: Path = ROOT,
    *,
    timeout: float = CELL_TIMEOUT,
    down: Sequence[str] = DOWN,
) -> int:
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
        print("\nThe sources have to be mended first; nothing was run.")
        return 1
    known = set(built.finished.values())
    if unknown := [n for n in asked.lessons if not any(k.startswith(n) for k in known)]:
        print(
            f"✗ No lesson starts with {', '.join(unknown)}. There are: {', '.join(sorted(known))}."
        )
        return 1
    chosen = [
        path
        for path, lesson in built.finished.items()
        if (not asked.lessons or lesson.startswith(tuple(asked.lessons)))
        and (asked.all or asked.lessons or path in built.stale)
    ]
    failed = 0
    for path in chosen:
        began = time.monotonic()
        notebook = notebooks.read(built.files[path])
        try:
            ran = execute(notebook, path, built.files, root=root, timeout=timeout, down=down)
        except ExecutionError as error:
            print("✗ " + "\n  ".join(error.lines()), end="\n\n")
            failed += 1
            continue
        notebooks.take_outputs(notebook, ran)
        built.files[path] = notebooks.render(notebook)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(built.files[path].encode())
        print(f"ran {path} in {time.monotonic() - began:.1f} s")
    print(f"{len(built.finished)} finished notebooks, {len(chosen)} run, {failed} failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
