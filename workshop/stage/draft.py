"""Demo 03 by itself: a draft that waits for a person, with a real Worker that is really killed.

The person is this module: it reads with Queries and decides with Updates, as `decide.py` and the
review page do.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from temporalio.client import (
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError

from workshop.core.display import short
from workshop.core.patience import wait_for
from workshop.stage.outcome import Show
from workshop.stage.room import LIMIT_SECONDS, CrashError, Stage

WORKER = "demos/module_one_03_human_in_the_loop/worker.py"
TOPIC = "Give me 3 fun facts about tardigrades"
INSTRUCTIONS = "Turn this into a poem"
LINES = 5
"""How many lines of a draft are shown."""


async def draft_show(stage: Stage) -> Show:
    """Draft, poem, a decision too late, a crash, keep."""
    say = stage.say
    say("\n1 of 4  A Workflow asks the model for a draft, and waits for a person.")
    await stage.polling_worker()
    handle = await stage.start("DraftWorkflow", {"prompt": TOPIC}, "draft")
    say(f"  ✓ started a DraftWorkflow: {TOPIC!r}")
    await _read(stage, handle, 1)

    say("\n2 of 4  The person wants a poem. An Update names the version that was read.")
    said = await _decide(stage, handle, "edit", 1, INSTRUCTIONS)
    say(f"  ✓ {said}: {INSTRUCTIONS!r}")
    text = await _read(stage, handle, 2)

    say("\n3 of 4  Somebody else still has version 1 on the screen, and says keep.")
    await _too_late(stage, handle)

    say("\n4 of 4  The Worker dies while the draft waits. The decision comes when nobody runs.")
    said = await _decided_without_a_worker(stage, handle)
    say(f"  ✓ the new Worker replayed the history; {said}")
    draft, receipt = await stage.result(handle), stage.receipt_of(handle)
    say(f"  ✓ {draft['status']}: version {draft['version']}, the text that was read")
    say(f"  → {receipt.paid}. One call a version; waiting and the crash have cost none.")
    published = draft["status"] == "published" and draft["text"] == text
    return Show(published and receipt.received == draft["version"], repr(receipt))


async def _too_late(stage: Stage, handle: WorkflowHandle[Any, Any]) -> None:
    before = await _events(handle)
    try:
        await _decide(stage, handle, "keep", 1)
    except WorkflowUpdateFailedError as error:
        stage.say(f"  ✗ refused: {getattr(error.cause, 'message', error.cause)}")
    else:
        raise CrashError("A decision about version 1 was accepted after version 2 was there.")
    after = await _events(handle)
    trace = "it left no trace" if after == before else "something else happened meanwhile"
    stage.say(f"  ✓ the Event History has {before} events before and {after} after: {trace}")


async def _decided_without_a_worker(stage: Stage, handle: WorkflowHandle[Any, Any]) -> str:
    assert stage.worker
    stage.kill(stage.worker)
    stage.say("  ✗ kill -9 of the Worker. No process of the app runs now")
    unanswered = asyncio.Event()
    keeping = asyncio.create_task(_decide(stage, handle, "keep", 2, unanswered=unanswered))
    try:
        await wait_for(unanswered.wait(), LIMIT_SECONDS)
        stage.say(
            "  … keep of version 2: nobody answers; it is sent again, with the same Update id"
        )
        await stage.polling_worker()
        return await keeping
    finally:
        keeping.cancel()


async def _read(stage: Stage, handle: WorkflowHandle[Any, Any], version: int) -> str:
    """Ask by Query until the version waits, show how it begins, and return it."""

    async def waits() -> str:
        draft = await handle.query("get_draft")
        there = draft["version"] == version and draft["status"] == "waiting"
        return str(draft["text"]) if there else ""

    text = await stage.until(waits, f"version {version} of {handle.id}")
    stage.say(f"  ✓ a Query reads version {version}, which waits:")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines[:LINES]:
        stage.say(f"      {short(line, 84)}")
    return text


async def _decide(
    stage: Stage,
    handle: WorkflowHandle[Any, Any],
    choice: str,
    version: int,
    instructions: str = "",
    *,
    unanswered: asyncio.Event | None = None,
) -> str:
    """Send a decision until it is answered, always as the same Update.

    Args:
        unanswered: set once it has been sent and nobody has answered.

    Raises:
        WorkflowUpdateFailedError: the Workflow refuses it.
    """
    name = f"{choice}-version-{version}-{uuid.uuid4()}"
    given = {"choice": choice, "version": version, "instructions": instructions}

    async def answered() -> str:
        try:
            return str(await handle.execute_update("decide", given, id=name))
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError, asyncio.CancelledError):
            if unanswered:
                unanswered.set()
            raise

    return await stage.until(answered, f"an answer to {choice} of version {version}")


async def _events(handle: WorkflowHandle[Any, Any]) -> int:
    return len((await handle.fetch_history()).events)
