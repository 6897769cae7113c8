"""A loop over a person's decisions: mistakes in it, as a cell's text shows them.

A rule here is asked when behaviour was not right: it names the cause of what was seen.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from contextlib import contextmanager

from workshop.checks.learner import Learner, last_name
from workshop.checks.messages import method_of
from workshop.checks.outcome import NotAttempted, NotYet
from workshop.checks.steps import decorated

Said = tuple[str, str]
KEPT = "self.decision"
TAKE = "Write `decision, self.decision = self.decision, None` right after the wait."
CHOICES = ("keep", "redo", "edit")


@contextmanager
def explained(learner: Learner) -> Iterator[None]:
    """In this block, what is not right is told with a mistake in the loop, where there is one.

    Raises:
        NotYet: what the block raised, with the mistake.
    """
    try:
        yield
    except NotAttempted:
        raise
    except NotYet as found:
        if said := mistake(learner):
            raise NotYet(f"{found.saw} {said[0]}", said[1]) from None
        raise


def mistake(learner: Learner) -> Said | None:
    """The first mistake in the loop that the text of the cell shows."""
    run = method_of(learner, "run")
    if run is None:
        return None
    return (
        _misspelt(learner)
        or _wait(run)
        or _taken(run, {f"self.{name}" for name in decorated(learner.tree)})
        or _object(run)
        or _choice(run)
        or _inside_of_keep(run)
        or _prompt(run)
    )


def _misspelt(learner: Learner) -> Said | None:
    """An attribute that a method sets, nearly that of `__init__`."""
    init = method_of(learner, "__init__")
    known = [n.attr for n in _stored(init)] if init else []
    for node in _stored(learner.tree):
        near = difflib.get_close_matches(node.attr, known, 1, 0.75)
        if near and node.attr not in known:
            return (
                f"`self.{node.attr}` is another attribute than `self.{near[0]}`.",
                f"Correct `self.{node.attr}` to `self.{near[0]}`.",
            )
    return None


def _stored(tree: ast.AST) -> list[ast.Attribute]:
    return [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute)
        and isinstance(n.ctx, ast.Store)
        and ast.unparse(n.value) == "self"
    ]


def _wait(run: ast.AST) -> Said | None:
    right = "`await workflow.wait_condition(lambda: self.decision is not None)`"
    waits = [
        n for n in ast.walk(run) if isinstance(n, ast.Call) and last_name(n.func).startswith("wait")
    ]
    awaited = {n for a in ast.walk(run) if isinstance(a, ast.Await) for n in ast.walk(a)}
    if not waits:
        return "There is no wait for a decision in it.", f"Put it back: {right}."
    if not any(wait in awaited for wait in waits):
        return "The wait is not awaited, so it waits for nothing.", f"Write {right}."
    loops = [n for n in ast.walk(run) if isinstance(n, (ast.For, ast.While))]
    inside = {n for loop in loops for n in ast.walk(loop)}
    if loops and not any(wait in inside for wait in waits):
        return (
            "The wait is outside of the loop, so only one round waits.",
            f"Put {right} into the loop, after each draft.",
        )
    for wait in waits:
        condition = ast.unparse(wait.args[0]) if wait.args else ""
        if condition.startswith("lambda") and KEPT not in condition:
            return f"`{condition}` does not look at `{KEPT}`.", f"Write {right}."
    return None


def _taken(run: ast.AST, methods: set[str]) -> Said | None:
    """How the decision is taken out of `self.decision`, and None put there."""
    waits = [n.lineno for n in ast.walk(run) if isinstance(n, ast.Await) and "wait" in _name(n)]
    taken, cleared = 0, 0
    for node in ast.walk(run):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Delete) and KEPT in map(ast.unparse, node.targets):
            return f"`{ast.unparse(node)}` takes the attribute itself away.", TAKE
        for target, value in _pairs(node):
            of, to = ast.unparse(target), ast.unparse(value)
            if of == KEPT and to == KEPT:
                return "The two sides are in the wrong order: `self.decision` keeps it.", TAKE
            if to in methods:
                return f"`{to}` is the method, not the decision: that is in `{KEPT}`.", TAKE
            if isinstance(target, ast.Name) and to == KEPT:
                taken = line
            if to.startswith(f"{KEPT}."):
                return f"`{of} = {to}` takes one field of it: the others are gone.", TAKE
            if "wait_condition" in to:
                return f"`{of}` is what wait_condition gives, and that is nothing.", (
                    "Wait on a line of its own; the decision is in `self.decision` then."
                )
            if of == KEPT:
                if to != "None":
                    return f"`{to}` is not None, so the next wait is over at once.", TAKE
                cleared = cleared or line
                if branch := _branch(run, node):
                    return (
                        f"`{KEPT} = None` is under `{branch}`, and is left out otherwise: "
                        "a redo leaves the decision there.",
                        TAKE,
                    )
    if not cleared:
        local = any(
            isinstance(t, ast.Name) and t.id == "decision" and ast.unparse(v) == "None"
            for n in ast.walk(run)
            for t, v in _pairs(n)
        )
        return (
            f"`decision = None` clears a variable of the method, and not `{KEPT}`."
            if local
            else f"Nothing puts None into `{KEPT}`: the next round finds the old decision there.",
            TAKE,
        )
    if waits and cleared < waits[0]:
        return (
            f"`{KEPT} = None` is before the wait: a decision that came early is lost.",
            "Take the decision first, and put None there after the wait: "
            "`decision, self.decision = self.decision, None`.",
        )
    if taken and cleared < taken:
        return f"`{KEPT} = None` is first, and then the decision is gone.", (
            "Take it first: `decision = self.decision`, and below it `self.decision = None`."
        )
    for node in ast.walk(run):
        of_kept = isinstance(node, ast.Attribute) and ast.unparse(node.value) == KEPT
        if isinstance(node, ast.Attribute) and of_kept and node.lineno > cleared and taken:
            return (
                f"`{ast.unparse(node)}`: there, `{KEPT}` is None already.",
                f"Ask what was taken out of it: `decision.{node.attr}`.",
            )
    return None


def _name(node: ast.Await) -> str:
    return last_name(node.value.func) if isinstance(node.value, ast.Call) else ""


def _pairs(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """What an assignment sets to what; tuples taken apart."""
    if not isinstance(node, ast.Assign):
        return []
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=False))
    return [(target, value)]


def _branch(run: ast.AST, statement: ast.AST) -> str:
    """The `if` in which a statement stands, as it is written; empty where there is none."""
    for node in ast.walk(run):
        if isinstance(node, ast.If) and statement in [n for p in node.body for n in ast.walk(p)]:
            return f"if {ast.unparse(node.test)}"
    return ""


def _object(run: ast.AST) -> Said | None:
    for node in ast.walk(run):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) in ("decision", KEPT):
            value = node.comparators[0]
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                wrong = ast.unparse(node)
                return (
                    f"`{wrong}` compares the whole decision with a text.",
                    f"Its choice is the text: `decision.choice == {ast.unparse(value)}`.",
                )
    return None


def _choice(run: ast.AST) -> Said | None:
    for node in ast.walk(run):
        if isinstance(node, ast.BoolOp) and isinstance(node.values[-1], ast.Constant):
            left = node.values[0]
            texts = [ast.unparse(v) for v in node.values[1:]]
            if isinstance(left, ast.Compare):
                texts.insert(0, ast.unparse(left.comparators[0]))
                of = ast.unparse(left.left)
                return (
                    f"`{ast.unparse(node)}`: a text alone counts as a yes.",
                    f"Compare with each of them: `{of} in ({', '.join(texts)})`; or with one.",
                )
        if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith(".choice"):
            value = node.comparators[0]
            if isinstance(value, ast.Constant) and value.value not in CHOICES:
                return (
                    f"`{ast.unparse(node)}`: no decision has that choice.",
                    'The choices are "keep", "redo" and "edit", in small letters.',
                )
            if isinstance(value, ast.Name) and value.id in CHOICES:
                return f"`{value.id}` is a text, and has no quotes.", f'Write `"{value.id}"`.'
    return None


def _inside_of_keep(run: ast.AST) -> Said | None:
    for node in ast.walk(run):
        if isinstance(node, ast.If) and "'keep'" in ast.unparse(node.test):
            for part in [p for statement in node.body for p in ast.walk(statement)]:
                if isinstance(part, ast.If) and "'edit'" in ast.unparse(part.test):
                    return (
                        f"`if {ast.unparse(part.test)}` is inside of the `if` for keep, and "
                        "is never reached by an edit.",
                        "Indent it as far as the `if` for keep, not further.",
                    )
    return None


def _prompt(run: ast.AST) -> Said | None:
    """The branch of an edit does not set `self.prompt`, or does more."""
    do = 'Write `self.prompt = f"{decision.instructions}:\\n\\n{self.latest_text}"`.'
    for node in ast.walk(run):
        if not (isinstance(node, ast.If) and "'edit'" in ast.unparse(node.test)):
            continue
        parts = [p for statement in node.body for p in ast.walk(statement)]
        if any(isinstance(p, ast.AugAssign) and _is_prompt(p.target) for p in parts):
            return "`+=` adds to the old prompt, which stays in front.", do
        if any(_is_prompt(target) for p in parts for target, _ in _pairs(p)):
            return _asked_with(run)
        for part in parts:
            if isinstance(part, ast.Return):
                return "An edit returns, and that ends the Workflow.", do
            if isinstance(part, ast.Compare) and _is_prompt(part.left):
                return "`==` compares, and sets nothing.", do
            for target, _ in _pairs(part):
                return f"`{ast.unparse(target)} = …` does not change the next prompt.", do
    return None


def _asked_with(run: ast.AST) -> Said | None:
    """The Activity is asked with something else than the prompt that was set, or not each time."""
    calls = [
        n for n in ast.walk(run) if isinstance(n, ast.Call) and "activity" in last_name(n.func)
    ]
    loops = [n for n in ast.walk(run) if isinstance(n, (ast.For, ast.While))]
    inside = {n for loop in loops for n in ast.walk(loop)}
    for call in calls:
        if "input.prompt" in ast.unparse(call):
            return (
                "`input.prompt` stays what it was: llm_call is asked the first prompt each time.",
                "Ask with `LLMCallInput(self.prompt)`.",
            )
        if loops and call not in inside:
            return (
                "llm_call is asked outside of the loop, so there is one draft only.",
                "Move `await workflow.execute_activity(…)` into the loop.",
            )
    return None


def _is_prompt(target: ast.expr) -> bool:
    return ast.unparse(target) == "self.prompt"
