"""The Worker: runs the agent's Workflow, the model's Activity and the tools. Kill it in a chain.

python demos/module_one_04_agentic_loop/worker.py
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from activities import call_tool, list_tools, llm_call
from models import TASK_QUEUE
from temporalio import activity
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

from workshop.demos import attach, main, on_stage, serve, services


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
    settings = await services(with_site=True)
    attach(settings)  # lets the receipt name the Workflow and the Activity behind each call
    client = await Client.connect(
        **settings.connect_config(),
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
            **on_stage(settings.llm_timeout + 10),
        )
        await serve(worker)


if __name__ == "__main__":
    main(run_worker)
