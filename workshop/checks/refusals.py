"""Validators of Updates: whether they refuse what they should, and why they do not."""

from __future__ import annotations

import ast
import difflib
import inspect
import itertools
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workshop.checks.learner import Learner
from workshop.checks.messages import method_of
from workshop.checks.steps import kind_of

Said = tuple[str, str]


@dataclass(frozen=True)
class Refusal:
    """What a validator did with an input."""

    raised: bool
    words: str = ""
    """Of the error that it raised."""
    line: int = 0
    """The line of the validator at which it did."""
    returned: str = ""
    """What it returned where it raised nothing, in words; empty for None."""


def refuses(method: Any, *inputs: Any) -> Refusal:
    """Call a validator as the SDK does: raising is refusing.

    Raises:
        NameError, AttributeError, TypeError: not a refusal, but a mistake in the code.
    """
    try:
        result = method(*inputs)
    except (NameError, AttributeError, TypeError):
        raise
    except Exception as error:
        own = [f for f in traceback.extract_tb(error.__traceback__) if f.name == method.__name__]
        return Refusal(True, str(error), (own[0].lineno or 0) if own else 0)
    if inspect.iscoroutine(result):
        result.close()
    told = repr(result) if isinstance(result, (bool, int, str)) else kind_of(result)
    return Refusal(False, returned="" if result is None else told)


@dataclass(frozen=True)
class Validator:
    """A learner's validator, beside the conditions on which it is to refuse."""

    learner: Learner
    name: str
    """Of the method."""
    update: str
    """The name of the Update's handler."""
    conditions: tuple[str, ...]
    """As they stand in an `if`, in one right way of writing them."""

    @property
    def node(self) -> ast.AST:
        return method_of(self.learner, self.name) or ast.Pass()

    def refused(self, done: Refusal) -> Said:
        """Why an input that fits is refused: the `if` that was true, and what to write there."""
        test = self._around(done.line)
        if test is None:
            return "", "Refuse only when the condition is not met; look at each `if`."
        shown = self._source(test)
        saw = f" `if {shown}` is true then."
        want = self._nearest(shown)
        if not want:
            return saw, "Refuse only when the condition is not met; look at each `if`."
        do = f"Write `if {want}:`."
        for given in self._inputs():
            if f"self.{given}" in want and f"self.{given}" not in shown and given in _names(test):
                saw += f" `{given}` is the input, not what the Workflow keeps in `self.{given}`."
                break
        for ours in _texts(test):
            for theirs in _texts(_parsed(want)):
                if ours != theirs and ours.lower() == theirs.lower():
                    do += " Look at small and capital letters."
        return saw, do

    def let_through(self, condition: str, done: Refusal) -> Said:
        """Why an input that does not fit is let through, and what to do."""
        if done.returned:
            return f" It returns {done.returned}; only raising refuses.", (
                f"`if {condition}:` and then `raise ValueError(…)`."
            )
        said = (
            self._below_a_raise()
            or self._caught()
            or self._not_raised()
            or self._in_the_handler(condition)
            or self._all_at_once()
        )
        if said:
            return f" {said[0]}", said[1]
        saw = ""
        if near := self._resembling(condition):
            saw = f" `if {near}` does not see it."
        return saw, f"`if {condition}:` and then `raise ValueError(…)`."

    # --- what stands in the method ---

    def _tests(self) -> list[ast.expr]:
        return [node.test for node in ast.walk(self.node) if isinstance(node, ast.If)]

    def _source(self, node: ast.expr) -> str:
        found = ast.get_source_segment(self.learner.text, node) or ast.unparse(node)
        return " ".join(found.split())

    def _inputs(self) -> list[str]:
        if isinstance(self.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return [argument.arg for argument in self.node.args.args[1:]]
        return []

    def _around(self, line: int) -> ast.expr | None:
        """The test of the innermost `if` in whose body a line stands."""
        found = [
            node
            for node in ast.walk(self.node)
            if isinstance(node, ast.If)
            and node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)
        ]
        return found[-1].test if found else None

    def _missing(self) -> list[str]:
        """The conditions that do not stand in the method."""
        there = {ast.unparse(n) for n in _outside_of_and(self.node) if isinstance(n, ast.expr)}
        return [c for c in self.conditions if ast.unparse(_parsed(c)) not in there]

    def _nearest(self, shown: str) -> str:
        near = difflib.get_close_matches(shown, self._missing(), 1, 0.0)
        return near[0] if near else ""

    def _resembling(self, condition: str) -> str:
        """The test that was meant to be this condition, or an empty string."""
        if condition not in self._missing():
            return ""
        right = {ast.unparse(_parsed(c)) for c in self.conditions}
        shown = [self._source(test) for test in self._tests() if ast.unparse(test) not in right]
        near = difflib.get_close_matches(condition, shown, 1, 0.4)
        return near[0] if near else ""

    # --- mistakes ---

    def _below_a_raise(self) -> Said | None:
        for body in _bodies(self.node):
            for one, below in itertools.pairwise(body):
                if isinstance(one, (ast.Raise, ast.Return)):
                    first = (ast.get_source_segment(self.learner.text, below) or "").split("\n")[0]
                    word = "raise" if isinstance(one, ast.Raise) else "return"
                    return (
                        f"`{first}` is below a `{word}` in the same block: never reached.",
                        "Move it to the left, in line with the first `if`.",
                    )
        return None

    def _caught(self) -> Said | None:
        for node in ast.walk(self.node):
            if isinstance(node, ast.ExceptHandler) and not _has(node, ast.Raise):
                caught = f"except {ast.unparse(node.type)}" if node.type else "except"
                return (
                    f"`{caught}:` catches the refusal again.",
                    "Take `try` and `except` out: what the validator raises is the refusal.",
                )
        return None

    def _not_raised(self) -> Said | None:
        for node in ast.walk(self.node):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                name = ast.unparse(node.value.func)
                if name == "print" or "logger." in name or "logging." in name:
                    return (
                        f"`{name}(…)` tells nobody who decides, and refuses nothing.",
                        "Write `raise ValueError(…)` in its place.",
                    )
                if name.endswith(("Error", "Exception")):
                    return (
                        f"`{name}(…)` alone makes an error, and raises nothing.",
                        f"Write `raise {name}(…)`.",
                    )
            if isinstance(node, ast.Return) and node.value is None:
                return (
                    "`return` lets a decision through.",
                    "Write `raise ValueError(…)` in its place: only raising refuses.",
                )
        return None

    def _in_the_handler(self, condition: str) -> Said | None:
        handler = method_of(self.learner, self.update)
        if handler is None or not _has(handler, ast.Raise) or condition not in self._missing():
            return None
        if self._resembling(condition):
            return None
        return (
            f"The checks are in the handler `{self.update}`: it runs when the decision has been "
            "accepted, and is in the Event History.",
            f"Move them into the validator `{self.name}`, which is asked before that.",
        )

    def _all_at_once(self) -> Said | None:
        for test in self._tests():
            if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
                parts = {ast.unparse(part) for part in test.values}
                right = {ast.unparse(_parsed(c)) for c in self.conditions}
                if len(parts & right) > 1:
                    return (
                        "`and` refuses only where all of it is true at once.",
                        "Give each condition an `if` of its own, or write `or`.",
                    )
        return None


