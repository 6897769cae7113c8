"""DraftWorkflow in random orders: people, crashes and days in any sequence, 500 runs of a seed.

A run is a Workflow and a person who does a few things at random: reads, keeps, redoes, edits;
decides too late, twice at once, about a version that is no longer there or not there yet, in
words that nobody knows; goes away for hours or days; and in between the Worker is stopped without
grace and another one comes. Histories are found long early, so that Workflows continue as new.

Half of the runs are on time-skipping servers, where days are days; one for each lane, because
such a server's clock is common to all that runs on it. It may lose a task for ever that it hands
to a Worker which is just going; so there no Worker goes, but in one lane each step begins with a
replay, as those of a new Worker do. The other half is on a Temporal Service, where the 120 hours of
the ladder take less than half a second, and Workers are stopped in the middle of what they do.

What is true of every run, in whatever order:
- only a version that somebody said "keep" to is published, and its text is the one of that version;
- a decision that was accepted takes effect, one that was refused has none;
- the result holds the latest text, however it ended, and it does end;
- the model was asked once for each version.

Seed and number of runs: DRAFT_SEED, DRAFT_RUNS. A failure names the run; DRAFT_ONLY repeats it
alone (its choices are the same, the moments in between are not).
"""

from __future__ import annotations

import asyncio
import importlib
import os
import random
import sys
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import storms
from room import ROOT
from temporalio import activity, workflow
from temporalio.client import (
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from workshop.core import patience
from workshop.core.patience import Patience
from workshop.services.temporal_service import DYNAMIC_CONFIG, installed_binary
from workshop.services.time_skipping import test_server

SEED = int(os.environ.get("DRAFT_SEED", "20261122"))
RUNS = int(os.environ.get("DRAFT_RUNS", "500"))
ONLY = os.environ.get("DRAFT_ONLY", "")
LANES = {"skipping": 3, "service": 8}
FASTER = 0.003 / 3600
"""On the Temporal Service an hour takes 3 ms."""
VERSIONS = 3
"""The Workflow's own bound is 10; at 3 more runs reach it."""
LONG = 20
"""Events after which a history is called long: one round and a half."""
SHORT = timedelta(seconds=1)
"""What a task may take that a Worker had when it was stopped: until then the clock cannot skip."""
AT_ONCE = RetryPolicy(initial_interval=timedelta(milliseconds=1), backoff_coefficient=1)
PATIENCE = timedelta(seconds=0.5)
"""How long one call may take."""
LIMIT_SECONDS = 30.0
"""What anything may take; a run takes a tenth of a second."""
SKIPPING = "skipping"
HOURS = (1, 30, 71.9, 72.1, 95.9, 96.1, 119.9, 120.1)
"""The reviewer is reminded after 72, the manager after 96, silence is an answer after 120."""


@dataclass
class Call:
    """One attempt of llm_call."""

    key: tuple[str, str]
    """Run and Activity: the same for each attempt."""
    prompt: str
    text: str


@dataclass
class Stage:
    """The demo's files, and what came of the runs."""

    workflow: ModuleType
    models: ModuleType
    happened: Counter[str] = field(default_factory=Counter)
    calls: dict[str, list[Call]] = field(default_factory=dict)
    """By Workflow id."""

    def rare(self) -> dict[str, int]:
        """What has hardly happened yet."""
        kinds = ("published", "expired", "unfinished", "continued as new", "crash", "two at once")
        kinds += ("accepted", "refused", "late", "told the reviewer", "told the manager")
        kinds += ("sent while no Worker was there",)
        return {} if ONLY or RUNS < 500 else storms.rare(self.happened, 10, kinds)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The demo, loaded under its own names, which other demos use as well."""
    names = ("workflow", "activities", "models")
    others = {name: sys.modules.pop(name, None) for name in names}
    folder = str(ROOT / "demos" / "module_one_03_human_in_the_loop")
    sys.path.insert(0, folder)
    sys.modules["activities"] = ModuleType("activities")  # the model is ours here, as are people
    vars(sys.modules["activities"]).update(llm_call=llm_call, notify=notify)
    try:
        loaded = Stage(importlib.import_module("workflow"), importlib.import_module("models"))
    finally:
        sys.path.remove(folder)
        for name, other in others.items():
            sys.modules.pop(name, None)
            if other is not None:
                sys.modules[name] = other
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaded.workflow, "VERSIONS", VERSIONS)
        # The test server cannot be told to suggest it earlier.
        suggested = workflow.Info.is_continue_as_new_suggested
        execute, wait = workflow.execute_activity, workflow.wait_condition

        def long(info: workflow.Info) -> bool:
            if info.task_queue.startswith(SKIPPING):
                return info.get_current_history_length() > LONG
            return suggested(info)

        def hasty(*given: Any, **more: Any) -> Any:
            more |= {"start_to_close_timeout": SHORT, "retry_policy": AT_ONCE}
            return execute(*given, **more)

        async def short(condition: Any, *, timeout: timedelta) -> None:
            skips = workflow.info().task_queue.startswith(SKIPPING)
            await wait(condition, timeout=timeout if skips else timeout * FASTER)

        patch.setattr(workflow.Info, "is_continue_as_new_suggested", long)
        patch.setattr(workflow, "execute_activity", hasty)
        patch.setattr(workflow, "wait_condition", short)
        yield loaded


@activity.defn
async def llm_call(input: Any) -> dict[str, Any]:
    raise NotImplementedError  # a Lane's own is registered under this name


@activity.defn
async def notify(notice: Any) -> str:
    raise NotImplementedError


class Lane:
    """One run after the other, with one Worker, which may be stopped and replaced."""

    def __init__(self, stage: Stage, env: WorkflowEnvironment, queue: str) -> None:
        self.stage, self.env, self.queue = stage, env, queue
        self.skips = queue.startswith(SKIPPING)
        self.forgets = queue == f"{SKIPPING}-0"
        self.chance = random.Random(SEED)
        self.worker: asyncio.Task[None] | None = None

    async def start_worker(self) -> None:
        worker = Worker(
            self.env.client,
            task_queue=self.queue,
            workflows=[self.stage.workflow.DraftWorkflow],
            activities=[self.llm_call, self.notify],
            # In the sandbox each run would load the demo's files anew, without our patches.
            max_concurrent_workflow_task_polls=2,
            max_concurrent_activity_task_polls=1,
            build_id="orders",  # without one the SDK hashes every module that is loaded
            workflow_runner=UnsandboxedWorkflowRunner(),
            # Now and then each step begins with a replay.
            max_cached_workflows=0 if self.forgets else self.chance.choice((0, 100, 100)),
            sticky_queue_schedule_to_start_timeout=timedelta(milliseconds=100),
        )
        self.worker = asyncio.create_task(worker.run())
        while not worker.is_running:  # one that was stopped before keeps its place for ever
            await asyncio.sleep(0)

    async def stop_worker(self) -> None:
        """Without grace: its Activities are cancelled in the middle."""
        if self.worker is not None:
            self.worker.cancel()
            with suppress(asyncio.CancelledError):
                await self.worker
            self.worker = None

    @activity.defn(name="llm_call")
    async def llm_call(self, input: dict[str, Any]) -> dict[str, Any]:
        info = activity.info()
        key = (str(info.workflow_run_id), info.activity_id)
        calls = self.stage.calls.setdefault(str(info.workflow_id), [])
        calls.append(Call(key, input["prompt"], f"text {len(calls) + 1}, {uuid.uuid4().hex[:6]}"))
        call = calls[-1]
        if self.chance.random() < 0.1:
            await asyncio.sleep(0.03)  # long enough to be stopped in the middle
        if self.chance.random() < 0.05:
            raise ApplicationError("the answer was lost on its way")
        return {"choices": [{"message": {"content": call.text}}]}

    @activity.defn(name="notify")
    async def notify(self, notice: dict[str, Any]) -> str:
        self.stage.happened[f"told the {notice['to']}"] += 1
        return "told"


async def patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Ask again: the Worker was just being stopped, or a new run had just begun."""
    waiting = Patience(LIMIT_SECONDS)
    while True:
        try:
            return await ask()
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            if isinstance(error, RPCError) and error.status == RPCStatusCode.NOT_FOUND:
                raise
            assert not waiting.over(), "no answer"
            await asyncio.sleep(0.01)


@dataclass
class Answer:
    """What became of an Update that was sent."""

    id: str
    said: str
    """accepted, refused, late (the Workflow has ended) or unknown."""
    why: str = ""
    asked: int = 0
    """How often it was sent: again where the answer was lost with a Worker."""


class Person:
    """Does things to one Workflow at random, and remembers what was answered."""

    def __init__(self, lane: Lane, handle: WorkflowHandle[Any, Any], chance: random.Random) -> None:
        self.lane, self.handle, self.chance = lane, handle, chance
        self.models, self.happened = lane.stage.models, lane.stage.happened
        self.seen: dict[int, str] = {}
        self.answers: list[Answer] = []
        self.sent: list[asyncio.Task[None]] = []
        self.log: list[str] = []

    async def look(self) -> Any:
        draft = await patiently(
            lambda: self.handle.query(
                "get_draft", result_type=self.models.Draft, rpc_timeout=PATIENCE
            )
        )
        assert self.seen.setdefault(draft.version, draft.text) == draft.text, "a version changed"
        return draft

    async def read(self) -> Any:
        """Look until a draft waits or nothing will."""
        while (draft := await self.look()).status == "writing":
            await asyncio.sleep(0.03)
        return draft

    async def decide(self, choice: str, version: int, instructions: str = "") -> None:
        decision = self.models.Decision(choice, version, instructions)
        answer = Answer(uuid.uuid4().hex, "unknown")
        self.answers.append(answer)

        async def ask() -> str:
            answer.asked += 1
            return str(
                await self.handle.execute_update(
                    "decide", decision, id=answer.id, rpc_timeout=PATIENCE
                )
            )

        try:
            said = await patiently(ask)
            assert said == f"{choice} of version {version} accepted"
            answer.said = "accepted"
        except WorkflowUpdateFailedError as error:
            answer.said, answer.why = "refused", str(error.cause)
        except RPCError as error:
            assert error.status == RPCStatusCode.NOT_FOUND, error.message
            answer.said = "late"
        self.happened[answer.said] += 1
        self.log.append(f"{choice} {version}: {answer.said} {answer.why}".rstrip())

    def instructions(self) -> str:
        return f"as a poem {uuid.uuid4().hex[:6]}"

    # What a person, or the world, may do next. Each is one step.

    async def decides(self) -> None:
        draft = await self.read()
        choice = self.chance.choice(("keep", "edit", "edit", "redo"))
        await self.decide(choice, draft.version, self.instructions() if choice == "edit" else "")

    async def decides_unread(self) -> None:
        version = max(self.seen, default=0) + self.chance.choice((-1, 0, 1, 1))
        await self.decide(self.chance.choice(("keep", "redo")), version)

    async def decides_wrongly(self) -> None:
        draft = await self.read()
        choice, version, words = self.chance.choice(
            (
                ("keep", draft.version - 1, ""),
                ("keep", draft.version + 1, ""),
                ("edit", draft.version, "  "),
                ("publish", draft.version, ""),
                ("", draft.version, ""),
            )
        )
        await self.decide(choice, version, words)
        assert self.answers[-1].said != "accepted", (choice, version, draft)

    async def two_decide_at_once(self) -> None:
        draft = await self.read()
        await asyncio.gather(
            self.decide("edit", draft.version, self.instructions()),
            self.decide(self.chance.choice(("keep", "redo")), draft.version),
        )
        both = [answer.said for answer in self.answers[-2:]]
        assert both.count("accepted") <= 1, both
        self.happened["two at once"] += 1

    async def is_away(self) -> None:
        hours = self.chance.choice(HOURS)
        self.log.append(f"away for {hours} h")
        if self.lane.skips:
            await self.lane.env.sleep(timedelta(hours=hours))
        else:
            await asyncio.sleep(hours * 3600 * FASTER)

    async def worker_crashes(self) -> None:
        self.log.append("crash")
        self.happened["crash"] += 1
        await asyncio.sleep(self.chance.choice((0, 0, 0.002, 0.005, 0.01, 0.02)))
        await self.lane.stop_worker()
        if self.chance.random() < 0.2:
            await self.is_away()
        if self.chance.random() < 0.4:
            version = max(self.seen, default=1)
            choice = self.chance.choice(("keep", "redo"))
            self.sent.append(asyncio.create_task(self.decide(choice, version)))
            self.happened["sent while no Worker was there"] += 1
            await asyncio.sleep(0.002)
        await self.lane.start_worker()

    async def live(self) -> None:
        steps = (
            [self.decides] * 6
            + [self.decides_unread, self.decides_wrongly, self.two_decide_at_once]
            + [self.is_away, self.is_away if self.lane.skips else self.worker_crashes] * 2
        )
        for _ in range(self.chance.randrange(1, 6)):
            step = self.chance.choice(steps)
            if "late" in (answer.said for answer in self.answers) and self.chance.random() < 0.9:
                break
            await step()


@dataclass
class Story:
    """What the Event Histories of all runs of a Workflow tell."""

    runs: int
    accepted: list[tuple[str, Any]]
    """Id of the Update and the Decision."""
    texts: list[str]
    """What llm_call gave the Workflow, version after version."""


async def story(person: Person) -> Story:
    told = Story(0, [], [])
    client, handle = person.lane.env.client, person.handle
    run_id: str | None = handle.first_execution_run_id
    while run_id:
        history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        told.runs += 1
        run_id, kinds = None, {}
        for event in history.events:
            kind = (event.WhichOneof("attributes") or "").removesuffix("_event_attributes")
            about: Any = getattr(event, f"{kind}_event_attributes")
            if kind == "activity_task_scheduled":
                kinds[event.event_id] = about.activity_type.name
            elif kind == "activity_task_completed":
                if kinds[about.scheduled_event_id] == "llm_call":
                    (given,) = await pydantic_data_converter.decode(about.result.payloads)
                    told.texts.append(given["choices"][0]["message"]["content"])
            elif kind == "workflow_execution_update_accepted":
                sent = about.accepted_request
                (decision,) = await pydantic_data_converter.decode(
                    sent.input.args.payloads, [person.models.Decision]
                )
                told.accepted.append((sent.meta.update_id, decision))
            elif kind == "workflow_execution_continued_as_new":
                run_id = about.new_execution_run_id
    return told


def judge(person: Person, result: Any, told: Story) -> None:
    """What is true of every run."""
    decisions = [decision for _, decision in told.accepted]
    ids = {one for one, _ in told.accepted}
    for answer in person.answers:
        # Sent again under the same id it is the same Update, but only as long as the run is the
        # same: in the next one it is refused, because its version waits no longer.
        if answer.said == "accepted" or answer.asked == 1:
            assert (answer.id in ids) == (answer.said == "accepted"), f"{answer} and the history"

    assert result.status in ("published", "expired", "unfinished"), result
    assert result.version == len(told.texts) >= 1, "the result is not the latest version"
    assert result.text == told.texts[-1], "the latest text is lost"
    for version, text in person.seen.items():
        assert version == 0 or text == told.texts[version - 1], (
            f"another version {version} was read"
        )

    # One decision a version, and each takes effect.
    assert [d.version for d in decisions] == list(range(1, len(decisions) + 1)), decisions
    *before, last = [decision.choice for decision in decisions] or [""]
    assert "keep" not in before, "a version that was kept was written anew"
    decided_last = len(decisions) == result.version
    if result.status == "published":
        assert last == "keep" and decided_last, "nobody approved of it"
    elif result.status == "expired":
        assert len(decisions) == result.version - 1, "it expired although it was decided"
    else:
        assert result.version == VERSIONS and decided_last and last in ("edit", "redo")
    assert last != "keep" or result.status == "published", "a keep had no effect"

    # Each version was asked for once, attempts that failed aside, and as the person said.
    prompts: dict[tuple[str, str], str] = {}
    for call in person.lane.stage.calls[person.handle.id]:
        assert prompts.setdefault(call.key, call.prompt) == call.prompt
    asked = list(prompts.values())
    assert len(asked) == result.version, "the model was asked for more than the versions"
    for decision, old, new in zip(decisions, asked, asked[1:], strict=False):
        if decision.choice == "edit":
            assert decision.instructions in new and told.texts[decision.version - 1] in new
        else:
            assert new == old


async def one_run(lane: Lane, number: int) -> None:
    chance = random.Random(f"{SEED} {number}")
    lane.chance = chance
    if lane.worker is None:
        await lane.start_worker()
    stage = lane.stage
    handle = await lane.env.client.start_workflow(
        stage.workflow.DraftWorkflow.run,
        stage.models.DraftInput(f"facts about otters, {number}"),
        id=f"draft-{number}",
        task_queue=lane.queue,
        task_timeout=SHORT,
    )
    person = Person(lane, handle, chance)
    try:
        await patience.wait_for(person.live(), LIMIT_SECONDS)
        # A long poll may be lost for 20 s; the next one is answered at once.
        result = await patiently(lambda: handle.result(rpc_timeout=PATIENCE * 4))
        if person.sent:
            await asyncio.wait(person.sent, timeout=LIMIT_SECONDS)
        if chance.random() < 0.1:
            await person.decide("keep", result.version)
            assert person.answers[-1].said == "late"
        told = await story(person)
        judge(person, result, told)
    except BaseException as error:
        if not isinstance(error, asyncio.CancelledError):
            said = f"seed {SEED}, run {number}: {type(error).__name__} {error}\n{person.log}"
            raise AssertionError(said) from error
        raise
    finally:
        for task in person.sent:
            task.cancel()
    stage.happened[result.status] += 1
    stage.happened["continued as new"] += told.runs - 1


async def all_runs(stage: Stage) -> None:
    first, end = (int(ONLY), int(ONLY) + 1) if ONLY else (0, RUNS)
    others = storms.runs(range(first + first % 2, end, 2), stage.rare)
    skipping = storms.runs(range(first + 1 - first % 2, end, 2), stage.rare)

    async def go(env: WorkflowEnvironment, queue: str, numbers: Iterator[int]) -> None:
        lane = Lane(stage, env, queue)
        try:
            for number in numbers:
                await one_run(lane, number)
        finally:
            await lane.stop_worker()

    async def skip(name: int) -> None:
        async with await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=test_server(), data_converter=pydantic_data_converter
        ) as env:
            await go(env, f"{SKIPPING}-{name}", skipping)

    async def serve() -> None:
        values = (f"limit.historyCount.suggestContinueAsNew={LONG}", *DYNAMIC_CONFIG)
        words = [word for value in values for word in ("--dynamic-config-value", value)]
        async with await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(installed_binary()),
            dev_server_extra_args=words,
            data_converter=pydantic_data_converter,
        ) as env:
            await together([go(env, f"service-{n}", others) for n in range(LANES["service"])])

    await together([serve(), *(skip(name) for name in range(LANES["skipping"]))])


async def together(lanes: list[Coroutine[Any, Any, None]]) -> None:
    """All of them; when one fails, the others end as well."""
    tasks = [asyncio.create_task(lane) for lane in lanes]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.smaller
@pytest.mark.rotates("storms", among=2)
def test_whatever_the_order_only_what_was_approved_is_published(stage: Stage) -> None:
    asyncio.run(all_runs(stage))
    print(dict(stage.happened))
    assert not stage.rare(), f"this seed leaves something out: {stage.rare()}"
