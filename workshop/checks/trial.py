"""Trials: what the learner wrote runs for real, on a Task Queue of its own, with no paid call."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import sys
import threading
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import FrameType
from typing import Any

from temporalio import activity
from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowHistory,
    WorkflowUpdateFailedError,
)
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from workshop import settings
from workshop.follow.causes import HARMLESS
from workshop.follow.rows import failure_text
from workshop.follow.run import Run
from workshop.time_skipping import test_server

_ENDS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
}
_TASK_STARTED = EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED
_TASK_TROUBLE = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
}
_UNHANDLED = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
_BEGINS = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
}
_FINISHES = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    *_TASK_TROUBLE,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED,
}


@dataclass(frozen=True)
class Scheduled:
    """An Activity as the Event History has it. Timeouts are seconds; 0.0 where none was set."""

    name: str
    inputs: list[Any]
    start_to_close: float
    maximum_attempts: int
    maximum_interval: float
    after: tuple[str, ...]
    """The Activities that had completed when it was asked for."""


@dataclass
class Trial:
    """What a Workflow did in its trial."""

    activities: list[Scheduled] = field(default_factory=list)
    result: Any = None
    completed: bool = False
    failure: str = ""
    """Why the Workflow failed, where it did."""
    task_failure: str = ""
    """Why its code failed: type and message."""
    task_failure_trace: list[str] = field(default_factory=list)
    """The lines of its stack trace."""
    too_early: bool = False
    """It wanted to end while something was on its way to it: the service had it look again."""
    events: list[HistoryEvent] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    """Activity names by the number of the event that scheduled them."""
    completed_activities: list[str] = field(default_factory=list)

    def task_failure_line(self, text: str) -> str:
        """The last line of a cell's text that the failing code went through."""
        lines = [line.strip() for line in text.split("\n")]
        return next((s for s in reversed(self.task_failure_trace) if s in lines and s), "")

    @property
    def under_way(self) -> bool:
        """Whether the history shows a task that nobody has finished yet."""
        open_tasks = sum(
            (event.event_type in _BEGINS) - (event.event_type in _FINISHES) for event in self.events
        )
        return open_tasks > 0 or not self.events

    def scheduled(self, name: str) -> Scheduled | None:
        return next((a for a in self.activities if a.name == name), None)


class NoService(Exception):
    """The Temporal Service does not answer."""


async def connect() -> Client:
    """A Client of the check's own: the learner's may be missing, or wrong.

    Raises:
        NoService: nobody answers at the address of the settings.
    """
    known = settings.load()
    try:
        return await Client.connect(
            known.temporal_address,
            namespace=known.temporal_namespace,
            data_converter=pydantic_data_converter,
        )
    except RuntimeError as error:
        raise NoService(known.temporal_address) from error


async def run_workflow(
    kind: type,
    argument: Any,
    stand_ins: Mapping[str, Callable[..., Any]],
    *,
    limit: float = 2.2,
    script: Callable[[Talk], Awaitable[None]] | None = None,
    early: tuple[str, Any] | None = None,
    children: Sequence[type] = (),
) -> Trial:
    """Run a Workflow on the real service, with one stand-in for whatever Activities it asks for.

    Args:
        kind: the Workflow class.
        argument: its input.
        stand_ins: Activity name to a function of the decoded inputs, which gives its result.
        limit: seconds from when the Worker has its first task; a Workflow that has not ended by
            then is terminated.
        script: talks to the Workflow while it runs; when it returns, the trial is over.
        early: a Signal that is there before the Workflow begins, and its input.
        children: stand-ins for the Workflows that it starts itself.

    Returns:
        The trial, also where the Workflow failed, where its code did, or where it did not end.

    Raises:
        TypeError, ValueError: the class cannot be registered with a Worker.
    """

    client = await connect()
    queue = f"check-{uuid.uuid4()}"
    # Without a build id the SDK hashes every module that is loaded: half a second, the first time.
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[kind, *children],
        activities=[_stand_in(stand_ins)],
        build_id="check",
    )
    trial = Trial()
    running = asyncio.create_task(worker.run())
    handle = await client.start_workflow(
        kind.__temporal_workflow_definition.name,  # type: ignore[attr-defined]
        argument,
        id=queue,
        task_queue=queue,
        # Long: it would cut an Activity's timeout, which is what a check looks at.
        execution_timeout=timedelta(days=365),
        start_signal=early[0] if early else None,
        start_signal_args=[early[1]] if early else [],
    )
    try:
        taken = asyncio.Event()
        watching = asyncio.create_task(_watch(handle, trial, taken))
        first = asyncio.create_task(taken.wait())
        await asyncio.wait({watching, first}, return_when=asyncio.FIRST_COMPLETED)
        if script is None:
            await asyncio.wait({watching}, timeout=limit)
        else:
            await _talk(script(Talk(handle, trial, limit)), watching, trial, limit)
        if watching.done():
            watching.result()
        watching.cancel()
    finally:
        if not trial.completed and not trial.failure:
            with contextlib.suppress(RPCError):  # it may have ended in this moment
                await handle.terminate(reason="the check is over")
            if trial.events and trial.events[-1].event_type == _TASK_STARTED:
                _interrupt(kind)
        closing = asyncio.create_task(worker.shutdown())
        # A Workflow that blocks its thread holds the Worker up; the check does not wait for it.
        await asyncio.wait({closing, running}, timeout=0.3)
    return trial


