"""Three ways to sleep, at once, and a Worker to kill meanwhile. Lesson 04 runs it.

python demos/module_one_04_agentic_loop/pauses.py
"""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

TASK_QUEUE = "pauses"


@activity.defn
async def pause(seconds: float) -> None:
    await asyncio.sleep(seconds)


@workflow.defn
class PausesWorkflow:
    @workflow.run
    async def run(self, seconds: float) -> dict[str, float]:
        """Sleep in three ways side by side. Returns how long each took, in seconds."""
        ways = {
            "workflow.sleep": workflow.sleep(seconds, summary="workflow.sleep"),
            "asyncio.sleep": asyncio.sleep(seconds),
            "sleep in an Activity": workflow.execute_activity(
                pause,
                seconds,
                # Nobody hears of a killed Worker before this is over.
                start_to_close_timeout=timedelta(seconds=seconds + 1),
                retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=100)),
            ),
        }
        took = await asyncio.gather(*[timed(way) for way in ways.values()])
        return dict(zip(ways, took, strict=True))


async def timed(way: Awaitable[None]) -> float:
    began = workflow.now()
    await way
    return (workflow.now() - began).total_seconds()


async def run_worker() -> None:
    # workshop reads .env; the Worker needs no more of it than an address.
    from workshop.demos import load

    settings = load()
    client = await Client.connect(**settings.connect_config())
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[PausesWorkflow],
        activities=[pause],
        # Both for a quick start: no second copy of the modules, no waiting for a dead Worker's
        # memory of the Workflow.
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=0,
    )
    print(f"This Worker polls the Task Queue {TASK_QUEUE!r}.", flush=True)
    await worker.run()


if __name__ == "__main__":
    asyncio.run(run_worker())
