"""Demos 04 and 05 with a key: it reaches the provider, and stands nowhere else.

Notebooks are looked through in tests/notebooks/test_private.py.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import room as rooms
import stage
from provider_stand_in import Provider, good, provider, refusal
from temporalio.client import Client, WorkflowFailureError
from temporalio.contrib.pydantic import pydantic_data_converter

ANSWER = "What a provider of the test says."
REFUSED = "Say nothing about this."
KEY = f"sk-sentinel-{secrets.token_hex(16)}"
AGENT, PIPELINE = "demos/module_one_04_agentic_loop", "demos/module_one_05_durable_pipelines"


def answer(body: dict[str, Any]) -> tuple[int, bytes]:
    """It calls a tool first where it is given any, and refuses a text, saying the key back."""
    said = json.dumps(body["messages"])
    if REFUSED in said:
        return 401, refusal(f"Incorrect API key provided: {KEY}.", "invalid_api_key")
    if not body.get("tools") or '"tool"' in said:
        return 200, good(ANSWER, body["model"])
    wanted = {"name": "search_notes", "arguments": '{"query": "bees"}'}
    call = {"id": "call_1", "type": "function", "function": wanted}
    return 200, good("", body["model"], content=None, tool_calls=[call])


def holds(text: str, data: bytes) -> bool:
    """Whether it stands there: plain, in hex, or in base64 at any offset."""
    forms = [text.encode(), text.encode().hex().encode()]
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + text.encode())
        forms.append(coded[4 if offset else 0 : -4])
    return any(form in data for form in forms)


def started(folder: str, room: dict[str, str], words: str) -> tuple[str, dict[str, Any]]:
    """Name and input of the demo's Workflow."""
    if folder == AGENT:
        goal = f"Tell me about bees. {words}"
        return "AgentWorkflow", {"goal": goal, "mcp": True, "llm_timeout_seconds": 60}
    url = f"http://127.0.0.1:{room['WORKSHOP_SITE_PORT']}/pages/bees"
    return "ResearchWorkflow", {"topic": f"bees. {words}", "source_url": url}


async def histories(room: dict[str, str], folder: str) -> list[str]:
    """One run that is well and one that the provider refuses, each as JSON."""
    client = await Client.connect(
        f"localhost:{room['WORKSHOP_TEMPORAL_PORT']}", data_converter=pydantic_data_converter
    )
    told = []
    for words in ("", REFUSED):
        name, given = started(folder, room, words)
        handle = await client.start_workflow(
            name,
            given,
            id=f"private-{uuid.uuid4()}",
            task_queue="private",
            execution_timeout=timedelta(seconds=60),
        )
        try:
            told.append(f"{await handle.result()}")
        except WorkflowFailureError as error:
            assert words, f"it failed: {error.cause}"
        told.append((await handle.fetch_history()).to_json())
    return told


def ran_with_a_key(
    folder: str, server: Provider, tmp_path: Path
) -> tuple[list[str], stage.Terminal]:
    """The histories of a demo's Workflows, and the terminal of its Worker."""
    room = rooms.environment(
        tmp_path,
        **server.environment("openai/gpt-4o"),
        LLM_TIMEOUT="45",
        TASK_QUEUE="private",
    )
    work = tmp_path / "work"
    work.mkdir()
    worker = stage.Terminal(f"{folder}/worker.py", room, work)
    try:
        worker.says("polls the Task Queue")
        told = asyncio.run(histories(room, folder))
    finally:
        worker.close()
        # The service writes behind; its end puts all on the disk.
        rooms.end_all(tmp_path / "state")
    return told, worker


@pytest.mark.parametrize("folder", [AGENT, PIPELINE], ids=["agent", "pipeline"])
@pytest.mark.rotates
def test_a_key_is_in_no_history_database_or_log(folder: str, tmp_path: Path) -> None:
    with provider(answer, key=KEY) as server:
        told, worker = ran_with_a_key(folder, server, tmp_path)
    assert set(server.keys) == {KEY}, "the key did not reach the provider"
    # Its answers have the time that LLM_TIMEOUT says, and a step of Temporal's has more.
    assert {float(h["x-stainless-read-timeout"]) for h in server.headers} == {45.0}
    assert '"startToCloseTimeout": "60s"' in told[-1]
    places = {f"history {n}": text.encode() for n, text in enumerate(told)}
    places |= {str(f): f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    places["terminal"] = worker.screen.encode()
    # That the search would see it: the answer stands in these.
    seen = {where for where, data in places.items() if holds(ANSWER, data)}
    assert "history 1" in seen and any("temporal.db" in where for where in seen)
    if folder == PIPELINE:
        assert any("research.sqlite" in where for where in seen), seen
    assert not [where for where, data in places.items() if holds(KEY, data)]
    assert "AuthenticationError" in told[-1]
