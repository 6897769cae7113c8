"""Trials: what the learner wrote runs for real, on a Task Queue of its own, with no paid call.

Whether a Workflow goes on is read from its Event History, and not from a clock: where no task is
open and no timer runs, nothing will happen by itself, on any machine. Only a task that is open and
does not end is waited for with `Patience`.
"""

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
from typing import Any, TypeVar

from temporalio import activity
from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType, TimeoutType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowHistory,
    WorkflowUpdateFailedError,
)
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from workshop.checks.outcome import NotDecided
from workshop.core import listeners, patience, settings
from workshop.core.patience import Patience
from workshop.kernel.private_parts import client_of, without_clock
from workshop.services.time_skipping import test_server
from workshop.watching.follow.causes import HARMLESS
from workshop.watching.follow.rows import failure_text
from workshop.watching.follow.run import RPC_SECONDS, Run

T = TypeVar("T")

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
_ACCEPTED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
_ANSWERED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED
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


LIMIT = 2.0
"""Seconds of a quiet machine in which a task that is open must move on; and those of the longest
timer that a trial waits for."""
BUSY = 3.0
"""So many times slower than a quiet machine is busy."""
ANSWER_SECONDS = 10.0
"""Seconds of a quiet machine in which the Temporal Service must answer."""
MOST_EVENTS = 600
"""A Workflow of a lesson has fewer than a hundred; one that has more goes on and on."""


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
    state: DescribeWorkflowExecutionResponse = field(
        default_factory=DescribeWorkflowExecutionResponse
    )
    child_fails: bool = False
    """The code of a Workflow that it has started fails, and is tried again and again."""
    looks: int = 0
    """How often the Temporal Service has told of it."""
    over: bool = False
    """Nothing more will be told: it has ended, its code has failed, or nobody looks any more."""

    def task_failure_line(self, text: str) -> str:
        """The last line of a cell's text that the failing code went through."""
        lines = [line.strip() for line in text.split("\n")]
        return next((s for s in reversed(self.task_failure_trace) if s in lines and s), "")

    @property
    def in_task(self) -> bool:
        """Whether a Worker has taken a Workflow Task, and has not answered yet."""
        return bool(self.events) and self.events[-1].event_type == _TASK_STARTED

    @property
    def under_way(self) -> bool:
        """Whether there is a task that nobody has finished yet."""
        started = self.state.HasField("pending_workflow_task")
        return started or self._open() > 0 or not self.events

    def waits(self, longest: float) -> bool:
        """Whether it does nothing more by itself, or only after more seconds than these.

        Decided by the history alone: no task is open, and no timer or next attempt is due before.
        """
        if len(self.events) > MOST_EVENTS:
            return True
        if sum(timer for timer in self._timers(done=True) if timer <= longest) > 2 * longest:
            return True  # one short timer after another
        if self.child_fails:
            return True
        pauses = self._pauses()
        open_activities = len(self.state.pending_activities)
        if self.under_way and not (pauses and len(pauses) == open_activities == self._open()):
            return False
        return all(pause > longest for pause in [*self._timers(done=False), *pauses])

    def _open(self) -> int:
        return sum(
            (event.event_type in _BEGINS) - (event.event_type in _FINISHES) for event in self.events
        )

    def _timers(self, *, done: bool) -> list[float]:
        """The seconds of the timers that have fired, or of those that run."""
        asked: dict[int, float] = {}
        fired: list[float] = []
        for event in self.events:
            if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
                told = event.timer_started_event_attributes.start_to_fire_timeout
                asked[event.event_id] = told.ToTimedelta().total_seconds()
            elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
                fired.append(asked.pop(event.timer_fired_event_attributes.started_event_id))
            elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
                del asked[event.timer_canceled_event_attributes.started_event_id]
        return fired if done else list(asked.values())

    def _pauses(self) -> list[float]:
        """For each Activity that waits for its next attempt: the seconds of its last waits."""
        return [
            # One that was as long was before it, or half of one: not many seconds in all.
            1.5 * (due - ended)
            for told in self.state.pending_activities
            if told.attempt > 1
            and (due := told.next_attempt_schedule_time.ToNanoseconds() / 1e9)
            > (ended := told.last_attempt_complete_time.ToNanoseconds() / 1e9)
            > 0
        ]

    def elsewhere(self, queue: str) -> bool:
        """Whether it waits for an Activity or a child on another Task Queue: nobody polls that."""
        asked = [a.activity_options.task_queue.name for a in self.state.pending_activities]
        if self.state.pending_children:
            initiated = EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
            asked += [
                e.start_child_workflow_execution_initiated_event_attributes.task_queue.name
                for e in self.events
                if e.event_type == initiated
            ]
        return any(name not in ("", queue) for name in asked)

    def scheduled(self, name: str) -> Scheduled | None:
        return next((a for a in self.activities if a.name == name), None)


