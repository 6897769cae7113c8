"""Finished notebooks, run afresh, print what is stored in them; and a change would be seen."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import histories
import nbformat
import psutil
import pytest
from kernels import FINISHED, SANITIZE, Room, code_cells, name
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from authoring import notebooks
from workshop.core.settings import load

NBVAL = ["--nbval", "--nbval-current-env", f"--nbval-sanitize-with={SANITIZE}"]
NBVAL += ["--nbval-cell-timeout=900", "--nbval-kernel-startup-timeout=600"]
NBVAL += ["-p", "tests.nbval_displays"]
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


@dataclass
class Fresh:
    """A fresh run of a finished notebook."""

    code: int
    said: str
    replayed: dict[str, Any]
    """What the replays of its histories gave, as `histories.replay_all` writes it."""


async def fresh(room: Room, path: Path) -> Fresh:
    """Run it and compare; a cell of ours at its end replays what its Workflows have left."""
    startup = Path(room.env["IPYTHONDIR"]) / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "histories.py").write_text(histories.HOOK, encoding="utf-8")
    file = room.folder / "replayed.json"
    ours = f"from tests.notebooks import histories\nawait histories.replay_all({str(file)!r})"
    copy = room.tree / path
    notebook = nbformat.read(copy, as_version=4)
    notebook.cells.append(notebooks.new_cell("code", ours, "replays", {}))
    copy.write_text(notebooks.render(notebook), encoding="utf-8")
    code, said = await compared(room, path)
    return Fresh(code, said, json.loads(file.read_text()) if file.exists() else {})


@pytest.mark.scenario(run=fresh)
@pytest.mark.parametrize("path", FINISHED, ids=name)
def test_outputs_are_those_of_a_fresh_run(path: Path, ran: Fresh) -> None:
    assert ran.code == 0, ran.said
    assert f"{len(code_cells(path)) + 1} passed" in ran.said, "all of its cells, and ours"


@pytest.mark.scenario(run=fresh)
@pytest.mark.parametrize("path", FINISHED, ids=name)
def test_every_history_replays_with_a_class_that_the_notebook_had(path: Path, ran: Fresh) -> None:
    assert ran.replayed.keys() == {"well", "badly"}, ran.said
    assert not ran.replayed["badly"]
    uses = any("workflow.defn" in cell.source for cell in code_cells(path))
    assert bool(ran.replayed["well"]) == uses, "a notebook with Workflows leaves histories"


# --- that it can fail ---


@workflow.defn(name="Versions", sandboxed=False)
class Before:
    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(timedelta(seconds=0.05))


@workflow.defn(name="Versions", sandboxed=False)
class After:
    @workflow.run
    async def run(self) -> None:
        """It has no timer any more."""


def test_a_history_that_no_class_can_make_again_is_told(
    running_room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "__init__", Worker.__init__)  # so that it is put back
    monkeypatch.setattr(histories, "_registered", {})
    histories.remember()
    file, name = tmp_path / "replayed.json", "Versions"

    async def cells() -> list[dict[str, Any]]:
        settings = load()
        client = await Client.connect(settings.temporal_address)
        async with Worker(client, task_queue=name, workflows=[Before]):
            await client.execute_workflow(name, id=name, task_queue=name)
        assert histories._registered == {name: [Before]}
        told = []
        for known in ([Before, After], [After]):
            monkeypatch.setitem(histories._registered, name, known)
            await histories.replay_all(str(file))
            told.append(json.loads(file.read_text()))
        return told

    one, other = asyncio.run(cells())
    assert one == {"well": {name: 1}, "badly": []}
    assert not other["well"] and [other["badly"][0][n] for n in (0, 1)] == [name, name]
    assert "Nondeterminism" in other["badly"][0][2][0]


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
    "a port": _changing(r"(localhost|127\.0\.0\.1):\d+", "127.0.0.1:23456"),
}


FAILS = "this cell fails, and says why"


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
    names[f"Cell {len(cells)}"] = "a cell that fails"
    fails = f"raise RuntimeError(' '.join({FAILS.split()}))"
    made.cells.append(notebooks.new_cell("code", fails, "cell-fails", {}))
    made.cells[-1].execution_count = len(cells) + 1
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
    assert FAILS in said, f"why a cell fails is not told\n{said}"
    assert "disagrees" in said or "assert reference_output == test_output failed" in said
