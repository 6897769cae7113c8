"""The crash sweep: the Worker of project/ ended at 40 moments of a run, half of them with SIGKILL.

The moments are drawn from a seed and spread over a run, from the start of the Workflow to a
little after its end, closer together at the start, where the steps are short. So they fall before
the LLM call (Workflow Task, hand-out of the Activity), during it, between answer and timer, in
the timer, during the PDF, and after the end. Where they fell the ledger and the Event History of
the moment of each kill say; the sweep goes on until all of that was hit.

A kill is real: a SIGKILL of a process that runs worker.py, as it goes home, or a SIGTERM, after
which it ends by itself and lets its call end first. What was paid is what the practice model has
received. The timeout of a dead Worker's step is cut short, so that 40 kills fit into a minute.

The number of kills: SWEEP_KILLS.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import room as rooms
import storms
from nursery import Nursery
from pypdf import PdfReader
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError

from workshop.core import patience
from workshop.core.settings import load
from workshop.practice.model import process
from workshop.practice.model.ledger import Call, Ledger
from workshop.stage.app import variables
from workshop.stage.timeouts import WHOLE_SECONDS, set_timeout

KILLS = int(os.environ.get("SWEEP_KILLS", "40"))
LANES = max(1, KILLS // 5)
SEED = 20261122
SPAN = 1.15
"""The last moment, in lengths of a run, so that some fall after its end."""
CALL_SECONDS, TIMER_SECONDS = 0.4, 0.3
LIMIT_SECONDS = 30.0
"""What a run may take; the slowest waits for a timeout and a retry."""
Moment = tuple[float, signal.Signals]
"""When, as a part of a run, and what is sent then."""
WORKERS = Path(__file__).with_name("report_nursery.py")


@pytest.fixture(scope="module")
def sweep_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A room whose practice model takes its time, so that kills fall into the call."""
    home = tmp_path_factory.mktemp("sweep")
    env = rooms.environment(home, WORKSHOP_PRACTICE_DELAY=str(CALL_SECONDS))
    done = rooms.workshop("up", env=env)
    assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        yield env
    rooms.end_all(home / "state")


@dataclass
class Kill:
    """One run: when its Worker was killed, what was known then, and how it ended."""

    moment: float
    signal: signal.Signals
    before: list[Call]
    """The ledger's rows right after the signal."""
    reached: str
    """The last thing that the Event History knew."""
    calls: list[Call]
    result: str
    seconds: float

    @property
    def where(self) -> str:
        if self.reached == "start" and not self.before:
            # The killed Worker may have sent what the provider had not read yet.
            return "before the call" if len(self.calls) == 1 else "question on its way"
        if self.reached == "start":
            return "during the call" if self.before[0].status is None else "answer on its way"
        return self.reached


AFTER_TIMER = ("timer fired", "during the PDF", "after the end")


def unmet(kills: list[Kill]) -> list[str]:
    """The parts of a run that no kill has hit yet. How many hit one is a matter of the load."""
    if KILLS < 40:
        return []
    killed = {kill.where for kill in kills if kill.signal is signal.SIGKILL}
    killed |= {"after the timer"} if killed & {*AFTER_TIMER} else set()
    in_a_call = (c for k in kills if k.signal is signal.SIGTERM for c in k.before if not c.answered)
    stopped = {"a stop during the call"} if any(in_a_call) else set()
    parts = ("before the call", "during the call", "in the timer", "after the timer")
    return [part for part in (*parts, "a stop during the call") if part not in killed | stopped]


def reached(kinds: list[str], names: list[str]) -> str:
    if "workflow_execution_completed" in kinds:
        return "after the end"
    if "create_pdf" in names:
        return "during the PDF"
    if "timer_fired" in kinds:
        return "timer fired"
    if "timer_started" in kinds:
        return "in the timer"
    if "activity_task_completed" in kinds:
        return "answer recorded"
    return "start"


