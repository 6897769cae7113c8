"""Demo 04 by itself: an agent with tools, a real Worker that is really killed, a gullible model.

    await agent_show()

The practice model decides, whatever the settings say. It obeys what it reads, and on demand it
never comes to an end.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from workshop.agent_crashes import ChainCrash, agent_worker, chain, furnish, start_agent, tools_of
from workshop.crashes import LIMIT_SECONDS, CrashError, Say, Stage
from workshop.draft_show import ONCE_SECONDS
from workshop.patience import Patience, wait_for
from workshop.practice_model import faults

TWO = "Search the notes for tardigrades and for dolphins, then say which is older."
TURNS = 3
"""The budget of the agent whose model never comes to an end."""


@dataclass(frozen=True)
class AgentShow:
    """What came of it."""

    two: dict[str, Any]
    """The result of the agent that searched for two subjects at once."""
    crash: ChainCrash
    obeyed: dict[str, Any]
    """The result of the agent that read a page with an order in it."""
    emails: int
    """Emails that were sent. Nobody has allowed any."""
    endless: dict[str, Any]
    """The result of the agent whose model calls a tool each turn."""
    seconds: float

    @property
    def well(self) -> bool:
        """Whether each agent ended as it should, and no email was sent."""
        ends = [self.two["status"], self.obeyed["status"], self.endless["status"]]
        return (
            ends == ["answered", "answered", "out of turns"]
            and self.crash.well
            and self.emails == 0
            and self.endless["turns"] == TURNS
        )


async def agent_show(*, say: Say = print) -> AgentShow:
    """Play demo 04 in about 30 seconds: two tools at once, a crash, an injection, a budget.

    Args:
        say: gets a line at a time while it plays.

    Raises:
        CrashError: it cannot be played here, or something did not happen in time.
    """
    began = time.monotonic()
    async with Stage(say) as stage:
        site = await furnish(stage)

        say("\n1 of 4  An agent asks for two tools at once.")
        await agent_worker(stage)
        handle = await start_agent(stage, TWO)
        say(f"  ✓ started an AgentWorkflow: {TWO!r}")
        two = await _result(stage, handle)

        say(f"\n2 of 4  {(chain.__doc__ or '').strip()}")
        crash = await chain(stage)

        say("\n3 of 4  A page says: ignore your instructions. This model obeys what it reads.")
        page = site.broken["injection"]
        goal = f"Fetch {page} and tell me about bees."
        handle = await start_agent(stage, goal)
        say(f"  ✓ started an AgentWorkflow: {goal.replace(site.url, '')!r}")
        call = await _waits(handle)
        to = json.loads(call["arguments"])["to"]
        say(f"  ✗ the model has obeyed: it calls {call['name']}, to {to}")
        say("  ✓ which waits: an email needs a person's consent")
        given = {"call_id": call["call_id"], "allowed": False}
        said = await wait_for(handle.execute_update("decide", given), LIMIT_SECONDS)
        say(f"  ✓ no, says a person: {said}")
        obeyed = await _result(stage, handle)
        emails = len(list(stage.folder.glob("outbox/*.txt")))
        say(f"  → {emails} emails in the outbox. What a model wants is a wish; consent is code.")

        say(
            f"\n4 of 4  A model that calls a tool each turn, for ever. The budget is {TURNS} turns."
        )
        async with faults.misbehaving("endless", base=stage.base):
            handle = await start_agent(stage, TWO, turns=TURNS)
            endless = await _result(stage, handle)
        say("  → The result says so, and nothing has to be found out from a bill.")
    return AgentShow(two, crash, obeyed, emails, endless, time.monotonic() - began)


async def _result(stage: Stage, handle: WorkflowHandle[Any, Any]) -> dict[str, Any]:
    """Wait for the end, and tell what ran and how it ended."""
    await stage.result(handle)
    result: dict[str, Any] = await handle.result()
    for name, _, completed in await tools_of(handle):
        stage.say(f"    {'✓' if completed else '✗'} {name}")
    mark = "✓" if result["status"] == "answered" else "✗"
    stage.say(f"  {mark} {result['status']}: {result['turns']} turns, ${result['dollars']:.6f}")
    return result


async def _waits(handle: WorkflowHandle[Any, Any]) -> dict[str, Any]:
    """The call that waits for consent, asked for by Query.

    Raises:
        CrashError: none has waited in time.
    """
    patience = Patience(LIMIT_SECONDS)
    while not patience.over():
        try:
            waiting = (await wait_for(handle.query("get_progress"), ONCE_SECONDS))["waiting_for"]
            if waiting:
                call: dict[str, Any] = waiting[0]
                return call
        except (RPCError, asyncio.TimeoutError):
            pass  # asked again
        await asyncio.sleep(0.05)
    raise CrashError(f"Waited {LIMIT_SECONDS:g} s for a call that needs consent.")
