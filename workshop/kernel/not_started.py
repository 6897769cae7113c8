"""Why a Worker cannot be built or run, in words for the person who wrote it."""

from __future__ import annotations

import asyncio

from workshop.core.errors import WorkshopError
from workshop.kernel.advice import means

AGAIN = "Correct the Worker cell, run it, then this cell."


class WorkerNotStarted(WorkshopError):
    """The Worker does not poll its Task Queue, and why."""


_KNOWN = {
    r"^(NameError|UnboundLocalError): ": (
        "{text}",
        "All that the Worker is given has been defined.",
        "Run the cell that defines this name, or correct its spelling; then run this cell. "
        "After a kernel restart: Run, Run All Above Selected Cell.",
    ),
    r"<unknown>.* was it decorated with @activity\.defn": (
        "Something in activities=[…] is not a function: a blank, a call or a text.",
        "Each entry is the name of a function decorated with @activity.defn.",
    ),
    r"was it decorated with @activity\.defn": (
        "{text}",
        "Each function in activities=[…] is decorated with @activity.defn.",
        "Add the decorator, run that cell, then this one.",
    ),
    r"was it decorated with @workflow\.defn": (
        "{text}",
        "Each entry of workflows=[…] is a class decorated with @workflow.defn, "
        "given by its name and not called.",
    ),
    r"WorkerConfig\.task_queue": (
        "The Worker's task_queue is not a text.",
        'A Task Queue is named by a text such as "research".',
    ),
    r"object is not iterable": (
        "{text}",
        "workflows= and activities= are lists, also when they hold one thing.",
    ),
    r"Failed creating worker": (
        "Another Worker of this kernel polls the same Task Queue.",
        "One kernel has one Worker for a Task Queue.",
        "Restart the kernel, select this cell, and choose Run, Run All Above Selected Cell.",
    ),
    r"": ("{text}", "A Worker that polls its Task Queue."),
}


def why_not(error: BaseException, again: str = AGAIN) -> WorkerNotStarted:
    """Why a Worker cannot be built or run, of the error that says so; `again` is what to do."""
    if isinstance(error, WorkerNotStarted):
        return error
    saw, expected, *do = means(error, _KNOWN)
    return WorkerNotStarted(saw, expected, *(do or [again]))


def why_ended(task: asyncio.Task[None]) -> WorkerNotStarted:
    """Why the task of a Worker that does not poll has ended."""
    if task.cancelled():
        return WorkerNotStarted("The Worker was cancelled while it started.", do="Run this again.")
    if error := task.exception():
        return why_not(error)
    return WorkerNotStarted(
        "run_worker returned without running a Worker.",
        "Its last line is `await worker.run()`, which goes on until the Worker is stopped.",
        AGAIN,
    )
