"""Real Workers, as processes of their own on a real Temporal Service: one killed, one stopped."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from models import GenerateReportInput, task_queue
from stand_in import KEY, Provider, program
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from worker import new_worker
from workflow import GenerateReportWorkflow

WORKER = Path(__file__).parent.parent / "worker.py"
LIMIT = 300.0
"""Seconds after which a test gives up. It is so long for machines that are busy."""
Report = WorkflowHandle[GenerateReportWorkflow, str]


def test_a_worker_that_dies_and_one_that_is_stopped_pay_once_each(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # for the reports
    monkeypatch.setenv("LLM_TIMEOUT", str(LIMIT))  # the Workers' grace
    asyncio.run(killed_and_stopped(provider))


async def killed_and_stopped(provider: Provider) -> None:
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=program("temporal")
    ) as env:
        workers = [started_worker(env.client, "first.log")]
        try:
            first = await start(env.client, "first", pause_seconds=3)
            await asyncio.wait_for(answered(first), LIMIT)
            workers[0].kill()
            assert not Path("reports/first.pdf").exists()

            workers.append(started_worker(env.client, "second.log"))
            assert "reports/first.pdf" in await first.result()
            assert provider.calls == 1

            provider.may_answer.clear()
            second = await start(env.client, "second")
            await until(lambda: provider.calls == 2)
            workers[1].terminate()
            await until(lambda: "Stopping" in Path("second.log").read_text())
            assert workers[1].poll() is None  # it waits for the answer
            provider.may_answer.set()
            await until(lambda: workers[1].poll() is not None)
            assert workers[1].returncode == 0
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()

        with ThreadPoolExecutor() as threads:
            async with new_worker(env.client, threads):
                assert "reports/second.pdf" in await second.result()
        assert provider.calls == 2

        histories = [(await report.fetch_history()).to_json() for report in (first, second)]
    written = [file.read_text() for file in Path().glob("*.log")] + histories
    assert len(written) == 4 and not any(KEY in text for text in written)


def started_worker(client: Client, log: str) -> subprocess.Popen[bytes]:
    address = client.service_client.config.target_host
    with Path(log).open("w") as file:
        return subprocess.Popen(
            [sys.executable, WORKER],
            stdout=file,
            stderr=file,
            env={**os.environ, "TEMPORAL_ADDRESS": address},
        )


async def start(client: Client, id: str, pause_seconds: float = 0) -> Report:
    return await client.start_workflow(
        GenerateReportWorkflow.run,
        GenerateReportInput("Bees?", llm_timeout_seconds=LIMIT, pause_seconds=pause_seconds),
        id=id,
        task_queue=task_queue(),
    )


async def answered(report: Report) -> None:
    """Wait until the model's answer is in the Event History."""
    async for event in report.fetch_history_events(wait_new_event=True):
        if event.HasField("activity_task_completed_event_attributes"):
            return


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
