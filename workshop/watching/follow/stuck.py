"""Finds out whether a Workflow waits for something that will never come by itself."""

from __future__ import annotations

import math
import time

from temporalio.api.enums.v1 import PendingActivityState, PendingWorkflowTaskState, TaskQueueType

from workshop.core.display import clean
from workshop.core.patience import Patience
from workshop.services.provider_errors import Trouble, explain_failure
from workshop.watching.follow import causes
from workshop.watching.follow.causes import Cause, recorded_cause
from workshop.watching.follow.conditions import Condition, awaits_failure_of
from workshop.watching.follow.errors import (
    ActivityNotRegistered,
    FollowError,
    ModelTrouble,
    NoWorker,
    WorkflowTaskFailed,
)
from workshop.watching.follow.rows import seconds
from workshop.watching.follow.run import Run

UNANSWERED_SECONDS = 2.0
"""A Worker answers a Workflow Task in milliseconds; after this, it did not."""
SETTLE_SECONDS = 1.5
"""How long a Worker may need from its start to its first question for work."""
NO_POLLER_SECONDS = 4.0
"""How long a task may lie on a Task Queue that nobody has ever polled."""
OLD_POLLER_SECONDS = 11.0
"""The same where a Worker polled before: a task may wait 10 s for one that went away (sticky)."""
NOT_REGISTERED = "is not registered on this worker"
"""What the SDK says of a Workflow or an Activity that a Worker was not given."""
_WORKFLOWS = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
_ACTIVITIES = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
_AGAIN = (
    "in the cell of the Worker, run it, then start the Worker again with start_worker. "
    "The Workflow goes on by itself."
)

_told: dict[str, float] = {}
"""When follow last told of a failure, by run: the same one is not told again as if it were new."""


