"""Cells that a person stops, in a real kernel: they end at once, in two lines of words."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import room as rooms
from one_kernel import Kernel

BEGIN = """
import asyncio, time, uuid
from datetime import timedelta
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker
from workshop import *
settings = await begin("02")
client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace)


@activity.defn
async def shaky() -> str:
    raise ValueError("the printer is out of paper")


@workflow.defn(sandboxed=False)
class Prints:
    @workflow.query
    def progress(self) -> dict:
        return {"done": 0, "total": 3, "failed": 0}

    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity(shaky, start_to_close_timeout=timedelta(seconds=5))


async def run_worker():
    await Worker(client, task_queue="prints", workflows=[Prints], activities=[shaky]).run()


async def never():
    await asyncio.sleep(60)


async def start(*_):
    name = f"prints-{uuid.uuid4()}"
    return await client.start_workflow(Prints.run, id=name, task_queue="prints")


worker = await start_worker(run_worker, limit=60)
handle = await start()
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("interrupts")
    running = Kernel(rooms.environment(folder), folder)
    try:
        begun = running.run(BEGIN)
        assert begun.error is None, begun.error
        yield running
    finally:
        running.close()
        rooms.end_all(folder / "state")


GOES_ON = "The Workflow goes on; run this cell again to watch it."
BOARD = "board = Switchboard(start)\nboard.predict('500', 'retry')\nawait board.run('500')"


@pytest.mark.parametrize(
    ("cell", "seen", "words"),
    [
        ("await follow(handle)", "next attempt in", GOES_ON),
        ("await watch(handle, 'progress')", "0 of 3 done", GOES_ON),
        ("await ask('Which topic?', 'otters')", "Which topic?", "Nobody has been asked;"),
        ("print('now')\nawait start_worker(never)", "now", "No Worker of this notebook runs now;"),
        ("await crash('timer')", "worker.py", "What this scene had started is ended;"),
        (BOARD, "You say", "The fault has ended;"),
        ("print('now')\nawait asyncio.sleep(60)", "now", "run this cell again"),
        ("print('now')\ntime.sleep(60)", "now", "run this cell again"),
        (
            "print('now')\nwith what_happens():\n    await follow(handle)",
            "next attempt in",
            GOES_ON,
        ),
    ],
    ids=["follow", "watch", "ask", "worker", "crash", "board", "sleep", "blocks", "block"],
)
def test_a_cell_that_is_stopped_ends_at_once_in_two_lines(
    kernel: Kernel, cell: str, seen: str, words: str
) -> None:
    kernel.run("worker = await start_worker(run_worker, limit=60)")
    ran = kernel.run(cell, stop_at=seen)
    assert ran.error is not None and len(ran.error) == 2, ran.error
    assert ran.error[0] == "✗ Interrupted." and words in ran.error[1]
    # A fraction of a second on a quiet machine. By itself each goes on for a minute, or for ever.
    assert ran.took < 30


def test_what_is_shown_does_not_stay_in_the_middle_of_a_countdown(kernel: Kernel) -> None:
    kernel.run("worker = await start_worker(run_worker, limit=60)")
    ran = kernel.run("await follow(handle)", stop_at="next attempt in")
    last = ran.text[-1]
    assert "retrying" in last and "next attempt in" not in last
    assert last.endswith("Nobody watches any more. The Workflow goes on.")


def test_the_next_question_is_answered_by_the_next_answer(kernel: Kernel) -> None:
    kernel.run("await ask('Which topic?', 'otters')", stop_at="Which topic?")
    ran = kernel.run("print('It is', await ask('And now?', 'otters'))", reply="bees")
    assert ran.error is None and "It is bees" in "".join(ran.text)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 does not tell them apart")
def test_a_task_that_a_cell_has_cancelled_itself_is_no_interrupt(kernel: Kernel) -> None:
    ran = kernel.run("task = asyncio.create_task(never())\ntask.cancel()\nawait task")
    assert ran.error is not None and "Interrupted" not in "".join(ran.error)


def test_a_limit_of_the_learners_own_is_a_timeout(kernel: Kernel) -> None:
    ran = kernel.run(
        "try:\n    await asyncio.wait_for(follow(handle), 0.5)\n"
        "except asyncio.TimeoutError:\n    print('in time')"
    )
    assert ran.error is None and "in time" in "".join(map(str, ran.text))


def test_no_process_of_a_stopped_crash_is_left(kernel: Kernel) -> None:
    kernel.run("await crash('timer')", stop_at="worker.py")
    ran = kernel.run(
        "import psutil\nprint([p.cmdline() for p in psutil.Process().children(recursive=True)])"
    )
    assert "worker.py" not in "".join(ran.text)


def test_a_check_that_is_stopped_says_that_nothing_was_decided(kernel: Kernel) -> None:
    kernel.run(
        "settings = await begin('01')\n"
        "def llm_call(prompt: str, timeout: float = 20):\n    time.sleep(60)"
    )
    ran = kernel.run("print('now')\nawait check('llm_call')", stop_at="now")
    assert ran.error == ["✗ Interrupted.", "Nothing was decided; run this cell again to check."]
