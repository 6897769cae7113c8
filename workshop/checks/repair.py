"""The cause of a step that failed: the difference from one right way whose repair makes it pass.

Learners write in a style of their own, so most differences from the solution mean nothing. Which
one counts is tried out: the cell is run again, in a copy of the kernel's names, with some of its
differences put right, and the check runs once more on what came of it.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Awaitable, Callable, Sequence
from types import FunctionType

from workshop.checks.blanks import parsed
from workshop.checks.cells import Run
from workshop.checks.differ import Edit, Pair, compared, edits, merged
from workshop.checks.learner import Learner, last_name, rebound
from workshop.checks.outcome import NotYet
from workshop.core.patience import Patience

MOST_EDITS = 8
"""A cell with more differences is another text: which of them counts would take too long."""
LIMIT_SECONDS = 3.0
"""Of a quiet machine, for all tries together."""

Check = Callable[[Learner], Awaitable[None]]


async def cause(learner: Learner, check: Check, step: str) -> tuple[Edit, ...]:
    """The smallest difference found whose repair lets the check go beyond a step.

    Args:
        step: the one that failed, by its words.

    Returns:
        The edits, in the order of the learner's text; none where no repair helps, or where running
        the cell again would do something to the world.
    """
    if not _only_defines(learner) or not learner.tree.body:
        return ()
    pair = compared(learner.tree, learner.blank.finished_tree)
    found = list(edits(pair))
    if not 0 < len(found) <= MOST_EDITS:
        return ()
    waiting = Patience(LIMIT_SECONDS)
    tries = _Tries(learner, check, step, pair)
    if not await tries.help(found):
        return ()
    for one in found:
        if len(found) > 1 and not waiting.over() and await tries.help([one]):
            return (one,)
    needed = list(found)
    for one in found:
        fewer = [other for other in needed if other is not one]
        if fewer and not waiting.over() and await tries.help(fewer):
            needed = fewer
    return tuple(needed)


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


# --- in words ---


def direction(found: Sequence[Edit]) -> str:
    """Where to look, without what is to stand there; empty where nothing was found."""
    if not found:
        return ""
    one = found[0]
    ours, _, place = _unit(one)
    if ours is None:
        return f"Something is missing {_around(one)}."
    if one.theirs is None:
        return f"{_shown(ours, place)} in line {one.line}: what would happen without it?"
    return f"Look at {_shown(ours, place)} in line {one.line}."


def remedy(found: Sequence[Edit]) -> str:
    """What to write, and where; empty where nothing was found."""
    return " ".join(_remedy(one) for one in found[:2])


def _remedy(one: Edit) -> str:
    ours, theirs, place = _unit(one)
    if ours is None:
        return f"{_shown(theirs, place)} is missing {_around(one)}."
    if theirs is None:
        return f"Take {_shown(ours, place)} out of line {one.line}."
    if isinstance(theirs, ast.Await) and ast.dump(theirs.value) == ast.dump(ours):
        return f"Write `await` before {_shown(ours, place)} in line {one.line}."
    if isinstance(ours, ast.Await) and ast.dump(ours.value) == ast.dump(theirs):
        return f"Take `await` out of line {one.line}."
    return f"In place of {_shown(ours, place)} in line {one.line} write {_shown(theirs, place)}."


_PARTS = (ast.keyword, ast.Attribute, ast.arg, ast.Starred)
"""Nodes that nobody reads apart from what they consist of."""


def _unit(one: Edit) -> tuple[ast.AST | None, ast.AST | None, str]:
    """What is to be shown of both sides, and the field that it stands in."""
    ours, theirs, place = one.ours, one.theirs, one.place
    around = [*reversed(one.above)]
    while around and isinstance(around[0], _PARTS):
        whole = around.pop(0)
        changed = copy.copy(whole)
        setattr(changed, place, theirs)
        ours, theirs = whole, changed
        outside = ast.iter_fields(around[0]) if around else ()
        place = next(
            (name for name, part in outside if part is whole or _among(whole, part)), place
        )
    return ours, theirs, place


def _among(node: ast.AST, parts: object) -> bool:
    return isinstance(parts, list) and any(part is node for part in parts)


def _around(one: Edit) -> str:
    """Where something is missing, by what stands around it."""
    around = one.above[-1]
    text = _cut(_lines(around)[-1]) if not isinstance(around, ast.Module) else ""
    if one.place == "decorator_list":
        return f"on the line above `{text}`"
    if one.place == "body" and text:
        return f"in what belongs to `{text}`"
    if isinstance(around, ast.Call):
        return f"in the parentheses of `{_cut(ast.unparse(around.func))}(…)` in line {one.line}"
    return f"in `{text}` in line {one.line}" if text else "in the cell"


def _shown(node: ast.AST | None, place: str) -> str:
    assert node is not None
    text = _cut(_lines(node)[-1])
    return f"`@{text}`" if place == "decorator_list" else f"`{text}`"


def _lines(node: ast.AST) -> list[str]:
    """Its decorators and its first line."""
    lines = ast.unparse(node).split("\n")
    ends = next((n for n, line in enumerate(lines) if not line.startswith("@")), 0)
    return lines[: ends + 1]


def _cut(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:97]}…"
