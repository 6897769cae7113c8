"""Demo 03 by itself: a draft that waits for a person, with a real Worker that is really killed.

    await draft_show()

The person is this module: it reads with Queries and decides with Updates, as `decide.py` and the
review page do. The practice model answers, whatever the settings say.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from workshop.crashes import LIMIT_SECONDS, Actor, CrashError, Say, Stage
from workshop.patience import Patience, wait_for
from workshop.receipt import Receipt
from workshop.receipt_picture import counted

WORKER = "demos/module_one_03_human_in_the_loop/worker.py"
TOPIC = "Give me 3 fun facts about tardigrades"
INSTRUCTIONS = "Turn this into a poem"
ONCE_SECONDS = 2.0
"""For so long one Query or Update has time to be answered before it is sent again, on a quiet
machine."""
LINES = 5
"""How many lines of a draft are shown."""


@dataclass(frozen=True)
class DraftShow:
    """What came of it."""

    draft: dict[str, Any]
    """The Workflow's result: version, text and status."""
    read: str
    """The text that the person had read when they said keep."""
    receipt: Receipt
    seconds: float
    workflow_id: str

    @property
    def well(self) -> bool:
        """Whether what is published is what was read, and each draft was paid once."""
        published = self.draft.get("status") == "published" and self.draft.get("text") == self.read
        return published and self.receipt.received == self.draft.get("version")


async def draft_show(*, say: Say = print) -> DraftShow:
    """Play demo 03 in about 20 seconds: draft, poem, a decision too late, a crash, keep.

    Args:
        say: gets a line at a time while it plays.

    Raises:
        CrashError: it cannot be played here, or something did not happen in time.
    """
    began = time.monotonic()
    stage = _DraftStage(say)
    async with stage:
        await stage.ready(temporal=True)

        say("\n1 of 4  A Workflow asks the model for a draft, and waits for a person.")
        await stage.polling_worker()
        handle = await stage.start_draft()
        say(f"  ✓ started a DraftWorkflow: {TOPIC!r}")
        await stage.read(handle, 1)

        say("\n2 of 4  The person wants a poem. An Update names the version that was read.")
        said = await stage.decide(handle, "edit", 1, INSTRUCTIONS)
        say(f"  ✓ {said}: {INSTRUCTIONS!r}")
        await stage.read(handle, 2)

        say("\n3 of 4  Somebody else still has version 1 on the screen, and says keep.")
        before = await _events(handle)
        try:
            await stage.decide(handle, "keep", 1)
        except WorkflowUpdateFailedError as error:
            say(f"  ✗ refused: {getattr(error.cause, 'message', error.cause)}")
        else:
            raise CrashError("A decision about version 1 was accepted after version 2 was there.")
        after = await _events(handle)
        trace = "it left no trace" if after == before else "something else happened meanwhile"
        say(f"  ✓ the Event History has {before} events before and {after} after: {trace}")

        say("\n4 of 4  The Worker dies while the draft waits. The decision comes when nobody runs.")
        worker = stage.worker
        assert worker
        stage.kill(worker)
        say("  ✗ kill -9 of the Worker. No process of the app runs now")
        unanswered = asyncio.Event()
        keeping = asyncio.create_task(stage.decide(handle, "keep", 2, unanswered=unanswered))
        try:
            await wait_for(unanswered.wait(), LIMIT_SECONDS)
            say("  … keep of version 2: nobody answers; it is sent again, with the same Update id")
            await stage.polling_worker()
            said = await keeping
        finally:
            keeping.cancel()
        say(f"  ✓ the new Worker replayed the history; {said}")
        await stage.result(handle)
        draft = await handle.result()
        receipt = stage.receipt_of(handle)
        say(f"  ✓ {draft['status']}: version {draft['version']}, the text that was read")
        say(
            f"  → {counted(receipt.received)}, ${receipt.dollars:.6f}. One call a version; "
            "waiting and the crash have cost none."
        )
        return DraftShow(draft, stage.last_read, receipt, time.monotonic() - began, handle.id)


class _DraftStage(Stage):
    """A stage with demo 03's Worker, and a person who reads and decides."""

    last_read = ""

    async def polling_worker(self) -> Actor:
        """Demo 03's Worker, started unless it runs, once it polls."""
        if self.worker is None:
            self.worker = self.run(WORKER)
            self.say(f"  $ python {WORKER}")
        worker = self.worker
        await self.until(
            lambda: worker.printed("polls the Task Queue"), "the Worker's start", worker
        )
        return worker

    async def start_draft(self) -> WorkflowHandle[Any, Any]:
        """Start the Workflow as demo 03's starter.py does."""
        client = await Client.connect(
            self.settings.temporal_address,
            namespace=self.settings.temporal_namespace,
            data_converter=pydantic_data_converter,
        )
        handle = await client.start_workflow(
            "DraftWorkflow",
            {"prompt": TOPIC},
            id=f"draft-{uuid.uuid4()}",
            task_queue=self.queue,
            # Should this process be killed, nobody polls that queue any more.
            execution_timeout=timedelta(minutes=10),
        )
        self._open.append(handle)
        return handle

    async def read(self, handle: WorkflowHandle[Any, Any], version: int) -> None:
        """Ask by Query until the version waits, and show how it begins."""
        waiting = Patience(LIMIT_SECONDS)
        while True:
            try:
                draft = await wait_for(handle.query("get_draft"), ONCE_SECONDS)
                if draft["version"] == version and draft["status"] == "waiting":
                    break
            except (RPCError, asyncio.TimeoutError):
                pass  # asked again
            self._see_to(waiting, f"version {version} of {handle.id}")
            await asyncio.sleep(0.05)
        self.last_read = draft["text"]
        self.say(f"  ✓ a Query reads version {version}, which waits:")
        lines = [line.strip() for line in self.last_read.splitlines() if line.strip()]
        for line in lines[:LINES]:
            self.say(f"      {line if len(line) <= 84 else line[:83].rstrip() + '…'}")

    async def decide(
        self,
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
        waiting = Patience(LIMIT_SECONDS)
        name = f"{choice}-version-{version}-{uuid.uuid4()}"
        given = {"choice": choice, "version": version, "instructions": instructions}
        while True:
            try:
                sending = handle.execute_update("decide", given, id=name)
                return str(await wait_for(sending, ONCE_SECONDS))
            except (RPCError, asyncio.TimeoutError):
                if unanswered:
                    unanswered.set()
            self._see_to(waiting, f"an answer to {choice} of version {version}")
            await asyncio.sleep(0.05)

    def _see_to(self, waiting: Patience, what: str) -> None:
        """Raise where the time is over."""
        if waiting.over():
            words = self.worker.last_words() if self.worker else ""
            raise CrashError(
                f"Waited {LIMIT_SECONDS:g} s for {what}. {words}".strip(),
                do="Run `python -m workshop doctor`, then this again.",
            )


async def _events(handle: WorkflowHandle[Any, Any]) -> int:
    return len((await handle.fetch_history()).events)
