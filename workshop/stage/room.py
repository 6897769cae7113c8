"""The stage: processes of its own, a Task Queue of its own, and moments that are waited for.

The moment of a kill is a condition that is seen (a row of the provider's ledger, a timer in the
Event History), never a guess. The practice model answers, whatever the settings say, so that a
crash costs nothing.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, overload

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from workshop.core import disk, processes
from workshop.core.errors import WorkshopError
from workshop.core.patience import Patience, wait_for
from workshop.core.settings import Settings, load
from workshop.practice.model import faults, process
from workshop.practice.model.ledger import Call, Ledger
from workshop.services import temporal_service
from workshop.stage import app
from workshop.stage.actors import Actor, Actors
from workshop.watching.follow import Step, history_rows
from workshop.watching.receipt import Receipt

FOLDER = "crashes"
"""The folder in a notebook's own that keeps the PDF of each scene."""
LIMIT_SECONDS = 60.0
"""How long to wait for any one moment, in seconds of a quiet machine."""
ONCE_SECONDS = 2.0
"""For so long one request has time to be answered before it is sent again, on a quiet machine."""

T = TypeVar("T")
Say = Callable[[str], None]


class CrashError(WorkshopError):
    """A scene cannot be played, or did not come to its moment."""


class Stage:
    """The room of a scene.

    Args:
        say: gets a line at a time while the scene runs.
        file: the demo's file that runs a Worker.
    """

    worker: Actor | None = None
    """The Worker that polls, or is about to."""

    def __init__(self, say: Say, file: str) -> None:
        self.say, self.file = say, file
        self.queue = f"durable-crash-{uuid.uuid4().hex[:8]}"
        self._client: Client | None = None
        self._open: list[WorkflowHandle[Any, Any]] = []
        self._seen = 0

    async def __aenter__(self) -> Stage:
        app.found(self.file)
        given = load()
        self.kept = given.folder / FOLDER
        disk.ready(self.kept)
        self.folder = Path(tempfile.mkdtemp(dir=self.kept))
        self.environment = _practice_environment(given, self.folder, self.queue)
        self.given_service = given.temporal_is_ours
        self.ledger = Ledger(process.ledger_path(self.settings))
        self._actors = Actors(self.folder)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._actors.close(LIMIT_SECONDS)
        for handle in self._open:  # of a scene that did not end; nobody else polls their queue
            with suppress(RPCError):
                await handle.terminate(reason="its scene ended", rpc_timeout=timedelta(seconds=2))
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def settings(self) -> Settings:
        return load(self.environment)  # now: a server that is started may choose its port

    @property
    def base(self) -> str:
        return str(self.settings.llm_api_base)

    async def ready(self, *, temporal: bool) -> None:
        """The practice model, and the Temporal Service where a scene needs it."""
        await process.ensure(self.settings)
        if temporal:
            await temporal_service.ensure(self.settings)

    # Processes

    def run(self, file: str, *words: str, **environment: str) -> Actor:
        told = app.variables(self.settings) if file in app.FILES else {}
        return self._actors.run(file, words, self.environment | told | environment)

    def kill(self, actor: Actor) -> None:
        """SIGKILL: the process runs no further line of its own. Returns when it is gone."""
        self._actors.kill(actor, LIMIT_SECONDS)
        if self.worker is actor:
            self.worker = None

    async def polling_worker(self) -> Actor:
        """The Worker, started unless it runs, once it polls."""
        self.worker = self.worker or self.run(self.file)
        return await self.polls(self.worker)

    async def polls(self, worker: Actor) -> Actor:
        """Wait until a Worker polls."""
        if not worker.announced:
            worker.announced = True
            self.say(f"  $ python {worker.file}")
        await self.until(lambda: worker.printed("the Task Queue"), "the Worker's start", worker)
        return worker

    async def ends(self, actor: Actor) -> None:
        """Wait for the end of a process. Raises CrashError where it has failed."""
        await self.until(lambda: actor.ended, "its end")
        if actor.popen.returncode:
            raise self.failed(actor, "has failed")

    def own_service(self) -> processes.Record:
        """The Temporal Service's process, which the workshop must have started."""
        record = processes.running(self.settings.home, temporal_service.NAME)
        if record is None:
            raise CrashError(
                f"The Temporal Service at {self.settings.temporal_address} was not started by "
                "the workshop.",
                "Only one that the workshop started is killed.",
                "End yours, then run this again: the workshop starts one.",
            )
        return record

    async def kill_service(self, record: processes.Record) -> None:
        with suppress(ProcessLookupError):  # another notebook of this home may have killed it
            os.kill(record.pid, signal.SIGKILL)
        home = self.settings.home
        await self.until(
            lambda: processes.running(home, temporal_service.NAME) != record, "the service's end"
        )

    # Moments

    @overload
    async def until(
        self, condition: Callable[[], Awaitable[T]], what: str, *actors: Actor
    ) -> T: ...
    @overload
    async def until(self, condition: Callable[[], T], what: str, *actors: Actor) -> T: ...
    async def until(self, condition: Callable[[], Any], what: str, *actors: Actor) -> Any:
        """Wait for a condition, and return what it gives.

        Args:
            condition: one that asks the Temporal Service is asked again where that does not answer.
            actors: who must live on; None means the Worker.

        Raises:
            CrashError: an actor has ended meanwhile, or the limit has passed.
        """
        waiting = Patience(LIMIT_SECONDS)
        while True:
            with suppress(RPCError, asyncio.TimeoutError):
                found = condition()
                if inspect.isawaitable(found):
                    found = await wait_for(found, ONCE_SECONDS)
                if found:
                    return found
            watched = actors or (() if self.worker is None else (self.worker,))
            for actor in watched:
                if actor.ended:
                    raise self.failed(actor, f"ended while waiting for {what}")
            if waiting.over((self._seen, sum(one.log.stat().st_size for one in watched))):
                words = " ".join(actor.last_words() for actor in watched)
                raise CrashError(
                    f"Waited {LIMIT_SECONDS:g} s for {what}. {words}".strip(),
                    do="Run `python -m workshop doctor`, then this again.",
                )
            await asyncio.sleep(0.02)

    async def steps(self, handle: WorkflowHandle[Any, Any], kind: str = "") -> list[Step]:
        """What the Event History holds so far; of one kind where it is named."""
        rows = await history_rows(handle)
        self._seen = len(rows)
        return [step for step in rows if kind in ("", step.kind)]

    def failed(self, actor: Actor, what: str) -> CrashError:
        return CrashError(
            f"{actor.file} {what}. {actor.last_words()}".strip(),
            do=f"Run `python {actor.file}` by itself: it says more.",
        )

    # Workflow and receipt

    async def client(self) -> Client:
        if self._client is None:
            self._client = await Client.connect(
                **self.settings.connect_config(),
                data_converter=pydantic_data_converter,
            )
        return self._client

    async def start(self, workflow: str, given: Any, name: str) -> WorkflowHandle[Any, Any]:
        """Start a demo's Workflow as its starter.py does; its id begins with the name."""
        handle: WorkflowHandle[Any, Any] = await (await self.client()).start_workflow(
            workflow,
            given,
            id=f"{name}-{uuid.uuid4()}",
            task_queue=self.queue,
            # Should this process be killed, nobody polls that queue any more.
            execution_timeout=timedelta(minutes=10),
        )
        self._open.append(handle)
        return handle

    async def result(self, handle: WorkflowHandle[Any, Any]) -> Any:
        """The Workflow's result, through a Temporal Service that goes away and comes back."""

        async def ended() -> bool:
            # Asked again and again: `handle.result()` alone may hear of the end 20 s late, when
            # the service loses its long poll.
            state = await handle.describe()
            return state.status is not WorkflowExecutionStatus.RUNNING

        await self.until(ended, f"the end of {handle.id}")
        self._open.remove(handle)
        try:
            return await handle.result()
        except WorkflowFailureError as error:
            raise CrashError(f"{handle.id} failed: {error.cause}.") from error

    def calls(self, since: int = 0) -> list[Call]:
        """What this notebook's processes asked: another one may play the same scene."""
        return self.ledger.calls(since, faults.label(self.settings.temporal_namespace))

    def receipt_of(self, handle: WorkflowHandle[Any, Any]) -> Receipt:
        """The calls of a Workflow and of its children."""
        mine = f"{handle.id}/"
        calls = (call for call in self.calls() if f"{call.workflow_id}/".startswith(mine))
        return Receipt(tuple(calls), practice=True)


def _practice_environment(given: Settings, folder: Path, queue: str) -> dict[str, str]:
    """An environment in which a demo uses this room and the practice model, and sees no key."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LLM_", "TEMPORAL_"))}
    (folder / "settings.env").touch()
    own = {"WORKSHOP_ENV_FILE": str(folder / "settings.env"), "TASK_QUEUE": queue}
    own["PYTHON_DOTENV_DISABLED"] = "1"  # project/ would read the .env of this folder
    return kept | given.variables() | own
