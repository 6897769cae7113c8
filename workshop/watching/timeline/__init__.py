"""A Workflow's Event History as a picture, after the fact or in the middle.

`timeline` is the learner's part. Below it lie `rows` (an Event History becomes rows), with
`activities`, `worker_lane` and `spans`, and `picture` (rows become one inline SVG).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from workshop.core.display import counted, dollars, duration, table
from workshop.core.svg import figure, tag, words
from workshop.practice.model.ledger import Call, LedgerError
from workshop.services import namespaces
from workshop.watching.follow import endings
from workshop.watching.follow.errors import ServiceAway
from workshop.watching.follow.rows import seconds
from workshop.watching.follow.run import Run
from workshop.watching.receipt import receipt
from workshop.watching.timeline import picture
from workshop.watching.timeline.rows import rows, run_row, told_rows
from workshop.watching.timeline.spans import Mark, Row, Span

__all__ = ["Mark", "Row", "Span", "Timeline", "timeline"]

RUNS = 50
"""Runs of one Workflow that are shown at most: each costs a call or two."""
_COLUMNS = ("Step", "What happened", "After", "Took", "Details")


@dataclass(frozen=True)
class Timeline:
    """What a Workflow did, and when. In a notebook it shows itself as a picture and a table."""

    workflow_type: str
    workflow_id: str
    run_id: str
    status: str
    """As `follow` says it: running, completed, failed, canceled, terminated …"""
    seconds: float
    """From the Workflow's start to its end, or to the moment of the picture."""
    rows: tuple[Row, ...]
    runs: int = 1
    """How many runs are shown: more than one where the Workflow continued as new."""

    @property
    def running(self) -> bool:
        return self.status in ("running", "paused")

    @property
    def calls(self) -> tuple[Mark, ...]:
        """The LLM calls, row by row."""
        return tuple(mark for row in self.rows for mark in row.marks if mark.kind == "call")

    @property
    def dollars(self) -> float:
        """What the LLM calls cost, in US dollars."""
        return sum(mark.dollars for mark in self.calls)

    @property
    def summary(self) -> str:
        """Status, duration and LLM calls, such as "completed, 3.21 s. 1 LLM call, $0.000420."."""
        text = f"{self.status}, {duration(self.seconds)}{' so far' if self.running else ''}"
        text += f", in {self.runs} runs." if self.runs > 1 else "."
        if not self.calls:
            return text
        return f"{text} {counted(len(self.calls), 'LLM call')}, {dollars(self.dollars)}."

    def _cells(self) -> list[tuple[str, ...]]:
        """The table: one line for each span and each mark."""
        lines: list[tuple[str, ...]] = []
        for row in self.rows:
            for span in row.spans:
                took = duration(span.ends - span.begins)
                when = (f"{span.sign} {span.what}", duration(span.begins), took)
                lines.append((row.label, *when, span.error or span.words))
            for mark in row.marks:
                sign = {"signal": "✓ ", "rejected": "✗ "}.get(mark.kind, "")
                when = (f"{sign}{mark.what}", duration(max(0.0, mark.at)), "")
                lines.append((row.label, *when, mark.words))
        return lines

    def __repr__(self) -> str:
        cells = self._cells()
        wide = [max((len(line[n]) for line in [_COLUMNS, *cells]), default=0) for n in (0, 1)]
        lines = [f"{self.workflow_type} {self.workflow_id}: {self.summary}"]
        for label, what, after, took, details in [_COLUMNS, *cells] if cells else []:
            line = f"  {label:<{wide[0]}}  {what:<{wide[1]}} {after:>10} {took:>10}  {details}"
            lines.append(line.rstrip())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        heading = tag(
            "div",
            tag("strong", words(self.workflow_type)),
            words(f" {self.workflow_id}: {self.summary}"),
        )
        if not self.rows:
            return figure(heading, "<div>No step has begun.</div>")
        folded = tag(
            "details",
            tag("summary", "The same as a table"),
            table(_COLUMNS, self._cells(), named=True),
        )
        label = f"Timeline of {self.workflow_type}: {self.summary} The table below says the same."
        drawn = picture.draw(self.rows, self.seconds, self.running, label)
        return figure(heading, drawn, folded)