def gone_or_above(learner: Learner, name: str, update: str) -> Said | None:
    """Why an Update has no validator, where its method is gone or its decorator a comment."""
    method = method_of(learner, name)
    for line in learner.text.split("\n"):
        if line.strip().startswith("#") and f"@{update}.validator" in line:
            return (
                f"`{line.strip()}` is a comment.",
                "Take the `#` away, so that the line is code.",
            )
    if method is None:
        handler = method_of(learner, update)
        checks = " The checks are in the handler." if handler and _has(handler, ast.Raise) else ""
        return (
            f"The class has no `{name}`: nothing looks at a decision before the handler "
            f"`{update}` takes it.{checks}",
            f"Put `{name}` back, under `@{update}.validator`, with the checks in it.",
        )
    return None


def _parsed(condition: str) -> ast.expr:
    return ast.parse(condition, mode="eval").body


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _texts(node: ast.AST) -> list[str]:
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def _has(node: ast.AST, kind: type[ast.AST]) -> bool:
    return any(isinstance(part, kind) for part in ast.walk(node))


def _outside_of_and(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a method, without those that are joined by `and`."""
    yield node
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        return
    for child in ast.iter_child_nodes(node):
        yield from _outside_of_and(child)


def _bodies(node: ast.AST) -> list[Sequence[ast.stmt]]:
    return [
        body
        for part in ast.walk(node)
        for body in (getattr(part, "body", None), getattr(part, "orelse", None))
        if isinstance(body, list)
    ]
