"""Demo 05 in a storm: 100 batches of a seed, every fault there is, Workers killed with SIGKILL.

Each of the batches has one to three sources. A source is a page of the practice site, which is well
or broken in one of its ways, and a topic, for which the practice model is well or broken in one of
its ways. Meanwhile three Workers serve them, real processes that are killed one after the other at
random moments and replaced by others; some of those have a full disk. The model is unplugged for a
while, again and again, and the database is locked.

What each attempt of an Activity did is known from outside: a journal of its beginning and end, the
practice model's ledger, the site's count of visits, the Event History. From them follows, for
every source, what must have become of it:

- it is saved once, in one row with its own key, or it is named as failed and has no row;
- the reason is the true one: type and words of what the last attempt met;
- no attempt was made that the policy does not allow, and none was left out that it asks for: what
  is final is tried once, all else is tried again until it is well or attempts are used up, and
  each attempt asks the model once at most, no sooner than the model said;
- each batch ends, and works on no more sources at a time than it may.

Seed and number of batches: RESEARCH_SEED, RESEARCH_RUNS. A failure names the batch; RESEARCH_ONLY
repeats it alone (its faults are the same, the moments in between are not).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import shutil
import socket
import sqlite3
import tempfile
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import research_nursery as workers
import storms
from nursery import Nursery
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from workshop.core.settings import Settings, load
from workshop.practice.model import faults, process
from workshop.practice.model.faults import FaultContext
from workshop.practice.model.ledger import Call, Ledger
from workshop.practice.site.client import Site, open_site
from workshop.services.database import open_database

SEED = int(os.environ.get("RESEARCH_SEED", "20261122"))
RUNS = int(os.environ.get("RESEARCH_RUNS", "100"))
ONLY = os.environ.get("RESEARCH_ONLY", "")
SOURCES = (1, 2, 3)
AT_ONCE = 2
LANES = 30
"""Batches at the same time."""
WORKERS = 3
QUEUE = "durable-research-storm"
LIMIT_SECONDS = 180.0
"""What a batch may take; one with ten attempts takes 15 s."""
RETRY_AFTER = 2
"""Seconds. The policy alone waits a tenth of one, which the Temporal Service makes a whole one."""
LOST_SECONDS = 1.5
"""A Worker that was killed so soon after an attempt's end may not have told of it."""
ATTEMPTS = {"fetch_url": 3, "call_llm": 10}

PAGES = {
    # what is wrong with a page: how the source ends
    "": "saved",
    "busy": "saved",
    "limited": "saved",
    "redirect": "saved",
    "injection": "saved",
    "missing": "PageNotFound",
    "gone": "PageNotFound",
    "forbidden": "PageForbidden",
    "error": "PageBroken",
    "slow": "PageTimeout",
    "endless": "PageRefused",
    "huge": "PageRefused",
    "zipped": "PageRefused",
    "binary": "PageRefused",
    "empty": "PageRefused",
    "redirect_out": "PageRefused",
    "redirect_port": "PageRefused",
    "redirect_file": "PageRefused",
    "loop": "PageRefused",
}
MODELS = {
    "": "saved",
    "429": "saved",
    "500": "saved",
    "slow": "saved",
    "dropped": "saved",
    "quota": "QuotaExhausted",
    "401": "AuthenticationError",
    "500 for ever": "InternalServerError",
}
FINAL = {"PageNotFound", "PageForbidden", "PageRefused", "QuotaExhausted", "AuthenticationError"}
TIMED_OUT = "TimeoutError: "


