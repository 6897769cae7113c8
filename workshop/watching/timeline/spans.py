"""Spans: an Event History becomes rows of what lasted and marks of what happened. Asks no service.

Nothing is invented. The history is told of the last attempt of a retried Activity only, so the
ones before it share one span; and a Worker that is away shows only when a task waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from temporalio.api.enums.v1 import PendingActivityState, PendingWorkflowTaskState, TimeoutType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse

from workshop.core.display import clean, dollars, duration, lasting
from workshop.practice.model.ledger import Call
from workshop.watching.follow.causes import HARMLESS
from workshop.watching.follow.rows import (
    LEFT_OPEN,
    SIGNS,
    Step,
    failure_text,
    seconds,
)

WAITING = "waiting for a Worker"
CONTINUED = "continued as new"
UNTAKEN_SECONDS = 0.5
"""A Worker that is there takes a task within milliseconds; on a busy machine it may need longer."""
LATE_RETRY_SECONDS = 2.0
"""The same for a retry: the service hands it out up to a second after it is due."""
UNANSWERED_SECONDS = 2.0
"""A Worker answers a Workflow Task in milliseconds; after this, something holds it."""


@dataclass(frozen=True)
class Span:
    """A stretch of a row, in seconds since the Workflow's start."""

    state: str
    """How it is drawn: completed, failed, timed out, running, waiting, timer, left open, untaken,
    unanswered or run."""
    what: str
    """In words, such as "attempt 4 completed"."""
    begins: float
    ends: float
    error: str = ""
    words: str = ""
    """What else is to be said of it, such as why a timer was cancelled."""


@dataclass(frozen=True)
class Mark:
    """A moment of a row, in seconds since the Workflow's start."""

    kind: str
    """signal, query, rejected (an Update that was) or call."""
    what: str
    at: float
    words: str = ""
    dollars: float = 0.0
    """What an LLM call cost, in US dollars."""
    failed: bool = False
    """The LLM call got no good answer."""
    lost: bool = False
    """The LLM call was answered and paid for, and its Activity's attempt did not complete."""


@dataclass(frozen=True)
class Row:
    """One line of the picture."""

    kind: str
    """run, worker, activity, timer, child, signal, update, query or call."""
    label: str
    words: str
    """Its state with a sign, and how long it took."""
    error: str = ""
    plain: bool = False
    """Whether it completed at once, so that a picture with too many rows may leave it out."""
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass
class _Activity:
    """What the Event History and the pending Activities tell of one Activity's attempts."""

    scheduled: float
    started: float | None = None
    attempt: int = 0
    """Number of the attempt that started; 0 where none is known."""
    failure: Failure | None = None
    """Of the attempt before that."""
    pending: PendingActivityInfo | None = None


@dataclass
class _Tasks:
    """Workflow Tasks, and Activity Tasks as far as somebody waited for them. Unix seconds."""

    scheduled: dict[int, float] = field(default_factory=dict)
    started: dict[int, float] = field(default_factory=dict)
    untaken: list[tuple[float, float]] = field(default_factory=list)
    busy: list[tuple[float, float]] = field(default_factory=list)
    """When a Worker certainly was there: it took something and answered."""
    spans: list[Span] = field(default_factory=list)


