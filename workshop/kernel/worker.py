"""This kernel's one Worker: started with the newest code, seen to poll, and stopped."""

from __future__ import annotations

import asyncio
import inspect
import math
import os
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from workshop.core import this_notebook
from workshop.core.interrupts import interrupted_says
from workshop.core.patience import Patience, wait_for
from workshop.kernel.not_started import AGAIN, WorkerNotStarted, why_ended
from workshop.kernel.private_parts import forget, look_on
from workshop.watching.metering import attach

ANSWER_SECONDS = 10.0
"""Seconds of a quiet machine in which the Temporal Service must answer."""


class _Start:
    """A Worker of this kernel: the task that runs it and, once it is about to run, it."""

    def __init__(self, run_worker: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.worker: Worker | None = None
        self.earlier: set[tuple[str, int]] = set()
        self.workers: list[Worker] = []
        self.over = False
        self.task = look_on(run_worker, self)

    def release(self) -> None:
        """Let the Client forget Workers that were built and never ran."""
        for worker in self.workers:
            forget(worker)
        self.workers.clear()

    def building(self, args: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Say which notebook it is in the SDK's own word for who a Worker is.

        Histories and the Web UI show it.
        """
        usual = f"{os.getpid()}@{socket.gethostname()}"
        file = this_notebook.path()
        if file and getattr(given.get("client", *args[:1]), "identity", "") == usual:
            given.setdefault("identity", f"{usual} {file.name}")
        return args, given

    def built(self, worker: Worker) -> None:
        self.workers.append(worker)

    async def running(self, worker: Worker, run: Callable[[Worker], Awaitable[None]]) -> None:
        """Look before the Worker polls: can it, and who has polled its Task Queue so far."""
        if not worker.task_queue:
            raise WorkerNotStarted(
                'The Worker\'s Task Queue is "", an empty name.',
                "A Worker polls a Task Queue by its name, the one that start_workflow uses.",
                "Fill in task_queue= in the Worker cell, run it, then this cell.",
            )
        try:
            self.earlier = await _pollers(worker)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise WorkerNotStarted(
                    f"The Temporal Service does not know what the Client asks for: {error}",
                    "It knows the namespace that Client.connect names.",
                    "Correct the cell with Client.connect, run it, the Worker cell and this one.",
                ) from None
            address = worker.client.service_client.config.target_host
            raise _no_service(f"The Temporal Service at {address} does not answer.") from None
        if self.over:  # run_worker has returned and left the Worker to a task of its own
            raise asyncio.CancelledError
        self.worker = self.worker or worker
        await run(worker)

    async def polls(self, limit: float) -> Worker:
        """Return the Worker when the Temporal Service has seen it poll.

        Raises:
            WorkerNotStarted: the task ended before, or does not come so far; and why.
            RPCError: the Temporal Service does not answer.
        """
        waiting, news = Patience(limit), time.monotonic() + 5
        while not self.task.done():
            if time.monotonic() > news:
                news = math.inf
                print(
                    "… Waiting until the Worker polls. It does at once where a machine is not busy."
                )
            if self.worker and await _pollers(self.worker) - self.earlier:
                return self.worker
            if waiting.over(self.worker):
                raise self._late(limit)
            await asyncio.wait({self.task}, timeout=0.02)
        raise why_ended(self.task)

    def _late(self, limit: float) -> WorkerNotStarted:
        """Why there is no poll, of a function that goes on."""
        if self.worker:
            return WorkerNotStarted(
                "The Worker runs, and the Temporal Service has not seen it poll.",
                "A Worker polls at once, where this machine lets it.",
                "Run this cell again; if that does not help, the first cell (begin) before it.",
            )
        return WorkerNotStarted(
            f"run_worker has not come to `await worker.run()` in {limit:g} s."
            if self.workers
            else f"run_worker has been running for {limit:g} s and has built no Worker.",
            "It builds a Worker, and its last line is `await worker.run()`.",
            f"See what it waits for before that. {AGAIN}",
        )


_current: _Start | None = None


@interrupted_says("No Worker of this notebook runs now; run this cell again to start it.")
async def start_worker(
    run_worker: Callable[[], Coroutine[Any, Any, None]], *, limit: float = 10.0
) -> asyncio.Task[None]:
    """Run a Worker as a task of this kernel, in place of the earlier one.

    The same as `asyncio.create_task(run_worker())`, with three things added: the notebook's
    earlier Worker is stopped first, the task is returned when the Worker polls its Task Queue,
    and a Worker that cannot start says so here.

    Args:
        run_worker: an async function that builds a Worker and awaits its `run()`.
        limit: seconds of a quiet machine in which it must come to its `run()`, and then poll.
            What is wrong is told at once; this is for a function that runs no Worker.

    Raises:
        WorkerNotStarted: it does not poll, with the reason.

    https://python.temporal.io/temporalio.worker.Worker.html
    """
    global _current
    if inspect.iscoroutine(run_worker):
        run_worker.close()
        raise WorkerNotStarted(
            "start_worker was given run_worker(), the call.",
            "It takes the function itself.",
            "Write start_worker(run_worker), without the parentheses.",
        )
    if not inspect.iscoroutinefunction(run_worker):
        raise WorkerNotStarted(
            f"start_worker was given {run_worker!r}.",
            "It takes an async function that builds a Worker and awaits its run().",
            "Run the cell that defines run_worker, then this one.",
        )
    attach()
    await _stop(40.0)
    _current = start = _Start(run_worker)
    try:
        worker = await start.polls(limit)
    except BaseException as error:
        await _stop(1.0)
        if isinstance(error, RPCError):
            raise _no_service("The Temporal Service has stopped answering.") from None
        raise
    print(f"✓ Worker is polling the Task Queue {worker.task_queue!r}.")
    start.task.add_done_callback(_say_why)
    return start.task


def running_worker() -> Worker | None:
    """The Worker of this kernel that start_worker has started; None where none runs."""
    return _current.worker if _current and not _current.task.done() else None


this_notebook.running_worker = running_worker


async def stop_worker(*, limit: float = 40.0) -> None:
    """Stop this kernel's Worker and say so.

    The Worker takes no more tasks and lets running Activities end, as long as its
    `graceful_shutdown_timeout` allows. After `limit` seconds it is cancelled.
    """
    print("✓ Worker stopped." if await _stop(limit) else "✓ No Worker was running.")


async def _stop(limit: float) -> bool:
    """Stop the kernel's Worker. Returns whether one was running."""
    global _current
    running, _current = _current, None
    if running is None:
        return False
    running.over = True
    task, worker = running.task, running.worker
    if task.done() and not (worker and worker.is_running):
        running.release()
        return False
    task.remove_done_callback(_say_why)
    try:
        if worker:
            await asyncio.wait({asyncio.create_task(worker.shutdown())}, timeout=limit)
            if not task.done():
                await asyncio.wait({task}, timeout=1.0)
    except RuntimeError:  # a task of an event loop that is no more
        return False
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=5.0)
    if task.done() and not task.cancelled():
        task.exception()  # fetched, so that asyncio does not complain later
    running.release()
    return True


def _no_service(saw: str) -> WorkerNotStarted:
    return WorkerNotStarted(
        saw,
        "A Worker needs one to poll.",
        "Run the first cell (begin) again: it starts the service. Then run this cell.",
    )


async def _pollers(worker: Worker) -> set[tuple[str, int]]:
    """Who polls the Worker's Task Queue, and when each was last seen, in nanoseconds.

    Raises:
        RPCError: there is no Temporal Service, or it has not answered for so long.

    https://docs.temporal.io/cli/task-queue#describe
    """
    kind = "WORKFLOW" if worker.config().get("workflows") else "ACTIVITY"
    request = DescribeTaskQueueRequest(
        namespace=worker.client.namespace,
        task_queue=TaskQueue(name=worker.task_queue),
        task_queue_type=TaskQueueType.Value(f"TASK_QUEUE_TYPE_{kind}"),
    )
    asked = worker.client.workflow_service.describe_task_queue(
        request, timeout=timedelta(seconds=60)
    )
    try:
        answer = await wait_for(asked, ANSWER_SECONDS)
    except asyncio.TimeoutError:
        raise RPCError("No answer came", RPCStatusCode.DEADLINE_EXCEEDED, b"") from None
    return {(poller.identity, poller.last_access_time.ToNanoseconds()) for poller in answer.pollers}


def _say_why(task: asyncio.Task[None]) -> None:
    """A Worker that stops by itself says nothing in Jupyter; this does."""
    if task.cancelled():
        print("✗ The Worker was cancelled. Run the cell with start_worker to start it again.")
    elif error := task.exception():
        when = time.strftime("%H:%M:%S")
        print(f"✗ The Worker stopped at {when}: {type(error).__name__}: {error}")
        print("  Run the first cell (begin), then the cell with start_worker.")
