"""What a pipeline did about a fault, read from the Event History and from the provider's ledger."""

from __future__ import annotations

import asyncio
import html
from collections import Counter
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowHandle

from workshop.breaking.predictions import COLUMNS, as_text, verdict
from workshop.breaking.switches import FAULTS
from workshop.core.display import counted, dollars, table
from workshop.core.patience import Patience
from workshop.core.svg import figure, tag
from workshop.practice.model.ledger import Call
from workshop.watching.follow import Progress
from workshop.watching.receipt import receipt

PREDICTIONS = ("retry", "give up", "paid again")
"""What a pipeline can do about a fault."""
NOTHING = "no attempt failed"
"""What happened where the fault has reached nothing."""
_SETTLE_SECONDS = 3.0
"""How long the provider may take to close its books on a call whose caller has given up."""
_MORE = ("Attempts", "Calls to the model", "Last error")


@dataclass(frozen=True)
class Outcome:
    """What a pipeline did about a fault."""

    fault: str
    predicted: str
    happened: str
    """One of `PREDICTIONS`, or `NOTHING`."""
    attempts: str
    """From the Event History: the attempts of each Activity."""
    calls: str
    """From the provider's ledger: calls received and charged, with their dollars."""
    error: str
    """The last error of an attempt; empty where none failed."""
    note: str = ""

    def cells(self) -> list[str]:
        """Its row in a table of outcomes."""
        said = verdict(self.predicted, self.happened)
        seen = [self.attempts, self.calls, self.error or "none"]
        return [self.fault, self.predicted, self.happened, said, *seen]


def shown(rows: list[list[str]], told: str, note: str = "") -> str:
    """Rows of outcomes as a table, under a line of words."""
    listed = table(COLUMNS + _MORE, rows, html.escape(told), named=True)
    return figure(listed, tag("div", html.escape(note)) if note else "")


def lines(rows: list[list[str]]) -> str:
    """The same as text."""
    return as_text(rows, _MORE)


async def outcome(
    name: str, predicted: str, handle: WorkflowHandle[Any, Any], progress: Progress
) -> Outcome:
    """What happened, once the provider has closed its books on the calls."""
    waiting = Patience(_SETTLE_SECONDS)
    calls = receipt(handle).calls
    while any(call.status is None for call in calls) and not waiting.over():
        await asyncio.sleep(0.02)
        calls = receipt(handle).calls
    steps = [step for step in progress.steps if step.kind == "activity"]
    charged = [call for call in calls if call.answered]
    failed = any(step.failures for step in steps)
    note = _hidden_retries(calls)
    if max(Counter(call.prompt_sha256 for call in charged).values(), default=0) > 1:
        happened = "paid again"
    elif progress.status != "completed":
        happened = "give up"
    elif failed or any(not call.answered for call in calls):
        happened = "retry"
    else:
        happened, note = NOTHING, note or FAULTS[name].untouched
    paid = sum(call.dollars for call in charged)
    return Outcome(
        name,
        predicted,
        happened,
        attempts=", ".join(f"{step.name} {step.attempt}" for step in steps) or "none",
        calls=f"{counted(len(calls), 'call')}, {len(charged)} charged, {dollars(paid)}",
        error=next((step.error for step in reversed(steps) if step.failures), ""),
        note=note,
    )


def _hidden_retries(calls: tuple[Call, ...]) -> str:
    within = Counter((call.activity, call.attempt, call.prompt_sha256) for call in calls)
    most = max(within.values(), default=0)
    if most < 2:
        return ""
    return (
        f"One attempt made {most} calls: your client retries by itself, and Temporal does not "
        "see it. Pass max_retries=0."
    )
