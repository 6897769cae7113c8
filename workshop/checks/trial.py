"""Trials: what the learner wrote runs for real, on a Task Queue of its own, with no paid call."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Replayer, Worker

from workshop import settings
from workshop.follow.rows import failure_text
from workshop.follow.run import Run

_ENDS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
}
_TASK_TROUBLE = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
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
    events: list[HistoryEvent] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    """Activity names by the number of the event that scheduled them."""
    completed_activities: list[str] = field(default_factory=list)

    def task_failure_line(self, text: str) -> str:
        """The last line of a cell's text that the failing code went through."""
        lines = [line.strip() for line in text.split("\n")]
        return next((s for s in reversed(self.task_failure_trace) if s in lines and s), "")

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
) -> Trial:
    """Run a Workflow on the real service, with one stand-in for whatever Activities it asks for.

    Args:
        kind: the Workflow class.
        argument: its input.
        stand_ins: Activity name to a function of the decoded inputs, which gives its result.
        limit: seconds from when the Worker has its first task; a Workflow that has not ended by
            then is terminated.

    Returns:
        The trial, also where the Workflow failed, where its code did, or where it did not end.

    Raises:
        TypeError, ValueError: the class cannot be registered with a Worker.
    """

    @activity.defn(dynamic=True)
    async def stand_in(inputs: Sequence[RawValue]) -> Any:
        name = activity.info().activity_type
        if name not in stand_ins:
            raise ApplicationError(f"There is no Activity {name!r}", non_retryable=True)
        return stand_ins[name](*[_decoded(value.payload.data) for value in inputs])

    client = await connect()
    queue = f"check-{uuid.uuid4()}"
    # Without a build id the SDK hashes every module that is loaded: half a second, the first time.
    worker = Worker(
        client, task_queue=queue, workflows=[kind], activities=[stand_in], build_id="check"
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
    )
    try:
        taken = asyncio.Event()
        watching = asyncio.create_task(_watch(handle, trial, taken))
        first = asyncio.create_task(taken.wait())
        await asyncio.wait({watching, first}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({watching}, timeout=limit)
        if watching.done():
            watching.result()
        watching.cancel()
    finally:
        if not trial.completed and not trial.failure:
            await handle.terminate("the check is over")
        closing = asyncio.create_task(worker.shutdown())
        # A Workflow that blocks its thread holds the Worker up; the check does not wait for it.
        await asyncio.wait({closing, running}, timeout=0.3)
    return trial


async def replays(kind: type, trial: Trial, workflow_id: str = "check") -> str:
    """Replay the trial's Event History. Returns why it fails, or an empty string.

    https://python.temporal.io/temporalio.worker.Replayer.html
    """
    history = WorkflowHistory(workflow_id, trial.events)
    replayer = Replayer(workflows=[kind], data_converter=pydantic_data_converter, build_id="check")
    replay = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    return str(replay.replay_failure or "")


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
        failed: Failure = event.workflow_task_failed_event_attributes.failure
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