class Judge:
    """Finds out whether a run waits for something that will never come by itself."""

    def __init__(self, run: Run, until: Condition | None) -> None:
        self.run = run
        self.began = time.time()
        self.note = ""
        self._awaited = awaits_failure_of(until)
        # The limits above are seconds of a quiet machine.
        self._pace = Patience(math.inf)
        self._polls: dict[tuple[str, int], tuple[float, float | None]] = {}

    async def trouble(self) -> FollowError | None:
        """The error to end with, if any. Sets `note` to what a person should know meanwhile."""
        self.note = ""
        self._pace.over()
        return (
            await self._task_trouble()
            or await self._registration_trouble()
            or self._model_trouble()
            or await self._worker_trouble()
        )

    async def _task_trouble(self) -> FollowError | None:
        task = self.run.state.pending_workflow_task
        cause = recorded_cause(self.run.events)
        if not self.run.state.HasField("pending_workflow_task"):
            return None
        begun, now = seconds(task.started_time), time.time()
        unanswered = begun > 0 and now - begun > UNANSWERED_SECONDS * self._pace.stretch
        if cause is None:
            if unanswered:
                self.note = (
                    f"A Worker took a Workflow Task {now - begun:.1f} s ago and has not answered. "
                    "Its kernel may be busy with a cell that blocks it; "
                    "Temporal hands the task out again after 10.0 s."
                )
            elif task.attempt > 1:
                self.note = "A Workflow Task timed out; Temporal hands it out again."
            return None
        if "TMPRL1101" in cause.error and self._pace.stretch > 1.5:
            # The SDK's own limit of two seconds, which goes by the clock.
            self.note = (
                "A Workflow Task has taken more than 2 s: its code blocks, or this machine is busy."
                " Temporal hands the task out again."
            )
            return None
        logged = causes.logged.latest.get(self.run.run_id)
        latest = logged if logged and logged.at > cause.at and not cause.nondeterminism else cause
        if cause.at >= self.began or (latest.at >= self.began and latest is logged):
            return self._task_failed(latest)
        if begun >= self.began and unanswered:
            # A new attempt that does not complete has failed: the SDK does not answer for it.
            return self._task_failed(latest, repeated=latest is cause)
        earlier = _told.get(self.run.run_id, 0) + 1 < begun < self.began
        if earlier and not await self._polled_since(begun, self.run.task_queue, _WORKFLOWS):
            return self._task_failed(latest)
        self.note = (
            f"A Workflow Task failed earlier ({latest.error}). Temporal tries it again "
            "about every 10.0 s; waiting for the next attempt."
        )
        return None

    def _task_failed(self, cause: Cause, repeated: bool = False) -> WorkflowTaskFailed:
        _told[self.run.run_id] = time.time()
        error = cause.error if cause.error.endswith((".", "…")) else f"{cause.error}."
        saw = f"A Workflow Task of {clean(self.run.workflow_id)} fails: {error}"
        saw += f" {cause.line}" if cause.line else ""
        if repeated:
            saw += " (Its later attempt did not complete either; Temporal records only the first.)"
        expected = "Code of a Workflow that runs. Temporal tries it again until it does."
        do = (
            "Correct the cell that defines the Workflow, run it, then start the Worker again with "
            "start_worker. The Workflow goes on by itself, after 10 s at most. "
            "Or end it with await handle.terminate()."
        )
        if cause.nondeterminism:
            expected = "Code of a Workflow that makes the same steps as its Event History."
            do = (
                "Put the Workflow's code back as it was when this Workflow started, and start the "
                "Worker again with start_worker. Or end it with await handle.terminate() and start "
                "a new one."
            )
        elif NOT_REGISTERED in cause.error:
            expected = "A Worker that knows this Workflow."
            do = f"Add the class to workflows=[…] {_AGAIN}"
        elif "ellipsis" in cause.error.lower() or "..." in cause.line:
            do = f"A blank of the Workflow is still open. {do}"
        return WorkflowTaskFailed(saw, expected, do)

    async def _registration_trouble(self) -> FollowError | None:
        for activity in self.run.state.pending_activities:
            failure, name = activity.last_failure, clean(activity.activity_type.name)
            lacks = failure.application_failure_info.type == "NotFoundError"
            if not lacks or NOT_REGISTERED not in failure.message or name == self._awaited:
                continue
            ended = seconds(activity.last_attempt_complete_time)
            queue = activity.activity_options.task_queue.name or self.run.task_queue
            if ended < self.began and (
                ended <= _told.get(self.run.run_id, 0)
                or await self._polled_since(ended, queue, _ACTIVITIES)
            ):
                self.note = (
                    f"{name} was not registered on the Worker at the last attempt; "
                    "waiting for the next one."
                )
                continue
            _told[self.run.run_id] = time.time()
            known = failure.message.partition("available activities: ")[2].strip()
            return ActivityNotRegistered(
                f"The Worker does not know the Activity {name}. "
                + (f"It knows {clean(known, 300)}." if known else "It knows none."),
                f"A Worker with {name} in activities=[…]. Temporal tries again until there is one.",
                f"Add {name} to activities=[…] {_AGAIN}",
            )
        return None

    def model_advice(self) -> Trouble | None:
        """What an Activity's error means that is its LLM's; None where none is."""
        known = (explain_failure(a.last_failure) for a in self.run.state.pending_activities)
        return next((trouble for trouble in known if trouble), None)

    def _model_trouble(self) -> FollowError | None:
        for activity in self.run.state.pending_activities:
            name, known = clean(activity.activity_type.name), explain_failure(activity.last_failure)
            if known is None or name == self._awaited:
                continue
            note = f"{name}: {known.saw} {known.do}"
            if known.patience is not None:
                # An older failure may have been corrected by now.
                if seconds(activity.last_attempt_complete_time) < self.began:
                    note += " This was the last attempt; waiting for the next one."
                elif activity.attempt > known.patience:
                    saw = f"{name} fails at each attempt: {known.saw}"
                    return ModelTrouble(saw, known.expected, known.do)
            self.note = self.note or note
            return None
        return None

    async def _worker_trouble(self) -> FollowError | None:
        now, patient = time.time(), OLD_POLLER_SECONDS * self._pace.stretch
        started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
        busy = any(a.state == started for a in self.run.state.pending_activities)
        for queue, kind, since in self._untaken():
            if now - since < NO_POLLER_SECONDS * self._pace.stretch:
                continue
            polled = await self._last_poll(queue, kind)
            if polled is not None and (busy or polled > since or now - since < patient):
                # A Worker with all its slots in use does not ask for more, and is no fault.
                self.note = self.note or f"No Worker has taken the task on Task Queue {queue!r} yet"
                continue
            if polled is None and kind != _WORKFLOWS and await self._last_poll(queue, _WORKFLOWS):
                return ActivityNotRegistered(
                    f"The Worker of Task Queue {clean(queue)!r} runs Workflows and no Activities.",
                    "A Worker with this Workflow's Activities in activities=[…].",
                    f"Add them {_AGAIN}",
                )
            saw = f"Task Queue {clean(queue)!r} has no Worker, and a task waits there"
            saw += "." if polled is None else f"; a Worker last asked {now - polled:.1f} s ago."
            return NoWorker(
                saw,
                "A running Worker with that very Task Queue.",
                "Compare task_queue in start_workflow with task_queue of the Worker, letter by "
                "letter, then run the cell that starts the Worker. If the Worker has the right "
                "one, the Workflow goes on by itself; if not, end it with await "
                "handle.terminate() and start it again.",
            )
        return None

    def _untaken(self) -> list[tuple[str, TaskQueueType.ValueType, float]]:
        """Tasks that no Worker has taken: their Task Queue, its kind, and since when."""
        state, own = self.run.state, self.run.task_queue
        task, found = state.pending_workflow_task, []
        if task.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED:
            # A first Workflow Task may be held back (start_delay): it counts from when it is due.
            due = (task.scheduled_time, state.workflow_execution_info.execution_time)
            found.append((own, _WORKFLOWS, max(map(seconds, due))))
        for activity in state.pending_activities:
            if activity.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED:
                queue = activity.activity_options.task_queue.name or own
                due = (activity.scheduled_time, activity.next_attempt_schedule_time)
                found.append((queue, _ACTIVITIES, max(map(seconds, due))))
        return found

    async def _polled_since(self, at: float, queue: str, kind: TaskQueueType.ValueType) -> bool:
        """Whether a Worker has asked for work after `at`: it may be a new one with mended code.

        A Worker asks again within milliseconds of taking a task and then waits up to a minute, so
        a later question means a new Worker (or another task, which costs only some patience). One
        that was started just now may be about to ask for the first time, so at first: perhaps.
        """
        if time.time() - self.began < SETTLE_SECONDS * self._pace.stretch:
            return True
        polled = await self._last_poll(queue, kind)
        return polled is None or polled > at + 0.3

    async def _last_poll(self, queue: str, kind: TaskQueueType.ValueType) -> float | None:
        asked, answer = self._polls.get((queue, kind), (0.0, None))
        if time.monotonic() - asked > 1 or not asked:
            answer = await self.run.last_poll(queue, kind)
            self._polls[queue, kind] = (time.monotonic(), answer)
        return answer
