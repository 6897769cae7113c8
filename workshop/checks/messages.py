"""Steps for Workflows that are spoken to: handlers of Signals, Queries and Updates, and waits."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Literal

from temporalio.api.enums.v1 import EventType

from workshop.checks.learner import Learner
from workshop.checks.steps import AGAIN, decorated
from workshop.checks.trial import Stuck, Trial
from workshop.core.display import counted

Kind = Literal["signal", "query", "update"]
_MEANING = {
    "signal": "it takes a message and returns nothing",
    "query": "it only reads and returns something",
    "update": "it takes a message and answers it",
}


def method_of(learner: Learner, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The last method of this name in the cell."""
    found = [
        node
        for node in ast.walk(learner.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name
    ]
    return found[-1] if found else None


def has_handler(learner: Learner, kind: type, name: str, of: Kind) -> Any:
    """The Workflow class has a handler of this kind and name. Returns the SDK's definition of it.

    https://docs.temporal.io/develop/python/message-passing
    """
    definition = kind.__temporal_workflow_definition  # type: ignore[attr-defined]
    known = {
        "signal": definition.signals,
        "query": definition.queries,
        "update": definition.updates,
    }
    called = of.capitalize()
    a = "an" if of == "update" else "a"
    learner.step(f"{name} is {a} {called} handler")
    method = method_of(learner, name)
    if name in known[of]:
        _has_one_decorator(learner, vars(kind).get(name), name, of)
        return known[of][name]
    for other, handlers in known.items():
        if name in handlers:
            article = "an" if other == "update" else "a"
            learner.not_yet(
                f"`{name}` is {article} {other.capitalize()} handler: {_MEANING[other]}.",
                f"Write `@workflow.{of}` instead of `@workflow.{other}`: {_MEANING[of]}.",
            )
        for registered, handler in handlers.items():
            if getattr(handler.fn, "__name__", "") == name:
                learner.not_yet(
                    f"The handler is registered under the name {registered!r}.",
                    f"Leave name= out: then it is called {name}, as the method is.",
                )
    if method is None:
        others = [m for m in vars(kind) if not m.startswith("_")]
        close = next(iter(difflib.get_close_matches(name, others, 1, 0.6)), "")
        learner.not_yet(
            f"The class has no method `{name}`" + (f", but `{close}`." if close else "."),
            f"Call it `{name}`, as it was given, and {AGAIN}.",
        )
    _is_alone(learner, name)
    if method in learner.tree.body:
        learner.not_yet(
            f"`{name}` is a function beside the class, and not a method of it.",
            f"Indent it by four spaces, into `class {kind.__name__}`, and {AGAIN}.",
        )
    said = [ast.unparse(decorator) for decorator in method.decorator_list]
    others = [d for d in said if d.partition("(")[0] != f"workflow.{of}"]
    if others and len(others) < len(said):
        learner.not_yet(
            f"`{name}` has the decorator @{others[0]} too, and with it is not a {called} handler.",
            f"Keep `@workflow.{of}` alone: take `@{others[0]}` away, and {AGAIN}.",
        )
    learner.not_yet(
        f"`{name}` has the decorator @{said[0]}, which does not make it a {called} handler."
        if said
        else _elsewhere(learner, f"@workflow.{of}")
        or f"`{name}` is a method without a decorator: no {called} can reach it.",
        f"Write `@workflow.{of}` on the line above `def {name}`, and {AGAIN}.",
    )


def _is_alone(learner: Learner, name: str) -> None:
    """No other method of the class has the same name."""
    there = list(decorated(learner.tree))
    for kind in [node for node in ast.walk(learner.tree) if isinstance(node, ast.ClassDef)]:
        if [getattr(part, "name", "") for part in kind.body].count(name) > 1:
            right = decorated(learner.blank.finished_tree)
            missing = [f"`{other}`" for other in right if other not in there]
            learner.not_yet(
                f"The class has two methods with the name `{name}`: the second takes the place of "
                "the first, with its decorator.",
                f"Give each a name of its own; {missing[0]} is missing."
                if missing
                else "Take one of them out, or give each a name of its own.",
            )


def _has_one_decorator(learner: Learner, method: Any, name: str, of: Kind) -> None:
    """The SDK takes a method that is decorated twice for one kind of handler, and says nothing."""
    for other in _MEANING:
        if other != of and hasattr(method, f"__temporal_{other}_definition"):
            learner.not_yet(
                f"`{name}` is decorated twice, for a {of.capitalize()} and for a "
                f"{other.capitalize()}; only one of them counts.",
                f"Keep `@workflow.{of}` alone: take `@workflow.{other}` away, and {AGAIN}.",
            )


def _elsewhere(learner: Learner, decorator: str) -> str:
    """Where a decorator stands that a method has not got, or an empty string."""
    for line in learner.text.split("\n"):
        if decorator in line.partition("#")[2]:
            return f"`{decorator}` is in a comment, after a `#`: Python does not read it."
    for node in ast.walk(learner.tree):
        said = [ast.unparse(d).partition("(")[0] for d in getattr(node, "decorator_list", [])]
        if isinstance(node, ast.ClassDef) and decorator[1:] in said:
            return f"`{decorator}` is above the class {node.name}, not above the method."
    right = decorated(learner.blank.finished_tree)
    for name, its in decorated(learner.tree).items():
        if decorator[1:] in its and decorator[1:] not in right.get(name, []):
            return f"`{decorator}` is above the method `{name}`."
    return ""


def only_reads(learner: Learner, name: str) -> None:
    """A Query handler neither writes to `self` nor awaits."""
    method = method_of(learner, name)
    if method is None:
        return
    learner.step(f"{name} changes nothing")
    for part in ast.walk(method):
        called = ast.unparse(part.func) if isinstance(part, ast.Call) else ""
        if called.startswith("workflow.execute_") or called.startswith("workflow.start_"):
            learner.not_yet(
                f"`{called}(…)` in a Query: it must not ask for an Activity, only read.",
                "Return what is in `self`, without `async` and `await`.",
            )
    if isinstance(method, ast.AsyncFunctionDef):
        learner.not_yet(
            f"`{name}` is an `async def`: a Query is answered at once, without waiting.",
            f"Write `def {name}(self)`.",
        )
    if changed := changes(method):
        learner.not_yet(
            f"`{name}` changes `{changed}`: a Query must leave the Workflow as it is.",
            "Return what is asked for, and nothing else.",
        )


def changes(method: ast.AST) -> str:
    """An attribute of `self` that a method assigns to, or an empty string."""
    for node in ast.walk(method):
        targets: Iterable[ast.expr] = ()
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            targets = [node.target]
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Attribute) and ast.unparse(part).startswith("self."):
                    return ast.unparse(part)
    return ""


