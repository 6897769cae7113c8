"""A pipeline over many sources: by the number of Workers, against plain code, and in bytes.

Workers are processes of demo 05's worker.py, as on the stage. PostgreSQL is measured where it is
installed, as it comes: each commit reaches the disk.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litellm import ModelResponse, acompletion, completion
from pydantic import SecretStr
from sqlalchemy import Column, Engine, MetaData, Table, Text
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from authoring.bench import machine
from authoring.bench.room import inside, room, say
from authoring.bench.table import Row, Section, median, spread
from authoring.postgres import NoPostgres, postgres
from workshop import temporal_service
from workshop.database import insert_into, make_tables, open_database
from workshop.fetching import read_page
from workshop.practice_model import process
from workshop.settings import ROOT, Settings
from workshop.site.client import Site, open_site

WORKER = ROOT / "demos" / "module_one_05_durable_pipelines" / "worker.py"
QUEUE = "bench-research"
PROVIDER_SECONDS = "0.6"
"""What an answer of the practice model takes where plain code is compared: as in the lessons."""
_AT_ONCE = 5
_SOURCES = 20
_PIPELINES = 120
"""Pipelines for a rate."""
_SAVES = 1000
_THREADS = 8
_LIMIT = 120.0
_ASK = "Summarize in three sentences what this page says about"

RESULTS = Table(
    "bench_results",
    MetaData(),
    Column("key", Text, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("summary", Text, nullable=False),
)


@dataclass
class Desk:
    """A room with everything that a pipeline needs, but for its Workers."""

    settings: Settings
    client: Client
    site: Site
    folder: Path
    environment: Mapping[str, str]

    def sources(self, count: int) -> list[dict[str, str]]:
        """So many sources; the practice site's pages, again and again."""
        pages = [self.site.pages[n % len(self.site.pages)] for n in range(count)]
        return [{"topic": page.topic, "source_url": page.url} for page in pages]

    @asynccontextmanager
    async def workers(self, count: int, **environment: str) -> AsyncIterator[None]:
        """Worker processes that poll; they are killed at the end of the block."""
        found: list[subprocess.Popen[bytes]] = []
        logs = [self.folder / f"worker-{uuid.uuid4().hex[:8]}.log" for _ in range(count)]
        given = {**self.environment, "DEMO_TASK_QUEUE": QUEUE, **environment}
        try:
            for log in logs:
                found.append(_start(log, given, self.folder))
            until = time.monotonic() + _LIMIT
            while not all(
                "polls the Task Queue" in log.read_text(errors="replace") for log in logs
            ):
                if time.monotonic() > until or any(one.poll() is not None for one in found):
                    raise RuntimeError(f"a Worker does not poll: {_read(logs[0])[-500:]}")
                await asyncio.sleep(0.05)
            yield
        finally:
            for one in found:
                one.kill()
                one.wait()

    async def rate(self, count: int) -> float:
        """Pipelines a second, 30 at once."""
        places = asyncio.Semaphore(30)

        async def one(source: dict[str, str]) -> None:
            async with places:
                await self.client.execute_workflow(
                    "ResearchWorkflow", source, id=f"research-{uuid.uuid4()}", task_queue=QUEUE
                )

        began = time.perf_counter()
        await asyncio.gather(*(one(source) for source in self.sources(count)))
        return count / (time.perf_counter() - began)

    async def batch(self) -> float:
        """Seconds of twenty sources through Temporal, five at once."""
        began = time.perf_counter()
        report = await self.client.execute_workflow(
            "ResearchBatchWorkflow",
            {"sources": self.sources(_SOURCES), "at_once": _AT_ONCE},
            id=f"batch-{uuid.uuid4()}",
            task_queue=QUEUE,
        )
        assert len(report["saved"]) == _SOURCES, report
        return time.perf_counter() - began


def _start(log: Path, environment: Mapping[str, str], where: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-u", str(WORKER)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=where,
            env=environment,
        )


