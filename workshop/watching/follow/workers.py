"""Whose Worker runs a Workflow: this notebook's, with its code of now or of before, or another."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from types import CodeType
from typing import Any

import psutil
from temporalio.worker import Worker

from workshop.core import this_notebook
from workshop.core.display import clean
from workshop.watching.follow.rows import Progress

_PROCESS = re.compile(r"(\d+)@\S+(?: (.+))?")


def here(queue: str, namespace: str) -> Worker | None:
    """This kernel's Worker, where it takes the tasks of this Task Queue."""
    worker = this_notebook.running_worker()
    if worker is None or (worker.task_queue, worker.client.namespace) != (queue, namespace):
        return None
    return worker


def outdated(worker: Worker | None = None, workflow_type: str = "") -> list[str]:
    """The Workflows and Activities that this kernel's Worker runs as they were before an edit.

    A Worker keeps the classes and functions that it was given. Where a cell has been run again
    that defines one anew, the kernel's name means the new one, and the Worker runs the old.

    Args:
        worker: another than the one that runs now.
        workflow_type: of the Workflows, this one alone.

    Returns:
        Their names in the kernel; those that were defined again word for word are not among them.
    """
    worker = worker or this_notebook.running_worker()
    if worker is None:
        return []
    given, names = worker.config(), this_notebook.namespace()
    things: list[Any] = [*given.get("activities", ())]
    for defined in given.get("workflows", ()):
        definition = getattr(defined, "__temporal_workflow_definition", None)
        if not workflow_type or getattr(definition, "name", None) == workflow_type:
            things.append(defined)
    found = []
    for thing in things:
        now = names.get(getattr(thing, "__name__", ""))
        same_place = now is not None and getattr(now, "__module__", "") == thing.__module__
        if same_place and now is not thing and _text(now) != _text(thing):
            found.append(thing.__name__)
    return found


def start_again(names: Iterable[str]) -> str:
    """What to do about Workflows and Activities that a Worker runs as they were, in sentences."""
    told = " and ".join(names)
    if not told:
        return ""
    return (
        f"The Worker was started before you changed {told}, and runs the old code. Run the cell "
        "with start_worker again."
    )


def others(progress: Progress, worker: Worker) -> str:
    """Who else than this Worker has run steps of a Workflow, in a sentence; empty where nobody."""
    ran: dict[str, list[str]] = {}
    mine = worker.config().get("identity") or worker.client.identity
    for identity in sorted(progress.workers):
        ran.setdefault(identity, []).append("the Workflow's code")
    for step in progress.steps:
        if step.worker and step.name not in ran.setdefault(step.worker, []):
            ran[step.worker].append(step.name)
    return " ".join(
        f"{who} ran {', '.join(what)}; this notebook's Worker did not."
        for identity, what in ran.items()
        if identity != mine and (who := _other(identity))
    )


def _other(identity: str) -> str:
    """Another process by its Worker's identity; empty where it is this notebook, now or before."""
    found = _PROCESS.fullmatch(identity)
    if found is None:
        return f"A Worker that calls itself {clean(identity)}"
    number, name = int(found[1]), found[2]
    if number == os.getpid():
        return ""
    mine = this_notebook.path()
    if not psutil.pid_exists(number) and name == (mine.name if mine else None):
        return ""  # this notebook's kernel before it was restarted
    return f"{clean(name)} (process {number})" if name else f"Process {number}"


def _text(thing: Any) -> object:
    """What a class or function says, so that the same words give the same."""
    if isinstance(thing, type):
        return {name: _text(part) for name, part in vars(thing).items() if name not in _OF_A_CLASS}
    thing = getattr(thing, "__func__", getattr(thing, "__wrapped__", thing))
    code = getattr(thing, "__code__", None)
    if code is None:
        plain = isinstance(thing, (str, int, float, bytes, type(None)))
        return repr(thing if plain else type(thing))
    return _code(code), repr(getattr(thing, "__defaults__", None))


_OF_A_CLASS = {"__dict__", "__weakref__", "__doc__", "__firstlineno__", "__static_attributes__"}


def _code(code: CodeType) -> object:
    parts = [_code(part) if isinstance(part, CodeType) else part for part in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, repr(parts)
