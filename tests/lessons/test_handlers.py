"""What people send to the Workflows of the lessons and demos: in a replay, twice, and behind MCP.

The classes are those of the finished notebooks and of the demos' files. Where they run, it is on a
Temporal Service; the model is a stand-in, which asks for what a test wants it to.
"""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import inspect
import json
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import pytest
from bank import ROOT, code_cells, text
from temporalio import activity
from temporalio.client import (
    Client,
    WorkflowHistory,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from workshop.services.temporal_service import installed_binary

LIMIT = 60.0
NOTEBOOKS = [
    *sorted(ROOT.glob("Solutions_*/*_Solution.ipynb")),
    *sorted(ROOT.glob("exercises/*/Solution/*_Solution.ipynb")),
]
DEMOS = sorted(ROOT.glob("demos/*/workflow.py"))
AGENTS = next(path for path in NOTEBOOKS if path.parent.name == "Solutions_04_AI_Agents")


def definitions(notebook: Path) -> Iterator[ModuleType]:
    """A notebook's functions, classes and constants, as they are after each cell.

    Nothing is awaited, and no cell does anything else.
    """
    module = ModuleType(f"definitions_of_{notebook.stem}")
    sys.modules[module.__name__] = module
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for cell in code_cells(notebook):
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
        for node in compile(text(cell), cell["id"], "exec", flags).body:
            constant = isinstance(node, ast.Assign) and _name(node.targets[0]).isupper()
            if isinstance(node, kinds) or constant:
                with suppress(NameError, OSError):  # a constant of what only a cell's run makes
                    exec(compile(ast.Module([node], []), cell["id"], "exec"), vars(module))
        yield module


def _name(node: ast.expr) -> str:
    return ast.unparse(node).partition("[")[0]


def workflow_classes(path: Path) -> Iterator[type]:
    """The Workflow classes of a notebook, each of its versions, or of a demo."""
    if path.suffix == ".ipynb":
        seen: set[int] = set()
        for module in definitions(path):
            for kind in list(vars(module).values()):
                mine = isinstance(kind, type) and kind.__module__ == module.__name__
                if (
                    mine
                    and hasattr(kind, "__temporal_workflow_definition")
                    and id(kind) not in seen
                ):
                    seen.add(id(kind))
                    yield kind
        return
    with demo(path.parent) as module:
        for kind in vars(module).values():
            if hasattr(kind, "__temporal_workflow_definition"):
                yield kind


@contextmanager
def demo(folder: Path) -> Iterator[ModuleType]:
    """A demo's workflow.py, loaded under its own name, which other demos use as well."""
    names = ("workflow", "activities", "models", "tools", "table")
    others = {name: sys.modules.pop(name, None) for name in names}
    sys.path.insert(0, str(folder))
    try:
        yield __import__("workflow")
    finally:
        sys.path.remove(str(folder))
        for name, other in others.items():
            sys.modules.pop(name, None)
            if other is not None:
                sys.modules[name] = other


def some(kind: Any) -> Any:
    """A value of a type, as a person might send it."""
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        needed = [
            field
            for field in dataclasses.fields(kind)
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        ]
        return kind(**{field.name: some(hints[field.name]) for field in needed})  # type: ignore[operator]
    return {str: "call-1", bool: True, int: 1}.get(kind, [])


@pytest.mark.parametrize("path", [*NOTEBOOKS, *DEMOS], ids=lambda path: path.parent.name)
def test_a_handler_relies_on_what_init_made(path: Path) -> None:
    """In a replay a Signal or an Update may come before `run` has begun."""
    tried = []
    for kind in workflow_classes(path):
        known = kind.__temporal_workflow_definition  # type: ignore[attr-defined]
        given = [some(hint) for hint in known.arg_types or ()]
        for handler in [*known.signals.values(), *known.updates.values()]:
            fresh = kind(*given) if "__init__" in dir(kind) and given_to(kind) else kind()
            handler.fn(fresh, *[some(hint) for hint in handler.arg_types or ()])
            tried.append(f"{kind.__name__}.{handler.name}")
    talks = any(word in str(path.relative_to(ROOT)) for word in ("03_", "04_"))
    assert bool(tried) == talks, tried


def given_to(kind: type) -> bool:
    """Whether `__init__` takes the Workflow's input."""
    return len(inspect.signature(kind).parameters) > 0


# --- the agent of lesson 04 ---


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """What lesson 04 has defined at its end, in a folder where its e-mails may go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("agents"))
        *_, module = definitions(AGENTS)
        # What only a cell's run makes:
        module.trouble = {}  # type: ignore[attr-defined]
        module.llm_time = timedelta(seconds=30)  # type: ignore[attr-defined]
        yield module


@contextmanager
def service_of(**more: Any) -> Iterator[Callable[[Callable[[Client], Any]], Any]]:
    """Run something with the client of a Temporal Service of its own."""

    async def go(work: Callable[[Client], Any]) -> Any:
        async with await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(installed_binary()),
            data_converter=pydantic_data_converter,
            dev_server_log_level="never",
            **more,
        ) as env:
            return await asyncio.wait_for(work(env.client), LIMIT)

    yield lambda work: asyncio.run(go(work))


def model(lesson: ModuleType, *turns: tuple[str, str, dict[str, str]]) -> Callable[..., Any]:
    """A model that asks for these calls, one a turn, and then answers."""
    left = list(turns)

    @activity.defn(name="llm_call")
    async def llm_call(input: dict[str, Any]) -> Any:
        if not left:
            return lesson.Turn("done", [], 0.0)
        id, name, arguments = left.pop(0)
        return lesson.Turn("", [lesson.ToolCall(id, name, json.dumps(arguments))], 0.0)

    return llm_call


async def waiting(handle: Any) -> list[dict[str, Any]]:
    """The calls that wait for a person, once there is one; none where the Workflow has ended."""
    while not (found := (await handle.query("get_progress"))["waiting_for"]):
        if (await handle.describe()).status.name != "RUNNING":
            return []
        await asyncio.sleep(0.05)
    return found


def letter_to(name: str) -> dict[str, str]:
    return {"to": f"{name}@example.com", "text": "The notes."}


RECORDER = """
@workflow.defn(name="AgentWorkflow", sandboxed=False)
class Recorder(AgentWorkflow):
    @workflow.update
    def decide(self, consent: Consent) -> str:
        self.consents[consent.call_id] = consent.allowed
        return "kept"

    @workflow.run
    async def run(self, input: AgentInput) -> AgentResult:
        return await super().run(input)
"""


def test_an_update_of_the_task_that_brings_the_result_is_replayed(lesson: ModuleType) -> None:
    """The SDK hands a Workflow its Updates before the results that came in the same task.

    Such a history arises when a Query had run ahead of it. Here it is recorded by a Workflow whose
    Update has no validator, so that it is accepted before the call waits.
    """

    exec(RECORDER, vars(lesson))

    async def record(client: Client) -> WorkflowHistory:
        begun, may_end = asyncio.Event(), asyncio.Event()
        turn = model(lesson, ("call_0", "send_email", letter_to("ann")))

        @activity.defn(name="llm_call")
        async def llm_call(input: dict[str, Any]) -> Any:
            begun.set()
            await may_end.wait()
            return await turn(input)

        queue = f"agents-{uuid.uuid4()}"
        plans = {"task_queue": queue, "workflows": [lesson.Recorder], "build_id": "test"}
        async with Worker(
            client,
            task_queue=queue,
            activities=[llm_call, lesson.send_email],
            activity_executor=ThreadPoolExecutor(100),
            build_id="test",
        ):
            async with Worker(client, **plans):  # type: ignore[arg-type]
                handle = await client.start_workflow(
                    "AgentWorkflow", lesson.AgentInput("go"), id=queue, task_queue=queue
                )
                await begun.wait()
            # Nobody takes the Workflow's tasks now: result and Update both wait for who comes.
            may_end.set()
            while "activity_task_completed" not in await kinds(handle):
                await asyncio.sleep(0.02)
            consent = lesson.Consent("call_0", True)
            with suppress(WorkflowUpdateRPCTimeoutOrCancelledError):  # nobody answers, as wanted
                await handle.execute_update(
                    "decide", consent, id="one", rpc_timeout=timedelta(seconds=1)
                )
            async with Worker(client, **plans):  # type: ignore[arg-type]
                await handle.execute_update("decide", consent, id="one")
                await handle.result()
        return await handle.fetch_history()

    async def kinds(handle: Any) -> list[str]:
        events = (await handle.fetch_history()).events
        return [
            event.WhichOneof("attributes").removesuffix("_event_attributes") for event in events
        ]

    async def replay(client: Client) -> Any:
        history = await record(client)
        names = [event.WhichOneof("attributes") for event in history.events]
        result = names.index("activity_task_completed_event_attributes")
        update = names.index("workflow_execution_update_accepted_event_attributes")
        between = names[result:update].count("workflow_task_completed_event_attributes")
        assert between == 1, f"the Update came later than the result: {names}"
        replayer = Replayer(
            workflows=[lesson.AgentWorkflow],
            data_converter=pydantic_data_converter,
            build_id="test",
        )
        return await replayer.replay_workflow(history, raise_on_replay_failure=False)

    with service_of() as run:
        assert run(replay).replay_failure is None


STRANGER = '''
from pathlib import Path

from mcp.server import MCPServer


def send_email(to: str, text: str) -> str:
    """Send an email with a text to an address."""
    Path({sent!r}).write_text(text)
    return "sent"


server = MCPServer("stranger")
server.add_tool(send_email)
server.run()
'''


def test_a_servers_own_send_email_asks_for_consent(
    lesson: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, server = tmp_path / "sent", tmp_path / "server.py"
    server.write_text(STRANGER.format(sent=str(sent)))
    monkeypatch.setattr(lesson, "SERVER", server)

    async def refuse(client: Client) -> Any:
        async with Worker(
            client,
            task_queue="agents",
            workflows=[lesson.McpAgentWorkflow],
            activities=[
                model(lesson, ("call_0", "send_email", letter_to("eve"))),
                lesson.list_tools,
                lesson.call_tool,
            ],
            build_id="test",
        ):
            handle = await client.start_workflow(
                lesson.McpAgentWorkflow.run,
                lesson.AgentInput("go"),
                id="agent",
                task_queue="agents",
            )
            for call in await waiting(handle):
                await handle.execute_update("decide", lesson.Consent(call["id"], False))
            return await handle.result()

    with service_of() as run:
        result = run(refuse)
    assert not sent.exists(), "the server was asked to send an e-mail that nobody has allowed"
    assert "nobody allowed it" in result.steps[0] and result.status == "answered"


def test_an_email_of_the_next_run_is_another_one(lesson: ModuleType) -> None:
    """Activities are numbered from 1 again when a Workflow continues as new."""

    async def twice(client: Client) -> tuple[str, list[str]]:
        people = ("ann", "bob")
        calls = [("call_0", "send_email", letter_to(name)) for name in people]
        async with Worker(
            client,
            task_queue="agents",
            workflows=[lesson.AgentWorkflow],
            activities=[model(lesson, *calls), lesson.send_email],
            activity_executor=ThreadPoolExecutor(100),
            build_id="test",
        ):
            handle = await client.start_workflow(
                lesson.AgentWorkflow.run, lesson.AgentInput("go"), id="agent", task_queue="agents"
            )
            runs = []
            for name in people:
                (call,) = await waiting(handle)
                assert name in call["arguments"]
                await handle.execute_update("decide", lesson.Consent(call["id"], True))
                runs.append((await handle.describe()).run_id)
            await client.get_workflow_handle("agent").result()
            return runs

    early = ["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=10"]
    with service_of(dev_server_extra_args=early) as run:
        first, second = run(twice)
    assert first != second, "it has not continued as new"
    letters = [path.read_text() for path in Path("outbox").glob("agent-*.txt")]
    assert sorted(text.splitlines()[0] for text in letters) == [
        "To: ann@example.com",
        "To: bob@example.com",
    ]


def test_a_yes_counts_for_one_call(lesson: ModuleType) -> None:
    """A model that numbers its calls from the start in each turn."""

    async def once(client: Client) -> Any:
        calls = [("call_0", "send_email", letter_to(name)) for name in ("ann", "eve")]
        async with Worker(
            client,
            task_queue="agents",
            workflows=[lesson.AgentWorkflow],
            activities=[model(lesson, *calls), lesson.send_email],
            activity_executor=ThreadPoolExecutor(100),
            build_id="test",
        ):
            handle = await client.start_workflow(
                lesson.AgentWorkflow.run, lesson.AgentInput("go"), id="once", task_queue="agents"
            )
            for allowed in (True, False):
                (call,) = await waiting(handle)
                await handle.execute_update("decide", lesson.Consent(call["id"], allowed))
            return await handle.result()

    with service_of() as run:
        result = run(once)
    assert ["sent to ann" in result.steps[0], "nobody allowed it" in result.steps[1]] == [True] * 2
    (letter,) = Path("outbox").glob("once-*.txt")
    assert letter.read_text().startswith("To: ann")
