"""Tools behind MCP, when their server dies, hangs, starts slowly, or has other tools than before.

The server is demo 04's, a real process for each question. Activities run alone, or for an agent on
the Temporal Service of a room, with a model that follows a script and a Worker in this process.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from room import ROOT
from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from workshop.core import patience
from workshop.core.patience import Patience
from workshop.core.settings import load

pytestmark = pytest.mark.rotates("tools behind MCP", among=4)
SENTINEL = "sk-sentinel-7f3a9c2e5b8d4f6a1c0e9b7d"
FOLDER = ROOT / "demos" / "module_one_04_agentic_loop"


@pytest.fixture(scope="module")
def demo() -> Iterator[SimpleNamespace]:
    """The demo's files, loaded under their own names, which other demos use as well."""
    names = ("workflow", "activities", "models", "tools")
    others = {name: sys.modules.pop(name, None) for name in names}
    sys.path.insert(0, str(FOLDER))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(FOLDER))
        for name, other in others.items():
            sys.modules.pop(name, None)
            if other is not None:
                sys.modules[name] = other


@pytest.fixture
def fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: SimpleNamespace
) -> Iterator[pytest.MonkeyPatch]:
    """MCP_FAULT may be set; it happens once. No server outlives a test."""
    monkeypatch.setenv("MCP_FAULT_FILE", str(tmp_path / "has-been"))
    monkeypatch.setattr(demo.activities, "HEARTBEAT_SECONDS", 0.1)
    yield monkeypatch
    waiting = Patience(10)
    while servers() and not waiting.over():
        time.sleep(0.05)
    assert not servers(), "a server has outlived its session"


def servers() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has ended just now
            if any("mcp_server.py" in word for word in child.cmdline()):
                found.append(child)
    return found


def call(demo: SimpleNamespace, name: str, arguments: dict[str, Any]) -> str:
    """One attempt of the Activity call_tool."""
    run = ActivityEnvironment().run(demo.activities.call_tool, name, arguments)
    return str(asyncio.run(patience.wait_for(run, 60)))


def test_discovery_names_three_tools_as_a_chat_api_wants_them(
    demo: SimpleNamespace, fault: pytest.MonkeyPatch
) -> None:
    listed = asyncio.run(ActivityEnvironment().run(demo.activities.list_tools))
    tools = {tool["function"]["name"]: tool["function"] for tool in listed}
    assert list(tools) == ["search_notes", "calculate", "fetch_page"]
    for name, told in tools.items():
        own = demo.tools.describe(demo.tools.TOOLS[name].run)["function"]
        assert told["description"] == own["description"]
        assert list(told["parameters"]["properties"]) == list(own["parameters"]["properties"])


