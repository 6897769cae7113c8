"""Follow a Workflow: its Event History as it happens, and a clear end where it would hang.

`follow` is the learner's part. Below it lie, each in a file of its own: `following` (one call of
it), `history` (an Event History becomes rows), `rows`, `conditions` (when to stop watching),
`screens` (text and HTML), `run` (what the Temporal Service tells), `causes` and `stuck` (what will
never come by itself), `endings` and `errors` (the words at the end).
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar, overload

from temporalio.client import WorkflowHandle

from workshop.core.interrupts import interrupted_says
from workshop.watching.follow.conditions import Condition, completed, failed, started, timer_started
from workshop.watching.follow.errors import FollowError, NoWorker, StillRunning
from workshop.watching.follow.following import Following
from workshop.watching.follow.rows import Progress, Step
from workshop.watching.follow.run import Run

__all__ = [
    "FollowError",
    "Following",
    "NoWorker",
    "Progress",
    "Step",
    "StillRunning",
    "completed",
    "failed",
    "follow",
    "history_rows",
    "started",
    "timer_started",
]

ResultT = TypeVar("ResultT")


async def history_rows(handle: WorkflowHandle[Any, Any]) -> tuple[Step, ...]:
    """Ask the Temporal Service once and return the rows of that moment.

    Raises:
        RPCError: the Temporal Service does not answer, or knows no such Workflow.
    """
    run = Run.of(handle)
    await run.poll()
    return run.progress().steps


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


@interrupted_says("The Workflow goes on; run this cell again to watch it.")
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
