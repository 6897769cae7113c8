"""Things of a kernel: its one Worker, questions, pictures, nested event loops, logs."""

from __future__ import annotations

import asyncio
import html
import inspect
import logging
import math
import os
import socket
import sys
import time
import uuid
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from datetime import timedelta
from functools import wraps
from importlib import metadata
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from workshop.core import disk, this_notebook
from workshop.core.display import image, put
from workshop.core.errors import WorkshopError
from workshop.core.interrupts import in_a_thread, interrupted_says
from workshop.core.patience import Patience, wait_for
from workshop.core.programs import quiet_core
from workshop.watching.metering import attach

LOG = "notebook.log"
"""In the workshop's home: what Workers and Activities of notebooks log."""


class WorkerNotStarted(WorkshopError):
    """The Worker does not poll its Task Queue, and why."""


class _Start:
    """A Worker of this kernel: the task that runs it and, once the task has built it, it."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.built: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self.earlier: set[tuple[str, int]] = set()
        self.workers: list[Worker] = []
        self.over = False

    @property
    def worker(self) -> Worker | None:
        return self.built.result() if self.built.done() else None

    def release(self) -> None:
        """Let the Client forget Workers that were built and never ran.

        It counts them, even when nothing holds them any more, and would refuse the next Worker
        on their Task Queue. The SDK has no public name for this.
        """
        for worker in self.workers:
            if not worker._started:
                worker._bridge_worker.initiate_shutdown()
        self.workers.clear()

    async def before_run(self, worker: Worker) -> None:
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
                    "Mend the cell with Client.connect, run it, the Worker cell and this one.",
                ) from None
            raise WorkerNotStarted(
                "The Temporal Service at "
                f"{worker.client.service_client.config.target_host} does not answer.",
                "A Worker needs one to poll.",
                "Run the first cell (begin) again: it starts the service. Then run this cell.",
            ) from None
        if self.over:  # run_worker has returned and left the Worker to a task of its own
            raise asyncio.CancelledError
        if not self.built.done():
            self.built.set_result(worker)

    async def polls(self, limit: float) -> Worker:
        """Return the Worker when the Temporal Service has seen it poll.

        Raises:
            WorkerNotStarted: the task ended before, or does not come so far; and why.
            RPCError: the Temporal Service does not answer.
        """
        assert self.task
        waiting, news = Patience(limit), time.monotonic() + 5
        while not self.task.done():
            if time.monotonic() > news:
                news = math.inf
                print(
                    "… Waiting until the Worker polls. It does at once where a machine is not busy."
                )
            if self.built.done() and await _pollers(self.built.result()) - self.earlier:
                return self.built.result()
            if waiting.over(self.built.done()):
                raise self._late(limit)
            await asyncio.wait({self.task}, timeout=0.02)
        raise _reason(self.task)

    def _late(self, limit: float) -> WorkerNotStarted:
        """Why there is no poll, of a function that goes on."""
        again = "Mend the Worker cell, run it, then this cell."
        if self.built.done():
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
            f"See what it waits for before that. {again}",
        )


class Look:
    """The Workers that a function builds and would run, seen without running them.

    Each is built by the SDK itself, so that what it refuses is refused here; but with a Client
    and on a Task Queue of its own, because a Worker of this kernel may be polling already.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.given: list[dict[str, Any]] = []
        """What each Worker was given, by keyword; the Client as `client`."""
        self.runs = False
        """Whether a Worker would run until it is stopped."""
        self.threads_ended = False
        """Whether its threads had ended by then."""
        self._function: asyncio.Task[None] | None = None
        self._in_background = asyncio.Event()

    async def at(
        self, run_worker: Callable[[], Coroutine[Any, Any, None]], limit: float = 2.0
    ) -> None:
        """Call the function with every Worker in it looked at.

        Args:
            limit: seconds of a quiet machine.

        Raises:
            Exception: whatever it raises, or the Worker that it builds.
        """
        token = _looking.set(self)
        try:
            self._function = asyncio.create_task(run_worker())
        finally:
            _looking.reset(token)
        behind = asyncio.create_task(self._in_background.wait())
        function, waiting = self._function, Patience(limit)
        while not (function.done() or behind.done() or waiting.over()):
            await asyncio.wait({function, behind}, timeout=0.05, return_when="FIRST_COMPLETED")
        if self._in_background.is_set() and not function.done():
            # Its Worker runs beside it (async with): does it wait, or does it come to its end?
            waiting = Patience(0.3)
            while not (function.done() or waiting.over()):
                await asyncio.wait({function}, timeout=0.05)
            self.runs = self.runs or not function.done()
        behind.cancel()
        if self._function.done():
            self._function.result()
        self._function.cancel()

    def building(self, args: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        self.given.append({**dict(zip(("client",), args, strict=False)), **given})
        queue = given.get("task_queue")
        own = {"task_queue": f"check-{uuid.uuid4()}"} if isinstance(queue, str) else {}
        if not given.keys() & {"build_id", "deployment_config", "use_worker_versioning"}:
            own["build_id"] = "check"  # without one the SDK hashes every module that is loaded
        client = {"client": self.client} if "client" in given else {}
        return (self.client, *args[1:]) if args else (), given | own | client

    async def running(self, worker: Worker) -> None:
        """In place of `worker.run()`."""
        worker._bridge_worker.initiate_shutdown()
        if asyncio.current_task() is self._function:
            self.runs = True
            executor = worker.config().get("activity_executor")
            try:
                if executor is not None:
                    executor.submit(lambda: None)
            except RuntimeError:
                self.threads_ended = True
            return
        self._in_background.set()
        await worker._shutdown_event.wait()
        worker._shutdown_complete_event.set()


_current: _Start | None = None

# A Worker is built inside the learner's own function. So that start_worker can tell whether it
# polls, a Worker shows itself to the start that caused it, when it is built and when it is about
# to run.
_starting: ContextVar[_Start | None] = ContextVar("starting", default=None)
# A check looks at the Worker that a function builds, and lets none of them run.
_looking: ContextVar[Look | None] = ContextVar("looking", default=None)
_init, _run = Worker.__init__, Worker.run


@wraps(_init)
def _shown_init(self: Worker, *args: Any, **given: Any) -> None:
    if look := _looking.get():
        args, given = look.building(args, given)
    start = _starting.get()
    file = this_notebook.path() if start else None
    usual = f"{os.getpid()}@{socket.gethostname()}"
    if file and not look and getattr(given.get("client", *args[:1]), "identity", "") == usual:
        # The SDK's own word for who a Worker is, and the notebook: histories and the Web UI say it.
        given.setdefault("identity", f"{usual} {file.name}")
    _init(self, *args, **given)
    if start:
        start.workers.append(self)


async def _shown_run(self: Worker) -> None:
    if look := _looking.get():
        await look.running(self)
        return
    if start := _starting.get():
        await start.before_run(self)
    await _run(self)


Worker.__init__ = _shown_init  # type: ignore[method-assign]
Worker.run = _shown_run  # type: ignore[method-assign]


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
    _current = start = _Start()
    token = _starting.set(start)
    try:
        start.task = task = asyncio.create_task(run_worker(), name="worker")
    finally:
        _starting.reset(token)
    try:
        worker = await start.polls(limit)
    except RPCError:
        await _stop(1.0)
        raise WorkerNotStarted(
            "The Temporal Service has stopped answering.",
            "A Worker needs one to poll.",
            "Run the first cell (begin) again: it starts the service. Then run this cell.",
        ) from None
    except BaseException:
        await _stop(1.0)
        raise
    print(f"✓ Worker is polling the Task Queue {worker.task_queue!r}.")
    task.add_done_callback(_say_why)
    return task


def running_worker() -> Worker | None:
    """The Worker of this kernel that start_worker has started; None where none runs."""
    task = _current.task if _current else None
    return _current.worker if _current and task and not task.done() else None


this_notebook.running_worker = running_worker


async def stop_worker(*, limit: float = 40.0) -> None:
    """Stop this kernel's Worker and say so.

    The Worker takes no more tasks and lets running Activities end, as long as its
    `graceful_shutdown_timeout` allows. After `limit` seconds it is cancelled.
    """
    if await _stop(limit):
        print("✓ Worker stopped.")
    else:
        print("✓ No Worker was running.")


@interrupted_says("Nobody has been asked; run this cell again to answer.")
async def ask(question: str, default: str) -> str:
    """Ask the person at the keyboard, without freezing the Worker of this kernel.

    Returns:
        The answer without surrounding white space; `default` when it is empty or when there is
        no keyboard.
    """
    try:
        answer = (await in_a_thread(input, f"{question} ")).strip()
    # At an end, closed, lost, or StdinNotImplementedError of a kernel that nobody sits at.
    except (EOFError, OSError, ValueError, RuntimeError):
        answer = ""
    if not answer:
        print(f"No answer. Using: {default}")
    return answer or default


def allow_nested_loops() -> str:
    """Let `asyncio.run` work in a cell, whose event loop is running already.

    Returns:
        The module that was used, or an empty string outside a kernel. The first nest_asyncio
        loses cells on ipykernel 7; Colab's older kernel knows only the first.
    """
    if "ipykernel" not in sys.modules:
        return ""
    major = int(metadata.version("ipykernel").partition(".")[0])
    if major >= 7:
        import nest_asyncio2 as nest
    else:
        import nest_asyncio as nest
    nest.apply()
    silence_lost_loops()
    return str(nest.__name__)


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


def quiet_logs(home: Path) -> Path:
    """Send the SDK's log to a file, where it does not bury what a cell prints.

    `workflow.logger` and `activity.logger` write there too. Returns the file.
    """
    file = disk.ready(home) / LOG
    logger = logging.getLogger("temporalio")
    if not any(getattr(handler, "baseFilename", "") == str(file) for handler in logger.handlers):
        handler = logging.FileHandler(file, delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    quiet_core()
    return file


def show_pdf(path: str | Path) -> None:
    """Show a PDF's first page under the cell, where the file is, and what it could not show.

    Raises:
        WorkshopError: there is no such file, or it is no PDF.
    """
    from workshop.toolbox.report import first_page, remark  # reportlab takes its time to load

    png, said = first_page(path), remark(path)
    name = Path(path).name
    picture = image(png, f"First page of {name}", width=480, style="border:1px solid #999")
    text = f"First page of {name}, a PDF beside this notebook"
    words = "".join(f"<p>{html.escape(line)}</p>" for line in (text, said) if line)
    put(f"{words}{picture}", f"[{text}]\n{said}".strip())


async def _stop(limit: float) -> bool:
    """Stop the kernel's Worker. Returns whether one was running."""
    global _current
    running, _current = _current, None
    if running is None or running.task is None:
        return False
    running.over = True
    task = running.task
    left_behind = running.worker is not None and running.worker.is_running
    if task.done() and not left_behind:
        running.release()
        return False
    task.remove_done_callback(_say_why)
    try:
        if running.worker:
            await asyncio.wait({asyncio.create_task(running.worker.shutdown())}, timeout=limit)
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


ANSWER_SECONDS = 10.0
"""Seconds of a quiet machine in which the Temporal Service must answer."""


async def _pollers(worker: Worker) -> set[tuple[str, int]]:
    """Who polls the Worker's Task Queue, and when each was last seen, in nanoseconds.

    Raises:
        RPCError: there is no Temporal Service, or it has not answered for so long.

    https://docs.temporal.io/cli/task-queue#describe
    """
    workflows = worker.config().get("workflows")
    request = DescribeTaskQueueRequest(
        namespace=worker.client.namespace,
        task_queue=TaskQueue(name=worker.task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
        if workflows
        else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    asked = worker.client.workflow_service.describe_task_queue(
        request, timeout=timedelta(seconds=60)
    )
    try:
        answer = await wait_for(asked, ANSWER_SECONDS)
    except asyncio.TimeoutError:
        raise RPCError("No answer came", RPCStatusCode.DEADLINE_EXCEEDED, b"") from None
    return {(poller.identity, poller.last_access_time.ToNanoseconds()) for poller in answer.pollers}


def _reason(task: asyncio.Task[None]) -> WorkerNotStarted:
    """Why a Worker's task ended, in words for the person who wrote it."""
    again = "Mend the Worker cell, run it, then this cell."
    if task.cancelled():
        return WorkerNotStarted("The Worker was cancelled while it started.", do="Run this again.")
    error = task.exception()
    if error is None:
        return WorkerNotStarted(
            "run_worker returned without running a Worker.",
            "Its last line is `await worker.run()`, which goes on until the Worker is stopped.",
            again,
        )
    return why_not(error, again)


def why_not(error: BaseException, again: str) -> WorkerNotStarted:
    """Why a Worker cannot be built or run, of the error that says so; `again` is what to do."""
    if isinstance(error, WorkerNotStarted):
        return error
    text = str(error).partition("\n")[0]
    saw = f"{type(error).__name__}: {text}"
    if isinstance(error, NameError):
        return WorkerNotStarted(
            saw,
            "All that the Worker is given has been defined.",
            "Run the cell that defines this name, or correct its spelling; then run this cell. "
            "After a kernel restart: Run, Run All Above Selected Cell.",
        )
    if "was it decorated with @activity.defn" in text:
        if "<unknown>" in text:
            return WorkerNotStarted(
                "Something in activities=[…] is not a function: a blank, a call or a text.",
                "Each entry is the name of a function decorated with @activity.defn.",
                again,
            )
        return WorkerNotStarted(
            saw,
            "Each function in activities=[…] is decorated with @activity.defn.",
            "Add the decorator, run that cell, then this one.",
        )
    if "was it decorated with @workflow.defn" in text:
        return WorkerNotStarted(
            saw,
            "Each entry of workflows=[…] is a class decorated with @workflow.defn, "
            "given by its name and not called.",
            again,
        )
    if "WorkerConfig.task_queue" in text:
        return WorkerNotStarted(
            "The Worker's task_queue is not a text.",
            'A Task Queue is named by a text such as "research".',
            again,
        )
    if "object is not iterable" in text:
        return WorkerNotStarted(
            saw, "workflows= and activities= are lists, also when they hold one thing.", again
        )
    if "Failed creating worker" in text:
        return WorkerNotStarted(
            "Another Worker of this kernel polls the same Task Queue.",
            "One kernel has one Worker for a Task Queue.",
            "Restart the kernel, select this cell, and choose Run, Run All Above Selected Cell.",
        )
    return WorkerNotStarted(saw, "A Worker that polls its Task Queue.", again)


def _say_why(task: asyncio.Task[None]) -> None:
    """A Worker that stops by itself says nothing in Jupyter; this does."""
    if task.cancelled():
        print("✗ The Worker was cancelled. Run the cell with start_worker to start it again.")
    elif error := task.exception():
        when = time.strftime("%H:%M:%S")
        print(f"✗ The Worker stopped at {when}: {type(error).__name__}: {error}")
        print("  Run the first cell (begin), then the cell with start_worker.")