class Stuck(Exception):
    """A Workflow in a trial does not do what the script waits for."""


@dataclass(frozen=True)
class Talk:
    """What the script of a trial does: wait for the Workflow, and send it messages."""

    handle: WorkflowHandle[Any, Any]
    trial: Trial
    limit: float
    """Seconds for each wait."""

    async def drafted(self, times: int = 1) -> None:
        """Wait until so many Activities have completed and their results are in the Workflow.

        Raises:
            Stuck: they have not, within the limit, or it has ended before.
        """
        await self.until(
            lambda: (
                len(self.trial.completed_activities) >= times
                or self.trial.completed
                or bool(self.trial.failure)
            )
        )
        if len(self.trial.completed_activities) < times:
            raise Stuck
        done = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
        activity_done = EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED

        def taken() -> bool:
            kinds = [event.event_type for event in self.trial.events]
            last = max(i for i, kind in enumerate(kinds) if kind == activity_done)
            return done in kinds[last:] or self.trial.completed or bool(self.trial.failure)

        await self.until(taken)

    async def ended(self) -> None:
        """Wait for the Workflow's end.

        Raises:
            Stuck: it goes on.
        """
        await self.until(lambda: self.trial.completed or bool(self.trial.failure))

    async def signal(self, name: str, *inputs: Any) -> None:
        with contextlib.suppress(RPCError):  # it has ended; the script looks at its result
            await self.handle.signal(name, args=inputs)

    async def query(self, name: str) -> Any:
        """The answer as JSON has it.

        Raises:
            WorkflowQueryFailedError, RPCError: there is none.
        """
        return await self.handle.query(name, rpc_timeout=timedelta(seconds=self.limit))

    async def update(self, name: str, *inputs: Any) -> tuple[bool, str]:
        """Whether an Update was accepted and completed, and its answer or the reason why not.

        Raises:
            Stuck: it is neither accepted nor rejected.
        """
        update = self.handle.execute_update(name, args=inputs)
        try:
            return True, str(await asyncio.wait_for(update, self.limit))
        except WorkflowUpdateFailedError as error:
            return False, str(error.cause)
        except RPCError as error:
            return False, error.message
        except asyncio.TimeoutError:
            raise Stuck from None

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so.

        Raises:
            Stuck: it is not, within the limit; or within four of it while work is under way, as
                on a machine that is busy.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self.limit
        while not condition():
            now = loop.time()
            if now > end + 3 * self.limit or (now > end and not self.trial.under_way):
                raise Stuck
            await asyncio.sleep(0.01)


async def _talk(
    script: Awaitable[None], watching: asyncio.Task[None], trial: Trial, limit: float
) -> None:
    """Let the script talk until it is done, or the Workflow's code fails.

    Raises:
        Exception: whatever the script raises.
    """
    talking = asyncio.ensure_future(script)
    both: set[asyncio.Future[Any]] = {talking, watching}
    await asyncio.wait(both, timeout=12 * limit, return_when=asyncio.FIRST_COMPLETED)
    if not talking.done() and not trial.task_failure:
        await asyncio.wait({talking}, timeout=limit)
    if not talking.done():
        talking.cancel()
        return
    try:
        talking.result()
    except Exception:
        # The script may have met the failing code first: a moment for the history to say so.
        await asyncio.wait({watching}, timeout=0.3)
        if not trial.task_failure:
            raise


