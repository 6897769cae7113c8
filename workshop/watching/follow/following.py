"""Following: one call of `follow`, which asks, shows and judges until there is nothing more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker

from workshop.core import settings
from workshop.core.display import clean
from workshop.core.patience import Patience
from workshop.services import temporal_service
from workshop.watching.follow import endings, workers
from workshop.watching.follow.conditions import Condition, When, awaits_failure_of, condition_name
from workshop.watching.follow.errors import FollowError, WorkflowTaskFailed
from workshop.watching.follow.rows import Progress
from workshop.watching.follow.run import Run
from workshop.watching.follow.screens import Screen, screen
from workshop.watching.follow.stuck import Judge

POLL_SECONDS = 0.2
BESIDE_THE_MODEL_SECONDS = 40.0
"""How long `follow` watches a Workflow that does nothing new, beside the time of one LLM answer."""
_last_failure: dict[tuple[str, str], str] = {}
"""The kind of error with which an Activity failed when it was last watched, by Workflow type."""


class Following:
    """One call of `follow`; its arguments are those of that function."""

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
        self._judge = Judge(Run.of(handle), until)
        self._client = self._judge.run.client
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
        run, away, trouble = self._judge.run, "", None
        try:
            trouble = await self._ask()
        except RPCError as error:
            away = endings.service_away(error, run)
        if self._met and self._until is not None:
            goes_on = " The Workflow goes on." if self._progress.running else ""
            note = f"Stopped watching: {condition_name(self._until)}.{goes_on}{self._otherwise()}"
            self._show(note, final=True)
            return True
        if not away and run.next_run_id:
            self._judge.run = Run(self._client, self._handle.id, run.next_run_id)
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
        if over and away:
            raise endings.away(run, self._limit)
        if over:
            raise endings.still_running(self._judge, self._progress, self._until, self._limit)
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
        """The result, or None where the condition was met.

        Raises:
            FollowError: there is no result, or there is one and the condition was not met.
        """
        if self._met:
            return None
        try:
            result = await self._handle.result(rpc_timeout=timedelta(seconds=10))
        except WorkflowFailureError as error:
            raise endings.ended(error, self._progress, self._until) from error
        if self._until is not None:
            raise endings.too_late(self._progress, self._until, self._old)
        return result

    def close(self) -> None:
        """Leave no task behind."""
        if self._close_event is not None:
            self._close_event.cancel()
            self._close_event.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._close_event = None

    async def _ask(self) -> FollowError | None:
        """Ask the service once. Returns the error to end with, if any."""
        run = self._judge.run
        await run.poll()
        self._progress = progress = run.progress()
        self._met = self._until is not None and self._until(progress)
        worker = self._worker()
        self._old = workers.outdated(worker, progress.workflow_type) if worker else []
        if self._beside is None:
            self._beside = await self._others_open()
        return await self._judge.trouble() if progress.running and not self._met else None

    def _show(self, note: str, final: bool = False) -> None:
        if self._screen is None:
            self._screen = screen(self._link() if self._web_ui is None else self._web_ui)
        progress, worker = self._progress, self._worker()
        if final:  # it is shown for good, so without what counts down
            still = [replace(s, next_attempt_in=None, fires_in=None) for s in progress.steps]
            progress = replace(progress, steps=tuple(still))
        others = workers.others(progress, worker) if worker else ""
        told = [note, workers.start_again(self._old), others, self._beside]
        self._screen.show(progress, "\n".join(part for part in told if part), final)

    def _worker(self) -> Worker | None:
        """This kernel's Worker, where it may run this Workflow."""
        return workers.here(self._judge.run.task_queue, self._client.namespace)

    def _link(self) -> str:
        """The Web UI's page of this run; "" where the handle is of another Temporal Service."""
        known = settings.load()
        port = self._judge.run.address.rpartition(":")[2]
        if port != known.temporal_address.rpartition(":")[2]:
            return ""
        run_id, space = self._progress.run_id or None, self._client.namespace
        return temporal_service.workflow_link(known, self._handle.id, run_id, namespace=space)

    def _otherwise(self) -> str:
        """Why an Activity failed, where it was to fail and did for another reason than its own."""
        until = self._until
        if not (isinstance(until, When) and awaits_failure_of(until)):
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
        kind = self._progress.workflow_type.replace("'", "''")
        query = f"WorkflowType = '{kind}' AND ExecutionStatus = 'Running'"
        listed = self._client.list_workflows(query, limit=5, rpc_timeout=timedelta(seconds=2))
        told = []
        try:
            async for other in listed:
                if other.id == self._handle.id:
                    continue
                run = Run(self._client, other.id, other.run_id)
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
