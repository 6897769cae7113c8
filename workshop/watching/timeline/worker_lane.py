"""The Worker's row: where a task waited and nobody took it, or took it and did not answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from temporalio.api.enums.v1 import PendingWorkflowTaskState, TimeoutType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse

from workshop.core.display import duration
from workshop.watching.follow.causes import HARMLESS
from workshop.watching.follow.history import attributes
from workshop.watching.follow.rows import failure_text, seconds
from workshop.watching.follow.stuck import UNANSWERED_SECONDS
from workshop.watching.timeline.spans import UNTAKEN_SECONDS, WAITING, Row, Span

_Stretch = tuple[float, float]


def worker_lane(
    events: Sequence[HistoryEvent],
    state: DescribeWorkflowExecutionResponse,
    activities: Iterable[Sequence[Span]],
    now: float,
) -> Row:
    """The row; without spans where nothing is known of a Worker that was missing.

    Args:
        events: the Event History, oldest first.
        state: what `describe` says of the same moment.
        activities: the spans of each Activity.
        now: Unix seconds at which the picture ends.
    """
    untaken: list[_Stretch] = []
    busy: list[_Stretch] = []
    """When a Worker certainly was there: it took something and answered."""
    for spans in activities:
        for span in spans:
            if span.what == WAITING:
                untaken.append((span.begins, span.ends))
            elif span.state in ("completed", "running") or (
                span.state == "failed" and span is spans[-1]
            ):
                busy.append((span.begins, span.ends))
    troubles = _workflow_tasks(events, state, now, untaken, busy)
    away = [
        Span("untaken", "no Worker took the task that waited", begins, ends)
        for begins, ends in _without(_joined(untaken), sorted(busy))
        if ends - begins > UNTAKEN_SECONDS
    ]
    spans = sorted([*away, *troubles], key=lambda span: span.begins)
    words = []
    for what in dict.fromkeys(span.what for span in spans):
        same = [span for span in spans if span.what == what]
        lasted = duration(sum(span.ends - span.begins for span in same))
        words.append(f"{what}{'' if len(same) == 1 else f' ({len(same)} times)'}, {lasted}")
    errors = ["", *(span.error for span in spans if span.error)]
    said = f"✗ {'; '.join(words)}" if words else ""
    return Row("worker", "Worker", said, errors[-1], spans=tuple(spans))


def _workflow_tasks(
    events: Sequence[HistoryEvent],
    state: DescribeWorkflowExecutionResponse,
    now: float,
    untaken: list[_Stretch],
    busy: list[_Stretch],
) -> list[Span]:
    """Those that went wrong; the others are added to the stretches."""
    times = {event.event_id: seconds(event.event_time) for event in events}
    troubles = []
    for event in events:
        at, (kind, told) = times[event.event_id], attributes(event)
        came = times.get(getattr(told, "scheduled_event_id", 0), at)
        began = times.get(getattr(told, "started_event_id", 0), at)
        if kind == "workflow_task_started":
            untaken.append((came, at))
        elif kind == "workflow_task_completed":
            busy.append((began, at))
        elif kind == "workflow_task_timed_out":
            if told.timeout_type == TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START:
                untaken.append((came, at))
            else:
                what = "a Worker took a Workflow Task and did not answer"
                troubles.append(Span("unanswered", what, began, at))
        elif kind == "workflow_task_failed" and told.cause not in HARMLESS:
            busy.append((began, at))
            error = failure_text(told.failure)
            troubles.append(Span("failed", "a Workflow Task failed", began, at, error))
    task = state.pending_workflow_task
    if task.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_STARTED:
        began = seconds(task.started_time)
        if now - began > UNANSWERED_SECONDS:
            what = "a Worker took a Workflow Task and has not answered yet"
            troubles.append(Span("unanswered", what, began, now))
    elif state.HasField("pending_workflow_task"):
        untaken.append((seconds(task.scheduled_time) or now, now))
    return troubles


def _joined(stretches: Iterable[_Stretch]) -> list[_Stretch]:
    """Overlapping or touching stretches as one, in order."""
    joined: list[_Stretch] = []
    for begins, ends in sorted(stretches):
        if joined and begins <= joined[-1][1] + 0.05:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((begins, ends))
    return joined


def _without(stretches: Sequence[_Stretch], taken: Sequence[_Stretch]) -> list[_Stretch]:
    """The stretches without those in which a Worker was there; both are in order."""
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