async def after_silence(
    kind: type,
    argument: Any,
    stand_ins: Mapping[str, Callable[..., Any]],
    *,
    enough: float,
    limit: float = 6.0,
) -> Silence:
    """Run a Workflow on a time-skipping server of its own, where nobody sends it anything.

    Args:
        enough: seconds on the server's clock after which a Workflow goes on for too long.
        limit: seconds on ours, for a machine that is busy. Code that blocks is known much sooner.

    Returns:
        How it ended, and how long it waited.

    Raises:
        WorkshopError: the server is not installed.
        asyncio.TimeoutError: the server does not come up, or does not answer.

    https://docs.temporal.io/develop/python/testing-suite#skip-time
    """
    starting: Awaitable[Any] = WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=test_server(), data_converter=pydantic_data_converter
    )
    environment: Any = await asyncio.wait_for(starting, limit)
    silence = Silence(Trial())
    working = asyncio.create_task(_silent(environment, kind, argument, stand_ins, silence, enough))
    try:
        await asyncio.wait({working}, timeout=limit)
        if working.done():
            working.result()
    finally:
        working.cancel()
        # Not awaited for long: a Workflow that blocks holds its Worker, and so the server's end.
        closing = asyncio.ensure_future(environment.shutdown())
        await asyncio.wait({closing, working}, timeout=0.5)
    return silence


async def _silent(
    environment: Any,
    kind: type,
    argument: Any,
    stand_ins: Mapping[str, Callable[..., Any]],
    silence: Silence,
    enough: float,
) -> None:
    """Run the Workflow until it ends, blocks, or has gone on for long enough."""
    worker = Worker(
        environment.client,
        task_queue="check",
        workflows=[kind],
        activities=[_stand_in(stand_ins)],
        build_id="check",
    )
    running = asyncio.create_task(worker.run())
    handle = await environment.client.start_workflow(
        kind.__temporal_workflow_definition.name,  # type: ignore[attr-defined]
        argument,
        id="check",
        task_queue="check",
        execution_timeout=timedelta(days=365),
    )
    loop, looks = asyncio.get_running_loop(), 0
    # Its clock moves on while somebody waits for a result.
    async with environment.time_skipping_unlocked():
        watching = asyncio.create_task(_watch(handle, silence.trial, asyncio.Event()))
        seen, since = 0, loop.time()
        while not watching.done() and silence.seconds <= enough:
            await asyncio.wait({watching}, timeout=0.05)
            events = silence.trial.events
            if len(events) != seen:
                seen, since, looks = len(events), loop.time(), 0
            elif events and events[-1].event_type == _TASK_STARTED and in_code_of(kind):
                looks += 1
                if looks > 8 and loop.time() - since > 0.8:
                    silence.blocks = True
                    _interrupt(kind)
                    break
            else:
                looks = 0
        if watching.done():
            watching.result()
        watching.cancel()
    closing = asyncio.create_task(worker.shutdown())
    await asyncio.wait({closing, running}, timeout=0.3)


def in_code_of(kind: type) -> list[int]:
    """The threads that are in the code of a Workflow class at this moment."""
    codes = {getattr(member, "__code__", None) for member in vars(kind).values()}
    found = []
    for thread, frame in sys._current_frames().items():
        at: FrameType | None = frame
        while at and at.f_code not in codes:
            at = at.f_back
        if at:
            found.append(thread)
    return found


class _Interrupted(BaseException):
    """Ends code that never gives back control, as the SDK does after two seconds."""


def _interrupt(kind: type) -> None:
    """Let no thread go on for ever in the code of a Workflow whose trial is over."""
    for thread in in_code_of(kind):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread), ctypes.py_object(_Interrupted)
        )


@dataclass
class Silence:
    """What a Workflow did that nobody spoke to."""

    trial: Trial
    blocks: bool = False
    """Its code did not give back control."""

    @property
    def seconds(self) -> float:
        """From its first event to its last, on the server's clock."""
        events = self.trial.events
        return events[-1].event_time.seconds - events[0].event_time.seconds if events else 0.0


async def replays(kind: type, trial: Trial, workflow_id: str = "check") -> str:
    """Replay the trial's Event History. Returns why it fails, or an empty string.

    https://python.temporal.io/temporalio.worker.Replayer.html
    """
    history = WorkflowHistory(workflow_id, trial.events)
    replayer = Replayer(workflows=[kind], data_converter=pydantic_data_converter, build_id="check")
    replay = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    return str(replay.replay_failure or "")