def rows(
    events: Sequence[HistoryEvent],
    state: DescribeWorkflowExecutionResponse,
    steps: Iterable[Step],
    now: float,
    *,
    zero: float | None = None,
    calls: Iterable[Call] = (),
    queries: Iterable[float] = (),
    rejected: Iterable[float] = (),
) -> tuple[Row, ...]:
    """The rows of a picture.

    Args:
        events: the Event History, oldest first.
        state: what `describe` says of the same moment.
        steps: the same history as `follow` reads it.
        now: Unix seconds at which the picture ends: the last event's, or the present.
        zero: Unix seconds of the picture's left edge; the run's start unless given.
        calls: the LLM calls of this run, oldest first.
        queries: moments of Queries, in Unix seconds.
        rejected: moments of Updates that were rejected, in Unix seconds.
    """
    zero = seconds(events[0].event_time) if zero is None else zero
    activities = _activities(events, state)
    made: list[Row] = []
    groups: dict[tuple[str, str], int] = {}
    steps = list(steps)
    tasks = _tasks(events, state, now)
    timers = _timers(events)
    activity_rows: list[tuple[int, Step]] = []
    for step in steps:
        if step.kind in ("signal", "update"):
            _group(made, groups, step, zero, now)
            continue
        if step.kind == "activity":
            spans = _attempts(step, activities[step.event_id], now)
            activity_rows.append((len(made), step))
            for span in spans:
                if span.what == WAITING:
                    tasks.untaken.append((span.begins, span.ends))
                elif span.state in ("completed", "running") or (
                    span.state == "failed" and span is spans[-1]
                ):
                    tasks.busy.append((span.begins, span.ends))
        else:
            spans = (_whole(step, now, timers.get(step.event_id, "")),)
        made.append(
            Row(
                step.kind,
                step.name if step.kind != "child" else f"child Workflow {step.name}",
                ", ".join(part for part in (_words(step, now), spans[-1].words) if part),
                step.error,
                step.state in ("completed", "fired") and step.failures == 0,
                tuple(_since(span, zero) for span in spans),
            )
        )
    made = _with_calls(made, activity_rows, list(calls), zero, now)
    asked = tuple(Mark("query", "Query", at - zero) for at in sorted(queries))
    if asked:
        made.append(Row("query", "Queries", _times(len(asked), "answered"), marks=asked))
    refused = tuple(Mark("rejected", "rejected", at - zero) for at in sorted(rejected))
    if refused:
        said = f"✗ {_times(len(refused), 'rejected')}, which leaves no event in the history"
        made.append(Row("update", "Updates", said, marks=refused))
    lane = _worker_lane(tasks, zero)
    return (lane, *made) if lane.spans else tuple(made)


def run_row(
    events: Sequence[HistoryEvent], status: str, number: int, zero: float, ends: float
) -> Row:
    """One run of several, above its rows: a Workflow that continues as new begins another.

    Args:
        events: its Event History, oldest first.
        status: how it ended, as `follow` says it.
        number: 1 for the first run; 0 where it is shown alone.
        zero: Unix seconds of the picture's left edge.
        ends: Unix seconds of its end, or the present.
    """
    what = f"{status}{', goes on in the next run' if status == CONTINUED else ''}"
    began, words = seconds(events[0].event_time), f"{len(events)} events"
    said = f"{run_sign(what)} {what}, {words}, {duration(max(0.0, ends - began))}"
    span = Span("run", what, began, ends, words=words)
    return Row("run", f"Run {number}" if number else "Run", said, spans=(_since(span, zero),))


def run_sign(what: str) -> str:
    """The sign that stands before a run's status."""
    return "✓" if what.startswith(CONTINUED) else SIGNS.get(what, "…")


def _since(span: Span, zero: float) -> Span:
    return replace(span, begins=span.begins - zero, ends=max(span.begins, span.ends) - zero)


def _words(step: Step, now: float) -> str:
    """A row's state in words, with what a glance needs to know."""
    parts = [f"{SIGNS[step.state]} {step.state}"]
    if step.attempt:
        attempt = f"attempt {step.attempt}"
        if step.state == "completed" and step.failures:
            attempt += f" ({_numbers(1, step.failures)} failed)"
        parts.append(attempt)
    if step.next_attempt_in is not None:
        parts.append(f"next attempt in {duration(step.next_attempt_in)}")
    elif step.fires_in is not None:
        parts.append(f"fires in {duration(step.fires_in)}")
    elif step.seconds is not None:
        parts.append(duration(step.seconds))
    elif step.open:
        parts.append(f"{duration(max(0.0, now - step.began))} so far")
    return ", ".join(parts)


def _numbers(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}–{last}"


def _times(count: int, word: str) -> str:
    return word if count == 1 else f"{word} {count} times"


# Activities


