"""The cause of a step that failed: the difference from one right way whose repair makes it pass.

Learners write in a style of their own, so most differences from the solution mean nothing. Which
one counts is tried out: the cell is run again, in a copy of the kernel's names, with some of its
differences put right, and the check runs once more on what came of it.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import is_dataclass
from types import FunctionType

from workshop.checks.blanks import parsed
from workshop.checks.cells import Run
from workshop.checks.differ import Edit, Pair, compared, edits, merged, unit
from workshop.checks.learner import Learner, rebound
from workshop.checks.outcome import NotYet

MOST_EDITS = 8
"""A cell with more differences is another text: which of them counts would take too long."""
Check = Callable[[Learner], Awaitable[None]]


async def cause(learner: Learner, check: Check, step: str, best: list[Edit]) -> None:
    """Find the smallest difference whose repair lets the check go beyond a step.

    Nothing is found where no repair helps, or where running the cell again would do something to
    the world.

    Args:
        step: the one that failed, by its words.
        best: where the edits are put, in the order of the learner's text; whoever ends the search
            has there what was found by then.
    """
    if not _only_defines(learner) or not learner.tree.body:
        return
    pair = compared(learner.tree, learner.blank.finished_tree)
    found = list(edits(pair))
    tries = _Tries(learner, check, step, pair)
    if not 0 < len(found) <= MOST_EDITS or not await tries.help(found):
        return
    best[:] = found
    for one in found:
        if len(found) > 1 and await tries.help([one]):
            best[:] = [one]
            return
    for one in found:
        fewer = [other for other in best if other is not one]
        if fewer and await tries.help(fewer):
            best[:] = fewer


def guess(learner: Learner, words: str) -> tuple[Edit, ...]:
    """The difference that an answer's words seem to speak about, where nothing can be tried out.

    Returns:
        One edit, or none where that cannot be told.
    """
    found = list(edits(compared(learner.tree, learner.blank.finished_tree)))
    said = {*re.findall(r"\w{3,}", words)}
    best = max(found, key=lambda one: len(_words(one) & said), default=None)
    return (best,) if best and (len(found) == 1 or _words(best) & said) else ()


def _words(one: Edit) -> set[str]:
    ours, theirs, _ = unit(one)
    return {*re.findall(r"\w{3,}", " ".join(ast.unparse(side) for side in (ours, theirs) if side))}


class _Tries:
    def __init__(self, learner: Learner, check: Check, step: str, pair: Pair) -> None:
        self.learner, self.check, self.step, self.pair = learner, check, step, pair

    async def help(self, chosen: Sequence[Edit]) -> bool:
        """Whether the check goes beyond the step when these differences are put right."""
        again = self._again(ast.fix_missing_locations(merged(self.pair, chosen)))
        try:
            if again.last_run and again.last_run.error:
                raise again.last_run.error
            await self.check(again)
        except NotYet:
            return self.step in again.steps[:-1]
        except (Exception, SystemExit):
            return False
        return True

    def _again(self, tree: ast.Module) -> Learner:
        """The learner with a cell that was run again, in names that are nobody else's."""
        learner = self.learner
        names = dict(learner.names)
        for name, value in learner.names.items():
            if isinstance(value, FunctionType) and value.__globals__ is learner.names:
                names[name] = rebound(value, names)
        error: BaseException | None = None
        text = ast.unparse(tree)
        try:
            exec(compile(parsed(text), "<cell>", "exec"), names)
        except (Exception, SystemExit) as raised:
            error = raised
        return Learner(learner.blank, names, Run(text, learner.blank.cell_id, error))


def _only_defines(learner: Learner) -> bool:
    """Whether running a cell once more changes nothing but names: it awaits and starts nothing."""
    known = {ast.unparse(call.func) for call in _calls(learner.blank.finished_tree)}
    if any(
        ast.unparse(call.func) not in known and not _makes_a_value(learner, call.func)
        for call in _calls(learner.tree)
    ):
        return False
    for statement in learner.tree.body:
        if isinstance(statement, _DEFINES):
            continue
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
            return False
        for node in ast.walk(statement):
            if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)):
                return False
    return True


def _calls(tree: ast.Module) -> list[ast.Call]:
    """What a cell calls when it runs, and not in what it defines."""
    running = [statement for statement in tree.body if not isinstance(statement, _DEFINES)]
    return [node for one in running for node in ast.walk(one) if isinstance(node, ast.Call)]


def _makes_a_value(learner: Learner, called: ast.expr) -> bool:
    """Whether a call makes a value, as `RetryPolicy(…)` does, and nothing that works or holds on.

    A name that nobody knows makes nothing at all.
    """
    if isinstance(called, ast.Attribute):
        return _makes_a_value(learner, called.value)
    if not isinstance(called, ast.Name):
        return isinstance(called, ast.Constant)
    made = learner.names.get(called.id, vars(builtins).get(called.id))
    return made is None or (
        isinstance(made, type)
        and (is_dataclass(made) or made.__module__ in ("builtins", "datetime"))
    )


_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