class NoService(Exception):
    """Nobody is there where the Temporal Service should be."""


_LATE = {
    *(RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED),
    *(RPCStatusCode.UNKNOWN, RPCStatusCode.INTERNAL),  # its connection broke: no ping came back
    RPCStatusCode.RESOURCE_EXHAUSTED,  # it has more to do than it can: "Workflow is busy"
}
TOO_LONG = "The Temporal Service takes very long to answer."


def late(error: BaseException) -> bool:
    """Whether a call ended without an answer, though the Temporal Service is there."""
    if not isinstance(error, RPCError):
        return False
    if error.status == RPCStatusCode.UNAVAILABLE:
        return _is_there()
    return error.status in _LATE


def _is_there() -> bool:
    """Whether somebody listens on this machine where the Temporal Service should be."""
    host, _, port = settings.load().temporal_address.rpartition(":")
    return host in ("localhost", "127.0.0.1") and listeners.listens(int(port))


async def answered(call: Awaitable[T]) -> T:
    """What the Temporal Service answers.

    Raises:
        NotDecided: it is there, and too slow to answer.
        RPCError: it refuses, or is not there.
    """
    try:
        return await patience.wait_for(call, ANSWER_SECONDS)
    except asyncio.TimeoutError:
        pass
    except RPCError as error:
        if not late(error):
            raise
    raise NotDecided(TOO_LONG)


async def connect() -> Client:
    """A Client of the check's own: the learner's may be missing, or wrong.

    Raises:
        NoService: nobody answers at the address of the settings.
        NotDecided: the Temporal Service is there, and too slow to answer.
    """
    known = settings.load()
    try:
        return await answered(
            Client.connect(
                **known.connect_config(),
                data_converter=pydantic_data_converter,
            )
        )
    except RuntimeError as error:
        if _is_there():  # the SDK's own limit goes by the clock
            raise NotDecided(TOO_LONG) from error
        raise NoService(known.temporal_address) from error