def _activities(
    events: Sequence[HistoryEvent], state: DescribeWorkflowExecutionResponse
) -> dict[int, _Activity]:
    """By the number of the event that scheduled it."""
    found: dict[int, _Activity] = {}
    of_id: dict[str, _Activity] = {}
    for event in events:
        if event.HasField("activity_task_scheduled_event_attributes"):
            told = event.activity_task_scheduled_event_attributes
            found[event.event_id] = of_id[told.activity_id] = _Activity(seconds(event.event_time))
        elif event.HasField("activity_task_started_event_attributes"):
            start = event.activity_task_started_event_attributes
            activity = found[start.scheduled_event_id]
            activity.started, activity.attempt = seconds(event.event_time), start.attempt
            activity.failure = start.last_failure if start.attempt > 1 else None
    for pending in state.pending_activities:
        if pending.activity_id in of_id:
            of_id[pending.activity_id].pending = pending
    return found


def _attempts(step: Step, told: _Activity, now: float) -> tuple[Span, ...]:
    """An Activity's row, as far as it is known."""
    if step.state == LEFT_OPEN:
        return (Span(LEFT_OPEN, "left open when the Workflow ended", told.scheduled, now),)
    if step.open:
        return _open_attempts(told, now)
    ends = step.ended if step.ended is not None else now
    if told.started is None:
        what = f"{step.state} before a Worker took it"
        return (Span(step.state, what, told.scheduled, ends, step.error),)
    error = "" if step.state == "completed" else step.error
    last = Span(step.state, f"attempt {told.attempt} {step.state}", told.started, ends, error)
    return (*_before(told, told.started, told.attempt), last)


def _before(told: _Activity, until: float, attempt: int) -> tuple[Span, ...]:
    """What lies between the scheduling and the start of an attempt that is known."""
    if attempt > 1:
        return (_failed(told.scheduled, until, attempt - 1, told.failure, waits=True),)
    if until - told.scheduled > UNTAKEN_SECONDS:
        return (Span("waiting", WAITING, told.scheduled, until),)
    return ()


def _failed(begins: float, ends: float, count: int, failure: Failure | None, waits: bool) -> Span:
    """The first attempts, without bounds between them; the failure is that of the last one."""
    late = count == 1 and failure is not None and failure.HasField("timeout_failure_info")
    state = "timed out" if late else "failed"
    what = f"attempt{'' if count == 1 else 's'} {_numbers(1, count)} {state}"
    if count > 1:
        what += ", with waits"
    elif waits:
        what += ", then waited"
    error = failure_text(failure) if failure is not None and failure.message else ""
    return Span(state, what, begins, ends, error)


def _open_attempts(told: _Activity, now: float) -> tuple[Span, ...]:
    """The same of an Activity that goes on; the service knows a little more while it does."""
    pending = told.pending
    if pending is None:  # scheduled a moment ago; the next look knows more
        return (Span("waiting", WAITING, told.scheduled, now),)
    told.failure = pending.last_failure
    attempt = pending.attempt
    began = now
    last: tuple[Span, ...] = ()
    if pending.state in (
        PendingActivityState.PENDING_ACTIVITY_STATE_STARTED,
        PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
    ):
        began = min(now, seconds(pending.last_started_time))
        last = (Span("running", f"attempt {attempt} running", began, now),)
    # Of the first attempt this is the scheduling, of a later one the end of the wait before it.
    due = min(began, seconds(pending.scheduled_time) or began)
    untaken: tuple[Span, ...] = ()
    patience = UNTAKEN_SECONDS if attempt == 1 else LATE_RETRY_SECONDS
    if began - due > patience or (attempt == 1 and not last):
        untaken = (Span("waiting", WAITING, due, began),)
    else:
        due = began
    if attempt == 1:
        return (*untaken, *last)
    over = seconds(pending.last_attempt_complete_time)
    if not told.scheduled <= over <= due:  # it is not told of attempts that timed out
        failed = _failed(told.scheduled, due, attempt - 1, told.failure, waits=True)
        return (failed, *untaken, *last)
    failed = _failed(told.scheduled, over, attempt - 1, told.failure, waits=False)
    return (failed, Span("waiting", f"waiting for attempt {attempt}", over, due), *untaken, *last)


# Timers, child Workflows, Signals and Updates


