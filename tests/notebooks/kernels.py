"""Real kernels for tests: copies of what learners open, a room and a guard for each, cells run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import room as rooms
from jupyter_client.manager import AsyncKernelManager
from nbval.plugin import get_sanitize_patterns

from workshop.checks.blanks import sheets
from workshop.core.patience import Patience

ROOT = rooms.ROOT
SANITIZE = ROOT / "authoring" / "sanitize.cfg"
CELL_LIMIT = 120.0
"""Seconds of a quiet machine: `follow` watches for 60, and nothing in a lesson may wait longer."""
EVERY = os.environ.get("EVERY_NOTEBOOK") == "1"
_SLOW = ("server_that(", "await board.")
"""Cells that wait out faults for 10 to 40 s, and define nothing that others need."""
_DERIVED = ("notebooks", "exercises", "Solutions_*")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


# --- what is on disk ---


def _found(*patterns: str) -> list[Path]:
    return sorted(p.relative_to(ROOT) for pattern in patterns for p in ROOT.glob(pattern))


FINISHED = _found("Solutions_*/*.ipynb", "exercises/*/Solution/*.ipynb")
PRACTICE = _found("notebooks/*.ipynb", "exercises/*/Practice/*.ipynb")


def often(paths: list[Path]) -> list[Path]:
    """For tests that take a notebook through more than once: the lessons', to save minutes.

    With EVERY_NOTEBOOK=1, as `make test-matrix` has it, the exercises' too.
    """
    return [path for path in paths if EVERY or path.parts[0] != "exercises"]


def name(path: Path) -> str:
    """A notebook's name in a test's id: lesson number and folder, such as `02-Practice`."""
    lesson = next(found[0] for part in path.parts if (found := re.search(r"\d\d(?=_)", part)))
    return f"{lesson}-{re.sub(r'_.*', '', path.parent.name)}"


def read(path: Path) -> Any:
    return nbformat.read(ROOT / path, as_version=4)


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def crashes(cell: Any) -> bool:
    """Whether a cell kills processes or waits out faults: it takes long; test_finished runs it.

    With EVERY_NOTEBOOK=1 only those that kill.
    """
    slow = not EVERY and any(word in cell.source for word in _SLOW)
    return "await crash(" in cell.source or slow


def only_draws(cell: Any) -> bool:
    """Whether a cell does nothing but draw a diagram, which takes a second."""
    return "render_mermaid(" in cell.source and "import" not in cell.source


def solutions(path: Path) -> dict[str, str]:
    """Exercise name to finished text, for the blanks of a practice notebook."""
    sheet = next(s for s in sheets() if s.path == ROOT / path)
    return {blank.name: blank.finished for blank in sheet.blanks}


def copy_tree(folder: Path) -> Path:
    """A copy of the derived tree, so that PDFs and outboxes land there."""
    for pattern in _DERIVED:
        for source in ROOT.glob(pattern):
            shutil.copytree(
                source,
                folder / source.name,
                ignore=shutil.ignore_patterns("*.pdf", "outbox", ".ipynb_checkpoints"),
            )
    return folder


# --- rooms ---


@dataclass
class Room:
    """A folder of one's own: the derived tree, state, settings, ports, and what the guard saw."""

    folder: Path
    extra: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tree = copy_tree(self.folder / "tree")
        self.state = self.folder / "state"
        self.log = self.folder / "kernels.log"
        self.guard_log = self.folder / "guard.txt"
        self.env = rooms.environment(
            self.folder,
            IPYTHONDIR=str(self.folder / "ipython"),
            PYTHONPATH=os.pathsep.join((str(rooms.STARTUP), str(ROOT))),
            WORKSHOP_TEST_GUARD=str(self.guard_log),
            **self.extra,
        )

    def refused(self) -> list[str]:
        """What the guard refused in any process of this room."""
        return self.guard_log.read_text().splitlines() if self.guard_log.exists() else []

    def close(self) -> None:
        rooms.end_all(self.state)


# --- kernels ---


@dataclass
class Ran:
    """What one cell did."""

    source: str
    seconds: float = 0.0
    outputs: list[Any] = field(default_factory=list)
    payload: list[dict[str, Any]] = field(default_factory=list)
    exercise: str = ""

    @property
    def error(self) -> Any | None:
        return next((o for o in self.outputs if o.output_type == "error"), None)

    @property
    def trace(self) -> str:
        return _COLOUR.sub("", "\n".join(self.error.traceback)) if self.error else ""

    @property
    def text(self) -> str:
        """All that a learner reads under the cell, as plain text."""
        parts = []
        for output in self.outputs:
            if output.output_type == "stream":
                parts.append(output.text)
            elif output.output_type == "error":
                parts.append(self.trace)
            else:
                parts.append(output.data.get("text/plain", ""))
        return "\n".join(part.strip("\n") for part in parts)

    def compared(self) -> str:
        """The text with all that may differ from run to run made the same."""
        text = self.text
        for regex, replacement in get_sanitize_patterns(SANITIZE.read_text(encoding="utf-8")):
            text = re.sub(regex, replacement, text)
        return text


