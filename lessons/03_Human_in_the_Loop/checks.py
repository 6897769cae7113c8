"""What the checks of lesson 03 and its exercise try, and their hints."""

from __future__ import annotations

import ast
import asyncio
import inspect
import logging
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import fields
from typing import Any

from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import RawValue
from temporalio.service import RPCError

from workshop.checks import Learner, blank
from workshop.checks.learner import last_name
from workshop.checks.messages import (
    changes,
    duration,
    has_deadline,
    has_handler,
    method_of,
    only_reads,
    waits_seconds,
    within,
)
from workshop.checks.outcome import NotYet
from workshop.checks.predict import Prediction
from workshop.checks.refusals import Validator, gone_or_above, refuses
from workshop.checks.steps import (
    Step,
    code_failed,
    follows_rule_4,
    is_workflow,
    kind_of,
    ran,
)
from workshop.checks.trial import (
    Stuck,
    Talk,
    Trial,
    after_silence,
    answered,
    inputs,
    late,
    run_workflow,
)
from workshop.checks.waits import explained, gives_back
from workshop.checks.words import explain
from workshop.core import patience

from . import turns

RUNNING = WorkflowExecutionStatus.RUNNING
DRAFT_TEXT = "Octopuses have three hearts.\n\n" + "\n".join(
    f"{number}. A fact that nobody knew, told in a sentence." for number in range(1, 9)
)
HANDLER, READER = "ApprovalWorkflow.approve", "DraftWorkflow.get_latest_text"
TOPIC = "three facts about octopuses"
DAY = 86400.0
STEPS = [Step("llm_call", None, {"prompt": TOPIC}, "LLMCallInput(self.prompt)")]


class Model:
    """Stands in for llm_call: each answer is another text, and says which."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def text(self, number: int) -> str:
        # As long as a real one, in several lines: who shows only a part of it is told.
        rest = "\n\n".join(f"{line}. Fact number {line} has some words." for line in range(1, 9))
        return f"# Draft number {number} of {self.asked[number - 1]!r}\n\n{rest}\n"

    @property
    def stand_ins(self) -> dict[str, Callable[..., Any]]:
        return {"llm_call": self._answer, "notify": lambda *_: "note.txt"}

    def _answer(self, given: Any) -> Any:
        self.asked.append(given.get("prompt") if isinstance(given, dict) else given)
        message = {"role": "assistant", "content": self.text(len(self.asked))}
        return {
            "id": "check",
            "created": 0,
            "model": "stand-in",
            "object": "chat.completion",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        }


def decision(learner: Learner, choice: str, instructions: str = "", version: int = 1) -> Any:
    """A Decision of the kernel's class, which the lesson changes once."""
    kind = learner.name("Decision")
    given = {"choice": choice, "instructions": instructions, "version": version}
    return kind(**{field.name: given[field.name] for field in fields(kind)})


async def conversation(
    learner: Learner,
    kind: type,
    argument: Any,
    script: Callable[[Talk, Model], Any],
    early: tuple[str, Any] | None = None,
) -> tuple[Trial, Model]:
    """Run a Workflow with a stand-in for the model, and talk to it. Its code has not failed.

    Args:
        early: a Signal that is there before the Workflow begins, and its input.
    """
    model = Model()
    copy = learner.copy(kind, **learner.trapped("llm_call", "ask_model", "completion"))
    trial = await run_workflow(
        copy,
        argument,
        model.stand_ins,
        script=lambda talk: script(talk, model),
        early=early,
    )
    code_failed(learner, trial, STEPS)
    return trial, model


async def _drafted(learner: Learner, talk: Talk) -> None:
    """The Workflow asks for its draft, and gives back control when that is there."""
    try:
        await talk.drafted()
    except Stuck:
        if talk.trial.completed_activities:
            learner.not_yet(
                "The draft is there, and the Workflow's code blocks: it does not give back "
                "control, so no message can arrive.",
                "Wait with `await workflow.wait_condition(…)`; a loop without `await` blocks.",
            )
        learner.not_yet(
            "The Workflow does not ask for llm_call.",
            "Keep `await workflow.execute_activity(llm_call, …)`, as it was given.",
        )


async def drafts_first(learner: Learner, talk: Talk, model: Model, prompt: str = TOPIC) -> None:
    """The Workflow asks the model once, with the prompt that it was given, and then waits."""
    learner.step("It writes a draft, and then waits for a person")
    await _drafted(learner, talk)
    if model.asked[0] != prompt:
        learner.not_yet(
            f"The model was asked {model.asked[0]!r}.", "Ask with the prompt of the input."
        )
    if talk.trial.completed:
        learner.not_yet(
            "The Workflow has ended, and nobody has decided: it does not wait.",
            "Keep `await workflow.wait_condition(lambda: self.decision is not None)`.",
        )


async def text_of(learner: Learner, talk: Talk, right: str, other: dict[str, str]) -> None:
    """The Query get_latest_text gives this text."""
    learner.step("The Query gives the text of the latest draft")
    try:
        got = await talk.query("get_latest_text")
    except (WorkflowQueryFailedError, WorkflowQueryRejectedError, RPCError) as error:
        learner.not_yet(
            f"The Query fails: {str(error).partition(chr(10))[0]}",
            "Write `return self.latest_text`.",
        )
    if got is None:
        learner.not_yet(
            f"The Query gives None: {_why_none(learner, 'get_latest_text')}.",
            "Write `return self.latest_text`.",
        )
    if got != right:
        told = next((f": that is {words}" for words, text in other.items() if text == got), "")
        if isinstance(got, str) and not told:
            told = _part_of(got, right)
        learner.not_yet(
            f"The Query gives {_short(got)}{told}.", "The draft's text is in `self.latest_text`."
        )


def result_is(learner: Learner, trial: Trial, status: str, text: str) -> None:
    """The Workflow has ended with a Draft of this status and text."""
    learner.step(f"It ends as {status}, with the text")
    if trial.failure:
        learner.not_yet(f"The Workflow failed: {trial.failure}", "Every end needs a result.")
    got = trial.result
    if not isinstance(got, dict) or "status" not in got:
        learner.not_yet(
            f"The result is {_kind(got)}, not a Draft.",
            f'Return `Draft(text=self.latest_text, status="{status}")`.',
        )
    if isinstance(got.get("version"), str):
        learner.not_yet(
            "The text is where the version should be: that is the first field of a Draft.",
            f'Name the fields: `Draft(text=self.latest_text, status="{status}")`.',
        )
    if got["status"] != status:
        learner.not_yet(
            f"The status is {got['status']!r}: whoever reads it takes the report for another.",
            f'Return a Draft with `status="{status}"`.',
        )
    if got.get("text") != text:
        learner.not_yet(
            f"The result's text is {_short(got.get('text'))}, not that of the latest draft.",
            "Give the Draft `text=self.latest_text`.",
        )


def _why_none(learner: Learner, name: str) -> str:
    """Why a method or function gives None, in words."""
    node = method_of(learner, name) or ast.Pass()
    if any(isinstance(n, ast.Call) and ast.unparse(n.func) == "print" for n in ast.walk(node)):
        return "print writes the text on the Worker's side, and the caller gets nothing"
    for part in ast.walk(node):
        if isinstance(part, ast.Return) and part.value is not None:
            return f"that is what `{ast.unparse(part)}` gives"
    return "nothing is returned"


def _part_of(got: str, right: str) -> str:
    """How a text is nearly the right one, in words; empty where it is another."""
    if got and got in right:
        return f": that is only a part of the text, {len(got)} of {len(right)} characters"
    return ", which is more than the text alone" if right in got else ""


