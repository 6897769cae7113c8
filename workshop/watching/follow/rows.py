"""Rows: an Event History and the pending Activities become steps. Asks no service."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import PendingActivityState, TimeoutType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo

from workshop.core import settings
from workshop.core.display import clean, counted, lasting
from workshop.core.errors import WorkshopError

ERROR_LENGTH = 240
"""Characters of an error that a row shows: the SDK's and LiteLLM's own come whole."""
LEFT_OPEN = "left open"
SIGNS = {
    "waiting for a Worker": "…",
    "running": "…",
    "retrying": "↻",
    "paused": "…",
    "completed": "✓",
    "fired": "✓",
    "received": "✓",
    "accepted": "…",
    "failed": "✗",
    "timed out": "✗",
    "terminated": "✗",
    "cancelled": "-",
    LEFT_OPEN: "-",
}
"""The states of a step and their signs. A sign never stands without its word."""


@dataclass(frozen=True)
class Step:
    """One row of an Event History. Times are Unix seconds, durations seconds."""

    kind: str
    """activity, timer, child, signal or update."""
    name: str
    """The Activity's type, the Signal's name …; for a timer its summary or its length."""
    state: str
    """A word of `SIGNS`."""
    event_id: int
    began: float
    ended: float | None = None
    attempt: int = 0
    """Number of the latest attempt that has begun; 0 before the first one, and for other kinds."""
    failures: int = 0
    """Attempts that have failed so far."""
    error: str = ""
    """Type and message of the latest failure, one line, shortened."""
    outside: str = ""
    """Why the latest failure is not of the Activity's own code, in words; empty where it is."""
    worker: str = ""
    """The identity of the Worker that took it last."""
    next_attempt_in: float | None = None
    """Only while retrying."""
    fires_in: float | None = None
    """Only while a timer runs."""

    @property
    def seconds(self) -> float | None:
        """From scheduled to closed, waits between attempts included; None while it is open."""
        return None if self.ended is None else max(0.0, self.ended - self.began)

    @property
    def open(self) -> bool:
        return self.ended is None and self.state != LEFT_OPEN


@dataclass(frozen=True)
class Progress:
    """All that is known of a Workflow at one moment; what a condition is asked about."""

    workflow_type: str
    workflow_id: str
    run_id: str
    status: str
    """running, completed, failed, canceled, terminated, continued as new, timed out or paused."""
    steps: tuple[Step, ...]
    workers: frozenset[str] = frozenset()
    """The identities of the Workers that ran the Workflow's code."""

    @property
    def running(self) -> bool:
        return self.status in ("running", "paused")

    def summary(self) -> str:
        """How far it is, such as "2 of 3 steps completed so far". Each row is counted in it.

        Signals and Updates are no steps. Nor is a timer that was cancelled: `wait_condition` with a
        timeout starts one, and needs it no more when its condition comes true.
        """
        steps = [s for s in self.steps if s.kind in ("activity", "timer", "child")]
        idle = [s for s in steps if s.kind == "timer" and s.state == "cancelled"]
        done = sum(s.state in ("completed", "fired") for s in steps)
        count = len(steps) - len(idle)
        text = f"{done} of {count} steps completed" if count else "no steps"
        text += " so far" if self.running else ""
        kinds = [("timer", "cancelled", len(idle))]
        for kind in ("Signal", "Update"):
            kinds.append((kind, "received", sum(s.kind == kind.lower() for s in self.steps)))
        more = [f"{counted(n, kind)} {word}" for kind, word, n in kinds if n]
        return ", ".join([text, *more])


def steps(
    events: Iterable[HistoryEvent],
    pending: Iterable[PendingActivityInfo] = (),
    now: float | None = None,
) -> tuple[Step, ...]:
    """Turn an Event History into rows, in the order of scheduling.

    Args:
        events: the Event History, oldest first (https://docs.temporal.io/references/events).
        pending: the Activities that `describe()` calls pending. Attempts that fail and are retried
            stand there and nowhere else: the history is told only of the last one.
        now: Unix seconds, for the countdowns; the present unless given.
    """
    book = _Book(time.time() if now is None else now)
    for event in events:
        book.read(event)
    for activity in pending:
        book.read_pending(activity)
    return book.rows()


