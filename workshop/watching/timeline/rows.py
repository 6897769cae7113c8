"""Rows of a timeline: an Event History becomes lines of what lasted and of what happened.

Nothing is invented, and no service is asked. Times are Unix seconds until the picture is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse

from workshop.core.display import clean, duration, lasting
from workshop.practice.model.ledger import Call
from workshop.watching.follow.history import attributes
from workshop.watching.follow.rows import SIGNS, Step, seconds
from workshop.watching.timeline.activities import attempts, numbers, with_calls
from workshop.watching.timeline.spans import CONTINUED, Mark, Row, Span, times
from workshop.watching.timeline.worker_lane import worker_lane


def rows(
    events: Sequence[HistoryEvent],
    state: DescribeWorkflowExecutionResponse,
    steps: Sequence[Step],
    now: float,
    calls: Iterable[Call] = (),
) -> list[Row]:
    """The rows of one run.

    Args:
        events: the Event History, oldest first.
        state: what `describe` says of the same moment.
        steps: the same history as `follow` reads it.
        now: Unix seconds at which the picture ends: the last event's, or the present.
        calls: the LLM calls of this run, oldest first.
    """
    made: dict[object, Row] = {}
    spans_of = attempts(events, state, steps, now)
    timers = _timers(events)
    for step in steps:
        if step.kind in ("signal", "update"):
            row = made.get(step.label) or Row(step.kind, step.label, "", plain=True)
            made[step.label] = _message(row, step, now)
            continue
        spans = spans_of.get(step.event_id) or (_whole(step, now, timers.get(step.event_id, "")),)
        said = [_words(step, now), spans[-1].words]
        made[step.event_id] = Row(
            step.kind,
            step.label,
            ", ".join(part for part in said if part),
            step.error,
            step.state in ("completed", "fired") and step.failures == 0,
            spans,
        )
    with_calls(made, steps, calls, now)
    lane = worker_lane(events, state, spans_of.values(), now)
    return [lane, *made.values()] if lane.spans else list(made.values())


def run_row(events: Sequence[HistoryEvent], status: str, number: int, ends: float) -> Row:
    """One run of several, above its rows: a Workflow that continues as new begins another.

    Args:
        events: its Event History, oldest first.
        status: how it ended, as `follow` says it.
        number: 1 for the first run; 0 where it is shown alone.
        ends: Unix seconds of its end, or the present.
    """
    what = f"{status}, goes on in the next run" if status == CONTINUED else status
    began, words = seconds(events[0].event_time), f"{len(events)} events"
    span = Span("run", what, began, ends, words=words)
    said = f"{span.sign} {what}, {words}, {duration(max(0.0, ends - began))}"
    return Row("run", f"Run {number}" if number else "Run", said, spans=(span,))


def told_rows(queries: Iterable[float], rejected: Iterable[float]) -> list[Row]:
    """Rows of what leaves no event in a history, by its moments in Unix seconds."""
    asked = tuple(Mark("query", "Query", at) for at in sorted(queries))
    refused = tuple(Mark("rejected", "rejected", at) for at in sorted(rejected))
    said = f"✗ {times(len(refused), 'rejected')}, which leaves no event in the history"
    made = [
        Row("query", "Queries", times(len(asked), "answered"), marks=asked),
        Row("update", "Updates", said, marks=refused),
    ]
    return [row for row in made if row.marks]


def _words(step: Step, now: float) -> str:
    """A row's state in words, with what a glance needs to know."""
    parts = [f"{SIGNS[step.state]} {step.state}"]
    if step.attempt:
        parts.append(f"attempt {step.attempt}")
        if step.state == "completed" and step.failures:
            parts[-1] += f" ({numbers(step.failures)} failed)"
    if step.next_attempt_in is not None:
        parts.append(f"next attempt in {duration(step.next_attempt_in)}")
    elif step.fires_in is not None:
        parts.append(f"fires in {duration(step.fires_in)}")
    elif step.seconds is not None:
        parts.append(duration(step.seconds))
    elif step.open:
        parts.append(f"{duration(max(0.0, now - step.began))} so far")
    return ", ".join(parts)


def _whole(step: Step, now: float, words: str) -> Span:
    """A row that is one stretch."""
    state = "timer" if step.kind == "timer" and step.state in ("fired", "running") else step.state
    ends = now if step.ended is None else step.ended
    return Span(state, step.state, step.began, ends, step.error, words)


def _message(row: Row, step: Step, now: float) -> Row:
    """The row of a Signal's or an Update's name, with another that came."""
    if step.kind == "signal":
        marks = (*row.marks, Mark("signal", "received", step.began))
        return replace(row, marks=marks, words=f"✓ {times(len(marks), 'received')}")
    what = {"completed": "accepted and completed", "failed": "accepted, then failed"}
    told = _whole(step, now, "")
    state = "running" if step.state == "accepted" else step.state
    spans = (*row.spans, replace(told, state=state, what=what.get(step.state, step.state)))
    signs = {span.what: SIGNS.get(span.state, "…") for span in spans}
    counts = Counter(span.what for span in spans)
    words = ", ".join(f"{signs[what]} {times(n, what)}" for what, n in counts.items())
    plain = row.plain and step.state == "completed"
    return replace(row, spans=spans, words=words, error=step.error or row.error, plain=plain)


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
        kind, told = attributes(event)
        match kind:
            case "workflow_execution_signaled":
                came.append(f"Signal {clean(told.signal_name)}")
            case "workflow_task_completed":
                handled, came = came, []
            case "workflow_execution_update_accepted":
                handled.append(f"Update {clean(told.accepted_request.input.name)}")
            case "timer_started":
                lengths[event.event_id] = lasting(seconds(told.start_to_fire_timeout))
            case "timer_canceled":
                said = f"would have waited {lengths.get(told.started_event_id, '')} at most"
                said += f"; {handled[-1]} came first" if handled else ""
                found[told.started_event_id] = said
    return found