def _read(log: Path) -> str:
    return log.read_text(errors="replace")


@asynccontextmanager
async def desk(delay: str = "0", **extra: str) -> AsyncIterator[Desk]:
    """A room with a Temporal Service, a practice model that takes `delay` seconds, and the site."""
    with (
        room(WORKSHOP_PRACTICE_DELAY=delay, **extra) as (folder, environment),
        inside(folder, environment) as settings,
    ):
        await asyncio.gather(temporal_service.ensure(settings), process.ensure(settings))
        client = await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=pydantic_data_converter,
        )
        yield Desk(settings, client, await open_site(), folder, environment)


def measure(times: int) -> list[Section]:
    """Three tables."""
    try:
        with postgres() as url:
            return asyncio.run(_measure(times, url))
    except NoPostgres:
        return asyncio.run(_measure(times, ""))


async def _measure(times: int, given: str) -> list[Section]:
    databases: dict[str, str | None] = {"SQLite": None} | ({"PostgreSQL": given} if given else {})
    many = Section("Pipelines a second: fetch, ask, save")
    twenty = Section(f"Twenty sources, the model takes {PROVIDER_SECONDS} s over each")
    saved = Section("Saves a second: one row in one transaction, a repeat changes nothing")
    for name, url in databases.items():
        extra = {"DATABASE_URL": url} if url else {}
        say(f"pipelines a second, {name}")
        async with desk(**extra) as made:
            for count in (1, 2, 4):
                async with made.workers(count):
                    await made.rate(30)
                    await asyncio.to_thread(machine.wait_until_quiet)
                    rates = [await made.rate(_PIPELINES) for _ in range(times)]
                what = f"{count} Worker process{'es' if count > 1 else ''}, {name}"
                how = spread(rates, "a second")
                many.rows.append(Row(what, median(rates), "a second", how=how))
        say(f"twenty sources, {name}")
        async with desk(PROVIDER_SECONDS, **extra) as made:
            async with made.workers(1):
                await made.rate(5)
                durable = [await made.batch() for _ in range(times)]
            label = f"through Temporal, {_AT_ONCE} at once, {name}"
            twenty.rows.append(Row(label, median(durable), "s", how=spread(durable, "s")))
            if not url:
                plain = [await asyncio.to_thread(_loop, made) for _ in range(times)]
                gathered = [await _gathered(made) for _ in range(times)]
                twenty.rows += [
                    Row("a plain loop", median(plain), "s", how=spread(plain, "s")),
                    Row(
                        f"plain asyncio, {_AT_ONCE} at once", median(gathered), "s",
                        how=spread(gathered, "s"),
                    ),
                ]  # fmt: skip
        say(f"saves a second, {name}")
        with room() as (folder, _):
            engine = open_database(SecretStr(url or f"sqlite:///{folder / 'bench.sqlite'}"))
            for threads in (1, _THREADS):
                found = [_saves(engine, threads) for _ in range(times)]
                how = spread(found, "a second")
                what = f"{name}, {threads} thread{'s' if threads > 1 else ''}"
                saved.rows.append(Row(what, median(found), "a second", how=how))
            RESULTS.drop(engine)
            engine.dispose()
    twenty.notes.append("Plain code saves nothing on the way: what dies is asked and paid anew.")
    if not given:
        saved.notes.append("PostgreSQL: not measured; it is not installed here.")
    say("bytes of one answer in a history")
    return [many, twenty, saved, await _bytes()]


# The same calls without Temporal


def _loop(made: Desk) -> float:
    """Seconds of twenty sources one after the other."""
    engine = _table(made)
    began = time.perf_counter()
    for source in made.sources(_SOURCES):
        page = asyncio.run(read_page(source["source_url"], hosts=[made.site.host]))
        answer = completion(**_request(made, source, page))
        _save(engine, str(uuid.uuid4()), source["topic"], _text(answer))
    return time.perf_counter() - began


