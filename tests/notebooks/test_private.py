"""With a key: every cell twice in a row, the key in the call and nowhere else, loopback alone."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from kernels import FINISHED, Ran, Room, code_cells, crashes, kernel, name, often, only_draws
from loopback import is_loopback

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from provider_stand_in import Provider, good, provider

from workshop import model_settings, processes, settings, temporal_service

# Notebooks whose Workflows leave histories, and those that have a function `ask_model`.
WITH_CLIENT = [p for p in FINISHED if any("client = await" in c.source for c in code_cells(p))]
ASKING = [p for p in FINISHED if any("def ask_model(" in c.source for c in code_cells(p))]
ANSWER = "1. A fact to look for.\n2. Another one."


def answering() -> AbstractContextManager[Provider]:
    """A provider that knows one key."""
    key = f"sk-sentinel-{secrets.token_hex(16)}"
    return provider(lambda body: (200, good(ANSWER, body["model"])), key=key)


@dataclass
class Traces:
    """What a run with a key left, and whom it spoke to."""

    key: str
    answered: list[int]
    ran: list[Ran] = field(default_factory=list)
    outputs: str = ""
    histories: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    remote: set[str] = field(default_factory=set)


HISTORIES = """
async for _w in client.list_workflows():
    print((await client.get_workflow_handle(_w.id, run_id=_w.run_id).fetch_history()).to_json())
    print(_w.search_attributes, await _w.memo())
"""


async def twice_with_a_key(room: Room, path: Path) -> Traces:
    """Every cell, and at once again, with a key of a provider; and all that this leaves.

    Drawings are left out: they take long, and two passes over them are made in test_twice.
    """
    with answering() as server:
        traces = Traces(server.key, server.statuses)
        async with kernel(room, path, **server.environment("openai/gpt-4o")) as running:
            for cell in code_cells(path):
                if only_draws(cell) or crashes(cell):
                    continue
                traces.ran += await running.run_all([cell, cell])
                service = processes.running(room.state, temporal_service.NAME)
                pids = [running.pid] + ([service.pid] if service else [])
                traces.remote |= _remotes(pids)
            shown = await running.run("settings, vars(), globals()['_ih'][-5:]")
            traces.ran.append(shown)
            traces.histories = (await running.run(HISTORIES)).text
    traces.outputs = json.dumps([ran.outputs for ran in traces.ran])
    # The service writes behind; its end puts all on the disk.
    await asyncio.to_thread(room.close)
    traces.files = {
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


@pytest.mark.scenario(run=twice_with_a_key, passes=2)
@pytest.mark.parametrize("path", often(FINISHED), ids=name)
def test_every_cell_may_be_run_twice_in_a_row(path: Path, ran: Traces) -> None:
    failed = [f"{r.source}\n{r.text}" for r in ran.ran if r.error]
    assert not failed, "\n\n".join(failed)


@pytest.mark.scenario(run=twice_with_a_key, passes=2)
@pytest.mark.parametrize("path", often(FINISHED), ids=name)
def test_a_key_is_found_nowhere(path: Path, ran: Traces) -> None:
    assert ran.answered and set(ran.answered) == {200}, "the key did not reach the provider"
    places = {"outputs": ran.outputs.encode(), "histories": ran.histories.encode(), **ran.files}
    # That the search would see one: the model's answers stand in these.
    answer = ANSWER.partition("\n")[0]
    seen = _where(answer, places).keys()
    assert "outputs" in seen
    if path in WITH_CLIENT:
        assert "histories" in seen and any(where.startswith("state/temporal.db") for where in seen)
    assert not _where(ran.key, places)


@pytest.mark.scenario(run=twice_with_a_key, passes=2)
@pytest.mark.parametrize("path", often(FINISHED), ids=name)
def test_nobody_but_loopback_is_spoken_to(path: Path, ran: Traces) -> None:
    assert ran.remote and all(is_loopback(address) for address in ran.remote), ran.remote


async def a_key_set_later(room: Room, path: Path) -> tuple[dict[str, str], bool, bool, list[int]]:
    """A learner who begins without a key, writes one into .env, and runs `begin` again.

    Returns what the kernel's environment holds of the settings once LiteLLM is there, whether the
    practice model was used before and after, and what the provider thought of the key.
    """
    env = room.tree / ".env"
    cells = code_cells(path)
    begins = next(cell for cell in cells if "await begin(" in cell.source)
    asks = next(n for n, cell in enumerate(cells) if "def ask_model(" in cell.source)
    with answering() as server:
        async with kernel(room, path, WORKSHOP_ENV_FILE=str(env)) as running:
            above = await running.run_all(cells[: asks + 1])
            assert not [r.text for r in above if r.error]
            found = "{k: v for k, v in __import__('os').environ.items() if k.startswith('LLM_')}"
            environment = await running.value(found)
            before = await running.value("settings.practice")
            env.write_text(f"LLM_API_KEY={server.key}\nLLM_API_BASE={server.base}\n")
            await running.run(begins.source)
            after = await running.value("settings.practice")
            await running.run("ask_model('Give me a fact')")
        return environment, before, after, server.statuses


@pytest.mark.scenario(run=a_key_set_later, passes=0)
@pytest.mark.parametrize("path", ASKING[:1], ids=name)
def test_a_key_written_into_the_settings_counts_without_a_restart(
    path: Path, ran: tuple[dict[str, str], bool, bool, list[int]]
) -> None:
    environment, before, after, answered = ran
    # LiteLLM reads .env into the environment, for every process to come, unless it is told not to.
    assert environment == {}
    assert (before, after) == (True, False)
    assert answered == [200]


@pytest.mark.parametrize("key", ["", model_settings.PLACEHOLDER_KEY])
def test_without_a_key_or_with_the_placeholder_the_practice_model_answers(
    key: str, tmp_path: Path
) -> None:
    (tmp_path / "env").write_text(f"LLM_API_KEY={key}\nLLM_MODEL=openai/gpt-4o\n")
    found = settings.load({"WORKSHOP_ENV_FILE": str(tmp_path / "env")})
    assert found.practice and not found.key_is_set


async def beyond(room: Room, path: Path) -> list[str]:
    """A kernel that tries what no lesson may."""
    tries = [
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import socket; socket.getaddrinfo('example.org', 443)",
        "import urllib.request as u; u.urlopen('http://example.org')",
        "import socket; socket.create_connection(('127.0.0.1', 7233), 1)",
        f"open({str(settings.ROOT / '.env')!r})",
    ]
    async with kernel(room, path) as running:
        ran = [await running.run(source) for source in tries]
    refused = room.refused()
    room.guard_log.unlink()  # as it should be
    return [r.text for r in ran if "NoNetwork" in r.text or "URLError" in r.text] + refused


@pytest.mark.scenario(run=beyond)
@pytest.mark.parametrize("path", FINISHED[:1], ids=name)
def test_the_guard_of_every_kernel_refuses_and_tells(path: Path, ran: list[str]) -> None:
    told = "\n".join(ran[5:])
    assert len(ran) == 10, ran
    assert all(word in told for word in ("192.0.2.1", "example.org", "7233", ".env"))
