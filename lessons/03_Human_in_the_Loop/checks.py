"""What the checks of lesson 03 and its exercise try, and their hints."""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import RawValue
from temporalio.service import RPCError

from workshop.checks import Learner, blank
from workshop.checks.messages import (
    changes,
    has_deadline,
    has_handler,
    method_of,
    only_reads,
    refuses,
    within,
)
from workshop.checks.steps import (
    Step,
    code_failed,
    follows_rule_4,
    is_workflow,
    kind_of,
    ran,
)
from workshop.checks.trial import Stuck, Talk, Trial, after_silence, inputs, run_workflow

RUNNING = WorkflowExecutionStatus.RUNNING
HANDLER, READER = "ApprovalWorkflow.approve", "DraftWorkflow.get_latest_text"
TOPIC = "three facts about octopuses"
DAY = 86400.0
STEPS = [Step("llm_call", 30, {"prompt": TOPIC}, "LLMCallInput(self.prompt)")]


class Model:
    """Stands in for llm_call: each answer is another text, and says which."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def text(self, number: int) -> str:
        return f"draft number {number} of {self.asked[number - 1]!r}"

    @property
    def stand_ins(self) -> dict[str, Callable[..., Any]]:
        return {"llm_call": self._answer, "notify": lambda *_: "note.txt"}

    def _answer(self, given: Any) -> Any:
        self.asked.append(given["prompt"] if isinstance(given, dict) else str(given))
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
    learner: Learner, kind: type, argument: Any, script: Callable[[Talk, Model], Any]
) -> tuple[Trial, Model]:
    """Run a Workflow with a stand-in for the model, and talk to it. Its code has not failed."""
    model = Model()
    copy = learner.copy(kind, **learner.trapped("llm_call", "ask_model", "completion"))
    trial = await run_workflow(
        copy, argument, model.stand_ins, limit=1.2, script=lambda talk: script(talk, model)
    )
    code_failed(learner, trial, STEPS)
    return trial, model


async def drafts_first(learner: Learner, talk: Talk, model: Model, prompt: str = TOPIC) -> None:
    """The Workflow asks the model once, with the prompt that it was given, and then waits."""
    learner.step("It writes a draft, and then waits for a person")
    await within(
        learner,
        talk.drafted(),
        "The Workflow does not ask for llm_call.",
        "Keep `await workflow.execute_activity(llm_call, …)`, as it was given.",
    )
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
        learner.not_yet("The Query gives None: nothing is returned.", "`return self.latest_text`")
    if got != right:
        told = next((f": that is {words}" for words, text in other.items() if text == got), "")
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
    if got["status"] != status:
        learner.not_yet(f"The status is {got['status']!r}, not {status!r}.", f'status="{status}"')
    if got.get("text") != text:
        learner.not_yet(
            f"The result's text is {_short(got.get('text'))}, not that of the latest draft.",
            "Give the Draft `text=self.latest_text`.",
        )


def _short(thing: Any) -> str:
    text = repr(thing)
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
        "The decorators of a Workflow's methods are @workflow.run, .signal, .query and .update; "
        "https://docs.temporal.io/develop/python/message-passing#signals",
        "`@workflow.signal` on the line above, and `self.decision = decision` in the method.",
    ),
    means="A Signal reaches this Workflow, is kept in its history, and wakes the wait.",
)
async def set_decision(learner: Learner) -> None:
    kind = is_workflow(learner, "DraftWorkflow")
    follows_rule_4(learner)
    has_handler(learner, kind, "set_decision", "signal")
    await _keeps_what_it_gets(learner, kind)

    async def script(talk: Talk, model: Model) -> None:
        await drafts_first(learner, talk, model)
        learner.step("The Signal wakes it")
        await talk.signal("set_decision", decision(learner, "keep"))
        saw, do = _assigns(learner, "set_decision", "decision", "decision")
        await within(learner, talk.ended(), saw, do)

    trial, model = await conversation(learner, kind, learner.name("DraftInput")(TOPIC), script)
    result_is(learner, trial, "published", model.text(1))


async def _keeps_what_it_gets(learner: Learner, kind: type) -> None:
    """The Signal handler keeps each decision as it is, and does nothing else."""
    learner.step("It keeps the decision, whatever it is")
    method = method_of(learner, "set_decision")
    do = "Write `self.decision = decision` in `set_decision`, and nothing else."
    if method and not [a for a in method.args.args if a.arg != "self"]:
        learner.not_yet(
            "`set_decision` takes no input: the decision that was sent is thrown away.",
            "Write `def set_decision(self, decision: Decision) -> None:`.",
        )
    for part in ast.walk(method or ast.Pass()):
        if isinstance(part, ast.Call):
            name = ast.unparse(part.func)
            if "sleep" in name or "wait" in name:
                learner.not_yet(f"`{name}(…)` lets the handler wait.", do)
            if "execute_activity" in name or name in ("ask_model", "llm_call", "completion"):
                learner.not_yet(f"`{name}(…)`: the handler itself asks for the model's work.", do)
    definition = kind.__temporal_workflow_definition  # type: ignore[attr-defined]
    if "set_decision" in definition.queries:
        learner.not_yet(
            "`set_decision` is a Signal handler and a Query handler: one of them is too many.",
            "Take `@workflow.query` away.",
        )
    for choice in ("keep", "edit", "redo"):
        thing = kind(learner.name("DraftInput")(TOPIC))
        sent = decision(learner, choice, "as a poem")
        done = definition.signals["set_decision"].fn(thing, sent)
        if inspect.isawaitable(done):
            await done
        got = thing.decision
        if got is None:
            saw, do = _assigns(learner, "set_decision", "decision", "decision")
            if any(isinstance(part, ast.If) for part in ast.walk(method or ast.Pass())):
                saw = f"There is an `if` in `set_decision`: {choice} is thrown away."
            learner.not_yet(saw, do)
        if got != sent:
            told = "a class, not what was sent" if isinstance(got, type) else repr(got)
            learner.not_yet(f"After the Signal `self.decision` is {told}.", do)


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

    @workflow.query
    def get_latest_text(self) -> str:
        return "the text of the draft"

    @workflow.query(dynamic=True)
    def any_query(self, name: str, inputs: Sequence[RawValue]) -> str:
        return f"the answer of {name}"

    @workflow.update
    def approve(self, decision: bool) -> str:
        self.approved = decision
        return "approved" if decision else "rejected"

    @approve.validator
    def check_approval(self, decision: bool) -> None:
        if self.approved is not None:
            raise ValueError("the stand-in has been decided already")

    @workflow.update(dynamic=True)
    def any_update(self, name: str, inputs: Sequence[RawValue]) -> str:
        return f"the answer of {name}"


def is_coroutine_function(learner: Learner, name: str, signature: str) -> Any:
    """The name is an async function. Returns it."""
    ran(learner)
    learner.step(f"{name} is an async function")
    function = learner.name(name)
    if not inspect.iscoroutinefunction(function):
        learner.not_yet(
            f"`{name}` is {kind_of(function)}"
            + (", without async." if inspect.isfunction(function) else "."),
            f"Write `async def {signature}`, as it was given.",
        )
    return function


async def _speaks(learner: Learner, function: Any, wording: str, *inputs: Any) -> tuple[Trial, Any]:
    """Call a function of the learner's with a handle of the stand-in. Returns what it returned."""
    returned: Any = None
    for call in ast.walk(learner.tree):
        # A method of the handle that is no method: the handler, called as in other frameworks.
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            if ast.unparse(call.func.value) == "handle" and hasattr(_Listener, call.func.attr):
                learner.not_yet(
                    f"A handle has no method `{call.func.attr}`: it only knows how to send.",
                    f"Write `{wording}`.",
                )
            if ast.unparse(call.func) in ("DraftWorkflow.set_decision", HANDLER, READER):
                learner.not_yet(
                    f"`{ast.unparse(call.func)}(…)` calls the handler here, in the notebook.",
                    f"Name it without calling it: `{wording}`.",
                )

    async def script(talk: Talk) -> None:
        nonlocal returned
        try:
            returned = await asyncio.wait_for(learner.copy(function)(talk.handle, *inputs), 1.5)
        except asyncio.TimeoutError:
            learner.not_yet(
                "The function does not come back: it waits for the Workflow's end.",
                f"A handle's `result()` waits; here write `{wording}`.",
            )
        except RPCError as error:
            learner.not_yet(
                f"The call fails: {error.message}. It went to another handle than the one given.",
                f"Use the parameter: `{wording}`.",
            )
        if talk.trial.failure or (await talk.handle.describe()).status != RUNNING:
            called = next(
                (n for n in ("terminate", "cancel") if any(learner.calls(n))), "something"
            )
            learner.not_yet(f"`{called}` has ended the Workflow.", f"Write `{wording}`.")
        await talk.signal("end")
        await talk.ended()

    trial = await run_workflow(_Listener, None, {}, limit=1.5, script=script)
    return trial, returned