def _whole(step: Step, now: float, words: str) -> Span:
    """A row that is one stretch."""
    ends = now if step.ended is None else step.ended
    state = "timer" if step.kind == "timer" and step.state in ("fired", "running") else step.state
    return Span(state, step.state, step.began, ends, step.error, words)


def _timers(events: Sequence[HistoryEvent]) -> dict[int, str]:
    """How a timer that was cancelled ended, by the number of the event that started it.

    The history does not say why. But a `wait_condition` cancels its timer in the Workflow Task in
    which the condition came true, and that is the one which handled the message.
    """
    lengths: dict[int, str] = {}
    found: dict[int, str] = {}
    came: list[str] = []
    handled: list[str] = []
    for event in events:
        kind = event.WhichOneof("attributes") or ""
        told: Any = getattr(event, kind) if kind else None
        if kind == "workflow_execution_signaled_event_attributes":
            came.append(f"Signal {clean(told.signal_name)}")
        elif kind == "workflow_task_completed_event_attributes":
            handled, came = came, []
        elif kind == "workflow_execution_update_accepted_event_attributes":
            handled.append(f"Update {clean(told.accepted_request.input.name)}")
        elif kind == "timer_started_event_attributes":
            length = told.start_to_fire_timeout
            lengths[event.event_id] = lasting(length.seconds + length.nanos / 1e9)
        elif kind == "timer_canceled_event_attributes":
            said = f"would have waited {lengths.get(told.started_event_id, '')} at most"
            said += f"; {handled[-1]} came first" if handled else ""
            found[told.started_event_id] = said
    return found


def _group(
    made: list[Row], groups: dict[tuple[str, str], int], step: Step, zero: float, now: float
) -> None:
    """Signals of a name share a row, and so do Updates."""
    key = (step.kind, step.name)
    if key not in groups:
        groups[key] = len(made)
        made.append(Row(step.kind, f"{step.kind.title()} {step.name}", "", plain=True))
    row = made[groups[key]]
    if step.kind == "signal":
        marks = (*row.marks, Mark("signal", "received", step.began - zero))
        words = f"✓ {_times(len(marks), 'received')}"
        made[groups[key]] = replace(row, marks=marks, words=words)
        return
    state = "running" if step.state == "accepted" else step.state
    what = {"completed": "accepted and completed", "failed": "accepted, then failed"}
    told = what.get(step.state, step.state)
    span = Span(state, told, step.began, now if step.ended is None else step.ended)
    spans = (*row.spans, _since(replace(span, error=step.error), zero))
    counts: dict[str, int] = {}
    for one in spans:
        counts[one.what] = counts.get(one.what, 0) + 1
    signs = {one.what: SIGNS.get(one.state, "…") for one in spans}
    words = ", ".join(f"{signs[told]} {_times(n, told)}" for told, n in counts.items())
    plain = row.plain and step.state == "completed"
    made[groups[key]] = replace(
        row, spans=spans, words=words, error=step.error or row.error, plain=plain
    )


# Workers


def _tasks(
    events: Sequence[HistoryEvent], state: DescribeWorkflowExecutionResponse, now: float
) -> _Tasks:
    """Read what happened to the Workflow Tasks."""
    tasks = _Tasks()
    for event in events:
        at, kind = seconds(event.event_time), event.WhichOneof("attributes") or ""
        told: Any = getattr(event, kind) if kind else None
        if kind == "workflow_task_scheduled_event_attributes":
            tasks.scheduled[event.event_id] = at
        elif kind == "workflow_task_started_event_attributes":
            tasks.started[event.event_id] = at
            tasks.untaken.append((tasks.scheduled.get(told.scheduled_event_id, at), at))
        elif kind == "workflow_task_completed_event_attributes":
            tasks.busy.append((tasks.started.get(told.started_event_id, at), at))
        elif kind == "workflow_task_timed_out_event_attributes":
            if told.timeout_type == TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START:
                tasks.untaken.append((tasks.scheduled.get(told.scheduled_event_id, at), at))
            else:
                began = tasks.started.get(told.started_event_id, at)
                what = "a Worker took a Workflow Task and did not answer"
                tasks.spans.append(Span("unanswered", what, began, at))
        elif kind == "workflow_task_failed_event_attributes" and told.cause not in HARMLESS:
            began = tasks.started.get(told.started_event_id, at)
            tasks.busy.append((began, at))
            error = failure_text(told.failure)
            tasks.spans.append(Span("failed", "a Workflow Task failed", began, at, error))
    if state.HasField("pending_workflow_task"):
        task = state.pending_workflow_task
        if task.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_STARTED:
            began = seconds(task.started_time)
            if now - began > UNANSWERED_SECONDS:
                what = "a Worker took a Workflow Task and has not answered yet"
                tasks.spans.append(Span("unanswered", what, began, now))
        else:
            tasks.untaken.append((seconds(task.scheduled_time) or now, now))
    return tasks


