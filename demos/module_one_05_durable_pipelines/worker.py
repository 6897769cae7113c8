"""The Worker: runs the Workflows and their Activities. Start several, kill any of them.

python demos/module_one_05_durable_pipelines/worker.py
"""

from concurrent.futures import ThreadPoolExecutor

from activities import call_llm, fetch_url, save_result
from models import TASK_QUEUE
from table import database
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker
from workflow import ResearchBatchWorkflow, ResearchWorkflow

from workshop.demos import attach, main, on_stage, serve, services


async def run_worker(task_queue: str = TASK_QUEUE) -> None:
    settings = await services(with_site=True)
    attach(settings)  # lets the receipt name the Workflow and the Activity behind each call
    engine = database()  # now, so that what is wrong with it is told here
    client = await Client.connect(
        **settings.connect_config(),
        data_converter=pydantic_data_converter,
    )
    with ThreadPoolExecutor(max_workers=100) as threads:
        worker = Worker(
            client,
            task_queue=task_queue,
            workflows=[ResearchBatchWorkflow, ResearchWorkflow],
            activities=[fetch_url, call_llm, save_result],
            activity_executor=threads,
            **on_stage(60),
        )
        await serve(worker, f"Rows go to {engine.url.render_as_string(hide_password=True)}")


if __name__ == "__main__":
    # Attempts that fail are told by the Event History, and by the lines of the next attempt.
    main(run_worker, quiet=True)
