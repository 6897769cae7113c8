"""The Worker: runs the agent's Workflow, the model's Activity and the tools. Kill it in a chain.

python demos/module_one_04_agentic_loop/worker.py
"""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from activities import call_tool, list_tools, llm_call
from models import TASK_QUEUE
from temporalio import activity
from temporalio import workflow as temporal_workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    Worker,
)
from tools import TOOLS
from workflow import AgentWorkflow

from workshop.core.programs import run
from workshop.core.settings import load
from workshop.practice.model import process
from workshop.practice.site import process as site
from workshop.services import temporal_service
from workshop.watching.metering import attach


class Announcements(Interceptor):
    """Say which Activity begins. The tools do not: what runs them may be the MCP server."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return Announced(next)


class Announced(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        given = input.args[:1] if info.activity_type == "call_tool" else ()
        print(" ".join((info.activity_type, *given)) + f", attempt {info.attempt}", flush=True)
        return await self.next.execute_activity(input)


async def run_worker(task_queue: str = TASK_QUEUE) -> None:
    await temporal_service.ensure(load())  # found, or started
    await site.ensure(load())
    if load().practice:
        await process.ensure(load())
    settings = load()  # now: what was started may have chosen other ports
    attach(settings)  # lets the receipt name the Workflow and the Activity behind each call
    client = await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=pydantic_data_converter,
    )
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue=task_queue,
            workflows=[AgentWorkflow],
            activities=[llm_call, list_tools, call_tool, *(tool.run for tool in TOOLS.values())],
            activity_executor=threads,
            interceptors=[Announcements()],
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
