"""Private parts of Temporal's SDK, asyncio and IPython: what no public name does, all of it here.

A new release may change any of them. Each has a test in tests/test_private_parts.py, which fails
where it is gone, or is needed no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar, copy_context
from functools import wraps
from typing import Any, Protocol

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker


class Onlooker(Protocol):
    """Who is shown the Workers that a function builds, and decides whether they run."""

    def building(self, args: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """What the Worker is to be built with, of what it was given."""

    def built(self, worker: Worker) -> None:
        """Called with each Worker that was built."""

    async def running(self, worker: Worker, run: Callable[[Worker], Awaitable[None]]) -> None:
        """In place of `worker.run()`, which is `run(worker)`."""


_onlooker: ContextVar[Onlooker | None] = ContextVar("onlooker", default=None)


def look_on(
    function: Callable[[], Coroutine[Any, Any, None]], onlooker: Onlooker
) -> asyncio.Task[None]:
    """Run a function as a task named "worker", with every Worker in it shown to the onlooker."""
    context = copy_context()
    context.run(_onlooker.set, onlooker)
    return context.run(lambda: asyncio.create_task(function(), name="worker"))


# A Worker is built inside the learner's own function, so it shows itself.
_init, _run = Worker.__init__, Worker.run


@wraps(_init)
def _shown_init(self: Worker, *args: Any, **given: Any) -> None:
    onlooker = _onlooker.get()
    if onlooker:
        args, given = onlooker.building(args, given)
    _init(self, *args, **given)
    if onlooker:
        onlooker.built(self)


async def _shown_run(self: Worker) -> None:
    if onlooker := _onlooker.get():
        return await onlooker.running(self, _run)
    try:
        await _run(self)
    finally:
        forget(self)  # a task that the learner has cancelled before it polled


Worker.__init__ = _shown_init  # type: ignore[method-assign]
Worker.run = _shown_run  # type: ignore[method-assign]


def forget(worker: Worker) -> None:
    """Let the Client forget a Worker that was built and never ran; harmless for another.

    It counts them, even when nothing holds them any more, and would refuse the next Worker on
    their Task Queue.
    """
    if not worker._started:
        worker._bridge_worker.initiate_shutdown()


async def rest(worker: Worker) -> None:
    """As `worker.run()`, of one that does nothing until it is shut down."""
    await worker._shutdown_event.wait()
    worker._shutdown_complete_event.set()


def without_clock(worker: Worker) -> None:
    """Let no clock of the SDK's judge how long a Workflow's code takes.

    It would fail a Workflow Task that takes two seconds, also where the machine is busy. Its
    debug mode has no such limit, and runs the code in the event loop, which then could not watch.
    """
    worker._workflow_worker._deadlock_timeout_seconds = None  # type: ignore[union-attr]


def client_of(handle: WorkflowHandle[Any, Any]) -> Client:
    """The Client of a handle."""
    return handle._client


def silence_lost_loops() -> None:
    """Let event loops that nobody closed go without a word.

    With nest_asyncio, LiteLLM makes one in each thread that calls it, and leaves it behind. Where
    the garbage collector takes the loop's sockets first, Python complains under whatever cell runs.
    """
    loops: Any = asyncio.BaseEventLoop
    end = loops.__del__
    if hasattr(end, "loud"):
        return

    def silent(loop: asyncio.BaseEventLoop) -> None:
        try:  # noqa: SIM105 - no name of this module: it may be gone when Python ends
            end(loop)
        except ValueError:
            pass

    silent.loud = end  # type: ignore[attr-defined]
    loops.__del__ = silent
