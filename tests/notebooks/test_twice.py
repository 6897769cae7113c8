"""Run All twice, and each cell twice in a row: nothing doubles, nothing is lost.

The second is done with a key, at a provider that no price list knows. The key reaches it and is
found nowhere else, and nobody but loopback is spoken to.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import room as rooms
from kernels import (
    CELL_LIMIT,
    FINISHED,
    Ran,
    Room,
    code_cells,
    crashes,
    kernel,
    name,
    often,
    only_draws,
)
from loopback import is_loopback
from provider_stand_in import practice_model, provider

from workshop.core import processes
from workshop.core.settings import load
from workshop.practice.model import process
from workshop.services import temporal_service

# Notebooks whose Workflows leave histories, and those that start a Worker.
WITH_CLIENT = [p for p in FINISHED if any("client = await" in c.source for c in code_cells(p))]
WORKING = [p for p in FINISHED if any("start_worker(" in c.source for c in code_cells(p))]
DELAY = float(os.environ.get("HOUSE_DELAY", "0"))
"""Seconds for an answer. With 15, and all notebooks, it takes hours; that is done by hand."""
WORKERS = """
import asyncio as _asyncio, gc as _gc
from temporalio.worker import Worker as _Worker
print(sum(isinstance(o, _Worker) and o.is_running for o in _gc.get_objects()),
      sum(t.get_name() == "worker" for t in _asyncio.all_tasks()))
"""
HISTORIES = """
async for _w in client.list_workflows():
    print((await client.get_workflow_handle(_w.id, run_id=_w.run_id).fetch_history()).to_json())
    print(_w.search_attributes, await _w.memo())
"""


@dataclass
class Passes:
    """What each pass over the notebook did, and how many Workers ran where one was started."""

    first: list[Ran] = field(default_factory=list)
    second: list[Ran] = field(default_factory=list)
    workers: list[str] = field(default_factory=list)
    """After each start of a Worker in the second pass: Workers that run, tasks of Workers."""
    at_the_end: str = ""
    left: str = ""
    """What Python says of what nobody has looked after, when it is swept away."""


@dataclass
class Traces:
    """What a run with a key left, and whom it spoke to."""

    key: str
    keys: set[str] = field(default_factory=set)
    """Those that came with the questions."""
    ran: list[Ran] = field(default_factory=list)
    answers: set[str] = field(default_factory=set)
    """Lines that the model answered, none of them short."""
    places: dict[str, bytes] = field(default_factory=dict)
    """Where a key could be: outputs, histories, all files of the room."""
    remote: set[str] = field(default_factory=set)


async def twice(room: Room, path: Path) -> Passes:
    """Run All, and again in the same kernel."""
    # Started beforehand, so that both passes find the same.
    up = await asyncio.to_thread(rooms.workshop, "up", env=room.env)
    assert up.returncode == 0, up.stderr
    passes = Passes()
    cells = [cell for cell in code_cells(path) if not crashes(cell)]
    async with kernel(room, path) as running:
        passes.first = await running.run_all(cells)
        for cell in cells:
            passes.second.append(await running.run(cell.source))
            if "start_worker(" in cell.source and "stop_worker(" not in cell.source:
                passes.workers.append((await running.run(WORKERS)).text)
        passes.at_the_end = (await running.run(WORKERS)).text
        passes.left = (await running.run("import gc\ngc.collect();")).text
    return passes


async def with_a_key(room: Room, path: Path) -> Traces:
    """Every cell, and at once again, with a key of a provider; and all that this leaves.

    Drawings are left out: they take long, and `twice` makes them.
    """
    settings = load(room.env)
    await process.ensure(settings)
    limit = CELL_LIMIT + 40 * DELAY
    texts: list[str] = []
    answers = practice_model(settings.practice_port, texts)
    with provider(answers, delay=DELAY, key=f"sk-sentinel-{secrets.token_hex(16)}") as server:
        traces = Traces(server.key)
        async with kernel(room, path, **server.environment()) as running:
            for cell in code_cells(path):
                if only_draws(cell) or (crashes(cell) and DELAY < 1):
                    continue
                traces.ran += await running.run_all([cell, cell], limit=limit)
                service = processes.running(room.state, temporal_service.NAME)
                traces.remote |= _remotes([running.pid] + ([service.pid] if service else []))
            traces.ran.append(await running.run("settings, vars(), globals()['_ih'][-5:]"))
            traces.places["histories"] = (await running.run(HISTORIES)).text.encode()
        traces.keys = set(server.keys)
        lines = "\n".join(texts).split("\n")
        traces.answers = {line for line in lines if len(line) > 20}
    traces.places["texts"] = "\n".join(ran.text for ran in traces.ran).encode()
    traces.places["outputs"] = json.dumps([ran.outputs for ran in traces.ran]).encode()
    # The service writes behind; its end puts all on the disk.
    await asyncio.to_thread(room.close)
    traces.places |= {
        str(file.relative_to(room.folder)): file.read_bytes()
        for file in room.folder.rglob("*")
        if file.is_file()
    }
    return traces


def _remotes(pids: list[int]) -> set[str]:
    """The addresses that processes are connected to, their SDK's own connections included."""
    return {
        connection.raddr.ip
        for pid in pids
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.raddr
    }


