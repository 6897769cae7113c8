"""Steps that checks of several lessons have in common, with the mistakes that people make there."""

from __future__ import annotations

import ast
import difflib
import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from workshop.checks import trial as trials
from workshop.checks.learner import Learner, last_name
from workshop.checks.trial import Scheduled, Trial
from workshop.checks.words import AGAIN as AGAIN_HERE
from workshop.checks.words import KEYWORDS, explain, explain_text
from workshop.core import settings
from workshop.kernel.look import Look
from workshop.kernel.not_started import WorkerNotStarted, why_not

Said = tuple[str, str]
AGAIN = "run the cell above, then this one"


def ran(learner: Learner, told: Callable[[BaseException], Said | None] | None = None) -> None:
    """The cell runs without an error.

    Args:
        told: what was seen and what to try, of an error that it knows.
    """
    learner.step("The cell runs without an error")
    error = learner.last_run.error if learner.last_run else None
    if error is None:
        return
    said = told(error) if told else None
    if said:
        learner.not_yet(*said)
    raise error


# --- Activities ---


def is_activity(learner: Learner, name: str, input: str) -> Any:
    """The name is a function with `@activity.defn` and one input. Returns the function.

    Args:
        input: the name of the input's class.
    """
    ran(learner, lambda error: _decorator_words(learner, name, error))
    learner.step(f"{name} is an Activity")
    function = learner.name(name)
    definition = getattr(function, "__temporal_activity_definition", None)
    if not inspect.isroutine(function):
        learner.not_yet(
            f"`{name}` is {kind_of(function)}.", f"Define it as a function: `def {name}(…)`."
        )
    if definition is None:
        if len(_definitions(learner, name)) > 1:
            learner.not_yet(
                f"`{name}` is defined twice; the last one counts, and has no @activity.defn.",
                "Take one of the two out, and keep the one with `@activity.defn`.",
            )
        said = [ast.unparse(d) for d in _decorators(learner, name)]
        learner.not_yet(
            f"`{name}` has the decorator @{said[0]}, which does not make it an Activity."
            if said
            else f"`{name}` has no decorator, so Temporal does not treat it as an Activity.",
            f"Write `@activity.defn` on the line above `def {name}`, and {AGAIN}.",
        )
    if definition.name != name:
        learner.not_yet(
            f"The Activity is registered under the name {definition.name!r}.",
            f"Write `@activity.defn` without a name: then it is called {name}, as the function is.",
        )
    learner.step(f"It takes one input, {input}")
    takes = list(inspect.signature(function).parameters)
    if takes[:1] == ["self"]:
        learner.not_yet(
            f"`{name}` takes `self`, and is in no class.",
            f"Write `def {name}(input: {input})`.",
        )
    kind = inspect.signature(function).parameters[takes[0]].annotation if len(takes) == 1 else None
    stated = kind if isinstance(kind, str) else getattr(kind, "__name__", "")
    if stated == "_empty":
        learner.not_yet(
            f"`{takes[0]}` has no type, so it arrives as a dict without `.field`.",
            f"Write `{takes[0]}: {input}`, as it was given.",
        )
    if kind is not None and stated not in (input, "Any", "dict", "Mapping"):
        learner.not_yet(
            f"`{name}` takes `{takes[0]}: {stated}`, and the Workflow gives it {input}.",
            f"Write `def {name}(input: {input})`, as it was given.",
        )
    if len(takes) != 1:
        learner.not_yet(
            f"`{name}` takes {len(takes)} inputs: {', '.join(takes) or 'none'}.",
            f"A Worker gives it one object: `def {name}(input: {input})`.",
        )
    return function


async def lets_errors_through(learner: Learner, run: Awaitable[Any], what: str) -> None:
    """Run an Activity that must fail: an error that it swallows is never retried.

    Args:
        run: the Activity, called so that its work fails.
        what: what fails, as the beginning of a sentence.
    """
    learner.step("It lets errors through, so that Temporal can retry")
    try:
        await run
    except Exception:
        return
    learner.not_yet(
        f"{what}, and the Activity swallows the exception: to Temporal that is a success.",
        "Take the `try` and `except` out: only an error that is raised is tried again.",
    )


def _decorators(learner: Learner, name: str) -> list[ast.expr]:
    return defined[-1].decorator_list if (defined := _definitions(learner, name)) else []