def _short(thing: Any) -> str:
    text = re.sub(r" at 0x[0-9a-f]+", "", repr(thing))
    return text if len(text) <= 70 else f"{text[:66]}…"


def _kind(thing: Any) -> str:
    return "nothing" if thing is None else kind_of(thing)


def _assigns(learner: Learner, method: str, attribute: str, source: str) -> tuple[str, str]:
    """Why `attribute` did not get its value in `method`: what was seen, and what to try."""
    node = method_of(learner, method)
    do = f"Write `self.{attribute} = {source}` in `{method}`."
    if node is None:
        return f"`{method}` does not set `self.{attribute}`.", do
    for part in ast.walk(node):
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Compare):
            return f"`{ast.unparse(part.value)}` compares, and sets nothing.", do
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            return f"`yield` makes a generator of `{method}`: its lines are not run.", do
        if isinstance(part, ast.Global):
            return f"`{ast.unparse(part)}`: the Workflow looks into `self` alone.", do
        stored = isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)
        if stored and ast.unparse(part).endswith(f".{attribute}"):
            owner = ast.unparse(part).rpartition(".")[0]
            if owner != "self":
                return f"`{ast.unparse(part)} = …` sets it in `{owner}`, not in `self`.", do
    changed = changes(node)
    if changed and changed != f"self.{attribute}":
        return f"`{method}` sets `{changed}`, and the Workflow waits for `self.{attribute}`.", do
    for part in ast.walk(node):
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            name = part.targets[0].id
            return f"`{name} = …` sets a variable of the method, which is gone at its end.", do
    if changed:
        return f"After the Signal `self.{attribute}` is still None.", do
    return f"`{method}` does not set `self.{attribute}`: the Signal came, and changed nothing.", do


# --- the lesson: Signals and Queries ---


@blank(
    "set_decision",
    hints=(
        "How does Temporal know which method takes a Signal? And what does `run` wait for?",
        "Each kind of message has a decorator of its own: "
        "https://docs.temporal.io/develop/python/message-passing#signals",
        "`@workflow.signal` on the line above, and `self.decision = decision` in the method.",
    ),
    means="A Signal reaches this Workflow, is kept in its history, and ends the wait.",
)
async def set_decision(learner: Learner) -> None:
    kind = is_workflow(learner, "DraftWorkflow")
    follows_rule_4(learner)
    has_handler(learner, kind, "set_decision", "signal")
    await _keeps_what_it_gets(learner, kind)

    async def script(talk: Talk, model: Model) -> None:
        await drafts_first(learner, talk, model)
        learner.step("The Signal ends the wait")
        await talk.signal("set_decision", decision(learner, "keep"))
        saw, do = _assigns(learner, "set_decision", "decision", "decision")
        await within(learner, talk.ended(), saw, do)

    trial, model = await conversation(learner, kind, learner.name("DraftInput")(TOPIC), script)
    result_is(learner, trial, "published", model.text(1))


class _Quiet:
    """Stands in for `workflow` where a handler is called outside of a Workflow: it only logs."""

    logger = logging.getLogger("check")

    def __getattr__(self, name: str) -> Any:
        return getattr(workflow, name)


async def _keeps_what_it_gets(learner: Learner, kind: type) -> None:
    """The Signal handler keeps each decision as it is, and does nothing else."""
    learner.step("It keeps the decision, whatever it is")
    method = method_of(learner, "set_decision")
    do = "Write `self.decision = decision` in `set_decision`, and nothing else."
    takes = [a for a in method.args.args if a.arg != "self"] if method else []
    if len(takes) > 1 and not method.args.defaults:  # type: ignore[union-attr]
        learner.not_yet(
            f"`set_decision` takes {len(takes)} inputs, and a Signal brings one.",
            "Write `def set_decision(self, decision: Decision) -> None:`.",
        )
    stated = ast.unparse(takes[0].annotation) if takes and takes[0].annotation else ""
    if takes and stated.strip("'\"").rpartition(".")[2] not in ("Decision", "Any"):
        learner.not_yet(
            f"`{takes[0].arg}: {stated}` says that the input is not a Decision."
            if stated
            else f"`{takes[0].arg}` has no type, so a dict arrives, without `.choice`.",
            f"Write `{takes[0].arg}: Decision`, as it was given.",
        )
    if method and not takes:
        learner.not_yet(
            "`set_decision` takes no input: the decision that was sent is thrown away.",
            "Write `def set_decision(self, decision: Decision) -> None:`.",
        )
    for part in ast.walk(method or ast.Pass()):
        if isinstance(part, ast.Call):
            name = ast.unparse(part.func)
            if name == "self.set_decision":
                learner.not_yet("`set_decision` calls itself, again and again.", do)
            if "sleep" in name or "wait" in name:
                learner.not_yet(f"`{name}(…)` lets the handler wait.", do)
            if "execute_activity" in name or name in ("ask_model", "llm_call", "completion"):
                learner.not_yet(f"`{name}(…)`: the handler itself asks for the model's work.", do)
    definition = kind.__temporal_workflow_definition  # type: ignore[attr-defined]
    handler = learner.copy(definition.signals["set_decision"].fn, workflow=_Quiet())
    for choice in ("keep", "edit", "redo"):
        thing = kind(learner.name("DraftInput")(TOPIC))
        sent = decision(learner, choice, "as a poem")
        try:
            done = handler(thing, sent)
            if inspect.isawaitable(done):
                await patience.wait_for(done, 0.5)
        except Exception as error:
            if "NotInWorkflow" in type(error).__name__:
                return  # it asks for something that only a Workflow has; the trial goes on
            raise
        got = getattr(thing, "decision", None)
        if got is None:
            saw, do = _assigns(learner, "set_decision", "decision", "decision")
            if any(isinstance(part, ast.If) for part in ast.walk(method or ast.Pass())):
                saw = f"There is an `if` in `set_decision`: {choice} is thrown away."
            learner.not_yet(saw, do)
        if got != sent:
            told = f"{kind_of(got)}, not the Decision that was sent"
            if isinstance(got, type(sent)):
                told = f"{_short(got)}, whatever was sent"
            elif not isinstance(got, type):
                told = f"{_short(got)}: {told}"
            learner.not_yet(f"After the Signal `self.decision` is {told}.", do)


REASON = "the stand-in has an answer already"


@workflow.defn(name="DraftWorkflow", sandboxed=False)
class _Listener:
    """Stands in for the Workflow that a learner's Client speaks to: it takes everything."""

    def __init__(self) -> None:
        self.over = False
        self.approved: bool | None = None

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self.over)

    @workflow.signal
    def end(self) -> None:
        self.over = True

    @workflow.signal(dynamic=True)
    def any_signal(self, name: str, inputs: Sequence[RawValue]) -> None:
        pass

    @workflow.query(dynamic=True)
    def any_query(self, name: str, inputs: Sequence[RawValue]) -> str:
        if name == "get_latest_text" and not inputs:
            return DRAFT_TEXT
        return f"the answer of {name}, which was given {len(inputs) or 'no'} inputs"

    @workflow.update
    def approve(self, decision: Any) -> str:
        self.approved = decision
        return "approved" if decision else "rejected"

    @approve.validator
    def check_approval(self, decision: Any) -> None:
        if self.approved is not None:
            raise ValueError(REASON)

    @workflow.update(dynamic=True)
    def any_update(self, name: str, inputs: Sequence[RawValue]) -> str:
        return "the answer of another Update"


