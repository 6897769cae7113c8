"""Waits of a Workflow that have a deadline: mistakes in them, as a cell's text shows them.

A rule here is asked when behaviour was not right: it names the cause of what was seen.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from workshop.checks.learner import Learner, last_name
from workshop.checks.outcome import NotAttempted, NotYet

Said = tuple[str, str]


@contextmanager
def explained(
    learner: Learner, timeout: str, status: str, *, yes_or_no: bool = False
) -> Iterator[None]:
    """In this block, what is not right is told by a mistake in the wait, where there is one.

    Args:
        timeout: how the deadline is written, such as `timeout=timedelta(days=5)`.
        status: of the result when nobody decides.
        yes_or_no: whether what is waited for is True or False.

    Raises:
        NotYet: what the block raised, or the mistake.
    """
    try:
        yield
    except NotAttempted:
        raise
    except NotYet:
        said = mistake(learner, timeout, status)
        if not said and yes_or_no:
            said = _no_for_silence(learner)
        if said:
            raise NotYet(*said) from None
        raise


def gives_back(learner: Learner, timeout: str) -> None:
    """No loop of the cell waits without an `await`: it would block, and is not run."""
    learner.step("No loop keeps the Workflow from hearing a message")
    if said := _never_gives_back(learner, timeout):
        learner.not_yet(*said)


def mistake(learner: Learner, timeout: str, status: str) -> Said | None:
    """The first mistake in the wait that the text of the cell shows."""
    return (
        _not_awaited(learner)
        or _other_wait(learner, timeout)
        or _no_duration(learner, timeout)
        or _value_used(learner, status)
        or _condition(learner)
        or _always(learner, status)
        or _around_something_else(learner)
        or _raised(learner, status)
        or _catches_another(learner)
    )


def _waits(learner: Learner) -> list[ast.Call]:
    return list(learner.calls("wait_condition"))


def _not_awaited(learner: Learner) -> Said | None:
    for call in _waits(learner):
        if not learner.awaited(call):
            return (
                f"`{ast.unparse(call.func)}(…)` is not awaited: it does not wait at all.",
                "Write `await workflow.wait_condition(…)`.",
            )
    return None


def _other_wait(learner: Learner, timeout: str) -> Said | None:
    do = f"Wait with `await workflow.wait_condition(…, {timeout})` alone: it ends at a decision."
    for name in ("sleep", "sleep_until"):
        for call in learner.calls(name):
            return (
                f"`{ast.unparse(call.func)}(…)` waits for its whole time, also when somebody "
                "decides meanwhile.",
                do,
            )
    for call in learner.calls("wait_for"):
        return (
            f"`{ast.unparse(call.func)}(…)` is asyncio's own: its timeout is a number of seconds.",
            f"Give the time to wait_condition: `await workflow.wait_condition(…, {timeout})`.",
        )
    return None


def _never_gives_back(learner: Learner, timeout: str) -> Said | None:
    for node in ast.walk(learner.tree):
        if not isinstance(node, ast.While) or any(isinstance(n, ast.Await) for n in ast.walk(node)):
            continue
        asked = {ast.unparse(n) for n in ast.walk(node.test) if isinstance(n, ast.Attribute)}
        stored = {
            ast.unparse(n)
            for part in node.body
            for n in ast.walk(part)
            if isinstance(n, (ast.Attribute, ast.Name)) and isinstance(n.ctx, ast.Store)
        }
        ends = any(isinstance(n, (ast.Break, ast.Return)) for n in ast.walk(node))
        if not asked & stored and asked and not ends:
            return (
                f"The loop `while {ast.unparse(node.test)}:` has no `await` in it: it blocks, and "
                "no message can arrive.",
                f"Write `await workflow.wait_condition(…, {timeout})` in its place.",
            )
    return None


def _no_duration(learner: Learner, timeout: str) -> Said | None:
    for call in _waits(learner):
        for keyword in call.keywords:
            if keyword.arg != "timeout":
                continue
            value = keyword.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                return (
                    f"`timeout={ast.unparse(value)}` is a text, not a duration.",
                    f"Write `{timeout}`.",
                )
            if any(last_name(n.func) == "now" for n in ast.walk(value) if isinstance(n, ast.Call)):
                return (
                    f"`timeout={ast.unparse(value)}` is a moment, not a duration.",
                    f"Write `{timeout}`.",
                )
    return None


def _value_used(learner: Learner, status: str) -> Said | None:
    used = {n.id for n in ast.walk(learner.tree) if isinstance(n, ast.Name) and _loads(n)}
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
            if isinstance(value, ast.Await) and value.value in _waits(learner) and name in used:
                return (
                    f"`{name}` is always None: wait_condition returns nothing. When the time is "
                    "up, it raises an error.",
                    f"Take `{name}` out; where `except asyncio.TimeoutError:` stands, return the "
                    f'draft with the status "{status}".',
                )
    return None


def _loads(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _condition(learner: Learner) -> Said | None:
    for call in _waits(learner):
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Lambda) and isinstance(first.body, ast.Constant):
            return (
                f"The condition is `{ast.unparse(first)}`, whatever is decided.",
                "Ask for what the handler keeps: `lambda: self.… is not None`.",
            )
        if first is not None and isinstance(first, (ast.Compare, ast.Attribute, ast.BoolOp)):
            text = ast.unparse(first)
            if not isinstance(first, ast.Attribute):
                return (
                    f"`{text}` is looked at once, before the wait: its value is not a condition.",
                    f"Write `lambda: {text}`, which is looked at again and again.",
                )
    return None


def _always(learner: Learner, status: str) -> Said | None:
    """A result of silence that stands where every decision comes along as well."""
    for body in _bodies(learner.tree):
        for n, node in enumerate(body):
            if not isinstance(node, ast.Try) or not _holds_wait(learner, node):
                continue
            if any(isinstance(part, ast.Return) for part in node.finalbody):
                return (
                    "`finally:` is done after every wait, also when somebody has decided.",
                    "Write `except asyncio.TimeoutError:` instead of `finally:`.",
                )
            if any(isinstance(p, ast.Return) and status in ast.unparse(p) for p in node.orelse):
                return (
                    f"`else:` is done where no time-out came: there {status} is not true.",
                    f'Return the status "{status}" under `except asyncio.TimeoutError:`.',
                )
            after = body[n + 1] if n + 1 < len(body) else None
            if isinstance(after, ast.Return) and f"'{status}'" in ast.unparse(after):
                return (
                    f"`{ast.unparse(after)}` is below the `except`, not in it: it is always "
                    "done, also when somebody has decided.",
                    "Indent it, so that it belongs to `except asyncio.TimeoutError:`.",
                )
    return None


def _around_something_else(learner: Learner) -> Said | None:
    """A wait whose time-out no `try` catches."""
    tries = [node for node in ast.walk(learner.tree) if isinstance(node, ast.Try)]
    waits = _waits(learner)
    timed = [call for call in waits if any(k.arg == "timeout" for k in call.keywords)]
    if not timed:
        return None
    catch = "`try:` above the wait and `except asyncio.TimeoutError:` below it"
    if not tries:
        return (
            "When the time is up, the wait raises an error, and nothing catches it: the Workflow "
            "fails, and the draft is lost.",
            f"Write {catch}, and return the draft there.",
        )
    if not any(_holds_wait(learner, node) for node in tries):
        return (
            "The `try` is around something else: what wait_condition raises is not caught.",
            f"Write {catch}.",
        )
    return None


def _raised(learner: Learner, status: str) -> Said | None:
    for node in ast.walk(learner.tree):
        if (
            isinstance(node, ast.ExceptHandler)
            and node.type
            and "Timeout" in ast.unparse(node.type)
        ):
            for part in ast.walk(node):
                if isinstance(part, ast.Raise):
                    return (
                        f"`{ast.unparse(part)}` under `except`: the Workflow fails when the time "
                        "is up, and the draft is lost.",
                        f'Instead of `raise` return the draft, with the status "{status}".',
                    )
    return None


def _catches_another(learner: Learner) -> Said | None:
    good = {"asyncio.TimeoutError", "asyncio.exceptions.TimeoutError"}
    if sys.version_info >= (3, 11):
        good.add("TimeoutError")
    for node in ast.walk(learner.tree):
        if not isinstance(node, ast.Try) or not _holds_wait(learner, node):
            continue
        kinds = [handler.type for handler in node.handlers if handler.type]
        caught = [
            ast.unparse(one)
            for kind in kinds
            for one in (kind.elts if isinstance(kind, ast.Tuple) else [kind])
        ]
        if caught and not good & set(caught):
            return (
                f"`except {caught[0]}:` does not catch what wait_condition raises when the time is "
                "up.",
                "Write `except asyncio.TimeoutError:`.",
            )
    return None


def _no_for_silence(learner: Learner) -> Said | None:
    """`not self.x`, where x is None for silence and False for a no."""
    waited = {
        ast.unparse(part.left)
        for call in _waits(learner)
        for part in ast.walk(call)
        if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.IsNot)
    }
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.UnaryOp):
            asked = ast.unparse(node.test.operand)
            if isinstance(node.test.op, ast.Not) and asked in waited:
                return (
                    f"`if not {asked}:` is true for silence, and for a no as well.",
                    f"Ask for silence alone: `if {asked} is None:`.",
                )
    return None


def _holds_wait(learner: Learner, node: ast.Try) -> bool:
    inside = {id(part) for one in node.body for part in ast.walk(one)}
    return any(id(call) in inside for call in _waits(learner))


def _bodies(tree: ast.AST) -> list[list[ast.stmt]]:
    return [
        body
        for part in ast.walk(tree)
        for body in (getattr(part, "body", None), getattr(part, "orelse", None))
        if isinstance(body, list)
    ]
