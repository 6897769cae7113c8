"""The Worker: runs the Workflow and its Activities.

python worker.py
"""

import asyncio
import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from activities import create_pdf, llm_call
from dotenv import load_dotenv
from models import task_queue
from program import run
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker
from workflow import GenerateReportWorkflow

log = logging.getLogger("worker")


def new_worker(client: Client, threads: ThreadPoolExecutor) -> Worker:
    llm_timeout_seconds = float(os.environ.get("LLM_TIMEOUT") or 20)
    return Worker(
        client,
        task_queue=task_queue(),
        workflows=[GenerateReportWorkflow],
        activities=[llm_call, create_pdf],
        activity_executor=threads,
        # A Worker that stops lets its LLM calls end: a call that is thrown away is paid twice.
        graceful_shutdown_timeout=timedelta(seconds=llm_timeout_seconds + 10),
        # So long a Workflow's next step waits for the Worker that knows it, and may have died; by
        # default 10 s. Our histories are short, and another Worker has soon replayed them.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
    )


async def run_worker() -> None:
    # Address, namespace, TLS and API key come from TEMPORAL_ variables or from a temporal.toml.
    # Never print this: it holds the key.
    config = ClientConfig.load_client_connect_config(config_file_strict=True)
    config.setdefault("target_host", "localhost:7233")  # what `temporal server start-dev` serves
    client = await Client.connect(**config)

    # Containers are stopped with SIGTERM, at which Python alone would die in mid-call.
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)

    with ThreadPoolExecutor(max_workers=100) as threads:
        async with new_worker(client, threads):
            where = f"{config['target_host']}, namespace {client.namespace!r}"
            log.info("Polling the Task Queue %r of %s", task_queue(), where)
            await stop.wait()
            log.info("Stopping: no new work, and what runs may end")
    log.info("Stopped")


if __name__ == "__main__":
    load_dotenv()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # These two name each request, and some providers have the key in the address.
    for library in ("httpx", "LiteLLM"):
        logging.getLogger(library).setLevel(logging.WARNING)
    run(run_worker())
