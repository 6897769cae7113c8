"""Finished notebooks, run afresh, print what is stored in them; and a change would be seen."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from kernels import FINISHED, SANITIZE, Room, code_cells, name

from authoring import notebooks

NBVAL = ["--nbval", "--nbval-current-env", f"--nbval-sanitize-with={SANITIZE}"]
NBVAL += ["--nbval-cell-timeout=60", "-p", "authoring.nbval_displays"]
PLAIN = ["-q", "--color=no", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist"]


async def compared(room: Room, path: Path) -> tuple[int, str]:
    """Exit code and words of `pytest --nbval` on a notebook of the room's tree."""
    # As it comes: begin copies .env.example, whose key is a placeholder.
    environment = {k: v for k, v in room.env.items() if not k.startswith(("PYTEST_", "COV_"))}
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "pytest", *NBVAL, *PLAIN, f"--rootdir={room.tree}", str(path)],
        env=environment,
        cwd=room.tree,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:  # interrupted: its kernel must start nothing any more
            below = psutil.Process(process.pid).children(recursive=True)
            for one in [psutil.Process(process.pid), *below]:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            await process.wait()
    return int(process.returncode or 0), said.decode(errors="replace")


@pytest.mark.parametrize("path", FINISHED, ids=name)
def test_every_cell_was_run_and_in_its_order(path: Path) -> None:
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "run `make build`"


@pytest.mark.scenario(run=compared)
@pytest.mark.parametrize("path", FINISHED, ids=name)
def test_outputs_are_those_of_a_fresh_run(path: Path, ran: tuple[int, str]) -> None:
    code, said = ran
    assert code == 0, said
    assert f"{len(code_cells(path))} passed" in said


# --- that it can fail ---

Change = Callable[[str], str]


def _number(match: re.Match[str]) -> str:
    return f"{match[1]}{int(match[2]) + 1}{match[3]}"


def _changing(pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> Change:
    return lambda text: re.sub(pattern, replacement, text, count=1)


SEEN: dict[str, Change] = {
    "calls on a receipt": _changing(r"(received )(\d+)( call)", _number),
    "answered calls": _changing(r"(: )(\d+)( answered)", _number),
    "failed calls": _changing(r"(answered, )(\d+)( failed)", _number),
    "tokens": _changing(r"(failed, )(\d+)( tokens)", _number),
    "dollars": _changing(r"(\$0\.)(\d+)()", _number),
    "an attempt": _changing(r"(attempt )(\d+)()", _number),
    "an attempt in the table": _changing(r"(✓ completed</td><td[^>]*>)(\d+)(<)", _number),
    "who is asked for a call": _changing(r"llm_call", "another_call"),
    "a step's state": _changing(r"✓( \w+ +)completed", r"✗\1failed"),
    "a step's state in the table": _changing(r"✓ completed", "✗ failed"),
    "a Workflow's state": _changing(r": completed\b", ": running"),
    "steps completed": _changing(r"()(\d+)( of \d+ steps completed)", _number),
    "an error": _changing(r"service is not available", "service is on fire"),
    "a wait of whole seconds": _changing(r"(')(\d+)( s')", _number),
    "a Task Queue": _changing(r"Task Queue '\w", "Task Queue 'x"),
    "a file": _changing(r"(\w)\.pdf", r"\1.txt"),
}
UNSEEN: dict[str, Change] = {
    "an id": _changing(r"-[0-9a-f]{4}-[0-9a-f]{12}\b", "-0a1b-0123456789ab"),
    "a duration": _changing(r"\b\d+\.\d\d s\b", "3.21 s"),
    "a port": _changing(r"localhost:\d+", "localhost:23456"),
}


def _texts(output: Any) -> Iterator[tuple[Any, str]]:
    """Where an output holds text that people read."""
    if output.output_type == "stream":
        yield output, "text"
    for kind in ("text/plain", "text/html"):
        if kind in output.get("data", {}) and "data:image/png" not in output.data[kind]:
            yield output.data, kind


def _again(outputs: list[Any]) -> str:
    """A cell that gives these outputs again."""
    plain = json.dumps(json.loads(json.dumps(outputs)))
    return (
        "import json, sys\nfrom IPython.display import display\n"
        f"for output in json.loads({plain!r}):\n"
        "    if output['output_type'] == 'stream':\n"
        "        getattr(sys, output['name']).write(output['text'])\n"
        "    else:\n"
        "        display(output['data'], raw=True)\n"
    )


def _changed(outputs: list[Any], change: Change) -> list[Any] | None:
    """A copy of the outputs in which the first fitting text is changed; None where none fits."""
    copy = [nbformat.from_dict(json.loads(json.dumps(output))) for output in outputs]
    for output in copy:
        for place, key in _texts(output):
            after = change(place[key])
            if after != place[key]:
                place[key] = after
                return copy
    return None


async def changes(room: Room, path: Path) -> tuple[dict[str, str], list[str], str]:
    """A notebook of cells that give outputs of all finished notebooks, each stored with one change.

    Returns what each cell changes, the cells that nbval refuses, and its words.
    """
    names: dict[str, str] = {}
    cells = []
    stored = [cell.outputs for finished in FINISHED for cell in code_cells(finished)]
    for what, change in (SEEN | UNSEEN).items():
        for outputs in stored:
            if (after := _changed(outputs, change)) is not None:
                names[f"Cell {len(cells)}"] = what
                cells.append((outputs, after))
                break
    (outputs,) = [o for o in stored if len(o) > 1][:1]
    for what, after in (
        ("an output too few", outputs[1:]),
        ("one too many", [*outputs, outputs[-1]]),
    ):
        names[f"Cell {len(cells)}"] = what
        cells.append((outputs, after))
    made = notebooks.new([])
    for number, (outputs, after) in enumerate(cells, 1):
        cell = notebooks.new_cell("code", _again(outputs), f"cell-{number}", {})
        cell.outputs, cell.execution_count = after, number
        made.cells.append(cell)
    file = room.tree / "changes.ipynb"
    file.write_text(notebooks.render(made), encoding="utf-8")
    _, said = await compared(room, file.relative_to(room.tree))
    refused = re.findall(r"(?m)^_+ changes\.ipynb::(Cell \d+) _+$", said)
    return names, refused, said


@pytest.mark.scenario(run=changes, passes=0)
@pytest.mark.parametrize("path", FINISHED[:1], ids=["all"])
def test_a_changed_output_is_refused_and_what_always_differs_is_not(
    path: Path, ran: tuple[dict[str, str], list[str], str]
) -> None:
    names, refused, said = ran
    assert (SEEN | UNSEEN).keys() <= set(names.values()), "no lesson shows this any more"
    expected = [cell for cell, what in names.items() if what not in UNSEEN]
    wrong = {names[cell] for cell in set(expected) ^ set(refused)}
    assert not wrong, f"{wrong}\n{said}"
    assert "disagrees" in said or "assert reference_output == test_output failed" in said
