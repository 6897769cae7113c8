"""Checks: whether what a learner wrote is right, hints one at a time, solutions, progress.

A check judges behaviour. It runs the learner's own code on the real Temporal Service, on a Task
Queue of its own and with no paid call, and reads the Event History. Each lesson has its checks in
`lessons/NN_…/checks.py`, one function a blank, in the words of `Learner`.
"""

from __future__ import annotations

import ast
import asyncio
import difflib
import html
import importlib.util
import os
import re
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from contextvars import copy_context
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from temporalio.service import RPCError

from workshop.checks import cells, places, progress, repair
from workshop.checks.blanks import Blank, code_lines, find
from workshop.checks.cells import watch
from workshop.checks.differ import Edit
from workshop.checks.ladder import DO, attempt, climb, higher
from workshop.checks.learner import CalledDirectly, Learner, used
from workshop.checks.outcome import (
    NOT_ATTEMPTED,
    NOT_DECIDED,
    NOT_YET,
    RIGHT,
    CheckFailed,
    CheckNotDecided,
    NotAttempted,
    NotDecided,
    NotYet,
    Outcome,
    Slip,
)
from workshop.checks.progress import Place
from workshop.checks.trial import TOO_LONG, NoService, late
from workshop.checks.words import explain
from workshop.core import this_notebook
from workshop.core.disk import DiskError
from workshop.core.display import put
from workshop.core.errors import WorkshopError
from workshop.core.interrupts import interrupted_says
from workshop.core.patience import Patience, slowdown
from workshop.core.settings import ROOT

__all__ = [
    "NOT_ATTEMPTED",
    "NOT_DECIDED",
    "NOT_YET",
    "RIGHT",
    "CalledDirectly",
    "Check",
    "CheckFailed",
    "CheckNotDecided",
    "Learner",
    "NotAttempted",
    "NotDecided",
    "NotYet",
    "Outcome",
    "blank",
    "check",
    "declared",
    "examine",
    "hint",
    "open_lesson",
    "opened",
    "solution",
    "watch",
]

LIMIT_SECONDS = 20.0
"""Seconds of a quiet machine for a check; each step has a shorter limit of its own."""
BLOCKED_SECONDS = 2.2
"""How long code may keep its event loop from turning, in seconds of a quiet machine."""
GIVE_UP_SECONDS = 90.0
"""On the clock: a check that has found nothing by then says that this machine is too busy."""
ENDLESS = "This step does not end."
TRY_SECONDS = 3.0
"""Of a quiet machine, for a check that fails and for the search for the cause together."""
NEWS_SECONDS = 5.0
"""A check that takes longer says so."""

_lesson = ""
_found: dict[str, Found] = {}
"""What the last check of a blank has found."""
_hinted: dict[str, tuple[int, Found | None]] = {}
"""The number of a blank's last hint, and what the last check had found when it was given."""
_put: set[str] = set()
"""The blanks whose solution is in a cell of the notebook."""


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


Named = TypeVar("Named", bound=_HasName)


@dataclass
class Found:
    """What a check has found, and where on the ladder the learner is since."""

    outcome: Outcome
    text: str
    """A digest of what it judged."""
    place: Place | None


@dataclass(frozen=True)
class Check:
    """One blank's check: its function, its hints, and what it means when it is right."""

    name: str
    function: Callable[[Learner], Awaitable[None]]
    hints: tuple[str, ...]
    means: str


def blank(
    name: str, *, hints: tuple[str, str, str], means: str
) -> Callable[[Callable[[Learner], Awaitable[None]]], Check]:
    """Make a function the check of a blank.

    Args:
        name: of the blank, as in `# %% exercise="name"`.
        hints: a question, a pointer to what shows it, nearly the answer.
        means: one sentence on what it means that the blank is right.
    """
    return lambda function: Check(name, function, hints, means)