async def timeline(
    handle: WorkflowHandle[Any, Any],
    *,
    queries: Sequence[float] = (),
    rejected: Sequence[float] = (),
) -> Timeline:
    """A Workflow's Event History as a picture.

    It shows a row for each Activity, timer and child Workflow; Signals and Updates where they
    came; LLM calls with their dollars, from the books that `receipt()` reads; and where a task
    waited that no Worker took. Of a Workflow that continued as new it shows all runs, one after
    the other. It only reads, and changes nothing.

    What a history does not tell is not shown:
    - of an Activity that was retried it keeps the last attempt, so those before share one bar;
    - a Worker that is away while nothing waits for it leaves no trace; and a task may wait up to
      10 s for the one that had the Workflow before, although another is there (sticky execution);
    - Updates that were rejected leave none, and neither do Queries: say when they were;
    - a timer does not say what it was for. `wait_condition` with a timeout starts one, and cancels
      it when its condition comes true.

    Args:
        handle: the Workflow, finished or not
            (https://python.temporal.io/temporalio.client.WorkflowHandle.html). One that names a
            run (`run_id=`) shows that run alone.
        queries: when you sent Queries, in Unix seconds (`time.time()`).
        rejected: when an Update of yours was rejected, in Unix seconds.

    Raises:
        UnknownWorkflow: there is no such Workflow.
        ServiceAway: the Temporal Service does not answer.
    """
    try:
        runs = await _runs(handle)
    except RPCError as error:
        raise _trouble(error, handle) from None
    progress, zero = runs[-1].progress(), seconds(runs[0].events[0].event_time)
    last = seconds(runs[-1].events[-1].event_time)
    now = max(last, time.time()) if progress.running else last
    made = _rows(runs, not handle.run_id, _calls(handle), now) + told_rows(queries, rejected)
    return Timeline(
        progress.workflow_type,
        progress.workflow_id,
        progress.run_id,
        progress.status,
        now - zero,
        tuple(row.since(zero) for row in made),
        len(runs),
    )


def _rows(runs: Sequence[Run], numbered: bool, calls: Sequence[Call], now: float) -> list[Row]:
    """The rows of all runs. An earlier Workflow of the same id may have made some of the calls."""
    made: list[Row] = []
    bounds = [seconds(run.events[0].event_time) - 0.05 for run in runs] + [now + 0.5]
    for number, run in enumerate(runs):
        progress = run.progress()
        ends = now if run is runs[-1] else seconds(run.events[-1].event_time)
        if run.next_run_id or len(runs) > 1:
            count = number + 1 if numbered else 0
            made.append(run_row(run.events, progress.status, count, ends))
        own = [call for call in calls if bounds[number] <= call.at < bounds[number + 1]]
        made += rows(run.events, run.state, progress.steps, ends, own)
    return made


async def _runs(handle: WorkflowHandle[Any, Any]) -> list[Run]:
    """The run that the handle names, or all that followed from one start."""
    run = Run.of(handle)
    try:
        await run.poll()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        # It may be another notebook's.
        run = Run.of(handle, await namespaces.where(run.client, handle.id))
        await run.poll()
    if handle.run_id:
        return [run]
    first = run.events[0].workflow_execution_started_event_attributes.first_execution_run_id
    if first and first != run.run_id:
        earlier = Run(run.client, handle.id, first)
        with suppress(RPCError):  # kept no longer: the one that there is will do
            await earlier.poll()
            run = earlier
    runs = [run]
    while runs[-1].next_run_id and len(runs) < RUNS:
        runs.append(Run(run.client, handle.id, runs[-1].next_run_id))
        await runs[-1].poll()
    return runs


def _calls(handle: WorkflowHandle[Any, Any]) -> Sequence[Call]:
    try:
        return receipt(handle).calls
    except LedgerError:  # receipt() tells of it; the history can be shown without
        return ()


def _trouble(error: RPCError, handle: WorkflowHandle[Any, Any]) -> Exception:
    if error.status in endings.UNKNOWN:
        return endings.unknown(handle.id, "", ", in one of its namespaces")
    if error.status in endings.REFUSED:
        return error
    return ServiceAway(
        "The Temporal Service does not answer.",
        "An answer within 2 s.",
        "Run the cell with begin again, then this one.",
    )
