"""History: an Event History and the pending Activities become rows. Asks no service."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.history.v1 import ActivityTaskStartedEventAttributes, HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo

from workshop.core.display import clean, lasting
from workshop.watching.follow.rows import LEFT_OPEN, Step, failure_text, outside, seconds

_ENDING = re.compile(
    "(activity_task|timer|child_workflow_execution|workflow_execution)_"
    "(completed|failed|timed_out|canceled|terminated|fired|continued_as_new)"
)
_BEGINNING = {
    "activity_task": "scheduled_event_id",
    "timer": "started_event_id",
    "child_workflow_execution": "initiated_event_id",
}
"""Which attribute of an ending names the event that the row began with."""


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


def attributes(event: HistoryEvent) -> tuple[str, Any]:
    """The kind of an event, such as "timer_started", and what it tells."""
    kind = event.WhichOneof("attributes") or ""
    return kind.removesuffix("_event_attributes"), getattr(event, kind, None)


class _Book:
    """The rows while an Event History is read."""

    def __init__(self, now: float) -> None:
        self._now = now
        self._closed = False
        self._rows: dict[int, Step] = {}
        self._row_of: dict[tuple[str, str], int] = {}
        self._started: dict[int, ActivityTaskStartedEventAttributes] = {}

    def rows(self) -> tuple[Step, ...]:
        rows = [self._rows[number] for number in sorted(self._rows)]
        if self._closed:
            # What a Workflow leaves open when it ends will show no end in its history.
            rows = [_left_open(step) if step.open else step for step in rows]
        return tuple(rows)

    def read(self, event: HistoryEvent) -> None:
        kind, told = attributes(event)
        match kind:
            case "activity_task_scheduled":
                self._add("activity", told.activity_type.name, "waiting for a Worker", event)
                self._row_of["activity", told.activity_id] = event.event_id
            case "activity_task_started":
                self._started[told.scheduled_event_id] = told
            case "timer_started":
                lasts = seconds(told.start_to_fire_timeout)
                name = _text(event.user_metadata.summary) or f"timer of {lasting(lasts)}"
                left = max(0.0, seconds(event.event_time) + lasts - self._now)
                self._add("timer", name, "running", event, fires_in=left)
            case "start_child_workflow_execution_initiated":
                self._add("child", told.workflow_type.name, "running", event)
            case "start_child_workflow_execution_failed":
                error = "could not be started; its id may be in use"
                self._end(told.initiated_event_id, "failed", event, error=error)
            case "workflow_execution_signaled":
                came = seconds(event.event_time)
                self._add("signal", told.signal_name, "received", event, ended=came)
            case "workflow_execution_update_accepted":
                self._add("update", told.accepted_request.input.name, "accepted", event)
                self._row_of["update", told.protocol_instance_id] = event.event_id
            case "workflow_execution_update_completed":
                # The time-skipping test server leaves the number of the other event out.
                row = told.accepted_event_id or self._row_of.get(("update", told.meta.update_id), 0)
                if told.outcome.HasField("failure"):
                    self._end(row, "failed", event, error=failure_text(told.outcome.failure))
                else:
                    self._end(row, "completed", event)
            case _:
                if ending := _ENDING.fullmatch(kind):
                    self._read_ending(ending[1], ending[2], event, told)

    def _read_ending(self, thing: str, word: str, event: HistoryEvent, told: Any) -> None:
        if thing == "workflow_execution":
            self._closed = True
            return
        state = word.replace("_", " ").replace("canceled", "cancelled")
        more: dict[str, Any] = {}
        if thing == "activity_task":
            more = self._attempts(state in ("failed", "timed out"), told)
        elif state == "failed":
            more["error"] = failure_text(told.failure)
        self._end(getattr(told, _BEGINNING[thing]), state, event, **more)

    def _attempts(self, failed: bool, told: Any) -> dict[str, Any]:
        """What is known of the attempts of an Activity that has ended."""
        start = self._started.get(told.scheduled_event_id, ActivityTaskStartedEventAttributes())
        failure = told.failure if failed else start.last_failure
        return {
            "attempt": start.attempt,
            "failures": start.attempt if failed else max(0, start.attempt - 1),
            "error": failure_text(failure) if failed or failure.message else "",
            "outside": outside(failure) if failed else "",
            "worker": start.identity,
        }

    def read_pending(self, activity: PendingActivityInfo) -> None:
        row = self._row_of.get(("activity", activity.activity_id), 0)
        if not row or not self._rows[row].open:
            return
        # The service counts the attempt that is to come; a row tells of the one that was made.
        failures = max(0, activity.attempt - 1)
        attempt, state, wait = activity.attempt, "running", None
        if activity.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED:
            due = seconds(activity.next_attempt_schedule_time)
            attempt, state = failures, "retrying" if failures else "waiting for a Worker"
            wait = max(0.0, due - self._now) if failures and due else None
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

    def _add(self, kind: str, name: str, state: str, event: HistoryEvent, **more: Any) -> None:
        number, began = event.event_id, seconds(event.event_time)
        self._rows[number] = Step(kind, clean(name), state, number, began, **more)

    def _end(self, row: int, state: str, event: HistoryEvent, **more: Any) -> None:
        if row in self._rows:
            ended = seconds(event.event_time)
            self._rows[row] = replace(
                self._rows[row], state=state, ended=ended, fires_in=None, **more
            )


def _left_open(step: Step) -> Step:
    return replace(step, state=LEFT_OPEN, next_attempt_in=None, fires_in=None)


def _text(payload: Payload) -> str:
    try:
        value = json.loads(payload.data) if payload.data else ""
    except ValueError:  # encoded by a codec of the learner's
        return ""
    return value if isinstance(value, str) else ""
