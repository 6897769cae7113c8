"""Demos 04 and 05 with a key: it reaches the provider, and stands nowhere else.

Notebooks are looked through in tests/notebooks/test_private.py.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import room as rooms
import stage
from temporalio.client import Client, WorkflowFailureError
from temporalio.contrib.pydantic import pydantic_data_converter

ANSWER = "What a provider of the test says."
REFUSED = "Say nothing about this."
AGENT, PIPELINE = "demos/module_one_04_agentic_loop", "demos/module_one_05_durable_pipelines"


class _Provider(BaseHTTPRequestHandler):
    """An OpenAI-shaped model that knows one key, and calls a tool first where it is given any."""

    server: Provider

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.headers["Authorization"] == f"Bearer {self.server.key}"
        self.server.accepted.append(known)
        said = json.dumps(body["messages"])
        well = known and REFUSED not in said
        message: dict[str, Any] = {"role": "assistant", "content": ANSWER}
        if body.get("tools") and '"tool"' not in said:
            wanted = {"name": "search_notes", "arguments": '{"query": "bees"}'}
            call = {"id": "call_1", "type": "function", "function": wanted}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        answer = {
            "id": f"chatcmpl-{uuid.uuid4()}",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20},
        }
        refused = {"error": {"message": "Incorrect API key.", "code": "invalid_api_key"}}
        data = json.dumps(answer if well else refused).encode()
        self.send_response(200 if well else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Provider(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Provider)
        self.key = f"sk-sentinel-{secrets.token_hex(16)}"
        self.accepted: list[bool] = []


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


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
        return "AgentWorkflow", {"goal": f"Tell me about bees. {words}", "mcp": True}
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


@pytest.mark.parametrize("folder", [AGENT, PIPELINE], ids=["agent", "pipeline"])
@pytest.mark.rotates
def test_a_key_is_in_no_history_database_or_log(
    folder: str, provider: Provider, tmp_path: Path
) -> None:
    room = rooms.environment(
        tmp_path,
        LLM_API_KEY=provider.key,
        LLM_API_BASE=f"http://127.0.0.1:{provider.server_address[1]}/v1",
        LLM_MODEL="openai/gpt-4o",
        DEMO_TASK_QUEUE="private",
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
    assert provider.accepted and all(provider.accepted), "the key did not reach the provider"
    places = {f"history {n}": text.encode() for n, text in enumerate(told)}
    places |= {str(f): f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    places["terminal"] = worker.screen.encode()
    # That the search would see it: the answer stands in these.
    seen = {where for where, data in places.items() if holds(ANSWER, data)}
    assert "history 1" in seen and any("temporal.db" in where for where in seen)
    if folder == PIPELINE:
        assert any("research.sqlite" in where for where in seen), seen
    assert not [where for where, data in places.items() if holds(provider.key, data)]
    assert "AuthenticationError" in told[-1]
