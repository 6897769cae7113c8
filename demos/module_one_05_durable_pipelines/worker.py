"""The Worker: runs the Workflows and their Activities. Start several, kill any of them.

python demos/module_one_05_durable_pipelines/worker.py
"""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from activities import call_llm, fetch_url, save_result
from models import TASK_QUEUE
from table import database
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker
from workflow import ResearchBatchWorkflow, ResearchWorkflow

from workshop.core.programs import run
from workshop.core.settings import load
from workshop.practice.model import process
from workshop.practice.site.client import open_site
from workshop.services import temporal_service
from workshop.watching.metering import attach


async def run_worker(task_queue: str = TASK_QUEUE) -> None:
    await temporal_service.ensure(load())  # found, or started
    await open_site()
    if load().practice:
        await process.ensure(load())
    settings = load()  # now: what was started may have chosen other ports
    attach(settings)  # lets the receipt name the Workflow and the Activity behind each call
    engine = database()  # now, so that what is wrong with it is told here
    client = await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=pydantic_data_converter,
    )
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue=task_queue,
            workflows=[ResearchBatchWorkflow, ResearchWorkflow],
            activities=[fetch_url, call_llm, save_result],
            activity_executor=threads,
            # Stopped with Ctrl+C, it lets a running LLM call end: thrown away it is paid twice.
            graceful_shutdown_timeout=timedelta(seconds=60),
            # For so long a Workflow's next step waits for the Worker that knows it, before any
            # other may take it. By default 10 s, which is long on a stage.
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        )
        print(f"✓ This Worker polls the Task Queue {task_queue!r}.")
        print(f"  Rows go to {engine.url.render_as_string(hide_password=True)}")
        print(f"  A crash: Ctrl+\\ here, or `kill -9 {os.getpid()}` elsewhere.", flush=True)
        await worker.run()


if __name__ == "__main__":
    # Attempts that fail are told by the Event History, and by the lines of the next attempt.
    logging.basicConfig(format="%(message)s", level=logging.ERROR)
    run(run_worker(), "Worker stopped. Running Workflows wait for the next one.")
