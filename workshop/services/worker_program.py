"""What every demo's Worker has around it: services found or started, its end, and what it says."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.worker import Worker

from workshop.core.programs import run
from workshop.core.settings import Settings, load
from workshop.practice.model import process
from workshop.practice.site import process as site
from workshop.services import temporal_service


async def services(*, with_site: bool = False) -> Settings:
    """The settings, once everything that a Worker needs is found or started."""
    await temporal_service.ensure(load())
    if with_site:
        await site.ensure(load())
    if load().practice:
        await process.ensure(load())
    return load()  # now: what was started may have chosen other ports


def on_stage(grace_seconds: float) -> dict[str, Any]:
    """Options of a Worker that is stopped, killed and replaced before an audience.

    https://python.temporal.io/temporalio.worker.Worker.html
    """
    return {
        # Stopped with Ctrl+C, it lets a running LLM call end: thrown away it is paid twice.
        "graceful_shutdown_timeout": timedelta(seconds=grace_seconds),
        # For so long a Workflow's next step waits for the Worker that knows it, before any other
        # may take it. By default 10 s, which is long on a stage.
        "sticky_queue_schedule_to_start_timeout": timedelta(seconds=1),
    }


async def serve(worker: Worker, *told: str) -> None:
    """Say how to kill the Worker, and run it."""
    kill = f"A crash: Ctrl+\\ here, or `kill -9 {os.getpid()}` elsewhere."
    print(f"✓ This Worker polls the Task Queue {worker.task_queue!r}.")
    print("\n".join(f"  {line}" for line in (*told, kill)), flush=True)
    await worker.run()


def main(run_worker: Callable[[], Coroutine[Any, Any, None]], *, quiet: bool = False) -> NoReturn:
    """Run the program, with what Workflows log on the screen.

    Args:
        quiet: whether errors alone are logged.
    """
    logging.basicConfig(format="%(message)s", level=logging.ERROR if quiet else None)
    if not quiet:
        workflow.logger.setLevel(logging.INFO)
        workflow.logger.workflow_info_on_message = False
    run(run_worker(), "Worker stopped. Running Workflows wait for the next one.")
