"""Forks Workers of demo 05, which a storm kills: no 5 s of imports each, and waits that are short.

    start QUEUE FOLDER DISK  -> a process that runs the demo's run_worker

DISK is "free" or "full": then no file of that process can grow, so that it can save nothing.

Workflows, Activities, Retry Policies and mappings are the demo's. Only times are short: waits
between attempts a 50th, timeouts a few seconds. What each attempt of an Activity did is told in
datagrams to the socket that RESEARCH_JOURNAL names, so that it is known also of processes that
were killed, and of those whose disk is full.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import json
import os
import socket
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from nursery import ROOT, load_what_needs, serve, settle
from temporalio import activity
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    UnsandboxedWorkflowRunner,
)

DEMO = ROOT / "demos" / "module_one_05_durable_pipelines"
FASTER = 50
TIMEOUTS = {"fetch_url": 4.0, "call_llm": 4.0, "save_result": 3.0}
PAGE_SECONDS, BUSY_SECONDS = 1.5, 0.5
TASK_TIMEOUT = timedelta(seconds=2)


class Journal(Interceptor):
    """Tells the test of each attempt's beginning and end."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.connect(os.environ["RESEARCH_JOURNAL"])

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return Attempts(next, self)

    def tell(self, **what: Any) -> None:
        info = activity.info()
        told = {"pid": os.getpid(), "at": time.time(), "attempt": info.attempt}
        told |= {"workflow": info.workflow_id, "activity": info.activity_type}
        told |= {"started": info.started_time.timestamp()}
        self._socket.send(json.dumps(told | what).encode())


class Attempts(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, journal: Journal) -> None:
        super().__init__(next)
        self.journal = journal

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        self.journal.tell(what="began")
        try:
            done = await super().execute_activity(input)
        except Exception as error:
            named = isinstance(error, ApplicationError) and error.type
            said = getattr(error, "message", "") if named else str(error)
            self.journal.tell(what="failed", kind=named or type(error).__name__, said=said[:2000])
            raise
        self.journal.tell(what="ok")
        return done


def shorter(policy: RetryPolicy) -> RetryPolicy:
    """The same policy in a hurry."""
    longest = policy.maximum_interval or policy.initial_interval * 100
    return dataclasses.replace(
        policy,
        initial_interval=policy.initial_interval / FASTER,
        maximum_interval=longest / FASTER,
    )


async def found(settings: Any) -> None:
    """The practice model, which the test has started."""


def hurry() -> None:
    import activities
    import worker
    from temporalio import workflow

    import workshop.services.database
    import workshop.services.worker_program

    activities.read_page = functools.partial(activities.read_page, seconds=PAGE_SECONDS)
    workshop.services.database.BUSY_SECONDS = BUSY_SECONDS
    # It runs. A Worker that starts while it is unplugged would take it for dead, and start another.
    workshop.services.worker_program.process = SimpleNamespace(ensure=found)
    execute, child = workflow.execute_activity, workflow.execute_child_workflow

    def hasty(what: Any, *given: Any, **more: Any) -> Any:
        more["start_to_close_timeout"] = timedelta(seconds=TIMEOUTS[what.__name__])
        more["retry_policy"] = shorter(more.get("retry_policy") or RetryPolicy())
        return execute(what, *given, **more)

    def hasty_child(*given: Any, **more: Any) -> Any:
        return child(*given, **more, task_timeout=TASK_TIMEOUT)

    workflow.execute_activity, workflow.execute_child_workflow = hasty, hasty_child
    worker.Worker = functools.partial(
        worker.Worker,
        # In the sandbox each run would load the demo's files anew, without all this.
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[Journal()],
        build_id="storm",  # without one the SDK hashes every module that is loaded
    )


def work(queue: str, folder: str, disk: str) -> None:
    settle(folder, silent=disk == "full")
    from worker import run_worker

    from workshop.breaking.full_disk import full_disk
    from workshop.core.programs import quiet_core

    hurry()
    quiet_core()
    with ExitStack() as stack:
        if disk == "full":
            stack.enter_context(full_disk(4096))
        asyncio.run(run_worker(queue))


def warm_up() -> None:
    """Load what a first page and a first call load."""
    import activities
    import worker  # noqa: F401
    from temporalio.testing import ActivityEnvironment

    from workshop.core.settings import load
    from workshop.watching.metering import attach

    environment = ActivityEnvironment()
    page = f"http://127.0.0.1:{load().site_port}/pages/bees"

    def first_use() -> None:
        environment.run(activities.call_llm, "warm up")
        asyncio.run(environment.run(activities.fetch_url, page))

    load_what_needs(first_use)
    attach(load())


if __name__ == "__main__":
    sys.path.insert(0, str(DEMO))
    serve(warm_up, work)