async def run_workflow(
    kind: type,
    argument: Any,
    stand_ins: Mapping[str, Callable[..., Any]],
    *,
    limit: float = LIMIT,
    script: Callable[[Talk], Awaitable[None]] | None = None,
    early: tuple[str, Any] | None = None,
    children: Sequence[type] = (),
) -> Trial:
    """Run a Workflow on the real service, with one stand-in for whatever Activities it asks for.

    Args:
        kind: the Workflow class.
        argument: its input.
        stand_ins: Activity name to a function of the decoded inputs, which gives its result.
        limit: seconds of the longest timer that is waited for. A Workflow that waits for
            something else, or does not give back control, is terminated.
        script: talks to the Workflow while it runs; when it returns, the trial is over.
        early: a Signal that is there before the Workflow begins, and its input.
        children: stand-ins for the Workflows that it starts itself.

    Returns:
        The trial, also where the Workflow failed, where its code did, or where it did not end.

    Raises:
        TypeError, ValueError: the class cannot be registered with a Worker.
        NotDecided: the Temporal Service is too slow to answer.
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
        sticky_queue_schedule_to_start_timeout=_TASK_TIMEOUT,
    )
    without_clock(worker)
    trial = Trial()
    handle = await answered(
        client.start_workflow(
            kind.__temporal_workflow_definition.name,  # type: ignore[attr-defined]
            argument,
            id=queue,
            task_queue=queue,
            # Long: it would cut an Activity's timeout, which is what a check looks at.
            execution_timeout=timedelta(days=365),
            task_timeout=_TASK_TIMEOUT,
            start_signal=early[0] if early else None,
            start_signal_args=[early[1]] if early else [],
        )
    )
    running = asyncio.create_task(worker.run())
    try:
        watching = asyncio.create_task(_watch(handle, trial))
        talk = Talk(handle, trial, limit, kind)
        if script is None:
            with contextlib.suppress(Stuck):
                await talk.ended()
        else:
            await _talk(script(talk), watching, talk)
        if watching.done():
            watching.result()
        watching.cancel()
    finally:
        if not trial.completed and not trial.failure:
            with contextlib.suppress(RPCError):  # it may have ended in this moment
                await handle.terminate(
                    reason="the check is over", rpc_timeout=timedelta(seconds=LIMIT)
                )
            if trial.in_task:
                _interrupt(kind)
        trial.over = True
        closing = asyncio.create_task(worker.shutdown())
        # A Workflow that blocks its thread holds the Worker up; the check does not wait for it.
        await asyncio.wait({closing, running}, timeout=0.3)
    return trial


_TASK_TIMEOUT = timedelta(seconds=120)
"""For one Workflow Task. By default 10 s, which a busy machine may need for one that is right."""


class Stuck(Exception):
    """A Workflow in a trial does not do what the script waits for."""


@dataclass(frozen=True)
class Talk:
    """What the script of a trial does: wait for the Workflow, and send it messages."""

    handle: WorkflowHandle[Any, Any]
    trial: Trial
    limit: float
    """Seconds of the longest timer that is waited for."""
    kind: type

    async def drafted(self, times: int = 1) -> None:
        """Wait until so many Activities have completed and their results are in the Workflow.

        Raises:
            Stuck: they will not, or it has ended before.
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

    async def settled(self) -> None:
        """Wait until the Workflow does nothing more by itself.

        Raises:
            Stuck: it goes on and on, or does not give back control.
        """
        with contextlib.suppress(Stuck):
            await self.until(lambda: False)
        if not self.trial.over and self.trial.under_way:
            raise Stuck

    async def signal(self, name: str, *inputs: Any) -> None:
        with contextlib.suppress(RPCError):  # it has ended; the script looks at its result
            await self.handle.signal(name, args=inputs)

    async def query(self, name: str) -> Any:
        """The answer as JSON has it.

        Raises:
            WorkflowQueryFailedError, RPCError: there is none.
        """
        asked = asyncio.ensure_future(answered(self.handle.query(name)))
        if not await self._done(asked, lambda: False):
            raise RPCError("No answer came", RPCStatusCode.UNAVAILABLE, b"")
        return asked.result()

    async def update(self, name: str, *inputs: Any) -> tuple[bool, str]:
        """Whether an Update was accepted and completed, and its answer or the reason why not.

        Raises:
            Stuck: it is neither accepted nor rejected.
        """
        known = len(self.trial.events)
        update = asyncio.ensure_future(self.handle.execute_update(name, args=inputs))

        def in_vain() -> bool:
            kinds = [event.event_type for event in self.trial.events]
            unanswered = kinds.count(_ACCEPTED) > kinds.count(_ANSWERED)
            return unanswered and _ACCEPTED in kinds[known:] and self.trial.waits(self.limit)

        try:
            if not await self._done(update, in_vain):
                raise Stuck
            return True, str(update.result())
        except WorkflowUpdateFailedError as error:
            return False, str(error.cause)
        except RPCError as error:
            return False, error.message

    async def _done(self, call: asyncio.Future[Any], in_vain: Callable[[], bool]) -> bool:
        """Wait for an answer. Returns whether it came; where not, the call is cancelled."""
        waiting = Patience(LIMIT)
        try:
            while not call.done():
                if in_vain() or self._too_long(waiting):
                    return False
                await asyncio.wait({call}, timeout=0.05)
            return True
        finally:
            call.cancel()

    def beat(self) -> object:
        """What shows that the Temporal Service had its chance; when it is over, nothing does."""
        return None if self.trial.over else self.trial.looks

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so.

        Raises:
            Stuck: it will not be: the Workflow does nothing more by itself, or its code does not
                give back control.
        """
        trial, since = self.trial, self.trial.looks
        waiting = Patience(LIMIT)
        while not condition():
            if trial.over:
                raise Stuck
            # The look under way may have begun before the script's last word to the Workflow.
            if trial.looks > since + 1 and trial.waits(self.limit):
                raise Stuck
            if self._too_long(waiting):
                if self._in_code:
                    trial.task_failure = "TMPRL1101: the code does not give back control"
                raise Stuck
            await asyncio.sleep(0.01)

    @property
    def _in_code(self) -> bool:
        return self.trial.in_task and bool(in_code_of(self.kind))

    def _too_long(self, waiting: Patience) -> bool:
        """Whether nothing has moved for so long that nothing will.

        On a busy machine only where that lies with the learner's code. Else it is the turn of the
        Temporal Service or of the check's own Worker: if that takes too long for any check, the
        check says that it could not decide.
        """
        trial = self.trial
        attempts = sum(activity.attempt for activity in trial.state.pending_activities)
        over = waiting.over((len(trial.events), attempts), self.beat())
        return over and (waiting.stretch < BUSY or self._in_code or trial.elsewhere(self.handle.id))


async def _talk(script: Awaitable[None], watching: asyncio.Task[None], talk: Talk) -> None:
    """Let the script talk until it is done, or the Workflow's code fails.

    Raises:
        Exception: whatever the script raises.
    """
    talking, trial = asyncio.ensure_future(script), talk.trial
    both: set[asyncio.Future[Any]] = {talking, watching}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            watching.result()
        if not trial.task_failure:
            await asyncio.wait({talking})  # each of its waits has an end
    finally:
        talking.cancel()
    if not talking.done():
        return
    try:
        talking.result()
    except Exception:
        # The script may have met the failing code first: the history says so at the next looks.
        since, waiting = trial.looks, Patience(0.3)
        while not trial.over and (
            trial.looks < since + 2 or (trial.under_way and not waiting.over(beat=trial.looks))
        ):
            await asyncio.sleep(0.01)
        if watching.done():
            watching.result()
        if not trial.task_failure:
            raise


async def after_silence(
    kind: type,
    argument: Any,
    stand_ins: Mapping[str, Callable[..., Any]],
    *,
    enough: float,
) -> Silence:
    """Run a Workflow on a time-skipping server of its own, where nobody sends it anything.

    Args:
        enough: seconds on the server's clock after which a Workflow goes on for too long.

    Returns:
        How it ended, and how long it waited.

    Raises:
        WorkshopError: the server is not installed.
        NotDecided: the server does not come up, or does not answer.

    https://docs.temporal.io/develop/python/testing-suite#skip-time
    """
    starting: Awaitable[Any] = WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=test_server(), data_converter=pydantic_data_converter
    )
    try:
        environment: Any = await patience.wait_for(starting, 2 * ANSWER_SECONDS)
    except (RuntimeError, asyncio.TimeoutError):  # the SDK itself gives it 5 s of the clock
        raise NotDecided("The time-skipping server has not come up.") from None
    silence = Silence(Trial())
    working = asyncio.create_task(_silent(environment, kind, argument, stand_ins, silence, enough))
    try:
        await asyncio.wait({working})
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
        sticky_queue_schedule_to_start_timeout=_TASK_TIMEOUT,
    )
    without_clock(worker)
    running = asyncio.create_task(worker.run())
    handle = await answered(
        environment.client.start_workflow(
            kind.__temporal_workflow_definition.name,  # type: ignore[attr-defined]
            argument,
            id="check",
            task_queue="check",
            execution_timeout=timedelta(days=365),
            task_timeout=_TASK_TIMEOUT,
        )
    )
    trial = silence.trial
    # Its clock moves on while somebody waits for a result.
    async with environment.time_skipping_unlocked():
        watching = asyncio.create_task(_watch(handle, trial))
        blocking, moving = Patience(0.8), Patience(ANSWER_SECONDS)
        while not watching.done() and silence.seconds <= enough:
            await asyncio.wait({watching}, timeout=0.05)
            # Its clock skips any timer, however long.
            if trial.looks > 1 and trial.waits(0.0) and not trial._timers(done=False):
                break
            inside = trial.in_task and bool(in_code_of(kind))
            if blocking.over(len(trial.events) if inside else object(), trial.looks):
                silence.blocks = True
                _interrupt(kind)
                break
            if moving.over(len(trial.events)):
                raise NotDecided("The time-skipping server does not go on.")
        if watching.done():
            watching.result()
        watching.cancel()
    trial.over = True
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

    Raises:
        NotDecided: this machine is too slow for it.

    https://python.temporal.io/temporalio.worker.Replayer.html
    """
    history = WorkflowHistory(workflow_id, trial.events)
    replayer = Replayer(workflows=[kind], data_converter=pydantic_data_converter, build_id="check")
    for _ in range(5):
        replay = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        # The SDK's clock allows two seconds for a task. The trial has shown that this code ends.
        if "TMPRL1101" not in (fault := str(replay.replay_failure or "")):
            return fault
    raise NotDecided("The replay takes very long.")


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
    limit: float = LIMIT,
) -> Any:
    """Run an Activity as its Worker would, in a thread where it is not async.

    Args:
        workflow_id: what `activity.info()` tells it, and
        attempt: as well.

    Raises:
        asyncio.TimeoutError: it takes longer than `limit` seconds of a quiet machine.
        Exception: whatever it raises.

    https://python.temporal.io/temporalio.testing.ActivityEnvironment.html
    """
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, workflow_id=workflow_id, attempt=attempt)
    if asyncio.iscoroutinefunction(function):
        return await patience.wait_for(environment.run(function, *inputs), limit)
    return await in_thread(lambda: environment.run(function, *inputs), limit)