class _Book:
    """The rows while an Event History is read."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.closed = False
        self._rows: dict[int, Step] = {}
        self._row_of_activity: dict[str, int] = {}
        self._row_of_update: dict[str, int] = {}
        self._started: dict[int, Any] = {}

    def read(self, event: HistoryEvent) -> None:
        kind = event.WhichOneof("attributes") or ""
        reader = _READERS.get(kind.removesuffix("_event_attributes"))
        if reader is not None:
            reader(self, event, getattr(event, kind))

    def rows(self) -> tuple[Step, ...]:
        rows = [self._rows[number] for number in sorted(self._rows)]
        if self.closed:
            # What a Workflow leaves open when it ends will show no end in its history.
            rows = [
                replace(step, state=LEFT_OPEN, next_attempt_in=None, fires_in=None)
                if step.open
                else step
                for step in rows
            ]
        return tuple(rows)

    def add(self, kind: str, name: str, state: str, event: HistoryEvent, **more: Any) -> None:
        number, began = event.event_id, seconds(event.event_time)
        self._rows[number] = Step(kind, clean(name), state, number, began, **more)

    def end(self, row: int, state: str, event: HistoryEvent, **more: Any) -> None:
        if row in self._rows:
            over = {"next_attempt_in": None, "fires_in": None} | more
            ended = seconds(event.event_time)
            self._rows[row] = replace(self._rows[row], state=state, ended=ended, **over)

    def activity_scheduled(self, event: HistoryEvent, told: Any) -> None:
        self.add("activity", told.activity_type.name, "waiting for a Worker", event)
        self._row_of_activity[told.activity_id] = event.event_id

    def activity_started(self, event: HistoryEvent, told: Any) -> None:
        self._started[told.scheduled_event_id] = told

    def activity_ended(self, state: str, event: HistoryEvent, told: Any) -> None:
        start = self._started.get(told.scheduled_event_id)
        attempt = start.attempt if start else 0
        failures = max(0, attempt - 1)
        error = failure_text(start.last_failure) if start and start.last_failure.message else ""
        if state in ("failed", "timed out"):
            failures, error = attempt, failure_text(told.failure)
        counted: dict[str, Any] = {"attempt": attempt, "failures": failures, "error": error}
        if state in ("failed", "timed out"):
            counted["outside"] = outside(told.failure)
        counted["worker"] = start.identity if start else ""
        self.end(told.scheduled_event_id, state, event, **counted)

    def read_pending(self, activity: PendingActivityInfo) -> None:
        row = self._row_of_activity.get(activity.activity_id, 0)
        if not row or not self._rows[row].open:
            return
        # The service counts the attempt that is to come; a row tells of the one that was made.
        failures = max(0, activity.attempt - 1)
        attempt, state, wait = activity.attempt, "running", None
        if activity.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED:
            due = seconds(activity.next_attempt_schedule_time)
            attempt = failures
            state = "retrying" if failures else "waiting for a Worker"
            wait = max(0.0, due - self.now) if failures and due else None
        elif activity.state == PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED:
            attempt, state = failures, "paused"
        self._rows[row] = replace(
            self._rows[row],
            state=state,
            attempt=attempt,
            failures=failures,
            error=failure_text(activity.last_failure) if failures else "",
            outside=outside(activity.last_failure) if failures else "",
            worker=activity.last_worker_identity,
            next_attempt_in=wait,
        )

    def timer_started(self, event: HistoryEvent, told: Any) -> None:
        length = told.start_to_fire_timeout.seconds + told.start_to_fire_timeout.nanos / 1e9
        name = _payload_text(event.user_metadata.summary) or f"timer of {lasting(length)}"
        left = max(0.0, seconds(event.event_time) + length - self.now)
        self.add("timer", name, "running", event, fires_in=left)

    def child_ended(self, state: str, event: HistoryEvent, told: Any) -> None:
        error = failure_text(told.failure) if state == "failed" else ""
        self.end(told.initiated_event_id, state, event, error=error)

    def child_not_started(self, event: HistoryEvent, told: Any) -> None:
        error = "could not be started; its id may be in use"
        self.end(told.initiated_event_id, "failed", event, error=error)

    def update_accepted(self, event: HistoryEvent, told: Any) -> None:
        self.add("update", told.accepted_request.input.name, "accepted", event)
        self._row_of_update[told.protocol_instance_id] = event.event_id

    def update_ended(self, event: HistoryEvent, told: Any) -> None:
        # The time-skipping test server leaves the number of the other event out.
        row = told.accepted_event_id or self._row_of_update.get(told.meta.update_id, 0)
        if told.outcome.HasField("failure"):
            error = failure_text(told.outcome.failure)
            self.end(row, "failed", event, error=error)
        else:
            self.end(row, "completed", event)

    def workflow_ended(self, _event: HistoryEvent, _told: Any) -> None:
        self.closed = True


_Reader = Callable[[_Book, HistoryEvent, Any], None]
_READERS: dict[str, _Reader] = {
    "activity_task_scheduled": _Book.activity_scheduled,
    "activity_task_started": _Book.activity_started,
    "activity_task_completed": lambda b, e, a: b.activity_ended("completed", e, a),
    "activity_task_failed": lambda b, e, a: b.activity_ended("failed", e, a),
    "activity_task_timed_out": lambda b, e, a: b.activity_ended("timed out", e, a),
    "activity_task_canceled": lambda b, e, a: b.activity_ended("cancelled", e, a),
    "timer_started": _Book.timer_started,
    "timer_fired": lambda b, e, a: b.end(a.started_event_id, "fired", e),
    "timer_canceled": lambda b, e, a: b.end(a.started_event_id, "cancelled", e),
    "start_child_workflow_execution_initiated": lambda b, e, a: b.add(
        "child", a.workflow_type.name, "running", e
    ),
    "start_child_workflow_execution_failed": _Book.child_not_started,
    "child_workflow_execution_completed": lambda b, e, a: b.child_ended("completed", e, a),
    "child_workflow_execution_failed": lambda b, e, a: b.child_ended("failed", e, a),
    "child_workflow_execution_canceled": lambda b, e, a: b.child_ended("cancelled", e, a),
    "child_workflow_execution_timed_out": lambda b, e, a: b.child_ended("timed out", e, a),
    "child_workflow_execution_terminated": lambda b, e, a: b.child_ended("terminated", e, a),
    "workflow_execution_signaled": lambda b, e, a: b.add(
        "signal", a.signal_name, "received", e, ended=seconds(e.event_time)
    ),
    "workflow_execution_update_accepted": _Book.update_accepted,
    "workflow_execution_update_completed": _Book.update_ended,
    "workflow_execution_completed": _Book.workflow_ended,
    "workflow_execution_failed": _Book.workflow_ended,
    "workflow_execution_timed_out": _Book.workflow_ended,
    "workflow_execution_canceled": _Book.workflow_ended,
    "workflow_execution_terminated": _Book.workflow_ended,
    "workflow_execution_continued_as_new": _Book.workflow_ended,
}


def _inside(failure: Failure) -> Failure:
    """The failure that is told of: those around it only say that something inside failed."""
    outer = ("activity_failure_info", "child_workflow_execution_failure_info")
    while failure.WhichOneof("failure_info") in outer and failure.HasField("cause"):
        failure = failure.cause
    return failure


def outside(failure: Failure) -> str:
    """Why a failure is not of the Activity's own code, in words; empty where it is."""
    failure = _inside(failure)
    if failure.WhichOneof("failure_info") == "timeout_failure_info":
        kind = TimeoutType.Name(failure.timeout_failure_info.timeout_type)
        named = kind.removeprefix("TIMEOUT_TYPE_").replace("_", "-").capitalize()
        return f"its {named} timeout was over"
    if "is not registered on this worker" in failure.message:
        return "the Worker does not know it"
    files = re.findall(r'File "(.+?)", line \d+', failure.stack_trace)
    if files and all(is_library(file) for file in files):
        return "the SDK could not give it its input, or could not keep what it returned"
    return ""


