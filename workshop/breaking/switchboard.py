"""A switchboard of faults: you predict what your pipeline does, then it is done, and compared.

    board = Switchboard(run)
    board.predict("429", "retry")
    await board.run("429")

What happened is read from the Event History and from the provider's ledger, not from what anybody
meant. The faults are real: the practice model, the practice site and this process's disk.
"""

from __future__ import annotations

import asyncio
import html
import inspect
import json
import logging
import os
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from workshop.breaking.full_disk import full_disk
from workshop.core import disk, patience, settings
from workshop.core.errors import WorkshopError
from workshop.core.interrupts import interrupted_says
from workshop.core.svg import dollars, figure
from workshop.practice.model import faults
from workshop.watching.follow import FollowError, Following, Progress, StillRunning
from workshop.watching.follow.rows import clean
from workshop.watching.receipt import receipt
from workshop.watching.receipt_picture import counted
from workshop.watching.rows_shown import put
from workshop.watching.timeline import Timeline, timeline

FILE = "predictions.json"
PREDICTIONS = ("retry", "give up", "paid again")
"""What a pipeline can do about a fault."""
NOTHING = "no attempt failed"
"""What happened where the fault has reached nothing."""
_SETTLE_SECONDS = 3.0
"""How long the provider may take to close its books on a call whose caller has given up."""


class SwitchboardError(WorkshopError):
    """There is no such fault or prediction, or the pipeline did not end."""


@dataclass(frozen=True)
class Fault:
    """One switch of the board."""

    words: str
    """What it does, as a phrase."""
    begin: Callable[[], AbstractContextManager[object]]
    until_met: bool = False
    """Whether it ends as soon as an attempt has failed; the others end by themselves."""
    page: str = ""
    """Which broken page is read instead of a good one."""


@contextmanager
def _no_room() -> Any:
    """A full disk, on which nobody complains that the log cannot be written either."""
    complains, logging.raiseExceptions = logging.raiseExceptions, False
    try:
        with full_disk(0):
            yield
    finally:
        logging.raiseExceptions = complains


FAULTS: dict[str, Fault] = {
    "429": Fault(
        "the model answers 429 twice: too many requests, try again in 1 s",
        lambda: faults.rate_limited(times=2, retry_after=1),
    ),
    "401": Fault("the model refuses the key, twice", lambda: faults.wrong_key(times=2)),
    "500": Fault("the model answers 500 twice", lambda: faults.server_error(times=2)),
    "slow": Fault(
        "the model's first answer comes after your call has given up",
        lambda: faults.slow(3600, times=1),
    ),
    "dropped": Fault(
        "the connection to the model breaks twice, without an answer",
        lambda: faults.dropped(times=2),
    ),
    "unplugged": Fault(
        "nobody answers where the model was, until an attempt has failed",
        faults.unplugged,
        until_met=True,
    ),
    "disk full": Fault(
        "the Worker's disk takes no more, until an attempt has failed", _no_room, until_met=True
    ),
    "bad page": Fault("the page is not there: the site answers 404", nullcontext, page="missing"),
}


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

    @property
    def verdict(self) -> str:
        return _verdict(self.predicted, self.happened)


@dataclass(frozen=True)
class Score:
    """Predictions beside what happened. In a notebook it shows itself as a table."""

    rows: tuple[tuple[str, str, str], ...]
    """Fault, prediction and what happened; the last two are empty where there is none yet."""

    @property
    def right(self) -> int:
        return sum(predicted == happened != "" for _, predicted, happened in self.rows)

    @property
    def seen(self) -> int:
        """How many faults were predicted and run."""
        return sum(bool(predicted and happened) for _, predicted, happened in self.rows)

    @property
    def summary(self) -> str:
        left = [fault for fault, predicted, happened in self.rows if not (predicted and happened)]
        said = f"{self.right} of {self.seen} predictions right."
        return f"{said} Still to do: {', '.join(left)}." if left else said

    def _cells(self) -> list[list[str]]:
        return [
            [fault, predicted or "–", happened or "–", _verdict(predicted, happened)]
            for fault, predicted, happened in self.rows
        ]

    def __repr__(self) -> str:
        return f"{_lines(_SCORED, self._cells())}\n{self.summary}"

    def _repr_html_(self) -> str:
        return _table(_SCORED, self._cells(), self.summary)