def open_lesson(lesson: str) -> None:
    """Say which lesson the names of blanks belong to; `begin` calls this."""
    global _lesson
    _lesson = lesson


def opened() -> str:
    """The number of the lesson that is open.

    Raises:
        WorkshopError: none is.
    """
    if not _lesson:
        raise WorkshopError(
            "No lesson is open.",
            "The first cell, with begin, opens one.",
            "Run the first cell, then this one.",
        )
    return _lesson


@interrupted_says("Nothing was decided; run this cell again to check.")
async def check(name: str) -> None:
    """Say under the cell whether a blank is right, or else what was seen.

    Where another attempt fails at the same step, it says where to look as well.

    Runs what you wrote; it costs no paid call and takes at most three seconds, or longer on a
    machine that is busy. Where that is so busy that nothing can be found out, it says "Not
    decided". It raises nothing, unless WORKSHOP_STRICT=1 asks for an exception where the blank is
    not right.

    Args:
        name: of the blank, as in the cell under it.
    """
    examining, news = asyncio.ensure_future(examine(name)), None
    try:
        await asyncio.wait({examining}, timeout=NEWS_SECONDS)
        if not examining.done():
            news = put("", "… This takes longer than three seconds: the machine is busy.")
        outcome = await examining
    except WorkshopError as error:
        if _strict():
            raise
        print("✗ " + "\n  ".join(error.lines()))
        return
    finally:
        examining.cancel()
    if _strict() and outcome.verdict == NOT_DECIDED:
        raise CheckNotDecided(f"{outcome.name}: {outcome.saw}", do=outcome.do)
    if _strict() and outcome.verdict != RIGHT:
        raise CheckFailed(f"{outcome.name}: {outcome.step} {outcome.saw}".strip(), do=outcome.do)
    put(outcome._repr_html_(), outcome.text, news)


async def examine(name: str, *, limit: float | None = None) -> Outcome:
    """What `check` finds, for those who want to look at it.

    Raises:
        WorkshopError: there is no such blank, or no lesson is open.
    """
    chosen = _blank(name)
    made = load(chosen.lesson)[chosen.name]
    learner = Learner(chosen, this_notebook.namespace(), cells.last_run(chosen))
    began = time.monotonic()
    seconds = LIMIT_SECONDS if limit is None else limit
    outcome = await _judge(made, learner, seconds)
    if outcome.verdict != RIGHT:
        outcome = _unless_edited(outcome, learner)
    if outcome.climbs:
        left = TRY_SECONDS - (time.monotonic() - began) / slowdown()
        outcome = await _with_cause(outcome, made, learner, left)
    text = attempt(learner)
    earlier = _found[chosen.key].place if chosen.key in _found else progress.place(chosen)
    place = climb(earlier, outcome, text)
    _found[chosen.key] = Found(outcome, text, place)
    if cells.is_finished_notebook(chosen.lesson, chosen.solution.parent.name):
        told = "This is the finished notebook: it does not count as your progress."
    else:
        told = progress.note(chosen, outcome.verdict == RIGHT, place)
    rung = place.rung if place else 0
    return replace(outcome, told=told, seconds=time.monotonic() - began, rung=rung)


