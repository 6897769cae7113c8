"""Drafts as a reviewer sees them: listed, asked by Query, decided on by Update.

Every `DraftWorkflow` is found, whoever runs it: the demo, or a notebook. What cannot be asked is
told in words and never raises.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from workshop.demos import WorkshopError, wait_for

WORKFLOW = "DraftWorkflow"
QUERY_SECONDS = 2.0
"""How long a draft has time to answer, on a quiet machine. All are asked at once."""
UPDATE_SECONDS = 4.0
NEXT_SECONDS = 4.0
"""How long to wait for what a decision leads to, so that the page can show it at once."""
MOST_RUNNING, MOST_ENDED = 30, 10
CHOICES = ("keep", "edit", "redo")


class ReviewError(WorkshopError):
    """The review page cannot be served, or cannot show the drafts, and why."""


@dataclass(frozen=True)
class Draft:
    """One DraftWorkflow as it is now."""

    workflow_id: str
    started: datetime
    ended: datetime | None = None
    status: str = "unknown"
    """A word of the Workflow's own (writing, waiting, published, expired, unfinished), or how it
    was ended from outside (failed, cancelled, terminated, timed out)."""
    version: int = 0
    text: str = ""
    trouble: str = ""
    """Why the text is not known, as sentences; empty where it is."""
    namespace: str = ""

    @property
    def waits(self) -> bool:
        return self.status == "waiting"


@dataclass(frozen=True)
class Board:
    """All drafts of one moment."""

    running: tuple[Draft, ...] = ()
    ended: tuple[Draft, ...] = ()
    more: bool = False
    """Whether there are more running ones than are shown."""


@dataclass(frozen=True)
class Told:
    """What came of a decision, in words."""

    well: bool
    words: str
    workflow_id: str = ""
    instructions: str = ""
    """What the person had typed, where it has not been used."""


async def board(clients: Sequence[Client]) -> Board:
    """List the drafts and ask each for its text, all at once.

    Args:
        clients: one for each namespace in which to look.

    Raises:
        ReviewError: the Temporal Service does not answer.
    """
    try:
        running, ended = await wait_for(
            asyncio.gather(
                _listed(clients, 'ExecutionStatus = "Running"', MOST_RUNNING + 1),
                _listed(
                    clients, 'ExecutionStatus NOT IN ("Running", "ContinuedAsNew")', MOST_ENDED
                ),
            ),
            QUERY_SECONDS,
        )
    except (RPCError, asyncio.TimeoutError) as error:
        raise _service_error(clients[0], error) from None
    drafts = await asyncio.gather(*(_look(*one) for one in (*running[:MOST_RUNNING], *ended)))
    # The list may be a moment behind: where a draft stands is what the Workflow itself says.
    latest = {draft.workflow_id: draft for draft in drafts}
    return Board(
        tuple(draft for draft in latest.values() if draft.ended is None),
        tuple(draft for draft in latest.values() if draft.ended is not None)[:MOST_ENDED],
        len(running) > MOST_RUNNING,
    )


async def decide(
    client: Client, workflow_id: str, choice: str, version: int, instructions: str, sending: str
) -> Told:
    """Send a decision about the version that was read, and wait a moment for what follows.

    Args:
        sending: names this form. The same form sent again is the same Update, which the Workflow
            gets once.
    """
    instructions = instructions.strip()

    def refused(why: str) -> Told:
        return Told(False, f"Not sent: {why}", workflow_id, instructions)

    if choice not in CHOICES:
        return refused("choose keep, edit or redo.")
    if choice != "edit" and instructions:
        return refused(
            f"there are instructions, and the choice was {choice}. "
            f"Choose edit, or empty the field to {choice}."
        )
    handle = client.get_workflow_handle(workflow_id)
    # Another choice or other instructions from the same form are another decision.
    digest = hashlib.sha256(f"{choice}\n{instructions}".encode()).hexdigest()[:12]
    try:
        words = await wait_for(
            handle.execute_update(
                "decide",
                {"choice": choice, "version": version, "instructions": instructions},
                id=f"{choice}-version-{version}-{sending}-{digest}",
            ),
            UPDATE_SECONDS,
        )
    except WorkflowUpdateFailedError as error:
        why = getattr(error.cause, "message", None) or str(error.cause)
        return Told(False, f"Refused by the Workflow: {why}.", workflow_id, instructions)
    except (WorkflowUpdateRPCTimeoutOrCancelledError, RPCError, asyncio.TimeoutError) as error:
        return Told(False, _unsent(error, client), workflow_id, instructions)
    await _follows(handle, version)
    return Told(True, f"{str(words)[:200]}.", workflow_id)


async def _listed(
    clients: Sequence[Client], which: str, limit: int
) -> list[tuple[Client, WorkflowExecution]]:
    """Workflows of the type, the latest first (https://docs.temporal.io/list-filter)."""

    async def inside(client: Client) -> list[tuple[Client, WorkflowExecution]]:
        found = client.list_workflows(
            f'WorkflowType = "{WORKFLOW}" AND {which}',
            limit=limit,
            page_size=limit,
        )
        return [(client, one) async for one in found]

    each = await asyncio.gather(*map(inside, clients))
    latest = sorted(itertools.chain(*each), key=lambda one: one[1].start_time, reverse=True)
    return latest[:limit]


async def _look(client: Client, one: WorkflowExecution) -> Draft:
    draft = Draft(one.id, one.start_time, one.close_time, namespace=client.namespace)
    if one.status is WorkflowExecutionStatus.RUNNING:
        return await _asked(client.get_workflow_handle(one.id), draft)
    return await _result(client.get_workflow_handle(one.id, run_id=one.run_id), draft, one.status)


async def _asked(handle: WorkflowHandle[Any, Any], draft: Draft) -> Draft:
    """A running draft, by Query: a Worker answers it from the Event History."""
    try:
        said = await wait_for(handle.query("get_draft"), QUERY_SECONDS)
        draft = _filled(draft, said)
        if draft.status in ("writing", "waiting") or draft.trouble:
            return draft
        state = await wait_for(handle.describe(), QUERY_SECONDS)
        return replace(draft, ended=state.close_time)
    except WorkflowQueryFailedError:
        return replace(
            draft,
            trouble="It has no Query get_draft: it runs an earlier version of the Workflow. "
            "Decide where it was started, or start a new draft.",
        )
    except (RPCError, asyncio.TimeoutError) as error:
        if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
            return replace(draft, trouble="It has ended meanwhile. Load the page again.")
        return replace(
            draft,
            trouble="No Worker answers. The draft is safe in the Event History and waits on. "
            "Start its Worker (worker.py, or the notebook's Worker cell), then load the page "
            "again.",
        )


async def _result(
    handle: WorkflowHandle[Any, Any], draft: Draft, status: WorkflowExecutionStatus | None
) -> Draft:
    """An ended draft, by its result: the Temporal Service has it, and no Worker is needed."""
    if status is not WorkflowExecutionStatus.COMPLETED:
        how = status.name.lower().replace("_", " ") if status else "unknown"
        return replace(
            draft,
            status=how.replace("canceled", "cancelled"),
            trouble="It has no result. Its Event History says why.",
        )
    try:
        said = await wait_for(handle.result(), QUERY_SECONDS)
    except (RPCError, WorkflowFailureError, asyncio.TimeoutError):
        return replace(draft, trouble="Its result cannot be read now. Load the page again.")
    return _filled(draft, said)


def _filled(draft: Draft, said: Any) -> Draft:
    """The draft with what its Workflow said, which need not be what is expected."""
    if isinstance(said, dict):
        version, text, status = said.get("version"), said.get("text"), said.get("status")
        if isinstance(version, int) and isinstance(text, str) and isinstance(status, str):
            return replace(draft, version=version, text=text, status=status)
    return replace(
        draft,
        trouble="What it answers is no draft with version, text and status: it runs an earlier "
        "version of the Workflow.",
    )


async def _follows(handle: WorkflowHandle[Any, Any], version: int) -> None:
    """Wait a moment until the next version is there, or the Workflow has ended."""

    async def followed() -> None:
        while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            said = await handle.query("get_draft")
            if isinstance(said, dict) and said.get("version") != version:
                return
            await asyncio.sleep(0.1)

    with suppress(RPCError, WorkflowQueryFailedError, asyncio.TimeoutError):
        await wait_for(followed(), NEXT_SECONDS)


def _unsent(error: Exception, client: Client) -> str:
    """Why a decision has had no answer."""
    if isinstance(error, RPCError):
        if error.status is RPCStatusCode.NOT_FOUND:
            return "Not accepted: this Workflow has ended, or there is none of that id."
        if error.status is RPCStatusCode.UNAVAILABLE:
            return f"Not accepted: {_service_error(client, error)}"
    return (
        f"No Worker has answered for {UPDATE_SECONDS:g} s, so the decision may or may not arrive. "
        "Start the Worker (worker.py, or the notebook's Worker cell) and look at the draft again. "
        "A second decision about the same version does no harm: the Workflow takes one."
    )


def _service_error(client: Client, error: RPCError | asyncio.TimeoutError) -> ReviewError:
    address = client.service_client.config.target_host
    if not isinstance(error, RPCError) or error.status in (
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
    ):
        return ReviewError(
            f"The Temporal Service at {address} does not answer.",
            "It keeps the drafts; none is lost.",
            "Run `python -m workshop up` in a terminal, then load the page again.",
        )
    return ReviewError(
        f"The Temporal Service at {address} refuses to list the drafts: {error.message}",
        do="Run `python -m workshop doctor`.",
    )