_SCORED = ("Fault", "You said", "It did", "Verdict")
_SHOWN = (*_SCORED, "Attempts", "Calls to the model", "Last error")


class Switchboard:
    """Eight faults for one pipeline, and what you predicted about each.

    Args:
        run: gets the address of a page, starts your pipeline on it and returns the handle
            (https://python.temporal.io/temporalio.client.WorkflowHandle.html). Its Worker polls,
            and for "disk full" runs in this process, with a database in a file.
        limit: seconds that a pipeline may take over one fault. It has to outlast the timeout of
            your call to the model and the waits of your Retry Policy.
    """

    def __init__(
        self, run: Callable[[str], Awaitable[WorkflowHandle[Any, Any]]], limit: float = 120.0
    ) -> None:
        if not callable(run):
            raise SwitchboardError(
                f"Switchboard was given {clean(repr(run))}.",
                "It takes a function that starts your pipeline on a page, and returns the handle.",
                "Write Switchboard(run) without calling run.",
            )
        self._run, self._limit = run, limit

    def predict(self, fault: str, prediction: str) -> None:
        """Say what your pipeline will do. Said again, the earlier word and its run are forgotten.

        Args:
            fault: one of `FAULTS`.
            prediction: "retry": an attempt fails, a later one succeeds, and no answer is charged
                twice; "give up": the Workflow fails; "paid again": an answer is charged twice.

        Raises:
            SwitchboardError: there is no such fault or prediction.
        """
        name, said = _fault(fault), _prediction(prediction)
        _write(_read() | {name: {"predicted": said, "happened": ""}})
        print(f"{name}: {FAULTS[name].words}. You say: {said}.")

    @interrupted_says("The fault has ended; run this cell again to play it.")
    async def run(self, fault: str) -> None:
        """Inject a fault, run the pipeline, end the fault, and show what happened.

        Raises:
            SwitchboardError: there is no such fault, no prediction yet, or the pipeline did not
                end in time; it is terminated then.
            FaultError: a real provider is in use, or the practice model does not answer.
            FollowError: the pipeline cannot go on: it has no Worker, or its code fails.
        """
        outcome, picture = await self._play(_fault(fault))
        table = _table(_SHOWN, [_cells(outcome)], FAULTS[outcome.fault].words, outcome.note)
        lines = [_lines(_SHOWN, [_cells(outcome)]), outcome.note, repr(picture)]
        put(table + picture._repr_html_(), "\n".join(line for line in lines if line))

    @interrupted_says("The faults have ended; run this cell again to play them.")
    async def play(self, predictions: Mapping[str, str]) -> Score:
        """Predict and run several faults, one after the other, and show them in one table.

        What does not end in time is told in its row, and the next one is played.

        Args:
            predictions: by fault.

        Raises:
            SwitchboardError: there is no such fault or prediction; none is played then.
        """
        said = {_fault(fault): _prediction(word) for fault, word in predictions.items()}
        _write(_read() | {name: {"predicted": w, "happened": ""} for name, w in said.items()})
        shown: list[list[str]] = []
        display = None
        for name in said:
            try:
                outcome, _ = await self._play(name)
                shown.append(_cells(outcome))
            except (SwitchboardError, FollowError) as error:
                shown.append([name, said[name], "–", "✗ did not end", "", "", clean(error.saw)])
            # A display is replaced and needs all of it; what is printed stays where it is.
            plain = _lines(_SHOWN, shown if display else shown[-1:])
            display = put(_table(_SHOWN, shown, self.score().summary), plain, display)
        return self.score()

    def score(self) -> Score:
        """How many predictions were right, of those that were run. Kept when a kernel restarts."""
        kept = _read()
        return Score(
            tuple(
                (
                    name,
                    kept.get(name, {}).get("predicted", ""),
                    kept.get(name, {}).get("happened", ""),
                )
                for name in FAULTS
            )
        )

    async def _play(self, name: str) -> tuple[Outcome, Timeline]:
        predicted = _read().get(name, {}).get("predicted", "")
        if not predicted:
            raise SwitchboardError(
                f"There is no prediction for {name!r} yet.",
                "The prediction comes first.",
                f'Run board.predict("{name}", "…") with one of: {", ".join(PREDICTIONS)}.',
            )
        url = await _page(name)
        handle, progress = await self._through(FAULTS[name], url)
        outcome = await _outcome(name, predicted, handle, progress)
        _write(_read() | {name: {"predicted": predicted, "happened": outcome.happened}})
        return outcome, await timeline(handle)

    async def _through(self, fault: Fault, url: str) -> tuple[WorkflowHandle[Any, Any], Progress]:
        """Start the pipeline within the fault, and wait for it to end."""
        with ExitStack() as block:
            block.enter_context(fault.begin())
            started = self._run(url)
            try:
                handle = await patience.wait_for(_given(started), self._limit)
            except asyncio.TimeoutError:
                raise SwitchboardError(
                    f"Your run function has not returned within {self._limit:g} s.",
                    "It starts the pipeline and does not wait for its result.",
                    "Use client.start_workflow in it, not execute_workflow.",
                ) from None
            if not isinstance(handle, WorkflowHandle):
                raise SwitchboardError(
                    f"Your run function returned {clean(repr(handle))}.",
                    "It returns the handle of the Workflow that it has started.",
                    "End it with: return await client.start_workflow(…).",
                )
            screen = _Unseen()
            following = Following(handle, None, self._limit, "")
            following._screen = screen  # type: ignore[assignment]
            try:
                while not await following.look():
                    if fault.until_met and screen.met:
                        block.close()
                    await following.pause()
            except BaseException as error:
                block.close()
                with suppress(RPCError):
                    await handle.terminate(
                        reason="The switchboard has given up", rpc_timeout=timedelta(seconds=3)
                    )
                if isinstance(error, StillRunning):
                    raise SwitchboardError(
                        f"{error.saw} The switchboard has terminated it.",
                        "A pipeline that ends, well or not.",
                        "Make the timeout of your call or the waits of your Retry Policy shorter, "
                        "or give the board more time: Switchboard(run, limit=300).",
                    ) from None
                raise
            finally:
                following.close()
            assert screen.progress
            return handle, screen.progress


