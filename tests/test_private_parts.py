"""Private parts of the SDK and of asyncio: each is there, does what it is for, and is needed."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
import uuid
import warnings
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker

from workshop.core import patience
from workshop.core.settings import load
from workshop.kernel import private_parts


@activity.defn
async def nothing() -> None:
    """An Activity that a Worker can be built with."""


@workflow.defn(sandboxed=False)
class Busy:
    @workflow.run
    async def run(self) -> None:
        time.sleep(2.5)  # noqa: ASYNC251 - code that takes longer than the SDK's clock allows


@pytest.fixture
def queue(running_room: dict[str, str]) -> str:
    return f"private-{uuid.uuid4().hex[:8]}"


def run(main: Callable[[Client], Awaitable[Any]]) -> Any:
    async def with_a_client() -> Any:
        client = await Client.connect(load().temporal_address)
        return await patience.wait_for(main(client), 30)

    return asyncio.run(with_a_client())


def test_an_onlooker_is_shown_the_workers_of_its_function_and_no_others(queue: str) -> None:
    class Onlooker:
        def __init__(self) -> None:
            self.seen: list[str] = []

        def building(self, args: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
            return args, given | {"identity": "looked at"}

        def built(self, worker: Worker) -> None:
            self.seen.append(f"built {worker.config()['identity']}")

        async def running(self, worker: Worker, run: Any) -> None:
            self.seen.append("runs")
            private_parts.forget(worker)

    async def look(client: Client) -> None:
        async def run_worker() -> None:
            await Worker(client, task_queue=queue, activities=[nothing]).run()

        onlooker = Onlooker()
        await private_parts.look_on(run_worker, onlooker)
        assert onlooker.seen == ["built looked at", "runs"]
        other = Worker(client, task_queue=f"{queue}-other", activities=[nothing])
        private_parts.forget(other)
        assert other.config().get("identity") != "looked at"
        assert len(onlooker.seen) == 2

    run(look)


def test_a_client_forgets_a_worker_that_never_ran(queue: str) -> None:
    async def build_three(client: Client) -> None:
        def build() -> Worker:
            return Worker(client, task_queue=queue, activities=[nothing])

        first = build()
        with pytest.raises(RuntimeError, match="Failed creating worker"):
            build()  # where this works, `forget` is needed no more
        private_parts.forget(first)
        private_parts.forget(build())

    run(build_three)


def test_a_worker_that_was_cancelled_before_it_polled_is_forgotten(queue: str) -> None:
    async def by_hand(client: Client) -> None:
        worker = Worker(client, task_queue=queue, activities=[nothing])
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0)  # it has begun, and asks the Temporal Service whether it may
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled() and not worker.is_running
        private_parts.forget(Worker(client, task_queue=queue, activities=[nothing]))

    run(by_hand)


def test_a_worker_that_runs_is_not_forgotten(queue: str) -> None:
    async def runs_on(client: Client) -> None:
        async with Worker(client, task_queue=queue, activities=[nothing]) as worker:
            while not worker.is_running:
                await asyncio.sleep(0.01)
            private_parts.forget(worker)
            with pytest.raises(RuntimeError, match="Failed creating worker"):
                Worker(client, task_queue=queue, activities=[nothing])
            assert worker.is_running

    run(runs_on)


def test_a_worker_at_rest_ends_when_it_is_shut_down(queue: str) -> None:
    async def rests(client: Client) -> None:
        worker = Worker(client, task_queue=queue, activities=[nothing])
        private_parts.forget(worker)
        resting = asyncio.create_task(private_parts.rest(worker))
        await asyncio.sleep(0)
        assert not resting.done()
        await worker.shutdown()
        await resting

    run(rests)


def test_a_worker_without_a_clock_lets_code_take_its_time(queue: str) -> None:
    async def failures(client: Client, queue: str, take: Callable[[Worker], None]) -> int:
        worker = Worker(client, task_queue=queue, workflows=[Busy])
        take(worker)
        async with worker:
            handle = await client.start_workflow(
                Busy.run, id=queue, task_queue=queue, task_timeout=timedelta(seconds=60)
            )
            decided = {
                EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
                EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
            }
            while True:
                kinds = [e.event_type for e in (await handle.fetch_history()).events]
                if decided & set(kinds):
                    break
                await asyncio.sleep(0.05)
            return kinds.count(EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)

    async def both(client: Client) -> list[int]:
        with_a_clock = failures(client, f"{queue}-a", lambda worker: None)
        without = failures(client, f"{queue}-b", private_parts.without_clock)
        return await asyncio.gather(with_a_clock, without)

    assert run(both) == [1, 0]


def test_the_client_of_a_handle_is_told(queue: str) -> None:
    async def asks(client: Client) -> None:
        assert private_parts.client_of(client.get_workflow_handle("any")) is client

    run(asks)


def test_a_loop_that_nobody_closed_goes_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """As LiteLLM leaves one in each thread of an Activity, its sockets collected before it."""
    loops: Any = asyncio.BaseEventLoop
    # So that it is put back; and an earlier test may have silenced it.
    monkeypatch.setattr(loops, "__del__", getattr(loops.__del__, "loud", loops.__del__))
    heard: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", heard.append)

    def lose_one() -> None:
        loop: Any = asyncio.new_event_loop()
        loop._ssock.close()
        loop._csock.close()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del loop
            gc.collect()

    lose_one()
    assert len(heard) == 1, "Python has stopped complaining: this may go"
    for _ in range(2):
        private_parts.silence_lost_loops()
        lose_one()
    assert len(heard) == 1
