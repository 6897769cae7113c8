"""A person and a draft: it is read with a Query, and decided on with an Update.

`starter.py` and `decide.py` share this. Both messages need a Worker to answer them. Where none
does, they are sent again for a while, and nothing is lost: the draft is in the Event History.
"""

import asyncio
import uuid
from typing import Any

from models import Decision, Draft
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)

from workshop.demos import Conversation, ConversationError, Ended, plain, typed

DRAFT = Conversation(
    "draft",
    "DraftWorkflow",
    Draft,
    wanted="A DraftWorkflow, which waits for a decision",
    printed_by="starter.py or a notebook has",
    anew="a new draft, run starter.py and give it a topic",
    safe="The draft is",
    go_on="Start worker.py, or run the notebook's Worker cell. Then run `python decide.py",
)


async def converse(handle: WorkflowHandle[Any, Any]) -> None:
    """Show drafts and ask for decisions until the Workflow has ended."""
    told = 0
    while True:
        draft = await latest(handle)
        if draft.status not in ("writing", "waiting"):
            words = {
                "published": "✓ Published, as a person has read it",
                "expired": "✗ Expired: nobody has decided in time. Not published",
                "unfinished": "✗ Unfinished: too many drafts. Not published",
            }
            print(f"{words.get(draft.status, draft.status)}: version {draft.version}.")
            return
        if draft.status == "writing" or draft.version == told:
            await asyncio.sleep(0.2)
            continue
        print(f"\n--- version {draft.version} ---\n{plain(draft.text)}\n---", flush=True)
        decision = asked(draft.version)
        if decision is None:
            print("Nothing was decided. The Workflow waits on.")
            return
        try:
            print(f"✓ {await sent(handle, decision)}", flush=True)
            told = draft.version  # until the next one is there
        except WorkflowUpdateFailedError as error:
            print(f"✗ Refused: {getattr(error.cause, 'message', error.cause)}.", flush=True)
        except Ended:
            print("✗ Too late: it has ended meanwhile.", flush=True)


async def latest(handle: WorkflowHandle[Any, Any]) -> Draft:
    """The draft as it is now: by Query, or the result where the Workflow has ended."""

    async def look() -> Draft:
        state = await handle.describe()
        if state.status is WorkflowExecutionStatus.RUNNING:
            try:
                return await handle.query("get_draft", result_type=Draft)
            except WorkflowQueryFailedError as error:
                raise ConversationError(
                    f"{handle.id} answers: {error}",
                    "It has the Query get_draft and the Update decide.",
                    "Decide on a draft of this demo, or of the last version in lesson 03.",
                ) from None
        try:
            return await handle.result()  # kept by the Temporal Service: no Worker is needed
        except WorkflowFailureError as error:
            cause = getattr(error.cause, "cause", None) or error.cause  # in it, the Activity's own
            raise ConversationError(
                f"{handle.id} has ended without a result: {cause}.",
                "It ends published, expired or unfinished.",
                "Its Event History in the Web UI says why.",
            ) from None

    return await DRAFT.patiently(handle, look)


async def sent(handle: WorkflowHandle[Any, Any], decision: Decision) -> str:
    """Send a decision, and return the Workflow's answer.

    Raises:
        WorkflowUpdateFailedError: the validator has refused it.
    """
    # The same id each time it is sent: the Workflow gets the decision once.
    name = f"{decision.choice}-version-{decision.version}-{uuid.uuid4()}"

    async def send() -> str:
        return await handle.execute_update("decide", decision, id=name, result_type=str)

    return await DRAFT.patiently(handle, send)


def asked(version: int) -> Decision | None:
    """What the person at the keyboard decides; None where nobody sits there."""
    word = typed(
        f"Version {version}: keep, redo or edit? ",
        ("keep", "redo", "edit"),
        "Type one of the three words. Ctrl+C leaves the draft waiting.",
    )
    if word != "edit":
        return Decision(word, version) if word else None
    try:
        wish = input("Edit it how? (such as: Turn this into a poem) ").strip()
    except EOFError:
        print()
        return None
    return Decision(word, version, wish)