def _worker_lane(tasks: _Tasks, zero: float) -> Row:
    """Where a task waited and nobody took it; where one was taken and never answered, or failed."""
    away = [
        Span("untaken", "no Worker took the task that waited", begins, ends)
        for begins, ends in _without(_joined(tasks.untaken), _joined(tasks.busy))
        if ends - begins > UNTAKEN_SECONDS
    ]
    spans = sorted([*away, *tasks.spans], key=lambda span: span.begins)
    words = []
    for what in dict.fromkeys(span.what for span in spans):
        same = [span for span in spans if span.what == what]
        lasted = duration(sum(span.ends - span.begins for span in same))
        count = "" if len(same) == 1 else f" ({len(same)} times)"
        words.append(f"{what}{count}, {lasted}")
    errors = [span.error for span in spans if span.error]
    return Row(
        "worker",
        "Worker",
        "✗ " + "; ".join(words) if words else "",
        errors[-1] if errors else "",
        spans=tuple(_since(span, zero) for span in spans),
    )


def _joined(stretches: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Overlapping or touching stretches as one, in order."""
    joined: list[tuple[float, float]] = []
    for begins, ends in sorted(stretches):
        if joined and begins <= joined[-1][1] + 0.05:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((begins, ends))
    return joined


def _without(
    stretches: list[tuple[float, float]], taken: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """The stretches without those in which a Worker was there."""
    left = []
    for begins, ends in stretches:
        for other_begins, other_ends in taken:
            if other_ends <= begins or other_begins >= ends:
                continue
            if other_begins > begins:
                left.append((begins, other_begins))
            begins = max(begins, other_ends)
        if begins < ends:
            left.append((begins, ends))
    return left


# LLM calls


def _with_calls(
    made: list[Row],
    activity_rows: list[tuple[int, Step]],
    calls: list[Call],
    zero: float,
    now: float,
) -> list[Row]:
    """Put each LLM call on its Activity's row; one that fits none gets a row at the end."""
    marks: dict[int, list[Mark]] = {}
    elsewhere: list[Mark] = []
    for call in calls:
        fits = [
            (len(marks.get(index, ())), index, step)
            for index, step in activity_rows
            if plain_name(call.activity or "") == plain_name(step.name)
            and step.began - 0.05 <= call.at
            and step.attempt + 1 >= (call.attempt or 1)
        ]
        # The ledger knows the type of the Activity and not which one of several. The latest that
        # was under way is it, or, of several at once, the one with the fewest calls so far.
        under_way = [f for f in fits if call.at <= (f[2].ended or now) + 0.05]
        if under_way:
            _, index, step = min(under_way, key=lambda fit: (fit[0], fit[1]))
        elif fits:
            _, index, step = fits[-1]
        else:
            elsewhere.append(_mark(call, None, zero))
            continue
        marks.setdefault(index, []).append(_mark(call, step, zero))
    for index, found in marks.items():
        made[index] = replace(made[index], marks=tuple(found))
    if elsewhere:
        words = f"{len(elsewhere)} of no Activity in this history"
        made.append(Row("call", "LLM calls", words, marks=tuple(elsewhere)))
    return made


def _mark(call: Call, step: Step | None, zero: float) -> Mark:
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
    return Mark("call", what, call.at - zero, words, call.dollars, failed, lost)


def plain_name(name: str) -> str:
    """A name as the ledger may know it: requests carry it in a header, which holds ASCII."""
    return clean(name).encode("ascii", "replace").decode()