class _Unseen:
    """A screen for `follow` that keeps what it is given."""

    progress: Progress | None = None

    def show(self, progress: Progress, note: str, final: bool = False) -> None:
        self.progress = progress

    @property
    def met(self) -> bool:
        """Whether an attempt has failed."""
        return self.progress is not None and any(step.failures for step in self.progress.steps)


async def _given(started: Any) -> Any:
    return await started if inspect.isawaitable(started) else started


async def _page(name: str) -> str:
    """A page for this fault; each fault has one of its own, so that no answer is like another."""
    from workshop.practice.site.client import open_site

    site = await open_site()
    if broken := FAULTS[name].page:
        return site.broken[broken]
    return site.pages[list(FAULTS).index(name)].url


async def _outcome(
    name: str, predicted: str, handle: WorkflowHandle[Any, Any], progress: Progress
) -> Outcome:
    waiting = patience.Patience(_SETTLE_SECONDS)
    calls = receipt(handle).calls
    while any(call.status is None for call in calls) and not waiting.over():
        await asyncio.sleep(0.02)
        calls = receipt(handle).calls
    steps = [step for step in progress.steps if step.kind == "activity"]
    charged = [call for call in calls if call.answered]
    twice = max(Counter(call.prompt_sha256 for call in charged).values(), default=0) > 1
    failed = any(step.failures for step in steps)
    within = Counter((call.activity, call.attempt, call.prompt_sha256) for call in calls)
    most = max(within.values(), default=0)
    note = ""
    if twice:
        happened = "paid again"
    elif progress.status != "completed":
        happened = "give up"
    elif failed or any(not call.answered for call in calls):
        happened = "retry"
    else:
        happened = NOTHING
        note = _why_nothing(name)
    if most > 1:
        note = (
            f"One attempt made {most} calls: your client retries by itself, and Temporal does not "
            "see it. Pass max_retries=0."
        )
    paid = sum(call.dollars for call in charged)
    return Outcome(
        name,
        predicted,
        happened,
        attempts=", ".join(f"{step.name} {step.attempt}" for step in steps) or "none",
        calls=f"{counted(len(calls))}, {len(charged)} charged, {dollars(paid)}",
        error=next((step.error for step in reversed(steps) if step.failures), ""),
        note=note,
    )


