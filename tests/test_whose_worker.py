"""Whose Worker runs a Workflow, and with which code: what follow says of it, in real kernels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import room as rooms
from one_kernel import Kernel

NAMES = """
import asyncio, uuid
from datetime import timedelta
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker
from workshop import *
from workshop.watching.follow.workers import outdated
settings = await begin("02")
client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace)
QUICK = timedelta(seconds=5)


async def start():
    name = f"prints-{uuid.uuid4()}"
    return await client.start_workflow(Prints.run, id=name, task_queue="prints")
"""
ACTIVITY = """
@activity.defn
async def shaky() -> str:
    raise ValueError("the printer is out of paper")
"""
WORKFLOW = """
@workflow.defn(sandboxed=False)
class Prints:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity(shaky, start_to_close_timeout=QUICK)
"""
WORKER = """
async def run_worker():
    await Worker(client, task_queue="prints", workflows=[Prints], activities=[shaky]).run()


worker = await start_worker(run_worker, limit=60)
"""
END = "await handle.terminate()"
WATCH = "handle = await start()\nawait follow(handle, until=failed('shaky'))"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    rooms.end_all(tmp_path / "state")


def opened(folder: Path, env: dict[str, str], notebook: str) -> Kernel:
    kernel = Kernel({**env, "JPY_SESSION_NAME": str(folder / notebook)}, folder)
    for cell in (NAMES, ACTIVITY, WORKFLOW, WORKER):
        done = kernel.run(cell)
        assert done.error is None, done.error
    return kernel


def last(kernel: Kernel, cell: str) -> str:
    """What is shown in the end, with what the cell ended with."""
    done = kernel.run(cell)
    return "\n".join([*done.text[-1:], *(done.error or [])])


@pytest.mark.rotates("what takes long", among=4)
def test_code_that_was_changed_after_the_worker_started_is_named(folder: Path) -> None:
    kernel = opened(folder, rooms.environment(folder), "02.ipynb")
    try:
        said = last(kernel, WATCH)
        assert "old code" not in said and "still running" not in said
        assert "still running too" in last(kernel, WATCH), "the cell was run twice"

        kernel.run(ACTIVITY)
        assert "old code" not in last(kernel, WATCH), "the same once more is no change"
        kernel.run(
            ACTIVITY.replace('raise ValueError("the printer is out of paper")', "return 'ok'")
        )
        said = last(kernel, WATCH)
        assert "The Worker was started before you changed shaky, and runs the old code." in said
        assert "Run the cell with start_worker again." in said
        assert "shaky" in last(kernel, "print(outdated())")

        kernel.run(WORKER)
        said = last(kernel, "done = await follow(handle)")
        assert "completed" in said and "old code" not in said, "as the sentence has promised"
        kernel.run(
            WORKFLOW.replace("return await", "await workflow.sleep(0.1)\n        return await")
        )
        said = last(kernel, "handle = await start()\nawait follow(handle, until=timer_started())")
        assert "The Worker was started before you changed Prints" in said
        assert "at once" not in said, "that would not help"
        kernel.run(WORKER)
        said = last(kernel, "handle = await start()\nawait follow(handle, until=timer_started())")
        assert "Stopped watching: a timer has started" in said and "old code" not in said
    finally:
        kernel.close()


@pytest.mark.rotates("what takes long", among=4)
def test_steps_that_another_notebook_has_run_are_named(folder: Path) -> None:
    # Both in one namespace, as those of earlier versions are.
    env = rooms.environment(folder, TEMPORAL_NAMESPACE="default")
    mine = opened(folder, env, "02_Practice.ipynb")
    theirs = opened(folder, env, "02_Solution.ipynb")
    try:
        mine.run("await stop_worker()")
        theirs.run("")
        said = last(mine, "handle = await start()\nawait follow(handle, until=failed('shaky', 1))")
        assert "02_Solution.ipynb" not in said, "it has no Worker that it could be taken for"
        mine.run(WORKER)
        theirs.run("await stop_worker()")
        said = last(mine, "await follow(handle, until=failed('shaky', 2))")
        number = last(theirs, "import os; print(os.getpid())").strip()
        assert f"02_Solution.ipynb (process {number}) ran the Workflow's code" in said
        assert "this notebook's Worker did not" in said
    finally:
        mine.close()
        theirs.close()