class Hangs(AssertionError):
    """A cell did not end within the limit."""


class Kernel:
    """A running kernel: cells go in one by one or all at once, what they did comes out."""

    def __init__(self, manager: AsyncKernelManager, client: Any) -> None:
        self.manager, self.client = manager, client

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.pid)

    async def run(self, source: str, *, limit: float = CELL_LIMIT, exercise: str = "") -> Ran:
        """Run one cell.

        Raises:
            Hangs: it takes longer than `limit` seconds, or the kernel is gone.
        """
        ran = Ran(source, exercise=exercise)
        displays: dict[str, Any] = {}
        began, counting = time.monotonic(), Patience(limit)
        running = asyncio.ensure_future(
            self.client.execute_interactive(
                source,
                allow_stdin=False,
                output_hook=lambda message: _take(ran.outputs, displays, message),
            )
        )
        try:
            while not running.done():
                if counting.over() or not await self.manager.is_alive():
                    alive = await self.manager.is_alive()
                    state = "goes on" if alive else "has killed the kernel"
                    raise Hangs(f"after {limit:g} s this cell {state}:\n{source}\n\n{ran.text}")
                await asyncio.wait({running}, timeout=0.1)
            reply = running.result()
        finally:
            running.cancel()
        ran.seconds = (time.monotonic() - began) / counting.stretch
        ran.payload = reply["content"].get("payload", [])
        return ran

    async def until(self, source: str, seen: str, *, limit: float = CELL_LIMIT) -> Ran:
        """Run one cell until it shows a text, and leave it there.

        Returns:
            The cell with what it had shown by then.

        Raises:
            Hangs: it does not show it within `limit` seconds, or ends before.
        """
        shown, ran = asyncio.Event(), Ran(source)
        displays: dict[str, Any] = {}

        def hook(message: Mapping[str, Any]) -> None:
            _take(ran.outputs, displays, message)
            if seen in ran.text:
                shown.set()

        running = asyncio.create_task(
            self.client.execute_interactive(source, allow_stdin=False, output_hook=hook)
        )
        waiting = asyncio.create_task(shown.wait())
        counting, both = Patience(limit), {running, waiting}
        while not (running.done() or waiting.done() or counting.over()):
            await asyncio.wait(both, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
        running.cancel(), waiting.cancel()
        if not shown.is_set():
            raise Hangs(f"this cell has not shown {seen!r}:\n{source}\n\n{ran.text}")
        return ran

    async def run_all(self, cells: Iterable[Any], *, limit: float = CELL_LIMIT) -> list[Ran]:
        """Run cells one after another, whatever they raise."""
        return [
            await self.run(cell.source, limit=limit, exercise=cell.metadata.get("exercise", ""))
            for cell in cells
        ]

    async def value(self, expression: str) -> Any:
        """What a JSON-shaped expression is in the kernel."""
        ran = await self.run(f"import json as _json; print(_json.dumps({expression}))")
        assert ran.error is None, ran.text
        return json.loads(ran.text)

    async def kill(self) -> None:
        """SIGKILL, as when a container is out of memory."""
        await self.manager.signal_kernel(9)
        while await self.manager.is_alive():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def kernel(room: Room, path: Path, **environment: str) -> AsyncIterator[Kernel]:
    """A kernel in the folder where the notebook stands in the room's tree."""
    for last in (False, False, True):
        manager = AsyncKernelManager(kernel_name="python3")
        with room.log.open("ab") as log:
            await manager.start_kernel(
                env={**room.env, **environment},
                cwd=str((room.tree / path).parent),
                stdout=log,
                stderr=log,
            )
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=240 if last else 60)
        except RuntimeError:
            # Ports are chosen before the kernel binds them: another process may be quicker, and
            # the kernel then never answers. Another one gets others.
            await _end(manager, client)
            if last:
                raise AssertionError(f"No kernel answers. {room.log.read_text()}") from None
        else:
            break
    try:
        yield Kernel(manager, client)
    finally:
        await _end(manager, client)


async def _end(manager: AsyncKernelManager, client: Any) -> None:
    client.stop_channels()
    if await manager.is_alive():
        await manager.shutdown_kernel(now=True)
    await manager.cleanup_resources()


def _take(outputs: list[Any], displays: dict[str, Any], message: Mapping[str, Any]) -> None:
    """Add a message to the outputs as a notebook would: updates in place, streams joined."""
    kind, content = message["msg_type"], message["content"]
    display_id = content.get("transient", {}).get("display_id")
    if kind == "update_display_data":
        if display_id in displays:
            displays[display_id].data = nbformat.from_dict(content["data"])
        return
    if kind not in {"stream", "display_data", "execute_result", "error"}:
        return
    output = nbformat.v4.output_from_msg(message)
    if kind == "stream":
        last = next((o for o in outputs if o.get("name") == content["name"]), None)
        if last is not None:
            last.text += content["text"]
            return
    if display_id:
        displays[display_id] = output
    outputs.append(output)
