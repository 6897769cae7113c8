"""A namespace a notebook: claimed by its kernel, made where it is missing, searched by Workflow id.

Workflows, Task Queues, Schedules and Workers of two namespaces never meet, so two notebooks of one
lesson may run at once, each with its Worker (https://docs.temporal.io/namespaces).
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import IO, Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    ListNamespacesRequest,
    RegisterNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workshop.core import this_notebook
from workshop.core.errors import WorkshopError
from workshop.core.settings import NOTEBOOKS, Settings

RETENTION_DAYS = 30
"""How long the Temporal Service keeps a Workflow that has ended. `start-dev` keeps it a day."""
VARIABLE = "TEMPORAL_NAMESPACE"
_SYSTEM = "temporal-system"
_ONCE = timedelta(seconds=2)


class NamespaceError(WorkshopError):
    """A namespace does not exist or cannot be used, and what to do."""


@dataclass(frozen=True)
class Namespace:
    """The namespace in which this kernel works."""

    name: str
    told: str
    """Whose it is, in words."""


@dataclass
class _Claim:
    name: str
    home: Path
    file: IO[str]
    """Locked while this kernel lives: the system lets go of it, however the kernel ends."""
    others: str
    """Who has the names before it, in words; empty where nobody has."""

    @property
    def stands(self) -> bool:
        return os.fstat(self.file.fileno()).st_nlink > 0  # `reset` removes it


_claim: _Claim | None = None


def environment() -> Mapping[str, str]:
    """The environment as the user has set it: without the namespace that this kernel claimed."""
    if _claim and os.environ.get(VARIABLE) == _claim.name:
        return {name: value for name, value in os.environ.items() if name != VARIABLE}
    return os.environ


async def claim(settings: Settings, lesson: str) -> Namespace:
    """Give this kernel a namespace, and let TEMPORAL_NAMESPACE name it from now on.

    A kernel that restarts gets the namespace again that its notebook had, and finds its Workflows.

    Args:
        settings: of `environment()`.
        lesson: its number, such as "02", of which the name is made.

    Raises:
        NamespaceError: the namespace that the user has set does not exist.
    """
    global _claim
    client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace)
    if VARIABLE not in settings.given:
        if _claim is None or _claim.home != settings.home or not _claim.stands:
            _claim = _hold(settings, _name(settings, lesson))
        if await _made(client, _claim.name):
            os.environ[VARIABLE] = _claim.name
            return Namespace(_claim.name, _claim.others or "this notebook's own")
    if _claim and os.environ.get(VARIABLE) == _claim.name:
        del os.environ[VARIABLE]
    _claim = None
    await require(client, settings)
    if VARIABLE in settings.given:
        return Namespace(client.namespace, f"as {VARIABLE} says; shared with all that use it")
    return Namespace(
        client.namespace,
        "shared with all that use it: this Temporal Service lets us make none. Run one notebook of "
        "a lesson at a time",
    )


async def require(client: Client, settings: Settings) -> None:
    """Return when the Client's namespace exists.

    Raises:
        NamespaceError: it does not.
    """
    if await _exists(client, client.namespace):
        return
    named = f", which {VARIABLE} names" if VARIABLE in settings.given else ""
    raise NamespaceError(
        f"The Temporal Service at {settings.temporal_address} has no namespace "
        f"{client.namespace!r}{named}.",
        "A namespace exists before it is used.",
        f"Correct {VARIABLE} in .env, or empty it to let each notebook have one of its own; then "
        "restart the kernel.",
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


def _name(settings: Settings, lesson: str) -> str:
    """What this notebook's namespace is called, such as lesson-02-solution."""
    file = this_notebook.path()
    folder = (file.absolute().parent if file else Path.cwd()).name
    exercise = folder in ("Practice", "Solution") or (file and file.stem.endswith("_Practice"))
    solution = folder.startswith("Solution") or (file and file.stem.endswith("_Solution"))
    name = f"{'exercise' if exercise else 'lesson'}-{lesson}{'-solution' if solution else ''}"
    return name if settings.temporal_is_ours else f"{name}-{_home_id(settings.home)}"


def _hold(settings: Settings, name: str) -> _Claim:
    """Lock the first of the names `name`, `name-2`, `name-3` … that no other notebook has."""
    path = this_notebook.path()
    mine = str(path.resolve()) if path else ""
    others = ""
    for number in count(1):
        candidate = name if number == 1 else f"{name}-{number}"
        folder = settings.home / NOTEBOOKS / candidate
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "kernel").open("a+")
        file.seek(0)
        kept = _read(file)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            others = others or (
                f"{name} is used by another kernel (process {kept.get('pid', 'not known')}): end "
                "it in JupyterLab under Running if you do not need it"
            )
            continue
        his = kept.get("notebook", "")
        if his and his != mine and Path(his).exists():
            file.close()  # that notebook may be opened again and look for its Workflows
            continue
        file.truncate(0)
        json.dump({"pid": os.getpid(), "notebook": mine}, file)
        file.flush()
        return _Claim(candidate, settings.home, file, others)
    raise AssertionError("the numbers do not end")


def _read(file: IO[str]) -> dict[str, Any]:
    try:
        kept = json.load(file)
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def _home_id(home: Path) -> str:
    """Tells this home from all others that use the same Temporal Service, and nothing about it."""
    file = home / "id"
    try:
        with file.open("x") as new:
            new.write(os.urandom(8).hex())
    except FileExistsError:
        pass
    # A copy of a home has the same file in another place.
    return hashlib.sha256(f"{file.read_text()}{file.resolve()}".encode()).hexdigest()[:6]


async def _exists(client: Client, name: str) -> bool:
    """Whether there is such a namespace.

    Raises:
        NamespaceError: the Temporal Service does not answer.
    """
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=name), timeout=_ONCE
        )
    except RPCError as error:
        if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.PERMISSION_DENIED):
            return False
        raise
    return True


async def _made(client: Client, name: str, *, limit: float = 30.0) -> bool:
    """Make a namespace if there is none. False where the Temporal Service does not let us."""
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
    until = time.monotonic() + limit
    request = DescribeTaskQueueRequest(namespace=name)
    request.task_queue.name = "is-it-there"
    while True:
        try:
            await client.workflow_service.describe_task_queue(request, timeout=_ONCE)
            return True
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or time.monotonic() > until:
                raise
        await asyncio.sleep(0.01)