def _not_a_handler(learner: Learner, error: BaseException, of: str, name: str) -> None:
    """The kernel's DraftWorkflow has no such handler: an earlier blank is not done."""
    text = str(error)
    if of.lower() in text.lower() and "decorat" in text.lower():
        learner.not_yet(
            f"{text.partition(chr(10))[0]}.",
            f"Give {of}s a method with `@workflow.{of.lower()}`; finish that blank first.",
        )


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
        for call in learner.calls("signal"):
            if not learner.awaited(call):
                learner.not_yet(
                    "No Signal arrived: the call of `handle.signal` is not awaited.",
                    "Write `await handle.signal(…)`.",
                )
        learner.not_yet(
            "No Signal arrived in the Event History.", "Write `await handle.signal(…)`."
        )
    learner.step("The Signal is set_decision")
    if sent[0].signal_name != "set_decision":
        learner.not_yet(
            f"The Signal is called {sent[0].signal_name!r}; no handler has that name.",
            "Give it `DraftWorkflow.set_decision`.",
        )
    learner.step("It carries the decision to keep")
    given = inputs(sent[0].input)
    if len(given) != 1 or not isinstance(given[0], dict) or "choice" not in given[0]:
        told = kind_of(given[0]) if len(given) == 1 else f"{len(given)} inputs"
        learner.not_yet(
            f"The Signal carries {told if given else 'nothing'}.", 'Give it `Decision("keep")`.'
        )
    if given[0]["choice"] != "keep":
        learner.not_yet(
            f"The decision's choice is {given[0]['choice']!r}.", 'It is "keep", in small letters.'
        )
    if len(sent) > 1:
        learner.not_yet(f"{len(sent)} Signals were sent.", "Send one.")


