"""A namespace a notebook: claimed by its kernel, and held while that lives.

Workflows, Task Queues, Schedules and Workers of two namespaces never meet, so two notebooks of one
lesson may run at once, each with its Worker (https://docs.temporal.io/namespaces).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any

from temporalio.client import Client

from workshop.core import this_notebook
from workshop.core.settings import NOTEBOOKS, Settings
from workshop.services.namespaces import VARIABLE, made, require


@dataclass(frozen=True)
class Namespace:
    """The namespace in which this kernel works."""

    name: str
    told: str
    """Whose it is, in words."""
    claimed: bool
    """Whether this kernel has it for itself."""


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


async def claim(settings: Settings, lesson: str) -> Namespace:
    """Give this kernel a namespace. Its name is made of the lesson's number.

    A kernel that restarts gets the namespace again that its notebook had, and finds its Workflows.

    Args:
        settings: as the user has set them, without the namespace that this kernel has had so far.

    Raises:
        NamespaceError: the namespace that the user has set does not exist.
    """
    global _claim
    client = await Client.connect(**settings.connect_config())
    if VARIABLE not in settings.given:
        if _claim is None or _claim.home != settings.home or not _claim.stands:
            _claim = _hold(settings, _name(settings, lesson))
        if await made(client, _claim.name):
            return Namespace(_claim.name, _claim.others or "this notebook's own", True)
    _claim = None
    await require(client, settings)
    told = f"as {settings.connection.namespace_by} says; shared with all that use it"
    if VARIABLE not in settings.given:
        told = (
            "shared with all that use it: this Temporal Service lets us make none. Run one "
            "notebook of a lesson at a time"
        )
    return Namespace(client.namespace, told, False)


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
        kept: dict[str, Any] = {}
        with suppress(ValueError):  # nobody has written there yet, or somebody does
            kept = json.load(file)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            others = others or (
                f"{name} is used by another kernel (process {kept.get('pid', 'not known')}): end "
                "it in JupyterLab under Running if you do not need it"
            )
            continue
        his = kept.get("notebook")
        if his and his != mine and Path(his).exists():
            file.close()  # that notebook may be opened again and look for its Workflows
            continue
        file.truncate(0)
        json.dump({"pid": os.getpid(), "notebook": mine}, file)
        file.flush()
        return _Claim(candidate, settings.home, file, others)
    raise AssertionError("the numbers do not end")


def _home_id(home: Path) -> str:
    """Tells this home from all others that use the same Temporal Service, and nothing about it."""
    file = home / "id"
    with suppress(FileExistsError), file.open("x") as new:
        new.write(os.urandom(8).hex())
    # A copy of a home has the same file in another place.
    return hashlib.sha256(f"{file.read_text()}{file.resolve()}".encode()).hexdigest()[:6]