async def _gathered(made: Desk) -> float:
    """Seconds of twenty sources, five at once, with asyncio alone."""
    engine, places = _table(made), asyncio.Semaphore(_AT_ONCE)

    async def one(source: dict[str, str]) -> None:
        async with places:
            page = await read_page(source["source_url"], hosts=[made.site.host])
            answer = await acompletion(**_request(made, source, page))
            await asyncio.to_thread(
                _save, engine, str(uuid.uuid4()), source["topic"], _text(answer)
            )

    began = time.perf_counter()
    await asyncio.gather(*(one(source) for source in made.sources(_SOURCES)))
    return time.perf_counter() - began


def _request(made: Desk, source: dict[str, str], page: str) -> dict[str, Any]:
    return {
        "model": made.settings.llm_model,
        "api_key": made.settings.llm_api_key.get_secret_value(),
        "api_base": made.settings.llm_api_base,
        "messages": [{"role": "user", "content": f"{_ASK} {source['topic']}:\n\n{page}"}],
        "timeout": 45,
        "max_retries": 0,
    }


def _text(answer: Any) -> str:
    return str(answer.choices[0].message.content)


# Saving


def _table(made: Desk) -> Engine:
    engine = open_database(made.settings.database_url)
    make_tables(engine, RESULTS.metadata)
    return engine


def _save(engine: Engine, key: str, topic: str, summary: str) -> None:
    row = {"key": key, "topic": topic, "summary": summary}
    with engine.begin() as transaction:
        wanted = insert_into(engine, RESULTS).values(row)
        transaction.execute(wanted.on_conflict_do_nothing(index_elements=["key"]))


def _saves(engine: Engine, threads: int) -> float:
    """Saves a second by so many threads of this process; each second one is a repeat."""
    make_tables(engine, RESULTS.metadata)
    keys = [str(uuid.uuid4()) for _ in range(_SAVES // 2)] * 2
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda key: _save(engine, key, "tardigrades", "x" * 500), keys))
    return len(keys) / (time.perf_counter() - began)


# Bytes


@workflow.defn
class AskOnce:
    """One call, and its answer in the Event History."""

    @workflow.run
    async def run(self, name: str) -> None:
        from datetime import timedelta

        await workflow.execute_activity(name, start_to_close_timeout=timedelta(seconds=30))


async def _bytes() -> Section:
    """What one answer takes of a history: whole, and what is needed of it."""
    section = Section("Bytes of one model call in the Event History")
    async with desk() as made:
        source = made.sources(1)[0]
        page = await read_page(source["source_url"], hosts=[made.site.host])
        answer = await acompletion(**_request(made, source, page))

        @activity.defn
        async def whole() -> ModelResponse:
            return answer

        @activity.defn
        async def slim() -> dict[str, Any]:
            usage = answer.usage
            return {
                "text": _text(answer),
                "tokens_in": usage.prompt_tokens,
                "tokens_out": usage.completion_tokens,
                "dollars": 0.0001234,
            }

        @activity.defn
        async def text() -> str:
            return _text(answer)

        async with Worker(
            made.client,
            task_queue=QUEUE,
            workflows=[AskOnce],
            activities=[whole, slim, text],
            workflow_runner=UnsandboxedWorkflowRunner(),
            build_id="bench",
        ):
            for name, what in (
                ("whole", "the whole ModelResponse"),
                ("slim", "a slim dataclass: text, tokens, dollars"),
                ("text", "the text alone"),
            ):
                handle = await made.client.start_workflow(
                    AskOnce.run, name, id=f"bytes-{name}", task_queue=QUEUE
                )
                await handle.result()
                history = await handle.fetch_history()
                result = next(
                    event.activity_task_completed_event_attributes.result.payloads[0].data
                    for event in history.events
                    if event.HasField("activity_task_completed_event_attributes")
                )
                total = sum(event.ByteSize() for event in history.events)
                section.rows.append(
                    Row(what, float(len(result)), "bytes", how=f"{total:,} in the whole history")
                )
    return section