async def history(handle: WorkflowHandle[Any, Any]) -> tuple[list[str], list[str]]:
    kinds, names = [], []
    for event in (await handle.fetch_history()).events:
        kind = str(event.WhichOneof("attributes")).removesuffix("_event_attributes")
        kinds.append(kind)
        if kind == "activity_task_scheduled":
            names.append(event.activity_task_scheduled_event_attributes.activity_type.name)
    return kinds, names


async def lane(
    number: int,
    moments: Iterable[Moment],
    kills: list[Kill],
    nursery: Nursery,
    client: Client,
    folder: Path,
) -> None:
    """Runs one after the other on a Task Queue of their own; a survivor serves the next run."""
    ledger = Ledger(process.ledger_path(load()))
    queue = f"durable-sweep-{number}-{uuid.uuid4().hex[:6]}"
    folder.mkdir()
    worker = await nursery.tell("start", queue, folder)
    # Two runs unharmed: after the first the Worker has loaded everything, and the second says how
    # long a run takes on this machine today.
    length = 0.0
    unharmed: list[tuple[None, None]] = [(None, None)] * 2
    for share, number_sent in itertools.chain(unharmed, moments):
        began = time.monotonic()
        handle: WorkflowHandle[Any, Any] = await client.start_workflow(
            "GenerateReportWorkflow",
            {
                "prompt": "Give me 3 facts about otters",
                "pause_seconds": TIMER_SECONDS,
            },
            id=f"sweep-{number}-{uuid.uuid4()}",
            task_queue=queue,
            # A Worker killed in the middle of a Workflow Task: the next one gets it after this.
            task_timeout=timedelta(seconds=1),
        )
        pdf = folder / "reports" / f"{handle.id}.pdf"

        def calls(of: str = handle.id) -> list[Call]:
            return [c for c in ledger.calls() if c.workflow_id == of]

        if share is not None:
            moment = share * SPAN * length
            # The one wait for time and not for a condition: the moment is what is swept.
            await asyncio.sleep(max(0.0, moment - (time.monotonic() - began)))
            await nursery.tell("kill" if number_sent is signal.SIGKILL else "stop", worker)
            before = calls()
            kinds, names = await history(handle)
            if number_sent is signal.SIGTERM:
                assert await ended(nursery, worker) == "0", "a Worker that is stopped ends well"
            if pdf.exists():
                assert whole(pdf), f"half a PDF after a kill at {moment:.3f} s"
            worker = await nursery.tell("start", queue, folder)
            if number_sent is signal.SIGKILL:
                await cut_off(client, handle)
        try:
            output = await patience.wait_for(result(handle), LIMIT_SECONDS)
        except asyncio.TimeoutError:
            events = (await handle.fetch_history()).events
            told = [f"{e.event_time.ToJsonString()} {e.WhichOneof('attributes')}" for e in events]
            told += (folder / "worker.log").read_text().splitlines()[-5:]
            raise AssertionError(f"killed at {share}, not completed:\n" + "\n".join(told)) from None
        assert whole(pdf), share
        length = length if share is not None else time.monotonic() - began
        if share is not None:
            kills.append(
                Kill(
                    moment,
                    number_sent,
                    before,
                    reached(kinds, names),
                    calls(),
                    output,
                    time.monotonic() - began,
                )
            )
    await nursery.tell("kill", worker)


async def ended(nursery: Nursery, worker: str) -> str:
    """The exit code of a Worker that was stopped, once it has ended."""
    waiting = patience.Patience(LIMIT_SECONDS)
    while (code := await nursery.tell("ended", worker)) == "no":
        assert not waiting.over(), "it was stopped, and goes on"
        await asyncio.sleep(0.05)
    return code


async def cut_off(client: Client, handle: WorkflowHandle[Any, Any]) -> None:
    """Have the attempt of a dead Worker time out now, and the next one have its whole time."""

    async def at_work() -> list[tuple[str, int]]:
        pending = (await handle.describe()).raw_description.pending_activities
        started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
        return [(one.activity_type.name, one.attempt) for one in pending if one.state == started]

    with suppress(RPCError):  # it has ended meanwhile
        for step in await at_work():
            await set_timeout(client, handle, step[0], 0.5)
            waiting = patience.Patience(LIMIT_SECONDS)
            while step in await at_work():
                assert not waiting.over(), f"{step} of a dead Worker does not time out"
                await asyncio.sleep(0.05)
            await set_timeout(client, handle, step[0], WHOLE_SECONDS)


