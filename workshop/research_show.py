"""Demo 05 by itself: twenty pages in a storm of faults, Workers killed and started, twenty rows.

    await research_show()

The faults are the practice model's and the practice site's, real ones over the network; the kills
are SIGKILL. The practice model answers, whatever the settings say, and the rows go to a database
of the show's own.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from temporalio.client import WorkflowHandle

from workshop.crashes import Actor, Say, Stage
from workshop.patience import slowdown
from workshop.pipeline_crashes import WORKER, furnish, saved
from workshop.practice_model import faults
from workshop.receipt import Receipt
from workshop.receipt_picture import counted
from workshop.site.client import Site

AT_ONCE = 5
FETCH_TIMEOUT_SECONDS, LLM_TIMEOUT_SECONDS = 6, 8
"""Start-to-Close timeouts on a quiet machine: for so long a step of a killed Worker is waited for.
On stage 30, 60."""
RETRY_AFTER = 2
_KILLED_DURING = (4, 10, 16)
"""The pages during whose summary a Worker is killed."""
_SLOW_SECONDS = 4.0
"""For so long the model thinks about those."""
_LEFT = ("one Worker is left", "nobody works now", "one Worker is left")


@dataclass(frozen=True)
class ResearchShow:
    """What came of it."""

    rows: tuple[dict[str, Any], ...]
    """What the database holds in the end."""
    pages: int
    """How many pages there were to be read."""
    report: dict[str, Any]
    """The Workflow's result: what was saved, and what failed."""
    kills: int
    receipt: Receipt
    seconds: float
    workflow_id: str

    @property
    def well(self) -> bool:
        """Whether each page has one row, and none failed."""
        urls = {row["source_url"] for row in self.rows}
        return len(self.rows) == len(urls) == self.pages and not self.report["failed"]


async def research_show(*, say: Say = print) -> ResearchShow:
    """Play demo 05, in about half a minute: twenty pages, six faults, three kills, twenty rows.

    Args:
        say: gets a line at a time while it plays.

    Raises:
        CrashError: it cannot be played here, or something did not happen in time.
    """
    began = time.monotonic()
    stage = _ResearchStage(say)
    async with stage:
        stage.site = await furnish(stage)
        say("\n1 of 4  A storm: what goes wrong, and for which pages.")
        with ExitStack() as storm:
            sources = stage.storm(storm)

            say("\n2 of 4  Twenty pages, five at a time, two Workers.")
            workers = list(await asyncio.gather(stage.new_worker(), stage.new_worker()))
            handle = await stage.start(sources)
            say("  ✓ started a ResearchBatchWorkflow")

            say("\n3 of 4  Workers are killed while they work, and others come.")
            for number, others in zip(_KILLED_DURING, _LEFT, strict=True):
                await stage.kill_during(handle, stage.site.pages[number].topic, workers)
                say(f"    {others}")
                if not workers:
                    workers += await asyncio.gather(stage.new_worker(), stage.new_worker())
            report = await stage.end_of(handle, workers)

        say("\n4 of 4  What is in the database, and what was paid.")
        rows = tuple(saved(stage))
        receipt = stage.receipt_of_batch(handle)
        urls = {row["source_url"] for row in rows}
        say(f"  ✓ {len(report['saved'])} saved, {len(report['failed'])} failed")
        for failure in report["failed"]:
            say(f"    {failure['topic']}: {failure['reason']}")
        each = "one each" if len(rows) == len(urls) else "and that is wrong"
        say(
            f"  {'✓' if each == 'one each' else '✗'} {len(rows)} rows for {len(urls)} pages: {each}"
        )
        say(
            f"  → {counted(receipt.received)}, {receipt.answered} answered and charged, "
            f"{receipt.failed} failed, ${receipt.dollars:.6f}"
        )
        return ResearchShow(
            rows,
            len(sources),
            report,
            stage.kills,
            receipt,
            time.monotonic() - began,
            handle.id,
        )


