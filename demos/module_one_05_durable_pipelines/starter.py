"""The starter: researches the twenty pages of the practice site, and watches how far it is.

python demos/module_one_05_durable_pipelines/starter.py            twenty pages
python demos/module_one_05_durable_pipelines/starter.py broken     two of them do not work
python demos/module_one_05_durable_pipelines/starter.py research-… watches one that was started
"""

import asyncio
import os
import sys
import uuid

from models import TASK_QUEUE, BatchInput, BatchReport, ResearchInput
from table import rows_of
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from workshop.demos import (
    WorkshopError,
    connect,
    load,
    namespaces,
    open_site,
    run,
    temporal_service,
    wait_for,
)

# For the stage: slow enough to kill a Worker in between, and a short wait for its steps.
AT_ONCE = int(os.environ.get("DEMO_AT_ONCE", "2"))
LLM_TIMEOUT_SECONDS = float(os.environ.get("DEMO_LLM_TIMEOUT_SECONDS", "15"))  # practice model's
ONCE_SECONDS = 2.0  # of a quiet machine


async def sources(word: str) -> list[ResearchInput]:
    site = await open_site()  # found, or started
    found = [ResearchInput(page.topic, page.url) for page in site.pages]
    if word == "broken":
        found[-2] = ResearchInput("a page that is gone", site.broken["gone"])
        found[-1] = ResearchInput("a page for members", site.broken["forbidden"])
    settings = load()
    for source in found:
        # Of it, the call itself has three quarters.
        real = settings.llm_timeout / 0.75
        source.llm_timeout_seconds = LLM_TIMEOUT_SECONDS if settings.practice else real
    return found


async def trigger_research(client: Client, batch: BatchInput) -> WorkflowHandle:
    return await client.start_workflow(
        # By name: the starter then needs none of the Worker's libraries, and starts at once.
        "ResearchBatchWorkflow",
        batch,
        id=f"research-{uuid.uuid4()}",
        task_queue=TASK_QUEUE,
        result_type=BatchReport,
    )


async def watch(handle: WorkflowHandle) -> BatchReport:
    """Ask for its progress until it has ended. No Worker, no answer: then it waits with it."""
    before, silent = None, False
    while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
        try:
            now = await wait_for(handle.query("get_progress"), ONCE_SECONDS)
        except (RPCError, asyncio.TimeoutError):
            if not silent:
                print("… No Worker answers. The pipeline waits, and I with it.", flush=True)
            silent = True
            continue
        if now != before:
            bar = ("█" * now["done"]).ljust(now["total"], "░")
            words = f"{now['done']} of {now['total']} done, {now['failed']} failed"
            print(f"  {bar}  {words}", flush=True)
        before, silent = now, False
        await asyncio.sleep(0.2)
    return await handle.result()


async def main(word: str) -> None:
    client, settings = await connect(), load()
    if word.startswith("research-"):
        client = await namespaces.where(client, word)  # in whichever namespace it is
        handle = client.get_workflow_handle(word, result_type=BatchReport)
    else:
        handle = await trigger_research(client, BatchInput(await sources(word), AT_ONCE))
        print(f"✓ Started {handle.id} on the Task Queue {TASK_QUEUE!r}.")
    link = temporal_service.workflow_link(settings, handle.id, namespace=client.namespace)
    print(f"  {link}", flush=True)
    try:
        report = await watch(handle)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise WorkshopError("There is no such pipeline here. Nothing was started.") from None
    print(f"✓ {len(report.saved)} saved, {len(report.failed)} failed.")
    for failure in report.failed:
        print(f"  ✗ {failure.topic}: {failure.reason}")
    found = rows_of(handle.id)
    pages = {row["source_url"] for row in found}
    print(f"✓ In the database: {len(found)} rows, for {len(pages)} pages.")


if __name__ == "__main__":
    run(main(" ".join(sys.argv[1:])), "This only watched. The pipeline goes on.")
