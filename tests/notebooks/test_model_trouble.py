"""A model that cannot answer, as a learner meets it: in a cell, and in the panel of `follow`."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from kernels import FINISHED, Ran, Room, kernel, name

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from provider_stand_in import provider

from workshop.core import processes
from workshop.practice.model import process

LESSON_02 = [path for path in FINISHED if name(path) == "02-Solutions"]
SENTINEL = "sk-sentinel-0123456789abcdef"

BEGIN = 'from workshop import begin, follow, start_worker\nsettings = await begin("02")'
ASK = """
from datetime import timedelta
from litellm import ModelResponse, completion
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker
from concurrent.futures import ThreadPoolExecutor
import uuid

def ask_model(prompt: str) -> ModelResponse:
    return completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
        timeout=settings.llm_timeout,
        max_retries=0,
    )

@activity.defn
def llm_call(prompt: str) -> str:
    return ask_model(prompt)["choices"][0]["message"]["content"]

@workflow.defn(sandboxed=False)
class Asks:
    @workflow.run
    async def run(self, prompt: str) -> str:
        return await workflow.execute_activity(
            llm_call, prompt, start_to_close_timeout=timedelta(seconds=settings.llm_timeout + 10)
        )
"""
WORKER = """
client = await Client.connect(
    settings.temporal_address,
    namespace=settings.temporal_namespace,
    data_converter=pydantic_data_converter,
)

async def run_worker() -> None:
    with ThreadPoolExecutor() as threads:
        await Worker(
            client, task_queue="asks", workflows=[Asks], activities=[llm_call],
            activity_executor=threads,
        ).run()

worker = await start_worker(run_worker, limit=60)
"""
START = """
handle = await client.start_workflow(
    Asks.run, "Give me one fact about bees", id=f"asks-{uuid.uuid4()}", task_queue="asks"
)
"""
FOLLOW = "print(await follow(handle))"


@dataclass
class Told:
    """What the cells showed."""

    cells: dict[str, Ran] = field(default_factory=dict)


async def a_wrong_key(room: Room, path: Path) -> Told:
    told = Told()
    with provider(key="sk-another") as server:
        environment = {**server.environment(), "LLM_API_KEY": SENTINEL}
        async with kernel(room, path, **environment) as running:
            for what, source in (
                ("begin", BEGIN),
                ("defined", ASK),
                ("cell", 'ask_model("Hello")'),
                ("caught", "try:\n    ask_model('x')\nexcept Exception as e:\n    print(repr(e))"),
                ("own error", "1 / 0"),
                ("worker", WORKER),
                ("started", START),
                ("panel", FOLLOW),
            ):
                told.cells[what] = await running.run(source)
            server.key = SENTINEL  # the provider has made it valid
            told.cells["after"] = await running.run(FOLLOW)
            # With it comes into the history why the last attempt failed.
            kept = "print((await handle.fetch_history()).to_json())"
            told.cells["history"] = await running.run(kept)
    return told


@pytest.mark.scenario(kind="model trouble", run=a_wrong_key)
@pytest.mark.parametrize("path", LESSON_02, ids=name)
def test_a_wrong_key_is_told_in_a_cell_and_in_the_panel(path: Path, ran: Told) -> None:
    cell, panel = ran.cells["cell"], ran.cells["panel"]
    for one in (cell, panel):
        assert one.error and len(one.trace.splitlines()) <= 6, one.trace
        assert "refuses the key" in one.trace and "workshop key" in one.trace
    assert cell.trace.startswith("✗ AuthenticationError")
    assert "correct its cell" not in panel.text and "llm_call" in panel.trace
    assert "AuthenticationError" in ran.cells["caught"].text and not ran.cells["caught"].error
    assert "ZeroDivisionError" in ran.cells["own error"].trace
    assert "Give Feedback" not in cell.text
    after = ran.cells["after"]
    assert after.error is None and "yes" in after.text, after.text
    assert "Incorrect API key provided: [key]." in ran.cells["history"].text
    told = [what for what, one in ran.cells.items() if SENTINEL in repr(one.outputs)]
    assert not told, ran.cells[told[0]].outputs


async def killed_in_a_lesson(room: Room, path: Path) -> Told:
    told = Told()
    async with kernel(room, path) as running:
        for source in (BEGIN, ASK, WORKER):
            assert (await running.run(source)).error is None
        record = processes.running(room.state, process.NAME)
        assert record
        psutil.Process(record.pid).send_signal(signal.SIGKILL)
        psutil.wait_procs([psutil.Process(record.pid)], timeout=10)
        told.cells["cell"] = await running.run('ask_model("Hello")')
        await running.run(START)
        told.cells["panel"] = await running.run(FOLLOW)
        told.cells["begin"] = await running.run(BEGIN)
        told.cells["after"] = await running.run(FOLLOW)
    return told


@pytest.mark.scenario(kind="model trouble", run=killed_in_a_lesson)
@pytest.mark.parametrize("path", LESSON_02, ids=name)
def test_a_practice_model_that_is_killed_is_told_and_back_with_begin(path: Path, ran: Told) -> None:
    for one in (ran.cells["cell"], ran.cells["panel"]):
        assert one.error and len(one.trace.splitlines()) <= 6, one.trace
        assert "The practice model does not answer" in one.trace and "begin" in one.trace
    assert ran.cells["panel"].seconds < 40, "not the whole limit of follow"
    assert ran.cells["begin"].error is None
    after = ran.cells["after"]
    assert after.error is None and "bees" in after.text.lower(), after.text