def test_a_call_is_answered_and_an_error_says_why(
    demo: SimpleNamespace, fault: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(demo, "calculate", {"expression": "(17 + 4) * 2"}) == "42"
    for name, arguments, words in (
        ("calculate", {"expression": "open('x')"}, "open"),
        ("calculate", {"sum": "1"}, "expression"),
        ("book_flight", {}, "Unknown tool: book_flight"),
    ):
        with pytest.raises(ApplicationError, match=words) as caught:
            call(demo, name, arguments)
        assert caught.value.non_retryable, "the server has answered: asked again it says the same"
    assert "Traceback" not in capfd.readouterr().err, "a server's own words are not for the reader"


def test_a_kernel_without_a_real_stderr_can_start_it(
    demo: SimpleNamespace, fault: pytest.MonkeyPatch
) -> None:
    class Screen:
        """As ipykernel's: it has no fileno."""

        def write(self, text: str) -> int:
            return len(text)

        def flush(self) -> None: ...

    fault.setattr(sys, "stderr", Screen())
    assert call(demo, "calculate", {"expression": "2 + 2"}) == "4"


def test_the_server_gets_no_key(demo: SimpleNamespace, fault: pytest.MonkeyPatch) -> None:
    fault.setenv("LLM_API_KEY", SENTINEL)
    fault.setenv("OPENAI_API_KEY", SENTINEL)

    async def look() -> dict[str, str]:
        async with demo.activities.session():
            (server,) = servers()
            return server.environ()

    environment = asyncio.run(look())
    assert environment and SENTINEL not in str(environment)


def test_a_dead_server_fails_one_attempt_at_once(
    demo: SimpleNamespace, fault: pytest.MonkeyPatch
) -> None:
    fault.setenv("MCP_FAULT", "die")
    fault.setattr(demo.activities, "ANSWER_SECONDS", 60.0)
    with pytest.raises(Exception, match=r"(?i)closed") as caught:  # and not after 60 s
        call(demo, "calculate", {"expression": "2 + 2"})
    assert not isinstance(caught.value, ApplicationError), "a further attempt is of use"
    assert call(demo, "calculate", {"expression": "2 + 2"}) == "4"


def test_a_hung_call_ends_by_its_own_time_limit(
    demo: SimpleNamespace, fault: pytest.MonkeyPatch
) -> None:
    fault.setenv("MCP_FAULT", "hang")
    limits = demo.workflow.MCP_LIMITS
    whole = timedelta(seconds=demo.activities.ANSWER_SECONDS)
    assert whole < limits["start_to_close_timeout"], "the session is to end before the attempt"
    fault.setattr(demo.activities, "ANSWER_SECONDS", 5.0)
    with pytest.raises(Exception, match=r"(?i)timed out"):
        call(demo, "calculate", {"expression": "2 + 2"})
    assert call(demo, "calculate", {"expression": "2 + 2"}) == "4"


def test_a_slow_start_is_waited_for(demo: SimpleNamespace, fault: pytest.MonkeyPatch) -> None:
    fault.setenv("MCP_FAULT", "slow")
    fault.setenv("MCP_SLOW_SECONDS", "1.5")
    fault.setattr(demo.activities, "ANSWER_SECONDS", 30.0)
    began = time.monotonic()
    assert call(demo, "calculate", {"expression": "2 + 2"}) == "4"
    assert time.monotonic() - began > 1.5


class Script:
    """A model that says what it is told to, turn after turn, and keeps what it was sent."""

    def __init__(self, demo: SimpleNamespace, *turns: tuple[str, str] | str) -> None:
        self.models, self.turns = demo.models, turns
        self.sent: list[Any] = []

    @activity.defn(name="llm_call")
    async def llm_call(self, input: Any) -> Any:
        self.sent.append(input)
        said = self.turns[len(self.sent) - 1]
        if isinstance(said, str):
            return self.models.Turn(said, [], 0.001)
        return self.models.Turn("", [self.models.ToolCall(uuid.uuid4().hex, *said)], 0.001)

    def offered(self, turn: int) -> list[str]:
        return [tool["function"]["name"] for tool in self.sent[turn]["tools"]]


async def act(demo: SimpleNamespace, script: Script) -> tuple[Any, list[str]]:
    """Run an agent with tools of the MCP server. Returns its result and its Activities."""
    client = await Client.connect(load().temporal_address, data_converter=pydantic_data_converter)
    queue = f"mcp-{uuid.uuid4().hex[:8]}"
    tools = [tool.run for tool in demo.tools.TOOLS.values()]
    with ThreadPoolExecutor() as threads:
        async with Worker(
            client,
            task_queue=queue,
            workflows=[demo.workflow.AgentWorkflow],
            activities=[
                script.llm_call,
                demo.activities.list_tools,
                demo.activities.call_tool,
                *tools,
            ],
            activity_executor=threads,
            workflow_runner=UnsandboxedWorkflowRunner(),
            build_id="mcp",
        ):
            handle = await client.start_workflow(
                demo.workflow.AgentWorkflow.run,
                demo.models.AgentInput("Search the notes.", mcp=True),
                id=f"agent-{uuid.uuid4()}",
                task_queue=queue,
            )
            result = await patience.wait_for(handle.result(), 90)
            events = (await handle.fetch_history()).events
    ran = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    return result, ran


SEARCH = ("search_notes", '{"query": "tardigrades"}')


def test_a_dead_server_is_started_again_by_the_retry(
    demo: SimpleNamespace, fault: pytest.MonkeyPatch, running_room: dict[str, str]
) -> None:
    fault.setenv("MCP_FAULT", "die")
    script = Script(demo, SEARCH, "Well.")
    result, ran = asyncio.run(act(demo, script))
    assert result.status == "answered"
    assert ran == ["list_tools", "llm_call", "call_tool", "llm_call"]
    assert "tardigrades" in script.sent[1]["messages"][-1]["content"].lower()
    # What needs consent is no server's: the model is offered it beside the server's tools.
    assert script.offered(0) == ["search_notes", "calculate", "fetch_page", "send_email"]


def test_a_changed_list_is_told_to_the_model_and_search_falls_back(
    demo: SimpleNamespace, fault: pytest.MonkeyPatch, running_room: dict[str, str]
) -> None:
    fault.setenv("MCP_FAULT", "changed")
    again = ("find_in_notes", '{"query": "dolphins"}')
    script = Script(demo, SEARCH, again, "Well.")
    result, ran = asyncio.run(act(demo, script))
    assert result.status == "answered"
    assert ran == [
        *("list_tools", "llm_call", "call_tool", "search_notes"),  # the server's is gone
        *("list_tools", "llm_call", "call_tool", "llm_call"),
    ]
    assert "search_notes" in script.offered(0) and "search_notes" not in script.offered(1)
    assert "find_in_notes" in script.offered(1)
    for turn, subject in ((1, "tardigrades"), (2, "dolphins")):
        assert subject in script.sent[turn]["messages"][-1]["content"].lower()
    assert any("Unknown tool: search_notes" in step for step in result.steps), result.steps


def test_without_a_server_the_workers_own_tools_do(
    demo: SimpleNamespace,
    fault: pytest.MonkeyPatch,
    running_room: dict[str, str],
    tmp_path: Path,
) -> None:
    fault.setattr(demo.activities, "SERVER", tmp_path / "no_such_server.py")
    at_once = dataclasses.replace(
        demo.workflow.MCP_LIMITS["retry_policy"], initial_interval=timedelta(milliseconds=10)
    )
    fault.setitem(demo.workflow.MCP_LIMITS, "retry_policy", at_once)
    script = Script(demo, SEARCH, "Well.")
    result, ran = asyncio.run(act(demo, script))
    assert result.status == "answered"
    assert ran == ["list_tools", "llm_call", "search_notes", "llm_call"]
    assert any("no MCP server" in step for step in result.steps), result.steps


def test_a_cancelled_agent_leaves_no_server_behind(
    demo: SimpleNamespace, fault: pytest.MonkeyPatch
) -> None:
    """The heartbeat's answer is how a running call hears of it."""
    fault.setenv("MCP_FAULT", "hang")

    async def cancel() -> None:
        environment = ActivityEnvironment()
        running = asyncio.ensure_future(
            environment.run(demo.activities.call_tool, "calculate", {"expression": "1"})
        )
        while not servers():
            await asyncio.sleep(0.02)
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(patience.wait_for(cancel(), 60))
