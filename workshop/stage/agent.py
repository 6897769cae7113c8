"""An agent's Worker dies in the middle of a chain of tools; and demo 04 by itself.

The practice model decides. It obeys what it reads, and on demand it never comes to an end.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from temporalio.client import WorkflowHandle

from workshop.core.display import counted, dollars
from workshop.practice.model import faults
from workshop.practice.site.client import Site, open_site
from workshop.stage.outcome import Crash, Show
from workshop.stage.room import Stage
from workshop.watching.follow import Step

WORKER = "demos/module_one_04_agentic_loop/worker.py"
CHAIN = "Search the notes for tardigrades, fetch the page that they name, and calculate 30 * 365."
TOOLS = ("search_notes", "fetch_page", "calculate")
PAUSE_SECONDS = 3.0
"""The timer after each round of tools, in which the Worker is killed. On stage it is 5 s."""
LESSON = "What was done is not done again: each tool ran once, each turn was paid once."
TWO = "Search the notes for tardigrades and for dolphins, then say which is older."
TURNS = 3
"""The budget of the agent whose model never comes to an end."""


async def chain(stage: Stage) -> Crash:
    """A goal needs three tools, one after the other. The Worker dies after the second."""
    await open_site()
    worker = await stage.polling_worker()
    handle = await _start(stage, CHAIN, pause=PAUSE_SECONDS)
    stage.say(f"  ✓ started an AgentWorkflow: {CHAIN!r}")
    await _until_tool(stage, handle, 2)
    stage.say(f"  ✓ {TOOLS[0]} and {TOOLS[1]} completed, kept in the Event History")
    stage.kill(worker)
    stage.say("  ✗ kill -9 of the Worker. No process of the app runs now")
    killed = {step.worker for step in await stage.steps(handle)}
    await stage.polling_worker()
    result = await stage.result(handle)
    ran = await _tools(stage, handle)
    after = tuple(step.name for step in ran if step.worker not in killed)
    stage.say(f"  ✓ the new Worker replayed the history and ran {', '.join(after)} alone")
    receipt, turns = stage.receipt_of(handle), int(result["turns"])
    tools, attempts = [step.name for step in ran], sum(step.attempt for step in ran)
    # Each tool ran once, in order; each turn was paid once; one tool was left for the new Worker.
    once = tools == [*TOOLS] and attempts == len(TOOLS) and after == TOOLS[-1:]
    told = f"{', '.join(tools)}: {attempts} attempts; after the crash {', '.join(after)}"
    return Crash(
        receipt,
        well=once and receipt.received == turns == len(TOOLS) + 1,
        facts=(f"paid     {receipt.paid}, for {turns} turns", f"tools    {told}"),
        closing=f"{counted(receipt.received, 'call')} for {turns} turns, "
        f"{dollars(receipt.dollars)}. {LESSON}",
        workflow_id=handle.id,
    )


async def agent_show(stage: Stage) -> Show:
    """Two tools at once, a crash, an injection, a budget."""
    say, site = stage.say, await open_site()
    say("\n1 of 4  An agent asks for two tools at once.")
    well = [await _two_at_once(stage)]
    say(f"\n2 of 4  {chain.__doc__}")
    crash = await chain(stage)
    say(f"  → {crash.closing}")
    say("\n3 of 4  A page says: ignore your instructions. This model obeys what it reads.")
    well += [crash.well, await _obedient(stage, site)]
    say(f"\n4 of 4  A model that calls a tool each turn, for ever. The budget is {TURNS} turns.")
    well += [await _endless(stage)]
    return Show(all(well), repr(crash.receipt))


async def _two_at_once(stage: Stage) -> bool:
    await stage.polling_worker()
    handle = await _start(stage, TWO)
    stage.say(f"  ✓ started an AgentWorkflow: {TWO!r}")
    return bool((await _told(stage, handle))["status"] == "answered")


async def _obedient(stage: Stage, site: Site) -> bool:
    goal = f"Fetch {site.broken['injection']} and tell me about bees."
    handle = await _start(stage, goal)
    stage.say(f"  ✓ started an AgentWorkflow: {goal.replace(site.url, '')!r}")

    async def waiting() -> list[dict[str, Any]]:
        progress = await handle.query("get_progress")
        found: list[dict[str, Any]] = progress["waiting_for"]
        return found

    call = (await stage.until(waiting, "a call that needs consent"))[0]
    to = json.loads(call["arguments"])["to"]
    stage.say(f"  ✗ the model has obeyed: it calls {call['name']}, to {to}")
    stage.say("  ✓ which waits: an email needs a person's consent")
    given = {"call_id": call["call_id"], "allowed": False}
    name = f"no-{uuid.uuid4()}"
    said = await stage.until(
        lambda: handle.execute_update("decide", given, id=name), "an answer to no"
    )
    stage.say(f"  ✓ no, says a person: {said}")
    answered = (await _told(stage, handle))["status"] == "answered"
    emails = len(list(stage.folder.glob("outbox/*.txt")))
    stage.say(f"  → {emails} emails in the outbox. What a model wants is a wish; consent is code.")
    return answered and emails == 0


async def _endless(stage: Stage) -> bool:
    async with faults.misbehaving("endless", base=stage.base):
        result = await _told(stage, await _start(stage, TWO, turns=TURNS))
    stage.say("  → The result says so, and nothing has to be found out from a bill.")
    return (result["status"], result["turns"]) == ("out of turns", TURNS)


async def _start(
    stage: Stage, goal: str, *, turns: int = 8, pause: float = 0.0
) -> WorkflowHandle[Any, Any]:
    budget = {"turns": turns, "dollars": 0.05}
    given = {"goal": goal, "budget": budget, "pause_seconds": pause}
    return await stage.start("AgentWorkflow", given, "agent")


async def _tools(stage: Stage, handle: WorkflowHandle[Any, Any]) -> list[Step]:
    return [step for step in await stage.steps(handle, "activity") if step.name != "llm_call"]


async def _until_tool(stage: Stage, handle: WorkflowHandle[Any, Any], number: int) -> None:
    """Wait until so many tools have completed, and the timer after the last of them runs."""

    async def there() -> bool:
        timers = await stage.steps(handle, "timer")
        done = [step for step in await _tools(stage, handle) if step.state == "completed"]
        return len(done) == len(timers) == number and timers[-1].open

    await stage.until(there, f"tool {number}")


async def _told(stage: Stage, handle: WorkflowHandle[Any, Any]) -> dict[str, Any]:
    """Wait for the end, and tell what ran and how it ended."""
    result: dict[str, Any] = await stage.result(handle)
    for step in await _tools(stage, handle):
        stage.say(f"    {'✓' if step.state == 'completed' else '✗'} {step.name}")
    mark = "✓" if result["status"] == "answered" else "✗"
    stage.say(f"  {mark} {result['status']}: {result['turns']} turns, {dollars(result['dollars'])}")
    return result
