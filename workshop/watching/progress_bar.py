"""A bar that shows how far a Workflow is, as its own Query tells it.

report = await watch(handle, "get_progress")
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import WorkflowHandle, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCError

from workshop.core.display import clean, put
from workshop.core.errors import WorkshopError
from workshop.core.interrupts import interrupted_says
from workshop.core.svg import between, figure, percent, picture, tag, words
from workshop.watching.follow import Following, Progress

ResultT = TypeVar("ResultT")

ASK_SECONDS = 0.5
"""How often the Query is asked."""
_ANSWER = timedelta(seconds=2)
"""A Worker that is there answers in milliseconds."""
_REFUSALS = 4
"""A Query may come before the Workflow has set what it tells; one that fails so often is wrong."""
_BAR = 30


class ProgressError(WorkshopError):
    """The Query tells no progress. The Workflow goes on."""


@interrupted_says("The Workflow goes on; run this cell again to watch it.")
async def watch(handle: WorkflowHandle[Any, ResultT], query: Any, limit: float = 120.0) -> ResultT:
    """Show a Workflow's progress as a bar, until it has ended, and return its result.

    The Query is asked twice a second. It returns a dict or an object with `done` (those that
    failed included), `total` and `failed`. A Worker that is away does not answer; the bar then
    says so and stays where it is.

    Args:
        handle: the Workflow
            (https://python.temporal.io/temporalio.client.WorkflowHandle.html).
        query: the Query's name or method, without arguments.
        limit: seconds to watch at most.

    Raises:
        ProgressError: the Query fails, or answers something else.
        FollowError: what `follow` raises: the Workflow failed, nobody polls its Task Queue, the
            limit passed and others.
    """
    bar = _Bar(handle, query)
    # It watches as `follow` does, and draws a bar where that draws rows.
    following = Following(handle, None, limit, "")
    following._screen = bar  # type: ignore[assignment]
    asking = asyncio.create_task(bar.keep_asking())
    try:
        while not await following.look():
            await following.pause()
            if asking.done():
                asking.result()
        await bar.last_words()
        result: ResultT = await following.ending()
        return result
    except asyncio.CancelledError:
        following.left()
        raise
    finally:
        asking.cancel()
        await asyncio.wait({asking})
        following.close()


class _Bar:
    """One bar under a cell: what the Query said last, and what there is to know besides."""

    def __init__(self, handle: WorkflowHandle[Any, Any], query: Any) -> None:
        self._handle, self._query = handle, query
        self._counts: tuple[int, int, int] | None = None
        self._progress: Progress | None = None
        self._note = ""
        self._silent = False
        self._shown = ""
        self._display: Any = None

    async def keep_asking(self) -> None:
        refused = 0
        while True:
            try:
                await self._ask()
                refused = 0
            except WorkflowQueryFailedError as error:
                refused += 1
                if refused == _REFUSALS:
                    raise self._no_query(error) from None
            await asyncio.sleep(ASK_SECONDS)

    async def last_words(self) -> None:
        """Ask once more: what happened last came after the question before."""
        with contextlib.suppress(WorkflowQueryFailedError):  # it has ended; its result says more
            await self._ask()
        self._silent, self._note = False, ""
        self._draw()

    def show(self, progress: Progress, note: str, final: bool = False) -> None:
        """What `follow` gives its screen: the Workflow's state, and what a person should know."""
        self._progress, self._note = progress, note
        self._draw()

    async def _ask(self) -> None:
        try:
            told = await self._handle.query(self._query, rpc_timeout=_ANSWER)
        except (RPCError, WorkflowQueryRejectedError):
            self._silent = True  # no Worker; asked again
            return
        self._silent = False
        by_name = (
            told if isinstance(told, dict) else vars(told) if hasattr(told, "__dict__") else {}
        )
        counts = [by_name.get(name) for name in ("done", "total", "failed")]
        whole = [n for n in counts if isinstance(n, int) and n >= 0]
        if len(whole) < len(counts):
            raise ProgressError(
                f"The Query {self._name} answered {clean(repr(told))}.",
                "A bar needs done, total and failed, each a whole number.",
                'Return {"done": …, "total": …, "failed": …} from it, and start the Worker again.',
            )
        done, total, failed = whole
        self._counts = done, total, failed

    @property
    def _name(self) -> str:
        return clean(str(getattr(self._query, "__name__", self._query)))

    def _no_query(self, error: WorkflowQueryFailedError) -> ProgressError:
        return ProgressError(
            f"The Query {self._name} fails: {clean(str(error))}",
            "A Query of this Workflow that returns done, total and failed.",
            "Compare its name with the method under @workflow.query, correct that, and start the "
            "Worker again with start_worker. The Workflow goes on.",
        )

    def _draw(self) -> None:
        if self._progress is None:
            return
        done, total, failed = self._counts or (0, 0, 0)
        said = f"{done} of {total} done, {failed} of them failed" if failed else ""
        said = said or (f"{done} of {total} done" if self._counts else "no answer yet")
        name = self._progress.workflow_type
        state = f"{name} {self._progress.workflow_id}: {self._progress.status}, {said}"
        note = self._note or ("No Worker answers the Query now." if self._silent else "")
        if state + note == self._shown:
            return
        self._shown = state + note
        well, bad = _shares(done, total, failed)
        full, broken = round(_BAR * well), round(_BAR * (well + bad)) - round(_BAR * well)
        bar = "█" * full + "▒" * broken + "░" * (_BAR - full - broken)
        plain = f"{bar}  {state}" + (f"\n{note}" if note else "")
        self._display = put(_markup(well, bad, state, note), plain, self._display)


def _shares(done: int, total: int, failed: int) -> tuple[float, float]:
    """How much of the bar went well, and how much did not."""
    if not total:
        return 0.0, 0.0
    failed, done = min(failed, total), min(done, total)
    return max(0, done - failed) / total, failed / total


def _markup(well: float, bad: float, state: str, note: str) -> str:
    begin, middle, end = percent(0), percent(well), percent(well + bad)

    def box(left: str, right: str, class_: str, **more: str) -> str:
        wide = between(left, right)
        return tag("rect", x=left, y="4", width=wide, height="14", class_=class_, **more)

    parts = [box(begin, percent(1), "idle hollow")]
    parts += [box(begin, middle, "ok")] if well else []
    # Failed ones are hollow and dashed besides their colour.
    parts += [box(middle, end, "bad hollow", stroke_dasharray="3 2")] if bad else []
    # What an SVG says does not wrap; an id is one long word.
    style = "overflow-wrap:anywhere"
    said = [tag("div", words(line), style=style) for line in (state, note) if line]
    drawn = picture("workshop-progress", f"A bar: {state}.", 22, parts)
    return figure(tag("div", drawn, *said, role="status"))
