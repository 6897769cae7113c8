"""The starter as a process: Ctrl+C ends it, and the same topic is the same Workflow."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from stand_in import program
from temporalio.testing import WorkflowEnvironment

STARTER = Path(__file__).parent.parent / "starter.py"


def test_ctrl_c_ends_the_starter_and_not_the_workflow() -> None:
    async def run() -> int:
        async with await WorkflowEnvironment.start_local(
            dev_server_existing_path=program("temporal")
        ) as env:
            address = env.client.service_client.config.target_host
            for _ in range(2):
                await asyncio.to_thread(start_and_interrupt, address)
            return (await env.client.count_workflows("ExecutionStatus = 'Running'")).count

    assert asyncio.run(run()) == 1


def start_and_interrupt(address: str) -> None:
    line = [sys.executable, str(STARTER), "Bees?"]
    env = {**os.environ, "TEMPORAL_ADDRESS": address}
    with subprocess.Popen(line, env=env, stdout=subprocess.PIPE, text=True) as starter:
        try:
            assert starter.stdout
            told = next(row for row in starter.stdout if row.startswith("Ctrl+C"))
            assert "not the Workflow" in told
            starter.send_signal(signal.SIGINT)
            assert starter.wait(120) == -signal.SIGINT
        finally:
            starter.kill()
