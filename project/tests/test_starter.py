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


def starter(address: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(STARTER), "Bees?"],
        env={**os.environ, "TEMPORAL_ADDRESS": address},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


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
    with starter(address) as process:
        try:
            assert process.stdout and process.stderr
            told = next(row for row in process.stdout if row.startswith("Ctrl+C"))
            assert "not the Workflow" in told
            process.send_signal(signal.SIGINT)
            assert process.wait(120) == -signal.SIGINT
            # Python has not handled it: then it would wait for a call that is still open.
            assert process.stderr.read() == ""
        finally:
            process.kill()


def test_no_service_is_told() -> None:
    with starter("127.0.0.1:1") as process:
        assert "Failed client connect" in process.communicate(timeout=120)[1]
    assert process.returncode == 1