async def within(
    learner: Learner, wait: Awaitable[None], saw: str | Callable[[], str], do: str
) -> None:
    """Await a wait of a trial's script; where it is in vain, the check ends with these words.

    Args:
        saw: the words, or what gives them when the wait is over.
    """
    try:
        await wait
    except Stuck:
        learner.not_yet(saw if isinstance(saw, str) else saw(), do)


def waits_seconds(trial: Trial) -> float:
    """How long the first timer of a trial is, in seconds; 0.0 where there is none."""
    for event in trial.events:
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            told = event.timer_started_event_attributes.start_to_fire_timeout
            return told.ToTimedelta().total_seconds()
    return 0.0


def has_deadline(learner: Learner, trial: Trial, want: float, wording: str) -> None:
    """The Workflow's wait has a deadline of so many seconds.

    Args:
        wording: how it is written, such as `timeout=timedelta(days=5)`.
    """
    learner.step("The wait has a deadline")
    seconds = waits_seconds(trial)
    if not seconds:
        learner.not_yet(
            "The Workflow waits without a deadline: its Event History has no timer.",
            f"Give wait_condition `{wording}`.",
        )
    if abs(seconds - want) > 0.01:
        learner.not_yet(
            f"After {duration(seconds)} without an answer the wait is over.",
            f"The task asks for {duration(want)}: write `{wording}`.",
        )


def duration(seconds: float) -> str:
    """Seconds in words, such as `5 days` or `24 hours`."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0 and not (unit == "day" and seconds == 86400):
            return counted(int(seconds // size), unit)
    return f"{seconds:g} s"
