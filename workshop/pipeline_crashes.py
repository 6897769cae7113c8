"""Two more scenes for `crash`: a pipeline's Worker dies between commit and completion.

await crash("commit")     the row has a key of its own: one row
await crash("keyless")    each attempt makes a new key: two rows
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import WorkflowHandle

from workshop.crashes import ALONE, LIMIT_SECONDS, Actor, Crash, Stage
from workshop.database import open_database, rows
from workshop.receipt_picture import counted
from workshop.site.client import Site, open_site

WORKER = "demos/module_one_05_durable_pipelines/worker.py"
DATABASE = "research.sqlite"
_LONG = "600"
"""Seconds of a pause that the Worker does not live to see the end of."""
TIMEOUT_SECONDS = 10.0
"""The Start-to-Close timeout of the attempt that was cut off, as in the demo. One that a Worker
works on has more: a slow machine must not make a third attempt of it, and a third row."""


@dataclass(frozen=True)
class RowsCrash(Crash):
    """What one of the two scenes showed: rows in a database, where others write a PDF."""

    rows: tuple[dict[str, Any], ...] = ()
    """What the database holds in the end, a dict a row."""
    expected: int = 1

    @property
    def well(self) -> bool:
        """Whether there are as many rows as the scene is to show."""
        return len(self.rows) == self.expected

    def __repr__(self) -> str:
        return "\n".join(
            [
                f"{'✓' if self.well else '✗'} {self.title}",
                f"  killed   {self.killed}",
                f"  paid     {counted(self.receipt.received)}, ${self.receipt.dollars:.6f}",
                f"  rows     {len(self.rows)}",
                *(f"    {number}. key {row['key']}" for number, row in enumerate(self.rows, 1)),
                f"  {self.lesson}",
                *(f"  {line}" for line in repr(self.receipt).splitlines()),
            ]
        )


async def furnish(stage: Stage) -> Site:
    """Services, the practice site, and a database that is the stage's own, whatever `.env` says.

    Raises:
        CrashError: it cannot be played here.
        PracticeSiteError: the site does not answer.
    """
    stage.environment["DATABASE_URL"] = f"sqlite:///{stage.folder / DATABASE}"
    await stage.ready(temporal=True)
    return await open_site(stage.settings)


async def polling(stage: Stage, **environment: str) -> Actor:
    """One more of demo 05's Workers, once it polls."""
    stage.say(f"  $ python {WORKER}")
    worker = stage.run(WORKER, **environment)
    await stage.until(lambda: worker.printed("polls the Task Queue"), "the Worker's start", worker)
    return worker


def saved(stage: Stage) -> list[dict[str, Any]]:
    """The rows of the stage's database; none where the table is not there yet."""
    engine = open_database(stage.settings.database_url)
    try:
        return rows(engine, Table("research", MetaData(), autoload_with=engine))
    except SQLAlchemyError:
        return []
    finally:
        engine.dispose()


async def _start(stage: Stage, site: Site) -> WorkflowHandle[Any, Any]:
    page = site.pages[0]
    handle = await (await stage.client()).start_workflow(
        "ResearchWorkflow",
        {
            "topic": page.topic,
            "source_url": page.url,
            "save_timeout_seconds": LIMIT_SECONDS,
        },
        id=f"research-{uuid.uuid4()}",
        task_queue=stage.queue,
        # Should this process be killed, nobody polls that queue any more.
        execution_timeout=timedelta(minutes=10),
    )
    stage._open.append(handle)
    stage.say(f"  ✓ started a ResearchWorkflow: {page.topic}")
    return handle


async def _between(stage: Stage, scene: str, title: str, expected: int, lesson: str) -> RowsCrash:
    began, given = time.monotonic(), {}
    if scene == "keyless":
        given["DEMO_KEYLESS"] = "1"
    site = await furnish(stage)
    worker = await polling(stage, DEMO_PAUSE_AFTER_COMMIT=_LONG, **given)
    handle = await _start(stage, site)
    await stage.until(lambda: worker.printed("Committed, and nobody"), "the commit", worker)
    stage.say(f"  ✓ save_result has committed: {_count(stage)} in the database")
    stage.kill(worker)
    stage.say("  ✗ kill -9 of the Worker, before it could tell anybody")
    stage.worker = await polling(stage, **given)
    stage.say(f"  … Start-to-Close timeout of {TIMEOUT_SECONDS:g} s, then a second attempt")
    await stage.time_out(handle, "save_result", TIMEOUT_SECONDS)
    await stage.result(handle)
    stage.say(f"  ✓ completed at attempt 2: {_count(stage)} in the database")
    shown = RowsCrash(
        scene,
        title,
        "the Worker, between the commit and the Activity's completion",
        stage.receipt_of(handle),
        Path(),
        0,
        lesson,
        time.monotonic() - began,
        handle.id,
        rows=tuple(saved(stage)),
        expected=expected,
    )
    stage.say(f"  → {lesson}")
    return shown


def _count(stage: Stage) -> str:
    found = len(saved(stage))
    return "1 row" if found == 1 else f"{found} rows"


async def _commit(stage: Stage) -> RowsCrash:
    """The Worker dies after the commit. The row's key comes from Workflow and step."""
    return await _between(
        stage,
        "commit",
        "pipeline, Worker killed after the commit",
        1,
        "The second attempt had the same key, and found its row there: one row.",
    )


async def _keyless(stage: Stage) -> RowsCrash:
    """The same, with a new key at each attempt."""
    return await _between(
        stage,
        "keyless",
        "pipeline without a key, Worker killed after the commit",
        2,
        "The second attempt could not know of the first: two rows.",
    )


ALONE.update({"commit": _commit, "keyless": _keyless})
