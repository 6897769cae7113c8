"""Activities of a timeline: their attempts as spans, and the LLM calls that they made as marks.

The history is told of the last attempt of a retried Activity only, so those before it share a span.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse

from workshop.core.display import clean, dollars
from workshop.practice.model.ledger import Call
from workshop.watching.follow.history import attributes
from workshop.watching.follow.rows import LEFT_OPEN, Step, failure_text, seconds
from workshop.watching.timeline.spans import UNTAKEN_SECONDS, WAITING, Mark, Row, Span

LATE_RETRY_SECONDS = 2.0
"""The service hands a retry out up to a second after it is due; see `UNTAKEN_SECONDS`."""


@dataclass
class _Told:
    """What the Event History and the pending Activities tell of one Activity's attempts."""

    scheduled: float
    pending: PendingActivityInfo | None
    started: float | None = None
    attempt: int = 0
    """Number of the attempt that started; 0 where none is known."""
    failure: Failure | None = None
    """Of the attempt before that."""


def attempts(
    events: Sequence[HistoryEvent],
    state: DescribeWorkflowExecutionResponse,
    steps: Sequence[Step],
    now: float,
) -> dict[int, tuple[Span, ...]]:
    """The spans of each Activity, by the number of the event that scheduled it."""
    pending = {activity.activity_id: activity for activity in state.pending_activities}
    found: dict[int, _Told] = {}
    for event in events:
        kind, told = attributes(event)
        if kind == "activity_task_scheduled":
            open_one = pending.get(told.activity_id)
            found[event.event_id] = _Told(seconds(event.event_time), open_one)
        elif kind == "activity_task_started":
            activity = found[told.scheduled_event_id]
            activity.started, activity.attempt = seconds(event.event_time), told.attempt
            activity.failure = told.last_failure if told.attempt > 1 else None
    return {
        step.event_id: _attempts(step, found[step.event_id], now)
        for step in steps
        if step.kind == "activity"
    }


def _attempts(step: Step, told: _Told, now: float) -> tuple[Span, ...]:
    began = told.scheduled
    if step.state == LEFT_OPEN:
        return (Span(LEFT_OPEN, "left open when the Workflow ended", began, now),)
    if step.ended is None:
        return _open_attempts(told, now)
    if told.started is None:
        what = f"{step.state} before a Worker took it"
        return (Span(step.state, what, began, step.ended, step.error),)
    error = "" if step.state == "completed" else step.error
    what = f"attempt {told.attempt} {step.state}"
    last = Span(step.state, what, told.started, step.ended, error)
    if told.attempt > 1:
        return (_failed(began, told.started, told.attempt - 1, told.failure, waits=True), last)
    if told.started - began > UNTAKEN_SECONDS:
        return (Span("waiting", WAITING, began, told.started), last)
    return (last,)


def _open_attempts(told: _Told, now: float) -> tuple[Span, ...]:
    """The same of an Activity that goes on; the service knows a little more while it does."""
    pending = told.pending
    if pending is None:  # scheduled a moment ago; the next look knows more
        return (Span("waiting", WAITING, told.scheduled, now),)
    attempt, began = pending.attempt, now
    spans: list[Span] = []
    if pending.state in (
        PendingActivityState.PENDING_ACTIVITY_STATE_STARTED,
        PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
    ):
        began = min(now, seconds(pending.last_started_time))
        spans = [Span("running", f"attempt {attempt} running", began, now)]
    # Of the first attempt this is the scheduling, of a later one the end of the wait before it.
    due = min(began, seconds(pending.scheduled_time) or began)
    patience = UNTAKEN_SECONDS if attempt == 1 else LATE_RETRY_SECONDS
    if began - due > patience or (attempt == 1 and not spans):
        spans.insert(0, Span("waiting", WAITING, due, began))
    else:
        due = began
    if attempt > 1:
        over, count = seconds(pending.last_attempt_complete_time), attempt - 1
        known = told.scheduled <= over <= due  # it is not told of attempts that timed out
        failed = _failed(
            told.scheduled, over if known else due, count, pending.last_failure, waits=not known
        )
        wait = Span("waiting", f"waiting for attempt {attempt}", over, due)
        spans = [failed, *([wait] if known else []), *spans]
    return tuple(spans)


def _failed(begins: float, ends: float, count: int, failure: Failure | None, waits: bool) -> Span:
    """The first attempts, without bounds between them; the failure is that of the last one."""
    late = count == 1 and failure is not None and failure.HasField("timeout_failure_info")
    state = "timed out" if late else "failed"
    what = f"attempt{'' if count == 1 else 's'} {numbers(count)} {state}"
    if count > 1:
        what += ", with waits"
    elif waits:
        what += ", then waited"
    error = failure_text(failure) if failure is not None and failure.message else ""
    return Span(state, what, begins, ends, error)


def numbers(last: int) -> str:
    """Those from 1 on."""
    return "1" if last == 1 else f"1–{last}"


def with_calls(
    made: dict[object, Row], steps: Sequence[Step], calls: Iterable[Call], now: float
) -> None:
    """Put each LLM call on its Activity's row; those that fit none get a row at the end."""
    for call in calls:
        fits = [
            step
            for step in steps
            if step.kind == "activity"
            and _plain_name(call.activity or "") == _plain_name(step.name)
            and step.began - 0.05 <= call.at
            and step.attempt + 1 >= (call.attempt or 1)
        ]
        # The ledger knows the type of the Activity and not which one of several. The latest that
        # was under way is it, or, of several at once, the one with the fewest calls so far.
        under_way = [step for step in fits if call.at <= (step.ended or now) + 0.05]
        step = min(under_way, key=lambda step: len(made[step.event_id].marks), default=None)
        if step is None and fits:
            step = fits[-1]
        key = step.event_id if step else "calls"
        row = made.get(key, Row("call", "LLM calls", ""))
        made[key] = replace(row, marks=(*row.marks, _mark(call, step)))
    if rest := made.get("calls"):
        words = f"{len(rest.marks)} of no Activity in this history"
        made["calls"] = replace(rest, words=words)


def _mark(call: Call, step: Step | None) -> Mark:
    kept = step is None or step.open or (step.state, step.attempt) == ("completed", call.attempt)
    if step is not None and step.open and call.attempt is not None:
        kept = call.attempt > step.failures
    lost = call.answered and not kept
    failed = call.status is not None and not call.answered
    if call.answered:
        words = f"✓ answered, {dollars(call.dollars)}"
        words += "; ✗ the answer was lost with its attempt" if lost else ""
    elif failed:
        words = f"✗ {call.status or 'connection dropped'} {clean(call.error or '', 60)}".rstrip()
    else:
        words = "… no answer yet" if step is None or step.open else "✗ no answer"
    what = f"LLM call, attempt {call.attempt}" if call.attempt else "LLM call"
    return Mark("call", what, call.at, words, call.dollars, failed, lost)


def _plain_name(name: str) -> str:
    """A name as the ledger may know it: requests carry it in a header, which holds ASCII."""
    return clean(name).encode("ascii", "replace").decode()
