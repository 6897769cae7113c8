"""The cause of a step that failed: the difference from one right way whose repair makes it pass.

Learners write in a style of their own, so most differences from the solution mean nothing. Which
one counts is tried out: the cell is run again, in a copy of the kernel's names, with some of its
differences put right, and the check runs once more on what came of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Awaitable, Callable, Sequence
from types import FunctionType

from workshop.checks.blanks import parsed
from workshop.checks.cells import Run
from workshop.checks.differ import Edit, Pair, compared, edits, merged, unit
from workshop.checks.learner import Learner, last_name, rebound
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
    """Whether running a cell once more changes nothing but names: it awaits and calls nothing."""
    for statement in learner.tree.body:
        if isinstance(statement, _DEFINES):
            continue
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
            return False
        for node in ast.walk(statement):
            if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)):
                return False
            called = last_name(node.func) if isinstance(node, ast.Call) else ""
            if isinstance(learner.names.get(called), FunctionType):
                return False
    return True


_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
