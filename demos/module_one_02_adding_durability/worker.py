"""The Worker: runs the Workflow and its Activities. Kill it as often as you like.

python demos/module_one_02_adding_durability/worker.py
"""

from concurrent.futures import ThreadPoolExecutor

from activities import create_pdf_activity, llm_call
from models import TASK_QUEUE
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker
from workflow import GenerateReportWorkflow

from workshop.services.worker_program import main, on_stage, serve, services
from workshop.watching.metering import attach


async def run_worker(task_queue: str = TASK_QUEUE) -> None:
    settings = await services()
    attach(settings)  # lets the receipt name the Workflow and the Activity behind each call
    client = await Client.connect(
        **settings.connect_config(),
        data_converter=pydantic_data_converter,  # it knows LiteLLM's answers
    )
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue=task_queue,
            workflows=[GenerateReportWorkflow],
            activities=[llm_call, create_pdf_activity],
            activity_executor=threads,
            **on_stage(settings.llm_timeout + 10),
        )
        await serve(worker)


if __name__ == "__main__":
    main(run_worker)