def _why_nothing(name: str) -> str:
    if name == "disk full":
        return (
            "The fault has reached nothing. It is a disk full for this process alone: a Worker in "
            "another process and PostgreSQL still have room."
        )
    if name == "slow":
        return "Your call waited for the answer. Give it a timeout."
    return "The fault has reached nothing. Does your pipeline ask the practice model?"


def _fault(name: object) -> str:
    wanted = " ".join(str(name).replace("_", " ").casefold().split())
    if wanted not in FAULTS:
        raise SwitchboardError(f"There is no fault {name!r}.", f"There are: {', '.join(FAULTS)}.")
    return wanted


def _prediction(word: object) -> str:
    wanted = " ".join(str(word).replace("_", " ").casefold().split())
    if wanted not in PREDICTIONS:
        raise SwitchboardError(
            f"There is no prediction {word!r}.", f"There are: {', '.join(PREDICTIONS)}."
        )
    return wanted


def _verdict(predicted: str, happened: str) -> str:
    if not (predicted and happened):
        return "… not run yet"
    return "✓ as predicted" if predicted == happened else "✗ not as predicted"


def _cells(outcome: Outcome) -> list[str]:
    return [
        outcome.fault,
        outcome.predicted,
        outcome.happened,
        outcome.verdict,
        outcome.attempts,
        outcome.calls,
        outcome.error or "none",
    ]


def _table(columns: tuple[str, ...], rows: list[list[str]], told: str, note: str = "") -> str:
    left = 'style="text-align:left"'
    head = "".join(f'<th scope="col" {left}>{html.escape(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row" {left}>{html.escape(row[0])}</th>'
        + "".join(f"<td {left}>{html.escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    caption = f'<caption style="text-align:left;caption-side:top">{html.escape(told)}</caption>'
    table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return figure(table, f"<div>{html.escape(note)}</div>" if note else "")


def _lines(columns: tuple[str, ...], rows: list[list[str]]) -> str:
    """Fault by fault: the first columns in a line, the others each below it."""
    lines = []
    for row in rows:
        lines.append(f"{row[0]:<10} you said: {row[1]:<11} it did: {row[2]:<18} {row[3]}")
        lines += [f"  {n}: {cell}" for n, cell in zip(columns[4:], row[4:], strict=True) if cell]
    return "\n".join(lines)


def _read() -> dict[str, dict[str, str]]:
    """What is kept; nothing where the file is missing or spoilt."""
    try:
        kept = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict):
        return {}
    return {
        name: {key: word for key, word in one.items() if isinstance(word, str)}
        for name, one in kept.items()
        if name in FAULTS and isinstance(one, dict)
    }


def _write(kept: dict[str, dict[str, str]]) -> None:
    file = _file()
    disk.ready(file.parent)
    # Beside it and then renamed: a reader sees a whole file.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".predictions-")
    with os.fdopen(handle, "w", encoding="utf-8") as draft:
        json.dump(dict(sorted(kept.items())), draft, indent=1)
    Path(name).replace(file)


def _file() -> Path:
    return settings.load().folder / FILE