def is_coroutine_function(learner: Learner, name: str, signature: str) -> Any:
    """The name is an async function. Returns it."""
    ran(learner)
    learner.step(f"{name} is an async function")
    function = learner.name(name)
    if inspect.isasyncgenfunction(function):
        learner.not_yet(f"`yield` makes a generator of `{name}`.", "Write `return` in its place.")
    if not inspect.iscoroutinefunction(function):
        learner.not_yet(
            f"`{name}` is {kind_of(function)}"
            + (", without async." if inspect.isfunction(function) else "."),
            f"Write `async def {signature}`, as it was given.",
        )
    given = signature[signature.index("(") + 1 : signature.index(")")].split(",")
    wanted = [one.partition(":")[0].strip() for one in given]
    takes = list(inspect.signature(function).parameters)
    if takes != wanted and sorted(takes) == sorted(wanted):
        learner.not_yet(
            f"`{name}` takes {' and then '.join(takes)}; the cells below give it another order.",
            f"Write `async def {signature}`, as it was given.",
        )
    return function


_SENDS = {
    "signal": "sends a Signal",
    "query": "asks a Query",
    "execute_update": "sends an Update",
    "start_update": "sends an Update",
    "cancel": "asks the Workflow to stop",
    "terminate": "ends the Workflow",
    "result": "waits for the Workflow's end",
    "describe": "tells about the Workflow",
    "fetch_history": "reads the Event History",
    "fetch_history_events": "reads the Event History",
}
"""Methods of a handle, and what they do."""


def _parameter(function: Any) -> str:
    """The name of a function's first parameter; empty where it has none."""
    return next(iter(inspect.signature(function).parameters), "")


def _workflow_names(learner: Learner) -> set[str]:
    """What the Workflow classes of this kernel have, methods and attributes, and the stand-in."""
    names = set(vars(_Listener))
    for kind in (learner.names.get("DraftWorkflow"), learner.names.get("ApprovalWorkflow")):
        if isinstance(kind, type):
            names |= {n for base in kind.__mro__ for n in vars(base)}
            names |= {n for base in kind.__mro__ for n in getattr(base, "__annotations__", {})}
    return names | {"latest_text", "text", "draft", "decision", "approved"}