def is_library(file: str) -> bool:
    """Whether code is Python's or a package's, and not what somebody here has written."""
    place = file.replace("\\", "/")
    return "/site-packages/" in place or "/lib/python" in place or place.startswith("<frozen")


def failure_text(failure: Failure, limit: int = ERROR_LENGTH) -> str:
    """Type and message of a failure as one line, shortened to `limit` characters."""
    failure = _inside(failure)
    kind = {
        "application_failure_info": failure.application_failure_info.type or "ApplicationError",
        "timeout_failure_info": "TimeoutError",
        "canceled_failure_info": "CancelledError",
        "terminated_failure_info": "TerminatedError",
        "server_failure_info": "ServerError",
    }.get(failure.WhichOneof("failure_info") or "", "Failure")
    return error_line(kind, failure.message, limit)


def error_line(kind: str, message: str, limit: int) -> str:
    """An error as one line of at most `limit` characters, without the key that it may hold."""
    return clean(_without_key(f"{kind}: {message}"), limit)


@lru_cache(maxsize=256)  # a panel shows the same error many times a second
def _without_key(text: str) -> str:
    try:
        return settings.load().without_key(text)
    except WorkshopError:
        return text


def seconds(stamp: Timestamp) -> float:
    """Unix seconds of a moment that the Temporal Service names; 0.0 where it names none."""
    return float(stamp.seconds) + stamp.nanos / 1e9


def _payload_text(payload: Payload) -> str:
    try:
        value = json.loads(payload.data) if payload.data else ""
    except ValueError:  # encoded by a codec of the learner's
        return ""
    return value if isinstance(value, str) else ""
