"""A person and an agent: its steps are read with a Query, and its calls allowed with an Update.

`starter.py` and `decide.py` share this. Both messages need a Worker to answer them. Where none
does, they are sent again for a while, and nothing is lost: the steps are in the Event History.
"""

import asyncio
import os
import re
import signal
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from models import AgentResult, Consent
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
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


class AgentError(WorkshopError):
    """The conversation cannot go on, and why."""


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
    found = re.search(r"agent-[0-9a-f]{8}-[0-9a-f-]{27}", text) or re.fullmatch(
        r"agent-\S*|\S*[0-9a-f]{8}-[0-9a-f]{4}-\S*", text.strip(" \t\"'`"), re.IGNORECASE
    )
    return found[0] if found else ""


async def existing(client: Client, workflow_id: str) -> WorkflowHandle[Any, Any]:
    """The Workflow of that id. Nothing is started.

    Raises:
        AgentError: there is none, or it is of another type.
    """
    handle = client.get_workflow_handle(workflow_id, result_type=AgentResult)
    try:
        kind = (await handle.describe()).workflow_type
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
            raise
        raise AgentError(
            f"There is no Workflow {workflow_id!r} here.",
            "An id that starter.py has printed. Nothing was started.",
            "Copy the whole id again. To start a new agent, run starter.py and give it a goal.",
        ) from None
    if kind != "AgentWorkflow":
        raise AgentError(
            f"{workflow_id} is a {kind}.",
            "An AgentWorkflow. Nothing was started.",
            "Copy the id of one: it begins with agent-.",
        )
    return handle


async def converse(handle: WorkflowHandle[Any, Any]) -> None:
    """Show steps as they come, and ask about calls that wait, until the Workflow has ended."""
    shown = 0
    while True:
        state = await patiently(handle, lambda: handle.describe())
        if state.status is not WorkflowExecutionStatus.RUNNING:
            break
        try:
            progress = await patiently(handle, lambda: handle.query("get_progress"))
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
        raise AgentError(
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
        allowed = asked()
        if allowed is None:
            return False
        consent, name = Consent(call["call_id"], allowed), f"consent-{uuid.uuid4()}"

        async def send(consent: Consent = consent, name: str = name) -> str:
            # The same id each time it is sent: the Workflow gets the decision once.
            return str(await handle.execute_update("decide", consent, id=name))

        try:
            print(f"✓ {await patiently(handle, send)}", flush=True)
        except WorkflowUpdateFailedError as error:
            print(f"✗ Too late: {getattr(error.cause, 'message', error.cause)}.", flush=True)
        except Ended:
            print("✗ Too late: it has ended meanwhile.", flush=True)
    return True


class Ended(AgentError):
    """The Workflow has ended while somebody asked."""


async def patiently(handle: WorkflowHandle[Any, Any], ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again for a while when nobody answers.

    Raises:
        AgentError: nobody has answered in that time.
    """
    try:
        try:
            return await wait_for(_answer(handle, ask), ONCE_SECONDS)
        except asyncio.TimeoutError:
            print(
                "… No Worker answers. The steps are safe in the Event History; I ask again for "
                f"{PATIENCE_SECONDS:g} s.",
                flush=True,
            )
            return await wait_for(_answer(handle, ask), PATIENCE_SECONDS)
    except asyncio.TimeoutError:
        raise AgentError(
            f"Nobody has answered for {PATIENCE_SECONDS:g} s.",
            "A Worker polls the Task Queue of this Workflow.",
            f"Start worker.py. Then run `python starter.py {handle.id}`: nothing is lost.",
        ) from None


async def _answer(handle: WorkflowHandle[Any, Any], ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until there is an answer."""
    while True:
        try:
            return await wait_for(ask(), ONCE_SECONDS)
        except asyncio.TimeoutError:
            pass
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise Ended(f"{handle.id} has ended meanwhile.") from None
        await asyncio.sleep(0.2)


def asked() -> bool | None:
    """What the person at the keyboard allows; None where nobody sits there."""
    # Nothing else runs in this process, so it may block; Ctrl+C then ends it at once.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        while True:
            word = input("Allow it? yes or no: ").strip().lower()
            if word in ("yes", "no"):
                return word == "yes"
            print("Type yes or no. Ctrl+C leaves it waiting.")
    except EOFError:
        print()
        return None


def plain(text: str) -> str:
    """A model's text without characters that a terminal would take for commands."""
    return "".join(char for char in text if char.isprintable() or char == "\n")
