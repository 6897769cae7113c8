"""The Worker: runs the Workflow and its Activities. Kill it as often as you like.

python demos/module_one_02_adding_durability/worker.py
"""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from activities import create_pdf_activity, llm_call
from models import TASK_QUEUE
from temporalio import workflow as temporal_workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker
from workflow import GenerateReportWorkflow

from workshop.core.programs import run
from workshop.core.settings import load
from workshop.practice.model import process
from workshop.services import temporal_service
from workshop.watching.metering import attach


async def run_worker(task_queue: str = TASK_QUEUE) -> None:
    await temporal_service.ensure(load())  # found, or started
    if load().practice:
        await process.ensure(load())
    settings = load()  # now: what was started may have chosen other ports
    attach(settings)  # lets the receipt name the Workflow and the Activity behind each call
    client = await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=pydantic_data_converter,  # it knows LiteLLM's answers
    )
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue=task_queue,
            workflows=[GenerateReportWorkflow],
            activities=[llm_call, create_pdf_activity],
            activity_executor=threads,
            # Stopped with Ctrl+C, it lets a running LLM call end: thrown away it is paid twice.
            graceful_shutdown_timeout=timedelta(seconds=settings.llm_timeout + 10),
            # For so long a Workflow's next step waits for the Worker that knows it, before any
            # other may take it. By default 10 s, which is long on a stage.
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        )
        print(f"✓ This Worker polls the Task Queue {task_queue!r}.")
        print(f"  A crash: Ctrl+\\ here, or `kill -9 {os.getpid()}` elsewhere.", flush=True)
        await worker.run()


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    temporal_workflow.logger.setLevel(logging.INFO)
    temporal_workflow.logger.workflow_info_on_message = False
    run(run_worker(), "Worker stopped. Running Workflows wait for the next one.")