async def result(handle: WorkflowHandle[Any, Any]) -> Any:
    """The result, asked for: a long poll that the service loses would tell of it 20 s later."""
    while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
        await asyncio.sleep(0.05)
    return await handle.result()


def whole(pdf: Path) -> bool:
    return "Research Report" in PdfReader(pdf).pages[0].extract_text()


def drawn(kills: list[Kill]) -> Iterator[Moment]:
    """When to kill and how, for whichever lane asks next: KILLS, and more while a part is unmet."""
    rng = random.Random(SEED)
    # Denser at the start: what comes before the call is over in some hundredths of a second.
    shares = [((k + rng.random()) / KILLS) ** 1.5 for k in range(KILLS)]
    signals = (signal.SIGKILL, signal.SIGTERM)
    moments = list(zip(shares, itertools.cycle(signals), strict=False))
    rng.shuffle(moments)
    for number in storms.runs(range(KILLS), lambda: unmet(kills)):
        further = rng.random() ** 1.5, signals[number % 2]
        yield moments[number] if number < KILLS else further


async def sweep(env: dict[str, str], folder: Path) -> list[Kill]:
    kills: list[Kill] = []
    moments = drawn(kills)
    settings = load()
    nursery = Nursery(WORKERS, env | variables(settings), folder)
    try:
        assert await nursery.answer() == "ready"
        client = await Client.connect(settings.temporal_address)
        lanes = [
            lane(n, moments, kills, nursery, client, folder / f"lane-{n}") for n in range(LANES)
        ]
        await asyncio.gather(*lanes)
        return kills
    finally:
        nursery.close()


@pytest.mark.smaller
@pytest.mark.rotates("storms", among=2)
def test_a_worker_killed_or_stopped_at_any_moment_loses_nothing(
    sweep_room: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    env = sweep_room | {"PYTHONWARNINGS": "ignore", "PYTHON_DOTENV_DISABLED": "1"}
    kills = asyncio.run(sweep(env, tmp_path))
    killed = [kill for kill in kills if kill.signal is signal.SIGKILL]
    stopped = [kill for kill in kills if kill.signal is signal.SIGTERM]
    with capsys.disabled():
        slowest = max(kill.seconds for kill in kills)
        took = f"{time.monotonic() - began:.1f} s, slowest run {slowest:.1f} s"
        print(f"\ncrash sweep: {len(kills)} kills in {took}")
        for name, those in (("SIGKILL", killed), ("SIGTERM", stopped)):
            paid = Counter(len(kill.calls) for kill in those)
            where = Counter(kill.where for kill in those)
            print(f"  {name}: {len(those)}; runs by calls: {dict(paid)}; {dict(where)}")
    assert len(kills) >= KILLS
    for kill in kills:
        told = f"{kill.signal.name}, {kill.where}, {kill.moment:.3f} s: {kill.calls}"
        assert kill.result.startswith("Successfully created research report PDF: reports/"), told
        assert all(call.answered for call in kill.calls), told
    for kill in stopped:
        told = f"{kill.where}, {kill.moment:.3f} s: {kill.calls}"
        assert len(kill.calls) == 1, told  # whatever it was doing: never paid twice
    for kill in killed:
        told = f"{kill.where}, {kill.moment:.3f} s: {[c.status for c in kill.calls]}"
        if kill.where == "during the call":
            assert len(kill.calls) == 2, told  # nobody heard the first answer: asked again
        elif kill.where == "question on its way":
            assert [c.attempt for c in kill.calls] == [1, 2], told
        elif kill.where == "answer on its way":
            assert len(kill.calls) in (1, 2), told  # whether it arrived is a matter of luck
        else:
            assert len(kill.calls) == 1, told  # not yet asked, or already recorded: never again
        assert [c.attempt for c in kill.calls] in ([1], [2], [1, 2]), told
    assert not unmet(kills), Counter(kill.where for kill in killed)