def hint(name: str) -> None:
    """Print the next hint: of what the last check has found, or else of the blank.

    Where a check has failed it goes on from what that has said: a direction, then what to do.
    Otherwise it is a question, a pointer, nearly the answer. Under a check it prints the next one
    only when the check has judged another text. Run alone, it prints the next one each time.
    """
    try:
        chosen = _blank(name)
        hints = load(chosen.lesson)[chosen.name].hints
    except WorkshopError as error:
        print("✗ " + "\n  ".join(error.lines()))
        return
    found = _found.get(chosen.key)
    if found and found.outcome.verdict == RIGHT:
        print("It is right: no hint is needed.")
        return
    at, then = _hinted.get(chosen.key, (-1, None))
    again = bool(found and then and found is not then and found.text == then.text)
    if found and found.outcome.verdict == NOT_YET:
        last = not found.outcome.climbs
        if found.place and not last:
            found.place = higher(found.place, again)
            with suppress(DiskError):  # the check has said that nothing can be kept
                if not cells.is_finished_notebook(chosen.lesson, chosen.solution.parent.name):
                    progress.keep_place(chosen, False, found.place)
            last = found.place.rung == DO
        print(f"Hint: {found.outcome.do if last else found.outcome.direction}")
    else:
        at = at if again else min(at + 1, len(hints) - 1)
        last = at + 1 == len(hints)
        print(f"Hint {at + 1} of {len(hints)}: {hints[at]}")
    _hinted[chosen.key] = at, found
    if last:
        print(f'There are no more. solution("{chosen.name}") shows one right way.')
    else:
        print(
            "The next one comes when the check has judged another attempt. "
            f'To see it now, run hint("{chosen.name}") without the check.'
        )


def solution(name: str) -> None:
    """Put a blank's solution into a new cell, and show it in a folded block.

    The cell is made once. Front ends without new cells (Colab, VS Code) show the block alone.
    """
    try:
        chosen = _blank(name)
        text = chosen.finished
    except (WorkshopError, OSError) as error:
        lines = error.lines() if isinstance(error, WorkshopError) else [str(error)]
        print("✗ " + "\n  ".join(lines))
        return
    shell, folded = this_notebook.shell(), ""
    found = _found.get(chosen.key)
    beside = found.outcome.remedy if found else ""
    where = chosen.solution.relative_to(ROOT).as_posix()
    if hasattr(shell, "kernel"):
        if chosen.key in _put or cells.holds(text):
            told = "A cell of this notebook has it already."
        else:
            shell.set_next_input(text, replace=False)
            told = (
                "JupyterLab has put it into a new cell below; elsewhere, "
                f"%load ../{chosen.solution.parent.name}/{chosen.solution.name} in an empty one."
            )
        _put.add(chosen.key)
        folded = (
            '<details style="overflow-wrap:anywhere"><summary>'
            f"One right way, from {html.escape(where)}. {told}</summary>"
            f"<p>{html.escape(beside)}</p>"
            f'<pre style="overflow-x:auto">{html.escape(text)}</pre></details>'
        )
    put(folded, f"From {where}:\n\n{text}" + (f"\n\n{beside}" if beside else ""))


def load(lesson: str, root: Path = ROOT) -> dict[str, Check]:
    """The checks of a lesson, by the names of their blanks; {} where it has none.

    Raises:
        WorkshopError: two checks of the lesson have one name.
    """
    return declared(Check, lesson, root)