def _definitions(
    learner: Learner, name: str
) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    return [
        node
        for node in ast.walk(learner.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and node.name == name
    ]


def _decorator_words(learner: Learner, name: str, error: BaseException) -> Said | None:
    said = [ast.unparse(d) for d in _decorators(learner, name)]
    text = str(error)
    outside = [
        node
        for node in learner.tree.body
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    ]
    if any(f"{name}(" in ast.unparse(node) for node in outside):
        return (
            f"The cell calls {name}(…) itself, which raises: {text}",
            f"Only define {name} here: a Worker calls it. Take the call out, and {AGAIN}.",
        )
    if not said or isinstance(error, ImportError):
        return None
    if "already contains activity definition" in text:
        return "The function has two decorators @activity.defn.", "One is enough: remove the other."
    if any(s.startswith("workflow.") for s in said):
        return (
            f"`{name}` has the decorator @{said[0]}: that is for Workflows.",
            f"A step that does work is an Activity: write `@activity.defn` instead, and {AGAIN}.",
        )
    if isinstance(error, NameError):
        root = re.split(r"\W", said[0])[0]
        if said[0].startswith("activity.defn("):
            return (
                f"The decorator is @{said[0]} ({text}).",
                f"It is given no function: write `@activity.defn`, and {AGAIN}.",
            )
        if f"'{root}'" in text:
            near = difflib.SequenceMatcher(None, root, "activity").ratio() >= 0.8
            correct = f"Correct `{root}` to `activity`: write" if near else "Write"
            return (
                f"The decorator is @{said[0]}, which is not known here ({text}).",
                f"{correct} `@activity.defn`, and {AGAIN}.",
            )
        return None
    if said[0] == "activity":
        return (
            "The decorator is @activity, which is the module.",
            f"The decorator in it is `@activity.defn`; write that, and {AGAIN}.",
        )
    if said[0].startswith("activity.defn("):
        return (
            f"The decorator is @{said[0]}.",
            "Timeouts and retries are given where the Workflow calls execute_activity. Write "
            f"`@activity.defn`, and {AGAIN}.",
        )
    if isinstance(error, AttributeError) and said[0].startswith("activity."):
        return (
            f"The decorator is @{said[0]}; the module activity has no {said[0][9:]!r}.",
            f"Write `@activity.defn`, and {AGAIN}.",
        )
    return f"The decorator @{said[0]} fails: {text}", f"Write `@activity.defn`, and {AGAIN}."


# --- Workflows ---


@dataclass(frozen=True)
class Step:
    """One Activity that a Workflow is to ask for. Timeouts are seconds."""

    activity: str
    start_to_close: float | None
    """None for a step that asks the LLM: the notebook's `llm_time`."""
    input: Mapping[str, Any]
    """The fields of its input that are judged."""
    wording: str
    """How the input is written, such as `PDFGenerationInput(content=content)`."""
    longest_wait: float = 0.0
    """The longest pause between two attempts that is allowed; 0.0 where any is."""


def is_workflow(learner: Learner, name: str) -> type:
    """The name is a class with `@workflow.defn` and one entry point. Returns the class."""
    ran(learner, lambda error: _class_words(learner, name, error))
    learner.step(f"{name} is a Workflow")
    kind = learner.name(name)
    if not isinstance(kind, type):
        learner.not_yet(f"`{name}` is {kind_of(kind)}.", f"A Workflow is a class: `class {name}:`.")
    definition = getattr(kind, "__temporal_workflow_definition", None)
    if definition is None:
        learner.not_yet(
            f"The class `{name}` has no @workflow.defn.",
            f"Write `@workflow.defn(sandboxed=False)` on the line above the class, and {AGAIN}.",
        )
    if definition.sandboxed:
        learner.not_yet(
            "`sandboxed=False` is missing: the sandbox cannot load code that is in a cell.",
            f"Write `@workflow.defn(sandboxed=False)`, and {AGAIN}.",
        )
    if definition.name != name:
        learner.not_yet(
            f"The Workflow is registered under the name {definition.name!r}.",
            "Leave name= out: then it is called as the class is.",
        )
    run = next((m for m in vars(kind).values() if hasattr(m, "__temporal_workflow_run")), None)
    takes = list(inspect.signature(run).parameters) if run else []
    if takes[:1] != ["self"] and len(takes) < 2:
        learner.not_yet(
            f"The entry point takes {', '.join(takes) or 'nothing'}: `self` is missing.",
            f"Write `async def run(self, input: …)`, and {AGAIN}.",
        )
    return kind


def decorated(tree: ast.AST) -> dict[str, list[str]]:
    """The decorators of a text's functions and methods, without what they are called with."""
    return {
        node.name: [ast.unparse(d).partition("(")[0] for d in node.decorator_list]
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def _class_words(learner: Learner, name: str, error: BaseException) -> Said | None:
    text = str(error)
    methods = [
        (node, [ast.unparse(d) for d in node.decorator_list])
        for node in ast.walk(learner.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    said = next((d[0] for m, d in methods if d and m.name == "run"), "")
    gone = getattr(error, "name", "") if isinstance(error, NameError) else ""
    for method, decorators in methods:
        others = [other.name for other, _ in methods if other is not method]
        if gone and f"{gone}.validator" in decorators and gone in others:
            return (
                f"`@{gone}.validator` is above `{gone}`, which Python does not know yet there.",
                f"Move `{method.name}`, with its decorator, below `{gone}`; {AGAIN}.",
            )
    right = decorated(learner.blank.finished_tree)
    for method, its in methods:
        meant = right.get(method.name, [])
        if "workflow.run" in its and "workflow.run" not in meant and method.name != "run":
            return (
                f"`{method.name}` has the decorator @workflow.run, that of the entry point.",
                f"Write `@{meant[0]}` above `def {method.name}`, and {AGAIN}."
                if meant
                else f"Take it away: the entry point is `async def run`. Then {AGAIN}.",
            )
    if any("workflow.run" in ast.unparse(d) for d in _decorators(learner, name)):
        return (
            "@workflow.run is above the class.",
            f"It belongs on the line above `async def run`; {AGAIN}.",
        )
    if "must be an async function" in text:
        return (
            "The method with @workflow.run is an ordinary `def`.",
            f"Write `async def run(…)`: it awaits Activities. Then {AGAIN}.",
        )
    if said.startswith("workflow.run("):
        return (
            f"The entry point's decorator is written @{said}, with parentheses.",
            f"Write `@workflow.run` without them, and {AGAIN}.",
        )
    if "Missing @workflow.run" in text or said:
        saw = f"The entry point has the decorator @{said}." if said else ""
        if said.startswith("workflow.run"):
            return None
        return (
            saw or "No method of the class has the decorator @workflow.run.",
            f"Write `@workflow.run` on the line above `async def run`, and {AGAIN}.",
        )
    return None


FORBIDDEN = {
    "time.sleep": "It blocks; write `await workflow.sleep(…)`, a timer that outlives its Worker.",
    "asyncio.run": "A Workflow has an event loop already: write `await` alone.",
    "open": "Files belong in an Activity.",
    "input": "Nobody answers in a Workflow; ask before you start it.",
    "datetime.now": "A replay would read another clock; write `workflow.now()`.",
    "datetime.utcnow": "A replay would read another clock; write `workflow.now()`.",
    "datetime.datetime.now": "A replay would read another clock; write `workflow.now()`.",
    "time.time": "A replay would read another clock; write `workflow.time()`.",
    "uuid.uuid4": "A replay would draw another one; write `workflow.uuid4()`.",
    "random.random": "A replay would draw another number; write `workflow.random().random()`.",
    "random.choice": "A replay would draw another one; write `workflow.random().choice(…)`.",
    "random.randint": "A replay would draw another number; write `workflow.random()`.",
    "asyncio.to_thread": "A Workflow has no threads: write `await workflow.execute_activity(…)`.",
    "completion": "A call over the network belongs in an Activity.",
    "litellm.completion": "A call over the network belongs in an Activity.",
    "requests.get": "A call over the network belongs in an Activity.",
    "httpx.get": "A call over the network belongs in an Activity.",
}
"""Calls that do in Workflow code what rule 4 forbids, and what to write instead."""


def follows_rule_4(learner: Learner) -> None:
    """The Workflow's code does nothing that could turn out differently in a replay."""
    learner.step("The code keeps rule 4: nothing that blocks or may turn out differently")
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in FORBIDDEN:
                learner.not_yet(
                    f"The Workflow calls `{name}(…)` (line {node.lineno}).", FORBIDDEN[name]
                )


async def asks_for(
    learner: Learner,
    kind: type,
    argument: Any,
    steps: Sequence[Step],
    stand_ins: Mapping[str, Callable[..., Any]],
    origins: Mapping[str, Any],
) -> Trial:
    """The Workflow, run with stand-ins for its Activities, asks for these steps in this order.

    Args:
        origins: wrong places that an input may have been taken from, by their wording.

    Returns:
        The trial, which completed.
    """
    learner.step("It runs on the Temporal Service")
    names = [step.activity for step in steps]
    copy = learner.copy(kind, **learner.trapped(*names, "ask_model", "completion"))
    trial = await trials.run_workflow(copy, argument, stand_ins)
    code_failed(learner, trial, steps)
    learner.step("It asks for its Activities, one after the other")
    _in_order(learner, trial, names)
    for step in steps:
        scheduled = trial.scheduled(step.activity)
        assert scheduled
        learner.step(f"{step.activity} gets its input")
        _input(learner, step, scheduled, origins)
        learner.step(f"{step.activity} has a Start-to-Close timeout")
        _timeout(learner, step, scheduled)
        if scheduled.maximum_attempts == 1:
            learner.not_yet(
                f"{step.activity} has maximum_attempts=1: it is tried once, and never again.",
                "Leave maximum_attempts out of the retry_policy, so that Temporal retries.",
            )
        if step.longest_wait and not 0 < scheduled.maximum_interval <= step.longest_wait:
            learner.not_yet(
                f"{step.activity} may wait {scheduled.maximum_interval:g} s between two attempts: "
                "the retry_policy that was given is not there.",
                "Keep `retry_policy=RetryPolicy(maximum_interval="
                f"timedelta(seconds={step.longest_wait:g}))`.",
            )
    learner.step("It ends with a result")
    if trial.failure:
        learner.not_yet(f"The Workflow failed: {trial.failure}", f"Correct that, {AGAIN}.")
    if not trial.completed:
        learner.not_yet(
            "The Workflow has asked for its Activities and then did not end.",
            "See what it waits for after its last Activity.",
        )
    if learner.swallows:
        await _lets_fail(learner, copy, argument, stand_ins, steps[-1].activity)
    learner.step("A replay of its Event History goes the same way")
    if fault := await trials.replays(copy, trial):
        learner.not_yet(f"The replay fails: {fault[:200]}", "Move what may differ to an Activity.")
    return trial


async def _lets_fail(
    learner: Learner,
    copy: type,
    argument: Any,
    stand_ins: Mapping[str, Callable[..., Any]],
    last: str,
) -> None:
    """A Workflow whose last Activity fails for good does not report success."""
    learner.step("It does not hide a step that failed")

    def fails(*_: Any) -> Any:
        raise ApplicationError("the stand-in fails", non_retryable=True)

    trial = await trials.run_workflow(copy, argument, {**stand_ins, last: fails})
    if trial.completed:
        learner.not_yet(
            f"{last} fails, and the Workflow swallows the error: it completes as if it had not.",
            "Take the `try` and `except` out: Temporal retries, and a failure must be seen.",
        )


def code_failed(learner: Learner, trial: Trial, steps: Sequence[Step]) -> None:
    """End the check where a Workflow Task failed: the Workflow's own code has a mistake."""
    text = trial.task_failure
    names = [step.activity for step in steps]
    if not text:
        return
    kind, _, message = text.partition(": ")
    if kind == "CalledDirectly":
        called = message.split(" ")[0]
        if called not in names:
            learner.not_yet(
                f"The Workflow calls `{called}(…)` itself: a call that is paid for each replay.",
                "Let the Activity llm_call do it: `await workflow.execute_activity(llm_call, …)`.",
            )
        learner.not_yet(
            f"The Workflow calls `{called}(…)` directly, so nothing retries it or remembers it.",
            f"Write `await workflow.execute_activity({called}, …)`, with its input and a timeout.",
        )
    if "coroutine" in text:
        learner.not_yet(
            f"A call of execute_activity was not awaited: what it gives is a coroutine ({text}).",
            "Write `await workflow.execute_activity(…)`.",
        )
    if "ellipsis" in text:
        learner.not_yet(
            "`...` is still in an Activity's input.",
            f"Fill it in: `{steps[-1].wording}`.",
        )
    if "Unable to serialize" in text:
        asked = [activity.name for activity in trial.activities]
        step = next((s for s in steps if s.activity not in asked), steps[-1])
        if len(set(asked)) >= len(steps) and not trial.task_failure_line(learner.text):
            learner.not_yet(
                f"What the Workflow returns cannot be written down ({message[:120]}): it is a "
                "class or a function, not an object.",
                "Return an object made of the class, with parentheses and its fields.",
            )
        learner.not_yet(
            f"{step.activity}'s input cannot be written down ({message[:120]}): it is a class, "
            "not an object made of it.",
            f"Give it one object: `{step.wording}`.",
        )
    if "must have start_to_close_timeout or" in text or "start_to_close_timeout" in text:
        alone = [
            keyword.arg
            for call in [*learner.calls("execute_activity"), *learner.calls("start_activity")]
            for keyword in call.keywords
            if keyword.arg in ("heartbeat_timeout", "schedule_to_start_timeout")
        ]
        learner.not_yet(
            f"An Activity has `{alone[0]}` alone, which does not limit an attempt."
            if alone
            else "An Activity is asked for without a timeout.",
            "Give execute_activity `start_to_close_timeout=timedelta(seconds=…)`.",
        )
    bare = [
        keyword
        for call in [*learner.calls("execute_activity"), *learner.calls("start_activity")]
        for keyword in call.keywords
        if keyword.arg
        and keyword.arg.endswith("timeout")
        and isinstance(keyword.value, ast.Constant)
    ]
    if bare:
        value = ast.unparse(bare[0].value)
        kind = kind_of(ast.literal_eval(bare[0].value))
        learner.not_yet(
            f"`{bare[0].arg}={value}` is {kind}, not a duration.",
            f"Write `{bare[0].arg}=timedelta(seconds=…)`.",
        )
    by_place = [
        argument
        for call in [*learner.calls("execute_activity"), *learner.calls("start_activity")]
        for argument in call.args[1:]
        if ast.unparse(argument).startswith(("timedelta(", "datetime.timedelta("))
    ]
    if "positional argument" in text and by_place:
        learner.not_yet(
            f"`{ast.unparse(by_place[0])}` is given by its place, and it is not clear what it is.",
            f"Name it: `start_to_close_timeout={ast.unparse(by_place[0])}`.",
        )
    if "positional argument" in text and "execute_activity" in text:
        learner.not_yet(
            f"execute_activity was given too many things: {message[:160]}",
            "An Activity takes one input: put both values into one object, and name the timeout.",
        )
    if "was it decorated with @activity.defn" in text:
        name = next((word for word in message.split() if word in learner.names), "")
        learner.not_yet(
            f"`{name or 'What execute_activity is given'}` is not an Activity.",
            "Give it a function decorated with @activity.defn, by its name; finish that blank "
            "first if it is one.",
        )
    if "Activity must be a string or callable" in text:
        learner.not_yet(
            "What execute_activity is given first is not an Activity.",
            f"First comes the Activity: one of {', '.join(names)}.",
        )
    reads = kind in ("KeyError", "IndexError") or re.search(
        r"indices|subscriptable|ModelResponse|Choices|Message|NoneType|'(str|list|dict)'", message
    )
    line = trial.task_failure_line(learner.text)
    if reads and "choices" in (line or "choices") and (where := _reading(learner, kind, message)):
        learner.not_yet(f"{text}, {where}.", "Compare it with how the lesson reads an answer.")
    if "deadlock" in text.lower() or "TMPRL1101" in text or "timed out" in text:
        learner.not_yet(
            "The Workflow's code blocks: it did not give back control within 2 s.",
            "What waits or computes for long belongs in an Activity.",
        )
    saw, do = explain_text(learner, kind, message, line)
    learner.not_yet(f"The Workflow's code fails: {saw}", do)


def _reading(learner: Learner, kind: str, message: str) -> str:
    """Where in the cell something is read that is not there."""
    wanted = message.strip("'\"")
    for node in ast.walk(learner.tree):
        if isinstance(node, (ast.Subscript, ast.Attribute)):
            text = ast.unparse(node)
            last = ast.unparse(node.slice).strip("'\"") if isinstance(node, ast.Subscript) else ""
            if "choices" in text and (kind != "KeyError" or last == wanted):
                return f"in `{text}`"
    return ""


def _in_order(learner: Learner, trial: Trial, names: Sequence[str]) -> None:
    asked = [activity.name for activity in trial.activities]
    if asked == list(names):
        for first, second in zip(trial.activities, trial.activities[1:], strict=False):
            if first.name not in second.after:
                learner.not_yet(
                    f"{second.name} is asked for before {first.name} has completed: they run at "
                    "the same time.",
                    f"Await {first.name} first; what it returns goes into {second.name}'s input.",
                )
        return
    told = ", then ".join(asked) or "no Activity at all"
    missing = [name for name in names if name not in asked]
    lost = missing[0] if missing and missing[0] in learner.text else "An Activity"
    extra = [name for name in asked if name not in names]
    if extra:
        close = next(iter(difflib.get_close_matches(extra[0], names, 1, 0.5)), "")
        learner.not_yet(
            f"The Workflow asks for an Activity called {extra[0]!r}, which no Worker has.",
            f"Write `{close or (missing or list(names))[0]}`, and {AGAIN}.",
        )
    if missing:
        for local in ("execute_local_activity", "start_local_activity"):
            if any(missing[0] in ast.unparse(call) for call in learner.calls(local)):
                learner.not_yet(
                    f"{missing[0]} runs as a local Activity: the Event History has no step of it.",
                    f"Write `await workflow.execute_activity({missing[0]}, …)`.",
                )
        if early := _returns_before(learner, missing[0]):
            learner.not_yet(
                f"{missing[0]} was not asked for: `{early}` is before it, and ends the run.",
                "Move the `return` to the end.",
            )
        for call in learner.calls("execute_activity"):
            given = ast.unparse(call.args[0]) if call.args else ""
            if missing[0] in given and not learner.awaited(call):
                learner.not_yet(
                    f"{missing[0]} was never run: its execute_activity is not awaited.",
                    f"Write `await workflow.execute_activity({missing[0]}, …)`.",
                )
        learner.not_yet(
            f"The Event History shows: {told}. {lost} was not asked for.",
            f"Call it with `await workflow.execute_activity({missing[0]}, …)`.",
        )
    if sorted(asked) == sorted(names):
        learner.not_yet(f"The order is {told}.", f"First {', then '.join(names)}.")
    again = next(name for name in names if asked.count(name) > 1)
    learner.not_yet(
        f"{again} is asked for {asked.count(again)} times: {told}.",
        "Each step once: keep its result in a variable.",
    )


def _returns_before(learner: Learner, name: str) -> str:
    """A `return` of a method that stands before an Activity's name, at the same depth."""
    for method in ast.walk(learner.tree):
        if isinstance(method, ast.AsyncFunctionDef):
            for statement in method.body:
                if isinstance(statement, ast.Return):
                    later = method.body[method.body.index(statement) + 1 :]
                    if any(name in ast.unparse(other) for other in later):
                        return ast.unparse(statement)[:80]
    return ""


def _input(learner: Learner, step: Step, scheduled: Scheduled, origins: Mapping[str, Any]) -> None:
    given = scheduled.inputs
    wanted = f"Give it one object: `{step.wording}`."
    if not given:
        learner.not_yet(f"{step.activity} is asked for without an input.", wanted)
    if len(given) > 1:
        learner.not_yet(f"{step.activity} is given {len(given)} inputs.", wanted)
    if not isinstance(given[0], dict):
        learner.not_yet(
            f"{step.activity} is given {kind_of(given[0])} instead of an object with fields"
            f"{_from(given[0], origins)}.",
            wanted,
        )
    for field, right in step.input.items():
        if field not in given[0]:
            got = ", ".join(given[0]) or "no fields"
            learner.not_yet(f"{step.activity}'s input has {got}, and no {field!r}.", wanted)
        got = given[0][field]
        if got != right:
            shown = f"{got!r}" if len(repr(got)) < 60 else f"{repr(got)[:56]}…"
            learner.not_yet(
                f"{step.activity}'s {field} is {shown}{_from(got, origins)}.",
                f"It must be {_meant(right, step)}: `{step.wording}`.",
            )


def _meant(right: Any, step: Step) -> str:
    return f"{right!r}" if isinstance(right, str) and len(right) < 40 else "what came before"


def _from(got: Any, origins: Mapping[str, Any]) -> str:
    """Where a wrong value comes from, in words."""
    for words, value in origins.items():
        if got == value or (isinstance(got, str) and got == str(value)):
            return f": that is {words}"
    if isinstance(got, str) and (
        "ModelResponse(" in got or '"choices"' in got or "'choices'" in got
    ):
        return ": that is the model's whole answer, made into text"
    return ""


def _timeout(learner: Learner, step: Step, scheduled: Scheduled) -> None:
    seconds, want = scheduled.start_to_close, step.start_to_close
    right = "start_to_close_timeout=llm_time"
    if want is None:
        want = settings.load().llm_timeout + 10
    else:
        right = f"start_to_close_timeout=timedelta(seconds={want:g})"
    by_name = [
        keyword.arg
        for call in [*learner.calls("execute_activity"), *learner.calls("start_activity")]
        if call.args and step.activity in ast.unparse(call.args[0])
        for keyword in call.keywords
    ]
    if "schedule_to_close_timeout" in by_name and "start_to_close_timeout" not in by_name:
        learner.not_yet(
            f"{step.activity} has a schedule_to_close_timeout, which limits all attempts together.",
            f"One attempt is limited by `{right}`.",
        )
    if seconds != want:
        hint = ""
        if seconds == want * 60:
            hint = " Minutes are not seconds."
        elif seconds == want / 1000:
            hint = " Milliseconds are not seconds."
        elif seconds == want * 3600:
            hint = " Hours are not seconds."
        elif seconds == want * 86400:
            hint = " Those are days; a bare number in timedelta(…) counts days."
        learner.not_yet(
            f"{step.activity} has a Start-to-Close timeout of {seconds:g} s.{hint}",
            f"Write `{right}`.",
        )


# --- Workers ---


async def builds_worker(
    learner: Learner,
    name: str,
    *,
    task_queue: str,
    workflows: Sequence[str],
    activities: Sequence[str],
) -> None:
    """The function builds a Worker with this configuration, and runs it."""
    learner.step("The function does not call itself")
    for call in learner.calls(name):
        by = "asyncio.run" if f"asyncio.run({name}" in learner.text else "its own cell"
        learner.not_yet(
            f"{name} is called by {by} (line {call.lineno}).",
            "Take that out: `start_worker`, in the next cell, calls it. The function ends with "
            "`await worker.run()`.",
        )
    for call in learner.calls("start_worker"):
        learner.not_yet(
            f"start_worker is called in this cell (line {call.lineno}).",
            "The next cell calls it. Here the function ends with `await worker.run()`.",
        )
    for call in learner.calls("run"):
        if ast.unparse(call.func) == "asyncio.run":
            learner.not_yet(
                "The function calls asyncio.run, and an event loop runs already.",
                f"Write `await {ast.unparse(call.args[0]) if call.args else 'worker.run()'}`.",
            )
    ran(learner)
    learner.step(f"{name} is an async function")
    function = learner.name(name)
    if not inspect.iscoroutinefunction(function):
        learner.not_yet(f"`{name}` is {kind_of(function)}.", f"Write `async def {name}():`.")
    learner.step("It builds a Worker")
    look = Look(await trials.connect())
    try:
        await look.at(function)
    except (NameError, NotImplementedError):
        raise
    except Exception as error:
        if not look.given:
            raise
        _worker_refused(learner, error, look.given[0], workflows, activities, task_queue)
    if not look.given:
        learner.not_yet(f"{name} has ended and built no Worker.", "Build one with `Worker(…)`.")
    given = look.given[0]
    if not isinstance(given.get("client"), Client):
        learner.not_yet(
            f"The Worker is given {kind_of(given.get('client'))} instead of your Client.",
            "Give it the object that Client.connect returned: `Worker(client, …)`.",
        )
    learner.step("It polls the Task Queue of the task")
    _queue(learner, given.get("task_queue"), task_queue, "The Worker polls")
    learner.step("Its Workflows are registered")
    _registered(learner, "workflows", given, workflows)
    learner.step("Its Activities are registered")
    _registered(learner, "activities", given, activities)
    learner.step("It runs")
    if look.threads_ended:
        learner.not_yet(
            "The Worker runs outside of the `with` block: its threads have ended by then.",
            "Indent `await worker.run()`, so that it is inside of `with`.",
        )
    if not look.runs:
        aside = any(learner.calls("create_task")) or "async with" in learner.text
        learner.not_yet(
            "The Worker is started aside and ends at once, because the function does not wait."
            if aside
            else "The Worker is built, and nobody runs it.",
            "Write `await worker.run()` at the end.",
        )


def _queue(learner: Learner, got: Any, want: str, who: str) -> None:
    right = f'Write `task_queue="{want}"`'
    if got is None or got is ...:
        learner.not_yet("The task_queue is missing.", f"{right}.")
    if not isinstance(got, str):
        learner.not_yet(f"The task_queue is {kind_of(got)}.", f"A queue has a name: {right[6:]}.")
    if not got.strip():
        learner.not_yet("The task_queue is an empty name.", f"{right}.")
    if got != want:
        near = difflib.SequenceMatcher(None, got.lower(), want.lower()).ratio() > 0.7
        word = (
            "A misspelt queue is a queue that nobody else knows."
            if near
            else "The Worker and the Client of this task meet on another one."
        )
        learner.not_yet(f"{who} the Task Queue {got!r}. {word}", f"{right}, exactly like that.")


def _registered(
    learner: Learner, what: str, given: Mapping[str, Any], names: Sequence[str]
) -> None:
    one = "Activity" if what == "activities" else "Workflow"
    things = list(given.get(what) or [])
    got = [_registered_name(thing) for thing in things]
    missing = [name for name in names if name not in got]
    if not missing:
        return
    told = ", ".join(got) if got else "nothing"
    learner.not_yet(
        f"{what}= has {told}. The {one} that is asked for is another one: it would wait for a "
        "Worker that has it."
        if missing[0] not in learner.text
        else f"{missing[0]} is not registered. {what}= has {told}.",
        f"The Worker runs only what it knows: write `{what}=[{', '.join(names)}]`."
        if len(missing) == 1
        else f"Register each {one}: `{what}=[{', '.join(names)}]`.",
    )


def _registered_name(thing: Any) -> str:
    for key in ("__temporal_activity_definition", "__temporal_workflow_definition"):
        if definition := getattr(thing, key, None):
            return str(definition.name)
    return str(getattr(thing, "__name__", None) or repr(thing)[:30])


def _worker_refused(
    learner: Learner,
    error: Exception,
    given: Mapping[str, Any],
    workflows: Sequence[str],
    activities: Sequence[str],
    task_queue: str,
) -> None:
    """End the check with why the SDK refused what the Worker was given."""
    queue = given.get("task_queue")
    for wrong, right in KEYWORDS.items():
        if wrong in given:
            learner.not_yet(
                f"The Worker is given `{wrong}=`, which it does not know.",
                f"It is called `{right}=`.",
            )
    if "task_queue" not in given or not isinstance(queue, str):
        _queue(learner, queue, task_queue, "The Worker polls")
    if "ProcessPool" in type(given.get("activity_executor")).__name__:
        learner.not_yet(
            "activity_executor is a ProcessPoolExecutor: processes, not threads.",
            "Use `ThreadPoolExecutor`, as it was given.",
        )
    if isinstance(given.get("activity_executor"), type):
        learner.not_yet(
            f"activity_executor is {kind_of(given['activity_executor'])}, not an object of it.",
            "Write `activity_executor=threads`: the name after `as`.",
        )
    for what, example in (("activities", activities[-1]), ("workflows", workflows[0])):
        things = given.get(what)
        if things is None:
            continue
        if not isinstance(things, (list, tuple, set)):
            learner.not_yet(
                f"{what}= is {kind_of(things)}, not a list.", f"Write `{what}=[{example}, …]`."
            )
        for thing in things:
            if isinstance(thing, str):
                learner.not_yet(
                    f"{what}= holds the text {thing!r}.", f"Write its name without quotes: {thing}."
                )
            if isinstance(thing, (list, tuple)):
                learner.not_yet(
                    f"{what}= holds a list in the list.", f"Write `{what}=[{example}, …]`."
                )
            if thing is ...:
                learner.not_yet(f"A blank `...` is left in {what}=.", f"Write `{example}` there.")
            if inspect.iscoroutine(thing):
                thing.close()
            if what == "workflows" and not isinstance(thing, type):
                if hasattr(type(thing), "__temporal_workflow_definition"):
                    name = type(thing).__name__
                    learner.not_yet(
                        f"workflows= holds an object, {name}(), not the class.",
                        f"Write `{name}` without parentheses: the Worker makes its own.",
                    )
                shown = getattr(thing, "__name__", repr(thing))
                learner.not_yet(
                    f"workflows= holds {shown}, which is not a Workflow class.",
                    "Activities go into activities=, Workflow classes into workflows=; "
                    f"write `workflows=[{example}]`.",
                )
            if what == "activities" and not hasattr(thing, "__temporal_activity_definition"):
                shown = getattr(thing, "__name__", repr(thing)[:40])
                learner.not_yet(
                    f"activities= holds {shown}, which has no Activity decorator.",
                    "Each entry is the name of a function with @activity.defn, without "
                    f"parentheses, such as {example}.",
                )
    text = str(error).partition("\n")[0]
    if "More than one activity named" in text:
        learner.not_yet(f"{text}: it is twice in activities=.", "Each Activity once.")
    if "activity_executor" in text:
        learner.not_yet(
            f"{text}",
            "The Activities are ordinary functions and need threads: keep "
            "`activity_executor=threads`.",
        )
    saw, do = explain(learner, error)
    if do != AGAIN_HERE:
        learner.not_yet(saw, do)
    found: WorkerNotStarted = why_not(error, f"Correct the Worker cell, {AGAIN}.")
    learner.not_yet(found.saw, found.do)


# --- Clients ---


async def started(
    learner: Learner,
    name: str,
    *,
    workflow: str,
    task_queue: str,
    input: Mapping[str, type],
    wording: str,
) -> None:
    """The name is the handle of a Workflow that was started so.

    Args:
        input: the fields of its input and their types.
        wording: how the input is written, such as `GenerateReportInput(prompt=…)`.
    """
    ran(learner, lambda error: _start_words(learner, workflow, task_queue, wording, error))
    learner.step(f"{name} is a handle")
    handle = learner.name(name)
    if inspect.iscoroutine(handle):
        learner.not_yet(
            f"`{name}` is a coroutine: start_workflow was not awaited, and nothing started.",
            f"Write `{name} = await client.start_workflow(…)`.",
        )
    if not isinstance(handle, WorkflowHandle):
        waited = " execute_workflow waits for it." if any(learner.calls("execute_workflow")) else ""
        learner.not_yet(
            f"`{name}` is {kind_of(handle)}, no handle.{waited}",
            f"Write `{name} = await client.start_workflow(…)`: it gives a handle at once.",
        )
    learner.step("The Temporal Service knows the Workflow")
    client = await trials.connect()
    asked = client.get_workflow_handle(handle.id, run_id=handle.result_run_id)
    try:
        first = (
            await trials.answered(anext(asked.fetch_history_events()))
        ).workflow_execution_started_event_attributes
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        if not any(learner.calls("start_workflow")):
            learner.not_yet(
                f"The Temporal Service has no Workflow {handle.id!r}: nothing was started.",
                f"Write `{name} = await client.start_workflow(…)`.",
            )
        learner.not_attempted(
            f"The Temporal Service has no Workflow {handle.id!r}: it was started again, empty.",
            "Run the cell above again.",
        )
    learner.step("It runs the Workflow of the task")
    if first.workflow_type.name == f"{workflow}.run":
        learner.not_yet(
            f"The Workflow was named by the text {first.workflow_type.name!r}: none has that name.",
            f"Write {workflow}.run without quotes.",
        )
    if first.workflow_type.name != workflow:
        learner.not_yet(
            f"The Workflow that was started is {first.workflow_type.name!r}, which your Worker "
            "does not run.",
            f"Write `{workflow}.run` as the first thing that start_workflow is given, and {AGAIN}.",
        )
    learner.step("It is on the Task Queue of the task")
    _queue(learner, first.task_queue.name, task_queue, "The Workflow waits on")
    learner.step("It has the time that it needs")
    for words, limit in (
        ("execution_timeout", first.workflow_execution_timeout),
        ("run_timeout", first.workflow_run_timeout),
    ):
        if 0 < limit.ToTimedelta().total_seconds() <= 60:
            learner.not_yet(
                f"The Workflow has a {words} of {limit.ToTimedelta().total_seconds():g} s: it is "
                "ended then, with all its retries.",
                f"Leave {words} out: a Workflow may wait as long as its steps need.",
            )
    learner.step("It has its input")
    got = trials.inputs(first.input)
    for field, kind in input.items():
        if len(got) != 1 or not isinstance(got[0], dict) or field not in got[0]:
            told = f"{len(got)} inputs" if len(got) != 1 else kind_of(got[0])
            learner.not_yet(
                f"The Workflow was given {told if got else 'no input'}.",
                f"Give it one object: `{wording}`.",
            )
        if not isinstance(got[0][field], kind) or not got[0][field]:
            learner.not_yet(f"The input's {field} is {got[0][field]!r}.", f"Give it a {field}.")


def _start_words(
    learner: Learner, workflow: str, task_queue: str, wording: str, error: BaseException
) -> Said | None:
    text = str(error).partition("\n")[0]
    call = next(learner.calls("start_workflow"), None)
    first = ast.unparse(call.args[0]) if call and call.args else ""
    words = {k.arg: k.value for k in call.keywords} if call else {}
    queue = words.get("task_queue")
    right = f"Write `{workflow}.run`, and {AGAIN}."
    if isinstance(error, NameError):
        return None
    if any(learner.calls("execute_workflow")) and call is None:
        return (
            "The cell calls execute_workflow, which waits for the result and gives no handle.",
            "Write `await client.start_workflow(…)`: it gives a handle at once.",
        )
    if "'coroutine' object has no attribute 'id'" in text:
        return (
            "start_workflow was not awaited: it gave a coroutine, and nothing was started.",
            "Write `handle = await client.start_workflow(…)`.",
        )
    if "Unable to serialize" in text:
        return (
            f"The Workflow's input cannot be written down: {text}. It is a class.",
            f"Give it an object: `{wording}`.",
        )
    if call and ast.unparse(call.func) == "Client.start_workflow":
        return (
            "`Client` is the class; your connection is the object `client`.",
            "Write `client.start_workflow(…)`, with a small c.",
        )
    if "'coroutine' object has no attribute 'result'" in text:
        return (
            "`.result()` is after the call, which gives a coroutine.",
            "Take `.result()` away: `handle = await client.start_workflow(…)`; follow waits later.",
        )
    if "args" in words and "not iterable" in text:
        return (
            "`args=` is one object, and a list is expected.",
            "Give one input by its place or as `arg=…`; `args=[…]` is a list.",
        )
    if "workflow_id" in words:
        return "start_workflow does not know `workflow_id=`.", "It is called `id=` here."
    if "positional argument" in text and call and len(call.args) > 2:
        return (
            f"start_workflow is given {len(call.args) - 1} inputs.",
            f"A Workflow takes one input: `{wording}`.",
        )
    if isinstance(queue, (ast.List, ast.Tuple, ast.Set)):
        return (
            "The task_queue is a list.",
            f'One name, without brackets: `task_queue="{task_queue}"`.',
        )
    if call and call.args and ".run(" in first:
        return (
            f"`{first[:60]}` calls the method here.",
            f"Name it without parentheses: `{workflow}.run`; its input comes after the comma.",
        )
    if call and len(call.args) > 1 and workflow in ast.unparse(call.args[1]) and "(" in first:
        return (
            "The input is first, and the Workflow second.",
            f"Exchange them: first `{workflow}.run`, then `{first}`.",
        )
    if "bad argument type" in text and isinstance(queue, (ast.Attribute, ast.Call, ast.Subscript)):
        return f"The task_queue is `{ast.unparse(queue)}`, not a text.", (
            f'Write `task_queue="{task_queue}"`.'
        )
    if "bad argument type" in text and call:
        if isinstance(queue, ast.Name) and not isinstance(learner.names.get(queue.id), str):
            kind = kind_of(learner.names.get(queue.id))
            return f"The task_queue is {kind}.", f'Write `task_queue="{task_queue}"`.'
        return (
            f"`id={ast.unparse(words['id'])}` is not a text." if "id" in words else text,
            'Write the id as a text: `id=f"generate-…-{uuid.uuid4()}"`.',
        )
    if call and "task_queue" not in words:
        return "start_workflow is given no task_queue.", f'Write `task_queue="{task_queue}"`.'
    if queue is not None and ast.unparse(queue) in ("''", "..."):
        return "The task_queue is an empty name.", f'Write `task_queue="{task_queue}"`.'
    if call and "id" not in words:
        return "start_workflow is given no id.", "Give each run an id of its own, with uuid4."
    if f"{workflow}()" in first:
        return (
            f"The first thing start_workflow is given is `{first}`: an object is made there.",
            f"The Worker must make it. {right}",
        )
    if first and last_name(call.args[0] if call else ast.Constant(0)) == workflow:
        return f"`{first}`: {text}", right
    if "decorated with" in text or "must be a string or callable" in text:
        return f"`{first}` is not a Workflow: {text}", right
    if isinstance(error, RPCError) and "ask queue" in text:
        return f"The service refuses the Task Queue: {text}", f'Write `task_queue="{task_queue}"`.'
    return None


def kind_of(thing: Any) -> str:
    """What a thing is, in words."""
    if inspect.iscoroutine(thing):
        return "a coroutine, which nobody has awaited"
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    if inspect.isroutine(thing):
        return f"the function {thing.__name__}"
    words = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "a dict"}
    words |= {
        type(None): "None",
        tuple: "a tuple",
        set: "a set",
        type(...): "`...`",
        bool: "True or False",
    }
    return words.get(type(thing), f"an object of the kind {type(thing).__name__}")