@blank(
    "get_latest_text",
    hints=(
        "Which decorator makes a method answer questions? And where does `run` keep the text?",
        "It is the sister of @workflow.signal; "
        "https://docs.temporal.io/develop/python/message-passing#queries",
        "`@workflow.query` on the line above, and `return self.latest_text`.",
    ),
    means="Anyone with the Workflow's id can read the draft, and the history does not grow.",
)
async def get_latest_text(learner: Learner) -> None:
    kind = is_workflow(learner, "DraftWorkflow")
    follows_rule_4(learner)
    has_handler(learner, kind, "get_latest_text", "query")
    only_reads(learner, "get_latest_text")
    has_handler(learner, kind, "set_decision", "signal")

    async def script(talk: Talk, model: Model) -> None:
        await drafts_first(learner, talk, model)
        await text_of(learner, talk, model.text(1), {"the prompt": TOPIC})
        learner.step("A Signal still wakes it")
        await talk.signal("set_decision", decision(learner, "keep"))
        saw, do = _assigns(learner, "set_decision", "decision", "decision")
        await within(learner, talk.ended(), saw, do)

    trial, model = await conversation(learner, kind, learner.name("DraftInput")(TOPIC), script)
    result_is(learner, trial, "published", model.text(1))


@blank(
    "send_query",
    hints=(
        "Which method of the handle asks a question, and what does it want to know?",
        "It is used as `handle.signal`, two cells up; "
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
    if returned is None:
        printed = any(learner.calls("print"))
        learner.not_yet(
            "It returns nothing" + (": the answer is printed, and gone." if printed else "."),
            "Write `return await handle.query(DraftWorkflow.get_latest_text)`.",
        )
    if returned != "the text of the draft":
        learner.not_yet(
            f"It returns {_short(returned)}, which is not the draft's text.",
            "Ask with `DraftWorkflow.get_latest_text`, and return the answer as it is.",
        )


# --- the lesson: rounds, deadline, validator ---


def _prompt_is(learner: Learner, got: str, want: str, text: str, wish: str) -> None:
    learner.step("An edit's prompt holds the instructions and the text")
    if got == want:
        return
    do = 'Write `self.prompt = f"{decision.instructions}:\\n\\n{self.latest_text}"`.'
    if text not in got and wish not in got:
        learner.not_yet(f"After an edit the model was asked {_short(got)}, as before.", do)
    if text not in got:
        learner.not_yet("The prompt of an edit has the instructions and not the text.", do)
    if wish not in got:
        learner.not_yet("The prompt of an edit has the text and not the instructions.", do)


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
    await _goes_round(learner, kind)
    learner.step("It stops after ten rounds")

    async def script(talk: Talk, model: Model) -> None:
        for number in range(1, 11):
            if talk.trial.completed:
                break
            await within(
                learner,
                talk.drafted(number),
                f"After {number - 1} rounds it writes no other draft.",
                "Let the loop go round ten times: `for round in range(10):`.",
            )
            await talk.signal("set_decision", decision(learner, "redo"))
        await within(
            learner,
            talk.ended(),
            f"After ten rounds it still goes on: {len(model.asked)} calls so far.",
            "Bound the loop: `for round in range(10):`.",
        )

    trial, model = await conversation(learner, kind, learner.name("DraftInput")(TOPIC), script)
    if len(model.asked) != 10:
        learner.not_yet(
            f"It stops after {len(model.asked)} rounds, not 10.",
            "`for round in range(10):` goes round ten times.",
        )
    result_is(learner, trial, "unfinished", model.text(10))


async def _goes_round(learner: Learner, kind: type) -> Trial:
    """Edit, redo, keep: each is done, and each round waits."""
    wish = "Turn this into a poem"

    async def script(talk: Talk, model: Model) -> None:
        await drafts_first(learner, talk, model)
        learner.step("An edit writes another draft, one")
        await talk.signal("set_decision", decision(learner, "edit", wish))
        await within(
            learner,
            talk.drafted(2),
            "After an edit it writes no other draft."
            if not talk.trial.completed
            else "After an edit it has ended.",
            "After a decision to edit or redo, the loop goes round: it asks llm_call again.",
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
            "After a decision to redo, the loop goes round with the prompt as it is.",
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
            f"After a keep it goes on: {len(model.asked)} calls so far."
            if len(model.asked) > 3
            else "After a keep it does not end.",
            'Where the choice is "keep", `return Draft(text=self.latest_text, '
            'status="published")`.',
        )

    trial, model = await conversation(learner, kind, learner.name("DraftInput")(TOPIC), script)
    result_is(learner, trial, "published", model.text(3))
    return trial


async def _one_call(learner: Learner, talk: Talk, model: Model, number: int) -> None:
    """One decision leads to one draft; give a loop that does not wait a moment to show itself."""
    await asyncio.sleep(0.08)
    if len(model.asked) > number:
        learner.not_yet(
            f"One decision, and {len(model.asked) - 1} more drafts were written: "
            "the loop does not wait, because the old decision is still there.",
            "Take the decision and clear it: `decision, self.decision = self.decision, None`, "
            "after the wait.",
        )


@blank(
    "deadline",
    hints=(
        "Who raises what when the time is up? And what should the caller get then?",
        "wait_condition takes a `timeout`, a timedelta; "
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
    trial = await _goes_round(learner, kind)
    has_deadline(learner, trial, 5 * DAY, "timeout=timedelta(days=5)")
    await _silence(learner, kind, learner.name("DraftInput")(TOPIC), 5 * DAY, "expired", "text")


async def _silence(
    learner: Learner, kind: type, argument: Any, seconds: float, status: str, field: str
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
    silence = await after_silence(copy, argument, model.stand_ins)
    trial = silence.trial
    code_failed(learner, trial, STEPS)
    if len(model.asked) > 1:
        learner.not_yet(
            f"Nobody decided, and {len(model.asked)} drafts were written.",
            "After the time-out, return; do not go round.",
        )
    if silence.seconds > 2 * seconds or not (trial.completed or trial.failure):
        learner.not_yet(
            "When the time is up, the Workflow goes on and waits again.",
            f'After `except asyncio.TimeoutError:` return the draft, with the status "{status}".',
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
            f"When the time is up, the status is {got['status']!r}, and nobody has decided that.",
            f'Return the status "{status}".',
        )
    if got.get(field) != model.text(1):
        learner.not_yet(
            f"When the time is up, the draft is lost: {field} is {_short(got.get(field))}.",
            f"Return the draft's text in `{field}`.",
        )


def _validator(learner: Learner, kind: type, update: str, name: str) -> Any:
    """The validator of an Update handler, as the SDK knows it."""
    handler = has_handler(learner, kind, update, "update")
    learner.step(f"{update} has a validator")
    if handler.validator is None:
        method = method_of(learner, name)
        said = [ast.unparse(d) for d in method.decorator_list] if method else []
        learner.not_yet(
            f"`{name}` has the decorator @{said[0]}, which makes no validator of it."
            if said
            else f"The Update `{update}` has no validator: `{name}` is a method like any other.",
            f"Write `@{update}.validator` on the line above `def {name}`.",
        )
    if inspect.iscoroutinefunction(handler.validator):
        learner.not_yet(
            "The validator is an `async def`.", f"Write `def {name}(…)`: it decides at once."
        )
    return handler.validator


def _returns_instead(learner: Learner, words: str) -> str:
    return f" It returns {words}; only raising refuses." if words else ""


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

    learner.step("It lets a decision through that fits")
    for choice in ("keep", "redo", "edit"):
        thing = state()
        before = dict(vars(thing))
        no, words = refuses(check, thing, asked(choice=choice))
        if no:
            learner.not_yet(
                f"Version 2 waits, and {choice} of version 2 is refused: {words!r}.",
                "Refuse only when the condition is not met; look at each `if`.",
            )
        if vars(thing) != before or changes(method_of(learner, "check_decision") or ast.Pass()):
            learner.not_yet(
                "The validator changes the Workflow's state.",
                "It only looks, and raises or does not; `decide` keeps the decision.",
            )
    waits, reads, first = (
        'self.draft.status != "waiting"',
        "decision.version != self.draft.version",
        "self.decision is not None",
    )
    wrong = [
        ("No draft is waiting", state("writing"), asked(), waits),
        ("The draft is published", state("published"), asked(), waits),
        ("The draft has expired", state("expired"), asked(), waits),
        ("An older version was read", state(), asked(1), reads),
        (
            "A version that is not there",
            state(),
            asked(3),
            "decision.version != self.draft.version",
        ),
        (
            "A decision is there already",
            state(decided=asked()),
            asked(),
            first,
        ),
        ("An unknown choice", state(), asked(choice="maybe"), 'decision.choice not in ("keep", …)'),
    ]
    for what, thing, given, condition in wrong:
        learner.step(f"{what}: it refuses")
        no, words = refuses(check, thing, given)
        if not no:
            learner.not_yet(
                f"{what}, and the decision is let through.{_returns_instead(learner, words)}",
                f"`if {condition}:` and then `raise ValueError(…)`.",
            )
        if not words.strip():
            learner.not_yet(
                f"{what}: it refuses without a word.", 'Tell the person why: `ValueError("…")`.'
            )

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
        await within(
            learner, talk.ended(), "After a keep it does not end.", "Keep `run` as it was given."
        )

    trial, model = await conversation(learner, kind, learner.name("DraftInput")(TOPIC), script)
    result_is(learner, trial, "published", model.text(1))


# --- the exercise ---


@blank(
    "approval_ends",
    hints=(
        "What does wait_condition do when its time is up, and who catches that?",
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
    await _silence(learner, kind, argument, DAY, "expired", "draft")


async def _approval_waits(learner: Learner, talk: Talk, model: Model) -> None:
    learner.step("It writes a draft, and then waits")
    await within(
        learner,
        talk.drafted(),
        "The Workflow does not ask for llm_call.",
        "Keep `await workflow.execute_activity(llm_call, …)`, as it was given.",
    )
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
            f"The status is {got['status']!r}, not {status!r}.",
            'Return "approved" for a yes and "rejected" for a no.',
        )
    if got.get("draft") != model.text(1):
        learner.not_yet(
            f"The result's draft is {_short(got.get('draft'))}.", "Give it the draft's text."
        )


@blank(
    "one_decision",
    hints=(
        "Which kind of message can be refused, and gets an answer? Who looks at it first?",
        "DraftWorkflow in the lesson has `decide` and `check_decision`: the same pair.",
        "`@workflow.update`, `@approve.validator`, and two checks: `if not self.draft` and "
        "`if self.approved is not None`, each with a `raise ValueError(…)`.",
    ),
    means="One decision counts; whoever comes too early or too late is told so.",
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

    learner.step("It lets the first decision through")
    for yes in (True, False):
        no, words = refuses(check, state("a draft", None), yes)
        if no:
            learner.not_yet(
                f"A draft is there, nobody has decided, and approve({yes}) is refused: {words!r}.",
                "Refuse only when the draft is empty, or `self.approved` is not None.",
            )
    if changed := changes(method_of(learner, "check_approval") or ast.Pass()):
        learner.not_yet(
            f"The validator changes `{changed}`.", "It only looks, and raises or does not."
        )
    for what, thing, condition in (
        ("No draft is there yet", state("", None), "not self.draft"),
        ("Somebody has said yes", state("a draft", True), "self.approved is not None"),
        ("Somebody has said no", state("a draft", False), "self.approved is not None"),
    ):
        learner.step(f"{what}: it refuses")
        no, words = refuses(check, thing, True)
        if not no:
            learner.not_yet(
                f"{what}, and a decision is let through.{_returns_instead(learner, words)}",
                f"`if {condition}:` and then `raise ValueError(…)`.",
            )
        if not words.strip():
            learner.not_yet(
                f"{what}: it refuses without a word.", 'Tell the person why: `ValueError("…")`.'
            )
    for yes, status in ((True, "approved"), (False, "rejected")):

        async def script(talk: Talk, model: Model, yes: bool = yes) -> None:
            await _approval_waits(learner, talk, model)
            learner.step(f"approve({yes}) is accepted and answered")
            try:
                taken, words = await talk.update("approve", yes)
            except Stuck:
                learner.not_yet("The Update gets no answer.", "Let `approve` return a sentence.")
            if not taken:
                learner.not_yet(f"It is refused: {words}", "Look at the validator's conditions.")
            if words in ("None", ""):
                learner.not_yet("The Update returns nothing.", "Return a sentence for the person.")
            await within(
                learner,
                talk.ended(),
                f"After approve({yes}) it goes on waiting.",
                "Let `approve` keep the decision: `self.approved = decision`.",
            )

        trial, model = await conversation(learner, kind, argument, script)
        _approval_is(learner, trial, status, model)
    await _silence(learner, kind, argument, DAY, "expired", "draft")


@blank(
    "send_approval",
    hints=(
        "Which method of a handle sends an Update and waits for its answer?",
        "The lesson sends `DraftWorkflow.decide` right after the blank `validator`, and prints "
        "`error.cause`.",
        "`return await handle.execute_update(ApprovalWorkflow.approve, decision)`, and "
        "`return str(error.cause)`.",
    ),
    means="Whoever decides gets an answer: what counted, or why it did not.",
)
async def send_approval(learner: Learner) -> None:
    function = is_coroutine_function(learner, "decide", "decide(handle, decision: bool) -> str")
    for yes, answer in ((True, "approved"), (False, "rejected")):
        learner.step(f"decide(handle, {yes}) gives the Update's answer")
        wording = "return await handle.execute_update(ApprovalWorkflow.approve, decision)"
        _, returned = await _speaks(learner, function, wording, yes)
        if inspect.iscoroutine(returned):
            returned.close()
            learner.not_yet("It returns a coroutine: nothing was sent.", "Write `return await …`.")
        if returned is None:
            learner.not_yet("It returns nothing.", "Write `return await handle.execute_update(…)`.")
        if returned != answer:
            learner.not_yet(
                f"For {yes} it returns {_short(returned)}, and the Update's answer is {answer!r}.",
                "Give execute_update the decision, and return its answer as it is.",
            )
    learner.step("A refusal gives the reason")

    async def twice(handle: Any) -> Any:
        copy = learner.copy(function)
        await copy(handle, True)
        return await copy(handle, False)

    _, returned = await _speaks(learner, twice, "return str(error.cause)")
    if not isinstance(returned, str):
        learner.not_yet(
            f"When it is refused, it returns {_kind(returned)}, not a text.",
            "Write `return str(error.cause)`.",
        )
    if "decided already" not in returned:
        learner.not_yet(
            f"When it is refused, it returns {_short(returned)}, which is not the reason.",
            "The reason is the error's cause: `str(error.cause)`.",
        )