def _forms(key: str) -> dict[str, bytes]:
    """A key as it stands, and as base64 writes it at each offset, the uncertain ends cut off."""
    forms = {"plain": key.encode(), "hex": key.encode().hex().encode()}
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + key.encode())
        forms[f"base64, offset {offset}"] = coded[4 if offset else 0 : -4]
    return forms


def _where(text: str, places: dict[str, bytes]) -> dict[str, list[str]]:
    """The places that hold a text, and in which forms."""
    forms = _forms(text)
    found = {
        where: [how for how, form in forms.items() if form in held]
        for where, held in places.items()
    }
    return {where: how for where, how in found.items() if how}


def _failures(ran: list[Ran]) -> str:
    return "\n\n".join(f"{r.source}\n{r.text}" for r in ran if r.error)


@pytest.mark.scenario(run=twice, passes=2)
@pytest.mark.parametrize("path", often(FINISHED), ids=name)
def test_run_all_twice_says_the_same_words_twice(path: Path, ran: Passes) -> None:
    assert not _failures([*ran.first, *ran.second])
    assert [r.compared() for r in ran.second] == [r.compared() for r in ran.first]
    assert "never" not in ran.left, "a Task or a coroutine of a cell was left to itself"


@pytest.mark.scenario(run=twice, passes=2)
@pytest.mark.parametrize("path", often(WORKING), ids=name)
def test_after_run_all_twice_one_worker_polls_and_none_is_left(path: Path, ran: Passes) -> None:
    assert ran.workers and set(ran.workers) == {"1 1"}
    assert ran.at_the_end == "0 0"


@pytest.mark.scenario(run=with_a_key, passes=2)
@pytest.mark.parametrize("path", often(FINISHED), ids=name)
def test_a_lesson_runs_whole_on_a_provider_without_a_price_list_and_each_cell_twice(
    path: Path, ran: Traces
) -> None:
    assert not _failures(ran.ran)


@pytest.mark.scenario(run=with_a_key, passes=2)
@pytest.mark.parametrize("path", often(FINISHED), ids=name)
def test_a_key_is_found_nowhere(path: Path, ran: Traces) -> None:
    assert ran.keys == {ran.key}, "the key did not reach the provider"
    # That the search would see one: the model's answers stand in these.
    seen = {where for answer in ran.answers for where in _where(answer, ran.places)}
    assert "texts" in seen
    if path in WITH_CLIENT:
        assert "histories" in seen and any(where.startswith("state/temporal.db") for where in seen)
    assert not _where(ran.key, ran.places)


@pytest.mark.scenario(run=with_a_key, passes=2)
@pytest.mark.parametrize("path", often(FINISHED), ids=name)
def test_nobody_but_loopback_is_spoken_to(path: Path, ran: Traces) -> None:
    assert ran.remote and all(is_loopback(address) for address in ran.remote), ran.remote
