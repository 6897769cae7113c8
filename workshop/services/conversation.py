"""A person and a Workflow that waits for one: it is found by its id, and asked until it answers.

Queries and Updates need a Worker to answer them. Where none does, they are sent again for a while,
and nothing is lost: the Event History has it all.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowHandle
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


class ConversationError(WorkshopError):
    """The conversation cannot go on, and why."""


class Ended(ConversationError):
    """The Workflow has ended meanwhile."""


@dataclass(frozen=True)
class Conversation:
    """Workflows of a type, and the words that complete the sentences about them below."""

    about: str
    """What their ids begin with, such as draft."""
    workflow: str
    result: type
    wanted: str
    printed_by: str
    anew: str
    safe: str
    go_on: str

    def id_in(self, text: str) -> str:
        """The Workflow id in what a person has typed or pasted, a link too; "" where none is."""
        whole, alike = "-[0-9a-f]{8}-[0-9a-f-]{27}", r"-\S*|\S*[0-9a-f]{8}-[0-9a-f]{4}-\S*"
        found = re.search(self.about + whole, text) or re.fullmatch(
            self.about + alike, text.strip(" \t\"'`"), re.IGNORECASE
        )
        return found[0] if found else ""

    def required_id(self, text: str) -> str:
        """As `id_in`. Raises ConversationError where there is none."""
        if found := self.id_in(text):
            return found
        raise ConversationError(
            f"{text!r} is not a Workflow id.",
            f"It begins with {self.about}-, as {self.printed_by} printed it.",
            "Run this again with the id.",
        )

    async def existing(self, client: Client, workflow_id: str) -> WorkflowHandle[Any, Any]:
        """The Workflow of that id. Nothing is started.

        Raises:
            ConversationError: there is none, or it is of another type.
        """
        handle = client.get_workflow_handle(workflow_id, result_type=self.result)
        try:
            kind = (await handle.describe()).workflow_type
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
                raise
            raise ConversationError(
                f"There is no Workflow {workflow_id!r} here.",
                f"An id that {self.printed_by} printed. Nothing was started.",
                f"Copy the whole id again. To start {self.anew}.",
            ) from None
        if kind != self.workflow:
            raise ConversationError(
                f"{workflow_id} is a {kind}.",
                f"{self.wanted}. Nothing was started.",
                f"Copy the id of one: it begins with {self.about}-.",
            )
        return handle

    async def patiently(
        self, handle: WorkflowHandle[Any, Any], ask: Callable[[], Awaitable[T]]
    ) -> T:
        """Ask again for a while when nobody answers.

        Raises:
            ConversationError: nobody has answered in that time.
            Ended: the Workflow has ended.
        """
        try:
            try:
                return await wait_for(_answer(handle, ask), ONCE_SECONDS)
            except asyncio.TimeoutError:
                print(
                    f"… No Worker answers. {self.safe} safe in the Event History; I ask again for "
                    f"{PATIENCE_SECONDS:g} s.",
                    flush=True,
                )
                return await wait_for(_answer(handle, ask), PATIENCE_SECONDS)
        except asyncio.TimeoutError:
            raise ConversationError(
                f"Nobody has answered for {PATIENCE_SECONDS:g} s.",
                "A Worker polls the Task Queue of this Workflow.",
                f"{self.go_on} {handle.id}`: nothing is lost.",
            ) from None


async def connect(workflow_id: str = "") -> Client:
    """A Client; for a Workflow that exists, in the namespace in which it is."""
    await temporal_service.ensure(load())  # found, or started
    settings = load()
    client = await Client.connect(
        **settings.connect_config(),
        data_converter=pydantic_data_converter,
    )
    # Each notebook has a namespace of its own, and a terminal has none of theirs.
    return await namespaces.where(client, workflow_id) if workflow_id else client


def typed(question: str, words: tuple[str, ...], else_say: str) -> str | None:
    """Which of the words the person at the keyboard types; None where nobody sits there."""
    # Nothing else runs in this process, so it may block; Ctrl+C then ends it at once.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        while (word := input(question).strip().lower()) not in words:
            print(else_say)
    except EOFError:
        print()
        return None
    return word


def plain(text: str) -> str:
    """A model's text without characters that a terminal would take for commands."""
    return "".join(char for char in text if char.isprintable() or char == "\n")


async def _answer(handle: WorkflowHandle[Any, Any], ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until there is an answer."""
    while True:
        try:
            return await wait_for(ask(), ONCE_SECONDS)
        except asyncio.TimeoutError:
            pass
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise Ended(
                    f"{handle.id} has ended meanwhile.", do="Run this again: it shows how."
                ) from None
        await asyncio.sleep(0.2)