def declared(kind: type[Named], lesson: str, root: Path = ROOT) -> dict[str, Named]:
    """The objects of a kind in the `checks.py` of a lesson, by name; {} where there are none.

    What a lesson's checks need for themselves stands beside them: `from .turns import …`.

    Raises:
        WorkshopError: two of them have one name.
    """
    path = root / "lessons" / lesson / "checks.py"
    if not path.exists():
        return {}
    spec = importlib.util.spec_from_file_location(
        f"workshop_checks_{lesson}", path, submodule_search_locations=[str(path.parent)]
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses of the module look themselves up
    spec.loader.exec_module(module)
    found: dict[str, Named] = {}
    for thing in vars(module).values():
        if isinstance(thing, kind):
            if thing.name in found:
                what = f"{kind.__name__.lower()}s"
                raise WorkshopError(f"{path.name} has two {what} called {thing.name!r}.")
            found[thing.name] = thing
    return found


# --- judging ---


async def _judge(made: Check, learner: Learner, limit: float) -> Outcome:
    """Run a check in a thread and an event loop of its own.

    Code that blocks would hold the kernel otherwise, and nothing could end it.
    """
    try:
        _readable(learner)
        await _away(lambda: made.function(learner), limit)
    except NotYet as found:
        verdict, saw, do = found.verdict, found.saw, found.do
    except asyncio.TimeoutError:
        verdict, saw = NOT_YET, ENDLESS
        do = "See whether your code waits for something or never ends its loop."
    except NotDecided as reason:
        verdict, (saw, do) = NOT_DECIDED, _busy(str(reason))
    except (NoService, RPCError) as error:
        if not late(error):
            saw = f"The Temporal Service does not answer: {str(error).splitlines()[0][:120]}"
            do = "Run the cell with begin again, then this one."
            return Outcome(made.name, NOT_ATTEMPTED, saw=saw, do=do)
        verdict, (saw, do) = NOT_DECIDED, _busy(TOO_LONG)
    except (Exception, SystemExit) as error:
        verdict, (saw, do) = NOT_YET, explain(learner, error)
    else:
        return Outcome(made.name, RIGHT, tuple(learner.steps), means=made.means)
    if verdict == NOT_YET and (name := _redefined(learner)):
        # Whatever was seen, it was not what the learner's cell was written for.
        saw = f"A later cell has defined `{name}` again, and this cell was written for the earlier."
        do = f"Run the cell above that defines `{name}`, then this blank's cell and its check."
        return Outcome(made.name, NOT_ATTEMPTED, saw=saw, do=f"{do} Then the later cells again.")
    slip = isinstance(do, Slip)
    saw, do = (re.sub(r" at 0x[0-9a-f]+", "", words) for words in (saw, do))
    *passed, step = learner.steps or [""]
    return Outcome(made.name, verdict, tuple(passed), step, saw=saw, do=do, slip=slip)


async def _with_cause(outcome: Outcome, made: Check, learner: Learner, limit: float) -> Outcome:
    """The outcome with the place to look at, and what one right way has there.

    Args:
        limit: seconds of a quiet machine for the search.
    """
    found: list[Edit] = []
    # It is a help beside the verdict: where it fails, the blank's own pointer is left. After a
    # check that waits or blocks there is no time for it.
    if limit > 1.0 and outcome.saw != ENDLESS:
        with suppress(Exception, SystemExit, NotDecided):
            await _away(lambda: repair.cause(learner, made.function, outcome.step, found), limit)
    best = found or repair.guess(learner, f"{outcome.saw} {outcome.do}")
    where, remedy = places.direction(best), places.remedy(best)
    do = outcome.do or made.hints[2]
    if not all(code in do for code in places.named(best)):
        do = f"{outcome.do} {remedy}".strip()
    return replace(outcome, direction=f"{where} {made.hints[1]}".strip(), do=do, remedy=remedy)


def _redefined(learner: Learner) -> str:
    run, chosen = learner.last_run, learner.blank
    return cells.redefined(used(chosen.finished_tree), chosen, run) if run else ""


def _busy(reason: str) -> tuple[str, str]:
    saw = f"This machine is busy. {reason} That says nothing about your code."
    return saw, "Run this cell again when less runs beside it."


def _readable(learner: Learner) -> None:
    """What every blank has in common: the cell was run, it parses, and the blanks are filled.

    Raises:
        NotYet: it is not so.
    """
    run, chosen = learner.last_run, learner.blank
    if run is None:
        close = learner.close(chosen.defines)
        if chosen.defines not in learner.names and close:
            learner.not_yet(
                f"There is no `{chosen.defines}`, but there is `{close}`.",
                Slip(f"Call it `{chosen.defines}`, and run the cell again."),
            )
        learner.not_attempted(
            f"The cell of the blank {chosen.name} has not been run in this kernel.",
            "Fill in the blank, run its cell with Shift+Enter, then this one.",
        )
    todo = [line for line in code_lines(run.text) if line in chosen.open_lines]
    bare = code_lines(run.text)
    if bare == code_lines(chosen.practice):
        wanted = [line for line in code_lines(chosen.finished) if line not in bare]
        comments = [line.partition("#")[2] for line in run.text.split("\n") if "#" in line]
        for line in wanted:
            if any(line in comment for comment in comments if comment not in chosen.practice):
                learner.not_attempted(
                    f"`{line}` is in a comment, after a `#`.",
                    "Put it on a line of its own without the `#`, and run the cell.",
                )
        learner.not_attempted(
            f"The blank is still open{_todo(chosen, todo)}.",
            "Fill it in and run the cell. If you have filled it in, it has not been run since: "
            "run it now.",
        )
    if cells.is_replaced(chosen, run):
        learner.not_attempted(
            f"A later cell has defined `{chosen.defines}` again, and the kernel has that one.",
            "To check this one, run the cell above again; then the later cells too.",
        )
    if isinstance(run.error, SyntaxError):
        learner.step("The cell can be read")
        raise run.error
    needed = used(chosen.finished_tree)
    learner.needs(name for name in used(learner.tree) if name in needed)
    if chosen.defines not in learner.defined:
        learner.step(f"The cell defines {chosen.defines}")
        _in_a_class(learner)
        others = [name for name in learner.defined if name != chosen.defines]
        if re.search(rf"^{chosen.defines}\s*==", run.text, re.MULTILINE):
            learner.not_yet(
                f"`{chosen.defines} == …` compares, and sets nothing.",
                f"Write one `=`: `{chosen.defines} = …`, and run the cell.",
            )
        if any(
            isinstance(node, ast.Call) and ast.unparse(node.func) == "Worker"
            for statement in learner.tree.body
            if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
            for node in ast.walk(statement)
        ):
            learner.not_yet(
                "The cell builds a Worker at once, outside of a function.",
                f"Put it into `async def {chosen.defines}():`, as it was given. That Worker holds "
                "its Task Queue now: restart the kernel, then Run All Above Selected Cell.",
            )
        learner.not_yet(
            f"The cell defines {f'`{others[-1]}`' if others else 'nothing'}, and no "
            f"`{chosen.defines}`.",
            Slip(f"Call it `{chosen.defines}`, as it was given, and run the cell again."),
        )
    blank_lines = [line for line in todo if line not in code_lines(chosen.finished)]
    if blank_lines and len(blank_lines) < len(chosen.open_lines) and _is_blank(blank_lines):
        learner.step("All blanks of the cell are filled")
        learner.not_yet(
            f"One blank of the cell is still open{_todo(chosen, blank_lines, run.text)}.",
            "Fill in this one too, run the cell.",
        )


def _in_a_class(learner: Learner) -> None:
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                name = getattr(part, "name", "")
                if name == learner.blank.defines:
                    learner.not_yet(
                        f"`{name}` is a method of the class {node.name}, not a function.",
                        f"Write `def {name}(…)` at the left margin, without a class.",
                    )


def _is_blank(lines: list[str]) -> bool:
    return any("..." in line or '""' in line for line in lines)


def _todo(chosen: Blank, lines: list[str], text: str = "") -> str:
    """The first open line and what its TODO asks for.

    Args:
        text: the cell, which tells open lines apart that are written alike.
    """
    asks: list[tuple[str, str]] = []
    for line in chosen.practice.split("\n"):
        code, _, asked = line.partition("# TODO")
        if asked and (not lines or code.strip() == lines[0]):
            asks.append((code.strip(), asked.lstrip(":").strip()))
    if not asks:
        return f": `{lines[0]}`" if lines else ""
    for line in text.split("\n"):
        ours, _, asked = line.partition("# TODO")
        if (ask := (ours.strip(), asked.lstrip(":").strip())) in asks:
            return f": `{ask[0]}` ({ask[1]})" if all(ask) else f": {ask[1]}"
    standing = [ask for ask in asks if ask[1] in text] or asks
    if text and len(standing) > 1:
        given = code_lines(chosen.practice)
        places = [n for n, line in enumerate(given) if line == lines[0]]
        match = difflib.SequenceMatcher(None, code_lines(text), given, autojunk=False)
        kept = {n for _, b, size in match.get_matching_blocks() for n in range(b, b + size)}
        left = [n for n, place in enumerate(places) if place in kept]
        standing = [standing[n] for n in left if n < len(standing)] or standing
    code, asked = standing[0]
    return f": `{code}` ({asked})" if code and asked else f": {asked}"


def _unless_edited(outcome: Outcome, learner: Learner) -> Outcome:
    """The outcome; or, where the notebook's file has a newer text of the cell, just that."""
    if learner.last_run is None or not cells.is_edited(learner.blank, learner.last_run):
        return outcome
    return Outcome(
        outcome.name,
        NOT_ATTEMPTED,
        saw="You have changed the cell since it was last run; the kernel has the version before.",
        do="Run the cell above with Shift+Enter, then this one.",
    )


async def _away(work: Callable[[], Awaitable[None]], limit: float) -> None:
    """Await `work()` in a thread with an event loop of its own.

    Raises:
        asyncio.TimeoutError: it takes longer than `limit` seconds of a quiet machine.
        NotDecided: this machine is too busy for it.
        Exception: whatever it raises.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    beat = began = time.monotonic()
    found: list[BaseException | None] = []
    working: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []

    def settle(error: BaseException | None) -> None:
        if not done.done():
            done.set_exception(error) if error else done.set_result(None)

    async def tick() -> None:
        nonlocal beat
        while True:
            beat = time.monotonic()
            await asyncio.sleep(0.1)

    async def watched() -> None:
        if task := asyncio.current_task():
            working.append((asyncio.get_running_loop(), task))
        ticking = asyncio.create_task(tick())
        try:
            await work()
        finally:
            ticking.cancel()

    def target() -> None:
        error: BaseException | None = None
        try:
            # Not asyncio.run: nest_asyncio replaces it, and would look for the kernel's loop.
            own = asyncio.new_event_loop()
            # What the learner's code leaves open is no news under a check.
            own.set_exception_handler(lambda *_: None)
            try:
                own.run_until_complete(watched())
                found.append(None)
            except BaseException as caught:
                found.append(caught)
                raise
            finally:
                # Closed whatever happens: a loop left to the garbage collector complains later,
                # under another cell.
                with closing(own):
                    for task in asyncio.all_tasks(own):
                        task.cancel()
                    own.run_until_complete(asyncio.sleep(0))
                    own.run_until_complete(own.shutdown_asyncgens())
        except BaseException as caught:
            error = caught
        try:
            loop.call_soon_threadsafe(settle, error)
        except RuntimeError:  # the kernel's loop is no more
            return

    threading.Thread(target=copy_context().run, args=(target,), daemon=True, name="check").start()
    whole, turning, closing_up = Patience(limit), Patience(BLOCKED_SECONDS), Patience(0.6)
    try:
        while not done.done():
            await asyncio.wait({done}, timeout=0.1)
            if closing_up.over(len(found)) and found:
                settle(found[0])  # a Worker that cannot end, as its code blocks, is not waited for
            if not done.done() and not found:
                if whole.over() or turning.over(beat):
                    raise asyncio.TimeoutError
                if time.monotonic() - began > GIVE_UP_SECONDS:
                    raise NotDecided("The check has not ended.")
    finally:
        if not done.done():
            # Nobody waits for it any longer: it ends its Workflow and its Worker.
            done.cancel()
            for own, task in working:
                with suppress(RuntimeError):  # it has ended in this moment
                    own.call_soon_threadsafe(task.cancel)
    done.result()


def _blank(name: str) -> Blank:
    chosen = find(name, opened())
    if chosen.name not in load(chosen.lesson):
        raise WorkshopError(f"The blank {name} has no check.", do="Go on with the next cell.")
    return chosen


def _strict() -> bool:
    return os.environ.get("WORKSHOP_STRICT") == "1"
