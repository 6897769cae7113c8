"""A person and an agent: its steps are read with a Query, and its calls allowed with an Update.

`starter.py` and `decide.py` share this. Both messages need a Worker to answer them. Where none
does, they are sent again for a while, and nothing is lost: the steps are in the Event History.
"""

import asyncio
import uuid
from typing import Any

from models import AgentResult, Consent
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)

from workshop.demos import Conversation, ConversationError, Ended, plain, typed

AGENT = Conversation(
    "agent",
    "AgentWorkflow",
    AgentResult,
    wanted="An AgentWorkflow",
    printed_by="starter.py has",
    anew="a new agent, run starter.py and give it a goal",
    safe="The steps are",
    go_on="Start worker.py. Then run `python starter.py",
)


async def converse(handle: WorkflowHandle[Any, Any]) -> None:
    """Show steps as they come, and ask about calls that wait, until the Workflow has ended."""
    shown = 0
    while True:
        state = await AGENT.patiently(handle, lambda: handle.describe())
        if state.status is not WorkflowExecutionStatus.RUNNING:
            break
        try:
            progress = await AGENT.patiently(handle, lambda: handle.query("get_progress"))
        except Ended:
            continue
        for step in progress["steps"][shown:]:
            print(f"  {plain(step)}", flush=True)
        shown = max(shown, len(progress["steps"]))
        if not await decide(handle, progress["waiting_for"]):
            print("Nothing was decided. The Workflow waits on.")
            return
        await asyncio.sleep(0.2)
    try:
        result: AgentResult = await handle.result()  # kept by the Temporal Service
    except WorkflowFailureError as error:
        words = getattr(error.cause, "message", "") or error.cause
        raise ConversationError(
            f"{handle.id} has ended without a result: {words}.",
            do="Its Event History in the Web UI says why.",
        ) from None
    for step in result.steps[shown:]:
        print(f"  {plain(step)}")
    mark = "✓" if result.status == "answered" else "✗"
    print(f"{mark} {result.status}: {result.turns} turns, ${result.dollars:.6f}")
    print(f"\n{plain(result.answer)}" if result.answer else "")


async def decide(handle: WorkflowHandle[Any, Any], waiting: list[dict[str, Any]]) -> bool:
    """Ask a person about each call that waits. False where nobody sits at the keyboard."""
    for call in waiting:
        print(f"\nThe agent wants {plain(call['name'])} with {plain(call['arguments'])}")
        word = typed(
            "Allow it? yes or no: ", ("yes", "no"), "Type yes or no. Ctrl+C leaves it waiting."
        )
        if word is None:
            return False
        consent, name = Consent(call["call_id"], word == "yes"), f"consent-{uuid.uuid4()}"

        async def send(consent: Consent = consent, name: str = name) -> str:
            # The same id each time it is sent: the Workflow gets the decision once.
            return str(await handle.execute_update("decide", consent, id=name))

        try:
            print(f"✓ {await AGENT.patiently(handle, send)}", flush=True)
        except WorkflowUpdateFailedError as error:
            print(f"✗ Too late: {getattr(error.cause, 'message', error.cause)}.", flush=True)
        except Ended:
            print("✗ Too late: it has ended meanwhile.", flush=True)
    return True
