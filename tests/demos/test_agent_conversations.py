"""AgentWorkflow with a model that misbehaves: 200 conversations of a seed, with crashes.

A conversation is a goal, a model that says anything (tools that there are not, broken JSON,
arguments that do not fit, calls without end, too many at once, the same id twice, huge answers,
empty ones, errors), tools that fail, a person who allows, refuses, answers twice, for no call, or
never, a cancellation now and then, and a Worker that is stopped without grace while another one
comes. Runs are short, so that Workflows continue as new. The Temporal Service is real; the model,
the tools and the MCP server are stand-ins, and take milliseconds.

What is true of every conversation:
- it ends, with a status that is true, within its turns, and within its dollars but for one call;
- each turn was paid once: what the result says is what the Event History holds;
- what the model is sent is what a chat API takes: each call answered once, in order, in whole JSON,
  and no longer than it may be;
- no email was sent that nobody allowed, and none twice;
- each Event History replays, and no Workflow Task failed for another reason than that a Worker was
  being stopped; a cancelled Workflow is CANCELED, its steps still there to read.

Seed and number of runs: AGENT_SEED, AGENT_RUNS. A failure names the run; AGENT_ONLY repeats it
alone (its choices are the same, the moments in between are not).
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import json
import logging
import os
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import storms
from room import ROOT
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from workshop.core import patience
from workshop.core.patience import Patience
from workshop.services.temporal_service import DYNAMIC_CONFIG, installed_binary

SEED = int(os.environ.get("AGENT_SEED", "20261122"))
RUNS = int(os.environ.get("AGENT_RUNS", "200"))
ONLY = os.environ.get("AGENT_ONLY", "")
LANES = 8
TURNS_A_RUN = 3
"""The Workflow continues as new after 50; after 3 more of them do."""
SHORT = timedelta(seconds=1)
"""What an Activity may take, and with it a task that a Worker had when it was stopped."""
CONSENT = timedelta(seconds=0.4)
PATIENCE = timedelta(seconds=2)
"""How long one call of a client may take."""
LIMIT_SECONDS = 60.0
"""What anything may take; a conversation takes less than a second."""
HARMLESS = ("TMPRL1100", "UnhandledCommand")
"""Workflow Tasks that are tried again and no fault of the Workflow: a Worker that is being stopped
read a history while it grew, or something came while the Workflow was ending. Whether the history
is right, a replay says in the end."""
PRICES = (0.0001, 0.0004, 0.002)
CHARACTERS = 2_000
STATUSES = ("answered", "out of turns", "out of dollars", "model failed")

GOOD = {
    "search_notes": '{"query": "otters"}',
    "calculate": '{"expression": "30 * 365"}',
    "fetch_page": '{"url": "/pages/otters"}',
}
ODD = (
    ("book_flight", '{"to": "Mars"}'),  # a tool that there is not
    ("", ""),
    ("x" * 300, "{}"),
    ("päge fetch!", "{}"),
    ("search_notes", '{"query": "ott'),  # broken
    ("search_notes", ""),
    ("search_notes", "null"),
    ("search_notes", "[1, 2]"),
    ("search_notes", "NaN"),
    ("search_notes", "[" * 5_000),
    ("search_notes", '{"query": {"deep": [1, {"er": 2}]}}'),  # whole, and does not fit
    ("search_notes", '{"query": null}'),
    ("search_notes", '{"q": "otters"}'),
    ("search_notes", '{"query": "otters", "and": 1e999}'),
    ("calculate", '{"expression": 7}'),
    ("send_email", '{"to": "eve@example.com"}'),
    ("llm_call", "{}"),  # an Activity, and no tool
    ("call_tool", '{"name": "x", "arguments": {}}'),
)


@dataclass
class Stage:
    """The demo's files, and what came of the conversations."""

    workflow: ModuleType
    models: ModuleType
    happened: Counter[str] = field(default_factory=Counter)

    def rare(self) -> dict[str, int]:
        """What has hardly happened yet."""
        kinds = (*STATUSES, "cancelled", "crash", "continued as new", "email", "odd call", "huge")
        kinds += ("empty", "the model's error", "a tool's error", "consent refused")
        kinds += ("send_email is allowed", "send_email is refused")
        return {} if ONLY or RUNS < 200 else storms.rare(self.happened, 5, kinds)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The demo, loaded under its own names, which other demos use as well."""
    names = ("workflow", "activities", "models", "tools")
    others = {name: sys.modules.pop(name, None) for name in names}
    folder = str(ROOT / "demos" / "module_one_04_agentic_loop")
    sys.path.insert(0, folder)
    sys.modules["activities"] = ModuleType("activities")  # model and server are ours here
    try:
        models = importlib.import_module("models")
        # A conversation's own is called under this name; the Workflow reads its hint.
        llm_call.__annotations__["return"] = models.Turn
        vars(sys.modules["activities"]).update(
            llm_call=activity.defn(llm_call), list_tools=list_tools, call_tool=call_tool
        )
        loaded = Stage(importlib.import_module("workflow"), models)
    finally:
        sys.path.remove(folder)
        for name, other in others.items():
            sys.modules.pop(name, None)
            if other is not None:
                sys.modules[name] = other
    execute = workflow.execute_activity

    def hasty(*given: Any, retry_policy: Any, **more: Any) -> Any:
        at_once = {"initial_interval": timedelta(milliseconds=1), "backoff_coefficient": 1.0}
        more["start_to_close_timeout"] = SHORT
        policy = dataclasses.replace(retry_policy, **at_once)
        return execute(*given, retry_policy=policy, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaded.workflow, "CONSENT_WAIT", CONSENT)
        patch.setattr(workflow, "execute_activity", hasty)
        yield loaded


async def llm_call(input: Any) -> Any:
    raise NotImplementedError


@activity.defn
async def list_tools() -> list[dict[str, Any]]:
    raise NotImplementedError


@activity.defn
async def call_tool(name: str, arguments: dict[str, Any]) -> str:
    raise NotImplementedError


class Model:
    """A model that says anything, by its mood. What it is sent must be a whole conversation."""

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        self.models, self.chance, self.happened = stage.models, chance, stage.happened
        self.mood = chance.choice(("wild", "wild", "endless", "useful", "silent", "failing"))
        self.tokens: set[str] = set()
        self.broken: list[str] = []
        """What was wrong with what it was sent."""

    def turn(self, messages: list[dict[str, Any]]) -> Any:
        self.broken += wrong_with(messages)
        chance, price = self.chance, self.chance.choice(PRICES)
        if self.mood == "failing" and chance.random() < 0.5:
            self.happened["the model's error"] += 1
            kinds = ("RateLimitError", "InternalServerError", "AuthenticationError", "Timeout")
            raise ApplicationError("no answer", type=chance.choice(kinds))
        what = chance.random()
        if (self.mood == "silent" and what < 0.6) or what < 0.05:
            self.happened["empty"] += 1
            return self.models.Turn("", [], price)
        if self.mood != "endless" and what < 0.25:
            self.happened["text"] += 1
            huge = chance.random() < 0.2
            self.happened["huge"] += huge
            return self.models.Turn("a word " * (10_000 if huge else 3), [], price)
        count = chance.choice((1, 1, 1, 2, 3, 16))
        calls = [self.call(n) for n in range(count)]
        text = chance.choice(("", "", "I call tools.", "words " * 2_000))
        return self.models.Turn(text, calls, price)

    def call(self, number: int) -> Any:
        # Some are the same in each turn, and some a model may guess: what an id that is missing or
        # known already is replaced by must be none of them.
        guessed = f"call-{self.chance.randrange(1, 4)}-{self.chance.randrange(3)}"
        id = self.chance.choice((uuid.uuid4().hex, uuid.uuid4().hex, "same", "", guessed))
        if self.chance.random() < (0.1 if self.mood == "useful" else 0.45):
            name, arguments = self.chance.choice(ODD)
            self.happened["odd call"] += 1
        elif number < 3 and self.chance.random() < 0.3:
            token = uuid.uuid4().hex
            self.tokens.add(token)
            name, arguments = "send_email", json.dumps({"to": "eve@example.com", "text": token})
        else:
            name, arguments = self.chance.choice(sorted(GOOD.items()))
        return self.models.ToolCall(id, name, arguments)


def wrong_with(messages: list[dict[str, Any]]) -> list[str]:
    """What a chat API would refuse in these messages."""
    wrong, seen, open_calls = [], set(), []
    if messages[0]["role"] != "user":
        wrong.append(f"it begins with {messages[0]}")
    for message in messages:
        if message["role"] == "tool":
            if not open_calls or open_calls.pop(0) != message["tool_call_id"]:
                wrong.append(f"an answer to no call, or out of order: {message}")
            if len(message["content"]) > CHARACTERS:
                wrong.append(f"a result of {len(message['content'])} characters")
            continue
        if open_calls:
            wrong.append(f"calls without an answer: {open_calls}")
        open_calls = []
        if message["role"] == "assistant":
            for call in message["tool_calls"]:
                function = call["function"]
                if not isinstance(json.loads(function["arguments"]), dict):
                    wrong.append(f"arguments that are no object: {function}")
                if not function["name"].isascii() or not 0 < len(function["name"]) <= 64:
                    wrong.append(f"a name that no API takes: {function}")
                if not call["id"] or call["id"] in seen:
                    wrong.append(f"an id twice, or none: {call}")
                seen.add(call["id"])
                open_calls.append(call["id"])
    return wrong + ([f"calls without an answer at the end: {open_calls}"] if open_calls else [])


class Lane:
    """One conversation after the other, with one Worker, which may be stopped and replaced."""

    def __init__(self, stage: Stage, env: WorkflowEnvironment, queue: str) -> None:
        self.stage, self.env, self.queue = stage, env, queue
        self.chance = random.Random(SEED)
        self.worker: asyncio.Task[None] | None = None
        self.now: Conversation | None = None

    async def start_worker(self) -> None:
        tools = [self.search_notes, self.calculate, self.fetch_page, self.send_email]
        worker = Worker(
            self.env.client,
            task_queue=self.queue,
            workflows=[self.stage.workflow.AgentWorkflow],
            activities=[self.llm_call, self.list_tools, self.call_tool, *tools],
            max_concurrent_workflow_task_polls=2,
            max_concurrent_activity_task_polls=2,
            build_id="conversations",  # without one the SDK hashes every module that is loaded
            # In the sandbox each run would load the demo's files anew, without our patches.
            workflow_runner=UnsandboxedWorkflowRunner(),
            # Now and then each step begins with a replay.
            max_cached_workflows=self.chance.choice((0, 100, 100)),
        )
        self.worker = asyncio.create_task(worker.run())
        while not worker.is_running:
            await asyncio.sleep(0)

    async def stop_worker(self) -> None:
        """Without grace: its Activities are cancelled in the middle."""
        if self.worker is not None:
            self.worker.cancel()
            with suppress(asyncio.CancelledError):
                await self.worker
            self.worker = None

    def conversation(self) -> Conversation:
        """The one that an Activity runs for; one that is over gets no answer."""
        if self.now is None or self.now.handle.id != activity.info().workflow_id:
            raise ApplicationError("this conversation is over", non_retryable=True)
        return self.now

    @activity.defn(name="llm_call")
    async def llm_call(self, input: dict[str, Any]) -> Any:
        now = self.conversation()
        if self.chance.random() < 0.1:
            await asyncio.sleep(0.03)  # long enough to be stopped in the middle
        return now.model.turn(input["messages"])

    @activity.defn(name="search_notes")
    async def search_notes(self, query: str) -> str:
        return await self.result(query)

    @activity.defn(name="calculate")
    async def calculate(self, expression: str) -> str:
        return await self.result(expression)

    @activity.defn(name="fetch_page")
    async def fetch_page(self, url: str) -> str:
        return await self.result(url)

    @activity.defn(name="send_email")
    async def send_email(self, to: str, text: str) -> str:
        info = activity.info()
        self.conversation().sent.add((text, f"{info.workflow_run_id} {info.activity_id}"))
        return await self.result(to)

    @activity.defn(name="list_tools")
    async def list_tools(self) -> list[dict[str, Any]]:
        await self.result("tools")
        names = self.chance.sample(["find_in_notes", *GOOD, "send_email"], k=4)
        return [{"type": "function", "function": {"name": n, "parameters": {}}} for n in names]

    @activity.defn(name="call_tool")
    async def call_tool(self, name: str, arguments: dict[str, Any]) -> str:
        if name == "send_email":
            self.conversation().model.broken.append("a server was asked to send an email")
        return await self.result(name)

    async def result(self, given: str) -> str:
        what = self.chance.random()
        if what < 0.1:
            await asyncio.sleep(0.02)
        if what < 0.2:
            self.stage.happened["a tool's error"] += 1
            raise ApplicationError("the tool failed", non_retryable=what < 0.15)
        return "much " * 2_000 if what < 0.3 else f"found {given}"


class Conversation:
    """One Workflow, its model, and a person who does things to it at random."""

    def __init__(
        self, lane: Lane, handle: WorkflowHandle[Any, Any], chance: random.Random, model: Model
    ) -> None:
        self.lane, self.handle, self.chance = lane, handle, chance
        self.happened = lane.stage.happened
        self.model = model
        self.sent: set[tuple[str, str]] = set()
        self.allowed: set[str] = set()
        """Tokens of emails that a person has said yes to."""
        self.cancelled = False
        self.log: list[str] = [self.model.mood]

    async def progress(self) -> dict[str, Any]:
        told: dict[str, Any] = await patiently(
            lambda: self.handle.query("get_progress", rpc_timeout=PATIENCE)
        )
        return told

    async def decide(self, call: dict[str, Any], allowed: bool) -> None:
        token = json.loads(call["arguments"]).get("text") if call["arguments"] else None
        if allowed and token:
            self.allowed.add(token)  # from now on: an answer may be lost with its Worker
        consent, name = self.lane.stage.models.Consent(call["call_id"], allowed), uuid.uuid4().hex
        try:
            said = await patiently(
                lambda: self.handle.execute_update("decide", consent, id=name, rpc_timeout=PATIENCE)
            )
            assert said in ("send_email is allowed", "send_email is refused"), said
        except WorkflowUpdateFailedError:
            said = "consent refused"
        except RPCError as error:
            assert error.status == RPCStatusCode.NOT_FOUND, error.message
            said = "consent late"
        self.happened[said] += 1
        self.log.append(f"{call['call_id']} {allowed}: {said}")

    # What a person, or the world, may do next. Each is one step.

    async def looks(self) -> None:
        for call in (await self.progress())["waiting_for"]:
            what = self.chance.random()
            if what < 0.4:
                await self.decide(call, True)
            elif what < 0.6:
                await self.decide(call, False)
            elif what < 0.75:  # both at once: one of them counts
                await asyncio.gather(self.decide(call, True), self.decide(call, False))
            # and else never

    async def decides_about_nothing(self) -> None:
        await self.decide({"call_id": "no such call", "arguments": ""}, True)
        assert self.log[-1].endswith(("consent refused", "consent late")), self.log

    async def waits(self) -> None:
        await asyncio.sleep(self.chance.choice((0.01, 0.05, 0.1)))

    async def worker_crashes(self) -> None:
        self.log.append("crash")
        self.happened["crash"] += 1
        await asyncio.sleep(self.chance.choice((0, 0.002, 0.01, 0.03)))
        await self.lane.stop_worker()
        await self.lane.start_worker()

    async def cancels(self) -> None:
        with suppress(RPCError):  # it may have ended
            await self.handle.cancel()
            self.cancelled = True
            self.log.append("cancel")

    async def live(self) -> None:
        steps = [self.looks] * 8 + [self.waits] * 4 + [self.worker_crashes]
        steps += [self.decides_about_nothing]
        steps += [self.cancels] if self.chance.random() < 0.3 else []
        for _ in range(self.chance.randrange(2, 9)):
            if await status(self.handle) is not WorkflowExecutionStatus.RUNNING:
                break
            await self.chance.choice(steps)()


async def patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Ask again: the Worker was just being stopped, or a new run had just begun."""
    waiting = Patience(LIMIT_SECONDS)
    while True:
        try:
            return await ask()
        except WorkflowQueryFailedError as error:
            assert not waiting.over(), error
            await asyncio.sleep(0.05)
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            if isinstance(error, RPCError) and error.status == RPCStatusCode.NOT_FOUND:
                raise
            assert not waiting.over(), "no answer"
            await asyncio.sleep(0.01)


