"""Advice: what an SDK's error in a cell means, in place of a page of its own lines.

Only errors of which something useful is known are told in other words; all others show as ever.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Any

from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from workshop.core.errors import WorkshopError
from workshop.core.interrupts import interrupted, wake_on_signals
from workshop.services.provider_errors import explain
from workshop.watching.metering import attach


class Advice(WorkshopError):
    """What an SDK's error means."""


def advise(error: BaseException) -> Advice | None:
    """What to do about an error of an SDK or of an LLM; None when nothing is known of it."""
    if trouble := explain(error):
        return Advice(trouble.saw, trouble.expected, trouble.do)
    text = str(error).partition("\n")[0]
    if isinstance(error, RPCError) and "missing task queue" in text.lower():
        return Advice(
            'start_workflow was given the Task Queue "", an empty name.',
            "It is the name that the Worker polls.",
            "Fill in task_queue= in this cell and run it again.",
        )
    away = isinstance(error, RPCError) and error.status == RPCStatusCode.UNAVAILABLE
    if away or (isinstance(error, RuntimeError) and text.startswith("Failed client connect")):
        return Advice(
            "The Temporal Service does not answer.",
            "A Client needs one that runs.",
            "Run the cell with begin again: it starts the service. Then run this cell.",
        )
    busy = isinstance(error, RPCError) and error.status == RPCStatusCode.RESOURCE_EXHAUSTED
    if busy or (isinstance(error, RuntimeError) and "server" in text and "did not start" in text):
        return Advice(
            f"This machine is busy: {text}.",
            "A server needs a moment of its processor.",
            "Run this cell again when less runs beside it.",
        )
    if isinstance(error, RPCError) and text == "workflow execution already completed":
        return Advice(
            "This Workflow has ended: nothing can be sent to it any more.",
            "Signals and Updates go to a Workflow that runs.",
            "Run the cell that starts one again, then this cell.",
        )
    if isinstance(error, ValueError) and "serialize" in text and "ellipsis" in text:
        return Advice(
            "What is to be sent holds `...`: a blank is still open.",
            "Each `...` is filled in.",
            "Fill in the blank, run its cell, then this cell.",
        )
    if isinstance(error, WorkflowQueryFailedError) and "expected but not found" in text:
        return Advice(
            f"{text.partition(', known')[0]}.",
            "The Workflow's class has a method of that name with @workflow.query.",
            "Run the cell of the class, start the Worker again, and start a new Workflow.",
        )
    if isinstance(error, ValueError) and "@workflow.run" in text and "issing" in text:
        return Advice(
            f"{text}.",
            "A Workflow has one entry point, an async method decorated with @workflow.run.",
            "Put @workflow.run on the line above `async def run` and run this cell again.",
        )
    return None


def tell_in_cells() -> bool:
    """Let IPython show advice where there is some. Returns whether this is a notebook.

    https://ipython.readthedocs.io/en/stable/api/generated/IPython.core.interactiveshell.html
    """
    if "ipykernel" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    def told(shell: Any, kind: Any, error: BaseException, trace: Any, tb_offset: Any = None) -> Any:
        stopped, advice = interrupted(error), advise(error)
        if stopped is None and advice is None:
            shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
            return []
        lines = stopped or [f"✗ {kind.__name__}", *(advice.lines() if advice else [])]
        shell._showtraceback(kind, advice or error, lines)
        return lines

    shell: Any = get_ipython()
    if shell is None:
        return False
    # LiteLLM's kinds are not named: it takes seconds to import, and is not there yet.
    shell.set_custom_exc((Exception, asyncio.CancelledError, KeyboardInterrupt), told)
    if _attach not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _attach)
    wake_on_signals()
    return True


def _attach(result: object) -> None:
    """Once a cell has imported LiteLLM: its calls are counted, and its errors hold no key."""
    with suppress(WorkshopError):  # settings that cannot be used are told by `begin`
        attach()
