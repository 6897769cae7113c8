"""Programs that end while the SDK still has a call of theirs: Python's own end waits for ever."""

from __future__ import annotations

import subprocess
import sys

CALLS = """
import asyncio, sys
from temporalio.api.workflowservice.v1 import GetSystemInfoRequest as Ask
from temporalio.client import Client
from workshop.core.errors import WorkshopError
from workshop.core.programs import run

async def main():
    client = await Client.connect(sys.argv[1])
    ask = client.workflow_service.get_system_info
    calls = [asyncio.ensure_future(ask(Ask())) for _ in range(9)]
    await asyncio.sleep(0)  # they are on their way
    print("said")
    raise {error}

run(main(), "The Workflow goes on.")
"""


def test_a_program_ends_though_its_calls_are_on_their_way(running_room: dict[str, str]) -> None:
    address = f"127.0.0.1:{running_room['WORKSHOP_TEMPORAL_PORT']}"
    ended = {
        "WorkshopError('No.')": (1, "said\n", "✗ Saw:      No.\n"),
        "KeyboardInterrupt": (0, "said\n\nThe Workflow goes on.\n", ""),
        "ValueError('oh')": (1, "said\n", "ValueError: oh\n"),
    }
    for error, (code, out, said) in ended.items():
        told = subprocess.run(
            [sys.executable, "-c", CALLS.format(error=error), address],
            env=running_room,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (told.returncode, told.stdout) == (code, out), told.stderr
        assert told.stderr.endswith(said)


def test_a_command_ends_too_whatever_it_raised(running_room: dict[str, str]) -> None:
    """What a command does not expect is shown, and then the process ends as ever."""
    address = f"127.0.0.1:{running_room['WORKSHOP_TEMPORAL_PORT']}"
    loses = CALLS.replace("run(main(), ", "leave_after(lambda: asyncio.run(main()) or 0)  # ")
    loses = loses.replace("import run", "import leave_after")
    told = subprocess.run(
        [sys.executable, "-c", loses.format(error="ValueError('oh')"), address],
        env=running_room,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (told.returncode, told.stdout) == (1, "said\n")
    assert told.stderr.endswith("ValueError: oh\n")