def _stand_in(stand_ins: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    """One Activity for every name that a Workflow may ask for."""

    @activity.defn(dynamic=True)
    async def stand_in(inputs: Sequence[RawValue]) -> Any:
        name = activity.info().activity_type
        if name not in stand_ins:
            raise ApplicationError(f"There is no Activity {name!r}", non_retryable=True)
        return stand_ins[name](*[_decoded(value.payload.data) for value in inputs])

    return stand_in


async def run_activity(
    function: Callable[..., Any],
    *inputs: Any,
    workflow_id: str = "check",
    attempt: int = 1,
    limit: float = 2.0,
) -> Any:
    """Run an Activity as its Worker would, in a thread where it is not async.

    Args:
        workflow_id: what `activity.info()` tells it, and
        attempt: as well.

    Raises:
        asyncio.TimeoutError: it takes longer than `limit` seconds.
        Exception: whatever it raises.

    https://python.temporal.io/temporalio.testing.ActivityEnvironment.html
    """
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, workflow_id=workflow_id, attempt=attempt)
    if asyncio.iscoroutinefunction(function):
        return await asyncio.wait_for(environment.run(function, *inputs), limit)
    return await in_thread(lambda: environment.run(function, *inputs), limit)


async def in_thread(work: Callable[[], Any], limit: float) -> Any:
    """The result of `work`, done in a thread that nobody waits for when its time is up."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def settle(value: Any, error: BaseException | None) -> None:
        if not done.done():
            done.set_exception(error) if error else done.set_result(value)

    def target() -> None:
        value, error = None, None
        try:
            value = work()
        except BaseException as caught:
            error = caught
        try:
            loop.call_soon_threadsafe(settle, value, error)
        except RuntimeError:  # the loop is no more: the check gave up
            return

    context = copy_context()
    threading.Thread(target=context.run, args=(target,), daemon=True, name="check").start()
    return await asyncio.wait_for(done, limit)


async def _watch(handle: WorkflowHandle[Any, Any], trial: Trial, taken: asyncio.Event) -> None:
    """Read the Event History as it grows, until the Workflow ends or its code fails.

    It asks again and again: a long poll may hear of an event many seconds late.

    Args:
        taken: set when the Worker has its first task.
    """
    run = Run(handle._client, handle.id, handle.first_execution_run_id)
    read, ended = 0, False
    while not ended:
        await run.poll()
        for event in run.events[read:]:
            ended = _read(event, trial, taken) or ended
        read = len(run.events)
        if not ended:
            await asyncio.sleep(0.02)


def _read(event: HistoryEvent, trial: Trial, taken: asyncio.Event) -> bool:
    """Take one event into the trial. Returns whether the trial ends with it."""
    trial.events.append(event)
    kind = event.event_type
    if kind == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
        taken.set()
    elif kind == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        told = event.activity_task_scheduled_event_attributes
        trial.activities.append(
            Scheduled(
                told.activity_type.name,
                inputs(told.input),
                told.start_to_close_timeout.ToTimedelta().total_seconds(),
                told.retry_policy.maximum_attempts,
                told.retry_policy.maximum_interval.ToTimedelta().total_seconds(),
                tuple(trial.completed_activities),
            )
        )
        trial.names[event.event_id] = told.activity_type.name
    elif kind == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
        done = event.activity_task_completed_event_attributes.scheduled_event_id
        trial.completed_activities.append(trial.names[done])
    elif kind in _TASK_TROUBLE:
        ending = event.workflow_task_failed_event_attributes
        if kind == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED and ending.cause in HARMLESS:
            trial.too_early = trial.too_early or ending.cause == _UNHANDLED
            return False
        failed: Failure = ending.failure
        trial.task_failure = failure_text(failed, 300) or "a Workflow Task timed out"
        trial.task_failure_trace = [line.strip() for line in failed.stack_trace.split("\n")]
        return True
    elif kind == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
        trial.completed = True
        result = inputs(event.workflow_execution_completed_event_attributes.result)
        trial.result = result[0] if result else None
    elif kind in _ENDS:
        failed = event.workflow_execution_failed_event_attributes.failure
        trial.failure = failure_text(failed, 300)
    return kind in _ENDS


def inputs(payloads: Payloads) -> list[Any]:
    """The values of payloads as JSON has them; None for what is not JSON."""
    return [_decoded(payload.data) for payload in payloads.payloads]


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return None
