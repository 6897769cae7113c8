"""Follow a Workflow: its Event History as it happens, and a clear end where it would hang.

`follow` is the learner's part. Below it lie, each in a file of its own: `rows` (an Event History
becomes steps), `conditions` (when to stop watching), `screens` (text and HTML), `run` (what the
Temporal Service tells), `causes` and `stuck` (what will never come by itself), `errors`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar, overload

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    FailureError,
    RetryState,
)
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from workshop.core import settings
from workshop.core.display import clean
from workshop.core.interrupts import interrupted_says
from workshop.core.patience import Patience
from workshop.services import temporal_service
from workshop.services.provider_errors import explain
from workshop.watching.follow import model, workers
from workshop.watching.follow.conditions import (
    Condition,
    When,
    completed,
    condition_name,
    failed,
    started,
    timer_started,
)
from workshop.watching.follow.errors import (
    ActivityNotRegistered,
    FollowError,
    ModelTrouble,
    NoWorker,
    ServiceAway,
    StillRunning,
    UnknownWorkflow,
    WorkflowEnded,
    WorkflowTaskFailed,
)
from workshop.watching.follow.rows import Progress, Step, error_line, steps
from workshop.watching.follow.run import Run
from workshop.watching.follow.screens import Screen, as_html, as_text, details, label, screen, wait
from workshop.watching.follow.stuck import Judge

__all__ = [
    "ActivityNotRegistered",
    "Condition",
    "FollowError",
    "ModelTrouble",
    "NoWorker",
    "Progress",
    "ServiceAway",
    "Step",
    "StillRunning",
    "UnknownWorkflow",
    "WorkflowEnded",
    "WorkflowTaskFailed",
    "as_html",
    "as_text",
    "completed",
    "failed",
    "follow",
    "history_rows",
    "started",
    "steps",
    "timer_started",
]

ResultT = TypeVar("ResultT")

POLL_SECONDS = 0.2
BESIDE_THE_MODEL_SECONDS = 40.0
"""How long `follow` watches a Workflow that does nothing new, beside the time of one LLM answer."""


async def history_rows(handle: WorkflowHandle[Any, Any]) -> tuple[Step, ...]:
    """Ask the Temporal Service once and return the rows of that moment.

    Raises:
        RPCError: the Temporal Service does not answer, or knows no such Workflow.
    """
    run = Run(_client(handle), handle.id, _run_id(handle))
    await run.poll()
    return run.progress().steps


WATCH_AGAIN = "The Workflow goes on; run this cell again to watch it."


@overload
async def follow(
    handle: WorkflowHandle[Any, ResultT],
    *,
    until: None = None,
    limit: float | None = None,
    web_ui: str | None = None,
) -> ResultT: ...


@overload
async def follow(
    handle: WorkflowHandle[Any, Any],
    *,
    until: Condition,
    limit: float | None = None,
    web_ui: str | None = None,
) -> None: ...


@interrupted_says(WATCH_AGAIN)
async def follow(
    handle: WorkflowHandle[Any, Any],
    *,
    until: Condition | None = None,
    limit: float | None = None,
    web_ui: str | None = None,
) -> Any:
    """Show a Workflow's Event History as it happens, and return its result.

    Watching changes nothing: when it ends early, by a condition, a limit or an interrupted cell,
    the Workflow goes on, and the same line run again watches on.

    Args:
        handle: the Workflow
            (https://python.temporal.io/temporalio.client.WorkflowHandle.html).
        until: stop watching once this is met, such as `failed("generate_summary", times=3)`.
        limit: seconds of a quiet machine to watch at most; None means for as long as something new
            happens, at most 40 seconds more apart than the model may take over an answer.
        web_ui: address of the Workflow in the Web UI; found by itself unless given, "" for none.

    Returns:
        The Workflow's result, of the type that the handle knows; None once `until` is met.

    Raises:
        WorkflowTaskFailed: the Workflow's own code fails.
        ActivityNotRegistered: the Worker lacks an Activity.
        NoWorker: nobody polls the Task Queue.
        ModelTrouble: the LLM cannot answer until somebody changes a setting or starts it again.
        WorkflowEnded: the Workflow failed, was cancelled or terminated, or timed out.
        StillRunning: the limit passed.
        ServiceAway: the limit passed and the Temporal Service does not answer.
        UnknownWorkflow: there is no such Workflow.
        FollowError: the Workflow completed before `until` was met.
    """
    following = Following(handle, until, limit, web_ui)
    try:
        while not await following.look():
            await following.pause()
        return await following.ending()
    except asyncio.CancelledError:
        following.left()
        raise
    finally:
        following.close()


class Following:
    """One call of `follow`."""

    def __init__(
        self,
        handle: WorkflowHandle[Any, Any],
        until: Condition | None,
        limit: float | None,
        web_ui: str | None,
    ) -> None:
        self._handle, self._until, self._web_ui = handle, until, web_ui
        # An agent asks a slow model often: without a limit of its own, what goes on is watched on.
        self._watches_on = limit is None
        own = BESIDE_THE_MODEL_SECONDS + settings.load().llm_timeout if limit is None else limit
        self._limit, self._waiting = own, Patience(own)
        self._judge = Judge(Run(_client(handle), handle.id, _run_id(handle)), until)
        self._progress = Progress("Workflow", clean(handle.id), "", "not known", ())
        self._screen: Screen | None = None
        self._met = False
        self._beside: str | None = None
        self._old: list[str] = []
        self._close_event: asyncio.Task[None] | None = None

    async def look(self) -> bool:
        """Ask, show and judge once. Returns whether there is nothing more to watch.

        Raises:
            FollowError: watching on is of no use, or the limit has passed.
        """
        away, trouble = "", None
        run = self._judge.run
        try:
            await run.poll()
            self._progress = run.progress()
            self._met = self._until is not None and self._until(self._progress)
            worker, kind = self._worker(), self._progress.workflow_type
            self._old = workers.outdated(worker, kind) if worker else []
            if self._beside is None:
                self._beside = await self._others_open()
            if self._progress.running and not self._met:
                trouble = await self._judge.trouble()
        except RPCError as error:
            away = _service_away(error, self._handle)
        if self._met and self._until is not None:
            goes_on = " The Workflow goes on." if self._progress.running else ""
            note = f"Stopped watching: {condition_name(self._until)}.{goes_on}{self._otherwise()}"
            self._show(note, final=True)
            return True
        if not away and run.next_run_id:
            self._judge.run = Run(_client(self._handle), self._handle.id, run.next_run_id)
            self.close()
            return False
        if not away and not self._progress.running:
            self._show("", final=True)
            return True
        if trouble is not None:
            self._show(f"✗ {trouble.saw}", final=True)
            if self._old and isinstance(trouble, WorkflowTaskFailed):
                remedy = workers.start_again(self._old)
                trouble = WorkflowTaskFailed(trouble.saw, trouble.expected, remedy)
            raise trouble
        moved = (run.run_id, len(run.events)) if self._watches_on else None
        over = self._waiting.over(moved)
        self._show(away or self._judge.note, final=over)
        if over:
            raise self._out_of_time(away)
        return False

    def left(self) -> None:
        """Whoever watched has gone: what is shown stays, and does not count down any more."""
        if self._screen is not None and self._progress.running:
            self._show("Nobody watches any more. The Workflow goes on.", final=True)

    async def pause(self) -> None:
        """Wait for the next look, or for the run to close if that is sooner."""
        seconds = min(POLL_SECONDS, self._limit)
        if self._close_event is None:
            self._close_event = asyncio.create_task(self._judge.run.closed())
        done, _ = await asyncio.wait({self._close_event}, timeout=seconds)
        if done:
            failed_call = self._close_event.exception() is not None
            self._close_event = None
            if failed_call:
                await asyncio.sleep(seconds)

    async def ending(self) -> Any:
        """The result, or None where the condition was met."""
        if self._met:
            return None
        progress = self._progress
        before = f" before {condition_name(self._until)}" if self._until else ""
        try:
            result = await self._handle.result(rpc_timeout=timedelta(seconds=10))
        except WorkflowFailureError as error:
            words = {"terminated": "was terminated", "canceled": "was cancelled"}
            raise WorkflowEnded(
                f"{progress.workflow_id} {words.get(progress.status, progress.status)}{before}: "
                f"{_innermost(error.cause)}",
                "A Workflow that completes.",
                f"{_remedy_of(error)} Then start the Workflow again: one that has ended does not "
                "go on.",
            ) from error
        if self._until is not None:
            raise FollowError(
                f"{progress.workflow_id} completed{before}.",
                f"A moment at which {condition_name(self._until)}.",
                (
                    workers.start_again(self._old)
                    + " Then start the Workflow again, and run this cell."
                )
                if self._old
                else "Start the Workflow anew and run this cell at once; or see whether that can "
                "happen in this Workflow at all.",
            )
        return result

    def close(self) -> None:
        """Leave no task behind."""
        if self._close_event is not None:
            self._close_event.cancel()
            self._close_event.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._close_event = None

    def _show(self, note: str, final: bool = False) -> None:
        if self._screen is None:
            link = self._web_ui
            self._screen = screen(_link(self._handle, self._progress) if link is None else link)
        progress = _still(self._progress) if final else self._progress
        worker = self._worker()
        told = [
            note,
            workers.start_again(self._old),
            workers.others(progress, worker) if worker else "",
            self._beside or "",
        ]
        self._screen.show(progress, "\n".join(part for part in told if part), final)

    def _worker(self) -> Worker | None:
        """This kernel's Worker, where it may run this Workflow."""
        return workers.here(self._judge.run.task_queue, _client(self._handle).namespace)

    def _otherwise(self) -> str:
        """Why an Activity failed, where it was to fail and did for another reason than its own."""
        until = self._until
        if not (isinstance(until, When) and until.awaits_failure_of):
            return ""
        step = next(step for step in self._progress.steps if until.met(step))
        key = self._progress.workflow_type, step.name
        kind, before = step.error.partition(":")[0], _last_failure.get(key)
        _last_failure[key] = kind
        if step.outside:
            return f" Its own code did not fail: {step.outside}. The whole error is {step.error}"
        if before and before != kind:
            return f" It failed with {kind}; when you last watched it failed with {before}."
        return ""

    async def _others_open(self) -> str:
        """Which other Workflow of this kind goes on retrying, left behind by a cell run twice."""
        client, progress = _client(self._handle), self._progress
        kind = progress.workflow_type.replace("'", "''")
        told = []
        query = f"WorkflowType = '{kind}' AND ExecutionStatus = 'Running'"
        try:
            async for other in client.list_workflows(query, limit=5, rpc_timeout=_BESIDE):
                if other.id == self._handle.id:
                    continue
                run = Run(client, other.id, other.run_id)
                await run.poll()
                again = [step for step in run.progress().steps if step.open and step.failures]
                if again:
                    told.append(
                        f"{clean(other.id)} is still running too, from an earlier start, and goes "
                        f"on trying {again[0].name}. End it with "
                        f'await client.get_workflow_handle("{clean(other.id)}").terminate().'
                    )
        except RPCError:  # a service without a list of Workflows, or one that is away just now
            return ""
        return " ".join(told)

    def _out_of_time(self, away: str) -> FollowError:
        if away:
            return ServiceAway(
                f"The Temporal Service at {_address(self._handle)} does not answer.",
                f"An answer within {self._limit:.1f} s.",
                "Run the cell with begin again, then this one. The Workflow goes on where it was.",
            )
        goal = f"come to where {condition_name(self._until)}" if self._until else "ended"
        return StillRunning(
            f"{self._progress.workflow_id} has not {goal} within {self._limit:.1f} s. "
            f"{self._waits_for()}",
            "",
            f"{self._remedy()}Run this cell again to watch on: nothing is lost. Or end it with "
            "await handle.terminate().",
        )

    def _remedy(self) -> str:
        """What to do about an Activity that fails each time; empty where none does."""
        failing = [
            s.name for s in self._progress.steps if s.open and s.kind == "activity" and s.error
        ]
        if not failing:
            return ""
        if known := model.advice(self._judge.run):
            return f"{known[1].do} "
        return (
            f"If {failing[0]} fails for a reason of its own, mend its cell, run it, and start the "
            "Worker again with start_worker. "
        )

    def _waits_for(self) -> str:
        told = []
        for step in self._progress.steps:
            if step.open and step.kind == "activity":
                told.append(f"Activity {step.name} is {details(step)}.")
            elif step.open and step.kind == "timer":
                told.append(f"Its {step.name} is running, {wait(step)}.")
            elif step.open:
                told.append(f"Its {label(step)} is {step.state}.")
        if self._judge.note:
            told.append(self._judge.note)
        elif not told and self._judge.run.state.HasField("pending_workflow_task"):
            told.append("No Worker has answered its Workflow Task yet.")
        return " ".join(told) or "It waits for a Signal, an Update or a condition of its own."


_last_failure: dict[tuple[str, str], str] = {}
"""The kind of error with which an Activity failed when it was last watched, by Workflow type."""
_BESIDE = timedelta(seconds=2)


def _still(progress: Progress) -> Progress:
    """The same without what counts down: it is shown for good."""
    rows = tuple(replace(s, next_attempt_in=None, fires_in=None) for s in progress.steps)
    return replace(progress, steps=rows)


def _remedy_of(error: WorkflowFailureError) -> str:
    """What to do about a Workflow's failure."""
    trouble = explain(error)
    return trouble.do if trouble else "Fix what the message names."


def _client(handle: WorkflowHandle[Any, Any]) -> Client:
    return handle._client  # the handle has no public name for it, and a learner passes no other


def _run_id(handle: WorkflowHandle[Any, Any]) -> str | None:
    """The run that `handle.result()` waits for; None means the latest one."""
    return handle.run_id or handle.result_run_id


def _address(handle: WorkflowHandle[Any, Any]) -> str:
    return str(_client(handle).service_client.config.target_host)


def _link(handle: WorkflowHandle[Any, Any], progress: Progress) -> str:
    """The Web UI's page of this run; "" where the handle is of another Temporal Service."""
    known = settings.load()
    port = _address(handle).rpartition(":")[2]
    if port != known.temporal_address.rpartition(":")[2]:
        return ""
    return temporal_service.workflow_link(
        known, handle.id, progress.run_id or None, namespace=_client(handle).namespace
    )


def _service_away(error: RPCError, handle: WorkflowHandle[Any, Any]) -> str:
    """A note while the service is away.

    Raises:
        UnknownWorkflow: the service answers and knows no such Workflow.
        RPCError: it refuses for a reason that waiting does not mend.
    """
    if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
        raise UnknownWorkflow(
            f"The Temporal Service at {_address(handle)} has no Workflow {clean(handle.id)!r}.",
            f"A Workflow of that id in the namespace {_client(handle).namespace!r}.",
            "Run the cell that starts it. A Temporal Service started afresh has forgotten the "
            "Workflows of the one before.",
        ) from None
    if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED):
        raise error
    return "The Temporal Service does not answer; trying again."


_RETRY_ENDS = {
    RetryState.MAXIMUM_ATTEMPTS_REACHED: "after its last attempt",
    RetryState.NON_RETRYABLE_FAILURE: "with an error that is not retried",
    RetryState.TIMEOUT: "when its time was up",
}


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
    if error is None:
        return "no cause is recorded"
    kind = type(error).__name__
    if isinstance(error, ApplicationError):
        kind = error.type or kind
    message = error.message if isinstance(error, FailureError) else str(error)
    return error_line(kind, message, 300) + where