async def status(handle: WorkflowHandle[Any, Any]) -> WorkflowExecutionStatus | None:
    return (await patiently(lambda: handle.describe(rpc_timeout=PATIENCE))).status


@dataclass
class Story:
    """What the Event Histories of all runs of a Workflow tell."""

    runs: int = 0
    turns: list[float] = field(default_factory=list)
    """The price of each answer that the Workflow got."""
    texts: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Workflow Tasks that failed, and histories that do not replay."""


async def story(conversation: Conversation) -> Story:
    told = Story()
    replayer = Replayer(
        workflows=[conversation.lane.stage.workflow.AgentWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),
        data_converter=pydantic_data_converter,
        build_id="conversations",
    )
    client, handle = conversation.lane.env.client, conversation.handle
    run_id: str | None = handle.first_execution_run_id
    while run_id:
        history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        replayed = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if replayed.replay_failure:
            told.failures.append(str(replayed.replay_failure))
        told.runs += 1
        run_id, kinds = None, {}
        for event in history.events:
            kind = (event.WhichOneof("attributes") or "").removesuffix("_event_attributes")
            about: Any = getattr(event, f"{kind}_event_attributes")
            if kind == "activity_task_scheduled":
                kinds[event.event_id] = about.activity_type.name
            elif kind == "activity_task_completed":
                if kinds[about.scheduled_event_id] == "llm_call":
                    (turn,) = await pydantic_data_converter.decode(about.result.payloads)
                    told.turns.append(turn["dollars"])
                    told.texts.append(turn["text"])
            elif kind == "workflow_task_failed":
                words = about.failure.message
                told.failures += [] if any(word in words for word in HARMLESS) else [words]
            elif kind == "workflow_execution_continued_as_new":
                run_id = about.new_execution_run_id
    return told


def judge(conversation: Conversation, budget: Any, result: Any, told: Story) -> None:
    """What is true of every conversation."""
    assert not conversation.model.broken, conversation.model.broken[0][:500]
    assert not told.failures, told.failures
    tokens = [token for token, _ in conversation.sent]
    assert set(tokens) <= conversation.allowed, "an email that nobody has allowed"
    assert len(tokens) == len(set(tokens)), "an email twice"
    assert len(told.turns) <= budget.turns, "more turns than the budget has"
    spent = sum(told.turns)
    assert spent < budget.dollars + max(PRICES), f"${spent} of ${budget.dollars}"
    if result is None:
        return
    assert result.turns == len(told.turns), f"{result.turns} turns, {len(told.turns)} paid"
    assert result.dollars == pytest.approx(spent), f"${result.dollars}, and ${spent} were paid"
    assert result.steps[-1] == result.status
    if result.status == "answered":
        assert result.answer == told.texts[-1] != ""
    elif result.status == "out of turns":
        assert result.turns == budget.turns
    elif result.status == "out of dollars":
        assert result.dollars >= budget.dollars
    else:
        assert result.status == "model failed"
        silent = told.texts[-2:] == ["", ""] and "nothing, twice" in result.steps[-2]
        assert silent or "no answer" in result.steps[-2] or "crash" in conversation.log


async def one_conversation(lane: Lane, number: int) -> None:
    chance = random.Random(f"{SEED} {number}")
    lane.chance = random.Random(f"{SEED} {number} world")
    if lane.worker is None:
        await lane.start_worker()
    stage = lane.stage
    budget = stage.models.Budget(
        turns=chance.choice((1, 2, 4, 6, 12)), dollars=chance.choice((0.0005, 0.003, 0.02))
    )
    # Known before it is started: its first Activity may be quicker than the answer to this call.
    name = f"agent-{number}-{uuid.uuid4().hex[:6]}"
    model = Model(stage, chance)
    lane.now = now = Conversation(lane, lane.env.client.get_workflow_handle(name), chance, model)
    now.handle = await lane.env.client.start_workflow(
        stage.workflow.AgentWorkflow.run,
        stage.models.AgentInput(
            f"goal {number}", budget, mcp=chance.random() < 0.3, turns_a_run=TURNS_A_RUN
        ),
        id=name,
        task_queue=lane.queue,
        task_timeout=SHORT,
        result_type=stage.models.AgentResult,
    )
    try:
        await patience.wait_for(now.live(), LIMIT_SECONDS)
        waiting = Patience(LIMIT_SECONDS)
        while (state := await status(now.handle)) is WorkflowExecutionStatus.RUNNING:
            assert not waiting.over(), "it does not end"
            await asyncio.sleep(0.02)
        result = None
        if state is WorkflowExecutionStatus.CANCELED:
            assert now.cancelled, "nobody has cancelled it"
            assert (await now.progress())["steps"][-1:] in ([], ["✗ cancelled"])
            stage.happened["cancelled"] += 1
        else:
            assert state is WorkflowExecutionStatus.COMPLETED, state
            result = await now.handle.result()
            assert result.status in STATUSES
            stage.happened[result.status] += 1
        told = await story(now)
        judge(now, budget, result, told)
    except BaseException as error:
        if not isinstance(error, asyncio.CancelledError):
            said = f"seed {SEED}, run {number}: {type(error).__name__} {error}\n{now.log}"
            raise AssertionError(f"{said}\n{await whereabouts(now)}") from error
        raise
    stage.happened["ended"] += 1
    stage.happened["continued as new"] += told.runs - 1
    stage.happened["email"] += len(now.sent)
    stage.happened["turns"] += len(told.turns)


async def whereabouts(now: Conversation) -> str:
    """How far a conversation that went wrong has come: its Worker, its tasks, its last events."""
    worker = now.lane.worker
    told = [f"Worker: {worker}"]
    with suppress(RPCError):
        raw = (await now.handle.describe(rpc_timeout=PATIENCE)).raw_description
        told += [str(raw.pending_workflow_task), *map(str, raw.pending_activities)]
        history = await now.handle.fetch_history(rpc_timeout=PATIENCE)
        told += [f"{e.event_id} {EventType.Name(e.event_type)}" for e in history.events[-12:]]
    return "\n".join(told)


async def all_conversations(stage: Stage) -> None:
    planned = range(int(ONLY), int(ONLY) + 1) if ONLY else range(RUNS)
    numbers = storms.runs(planned, stage.rare)
    words = [word for value in DYNAMIC_CONFIG for word in ("--dynamic-config-value", value)]
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(installed_binary()),
        dev_server_extra_args=words,
        data_converter=pydantic_data_converter,
    ) as env:

        async def go(queue: str) -> None:
            lane = Lane(stage, env, queue)
            try:
                for number in numbers:
                    await one_conversation(lane, number)
            finally:
                await lane.stop_worker()

        tasks = [asyncio.create_task(go(f"agents-{n}")) for n in range(LANES)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.smaller
@pytest.mark.rotates("storms", among=2)
def test_whatever_the_model_says_it_ends_within_its_budget(
    stage: Stage, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "temporalio.activity")  # each failure is wanted
    began = time.monotonic()
    asyncio.run(all_conversations(stage))
    rare, seconds = stage.rare(), time.monotonic() - began
    with capsys.disabled():
        print(
            f"\n{stage.happened['ended']} conversations in {seconds:.1f} s: {dict(stage.happened)}"
        )
    assert not rare, f"this seed leaves something out: {rare}"