def _done_instead(learner: Learner, function: Any, meant: str) -> str:
    """What a function of the learner's does in place of sending what was meant, in words."""
    handle = _parameter(function)
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.Assign) and handle in map(ast.unparse, node.targets):
            return f"`{handle} = …` puts another handle instead of the one that was given"
    for call in ast.walk(learner.tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        name, base = call.func.attr, ast.unparse(call.func.value)
        if name == meant:
            if base != handle and handle not in ast.unparse(call.func.value):
                return f"`{base}.{name}(…)` goes to another Workflow than the handle's"
            if not learner.awaited(call):
                return f"the call of `{base}.{name}` is not awaited"
        elif name in _SENDS and name not in ("describe", "result") and handle in base:
            return f"`{base}.{name}(…)` {_SENDS[name]}"
    if not any(isinstance(n, ast.Name) and n.id == handle for n in ast.walk(learner.tree)):
        return f"the function does nothing with `{handle}`"
    sends = any(call for name in _SENDS for call in learner.calls(name))
    return "" if sends else f"nothing is sent with `{handle}`"


async def _hides(learner: Learner, function: Any, wording: str) -> None:
    """The function has an `except` that hides why it does not work: say what it hides."""
    if not learner.swallows:
        return
    try:
        await _speaks(learner, learner.loud(function), wording)
    except NotYet:
        raise
    except Exception as error:
        saw, do = explain(learner, error)
        learner.not_yet(f"`except` hides an error: {saw}", do)


async def _speaks(learner: Learner, function: Any, wording: str, *inputs: Any) -> tuple[Trial, Any]:
    """Call a function of the learner's with a handle of the stand-in. Returns what it returned."""
    returned: Any = None
    handle = _parameter(function)
    for part in ast.walk(learner.tree):
        # A method of the handle that is no method: the handler, called as in other frameworks.
        if (
            isinstance(part, ast.Attribute)
            and ast.unparse(part.value) == handle
            and not hasattr(WorkflowHandle, part.attr)
            and part.attr in _workflow_names(learner)
        ):
            learner.not_yet(
                f"A handle has no `{part.attr}`: it does not hold the Workflow, it only knows how "
                "to send.",
                f"Write `{wording}`.",
            )
        if isinstance(part, ast.Call):
            name = ast.unparse(part.func)
            if last_name(part.func) in _SENDS and len(part.args) > 1:
                second = ast.unparse(part.args[1])
                if second in ("DraftWorkflow.set_decision", HANDLER, READER):
                    learner.not_yet(
                        f"The input is first, and the handler `{second}` second.",
                        f"Exchange them: `{wording}`.",
                    )
            if name in ("DraftWorkflow.set_decision", HANDLER, READER):
                sends = any(part in call.args for n in _SENDS for call in learner.calls(n))
                learner.not_yet(
                    f"`{name}(…)` calls the handler here, in the notebook"
                    + ("." if sends else ", and nothing is sent."),
                    f"Name it without calling it: `{wording}`."
                    if sends
                    else f"Let the handle send: `{wording}`.",
                )

    async def script(talk: Talk) -> None:
        nonlocal returned
        try:
            call = learner.copy(function)(talk.handle, *inputs)
            returned = await patience.wait_for(call, 2, talk.beat)
        except (asyncio.TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            waits = any(learner.calls("result"))
            learner.not_yet(
                "The function does not return: "
                + ("it waits for the Workflow's end." if waits else "it never ends."),
                f"A handle's `result()` waits; here write `{wording}`."
                if waits
                else f"Send once, without a loop: `{wording}`.",
            )
        except RPCError as error:
            if late(error):
                raise
            learner.not_yet(
                f"The call fails: {error.message}. It went to another handle than the one given.",
                f"Use the parameter: `{wording}`.",
            )
        if talk.trial.failure or (await answered(talk.handle.describe())).status != RUNNING:
            called = next((n for n in ("terminate", "cancel") if any(learner.calls(n))), "")
            learner.not_yet(
                f"`{called or 'something'}` has ended the Workflow.", f"Write `{wording}`."
            )
        await talk.signal("end")
        await talk.ended()

    trial = await run_workflow(_Listener, None, {}, script=script)
    return trial, returned


@blank(
    "send_signal",
    hints=(
        "Which method of the Workflow takes the Signal, and what does it want to be given?",
        "Signal handlers are named with their class, as in `DraftWorkflow.run` of start_workflow; "
        "https://docs.temporal.io/develop/python/message-passing#send-signal",
        '`DraftWorkflow.set_decision` and `Decision("keep")`.',
    ),
    means="The Temporal Service has your decision; the Workflow takes it when a Worker is there.",
)
async def send_signal(learner: Learner) -> None:
    function = is_coroutine_function(learner, "keep", "keep(handle) -> None")
    learner.step("It sends a Signal")
    wording = 'await handle.signal(DraftWorkflow.set_decision, Decision("keep"))'
    trial, _ = await _speaks(learner, function, wording)
    sent = [
        event.workflow_execution_signaled_event_attributes
        for event in trial.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    ]
    sent = [one for one in sent if one.signal_name != "end"]
    if not sent:
        await _hides(learner, function, wording)
        why = _done_instead(learner, function, "signal")
        learner.not_yet(
            f"No Signal arrived: {why}." if why else "No Signal arrived in the Event History.",
            f"Write `{wording}`.",
        )
    learner.step("The Signal reaches its handler")
    if sent[0].signal_name != "set_decision":
        learner.not_yet(
            f"The Signal is called {sent[0].signal_name!r}; no handler has that name.",
            "Give it `DraftWorkflow.set_decision`.",
        )
    learner.step("It carries the decision to keep")
    given = inputs(sent[0].input)
    if len(given) != 1 or not isinstance(given[0], dict) or "choice" not in given[0]:
        told = kind_of(given[0]) if len(given) == 1 else f"{len(given)} inputs"
        if len(given) == 1 and isinstance(given[0], dict):
            told += f" without a choice: it has {', '.join(given[0]) or 'nothing'}"
        outside = not given and any(
            isinstance(node, ast.Tuple) and any(isinstance(p, ast.Await) for p in node.elts)
            for node in ast.walk(learner.tree)
        )
        if outside:
            learner.not_yet(
                "The Signal carries nothing: the Decision is behind the call's closing "
                "parenthesis.",
                f"Put it inside: `{wording}`.",
            )
        learner.not_yet(
            f"The Signal carries {told if given else 'nothing'}.", 'Give it `Decision("keep")`.'
        )
    if given[0]["choice"] != "keep":
        learner.not_yet(
            f"The decision's choice is {given[0]['choice']!r}.",
            'It must be "keep", in small letters.',
        )
    if len(sent) > 1:
        learner.not_yet(f"{len(sent)} Signals were sent.", "Send one.")


@blank(
    "get_latest_text",
    hints=(
        "Which decorator makes a method answer questions? And where does `run` keep the text?",
        "It is the counterpart of @workflow.signal; "
        "https://docs.temporal.io/develop/python/message-passing#queries",
        "`@workflow.query` on the line above, and `return self.latest_text`.",
    ),
    means="Anyone with the Workflow's id can read the draft, and the history does not grow.",
)
async def get_latest_text(learner: Learner) -> None:
    kind = is_workflow(learner, "DraftWorkflow")
    follows_rule_4(learner)
    query = has_handler(learner, kind, "get_latest_text", "query")
    only_reads(learner, "get_latest_text")
    _leaves_all(learner, kind, query.fn)
    has_handler(learner, kind, "set_decision", "signal")

    async def script(talk: Talk, model: Model) -> None:
        await drafts_first(learner, talk, model)
        await text_of(learner, talk, model.text(1), {"the prompt": TOPIC})
        learner.step("A Signal still ends the wait")
        await talk.signal("set_decision", decision(learner, "keep"))
        saw, do = _assigns(learner, "set_decision", "decision", "decision")
        await within(learner, talk.ended(), saw, do)

    trial, model = await conversation(learner, kind, learner.name("DraftInput")(TOPIC), script)
    result_is(learner, trial, "published", model.text(1))


def _leaves_all(learner: Learner, kind: type, query: Any) -> None:
    """A Query handler leaves the Workflow as it is, in whatever way it might change it."""
    thing = kind(learner.name("DraftInput")(TOPIC))
    before = deepcopy(vars(thing))
    try:
        learner.copy(query, workflow=_Quiet(), **learner.trapped("ask_model"))(thing)
    except Exception:
        return  # the trial tells why
    for name, value in vars(thing).items():
        if before.get(name) != value:
            learner.not_yet(
                f"The Query changes `self.{name}`: it must leave the Workflow as it is.",
                "Return what is asked for, and nothing else.",
            )


@blank(
    "send_query",
    hints=(
        "Which method of the handle asks a question, and what does it want to know?",
        "It is the counterpart of `handle.signal`, which is in your `keep`; "
        "https://docs.temporal.io/develop/python/message-passing#send-query",
        "`return await handle.query(DraftWorkflow.get_latest_text)`.",
    ),
    means="The Workflow answered from its variables; no event was added.",
)
async def send_query(learner: Learner) -> None:
    function = is_coroutine_function(learner, "read", "read(handle) -> str")
    learner.step("It asks, and returns the answer")
    wording = "return await handle.query(DraftWorkflow.get_latest_text)"
    _, returned = await _speaks(learner, function, wording)
    if inspect.iscoroutine(returned):
        returned.close()
        learner.not_yet(
            "What it returns is a coroutine: the question was never asked.",
            "Write `return await handle.query(…)`.",
        )
    if returned != DRAFT_TEXT:
        await _hides(learner, function, wording)
    if returned is None:
        printed = any(learner.calls("print"))
        learner.not_yet(
            "It returns nothing" + (": the answer is printed, and gone." if printed else "."),
            f"Write `{wording}`.",
        )
    if returned == DRAFT_TEXT:
        return
    if isinstance(returned, str) and returned.startswith("the answer of get_latest_text,"):
        learner.not_yet(
            "The Query was sent with an input, and `get_latest_text` takes nothing.",
            f"Take the input away: `{wording}`.",
        )
    told = _part_of(returned, DRAFT_TEXT) if isinstance(returned, str) else ""
    if told:
        learner.not_yet(f"It returns {_short(returned)}{told}.", "Return the answer as it is.")
    if isinstance(returned, (tuple, list)) and DRAFT_TEXT in returned:
        learner.not_yet(
            f"It returns {kind_of(returned)} with the text in it: a comma behind the call, or "
            "brackets around it, make one.",
            f"Write `{wording}`, with nothing behind it.",
        )
    why = _done_instead(learner, function, "query")
    learner.not_yet(
        f"It returns {kind_of(returned) if callable(returned) else _short(returned)}, which is "
        f"not the draft's text{f': {why}' if why else ''}.",
        f"Write `{wording}`.",
    )


# --- the lesson: rounds, deadline, validator ---


def _prompt_is(learner: Learner, got: Any, want: str, text: str, wish: str) -> None:
    learner.step("An edit's prompt holds the instructions and the text")
    if got == want:
        return
    do = 'Write `self.prompt = f"{decision.instructions}:\\n\\n{self.latest_text}"`.'
    if not isinstance(got, str):
        learner.not_yet(f"After an edit the prompt is {kind_of(got)}, not a text.", do)
    if text not in got and wish not in got:
        learner.not_yet(f"After an edit the model was asked {_short(got)}, as before.", do)
    if text not in got:
        learner.not_yet("The prompt of an edit has the instructions and not the text.", do)
    if wish not in got:
        learner.not_yet("The prompt of an edit has the text and not the instructions.", do)
    rest = got.replace(text, "").replace(wish, "")
    if wish + text in got:
        learner.not_yet("The instructions and the text are side by side, with no space.", do)
    for trouble, told in (
        ("Decision(", "the whole decision and not only the instructions"),
        (TOPIC, "the old prompt too, in front of the instructions"),
        ("/n", "`/n`, which is not a line break: that is `\\n`"),
        ("\\n", "a backslash and an n, and no line break"),
        ("None", "the word None"),
        ("{", "a brace: `{…}` is filled in where there is an f before the quotes"),
    ):
        if trouble in rest:
            learner.not_yet(f"The prompt of an edit has {told}: {_short(got)}.", do)


@blank(
    "rounds",
    hints=(
        "What must be true of `self.decision` when the Workflow begins to wait again?",
        "The text above the cell says what each decision does. `a, b = b, None` takes a value and "
        "clears it in one line.",
        "`range(10)`; `decision, self.decision = self.decision, None`; return the Draft as "
        'published; and `f"{decision.instructions}:\\n\\n{self.latest_text}"`.',
    ),
    means="It waits in each round, does what the person said, and cannot go on for ever.",
)
async def rounds(learner: Learner) -> None:
    kind = is_workflow(learner, "DraftWorkflow")
    follows_rule_4(learner)
    has_handler(learner, kind, "set_decision", "signal")
    has_handler(learner, kind, "get_latest_text", "query")
    trial = await _goes_round(learner, kind)
    if (seconds := waits_seconds(trial)) and "TimeoutError" not in learner.text:
        learner.not_yet(
            f"The wait has a deadline of {duration(seconds)}, and nobody catches its end.",
            "Wait without a `timeout` here; the deadline comes later in this lesson.",
        )
    with turns.explained(learner):
        await _ten_rounds(learner, kind)


async def _ten_rounds(learner: Learner, kind: type) -> None:
    """Ten drafts that nobody keeps, and then an end. The first decision is there very early."""
    bound = "Let the loop run ten times: `for round in range(10):`."

    async def script(talk: Talk, model: Model) -> None:
        ended = lambda: talk.trial.completed or bool(talk.trial.failure)  # noqa: E731
        learner.step("A decision that comes early is not lost")
        await within(
            learner,
            talk.until(lambda: len(model.asked) > 1 or ended()),
            "A decision to redo came before the first draft, and no other draft is written.",
            "Put None into `self.decision` only after the wait, when the decision is taken.",
        )
        learner.step("It stops after ten rounds")
        for number in range(2, 11):
            if ended():
                break
            await within(
                learner,
                talk.drafted(number),
                f"After {number - 1} rounds it writes no other draft.",
                bound,
            )
            await talk.signal("set_decision", decision(learner, "redo"))
        await within(
            learner,
            talk.until(lambda: ended() or len(model.asked) > 10),
            "After ten rounds it does not end.",
            bound,
        )
        if len(model.asked) > 10:
            learner.not_yet("After ten drafts it writes another one.", bound)

    early = ("set_decision", decision(learner, "redo"))
    argument = learner.name("DraftInput")(TOPIC)
    trial, model = await conversation(learner, kind, argument, script, early)
    if len(model.asked) != 10:
        learner.not_yet(f"It stops after {len(model.asked)} rounds.", bound)
    result_is(learner, trial, "unfinished", model.text(10))


async def _goes_round(learner: Learner, kind: type) -> Trial:
    """Edit, redo, keep: each is done, and each round waits."""
    with turns.explained(learner):
        return await _edit_redo_keep(learner, kind)


async def _edit_redo_keep(learner: Learner, kind: type) -> Trial:
    wish = "Turn this into a poem"

    async def script(talk: Talk, model: Model) -> None:
        await drafts_first(learner, talk, model)
        timer = any(e.event_type == EventType.EVENT_TYPE_TIMER_STARTED for e in talk.trial.events)
        if timer and not any(learner.calls("wait_condition")):
            learner.not_yet(
                "It waits for a time, and not for a person.",
                "Write `await workflow.wait_condition(lambda: self.decision is not None)`.",
            )
        learner.step("An edit writes another draft, one")
        await talk.signal("set_decision", decision(learner, "edit", wish))
        await within(
            learner,
            talk.drafted(2),
            lambda: _ends_early(learner, talk) or "After an edit it writes no other draft.",
            "After a decision to edit or redo, the loop runs again: it asks llm_call again.",
        )
        await _one_call(learner, talk, model, 2)
        await text_of(learner, talk, model.text(2), {"the first draft": model.text(1)})
        _prompt_is(learner, model.asked[1], f"{wish}:\n\n{model.text(1)}", model.text(1), wish)
        learner.step("A redo asks the last prompt again")
        await talk.signal("set_decision", decision(learner, "redo"))
        await within(
            learner,
            talk.drafted(3),
            "After a redo it writes no other draft.",
            "After a decision to redo, the loop runs again with the prompt as it is.",
        )
        await _one_call(learner, talk, model, 3)
        if model.asked[2] != model.asked[1]:
            learner.not_yet(
                f"After a redo the model was asked {_short(model.asked[2])}, not the last prompt.",
                'Change `self.prompt` only when the choice is "edit".',
            )
        learner.step("A keep ends it")
        await talk.signal("set_decision", decision(learner, "keep"))
        await within(
            learner,
            talk.ended(),
            lambda: (
                "After a keep it writes another draft."
                if len(model.asked) > 3
                else "After a keep it does not end."
            ),
            'Where the choice is "keep", `return Draft(text=self.latest_text, '
            'status="published")`.',
        )

    trial, model = await conversation(learner, kind, learner.name("DraftInput")(TOPIC), script)
    result_is(learner, trial, "published", model.text(3))
    return trial


def _ends_early(learner: Learner, talk: Talk) -> str:
    """What the Workflow ended with after an edit; empty where it goes on."""
    if not talk.trial.completed:
        return ""
    got = talk.trial.result
    if not isinstance(got, dict) or "status" not in got:
        return f"After an edit it has ended, with {_short(got)}."
    if got["status"] == "unfinished":
        return (
            "After the first round it has ended as unfinished: that `return` is in the loop, "
            "or the loop has one round."
        )
    return f"After an edit it has ended, as {got['status']!r}."


async def _one_call(learner: Learner, talk: Talk, model: Model, number: int) -> None:
    """One decision leads to one draft: a loop that does not wait has asked for the next."""
    # The history tells, after the task in which the Workflow took the draft: asked for, or not.
    written = max(len(model.asked), len(talk.trial.activities))
    if written > number:
        learner.not_yet(
            f"One decision, and {written - 1} more drafts were written: "
            "the loop does not wait, because the old decision is still there.",
            "Take the decision and clear it: `decision, self.decision = self.decision, None`, "
            "after the wait.",
        )


@blank(
    "deadline",
    hints=(
        "Who raises what when the time is up? And what should the caller get then?",
        "wait_condition takes a limit of time: "
        "https://docs.temporal.io/develop/python/message-passing#wait-in-message-handler",
        '`timeout=timedelta(days=5)`, and `return Draft(text=self.latest_text, status="expired")`.',
    ),
    means="After five days of silence the Workflow ends with the draft, and says why.",
)
async def deadline(learner: Learner) -> None:
    kind = is_workflow(learner, "DraftWorkflow")
    follows_rule_4(learner)
    has_handler(learner, kind, "set_decision", "signal")
    has_handler(learner, kind, "get_latest_text", "query")
    wording = "timeout=timedelta(days=5)"
    gives_back(learner, wording)
    with explained(learner, wording, "expired"):
        trial = await _goes_round(learner, kind)
        has_deadline(learner, trial, 5 * DAY, wording)
        await _silence(learner, kind, learner.name("DraftInput")(TOPIC), 5 * DAY, "text")


async def _silence(
    learner: Learner, kind: type, argument: Any, seconds: float, field: str, status: str = "expired"
) -> None:
    """Nobody decides: the Workflow ends with the draft, as expired."""
    learner.step("It catches the time-out, and nothing else")
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else ""
            if caught in ("", "BaseException", "Exception"):
                learner.not_yet(
                    f"`{f'except {caught}'.strip()}:` catches everything, a cancellation and "
                    "mistakes in the code too.",
                    "Name what you expect: `except asyncio.TimeoutError:`.",
                )
            if caught.endswith("TimeoutError") and caught not in (
                "asyncio.TimeoutError",
                "TimeoutError",
                "asyncio.exceptions.TimeoutError",
            ):
                learner.not_yet(
                    f"`{caught}` is another class; wait_condition does not raise it.",
                    "It raises `asyncio.TimeoutError`.",
                )
    learner.step("Silence ends it with the draft")
    model = Model()
    copy = learner.copy(kind, **learner.trapped("llm_call", "ask_model", "completion"))
    silence = await after_silence(copy, argument, model.stand_ins, enough=2 * seconds)
    trial = silence.trial
    code_failed(learner, trial, STEPS)
    if len(model.asked) > 1:
        learner.not_yet(
            f"Nobody decided, and {len(model.asked)} drafts were written.",
            "After the time-out, return; do not begin another round.",
        )
    if silence.blocks:
        learner.not_yet(
            "When the time is up, the Workflow's code blocks: it does not give back control.",
            f'After `except asyncio.TimeoutError:` return the draft, with the status "{status}".',
        )
    if silence.seconds > 2 * seconds or not (trial.completed or trial.failure):
        learner.not_yet(
            "When the time is up, the Workflow goes on and waits again.",
            f'After `except asyncio.TimeoutError:` return the draft, with the status "{status}".',
        )
    if not trial.failure and silence.seconds > seconds + 600:
        learner.not_yet(
            f"The time is up after {duration(seconds)}, and the Workflow ends after "
            f"{duration(silence.seconds)}.",
            "Return the draft as soon as the time is up.",
        )
    if trial.failure:
        learner.not_yet(
            f"When the time is up, the Workflow fails ({trial.failure}), and the draft is lost.",
            f'Catch it: `except asyncio.TimeoutError:`, and return the draft as "{status}".',
        )
    got = trial.result
    if not isinstance(got, dict) or "status" not in got:
        learner.not_yet(
            f"When the time is up, the result is {_kind(got)}.",
            f'Return an object with the draft and the status "{status}".',
        )
    if got["status"] != status:
        learner.not_yet(
            f"When the time is up, the status is {_short(got['status'])}, and nobody has decided "
            "that.",
            _status_do(learner, got, status, field),
        )
    if got.get(field) != model.text(1):
        learner.not_yet(
            f"When the time is up, the draft is lost: {field} is {_short(got.get(field))}"
            f"{_origin(got.get(field), model)}.",
            f"Return the draft's text in `{field}`.",
        )


def _status_do(learner: Learner, got: dict[str, Any], status: str, field: str) -> str:
    """What to do about a result whose status is another one."""
    is_, holds = got["status"], got.get(field)
    if status in (holds, got.get("version")):
        return (
            f"By position the fields are {', '.join(got)}: give both by name, `{field}=…` and "
            f'`status="{status}"`.'
        )
    if isinstance(is_, str) and is_.lower() == status:
        return f'Write "{status}" in small letters.'
    return f'Return the status "{status}".'


def _origin(got: Any, model: Model) -> str:
    """Where a text comes from that stands in the draft's place, in words."""
    if got == TOPIC or got in model.asked:
        return ", the prompt"
    if isinstance(got, dict) and "choices" in got:
        return ", the whole answer of the model"
    return ", a word in quotes" if got in ("draft", "text") else ""


def _validator(learner: Learner, kind: type, update: str, name: str) -> Any:
    """The validator of an Update handler, as the SDK knows it."""
    handler = has_handler(learner, kind, update, "update")
    learner.step(f"{update} has a validator")
    if handler.validator is None:
        if said_so := gone_or_above(learner, name, update):
            learner.not_yet(*said_so)
        method = method_of(learner, name)
        said = [ast.unparse(d) for d in method.decorator_list] if method else []
        learner.not_yet(
            f"`{name}` has the decorator @{said[0]}, which does not make it a validator."
            if said
            else f"The Update `{update}` has no validator: `{name}` is a method like any other.",
            f"Write `@{update}.validator` on the line above `def {name}`.",
        )
    if inspect.iscoroutinefunction(handler.validator):
        learner.not_yet(
            "The validator is an `async def`.", f"Write `def {name}(…)`: it decides at once."
        )
    return learner.copy(handler.validator, workflow=_Quiet())


def _only_looks(learner: Learner, name: str) -> None:
    """A validator leaves the Workflow as it is."""
    learner.step("The validator only looks")
    if changed := changes(method_of(learner, name) or ast.Pass()):
        learner.not_yet(
            f"The validator changes `{changed}`: it must leave the Workflow's state as it is.",
            "It only looks, and raises or does not. Take the assignment out; the handler keeps "
            "the decision.",
        )


def _refuses(
    learner: Learner, check: Any, validator: Validator, what: str, condition: str, *given: Any
) -> None:
    """A validator refuses what does not fit, with words.

    Args:
        what: the situation, as the beginning of a sentence.
        condition: on which it is to refuse, as it stands in an `if`.
        given: the Workflow's object, and the input.
    """
    learner.step(f"{what}: it refuses")
    done = refuses(check, *given)
    if not done.raised:
        why, do = validator.let_through(condition, done)
        learner.not_yet(f"{what}, and the decision is let through.{why}", do)
    if not done.words.strip():
        learner.not_yet(
            f"{what}: it refuses without a word.", 'Tell the person why: `ValueError("…")`.'
        )


@blank(
    "validator",
    hints=(
        "What must be true of `self.draft` and `self.decision`, so that a decision makes sense?",
        "The first `if` of the method is the pattern: a condition, then `raise ValueError(…)`; "
        "https://docs.temporal.io/develop/python/message-passing#updates",
        '`if self.draft.status != "waiting":`, `if decision.version != self.draft.version:` and '
        "`if self.decision is not None:`, each with a `raise ValueError(…)`.",
    ),
    means="A decision counts only for the text that the person has read, and only once.",
)
async def validator(learner: Learner) -> None:
    kind = is_workflow(learner, "DraftWorkflow")
    follows_rule_4(learner)
    check = _validator(learner, kind, "decide", "check_decision")
    draft = learner.name("Draft")

    def state(status: str = "waiting", decided: Any = None) -> Any:
        thing = kind(learner.name("DraftInput")(TOPIC))
        thing.draft, thing.decision = draft(2, "a text", status), decided
        return thing

    def asked(version: int = 2, choice: str = "keep") -> Any:
        wish = "Make it shorter" if choice == "edit" else ""
        return decision(learner, choice, wish, version)

    _only_looks(learner, "check_decision")
    learner.step("It lets a decision through that fits")
    waits, reads, first = (
        'self.draft.status != "waiting"',
        "decision.version != self.draft.version",
        "self.decision is not None",
    )
    known = 'decision.choice not in ("keep", "redo", "edit")'
    rules = Validator(learner, "check_decision", "decide", (waits, reads, first, known))
    for choice in ("keep", "redo", "edit"):
        thing = state()
        before = deepcopy(vars(thing))
        done = refuses(check, thing, asked(choice=choice))
        if done.raised:
            why, do = rules.refused(done)
            learner.not_yet(
                f"Version 2 waits, and {choice} of version 2 is refused: {done.words!r}.{why}", do
            )
        if vars(thing) != before:
            learner.not_yet(
                "The validator changes the Workflow's state.",
                "It only looks, and raises or does not; `decide` keeps the decision.",
            )
    wrong = [
        ("No draft is waiting", state("writing"), asked(), waits),
        ("The draft is published", state("published"), asked(), waits),
        ("The draft has expired", state("expired"), asked(), waits),
        ("An older version was read", state(), asked(1), reads),
        ("A version that is not there", state(), asked(3), reads),
        ("A decision is there already", state(decided=asked()), asked(), first),
        ("Another decision is there already", state(decided=asked(choice="edit")), asked(), first),
        ("A redo is there already", state(decided=asked(choice="redo")), asked(), first),
        ("An unknown choice", state(), asked(choice="maybe"), known),
    ]
    for what, thing, given, condition in wrong:
        _refuses(learner, check, rules, what, condition, thing, given)

    async def script(talk: Talk, model: Model) -> None:
        await drafts_first(learner, talk, model)
        learner.step("On the Temporal Service: refused, then accepted")
        for version, right in ((2, False), (1, True)):
            try:
                taken, words = await talk.update("decide", decision(learner, "keep", "", version))
            except Stuck:
                learner.not_yet(
                    "The Update gets no answer.", "Let `decide` return after it kept the decision."
                )
            if taken != right:
                learner.not_yet(
                    f"Version 1 waits, and keep of version {version} is "
                    f"{'accepted' if taken else 'refused'}: {words}",
                    "Compare `decision.version` with `self.draft.version`.",
                )
            if taken and words in ("None", ""):
                learner.not_yet(
                    "The decision is accepted, and the Update returns nothing.",
                    "Let `decide` return a sentence for the person, as it was given.",
                )
        await within(
            learner,
            talk.ended(),
            "A keep was accepted, and the Workflow goes on waiting.",
            "Let `decide` keep the decision: `self.decision = decision`. Keep `run` as it was "
            "given.",
        )

    trial, model = await conversation(learner, kind, learner.name("DraftInput")(TOPIC), script)
    result_is(learner, trial, "published", model.text(1))


# --- the exercise ---


@blank(
    "approval_ends",
    hints=(
        "What does wait_condition do when its time is up, and what in your code catches that?",
        "The blank `deadline` of the lesson does the same for a DraftWorkflow.",
        "`try:` around the wait, `except asyncio.TimeoutError:` and "
        '`return ApprovalResult("expired", draft)`.',
    ),
    means="Yes, no and silence all end with a result, and with the draft in it.",
)
async def approval_ends(learner: Learner) -> None:
    kind = is_workflow(learner, "ApprovalWorkflow")
    follows_rule_4(learner)
    has_handler(learner, kind, "approve", "signal")
    argument = learner.name("ApprovalInput")(TOPIC)
    gives_back(learner, "timeout=timedelta(hours=24)")
    with explained(learner, "timeout=timedelta(hours=24)", "expired", yes_or_no=True):
        await _yes_and_no(learner, kind, argument)
        await _silence(learner, kind, argument, DAY, "draft")


async def _yes_and_no(learner: Learner, kind: type, argument: Any) -> None:
    """A yes and a no end the approval, each with its status, and the wait has a deadline."""
    for yes, status in ((True, "approved"), (False, "rejected")):

        async def script(talk: Talk, model: Model, yes: bool = yes) -> None:
            await _approval_waits(learner, talk, model)
            learner.step(f"{'Yes' if yes else 'No'} ends it")
            await talk.signal("approve", yes)
            await within(
                learner,
                talk.ended(),
                f"After approve({yes}) it goes on waiting.",
                "Wait with `lambda: self.approved is not None`: a no is a decision too.",
            )

        trial, model = await conversation(learner, kind, argument, script)
        _approval_is(learner, trial, status, model)
    has_deadline(learner, trial, DAY, "timeout=timedelta(hours=24)")


async def _approval_waits(learner: Learner, talk: Talk, model: Model) -> None:
    learner.step("It writes a draft, and then waits")
    await _drafted(learner, talk)
    if talk.trial.completed:
        learner.not_yet(
            "The Workflow has ended, and nobody has decided: it does not wait.",
            "Keep the wait: `await workflow.wait_condition(…)`.",
        )


def _approval_is(learner: Learner, trial: Trial, status: str, model: Model) -> None:
    learner.step(f"It ends as {status}, with the draft")
    if trial.failure:
        learner.not_yet(f"The Workflow failed: {trial.failure}", "Every end needs a result.")
    got = trial.result
    if not isinstance(got, dict) or "status" not in got:
        learner.not_yet(
            f"The result is {_kind(got)}.",
            "Return an `ApprovalResult` with status and draft.",
        )
    if got["status"] != status:
        learner.not_yet(
            f"After a {'yes' if status == 'approved' else 'no'} the status is "
            f"{_short(got['status'])}.",
            _keeps_yes_or_no(learner) or 'Return "approved" for a yes and "rejected" for a no.',
        )
    if got.get("draft") != model.text(1):
        learner.not_yet(
            f"The result's draft is {_short(got.get('draft'))}.", "Give it the draft's text."
        )


def _keeps_yes_or_no(learner: Learner) -> str:
    """What to do about a handler that keeps another thing, or a result that asks another one."""
    method = method_of(learner, "approve")
    given = method.args.args[-1].arg if method and method.args.args else ""
    for part in ast.walk(method or ast.Pass()):
        if (
            isinstance(part, ast.Assign)
            and ast.unparse(part.targets[0]) == "self.approved"
            and ast.unparse(part.value) != given
        ):
            return f"Instead of `{ast.unparse(part)}` write `self.approved = {given}`."
    for part in ast.walk(learner.tree):
        if isinstance(part, ast.IfExp) and "self.approved" not in ast.unparse(part.test):
            return f"Instead of `if {ast.unparse(part.test)}` ask for `self.approved`."
    return ""


@blank(
    "one_decision",
    hints=(
        "Which kind of message can be refused, and gets an answer? Who looks at it first?",
        "DraftWorkflow in the lesson has `decide` and `check_decision`: the same pair.",
        "`@workflow.update`, `@approve.validator`, and two checks: `if not self.draft` and "
        "`if self.approved is not None`, each with a `raise ValueError(…)`.",
    ),
    means="One decision counts; a person who comes too early or too late is told so.",
)
async def one_decision(learner: Learner) -> None:
    kind = is_workflow(learner, "ApprovalWorkflow")
    follows_rule_4(learner)
    check = _validator(learner, kind, "approve", "check_approval")
    argument = learner.name("ApprovalInput")(TOPIC)

    def state(draft: str, approved: bool | None) -> Any:
        thing = kind(argument)
        thing.draft, thing.approved = draft, approved
        return thing

    _only_looks(learner, "check_approval")
    learner.step("It lets the first decision through")
    early, late = "not self.draft", "self.approved is not None"
    rules = Validator(learner, "check_approval", "approve", (early, late))
    for yes in (True, False):
        done = refuses(check, state("a draft", None), yes)
        if done.raised:
            why, do = rules.refused(done)
            learner.not_yet(
                f"A draft is there, nobody has decided, and approve({yes}) is refused: "
                f"{done.words!r}.{why}",
                do,
            )
    for what, thing, yes, condition in (
        ("No draft is there yet", state("", None), True, early),
        ("Somebody has said yes", state("a draft", True), True, late),
        ("Somebody has said yes, and now no is said", state("a draft", True), False, late),
        ("Somebody has said no", state("a draft", False), False, late),
        ("Somebody has said no, and now yes is said", state("a draft", False), True, late),
    ):
        _refuses(learner, check, rules, what, condition, thing, yes)
    for yes, status in ((True, "approved"), (False, "rejected")):

        async def script(talk: Talk, model: Model, yes: bool = yes) -> None:
            await _approval_waits(learner, talk, model)
            learner.step(f"approve({yes}) is accepted and answered")
            try:
                taken, words = await talk.update("approve", yes)
            except Stuck:
                learner.not_yet("The Update gets no answer.", "Let `approve` return a sentence.")
            if not taken:
                kept = "self.draft" in _set_in(learner, "run")
                learner.not_yet(
                    f"A draft is there, and it is refused: {words}",
                    "Look at the validator's conditions."
                    if kept
                    else "Let `run` keep the draft where the validator looks: `self.draft = …`.",
                )
            if words in ("None", "", "True", "False"):
                learner.not_yet(
                    f"The Update returns {words if words in ('True', 'False') else 'nothing'}.",
                    "Return a sentence for the person.",
                )
            await within(
                learner,
                talk.ended(),
                f"After approve({yes}) it goes on waiting.",
                "Let `approve` keep the decision: `self.approved = decision`.",
            )

        trial, model = await conversation(learner, kind, argument, script)
        _approval_is(learner, trial, status, model)
    with explained(learner, "timeout=timedelta(hours=24)", "expired", yes_or_no=True):
        has_deadline(learner, trial, DAY, "timeout=timedelta(hours=24)")
        await _silence(learner, kind, argument, DAY, "draft")


def _set_in(learner: Learner, method: str) -> set[str]:
    """What a method assigns to, such as `self.draft`."""
    return {
        ast.unparse(part)
        for part in ast.walk(method_of(learner, method) or ast.Pass())
        if isinstance(part, (ast.Attribute, ast.Name)) and isinstance(part.ctx, ast.Store)
    }


@blank(
    "send_approval",
    hints=(
        "Which method of a handle sends an Update and waits for its answer?",
        "The lesson sends `DraftWorkflow.decide` right after the blank `validator`, and prints "
        "`error.cause`.",
        "`return await handle.execute_update(ApprovalWorkflow.approve, decision)`, and "
        "`return str(error.cause)`.",
    ),
    means="The person who decides gets an answer: what counted, or why it did not.",
)
async def send_approval(learner: Learner) -> None:
    function = is_coroutine_function(learner, "decide", "decide(handle, decision: bool) -> str")
    for yes in (True, False):
        await _approves(learner, function, yes)
    returned: Any = None
    learner.step("A refusal gives the reason")

    async def script(talk: Talk) -> None:
        nonlocal returned
        call = learner.copy(function)
        await patience.wait_for(call(talk.handle, True), 2, talk.beat)
        returned = await patience.wait_for(call(talk.handle, False), 2, talk.beat)
        _is_reason(learner, returned)
        learner.step("An approval that has ended gives what the Temporal Service says")
        await talk.signal("end")
        await talk.ended()
        do = "Keep the last lines: `except RPCError as error:` and what is under it."
        try:
            returned = await patience.wait_for(call(talk.handle, True), 2, talk.beat)
        except RPCError as error:
            if late(error):
                raise
            learner.not_yet(
                f"The approval has ended, and `decide` raises RPCError: {error.message}.", do
            )
        if not isinstance(returned, str) or not returned.strip():
            learner.not_yet(f"The approval has ended, and it returns {_kind(returned)}.", do)

    await run_workflow(_Listener, None, {}, script=script)


async def _approves(learner: Learner, function: Any, yes: bool) -> None:
    """A decision is sent once, as it is, and the Update's answer comes back."""
    learner.step(f"decide(handle, {yes}) gives the Update's answer")
    wording = "return await handle.execute_update(ApprovalWorkflow.approve, decision)"
    answer = "approved" if yes else "rejected"
    try:
        trial, returned = await _speaks(learner, function, wording, yes)
    except (NameError, AttributeError):
        handle = _parameter(function)
        for call in [*learner.calls("execute_update"), *learner.calls("start_update")]:
            if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) != handle:
                learner.not_yet(
                    f"`{ast.unparse(call.func)}(…)`: what sends is the handle that the function "
                    f"is given, `{handle}`.",
                    f"Write `{wording}`.",
                )
        raise
    if inspect.iscoroutine(returned):
        returned.close()
        learner.not_yet("It returns a coroutine: nothing was sent.", "Write `return await …`.")
    sent = [
        event.workflow_execution_update_accepted_event_attributes.accepted_request.input
        for event in trial.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    ]
    if not sent:
        instead = _done_instead(learner, function, "execute_update")
        learner.not_yet(
            f"No Update arrived{f': {instead}' if instead else ''}.", f"Write `{wording}`."
        )
    if sent[0].name != "approve":
        learner.not_yet(
            f"The Update that was sent is called {_named(sent[0].name)}; no handler has that name.",
            "Write `ApprovalWorkflow.approve`, without quotes: the method with @workflow.update.",
        )
    given = inputs(sent[0].args)
    if given != [yes] or type(given[0]) is not bool:
        learner.not_yet(
            f"For {yes} the Update carries {_carried(learner, given)}.",
            "Give it the parameter as it is: "
            "`handle.execute_update(ApprovalWorkflow.approve, decision)`.",
        )
    if isinstance(returned, str) and REASON in returned:
        learner.not_yet(
            "The Update was sent twice: the second one was refused, somebody has decided already.",
            f"Send it once: `{wording}`.",
        )
    if returned is None:
        learner.not_yet("It returns nothing.", "Write `return await handle.execute_update(…)`.")
    if returned != answer:
        told = _short(returned) if isinstance(returned, str) else _kind(returned)
        learner.not_yet(
            f"For {yes} it returns {told}, and the Update's answer is {answer!r}.",
            "Return what execute_update gives, as it is.",
        )


def _named(name: str) -> str:
    """The name under which something was sent, without the place where it lies."""
    found = re.match(r"<(function|class) '?(?:__main__\.)?([\w.]+)", name)
    return f"{found[2]}, the {found[1]}" if found else repr(name)


def _carried(learner: Learner, given: list[Any]) -> str:
    """What an Update carries, in words, and as the cell has it."""
    if not given:
        return "nothing"
    for name in ("execute_update", "start_update"):
        for call in learner.calls(name):
            values = [*call.args[1:], *(k.value for k in call.keywords if k.arg == "arg")]
            if values and not isinstance(given[0], bool):
                return f"`{ast.unparse(values[0])}`, {_kind(given[0])}"
    return _short(given[0]) if len(given) == 1 else f"{len(given)} things"


def _is_reason(learner: Learner, returned: Any) -> None:
    """What came back of a refusal holds the validator's words."""
    do = "The reason is the error's cause: write `return str(error.cause)`."
    if not isinstance(returned, str):
        learner.not_yet(
            f"When it is refused, it returns {_kind(returned)}, not a text.",
            "Write `return str(error.cause)`.",
        )
    if REASON in returned:
        return
    written = {n.value for n in ast.walk(learner.tree) if isinstance(n, ast.Constant)}
    told = "which is not the reason"
    if not returned.strip():
        told = "an empty text"
    elif returned in written and "{" in returned:
        told, do = "with the braces in it", f'An f is missing before the quotes: `f"{returned}"`.'
    elif returned in written and re.fullmatch(r"(str\()?error[.\w()]*", returned):
        told = "because it is in quotes"
    elif returned in written:
        told = "your own words, whatever the reason was"
    learner.not_yet(f"When it is refused, it returns {_short(returned)}, {told}.", do)


# --- predictions ---

NOBODY_SAW = Prediction(
    "nobody_saw",
    (True, None, False),
    right="c",
    why="The Signal does not say which text it is about, so it was taken for the second one.",
)
REFUSED = Prediction(
    "refused",
    (2, 0, 4),
    right="b",
    why="What a validator refuses leaves no event.",
)
HANDLER_RAISES = Prediction(
    "handler_raises",
    (("RUNNING", False), ("RUNNING", True), ("FAILED", True)),
    right="a",
    why="An ordinary exception in Workflow code fails the Workflow Task, which is tried again.",
)
