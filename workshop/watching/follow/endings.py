"""Endings: what is said where watching ends without a result."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ActivityError, ChildWorkflowError, RetryState
from temporalio.service import RPCError, RPCStatusCode

from workshop.core.display import clean
from workshop.services.provider_errors import explain
from workshop.watching.follow import workers
from workshop.watching.follow.conditions import Condition, condition_name
from workshop.watching.follow.errors import (
    FollowError,
    ServiceAway,
    StillRunning,
    UnknownWorkflow,
    WorkflowEnded,
)
from workshop.watching.follow.rows import Progress, exception_line
from workshop.watching.follow.run import Run
from workshop.watching.follow.screens import details, wait
from workshop.watching.follow.stuck import Judge

UNKNOWN = (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT)
REFUSED = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED)
_RETRY_ENDS = {
    RetryState.MAXIMUM_ATTEMPTS_REACHED: "after its last attempt",
    RetryState.NON_RETRYABLE_FAILURE: "with an error that is not retried",
    RetryState.TIMEOUT: "when its time was up",
}


def unknown(workflow_id: str, where: str, expected: str) -> UnknownWorkflow:
    return UnknownWorkflow(
        f"The Temporal Service{where} has no Workflow {clean(workflow_id)!r}.",
        f"A Workflow of that id{expected}.",
        "Run the cell that starts it. A Temporal Service that was started again, empty, has "
        "forgotten the Workflows of the one before.",
    )


def service_away(error: RPCError, run: Run) -> str:
    """A note while the service is away.

    Raises:
        UnknownWorkflow: the service answers and knows no such Workflow.
        RPCError: it refuses for a reason that waiting does not mend.
    """
    if error.status in UNKNOWN:
        namespace = f" in the namespace {run.client.namespace!r}"
        raise unknown(run.workflow_id, f" at {run.address}", namespace) from None
    if error.status in REFUSED:
        raise error
    return "The Temporal Service does not answer; trying again."


def away(run: Run, limit: float) -> ServiceAway:
    return ServiceAway(
        f"The Temporal Service at {run.address} does not answer.",
        f"An answer within {limit:.1f} s.",
        "Run the cell with begin again, then this one. The Workflow goes on where it was.",
    )


def still_running(
    judge: Judge, progress: Progress, until: Condition | None, limit: float
) -> StillRunning:
    goal = f"come to where {condition_name(until)}" if until else "ended"
    return StillRunning(
        f"{progress.workflow_id} has not {goal} within {limit:.1f} s. "
        f"{_waits_for(judge, progress)}",
        "",
        f"{_remedy(judge, progress)}Run this cell again to watch on: nothing is lost. Or end it "
        "with await handle.terminate().",
    )


def ended(
    error: WorkflowFailureError, progress: Progress, until: Condition | None
) -> WorkflowEnded:
    words = {"terminated": "was terminated", "canceled": "was cancelled"}
    how = words.get(progress.status, progress.status)
    trouble = explain(error)
    return WorkflowEnded(
        f"{progress.workflow_id} {how}{_before(until)}: {_innermost(error.cause)}",
        "A Workflow that completes.",
        f"{trouble.do if trouble else 'Fix what the message names.'} Then start the Workflow "
        "again: one that has ended does not go on.",
    )


def too_late(progress: Progress, until: Condition, old: Sequence[str]) -> FollowError:
    """It completed. `old` is what its Worker runs as it was before an edit."""
    again = f"{workers.start_again(old)} Then start the Workflow again, and run this cell."
    return FollowError(
        f"{progress.workflow_id} completed{_before(until)}.",
        f"A moment at which {condition_name(until)}.",
        again
        if old
        else "Start the Workflow again and run this cell at once; or see whether that can happen "
        "in this Workflow at all.",
    )


def _before(until: Condition | None) -> str:
    return f" before {condition_name(until)}" if until else ""


def _remedy(judge: Judge, progress: Progress) -> str:
    """What to do about an Activity that fails each time; empty where none does."""
    failing = [s.name for s in progress.steps if s.open and s.kind == "activity" and s.error]
    if not failing:
        return ""
    if known := judge.model_advice():
        return f"{known.do} "
    return (
        f"If {failing[0]} fails for a reason of its own, correct its cell, run it, and start the "
        "Worker again with start_worker. "
    )


def _waits_for(judge: Judge, progress: Progress) -> str:
    told = []
    for step in progress.steps:
        if step.open and step.kind == "activity":
            told.append(f"Activity {step.name} is {details(step)}.")
        elif step.open and step.kind == "timer":
            told.append(f"Its {step.name} is running, {wait(step)}.")
        elif step.open:
            told.append(f"Its {step.label} is {step.state}.")
    if judge.note:
        told.append(judge.note)
    elif not told and judge.run.state.HasField("pending_workflow_task"):
        told.append("No Worker has answered its Workflow Task yet.")
    return " ".join(told) or "It waits for a Signal, an Update or a condition of its own."


def _innermost(error: BaseException | None) -> str:
    """The cause at the bottom of a chain of failures, and the step that it came from."""
    where = ""
    while isinstance(error, (ActivityError, ChildWorkflowError)) and error.cause is not None:
        if isinstance(error, ActivityError):
            ending = _RETRY_ENDS.get(error.retry_state) if error.retry_state else None
            where = f" (Activity {clean(error.activity_type)} failed {ending or 'for good'})"
        else:
            where = f" (child Workflow {clean(error.workflow_type)})"
        error = error.cause
    return "no cause is recorded" if error is None else exception_line(error) + where
