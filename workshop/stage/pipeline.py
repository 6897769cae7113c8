"""A pipeline's Worker dies between commit and completion; and demo 05 by itself, in a storm.

The faults are the practice model's and the practice site's, real ones over the network. The rows
go to a database of the stage's own, whatever the settings say.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Any

import httpx
from sqlalchemy import MetaData, Table
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import WorkflowHandle

from workshop.core.display import counted, dollars
from workshop.core.patience import slowdown
from workshop.practice.model import faults
from workshop.practice.site.client import Site, open_site
from workshop.services.database import open_database, rows
from workshop.stage.actors import Actor
from workshop.stage.outcome import Crash, Show
from workshop.stage.room import LIMIT_SECONDS, Stage
from workshop.stage.timeouts import time_out

WORKER = "demos/module_one_05_durable_pipelines/worker.py"
DATABASE = "research.sqlite"
_LONG = "600"
"""Seconds of a pause that the Worker does not live to see the end of."""

TIMEOUT_SECONDS = 10.0
"""The Start-to-Close timeout of the attempt that was cut off, as in the demo. One that a Worker
works on has more: a slow machine must not make a third attempt of it, and a third row."""

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


async def furnish(stage: Stage) -> Site:
    """The practice site, and a database of the stage's own."""
    stage.environment["DATABASE_URL"] = f"sqlite:///{stage.folder / DATABASE}"
    return await open_site(stage.settings)


def saved(stage: Stage) -> tuple[dict[str, Any], ...]:
    """The rows of the stage's database; none where the table is not there yet."""
    engine = open_database(stage.settings.database_url)
    try:
        return tuple(rows(engine, Table("research", MetaData(), autoload_with=engine)))
    except SQLAlchemyError:
        return ()
    finally:
        engine.dispose()


# Between commit and completion


async def commit(stage: Stage) -> Crash:
    """The Worker dies after the commit. The row's key comes from Workflow and step."""
    return await _between(stage, 1)


async def keyless(stage: Stage) -> Crash:
    """The same, with a new key at each attempt."""
    return await _between(stage, 2, DEMO_KEYLESS="1")


async def _between(stage: Stage, expected: int, **given: str) -> Crash:
    page = (await furnish(stage)).pages[0]
    worker = await stage.polls(stage.run(WORKER, DEMO_PAUSE_AFTER_COMMIT=_LONG, **given))
    source = {
        "topic": page.topic,
        "source_url": page.url,
        "save_timeout_seconds": LIMIT_SECONDS,
    }
    handle = await stage.start("ResearchWorkflow", source, "research")
    stage.say(f"  ✓ started a ResearchWorkflow: {page.topic}")
    await stage.until(lambda: worker.printed("Committed, and nobody"), "the commit", worker)
    stage.say(f"  ✓ save_result has committed: {_count(stage)} in the database")
    stage.kill(worker)
    stage.say("  ✗ kill -9 of the Worker, before it could tell anybody")
    stage.worker = await stage.polls(stage.run(WORKER, **given))
    stage.say(f"  … Start-to-Close timeout of {TIMEOUT_SECONDS:g} s, then a second attempt")
    await time_out(stage, handle, "save_result", TIMEOUT_SECONDS)
    await stage.result(handle)
    stage.say(f"  ✓ completed at attempt 2: {_count(stage)} in the database")
    receipt, found = stage.receipt_of(handle), saved(stage)
    keys = [f"  {number}. key {row['key']}" for number, row in enumerate(found, 1)]
    return Crash(
        receipt,
        well=len(found) == expected,
        facts=(f"paid     {receipt.paid}", f"rows     {len(found)}", *keys),
        rows=found,
        workflow_id=handle.id,
    )


def _count(stage: Stage) -> str:
    return counted(len(saved(stage)), "row")


# Demo 05 by itself


