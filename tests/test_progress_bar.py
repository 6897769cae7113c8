"""The bar on a real Temporal Service: what it shows while a Workflow runs, and how it ends."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from xml.etree import ElementTree

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from workshop.core.patience import Patience
from workshop.core.settings import load
from workshop.watching import progress_bar
from workshop.watching.follow.errors import NoWorker, StillRunning, WorkflowEnded
from workshop.watching.progress_bar import ProgressError, watch

QUEUE = "bars"


@dataclass
class Counts:
    done: int
    total: int
    failed: int


@workflow.defn(sandboxed=False)
class Counts20:
    def __init__(self) -> None:
        self.done = self.failed = 0
        self.go_on = False

    @workflow.signal
    def finish(self) -> None:
        self.go_on = True

    @workflow.query
    def as_dict(self) -> dict[str, int]:
        return {"done": self.done, "total": 20, "failed": self.failed}

    @workflow.query
    def as_object(self) -> Counts:
        return Counts(self.done, 20, self.failed)

    @workflow.query
    def broken(self) -> dict[str, int]:
        raise RuntimeError("no such list")

    @workflow.query
    def words(self) -> dict[str, str]:
        return {"done": "half"}

    @workflow.run
    async def run(self, ends: str) -> str:
        self.done = 8
        await workflow.wait_condition(lambda: self.go_on)
        self.done, self.failed = 20, 2
        if ends == "badly":
            raise ApplicationError("the printer is out of paper")
        return "ready"


@pytest.fixture
def client(running_room: dict[str, str]) -> Callable[[], Awaitable[Client]]:
    return lambda: Client.connect(load().temporal_address)


def working(client: Client) -> AbstractAsyncContextManager[Worker]:
    return Worker(client, task_queue=QUEUE, workflows=[Counts20])


async def start(
    client: Client, ends: str = "well", queue: str = QUEUE
) -> WorkflowHandle[Counts20, str]:
    return await client.start_workflow(
        Counts20.run, ends, id=f"bar-{uuid.uuid4()}", task_queue=queue
    )


class Shown:
    """What has been put under the cell, form by form."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.forms: list[tuple[str, str]] = []
        self.displays: list[object] = []
        monkeypatch.setattr(progress_bar, "put", self.put)

    def put(self, markup: str, plain: str, display: object) -> object:
        self.forms.append((markup, plain))
        self.displays.append(display)
        return "the one display"

    async def until(self, words: str) -> None:
        waiting = Patience(20)
        while not any(words in plain for _, plain in self.forms):
            assert not waiting.over(), f"waited for {words!r}: {self.forms[-1:]}"
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("query", ["as_dict", Counts20.as_object])
def test_a_bar_moves_in_place_and_the_result_comes(
    client: Callable[[], Awaitable[Client]], monkeypatch: pytest.MonkeyPatch, query: object
) -> None:
    shown = Shown(monkeypatch)

    async def play() -> str:
        connected = await client()
        async with working(connected):
            handle = await start(connected)
            watching = asyncio.create_task(watch(handle, query))
            await shown.until("8 of 20 done")
            await handle.signal(Counts20.finish)
            return await watching

    assert asyncio.run(play()) == "ready"
    markup, plain = shown.forms[-1]
    assert "completed, 20 of 20 done, 2 of them failed" in plain
    assert plain.count("█") == 27 and plain.count("▒") == 3 and "░" not in plain
    assert shown.displays[0] is None and set(shown.displays[1:]) == {"the one display"}
    drawn = ElementTree.fromstring(markup[markup.index("<svg") : markup.index("</svg>") + 6])
    assert "20 of 20 done, 2 of them failed" in str(drawn.get("aria-label"))
    outline, well, bad = [float(str(e.get("width"))[:-1]) for e in drawn.iter("rect")]
    assert well + bad == pytest.approx(outline, abs=0.05)
    assert bad / outline == pytest.approx(0.1, abs=0.01)


def test_a_failure_is_told_as_follow_tells_it(
    client: Callable[[], Awaitable[Client]], capsys: pytest.CaptureFixture[str]
) -> None:
    async def play() -> None:
        connected = await client()
        async with working(connected):
            handle = await start(connected, "badly")
            await handle.signal(Counts20.finish)
            await watch(handle, "as_dict")

    with pytest.raises(WorkflowEnded, match="out of paper"):
        asyncio.run(play())
    assert "failed, 20 of 20 done" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("get_progres", "The Query get_progres fails.*get_progres"),
        ("broken", "The Query broken fails.*no such list"),
        ("words", "The Query words answered.*'half'"),
    ],
)
def test_a_query_that_tells_no_progress_is_told(
    client: Callable[[], Awaitable[Client]], query: str, said: str
) -> None:
    async def play() -> None:
        connected = await client()
        async with working(connected):
            handle = await start(connected)
            try:
                await watch(handle, query, limit=20)
            finally:
                assert (await handle.describe()).status == 1  # it goes on
                await handle.terminate()

    with pytest.raises(ProgressError, match=said):
        asyncio.run(play())


def test_waiting_has_a_limit(client: Callable[[], Awaitable[Client]]) -> None:
    async def play() -> None:
        connected = await client()
        async with working(connected):
            handle = await start(connected)
            try:
                await watch(handle, "as_dict", limit=1)
            finally:
                await handle.terminate()

    with pytest.raises(StillRunning, match=r"within 1.0 s"):
        asyncio.run(play())


def test_without_a_worker_it_says_so(
    client: Callable[[], Awaitable[Client]], capsys: pytest.CaptureFixture[str]
) -> None:
    async def play() -> None:
        connected = await client()
        handle = await start(connected, queue="nobody-polls")
        try:
            await watch(handle, "as_dict", limit=30)
        finally:
            await handle.terminate()

    with pytest.raises(NoWorker):
        asyncio.run(play())
    assert "no answer yet" in capsys.readouterr().out
