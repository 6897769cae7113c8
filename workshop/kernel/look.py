"""A look at the Workers that a function builds and would run, without running them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from workshop.core.patience import Patience
from workshop.kernel.private_parts import forget, look_on, rest


class Look:
    """The Workers that a function builds and would run.

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
        self._function = function = look_on(run_worker, self)
        behind = asyncio.create_task(self._in_background.wait())
        waiting = Patience(limit)
        while not (function.done() or behind.done() or waiting.over()):
            await asyncio.wait({function, behind}, timeout=0.05, return_when="FIRST_COMPLETED")
        if self._in_background.is_set() and not function.done():
            # Its Worker runs beside it (async with): does it wait, or does it come to its end?
            waiting = Patience(0.3)
            while not (function.done() or waiting.over()):
                await asyncio.wait({function}, timeout=0.05)
            self.runs = self.runs or not function.done()
        behind.cancel()
        if function.done():
            function.result()
        function.cancel()

    def building(self, args: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        self.given.append({**dict(zip(("client",), args, strict=False)), **given})
        queue = given.get("task_queue")
        own = {"task_queue": f"check-{uuid.uuid4()}"} if isinstance(queue, str) else {}
        if not given.keys() & {"build_id", "deployment_config", "use_worker_versioning"}:
            own["build_id"] = "check"  # without one the SDK hashes every module that is loaded
        client = {"client": self.client} if "client" in given else {}
        return (self.client, *args[1:]) if args else (), given | own | client

    def built(self, worker: Worker) -> None:
        pass

    async def running(self, worker: Worker, run: Callable[[Worker], Awaitable[None]]) -> None:
        forget(worker)
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
        await rest(worker)
