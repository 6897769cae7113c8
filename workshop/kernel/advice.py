"""Advice: what an SDK's error in a cell means, in place of a page of its own lines.

Only errors of which something useful is known are told in other words; all others show as ever.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from temporalio.service import RPCError, RPCStatusCode

from workshop.core import this_notebook
from workshop.core.errors import WorkshopError
from workshop.core.interrupts import interrupted, wake_on_signals
from workshop.services.provider_errors import explain
from workshop.watching.metering import attach


class Advice(WorkshopError):
    """What an SDK's error means."""


_AWAY = (
    "The Temporal Service does not answer.",
    "A Client needs one that runs.",
    "Run the cell with begin again: it starts the service. Then run this cell.",
)
_BUSY = (
    "This machine is busy: {0}.",
    "A server needs a moment of its processor.",
    "Run this cell again when less runs beside it.",
)
_KNOWN = {
    r"(?i)^RPCError: .*missing task queue": (
        'start_workflow was given the Task Queue "", an empty name.',
        "It is the name that the Worker polls.",
        "Fill in task_queue= in this cell and run it again.",
    ),
    r"^RuntimeError: Failed client connect": _AWAY,
    r"^RuntimeError: (.*server.* did not start.*)": _BUSY,
    r"^RPCError: workflow execution already completed$": (
        "This Workflow has ended: nothing can be sent to it any more.",
        "Signals and Updates go to a Workflow that runs.",
        "Run the cell that starts one again, then this cell.",
    ),
    r"serialize.*ellipsis": (
        "What must be sent holds `...`: a blank is still open.",
        "Each `...` is filled in.",
        "Fill in the blank, run its cell, then this cell.",
    ),
    r"^WorkflowQueryFailedError: (.*?expected but not found.*?)(, known|$)": (
        "{0}.",
        "The Workflow's class has a method of that name with @workflow.query.",
        "Run the cell of the class, start the Worker again, and start a new Workflow.",
    ),
    r"^ValueError: (?=.*@workflow\.run)(.*issing.*)": (
        "{0}.",
        "A Workflow has one entry point, an async method decorated with @workflow.run.",
        "Put @workflow.run on the line above `async def run` and run this cell again.",
    ),
}


def means(error: BaseException, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What an error means; empty where it is not known.

    Args:
        known: sentences by a pattern of the error's kind and first line, as a traceback's last line
            has them. In a sentence {text} is that line, and {0} the pattern's first group.
    """
    text = f"{type(error).__name__}: {error}".partition("\n")[0]
    for pattern, sentences in known.items():
        if found := re.search(pattern, text):
            return tuple(one.format(*found.groups(), text=text) for one in sentences)
    return ()


def advise(error: BaseException) -> Advice | None:
    """What to do about an error of an SDK or of an LLM; None when nothing is known of it."""
    if trouble := explain(error):
        return Advice(trouble.saw, trouble.expected, trouble.do)
    said = means(error, _KNOWN)
    if not said and isinstance(error, RPCError):
        if error.status == RPCStatusCode.UNAVAILABLE:
            said = _AWAY
        elif error.status == RPCStatusCode.RESOURCE_EXHAUSTED:
            said = means(error, {"^RPCError: (.*)": _BUSY})
    return Advice(*said) if said else None


def tell_in_cells() -> None:
    """Let IPython show advice where there is some; outside a notebook do nothing.

    https://ipython.readthedocs.io/en/stable/api/generated/IPython.core.interactiveshell.html
    """
    shell = this_notebook.shell() if "ipykernel" in sys.modules else None
    if shell is None:
        return

    def told(shell: Any, kind: Any, error: BaseException, trace: Any, tb_offset: Any = None) -> Any:
        lines, shown = interrupted(error), error
        if lines is None and (advice := advise(error)):
            lines, shown = [f"✗ {kind.__name__}", *advice.lines()], advice
        if lines:
            # IPython asks an error for its lines, and shows one that came of a group in full.
            shown = type(shown)(*shown.args)
            shown._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
        shell.showtraceback((kind, shown, trace), tb_offset=tb_offset)
        return []

    # LiteLLM's kinds are not named: it takes seconds to import, and is not there yet.
    shell.set_custom_exc((Exception, asyncio.CancelledError, KeyboardInterrupt), told)
    if _attach not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _attach)
    wake_on_signals()


def _attach(result: object) -> None:
    """Once a cell has imported LiteLLM: its calls are counted, and its errors hold no key."""
    with suppress(WorkshopError):  # settings that cannot be used are told by `begin`
        attach()