async def research_show(stage: Stage) -> Show:
    """Twenty pages, six faults, three kills, twenty rows."""
    say, site = stage.say, await furnish(stage)
    say("\n1 of 4  A storm: what goes wrong, and for which pages.")
    with ExitStack() as storm:
        sources = _storm(stage, site, storm)

        say("\n2 of 4  Twenty pages, five at a time, two Workers.")
        workers = await _two_workers(stage)
        given = {"sources": sources, "at_once": AT_ONCE}
        handle = await stage.start("ResearchBatchWorkflow", given, "research")
        say("  ✓ started a ResearchBatchWorkflow")

        say("\n3 of 4  Workers are killed while they work, and others come.")
        for number, others in zip(_KILLED_DURING, _LEFT, strict=True):
            await _kill_during(stage, handle, site.pages[number].topic, workers)
            say(f"    {others}")
            if not workers:
                workers += await _two_workers(stage)
        stage.worker = workers[-1]  # whose last words are told where it does not end
        report = await stage.result(handle)

    say("\n4 of 4  What is in the database, and what was paid.")
    return _accounts(stage, handle, report, len(sources))


def _accounts(
    stage: Stage, handle: WorkflowHandle[Any, Any], report: dict[str, Any], pages: int
) -> Show:
    found, receipt = saved(stage), stage.receipt_of(handle)
    urls = {row["source_url"] for row in found}
    one_each = len(found) == len(urls)
    stage.say(f"  ✓ {len(report['saved'])} saved, {len(report['failed'])} failed")
    for failure in report["failed"]:
        stage.say(f"    {failure['topic']}: {failure['reason']}")
    stage.say(
        f"  {'✓' if one_each else '✗'} {len(found)} rows for {len(urls)} pages: "
        f"{'one each' if one_each else 'and that is wrong'}"
    )
    stage.say(
        f"  → {counted(receipt.received, 'call')}, {receipt.answered} answered and charged, "
        f"{receipt.failed} failed, {dollars(receipt.dollars)}"
    )
    return Show(one_each and len(urls) == pages and not report["failed"], "")


async def _two_workers(stage: Stage) -> list[Actor]:
    return list(await asyncio.gather(*(stage.polls(stage.run(WORKER)) for _ in range(2))))


def _storm(stage: Stage, site: Site, stack: ExitStack) -> list[dict[str, Any]]:
    """Set up the faults, say them, and return the sources."""
    site.reset()  # pages that are busy twice have perhaps been visited before
    pages = site.pages
    urls = {page.topic: page.url for page in pages}

    def model(number: int, words: str, fault: Any, **given: Any) -> None:
        topic = pages[number].topic
        stack.enter_context(fault(times=1, matching=_asked(topic), base=stage.base, **given))
        if words:
            stage.say(f"  ✗ the model, asked about {topic}: {words}")

    def page(number: int, kind: str, words: str) -> None:
        url = urls[pages[number].topic] = site.troubled(kind, pages[number])
        # Of three attempts one is for the fault, and one for a kill: it is troubled twice, and
        # this is the first time.
        httpx.get(url, trust_env=False)
        stage.say(f"  ✗ the page about {pages[number].topic}: {words}")

    model(0, f"429, Retry-After {RETRY_AFTER} s", faults.rate_limited, retry_after=RETRY_AFTER)
    model(3, "500", faults.server_error)
    model(6, "drops the connection", faults.dropped)
    model(9, "429, Retry-After 1 s", faults.rate_limited, retry_after=1)
    for number in _KILLED_DURING:
        model(number, "", faults.slow, seconds=_SLOW_SECONDS)
    page(2, "busy", "503")
    page(11, "limited", "429, Retry-After 1 s")
    page(13, "redirect", "has moved")
    slow = slowdown()
    limits = {
        "fetch_timeout_seconds": FETCH_TIMEOUT_SECONDS * slow,
        "llm_timeout_seconds": LLM_TIMEOUT_SECONDS * slow,
    }
    return [{"topic": topic, "source_url": url, **limits} for topic, url in urls.items()]


async def _kill_during(
    stage: Stage, handle: WorkflowHandle[Any, Any], topic: str, workers: list[Actor]
) -> None:
    """Kill the Worker that waits for the model's words about a topic."""
    asked = _asked(topic)

    def asking() -> Actor | None:
        open_calls = [call for call in stage.receipt_of(handle).calls if call.status is None]
        if not any(asked in call.prompt for call in open_calls):
            return None
        return next((worker for worker in workers if worker.printed(asked)), None)

    worker = await stage.until(asking, f"a call about {topic}", *workers)
    assert worker
    stage.kill(worker)
    workers.remove(worker)
    stage.say(f"  ✗ kill -9 of a Worker that waits for the words about {topic}")


def _asked(topic: str) -> str:
    """Words of the prompt about a topic, which no other prompt has."""
    return f"says about {topic}:"
