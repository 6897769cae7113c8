"""A switchboard of faults: you predict what your pipeline does, then it is done, and compared.

    board = Switchboard(run)
    board.predict("429", "retry")
    await board.run("429")

What happened is read from the Event History and from the provider's ledger, not from what anybody
meant. The faults are real: the practice model, the practice site and this process's disk.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from workshop.breaking.outcome import PREDICTIONS, Outcome, lines, outcome, shown
from workshop.breaking.predictions import Score, keep, kept, score
from workshop.breaking.switches import FAULTS, Fault, SwitchboardError, chosen, page_for
from workshop.core import patience
from workshop.core.display import clean, put
from workshop.core.interrupts import interrupted_says
from workshop.watching.follow import FollowError, Following, Progress, StillRunning
from workshop.watching.timeline import Timeline, timeline


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
        name, said = chosen("fault", fault, FAULTS), chosen("prediction", prediction, PREDICTIONS)
        keep(name, said)
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
        found, picture = await self._play(chosen("fault", fault, FAULTS))
        markup = shown([found.cells()], FAULTS[found.fault].words, found.note)
        told = [lines([found.cells()]), found.note, repr(picture)]
        put(markup + picture._repr_html_(), "\n".join(line for line in told if line))

    @interrupted_says("The faults have ended; run this cell again to play them.")
    async def play(self, predictions: Mapping[str, str]) -> Score:
        """Predict and run several faults, one after the other, and show them in one table.

        What does not end in time is told in its row, and the next one is played.

        Args:
            predictions: by fault.

        Raises:
            SwitchboardError: there is no such fault or prediction; none is played then.
        """
        said = {
            chosen("fault", fault, FAULTS): chosen("prediction", word, PREDICTIONS)
            for fault, word in predictions.items()
        }
        for name, word in said.items():
            keep(name, word)
        rows: list[list[str]] = []
        display = None
        for name in said:
            try:
                found, _ = await self._play(name)
                rows.append(found.cells())
            except (SwitchboardError, FollowError) as error:
                rows.append([name, said[name], "–", "✗ did not end", "", "", clean(error.saw)])
            # A display is replaced and needs all of it; what is printed stays where it is.
            plain = lines(rows if display else rows[-1:])
            display = put(shown(rows, self.score().summary), plain, display)
        return self.score()

    def score(self) -> Score:
        """How many predictions were right, of those that were run. Kept when a kernel restarts."""
        return score()

    async def _play(self, name: str) -> tuple[Outcome, Timeline]:
        said = kept(name, "predicted")
        if not said:
            raise SwitchboardError(
                f"There is no prediction for {name!r} yet.",
                "The prediction comes first.",
                f'Run board.predict("{name}", "…") with one of: {", ".join(PREDICTIONS)}.',
            )
        handle, progress = await self._through(FAULTS[name], await page_for(name))
        found = await outcome(name, said, handle, progress)
        keep(name, said, found.happened)
        return found, await timeline(handle)

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
