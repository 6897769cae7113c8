"""The namespaces of a Temporal Service: made where one is missing, and searched by Workflow id."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    ListNamespacesRequest,
    RegisterNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workshop.core.errors import WorkshopError
from workshop.core.patience import Patience
from workshop.core.settings import NOTEBOOKS, Settings

RETENTION_DAYS = 30
"""How long the Temporal Service keeps a Workflow that has ended. `start-dev` keeps it a day."""
VARIABLE = "TEMPORAL_NAMESPACE"
_SYSTEM = "temporal-system"
_ONCE = timedelta(seconds=2)


class NamespaceError(WorkshopError):
    """A namespace does not exist or cannot be used, and what to do."""


async def require(client: Client, settings: Settings) -> None:
    """Return when the Client's namespace exists.

    Raises:
        NamespaceError: it does not.
    """
    if await _exists(client, client.namespace):
        return
    given, by = VARIABLE in settings.given, settings.connection.namespace_by
    raise NamespaceError(
        f"The Temporal Service at {settings.temporal_address} has no namespace "
        f"{client.namespace!r}{f', which {by} names' * given}, or does not show it to you.",
        "A namespace exists before it is used.",
        f"Correct {by} in .env, or empty it to let each notebook have one of its own; then "
        "restart the kernel."
        if settings.temporal_is_ours or not given
        else f"Correct the namespace in {by}, and run this again.",
    )


async def known(client: Client) -> list[str]:
    """The namespaces of this Temporal Service; the Client's own where it does not list them.

    https://docs.temporal.io/cli/operator#namespace
    """
    found, token = [], b""
    try:
        while True:
            page = await client.workflow_service.list_namespaces(
                ListNamespacesRequest(page_size=100, next_page_token=token), timeout=_ONCE
            )
            found += [one.namespace_info.name for one in page.namespaces]
            if not (token := page.next_page_token):
                return [name for name in found if name != _SYSTEM]
    except RPCError:
        return [client.namespace]


def of_home(settings: Settings, known: Iterable[str]) -> list[str]:
    """Those of the known namespaces in which this home works, the settings' own first."""
    own = settings.temporal_namespace
    claimed = settings.home / NOTEBOOKS
    # Nobody else uses the service that this home has started.
    return [own] + [
        name
        for name in known
        if name != own and (settings.temporal_is_ours or (claimed / name).is_dir())
    ]


def inside(client: Client, namespace: str) -> Client:
    """A Client for another namespace, over the same connection."""
    config = client.config()
    config["namespace"] = namespace
    return Client(**config)


async def where(client: Client, workflow_id: str, run_id: str | None = None) -> Client:
    """A Client for the namespace in which a Workflow is, of which the id alone is known.

    Returns:
        The Client itself where the Workflow is in its namespace, or nowhere. Of several namespaces
        the one in which a Workflow of that id was started last.
    """
    try:
        await client.get_workflow_handle(workflow_id, run_id=run_id).describe(rpc_timeout=_ONCE)
        return client
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            return client  # what it is about, whoever asks next is told
    others = [inside(client, name) for name in await known(client) if name != client.namespace]
    times = await asyncio.gather(*(_started(other, workflow_id, run_id) for other in others))
    found = [(at, number) for number, at in enumerate(times) if at is not None]
    return others[max(found)[1]] if found else client


async def _started(client: Client, workflow_id: str, run_id: str | None) -> datetime | None:
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    try:
        return (await handle.describe(rpc_timeout=_ONCE)).start_time
    except RPCError:
        return None  # not there, or not ours to see


async def _exists(client: Client, name: str) -> bool:
    asked = DescribeNamespaceRequest(namespace=name)
    try:
        await client.workflow_service.describe_namespace(asked, timeout=_ONCE)
    except RPCError as error:
        if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.PERMISSION_DENIED):
            return False
        raise
    return True


async def made(client: Client, name: str) -> bool:
    """Make a namespace if there is none. False where the Temporal Service does not let us.

    Raises:
        RPCError: it does not answer.
    """
    # Not asked for first: the service would remember for a second that it is not there.
    try:
        await client.workflow_service.register_namespace(
            RegisterNamespaceRequest(
                namespace=name,
                description="Claimed by a notebook of the workshop.",
                workflow_execution_retention_period=Duration(seconds=RETENTION_DAYS * 86400),
            ),
            timeout=_ONCE,
        )
    except RPCError as error:
        if error.status in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED):
            raise
        return error.status is RPCStatusCode.ALREADY_EXISTS or await _exists(client, name)
    # The parts of the service hear of it one after another.
    waiting = Patience(30.0)
    request = DescribeTaskQueueRequest(namespace=name)
    request.task_queue.name = "is-it-there"
    while True:
        try:
            await client.workflow_service.describe_task_queue(request, timeout=_ONCE)
            return True
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or waiting.over():
                raise
        await asyncio.sleep(0.01)
