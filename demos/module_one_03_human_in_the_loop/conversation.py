"""A person and a draft: it is read with a Query, and decided on with an Update.

`starter.py` and `decide.py` share this. Both messages need a Worker to answer them. Where none
does, they are sent again for a while, and nothing is lost: the draft is in the Event History.
"""

import asyncio
import os
import re
import signal
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from models import Decision, Draft
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode

from workshop.core.errors import WorkshopError
from workshop.core.patience import wait_for
from workshop.core.settings import load
from workshop.services import namespaces, temporal_service

# Seconds of a quiet machine: for so long a Query or an Update is sent again when nobody answers.
PATIENCE_SECONDS = float(os.environ.get("DEMO_PATIENCE_SECONDS", "90"))
ONCE_SECONDS = 3.0

T = TypeVar("T")


class DraftError(WorkshopError):
    """The conversation cannot go on, and why."""


class Ended(DraftError):
    """The Workflow has ended while the person was reading."""


async def connect(workflow_id: str = "") -> Client:
    """A Client; for a Workflow that exists, in the namespace in which it is."""
    await temporal_service.ensure(load())  # found, or started
    settings = load()
    client = await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=pydantic_data_converter,
    )
    # Each notebook has a namespace of its own, and a terminal has none of theirs.
    return await namespaces.where(client, workflow_id) if workflow_id else client


def as_id(text: str) -> str:
    """The Workflow id in what a person has typed or pasted, a link too; "" where there is none."""
    found = re.search(r"draft-[0-9a-f]{8}-[0-9a-f-]{27}", text) or re.fullmatch(
        r"draft-\S*|\S*[0-9a-f]{8}-[0-9a-f]{4}-\S*", text.strip(" \t\"'`"), re.IGNORECASE
    )
    return found[0] if found else ""


async def existing(client: Client, workflow_id: str) -> WorkflowHandle[Any, Any]:
    """The Workflow of that id. Nothing is started.

    Raises:
        DraftError: there is none, or it is of another type.
    """
    handle = client.get_workflow_handle(workflow_id, result_type=Draft)
    try:
        kind = (await handle.describe()).workflow_type
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
            raise
        raise DraftError(
            f"There is no Workflow {workflow_id!r} here.",
            "An id that starter.py or a notebook has printed. Nothing was started.",
            "Copy the whole id again. To start a new draft, run starter.py and give it a topic.",
        ) from None
    if kind != "DraftWorkflow":
        raise DraftError(
            f"{workflow_id} is a {kind}.",
            "A DraftWorkflow, which waits for a decision. Nothing was started.",
            "Copy the id of one: it begins with draft-.",
        )
    return handle


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
            return await handle.query("get_draft", result_type=Draft)
        try:
            return await handle.result()  # kept by the Temporal Service: no Worker is needed
        except WorkflowFailureError as error:
            cause = getattr(error.cause, "cause", None) or error.cause  # in it, the Activity's own
            raise DraftError(
                f"{handle.id} has ended without a result: {cause}.",
                "It ends published, expired or unfinished.",
                "Its Event History in the Web UI says why.",
            ) from None

    return await patiently(handle, look)


async def sent(handle: WorkflowHandle[Any, Any], decision: Decision) -> str:
    """Send a decision, and return the Workflow's answer.

    Raises:
        WorkflowUpdateFailedError: the validator has refused it.
    """
    # The same id each time it is sent: the Workflow gets the decision once.
    name = f"{decision.choice}-version-{decision.version}-{uuid.uuid4()}"

    async def send() -> str:
        return await handle.execute_update("decide", decision, id=name, result_type=str)

    return await patiently(handle, send)


async def patiently(handle: WorkflowHandle[Any, Any], ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again for a while when nobody answers.

    Raises:
        DraftError: nobody has answered in that time, or this draft cannot be asked such a thing.
    """
    try:
        try:
            return await wait_for(_answer(handle, ask), ONCE_SECONDS)
        except asyncio.TimeoutError:
            print(
                "… No Worker answers. The draft is safe in the Event History; I ask again for "
                f"{PATIENCE_SECONDS:g} s.",
                flush=True,
            )
            return await wait_for(_answer(handle, ask), PATIENCE_SECONDS)
    except asyncio.TimeoutError:
        raise DraftError(
            f"Nobody has answered for {PATIENCE_SECONDS:g} s.",
            "A Worker polls the Task Queue of this Workflow.",
            "Start worker.py, or run the notebook's Worker cell. Then run "
            f"`python decide.py {handle.id}`: nothing is lost.",
        ) from None


async def _answer(handle: WorkflowHandle[Any, Any], ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until there is an answer."""
    while True:
        try:
            return await wait_for(ask(), ONCE_SECONDS)
        except WorkflowQueryFailedError as error:
            raise DraftError(
                f"{handle.id} answers: {error}",
                "It has the Query get_draft and the Update decide.",
                "Decide on a draft of this demo, or of the last version in lesson 03.",
            ) from None
        except asyncio.TimeoutError:
            pass
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise Ended(
                    f"{handle.id} has ended meanwhile.",
                    do="Run this again: it shows how.",
                ) from None
        await asyncio.sleep(0.2)


def asked(version: int) -> Decision | None:
    """What the person at the keyboard decides; None where nobody sits there."""
    # Nothing else runs in this process, so it may block; Ctrl+C then ends it at once.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        while True:
            word = input(f"Version {version}: keep, redo or edit? ").strip().lower()
            if word in ("keep", "redo"):
                return Decision(word, version)
            if word == "edit":
                wish = input("Edit it how? (such as: Turn this into a poem) ").strip()
                return Decision(word, version, wish)
            print("Type one of the three words. Ctrl+C leaves the draft waiting.")
    except EOFError:
        print()
        return None


def plain(text: str) -> str:
    """A model's text without characters that a terminal would take for commands."""
    return "".join(char for char in text if char.isprintable() or char == "\n")