@dataclass
class Source:
    """One source of one batch, and what is wrong with it."""

    batch: int
    number: int
    page: str
    model: str
    times: int
    """How often the model fails, where it does not fail for ever."""
    url: str

    @property
    def mark(self) -> str:
        """Words that stand in no other prompt."""
        return f"(source {self.batch}-{self.number})"

    @property
    def topic(self) -> str:
        return f"what lives there {self.mark}"

    @property
    def workflow(self) -> str:
        return f"storm-{self.batch}/{self.number}"

    @property
    def end(self) -> str:
        """How it ends: "saved", or the type of the error."""
        return PAGES[self.page] if PAGES[self.page] != "saved" else MODELS[self.model]

    def fault(self, base: str) -> FaultContext | None:
        given: dict[str, Any] = {"matching": self.mark, "base": base}
        match self.model:
            case "429":
                return faults.rate_limited(self.times, RETRY_AFTER, **given)
            case "500":
                return faults.server_error(self.times, **given)
            case "slow":
                return faults.slow(workers.TIMEOUTS["call_llm"], 1, **given)
            case "dropped":
                return faults.dropped(self.times, **given)
            case "quota":
                return faults.quota_exhausted(**given)
            case "401":
                return faults.wrong_key(**given)
            case "500 for ever":
                return faults.server_error(**given)
        return None


def deck(chance: random.Random, cards: list[str]) -> Iterator[str]:
    """Cards without end, each as often as the others, in an order of the seed."""
    while True:
        yield from chance.sample(cards, len(cards))


def drawn(site: Site) -> list[list[Source]]:
    """The batches of the seed, and those with which the storm may go on."""
    chance = random.Random(SEED)
    # Each address counts its own visits; so a broken one belongs to one source.
    free = {kind: chance.sample(site.pages, len(site.pages)) for kind in PAGES if kind}
    # Half of the pages are well, or the model would hardly be asked.
    pages = deck(chance, [*PAGES, *([""] * len(PAGES))])
    models = deck(chance, [*MODELS, "", "500"])
    batches = []
    for batch in range((1 + storms.AS_MANY_AGAIN) * RUNS):
        sources = []
        for number in range(chance.choice(SOURCES)):
            page = next(pages)
            if not page or not free[page]:
                page, url = "", chance.choice(site.pages).url
            else:
                url = site.troubled(page, free[page].pop())
            sources.append(Source(batch, number, page, next(models), chance.randint(1, 3), url))
        batches.append(sources)
    return batches


@dataclass
class Attempt:
    """One attempt of an Activity, as the journal tells it."""

    number: int
    pid: int
    began: float
    """When the Temporal Service handed it out, in seconds since 1970."""
    ended: float = 0.0
    kind: str = ""
    """Type of the error; "ok" where there was none; "" where the end is not known."""
    said: str = ""


