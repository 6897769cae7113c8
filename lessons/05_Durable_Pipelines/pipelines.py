"""What lesson 05's checks run a learner's code in: a database of its own, children, a download."""

from __future__ import annotations

import asyncio
import inspect
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, event
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from workshop.checks import Learner
from workshop.checks.trial import Trial, in_thread, inputs
from workshop.core import patience
from workshop.services.database import open_database, rows

ONCE = RetryPolicy(maximum_attempts=1)
SECONDS = timedelta(seconds=5)


# --- Activities ---


async def attempt_of(
    function: Callable[..., Any],
    *given: Any,
    limit: float = 2.0,
    heard: Callable[..., None] | None = None,
    **info: Any,
) -> Any:
    """Run one attempt of an Activity as its Worker would.

    Args:
        limit: seconds of a quiet machine.
        heard: gets what it heartbeats.
        info: what `activity.info()` tells it, such as `attempt=2`.

    Raises:
        asyncio.TimeoutError: it takes longer.
        Exception: whatever it raises.

    https://python.temporal.io/temporalio.testing.ActivityEnvironment.html
    """
    environment = ActivityEnvironment()
    now = datetime.now(timezone.utc)
    told = {"activity_id": "3", "task_token": uuid.uuid4().bytes, "started_time": now}
    told |= {"current_attempt_scheduled_time": now} | info
    environment.info = replace(environment.info, **told)
    if heard is not None:
        environment.on_heartbeat = heard
    if inspect.iscoroutinefunction(function):
        return await patience.wait_for(environment.run(function, *given), limit)
    return await in_thread(lambda: environment.run(function, *given), limit)


# --- the database ---


@dataclass
class Database:
    """An empty SQLite database with the learner's table, and the statements that it was given."""

    engine: Engine
    table: Table
    said: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return rows(self.engine, self.table)


@contextmanager
def database(learner: Learner) -> Iterator[Database]:
    """A database for one check."""
    table = learner.name("results")
    if not isinstance(table, Table):
        learner.not_yet(
            "`results` is no longer the table.",
            "Run the cell that makes the table, then the one above, then this one.",
        )
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'check.sqlite'}")
        table.metadata.create_all(engine)
        room = Database(engine, table)

        @event.listens_for(engine, "before_cursor_execute")
        def note(*values: Any) -> None:
            room.said.append(str(values[2]))

        try:
            yield room
        finally:
            engine.dispose()


# --- policies ---


@workflow.defn(name="Retries", sandboxed=False)
class Retries:
    """Asks for an Activity for each name of an error, which raises it, under a list of names."""

    @workflow.run
    async def run(self, wish: dict[str, list[str]]) -> dict[str, int]:
        policy = RetryPolicy(
            initial_interval=timedelta(milliseconds=10),
            backoff_coefficient=1.0,
            maximum_attempts=2,
            non_retryable_error_types=wish["never"],
        )

        async def one(name: str) -> int:
            return await workflow.execute_activity(  # type: ignore[no-any-return]
                "raises", name, start_to_close_timeout=SECONDS, retry_policy=policy
            )

        done = await asyncio.gather(*map(one, wish["errors"]), return_exceptions=True)
        return {
            n: d if isinstance(d, int) else 1 for n, d in zip(wish["errors"], done, strict=True)
        }


class Raising:
    """Stands in for an Activity: fails with an error of a name, and tells at a second attempt."""

    def __init__(self) -> None:
        self.attempts: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        self.attempts[name] = self.attempts.get(name, 0) + 1
        if self.attempts[name] == 1:
            raise ApplicationError("the stand-in fails", type=name)
        return self.attempts[name]


# --- children ---


@workflow.defn(name="ResearchWorkflow", sandboxed=False)
class Child:
    """Stands in for ResearchWorkflow: one Activity, which works or fails."""

    @workflow.run
    async def run(self, source: dict[str, Any]) -> Any:
        return await workflow.execute_activity(
            "research one", source, start_to_close_timeout=SECONDS, retry_policy=ONCE
        )


class HereToo:
    """Stands in for `workflow` in a trial: a child that is put on the lesson's queue stays here.

    The learner's own Worker polls that queue, and would do the work for real.
    """

    def __init__(self, queue: str) -> None:
        self._queue = queue

    def __getattr__(self, name: str) -> Any:
        return getattr(workflow, name)

    def _here(self, given: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in given.items() if (k, v) != ("task_queue", self._queue)}

    def execute_child_workflow(self, *values: Any, **named: Any) -> Any:
        return workflow.execute_child_workflow(*values, **self._here(named))

    def start_child_workflow(self, *values: Any, **named: Any) -> Any:
        return workflow.start_child_workflow(*values, **self._here(named))


@dataclass(frozen=True)
class Started:
    """A child as its parent asked for it."""

    id: str
    kind: str
    inputs: list[Any]
    queue: str


def children(trial: Trial) -> list[Started]:
    """The child Workflows that a Workflow asked for, in order."""
    asked = [
        e.start_child_workflow_execution_initiated_event_attributes
        for e in trial.events
        if e.event_type == EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
    ]
    return [
        Started(a.workflow_id, a.workflow_type.name, inputs(a.input), a.task_queue.name)
        for a in asked
    ]


def at_work(trial: Trial) -> list[int]:
    """How many children were under way after each event."""
    ended = {
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT,
        EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED,
    }
    now, told = 0, []
    for one in trial.events:
        now += one.event_type == EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
        now -= one.event_type in ended
        told.append(now)
    return told


# --- a download ---


@dataclass
class Archive:
    """Stands in for `read_part`: a text that comes in parts, and a line that may break."""

    file: Path
    data: bytes = b"".join(b"line %05d of the archive\n" % n for n in range(400))
    breaks_at: int = 0
    """The number of the part that does not come, from 1; 0 where all come."""
    starts: list[int] = field(default_factory=list)
    """Where parts were asked from."""
    heard: list[tuple[Any, ...]] = field(default_factory=list)
    """What was heartbeat."""
    on_disk: list[int] = field(default_factory=list)
    """The size of the file at each heartbeat."""

    async def read_part(
        self, url: str, *, hosts: Sequence[str], start: int, size: int, **_: Any
    ) -> tuple[bytes, int]:
        import httpx

        self.starts.append(start)
        if self.breaks_at and len(self.starts) >= self.breaks_at:
            raise httpx.ReadError("the line is dead")
        if len(self.starts) > 60:
            raise ApplicationError("asked again and again", type="Endless", non_retryable=True)
        return self.data[start : start + 1000], len(self.data)

    def hear(self, *details: Any) -> None:
        self.heard.append(details)
        self.on_disk.append(self.file.stat().st_size if self.file.exists() else 0)