class _ResearchStage(Stage):
    """A stage with Workers of demo 05, as many as are wanted."""

    site: Site
    kills = 0

    def storm(self, stack: ExitStack) -> list[dict[str, Any]]:
        """Set up the faults, say them, and return the sources."""
        site, base = self.site, self.base
        site.reset()  # pages that are busy twice have perhaps been visited before
        pages = site.pages
        urls = {page.topic: page.url for page in pages}

        def model(number: int, words: str, fault: Any, **given: Any) -> None:
            topic = pages[number].topic
            stack.enter_context(fault(times=1, matching=_asked(topic), base=base, **given))
            self.say(f"  ✗ the model, asked about {topic}: {words}")

        def page(number: int, kind: str, words: str) -> None:
            url = urls[pages[number].topic] = site.troubled(kind, pages[number])
            # Of three attempts one is for the fault, and one for a kill: it is troubled twice, and
            # this is the first time.
            httpx.get(url, trust_env=False)
            self.say(f"  ✗ the page about {pages[number].topic}: {words}")

        model(0, f"429, Retry-After {RETRY_AFTER} s", faults.rate_limited, retry_after=RETRY_AFTER)
        model(3, "500", faults.server_error)
        model(6, "drops the connection", faults.dropped)
        model(9, "429, Retry-After 1 s", faults.rate_limited, retry_after=1)
        for number in _KILLED_DURING:
            stack.enter_context(
                faults.slow(_SLOW_SECONDS, 1, matching=_asked(pages[number].topic), base=base)
            )
        page(2, "busy", "503")
        page(11, "limited", "429, Retry-After 1 s")
        page(13, "redirect", "has moved")
        slow = slowdown()
        return [
            {
                "topic": topic,
                "source_url": url,
                "fetch_timeout_seconds": FETCH_TIMEOUT_SECONDS * slow,
                "llm_timeout_seconds": LLM_TIMEOUT_SECONDS * slow,
            }
            for topic, url in urls.items()
        ]

    async def new_worker(self) -> Actor:
        self.say(f"  $ python {WORKER}")
        worker = self.run(WORKER)
        await self.until(
            lambda: worker.printed("polls the Task Queue"), "the Worker's start", worker
        )
        return worker

    async def start(self, sources: list[dict[str, Any]]) -> WorkflowHandle[Any, Any]:
        handle = await (await self.client()).start_workflow(
            "ResearchBatchWorkflow",
            {"sources": sources, "at_once": AT_ONCE},
            id=f"research-{uuid.uuid4()}",
            task_queue=self.queue,
            # Should this process be killed, nobody polls that queue any more.
            execution_timeout=timedelta(minutes=10),
        )
        self._open.append(handle)
        return handle

    async def kill_during(
        self, handle: WorkflowHandle[Any, Any], topic: str, workers: list[Actor]
    ) -> None:
        """Kill the Worker that waits for the model's words about a topic."""
        asked = _asked(topic)

        def asking() -> Actor | None:
            open_calls = [c for c in self.receipt_of_batch(handle).calls if c.status is None]
            if not any(asked in call.prompt for call in open_calls):
                return None
            return next((worker for worker in workers if worker.printed(asked)), None)

        worker = await self.until(asking, f"a call about {topic}", *workers)
        assert worker
        self.kill(worker)
        workers.remove(worker)
        self.kills += 1
        self.say(f"  ✗ kill -9 of a Worker that waits for the words about {topic}")

    async def end_of(self, handle: WorkflowHandle[Any, Any], workers: list[Actor]) -> Any:
        self.worker = workers[-1]  # whose last words are told where it does not end
        await self.result(handle)
        return await handle.result()

    def receipt_of_batch(self, handle: WorkflowHandle[Any, Any]) -> Receipt:
        mine = f"{handle.id}/"
        calls = [c for c in self.ledger.calls() if (c.workflow_id or "").startswith(mine)]
        return Receipt(tuple(calls), practice=True)


def _asked(topic: str) -> str:
    """Words of the prompt about a topic, which no other prompt has."""
    return f"says about {topic}:"
