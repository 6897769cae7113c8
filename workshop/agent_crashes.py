"""One more scene for `crash`: an agent's Worker dies in the middle of a chain of tools.

await crash("chain")    killed after the second tool; the third is the next to run
"""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from workshop.crashes import ALONE, LIMIT_SECONDS, Actor, Crash, CrashError, Stage
from workshop.follow import history_rows
from workshop.patience import Patience
from workshop.receipt_picture import counted
from workshop.site.client import Site, open_site

WORKER = "demos/module_one_04_agentic_loop/worker.py"
CHAIN = "Search the notes for tardigrades, fetch the page that they name, and calculate 30 * 365."
TOOLS = ("search_notes", "fetch_page", "calculate")
PAUSE_SECONDS = 3.0
"""The timer after each round of tools, in which the Worker is killed. On stage it is 5 s."""


@dataclass(frozen=True)
class ChainCrash(Crash):
    """What the scene showed: tools that ran, where others write a PDF."""

    turns: int = 0
    """What the agent's result says."""
    tools: tuple[str, ...] = ()
    """The tools in the order of the Event History."""
    attempts: int = 0
    """How many attempts of tools there were."""
    after: tuple[str, ...] = ()
    """The tools that the new Worker ran."""

    @property
    def well(self) -> bool:
        """Whether each tool ran once, in order, and each turn was paid once."""
        paid = self.receipt.received == self.turns == len(TOOLS) + 1
        once = self.tools == TOOLS and self.attempts == len(TOOLS)
        return paid and once and self.after == TOOLS[2:]

    def __repr__(self) -> str:
        return "\n".join(
            [
                f"{'✓' if self.well else '✗'} {self.title}",
                f"  killed   {self.killed}",
                f"  paid     {counted(self.receipt.received)}, ${self.receipt.dollars:.6f}, "
                f"for {self.turns} turns",
                f"  tools    {', '.join(self.tools)}: {self.attempts} attempts; after the crash "
                f"{', '.join(self.after)}",
                f"  {self.lesson}",
                *(f"  {line}" for line in repr(self.receipt).splitlines()),
            ]
        )


async def furnish(stage: Stage) -> Site:
    """All that an agent needs beside its Worker: service, practice model, practice site."""
    await stage.ready(temporal=True)
    return await open_site()


async def agent_worker(stage: Stage) -> Actor:
    """Demo 04's Worker, started unless it runs, once it polls."""
    if stage.worker is None:
        # Named here, because it may stand in an .env file, which an actor does not see.
        stage.worker = stage.run(WORKER)
        stage.say(f"  $ python {WORKER}")
    worker = stage.worker
    await stage.until(lambda: worker.printed("polls the Task Queue"), "the Worker's start", worker)
    return worker


async def start_agent(
    stage: Stage, goal: str, *, turns: int = 8, pause: float = 0.0
) -> WorkflowHandle[Any, Any]:
    """Start the Workflow as demo 04's starter.py does."""
    client = await Client.connect(
        stage.settings.temporal_address,
        namespace=stage.settings.temporal_namespace,
        data_converter=pydantic_data_converter,
    )
    handle = await client.start_workflow(
        "AgentWorkflow",
        {
            "goal": goal,
            "budget": {"turns": turns, "dollars": 0.05},
            "pause_seconds": pause,
        },
        id=f"agent-{uuid.uuid4()}",
        task_queue=stage.queue,
        # Should this process be killed, nobody polls that queue any more.
        execution_timeout=timedelta(minutes=10),
    )
    stage._open.append(handle)
    return handle


async def tools_of(handle: WorkflowHandle[Any, Any]) -> list[tuple[str, int, bool]]:
    """Name, attempts and whether it has completed, for each tool of the Event History."""
    steps = [s for s in await history_rows(handle) if s.kind == "activity" and s.name != "llm_call"]
    return [(step.name, step.attempt, step.state == "completed") for step in steps]


async def attempts_of(handle: WorkflowHandle[Any, Any]) -> list[tuple[str, str]]:
    """The Activity and the Worker's identity, for each attempt that the Event History keeps."""
    names, ran = {}, []
    for event in (await handle.fetch_history()).events:
        if event.HasField("activity_task_scheduled_event_attributes"):
            names[event.event_id] = (
                event.activity_task_scheduled_event_attributes.activity_type.name
            )
        elif event.HasField("activity_task_started_event_attributes"):
            started = event.activity_task_started_event_attributes
            ran.append((names[started.scheduled_event_id], started.identity))
    return ran


async def until_tool(stage: Stage, handle: WorkflowHandle[Any, Any], number: int) -> None:
    """Wait until so many tools have completed, and the timer after the last of them runs.

    Raises:
        CrashError: that has not come in time.
    """
    waiting, seen = Patience(LIMIT_SECONDS), 0
    while True:
        try:
            done = sum(completed for _, _, completed in await tools_of(handle))
            steps = await history_rows(handle)
            timers, seen = [step for step in steps if step.kind == "timer"], len(steps)
            if done == len(timers) == number and timers[-1].open:
                return
        except RPCError:
            pass  # asked again
        if stage.worker is not None and stage.worker.ended:
            raise stage.failed(stage.worker, f"ended while waiting for tool {number}")
        if waiting.over(seen):
            words = stage.worker.last_words() if stage.worker else ""
            raise CrashError(f"Waited {LIMIT_SECONDS:g} s for tool {number}. {words}".strip())
        await asyncio.sleep(0.02)


async def chain(stage: Stage) -> ChainCrash:
    """A goal needs three tools, one after the other. The Worker dies after the second."""
    began = time.monotonic()
    worker = await agent_worker(stage)
    handle = await start_agent(stage, CHAIN, pause=PAUSE_SECONDS)
    stage.say(f"  ✓ started an AgentWorkflow: {CHAIN!r}")
    await until_tool(stage, handle, 2)
    stage.say(f"  ✓ {TOOLS[0]} and {TOOLS[1]} completed, kept in the Event History")
    stage.kill(worker)
    stage.say("  ✗ kill -9 of the Worker. No process of the app runs now")
    killed = {identity for _, identity in await attempts_of(handle)}
    await agent_worker(stage)
    await stage.result(handle)
    result = await handle.result()
    fresh = [
        name
        for name, identity in await attempts_of(handle)
        if identity not in killed and name != "llm_call"
    ]
    stage.say(f"  ✓ the new Worker replayed the history and ran {', '.join(fresh)} alone")
    ran = await tools_of(handle)
    done = ChainCrash(
        "chain",
        "agent, Worker killed after the second of three tools",
        "the Worker, in the timer after the second tool",
        stage.receipt_of(handle),
        stage.folder / "none.pdf",
        0,
        "What was done is not done again: each tool ran once, each turn was paid once.",
        time.monotonic() - began,
        handle.id,
        turns=int(result["turns"]),
        tools=tuple(name for name, _, _ in ran),
        attempts=sum(attempt for _, attempt, _ in ran),
        after=tuple(fresh),
    )
    stage.say(
        f"  → {counted(done.receipt.received)} for {done.turns} turns, "
        f"${done.receipt.dollars:.6f}. {done.lesson}"
    )
    return done


async def _chain(stage: Stage) -> ChainCrash:
    """The scene with all that it needs."""
    await furnish(stage)
    return await chain(stage)


ALONE["chain"] = _chain