async def in_thread(work: Callable[[], Any], limit: float) -> Any:
    """The result of `work`, done in a thread that nobody waits for when its time is up.

    Raises:
        asyncio.TimeoutError: it takes longer than `limit` seconds of a quiet machine.
        Exception: whatever it raises.
    """
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
    return await patience.wait_for(done, limit)


async def _watch(handle: WorkflowHandle[Any, Any], trial: Trial) -> None:
    """Read the Event History as it grows, until the Workflow ends or its code fails.

    It asks again and again: a long poll may hear of an event many seconds late.

    Raises:
        NotDecided: the Temporal Service is there, and too slow to answer.
        RPCError: it is not there.
    """
    run = Run(client_of(handle), handle.id, handle.first_execution_run_id)
    read, ended, asking = 0, False, Patience(ANSWER_SECONDS)
    loop = asyncio.get_running_loop()
    try:
        while not ended:
            began = loop.time()
            answer = asyncio.ensure_future(run.poll())
            try:
                while not answer.done():
                    await asyncio.wait({answer}, timeout=0.1)
                    if asking.over(trial.looks):
                        raise NotDecided(TOO_LONG)
                answer.result()
                trial.child_fails = await _child_fails(client_of(handle), run.state)
            except RPCError as error:
                if not late(error):
                    raise
                continue
            finally:
                answer.cancel()
            trial.state = run.state
            for event in run.events[read:]:
                ended = _read(event, trial) or ended
            read = len(run.events)
            trial.looks += 1
            if not ended:
                # As long a pause as the answer took: questions are not to be all that is done.
                await asyncio.sleep(max(0.02, loop.time() - began))
    finally:
        trial.over = True


async def _child_fails(client: Client, state: DescribeWorkflowExecutionResponse) -> bool:
    """Whether a child is in the second attempt of a task: the first one has failed."""
    for child in state.pending_children:
        if child.run_id:  # it has been started
            handle = client.get_workflow_handle(child.workflow_id, run_id=child.run_id)
            told = await handle.describe(rpc_timeout=RPC_SECONDS)
            if told.raw_description.pending_workflow_task.attempt > 1:
                return True
    return False


def _read(event: HistoryEvent, trial: Trial) -> bool:
    """Take one event into the trial. Returns whether the trial ends with it."""
    trial.events.append(event)
    kind = event.event_type
    if kind == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
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
            return False
        late = event.workflow_task_timed_out_event_attributes.timeout_type
        if late == TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START:
            return False  # nobody had taken it; it is handed out again
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
