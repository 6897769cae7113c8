"""The starter: asks for a topic, starts the Workflow, and watches it to its result.

python demos/module_one_02_adding_durability/starter.py
"""

import asyncio
import os
import uuid

from models import TASK_QUEUE, GenerateReportInput, GenerateReportOutput
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter

from workshop import ask, follow
from workshop.core.programs import run
from workshop.core.settings import load
from workshop.services import temporal_service
from workshop.watching.follow import NoWorker, history_rows

# For the stage. Set it shorter to rehearse.
PAUSE_SECONDS = float(os.environ.get("DEMO_PAUSE_SECONDS", "30"))


async def count_down(handle: WorkflowHandle) -> None:
    """Say how long the timer still runs, as the Temporal Service tells it."""
    told = None
    while True:
        for step in await history_rows(handle):
            left = None if step.fires_in is None else round(step.fires_in)
            if left and left != told and (left % 5 == 0 or left < 5):
                print(f"    the timer fires in {left} s, with or without a Worker", flush=True)
                told = left
        await asyncio.sleep(0.2)


async def watch(handle: WorkflowHandle) -> GenerateReportOutput:
    counting = asyncio.create_task(count_down(handle))
    try:
        return await follow(handle, limit=600)
    except NoWorker:
        print(f"✗ Nobody polls {TASK_QUEUE!r}. Start worker.py: the Workflow waits for it.")
        return await handle.result()
    finally:
        counting.cancel()


async def main() -> None:
    await temporal_service.ensure(load())  # found, or started
    settings = load()
    client = await Client.connect(
        **settings.connect_config(),
        data_converter=pydantic_data_converter,
    )
    topic = await ask(
        "What shall we research? (Enter: tardigrades)",
        default="Give me 5 fun facts about tardigrades",
    )
    handle = await client.start_workflow(
        # By name: the starter then needs none of the Worker's libraries, and starts at once.
        "GenerateReportWorkflow",
        GenerateReportInput(
            prompt=topic,
            pause_seconds=PAUSE_SECONDS,
            llm_timeout_seconds=settings.llm_timeout + 10,
        ),
        id=f"generate-research-report-workflow-{uuid.uuid4()}",
        task_queue=TASK_QUEUE,
        result_type=GenerateReportOutput,
    )
    print(f"✓ Started {handle.id} on the Task Queue {TASK_QUEUE!r}.", flush=True)
    result = await watch(handle)
    print(f"✓ {result.result}")


if __name__ == "__main__":
    run(main(), "This only watched. The Workflow goes on.")