@dataclass
class Storm:
    """What happened."""

    killed: dict[int, float] = field(default_factory=dict)
    """When each process was killed, in seconds since 1970."""
    attempts: dict[tuple[str, str], dict[int, Attempt]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """By Workflow and Activity, then by number."""
    happened: Counter[str] = field(default_factory=Counter)
    journal: deque[dict[str, Any]] = field(default_factory=deque)
    """What attempts tell, in the order in which it was told."""

    def rare(self) -> dict[str, int]:
        """What has hardly happened yet, of what the moments decide."""
        if ONLY or RUNS < 100:
            return {}
        self.listen()
        kinds = ("unplugged", "database locked", "disk full", "call_llm: Timeout")
        return storms.rare(self.happened, 2, kinds) | storms.rare(self.happened, 10, ("killed",))

    def listen(self) -> None:
        while self.journal:
            self.tell(self.journal.popleft())

    def tell(self, told: dict[str, Any]) -> None:
        key, number = (told["workflow"], told["activity"]), told["attempt"]
        if told["what"] == "began":
            self.attempts[key][number] = Attempt(number, told["pid"], told["started"])
            return
        attempt = self.attempts[key][number]
        attempt.ended = told["at"]
        attempt.kind = "ok" if told["what"] == "ok" else told["kind"]
        attempt.said = told.get("said", "")
        self.happened[f"{told['activity']}: {attempt.kind}"] += 1
        if "locked" in attempt.said:
            self.happened["database locked"] += 1
        elif attempt.kind == "OperationalError":
            self.happened["disk full"] += 1

    def lost(self, key: tuple[str, str], attempt: Attempt) -> bool:
        """Whether nobody heard of the attempt's end: its Worker was killed, or it took too long."""
        end = attempt.ended or time.time()
        gone = self.killed.get(attempt.pid)
        too_long = end - attempt.began > workers.TIMEOUTS[key[1]] - 0.5
        return too_long or (gone is not None and gone - end < LOST_SECONDS)


class Weather:
    """The Workers, and what happens to them and around them."""

    def __init__(self, storm: Storm, farm: Nursery, settings: Settings, folder: Path) -> None:
        self.storm, self.farm, self.settings, self.folder = storm, farm, settings, folder
        self.chance = random.Random(f"{SEED} weather")
        self.workers: dict[int, str] = {}
        """The disk of each process."""

    async def start(self, disk: str) -> None:
        self.workers[int(await self.farm.tell("start", QUEUE, self.folder, disk))] = disk

    async def kill_workers(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(0.8, 2.2))
            pid = self.chance.choice(list(self.workers))
            assert await self.farm.tell("kill", pid) == "killed"
            self.storm.killed[pid] = time.time()
            self.storm.happened["killed"] += 1
            del self.workers[pid]
            full = "full" not in self.workers.values() and self.chance.random() < 0.4
            await self.start("full" if full else "free")

    async def unplug(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(2, 5))
            async with faults.unplugged(base=self.settings.llm_api_base):
                self.storm.happened["unplugged"] += 1
                await asyncio.sleep(self.chance.uniform(0.2, 0.6))

    async def lock_database(self) -> None:
        path = str(open_database().url.database)
        while True:
            await asyncio.sleep(self.chance.uniform(2, 5))
            await asyncio.to_thread(_hold, path, self.chance.uniform(0.8, 1.6))


def _hold(path: str, seconds: float) -> None:
    """Begin to write into a SQLite file, and take one's time."""
    connection = sqlite3.connect(path, timeout=10, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
    finally:
        connection.close()


@dataclass
class Ended:
    """A batch, and how it ended."""

    sources: list[Source]
    report: dict[str, Any]
    at_once: int
    """The most sources that were worked on at the same time."""
    seconds: float
    attempts: dict[str, int]
    """Of the sources that failed: how often the Activity was handed out that failed, by topic."""


async def open_work(client: Client, handle: WorkflowHandle[Any, Any]) -> list[str]:
    """What a batch waits for."""
    told = []
    raw = (await handle.describe()).raw_description
    told += [f"Workflow Task, attempt {raw.pending_workflow_task.attempt}"]
    for child in raw.pending_children:
        found = (await client.get_workflow_handle(child.workflow_id).describe()).raw_description
        told += [f"{child.workflow_id}: Workflow Task, {found.pending_workflow_task.attempt}"]
        told += [str(one) for one in found.pending_activities]
    return told


async def one_batch(client: Client, sources: list[Source]) -> Ended:
    began = time.monotonic()
    batch = sources[0].batch
    handle: WorkflowHandle[Any, Any] = await client.start_workflow(
        "ResearchBatchWorkflow",
        {
            "sources": [{"topic": one.topic, "source_url": one.url} for one in sources],
            "at_once": AT_ONCE,
        },
        id=f"storm-{batch}",
        task_queue=QUEUE,
        task_timeout=workers.TASK_TIMEOUT,
    )
    while True:
        with suppress(RPCError):
            if (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING:
                break
        if time.monotonic() - began > LIMIT_SECONDS:
            raise AssertionError(
                f"seed {SEED}, batch {batch} hangs: {await open_work(client, handle)}"
            )
        await asyncio.sleep(0.5)  # thirty ask so often
    report = await handle.result()
    running = most = 0
    async for event in handle.fetch_history_events():
        kind = str(event.WhichOneof("attributes"))
        running += kind.startswith("start_child_workflow_execution_initiated")
        running -= kind.startswith(
            ("child_workflow_execution_completed", "child_workflow_execution_failed")
        )
        most = max(most, running)
    attempts = {}
    for failure in report["failed"]:
        (number,) = [one.number for one in sources if one.topic == failure["topic"]]
        child = client.get_workflow_handle(f"{handle.id}/{number}")
        async for event in child.fetch_history_events():
            if event.HasField("activity_task_started_event_attributes"):
                started = event.activity_task_started_event_attributes
                attempts[failure["topic"]] = started.attempt
    return Ended(sources, report, most, time.monotonic() - began, attempts)


async def all_batches(env: dict[str, str], folder: Path, storm: Storm) -> list[Ended]:
    settings = load()
    site = await open_site()
    # Loads a Worker's libraries meanwhile.
    farm = Nursery(Path(workers.__file__), env, folder)
    tasks: list[asyncio.Task[Any]] = []
    try:
        batches = drawn(site)
        planned = range(int(ONLY), int(ONLY) + 1) if ONLY else range(RUNS)
        todo = storms.runs(planned, storm.rare)
        client = await Client.connect(
            settings.temporal_address, data_converter=pydantic_data_converter
        )
        ended: list[Ended] = []

        async def lane() -> None:
            for batch in todo:
                ended.append(await one_batch(client, batches[batch]))

        assert await farm.answer() == "ready"
        weather = Weather(storm, farm, settings, folder)
        async with AsyncExitStack() as stack:
            for one in [one for sources in batches for one in sources]:
                if fault := one.fault(str(settings.llm_api_base)):
                    stack.enter_context(fault)
            for _ in range(WORKERS):
                await weather.start("free")
            lanes = [asyncio.create_task(lane()) for _ in range(LANES)]
            forces = (weather.kill_workers, weather.unplug, weather.lock_database)
            tasks = [asyncio.create_task(force()) for force in forces]
            tasks += lanes
            both = asyncio.gather(*lanes)
            await asyncio.wait([both, *tasks[:3]], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks[:3]:
                if task.done():
                    task.result()  # the weather has failed, and says why
            await both
        return ended
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        farm.close()


class Judge:
    """What must be true of every source, from what was seen from outside."""

    def __init__(self, storm: Storm, settings: Settings, site: Site) -> None:
        self.storm, self.site = storm, site
        self.visits: dict[str, int] = site._ask("GET")
        self.calls: dict[str, list[Call]] = defaultdict(list)
        for call in Ledger(process.ledger_path(settings)).calls():
            self.calls[str(call.workflow_id)].append(call)
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        path = settings.home / "research.sqlite"
        connection = sqlite3.connect(path)
        connection.row_factory = sqlite3.Row
        for row in connection.execute("SELECT * FROM research"):
            self.rows[row["workflow_id"]].append(dict(row))
        connection.close()
        self.used_up = 0

    def batch(self, ended: Ended) -> None:
        saved, failed = ended.report["saved"], ended.report["failed"]
        urls = [one.url for one in ended.sources]
        assert Counter(saved) + Counter(f["source_url"] for f in failed) == Counter(urls)
        assert ended.at_once <= AT_ONCE, f"{ended.at_once} at once"
        reasons = {f["topic"]: f["reason"] for f in failed}
        assert reasons.keys() <= {one.topic for one in ended.sources}
        for one in ended.sources:
            try:
                self.source(one, reasons.get(one.topic), ended.attempts.get(one.topic, 0))
            except AssertionError as error:
                told = [
                    f"{activity} {attempt}"
                    for activity in workers.TIMEOUTS
                    for attempt in self.storm.attempts[one.workflow, activity].values()
                ]
                told += [str(call) for call in self.calls[one.workflow]]
                raise AssertionError("\n".join([f"{one}", str(error), *told])) from error

    def source(self, one: Source, reason: str | None, handed_out: int) -> None:
        rows = self.rows[one.workflow]
        if reason is None:
            self.saved(one, rows)
            last = "save_result"
        else:
            assert rows == [], "it is named as failed, and was saved"
            last = self.named(one, reason, handed_out)
        for activity in workers.TIMEOUTS:
            failed = reason is not None and activity == last
            self.tried(one, activity, handed_out if failed else 0)
            if activity == last:
                break
        self.asked(one, reason)
        self.visited(one)

    def saved(self, one: Source, rows: list[dict[str, Any]]) -> None:
        assert one.end == "saved", f"it was saved, and should have ended as {one.end}"
        assert len(rows) == 1, f"{len(rows)} rows"
        (row,) = rows
        assert row["key"] == f"{one.workflow}/save_result"
        assert (row["topic"], row["source_url"]) == (one.topic, one.url)
        assert row["summary"].strip()

    def named(self, one: Source, reason: str, handed_out: int) -> str:
        """The Activity that failed; the reason must be what its last attempt met."""
        names = [name for name in workers.TIMEOUTS if self.storm.attempts[one.workflow, name]]
        last = names[-1] if names else "fetch_url"
        assert last != "save_result", f"a save was given up: {reason}"
        attempts = self.storm.attempts[one.workflow, last]
        final = attempts.get(handed_out)  # none where its Worker was killed before it began
        if reason.startswith(TIMED_OUT):
            assert final is None or self.storm.lost((one.workflow, last), final), reason
        else:
            assert final, f"no last attempt, and yet {reason}"
            assert reason == f"{final.kind}: {final.said}", "another reason than the last attempt's"
        kind = reason.partition(":")[0]
        if kind != one.end:
            # Then all its attempts were used up, by kills and by what happened around it.
            self.used_up += 1
            around = {"TimeoutError", "Timeout", "InternalServerError", "PageTimeout"}
            around |= {"PageBusy"} if one.page in ("busy", "limited") else set()
            assert kind in around, f"{kind} instead of {one.end}"
            assert handed_out == ATTEMPTS[last], f"given up: {reason}"
        elif one.page and last == "fetch_url":
            assert one.url.partition("/broken")[0] in reason, reason
        return last

    def tried(self, one: Source, activity: str, handed_out: int) -> None:
        """Each attempt has a cause, and the last one is the last.

        `handed_out` is for the Activity that has failed: how many attempts it had.
        """
        key = (one.workflow, activity)
        attempts = self.storm.attempts[key]
        assert attempts or handed_out, f"{activity} was never tried"
        ordered = [attempts[number] for number in sorted(attempts)]
        last = ordered.pop() if ordered and handed_out in (0, ordered[-1].number) else None
        for attempt in ordered:
            if attempt.kind in FINAL or attempt.kind in ("ok", ""):
                assert self.storm.lost(key, attempt), f"tried again after {attempt}"
        most = ATTEMPTS.get(activity)
        number = handed_out or max(attempts)
        assert most is None or number <= most, f"{number} attempts"
        if handed_out:
            final = last is not None and last.kind in FINAL
            assert final or number == most, f"given up after {last}"
        else:
            assert last and last.kind == "ok", f"its last attempt: {last}"

    def asked(self, one: Source, reason: str | None) -> None:
        """Calls that the provider received: as many as attempts at most, as few as are needed."""
        calls = self.calls[one.workflow]
        attempts = self.storm.attempts[one.workflow, "call_llm"]
        numbers = [call.attempt for call in calls]
        assert len(set(numbers)) == len(numbers), f"an attempt asked twice: {numbers}"
        assert set(numbers) <= attempts.keys(), "a call without an attempt"
        by_number = {call.attempt: call for call in calls}
        statuses = {"ok": 200, "RateLimitError": 429, "QuotaExhausted": 429}
        statuses["AuthenticationError"] = 401
        for call in calls:
            # What the provider means to be final is final, whatever the demo makes of it.
            if call.error == "insufficient_quota" or call.status == 401:
                lost = self.storm.lost((one.workflow, "call_llm"), attempts[call.attempt or 0])
                assert call.attempt == max(attempts) or lost, f"asked again after {call}"
        for number, attempt in attempts.items():
            if attempt.kind in statuses:
                assert by_number[number].status == statuses[attempt.kind], attempt
        if reason is None:
            answered = [call for call in calls if call.answered]
            assert answered, "saved without an answer"
            failures = [call for call in calls if call.status == 429]
            if one.model == "429":
                assert len(failures) == one.times
            if one.model == "slow":
                assert len(answered) >= 2, "the slow answer was charged as well"
        for call, following in itertools.pairwise(calls):
            heard = attempts[call.attempt or 0].kind == "RateLimitError"
            if call.status == 429 and heard:
                waited = following.at - call.at
                assert waited >= RETRY_AFTER - 0.02, f"asked again after {waited:.2f} s"

    def visited(self, one: Source) -> None:
        if not one.page:
            return  # several sources read a good page
        path = one.url.removeprefix(self.site.url)
        attempts = self.storm.attempts[one.workflow, "fetch_url"].values()
        each = 4 if one.page == "loop" else 1
        # On a busy machine the time may be over before the site has seen the request.
        ended = sum(attempt.kind not in ("", "PageTimeout") for attempt in attempts)
        seen = self.visits.get(path, 0)
        assert ended * each <= seen <= len(attempts) * each, f"{seen} visits"


@pytest.fixture
def storm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storm]:
    """A storm that listens to what attempts tell."""
    storm = Storm()
    # A socket's path has 100 characters at most; pytest's own folders may have more.
    folder = tempfile.mkdtemp(prefix="storm-")
    path = str(Path(folder) / "journal")
    monkeypatch.setenv("RESEARCH_JOURNAL", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path)

        def read() -> None:
            while data := listening.recv(65536):
                storm.journal.append(json.loads(data))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        yield storm
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"", path)
        reader.join(5)
    shutil.rmtree(folder)


@pytest.mark.smaller
@pytest.mark.rotates("storms", among=2)
def test_every_source_is_saved_once_or_named_with_its_true_reason(
    running_room: dict[str, str],
    storm: Storm,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    began = time.monotonic()
    env = dict(os.environ) | {"PYTHONWARNINGS": "ignore"}
    ended = asyncio.run(all_batches(env, tmp_path, storm))
    storm.listen()
    settings = load()
    judge = Judge(storm, settings, Site(f"127.0.0.1:{settings.site_port}"))
    for one in sorted(ended, key=lambda ended: ended.sources[0].batch):
        try:
            judge.batch(one)
        except AssertionError as error:
            raise AssertionError(f"seed {SEED}, batch {one.sources[0].batch}: {error}") from error
    saved = sum(len(one.report["saved"]) for one in ended)
    failed = sum(len(one.report["failed"]) for one in ended)
    with capsys.disabled():
        print(
            f"\nstorm: {len(ended)} batches in {time.monotonic() - began:.1f} s, slowest "
            f"{max(one.seconds for one in ended):.1f} s; {saved} saved, {failed} named, "
            f"{judge.used_up} of them with all attempts used up; {len(storm.killed)} kills; "
            f"{dict(storm.happened)}"
        )
    assert sum(map(len, judge.rows.values())) == saved, "rows that nobody named"
    assert not storm.rare(), f"this seed leaves something out: {storm.rare()}"
    if ONLY or RUNS < 100:
        return
    assert len(ended) >= RUNS and judge.used_up <= 0.1 * (saved + failed)
    kinds = Counter(one.page for batch in ended for one in batch.sources)
    kinds += Counter(f"model {one.model}" for batch in ended for one in batch.sources)
    assert not storms.rare(kinds, 3, (*PAGES, *(f"model {kind}" for kind in MODELS)))
