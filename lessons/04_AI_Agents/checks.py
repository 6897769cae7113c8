"""What the checks of lesson 04 and its exercise try, and their hints."""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import copy as copies
import inspect
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import FunctionType, SimpleNamespace
from typing import Any

from temporalio import workflow
from temporalio.client import WorkflowQueryFailedError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from workshop.checks import Learner, blank
from workshop.checks.calls import KEY, function_of, lets_fail
from workshop.checks.messages import has_handler, within
from workshop.checks.predict import Prediction
from workshop.checks.steps import (
    Step,
    code_failed,
    follows_rule_4,
    is_activity,
    is_workflow,
    kind_of,
    ran,
)
from workshop.checks.trial import Stuck, Talk, Trial, after_silence, in_thread, run_workflow
from workshop.checks.waits import gives_back
from workshop.core import patience
from workshop.core.display import counted

from . import agents
from .agents import (
    CALLS,
    GOAL,
    Caller,
    Model,
    ToolProvider,
    is_coroutine_function,
    open_blank,
    returns_nothing,
    short,
)

# --- a tool, described ---


async def find_rooms(city: str, nights: int = 1) -> str:
    """Find free rooms in a city."""
    return f"{city} {nights}"


def roll_dice(sides: int) -> str:
    """Roll a die. The answer is the number on top."""
    return str(sides)


@blank(
    "describe_tool",
    hints=(
        "Where does Python keep a function's name, and where its docstring? And which method of a "
        "pydantic model gives a schema?",
        "The text above the blank names all three; for the last one see "
        "https://docs.pydantic.dev/latest/concepts/json_schema/",
        "`function.__name__`, `inspect.getdoc(function)`, `form(function).model_json_schema()`.",
    ),
    means="The model learns of any function what it is called, what it is for and what it takes.",
)
async def describe_tool(learner: Learner) -> None:
    given = learner.names.get("describe")
    takes = list(inspect.signature(given).parameters) if inspect.isfunction(given) else []
    # It is called with the function alone, by position: any name will do.
    function = function_of(learner, "describe", takes[0] if len(takes) == 1 else "function")
    copied = learner.copy(function)
    learner.step("It describes a tool")
    told = await in_thread(lambda: copied(find_rooms), 2)
    right = 'Return a dict with "type" and, in "function", a dict with the rest, as it was given.'
    if told is None:
        returns_nothing(learner, "describe", right)
    if not isinstance(told, dict) or not isinstance(told.get("function"), dict):
        learner.not_yet(f"What it gives is {short(told)}.", right)
    if told.get("type") != "function":
        learner.not_yet(
            f'Its "type" is {told.get("type")!r}.', 'Keep `"type": "function"`, as it was given.'
        )
    for part in ("name", "description", "parameters"):
        if part not in told["function"]:
            near = [key for key in told["function"] if key.lower()[:4] == part[:4]]
            learner.not_yet(
                f'There is no "{part}"' + (f', but "{near[0]}".' if near else "."),
                f'Write `"{part}": …`, as it was given.',
            )
        if open_blank(told["function"][part]):
            learner.not_yet(f'"{part}" is still `...`.', f"Fill in the {part}.")
    other = await in_thread(lambda: copied(roll_dice), 2)
    _named(learner, told["function"]["name"], other["function"]["name"])
    _described(learner, told["function"]["description"], other["function"]["description"])
    _parameters(learner, told["function"]["parameters"], other["function"]["parameters"])
    learner.step("All of it can be sent as JSON")
    json.dumps(told)


def _named(learner: Learner, name: Any, other: Any) -> None:
    learner.step("It has the function's name")
    right = "Write `function.__name__`."
    if inspect.isroutine(name):
        learner.not_yet("The name is the function itself, not a text.", right)
    if name == other:
        learner.not_yet(
            f"Two functions have the same name, {short(name)}: it does not depend on the function.",
            right,
        )
    if name != "find_rooms":
        learner.not_yet(f"The name of `find_rooms` is {short(name)}.", right)


def _described(learner: Learner, text: Any, other: Any) -> None:
    learner.step("It has the docstring")
    right = "Write `inspect.getdoc(function)`."
    if text == other:
        learner.not_yet(f"Two functions have the same description, {short(text)}.", right)
    if callable(text):
        learner.not_yet("The description is a function, which is not called.", right)
    if isinstance(text, str) and "def find_rooms" in text:
        learner.not_yet("The description is the whole source of the function.", right)
    if not isinstance(text, str) or "Find free rooms in a city." not in text:
        learner.not_yet(
            f"The description is {short(text)}; the docstring of `find_rooms` says: Find free "
            "rooms in a city.",
            right,
        )


def _parameters(learner: Learner, schema: Any, other: Any) -> None:
    learner.step("It has the schema of the parameters")
    right = "Write `form(function).model_json_schema()`."
    if isinstance(schema, type):
        learner.not_yet("The parameters are the pydantic model, not its JSON schema.", right)
    if inspect.isroutine(schema):
        learner.not_yet("`model_json_schema` is a method, and it is not called.", right)
    if isinstance(schema, str):
        learner.not_yet("The parameters are a text. They must be the schema, a dict.", right)
    if not isinstance(schema, dict):
        learner.not_yet(f"The parameters are {kind_of(schema)}.", right)
    if schema == other:
        learner.not_yet("Two functions have the same parameters.", right)
    fields = schema.get("properties")
    if not isinstance(fields, dict):
        learner.not_yet(f"The parameters have no properties: they are {short(schema)}.", right)
    kinds = {name: part.get("type") for name, part in fields.items() if isinstance(part, dict)}
    if kinds != {"city": "string", "nights": "integer"}:
        learner.not_yet(
            f"The properties of `find_rooms(city: str, nights: int = 1)` are {short(kinds)}.", right
        )
    if schema.get("required") != ["city"]:
        learner.not_yet(
            f"Required is {schema.get('required')}; `find_rooms` needs the city alone.", right
        )


# --- the model, with tools ---

MESSAGES = [
    {"role": "user", "content": GOAL},
    {"role": "assistant", "content": "Of what kind?"},
    {"role": "user", "content": "of any kind"},
]
DESCRIBED = [
    {
        "type": "function",
        "function": {"name": "find_rooms", "description": "Find.", "parameters": {}},
    }
]


@blank(
    "llm_with_tools",
    hints=(
        "What does the input of the Activity hold? And what are the three parts of a ToolCall?",
        "An entry of `message.tool_calls` is an object, and has another one in it: "
        "https://docs.litellm.ai/docs/completion/function_call",
        "`messages=input.messages`, `tools=input.tools`, and "
        "`calls.append(ToolCall(call.id, call.function.name, call.function.arguments))`.",
    ),
    means="The model knows the tools, and what it asks for comes back as something you can store.",
)
async def llm_with_tools(learner: Learner) -> None:
    function = is_activity(learner, "llm_call", "LLMCallInput")
    if inspect.iscoroutinefunction(function):
        learner.not_yet(
            "`llm_call` is an `async def`: the next cell does not await it, and completion would "
            "hold up all that runs beside it.",
            "Write `def llm_call`, without `async`: then it runs in a thread.",
        )
    given = learner.name("LLMCallInput")(MESSAGES, DESCRIBED)
    provider = ToolProvider(learner, None, CALLS)
    learner.step("It asks the model once")
    turn = await agents.asked(learner, provider, function, given)
    if not provider.calls:
        learner.not_yet("The model was not asked.", "Keep `answer = completion(…)`.")
    if len(provider.calls) > 1:
        learner.not_yet(
            f"The model is asked {len(provider.calls)} times, and each answer is paid for.",
            "Call completion once.",
        )
    agents.uses_the_settings(learner, provider.call)
    _given(learner, provider.call, "messages", MESSAGES, "The conversation goes to the model")
    _given(learner, provider.call, "tools", DESCRIBED, "So do the descriptions of the tools")
    _a_turn(learner, turn)
    _its_calls(learner, turn)
    learner.step("A text without calls is a Turn too")
    plain = await agents.asked(learner, ToolProvider(learner, "Octopuses."), function, given)
    _a_turn(learner, plain)
    if plain.text != "Octopuses." or list(plain.calls):
        learner.not_yet(
            f"The model said 'Octopuses.', and the Turn is {short(plain)}.",
            'Return `Turn(message.content or "", calls, price(answer))`, as it was given.',
        )
    learner.step("The key is shown nowhere")
    if any(KEY in text for text in [*provider.printed, repr(turn)]):
        learner.not_yet("The key is printed or returned.", "Take that out.")
    await lets_fail(
        learner,
        "It lets errors through, so that Temporal can retry",
        agents.asked(learner, ToolProvider(learner, fails=True), function, given),
        "The model cannot be reached",
    )


def _given(learner: Learner, call: dict[str, Any], name: str, want: Any, step: str) -> None:
    """completion got a part of the input as it is."""
    learner.step(step)
    right = f"Write `{name}=input.{name}`."
    if name not in call and call.get("functions") == want:
        learner.not_yet(
            "The descriptions are given as `functions=`, an older name for something else.", right
        )
    if name not in call:
        learner.not_yet(f"completion is given no {name}.", right)
    got = call[name]
    if got is ...:
        learner.not_yet(f"`{name}=...` is still open.", right)
    if got == want:
        return
    if type(got).__name__ == "LLMCallInput":
        learner.not_yet(f"`{name}=` is the whole input, not its {name}.", right)
    if got == [want]:
        learner.not_yet(
            f"`{name}=` is a list with a list in it.", f"Take the brackets away. {right}"
        )
    for other in ("messages", "DESCRIPTIONS", "TOOLS"):
        if other in learner.names and got == learner.names[other]:
            learner.not_yet(
                f"`{name}=` is the notebook's `{other}`, whatever the input says.", right
            )
    if isinstance(got, str):
        learner.not_yet(f"`{name}=` is a text: {short(got)}.", right)
    if isinstance(got, list) and any(callable(one) for one in got):
        learner.not_yet(
            f"`{name}=` is a list of functions, which cannot be sent: the model reads "
            "descriptions.",
            right,
        )
    other = "messages" if name == "tools" else "tools"
    if got == (MESSAGES if other == "messages" else DESCRIBED):
        learner.not_yet(f"`{name}=` has the {other} of the input.", right)
    learner.not_yet(f"`{name}=` is not the input's {name}, but {short(got)}.", right)


def _a_turn(learner: Learner, got: Any) -> None:
    learner.step("It returns a Turn")
    right = 'Return `Turn(message.content or "", calls, price(answer))`, as it was given.'
    if got is None:
        returns_nothing(learner, "llm_call", right)
    if type(got).__name__ != "Turn":
        learner.not_yet(f"It returns {kind_of(got)}.", right)
    if not isinstance(got.text, str):
        learner.not_yet(f"The Turn's text is {kind_of(got.text)}.", right)
    if not isinstance(got.dollars, float) or got.dollars <= 0:
        learner.not_yet(f"The Turn costs {short(got.dollars)} dollars.", right)
    if not isinstance(got.calls, list):
        learner.not_yet(f"The Turn's calls are {kind_of(got.calls)}.", right)


def _begun_anew(learner: Learner) -> str:
    """Tells of a list that the loop makes anew each time; empty where there is none."""
    for loop in agents.loops_of(learner):
        for node in ast.walk(loop):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
                name = ast.unparse(node.targets[0])
                text = f"{name} = […]" if node.value.elts else f"{name} = []"
                return (
                    f" `{text}` in the loop makes a new list each time, and those before are lost: "
                    "only the last is left."
                )
    return ""


def _its_calls(learner: Learner, turn: Any) -> None:
    learner.step("Each call that the model asks for is a ToolCall")
    right = "Write `calls.append(ToolCall(call.id, call.function.name, call.function.arguments))`."
    if len(turn.calls) != len(CALLS):
        learner.not_yet(
            f"The model asked for {len(CALLS)} tools, and the Turn has "
            f"{counted(len(turn.calls), 'call')}.{_begun_anew(learner)}",
            right,
        )
    for call, (id, name, arguments) in zip(turn.calls, CALLS, strict=True):
        if call is ...:
            learner.not_yet("`calls.append(...)` is still open.", right)
        if type(call).__name__ != "ToolCall":
            learner.not_yet(
                f"A call is {kind_of(call)}, not a ToolCall: the Temporal Service would have to "
                "store it.",
                right,
            )
        if isinstance(call.arguments, dict):
            learner.not_yet(
                "The arguments are a dict. A ToolCall keeps the JSON as the model wrote it: it may "
                "be broken, and this is not the place to find out.",
                "Take `json.loads` away: `call.function.arguments`.",
            )
        got = [call.id, call.name, call.arguments]
        if got != [id, name, arguments]:
            if sorted(map(str, got)) == sorted([id, name, arguments]):
                learner.not_yet(
                    f"The parts are in the wrong order: the id is {short(call.id)}, the name "
                    f"{short(call.name)}.",
                    right,
                )
            part, value = next(
                (p, v)
                for p, v, w in zip(
                    ("id", "name", "arguments"), got, (id, name, arguments), strict=True
                )
                if v != w
            )
            told = kind_of(value) if not isinstance(value, str) else short(value)
            learner.not_yet(f"The {part} of a ToolCall is {told}.", right)


# --- one round ---


class _Toolbox:
    """Stands in for the tools of the lesson: each notes what it is given."""

    def __init__(self) -> None:
        self.used: list[tuple[str, Any]] = []

    def tool(self, name: str) -> Any:
        async def run(*values: Any, **named: Any) -> str:
            self.used.append((name, values or named))
            return f"the result of {name} number {len(self.used)}"

        return run

    @property
    def tools(self) -> dict[str, Any]:
        return {name: self.tool(name) for name in ("search_notes", "calculate", "fetch_page")}


@blank(
    "one_round",
    hints=(
        "How do you get a function out of a dict by its name, and call it with a dict of "
        "arguments? And how does the model know to which call a result belongs?",
        "The dict of the tools has the function; two stars hand a dict over by names. A result is "
        "a message: https://docs.litellm.ai/docs/completion/function_call",
        '`result = await TOOLS[call.name](**arguments)`, then `messages.append({"role": '
        '"tool", "tool_call_id": call.id, "content": result})`.',
    ),
    means="One decision, the tools that it asked for, and a conversation that knows both.",
)
async def one_round(learner: Learner) -> None:
    function = is_coroutine_function(
        learner, "one_round", "one_round(messages: list[dict]) -> list[dict]"
    )
    for call in learner.calls("eval"):
        learner.step("It runs no text that the model wrote")
        learner.not_yet(
            f"`{ast.unparse(call)}` runs whatever the model has written.",
            "Take the function out of the dict: `TOOLS[call.name]`.",
        )
    kernel = {name: learner.name(name) for name in ("Turn", "ToolCall", "said")}
    turn = kernel["Turn"]("", [kernel["ToolCall"](*call) for call in CALLS], 0.25)
    box, asked = _Toolbox(), []

    def llm_call(given: Any) -> Any:
        asked.append(given)
        return turn if len(asked) == 1 else kernel["Turn"]("Eight arms.", [], 0.25)

    names = {**box.tools, "TOOLS": box.tools, "DESCRIPTIONS": DESCRIBED, "llm_call": llm_call}
    copied = learner.copy(function, **names)
    learner.step("It asks the model once, and runs each tool that it asks for")
    got = await patience.wait_for(copied([dict(MESSAGES[0])]), 2)
    if len(asked) != 1:
        learner.not_yet(
            f"The model is asked {counted(len(asked), 'time')} in one round.",
            "Ask once, as it was given: `turn = llm_call(…)`.",
        )
    _tools_used(learner, box, got)
    _conversation(learner, got, kernel["said"](turn))
    learner.step("Without calls, the text alone is added")
    got = await patience.wait_for(copied([dict(MESSAGES[0])]), 2)
    if not isinstance(got, list) or [m.get("content") for m in got] != [GOAL, "Eight arms."]:
        learner.not_yet(
            f"The model answered without a tool, and the conversation is {short(got)}.",
            "Return `messages` after the loop.",
        )


def _tools_used(learner: Learner, box: _Toolbox, conversation: Any) -> None:
    right = "Write `result = await TOOLS[call.name](**arguments)`."
    wanted = [(name, json.loads(arguments)) for _, name, arguments in CALLS]
    added = conversation if isinstance(conversation, list) else []
    if not box.used and any(
        inspect.isroutine(m.get("content")) for m in added if isinstance(m, dict)
    ):
        learner.not_yet("No tool has run: the function is taken, and not called.", right)
    if not box.used:
        learner.not_yet("No tool has run: a coroutine does nothing before it is awaited.", right)
    if box.used == wanted:
        return
    names = [name for name, _ in box.used]
    if names == [wanted[0][0]] and any(
        isinstance(n, ast.Return) for loop in _loops(learner) for n in ast.walk(loop)
    ):
        learner.not_yet(
            "The model asked for two tools, and only the first ran: a `return` is in the loop.",
            "Move `return messages` to the left, out of the loop.",
        )
    if names != [name for name, _ in wanted]:
        learner.not_yet(
            f"The model asked for {wanted[0][0]} and {wanted[1][0]}; what ran is "
            f"{', '.join(names)}.",
            right,
        )
    got = box.used[0][1]
    if isinstance(got, tuple) and got and isinstance(got[0], dict):
        learner.not_yet(
            "The tool gets the whole dict as its first argument.",
            "Two stars pass it by names: `TOOLS[call.name](**arguments)`.",
        )
    if got == tuple(wanted[0][1]):
        learner.not_yet(
            f"The tool is given {short(got)}: one star passes the names of the arguments, "
            "not what they are.",
            right,
        )
    if got == tuple(wanted[0][1].values()):
        return  # the values, in their order: that is another way
    learner.not_yet(f"The tool is given {short(got)}.", right)


def _conversation(learner: Learner, got: Any, said: dict[str, Any]) -> None:
    learner.step("It gives the conversation, longer than before")
    right = 'Write `messages.append({"role": "tool", "tool_call_id": call.id, "content": result})`.'
    if got is None:
        returns_nothing(learner, "one_round", "Return `messages`, after the loop.")
    if not isinstance(got, list):
        learner.not_yet(f"It returns {kind_of(got)}.", "Return `messages`, after the loop.")
    if got[:1] != [MESSAGES[0]]:
        learner.not_yet("What was said before is gone.", "Keep `[*messages, said(turn)]`.")
    if got[1:2] != [said] and said in got:
        learner.not_yet(
            "What the model said comes after the results. First it asks, then come the results.",
            "Write `messages = [*messages, said(turn)]` before the loop.",
        )
    if got[1:2] != [said]:
        learner.not_yet(
            "After the goal there is no message with what the model said.",
            "Keep `messages = [*messages, said(turn)]`.",
        )
    learner.step("Each result is a message, and names its call")
    results = got[2:]
    if open_blank(results):
        learner.not_yet("`...` is among the messages.", right)
    if len(results) != len(CALLS):
        last = any(isinstance(n, ast.Return) for loop in _loops(learner) for n in ast.walk(loop))
        learner.not_yet(
            f"Two tools have run, and the conversation has {counted(len(results), 'result')}."
            + (" A `return` is in the loop." if last else ""),
            "Move `return messages` out of the loop."
            if last
            else f"In the loop: {right[0].lower()}{right[1:]}",
        )
    for number, (message, (id, name, _)) in enumerate(zip(results, CALLS, strict=True), 1):
        if not isinstance(message, dict):
            learner.not_yet(f"A result is {kind_of(message)}, not a message.", right)
        if message.get("role") != "tool":
            learner.not_yet(
                f"The role of a result is {message.get('role')!r}: the model would not know what "
                "it is.",
                right,
            )
        if message.get("tool_call_id") != id:
            learner.not_yet(
                f"The tool_call_id of a result is {short(message['tool_call_id'])}: no call is "
                "named so."
                if "tool_call_id" in message
                else f"A result has {', '.join(map(repr, message))}: the model cannot tell which "
                "call it answers.",
                right,
            )
        want = f"the result of {name} number {number}"
        other = [key for key in message if key not in ("role", "tool_call_id", "name")]
        if "content" not in message and other:
            learner.not_yet(f"A result has {other[0]!r}: the model reads another key.", right)
        if inspect.iscoroutine(message.get("content")):
            learner.not_yet("The content is a coroutine: the tool was not awaited.", right)
        if message.get("content") != want:
            learner.not_yet(
                f"The message says {short(message.get('content'))}, and {name} gave {want!r}.",
                right,
            )


def _loops(learner: Learner) -> list[Any]:
    return agents.loops_of(learner)


# --- the dispatch ---

WELL = {"id": "c1", "name": "book_table", "arguments": '{"place": "Oslo", "guests": 4}'}
SEARCH = {"id": "c2", "name": "search_notes", "arguments": '{"query": "octopuses"}'}
INVENTED = {"id": "c3", "name": "book_flight", "arguments": "{}"}
MISFIT = {"id": "c4", "name": "book_table", "arguments": '{"place": "Oslo", "guests": "many"}'}
BROKEN = {"id": "c5", "name": "book_table", "arguments": '{"place": "Os'}
FAILING = {"id": "c6", "name": "search_notes", "arguments": '{"query": "a library that is shut"}'}
LONG = {"id": "c7", "name": "wait_in_line", "arguments": "{}"}
SHUT = "the library is shut today"
ROOM = "a table for four"


@blank(
    "dispatch",
    hints=(
        "What may the model have got wrong, and who should learn of it? And how does a Workflow "
        "run an Activity of which it knows the name alone?",
        "An Activity may be asked for by its name, a text, and is then given a list of inputs: "
        "https://docs.temporal.io/develop/python/core-application",
        "`return await workflow.execute_activity(call.name, args=arguments, "
        '**LIMITS[call.name])`, and for what fails a text such as `f"error: {error.cause}"`.',
    ),
    means="Whatever the model asks for, it gets a text back; only calls that can work are made.",
)
async def dispatch(learner: Learner) -> None:
    function = is_coroutine_function(learner, "dispatch", "dispatch(call: ToolCall) -> str")
    follows_rule_4(learner)
    limits = {
        "search_notes": {
            "start_to_close_timeout": timedelta(seconds=7),
            "retry_policy": RetryPolicy(maximum_attempts=2),
        },
        "book_table": {"start_to_close_timeout": timedelta(seconds=13)},
        # Nobody polls there, so that it can be cancelled.
        "wait_in_line": {
            "start_to_close_timeout": timedelta(seconds=60),
            "task_queue": "check-where-nobody-polls",
        },
    }
    Caller.kind = learner.name("ToolCall")
    learner.name("LIMITS")
    learner.name("arguments_of")
    copied = learner.copy(function, TOOLS=agents.TOOLS, LIMITS=limits)
    Caller.tried = staticmethod(copied)
    learner.step("It runs in a Workflow")
    calls = [WELL, SEARCH, INVENTED, MISFIT, BROKEN, FAILING, LONG]
    trial = await run_workflow(
        Caller, calls, {"book_table": lambda *_: ROOM, "search_notes": _library}
    )
    code_failed(learner, trial, [Step("book_table", 13, {}, "arguments")])
    if not trial.completed:
        learner.not_yet(
            f"The Workflow does not end. {trial.failure}".strip(),
            "See what `dispatch` waits for.",
        )
    well, search, invented, misfit, broken, failing, cancelled = trial.result
    _ran_by_name(learner, trial, well, search)
    _told(learner, invented, "A tool that does not exist is told to the model", "book_flight")
    _names_tools(learner, invented)
    _told(learner, misfit, "Arguments that do not fit are told to the model", "guests")
    _told(learner, broken, "So is JSON that is broken", "fit")
    if len([a for a in trial.activities if a.name == "book_table"]) > 1:
        learner.not_yet(
            "An Activity was asked for with arguments that do not fit.",
            "Keep the first `try`, with `arguments = arguments_of(call)`, as it was given.",
        )
    _tells_why(learner, failing)
    learner.step("A cancellation is raised")
    if cancelled[0] == "returned":
        learner.not_yet(
            "The call was cancelled, and `dispatch` returned a text: the agent would go on.",
            "Keep `if is_cancelled_exception(error):` with `raise` under it.",
        )


def _library(query: Any) -> str:
    if query == "octopuses":
        return "A note on octopuses."
    raise ApplicationError(SHUT, type="Shut", non_retryable=True)


def _ran_by_name(learner: Learner, trial: Trial, well: list[Any], search: list[Any]) -> None:
    right = (
        "Write `return await workflow.execute_activity(call.name, args=arguments, "
        "**LIMITS[call.name])`."
    )
    learner.step("A call that fits runs the Activity of that name")
    if not trial.activities:
        if direct := _run_here(learner, well):
            learner.not_yet(
                f"{direct} runs the function in the Workflow itself: no Activity is asked for, so "
                "there is no retry, and nothing in the Event History.",
                "Let a Worker run it. " + right,
            )
        if keyword := re.search(r"unexpected keyword argument '(\w+)'", str(well[2])):
            learner.not_yet(
                *(
                    (
                        "`**LIMITS` passes the limits of all tools, under the tools' names: "
                        f"execute_activity takes no `{keyword[1]}=`.",
                        "Pass those of this one tool: `**LIMITS[call.name]`.",
                    )
                    if keyword[1] in agents.TOOLS
                    else (
                        f"execute_activity takes no `{keyword[1]}=`.",
                        "The list of inputs is called `args`, the limits have their own names: "
                        "`args=arguments, **LIMITS[call.name]`.",
                    )
                )
            )
        if well[0] == "raised":
            learner.not_yet(f"`dispatch` raises {well[1]}: {well[2][:120]}", right)
        learner.not_yet(f"No Activity was asked for; `dispatch` returned {_words(well)}.", right)
    if well[0] == "raised":
        learner.not_yet(f"`dispatch` raises {well[1]}: {well[2][:120]}", right)
    first = trial.activities[0]
    if first.name != "book_table":
        learner.not_yet(
            f"The model asked for book_table, and the Activity is {first.name!r}.", right
        )
    learner.step("It gets the arguments, in order")
    if first.inputs != ["Oslo", 4]:
        told = counted(len(first.inputs), "input")
        learner.not_yet(
            f"book_table takes a place and guests, and is given {told}: {short(first.inputs)}.",
            "Write `args=arguments`: a list of inputs, one for each parameter.",
        )
    learner.step("Each tool has its own limits")
    second = next((a for a in trial.activities if a.name == "search_notes"), None)
    if first.start_to_close != 13 or (second and second.start_to_close != 7):
        learner.not_yet(
            f"book_table has a Start-to-Close timeout of {first.start_to_close:g} s; LIMITS says "
            "13 s in this check.",
            "Two stars pass the limits: `**LIMITS[call.name]`.",
        )
    if second and second.maximum_attempts != 2:
        learner.not_yet(
            "The retry policy of LIMITS does not reach the Activity.",
            "Two stars pass the limits: `**LIMITS[call.name]`.",
        )
    learner.step("Its result is what dispatch returns")
    for got, want in ((well, ROOM), (search, "A note on octopuses.")):
        if got[0] == "raised":
            learner.not_yet(f"`dispatch` raises {got[1]}: {got[2][:120]}", right)
        if got[2] != want:
            learner.not_yet(f"The tool gave {want!r}, and `dispatch` {_words(got)}.", right)


def _run_here(learner: Learner, well: list[Any]) -> str:
    """What calls the tool as a function, in place of an Activity; empty where nothing does."""
    for call in ast.walk(learner.tree):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, (ast.Subscript, ast.Call))
            and ast.unparse(call.func).startswith(("TOOLS[", "TOOLS.get("))
        ):
            return f"`{ast.unparse(call)}`"
    # What the function of the check gives; the stand-in for its Activity says something else.
    return "This" if well[2] == "Oslo 4" else ""


def _words(got: list[Any]) -> str:
    """What a call came to, in words."""
    if got[0] == "raised":
        return f"an error, {got[1]}"
    return short(got[2]) if got[2] is not None else got[1] or "`...`"


def _told(learner: Learner, got: list[Any], step: str, word: str) -> None:
    """A call that cannot work gives a text that says so."""
    learner.step(step)
    if got[0] == "raised":
        learner.not_yet(
            f"`dispatch` raises {got[1]}: {got[2][:100]}. That ends the agent, or fails its "
            "Workflow Task for ever.",
            "Return a text that begins with `error:`; the model reads it and finds another way.",
        )
    if got[2] is None:
        learner.not_yet(
            f"`dispatch` returns {got[1] or '`...`'}, and the model learns nothing.",
            "Return a text that begins with `error:`.",
        )
    if not got[2].strip().lower().startswith("error"):
        learner.not_yet(
            f"The text is {short(got[2])}: it does not begin with `error:`.",
            'Begin it like this: `f"error: …"`, so that it is not read as a result.',
        )
    if "{" in got[2] and "call" in got[2]:
        learner.not_yet(f"The text has braces in it: {short(got[2])}.", "An `f` is missing.")
    if word not in got[2]:
        learner.not_yet(
            f"The text is {short(got[2])}: it does not say what is wrong.",
            f"Say it in the text, with {word!r}." if word != "fit" else "Put the error into it.",
        )


def _names_tools(learner: Learner, got: list[Any]) -> None:
    learner.step("It says which tools there are")
    if " at 0x" in got[2]:
        learner.not_yet(
            "The text has the functions in it, with addresses that mean nothing to the model and "
            "are others in a replay.",
            "The names alone will do: `{', '.join(TOOLS)}`.",
        )
    if missing := [name for name in agents.TOOLS if name not in got[2]]:
        learner.not_yet(
            f"The text is {short(got[2], 120)}: {missing[0]} is not named, which exists.",
            "Put the names into it: `{', '.join(TOOLS)}`.",
        )


def _tells_why(learner: Learner, got: list[Any]) -> None:
    step = "A tool that failed at its last attempt is told, with its reason"
    learner.step(step)
    if got[0] == "returned" and got[2] is not None and SHUT not in got[2]:
        if "Activity task failed" in got[2]:
            learner.not_yet(
                f"The text is {short(got[2])}: an ActivityError says that of every failure.",
                "Why it failed is its cause: `{error.cause}`.",
            )
        if got[2].strip().lower().startswith("error"):
            learner.not_yet(
                f"The text is {short(got[2])}, and not why: {SHUT!r}.",
                "Put the cause into it: `{error.cause}`.",
            )
    learner.steps.pop()
    _told(learner, got, step, SHUT)


# --- the loop ---


@blank(
    "agent_loop",
    hints=(
        "When does the loop end, and how does the model say that it is done? And must two "
        "searches wait for each other?",
        "What runs them at once takes awaitables, one after the other, not a list: a star hands a "
        "list over; https://docs.python.org/3/library/asyncio-task.html#running-tasks-concurrently",
        "`while turns < budget.turns and dollars < budget.dollars:`, `return AgentResult("
        '"answered", turn.text, turns, dollars, steps)`, and `results = await asyncio.gather('
        "*[dispatch(call) for call in turn.calls])`.",
    ),
    means="An agent whose every decision is in the Event History, and that ends within its budget.",
)
async def agent_loop(learner: Learner) -> None:
    kind = is_workflow(learner, "AgentWorkflow")
    follows_rule_4(learner)
    _unbounded(learner)
    copy = learner.copy(
        kind, **learner.trapped("llm_call", "completion", "search_notes", "calculate")
    )
    told, budget = learner.name("AgentInput"), learner.name("Budget")
    asks = agents.turn("", *CALLS)
    answering = Model(
        asks,
        agents.turn("", ("call-3", "fetch_page", '{"url": "/bees"}')),
        agents.turn("Eight arms.", dollars=0.5),
        most=6,
    )
    endless, dear, even = Model(asks, most=4), Model(asks, most=4), Model(asks, most=4)
    learner.step("It runs on the Temporal Service")
    first, turns, dollars, spent = await asyncio.gather(
        _agent(copy, told(GOAL, budget(6, 100.0)), answering),
        _agent(copy, told(GOAL, budget(3, 100.0)), endless),
        _agent(copy, told(GOAL, budget(50, 0.6)), dear),
        _agent(copy, told(GOAL, budget(50, 0.5)), even),
    )
    bound = _bound(learner)
    for trial in (first, turns, dollars, spent):
        if bound.startswith("`turn`") and "'turn'" in str(trial.task_failure):
            learner.not_yet(bound, WHILE)
        _gathered(learner, trial.task_failure)
        code_failed(learner, trial, [Step("llm_call", None, {}, "LLMCallInput(…)")])
    _asks_and_uses(learner, first, bound)
    _at_once(learner, first)
    _answered(learner, first, answering)
    learner.step("The results are in the conversation")
    roles = [message["role"] for message in answering.asked[1]["messages"]]
    if roles != ["user", "assistant", "tool", "tool"]:
        learner.not_yet(
            f"At the second turn the conversation is {', '.join(roles)}.",
            "Keep the lines that append `said(turn)` and the results, as they were given.",
        )
    _within(learner, turns, endless, "turns", 3, "3 turns", bound)
    _within(learner, dollars, dear, "dollars", 3, "0.60 dollars, at 0.25 a turn", bound)
    _within(learner, spent, even, "dollars", 2, "0.50 dollars, at 0.25 a turn", bound)


async def _agent(kind: type, given: Any, model: Model) -> Trial:
    tools = {"search_notes": lambda *_: "A note.", "calculate": lambda *_: "24", "fetch_page": str}
    return await run_workflow(kind, given, {"llm_call": model, **tools})


def _unbounded(learner: Learner) -> None:
    """A loop over a condition that is looked at once, or that nothing in it can change."""
    learner.step("The loop has a condition")
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant):
            breaks = any(isinstance(n, (ast.Break, ast.Return)) for n in ast.walk(node))
            text = ast.unparse(node)
            if node.test.value is ... or not ("turns" in text and "dollars" in text and breaks):
                learner.not_yet(
                    f"`while {ast.unparse(node.test)}:` has no bound.",
                    "Write `while turns < budget.turns and dollars < budget.dollars:`.",
                )


WHILE = "Write `while turns < budget.turns and dollars < budget.dollars:`."


def _bound(learner: Learner) -> str:
    """What is wrong with the loop's condition, as far as its text shows; else an empty text."""
    for node in ast.walk(learner.tree):
        if not isinstance(node, ast.While):
            continue
        compared = [part for part in ast.walk(node.test) if isinstance(part, ast.Compare)]
        if any(isinstance(part, ast.Name) and part.id == "turn" for part in ast.walk(node.test)):
            return "`turn` is looked at before the model was asked for the first time."
        if not compared and not isinstance(node.test, ast.Constant):
            return f"`{ast.unparse(node.test)}` compares nothing: a number above 0 is true."
        for part in compared:
            left, right = ast.unparse(part.left), ast.unparse(part.comparators[0])
            if left in ("input.turns", "input.dollars"):
                return f"`{left}` is what it began with; the loop counts in `{left[6:]}`."
            if right in ("input.turns", "input.dollars"):
                return f"`{right}` is what it began with, 0, and not the budget."
    return ""


def _compared(learner: Learner, what: str) -> str:
    """The comparison with this part of the budget, as it is written; empty without one."""
    return next(
        (
            ast.unparse(node)
            for node in ast.walk(learner.tree)
            if isinstance(node, ast.Compare) and f"budget.{what}" in ast.unparse(node)
        ),
        "",
    )


def _asks_and_uses(learner: Learner, trial: Trial, bound: str) -> None:
    learner.step("It asks the model, and dispatches what it asks for")
    gather = "`results = await asyncio.gather(*[dispatch(call) for call in turn.calls])`"
    asked = [activity.name for activity in trial.activities]
    if not asked:
        learner.not_yet(
            f"The Workflow asks for no Activity: the loop is not entered. {bound}".strip(),
            WHILE,
        )
    if "search_notes" not in asked:
        if trial.completed:
            learner.not_yet(
                "The model asks for a tool, and the Workflow ends without having run it.",
                "Return the answer where `not turn.calls`, and else dispatch the calls.",
            )
        learner.not_yet("No tool was run.", f"Write {gather}.")
    if "calculate" not in asked:
        learner.not_yet(
            "Of the two calls of the first turn only one was dispatched.", f"Write {gather}."
        )


def _at_once(learner: Learner, trial: Trial) -> None:
    learner.step("The calls of one turn run at once")
    search, calculate = trial.scheduled("search_notes"), trial.scheduled("calculate")
    if search and calculate and "search_notes" in calculate.after:
        learner.not_yet(
            "calculate is asked for when search_notes has completed: one waits for the other.",
            "Write `await asyncio.gather(*[dispatch(call) for call in turn.calls])`.",
        )


def _answered(learner: Learner, trial: Trial, model: Model) -> None:
    learner.step("A text without calls is the answer")
    right = 'Write `return AgentResult("answered", turn.text, turns, dollars, steps)`.'
    if len(model.asked) > 3:
        learner.not_yet(
            "The model has answered with a text, and it is asked again: nothing is returned.", right
        )
    if trial.failure:
        learner.not_yet(f"The Workflow failed: {trial.failure}", right)
    if not trial.completed:
        learner.not_yet("The Workflow does not end.", right)
    got = trial.result
    if not isinstance(got, dict) or "status" not in got:
        learner.not_yet(f"The result is {kind_of(got)}, not an AgentResult.", right)
    if str(got["status"]).startswith("out of "):
        breaks = any(isinstance(n, ast.Break) for n in ast.walk(learner.tree))
        learner.not_yet(
            f"The model has answered, and {'`break` leaves the loop' if breaks else 'it goes on'}: "
            f"the lines below the loop return {got['status']!r}.",
            f"Return there, instead of {'`break`' if breaks else 'going on'}: "
            + right.removeprefix("Write "),
        )
    if got["status"] != "answered":
        learner.not_yet(f"The model has answered, and the status is {got['status']!r}.", right)
    if got.get("answer") != "Eight arms.":
        learner.not_yet(f"The answer is {short(got.get('answer'))}; the model said more.", right)
    for name, want in (("turns", 3), ("dollars", 1.0)):
        if got.get(name) != want:
            told = f"After 3 turns and 1 dollar the result's {name} are {short(got.get(name))}."
            learner.not_yet(told, right)
    if not isinstance(got.get("steps"), list) or len(got["steps"]) != 3:
        learner.not_yet(f"The result's steps are {short(got.get('steps'))}.", right)


def _gathered(learner: Learner, failure: Any) -> None:
    """Says what Python's messages about asyncio.gather mean."""
    right = "Write `results = await asyncio.gather(*[dispatch(call) for call in turn.calls])`."
    if "_GatheringFuture" in str(failure):
        learner.not_yet("What `asyncio.gather` gives was not awaited: it is not a list yet.", right)
    if "unhashable type: 'list'" in str(failure):
        learner.not_yet(
            "`asyncio.gather` is given a list, and takes awaitables one by one: a star, `*`, "
            "passes them like that.",
            right,
        )


def _within(
    learner: Learner, trial: Trial, model: Model, what: str, most: int, each: str, bound: str
) -> None:
    learner.step(f"The {what} of the budget end it")
    right = WHILE
    if len(model.asked) == most + 1 and (compared := _compared(learner, what)):
        learner.not_yet(
            f"With a budget of {each}, the model was asked {len(model.asked)} times: `{compared}` "
            f"lets one more turn in, when all {what} are used up.",
            f"Go on only while {what} are left: `{what} < budget.{what}`, not `<=`.",
        )
    if len(model.asked) > most:
        both = any(isinstance(n, ast.Or) for n in ast.walk(learner.tree))
        learner.not_yet(
            f"A model that never answers was asked {len(model.asked)} times, with a budget of "
            f"{each}."
            + (" `or` goes on while one of the two is left." if both else f" {bound}".rstrip()),
            right,
        )
    if len(model.asked) < most:
        learner.not_yet(
            f"With a budget of {each} the model was asked {len(model.asked)} times.",
            right,
        )
    if not trial.completed:
        learner.not_yet(
            f"It does not end with a result. {trial.failure}".strip(),
            "Keep the two lines below the loop, as they were given.",
        )
    if trial.result.get("status") != f"out of {what}":
        learner.not_yet(
            f"The {what} are used up, and the status is {trial.result.get('status')!r}.",
            "Keep the two lines below the loop, as they were given.",
        )


# --- the exercise: a tool of one's own ---

CHOICES: dict[str, tuple[str, tuple[tuple[Any, str], ...], Any]] = {
    "weekday": (
        "date: str",
        (("2026-11-22", "Sunday"), ("2024-02-29", "Thursday"), ("2000-01-01", "Saturday")),
        "the first of May",
    ),
    "miles_to_km": (
        "miles: float",
        ((10.0, "16.09 km"), (26.2, "42.16 km"), (0.0, "0.00 km")),
        -1.0,
    ),
    "euros_to_dollars": (
        "euros: float",
        ((10.0, "11.00 dollars"), (2.5, "2.75 dollars"), (0.0, "0.00 dollars")),
        -1.0,
    ),
}
"""The tools to choose from: what each takes, what it gives for what, and what makes no sense."""


@blank(
    "own_tool",
    hints=(
        "Which of the three would you like? And what does the model read before it chooses a tool?",
        "Dates: https://docs.python.org/3/tutorial/stdlib.html#dates-and-times; how a number gets "
        "two decimals: https://docs.python.org/3/tutorial/inputoutput.html#formatted-string-literals",
        "Inside of it `from datetime import date as day`, then `return "
        'day.fromisoformat(date).strftime("%A")`; and a docstring on the line below `def`.',
    ),
    means="A function that a model can choose, and that refuses what makes no sense.",
)
async def own_tool(learner: Learner) -> None:
    ran(learner, lambda error: _other_tool(learner, getattr(error, "name", "")))
    learner.step("own_tool is one of the three")
    tool = learner.name("own_tool")
    written = next((choice for choice in CHOICES if _definition(learner, choice)), "weekday")
    if isinstance(tool, str) and tool in CHOICES:
        learner.not_yet("`own_tool` is a text.", f"Take the quotes away: `own_tool = {written}`.")
    if not inspect.isroutine(tool):
        called = next((ast.unparse(n) for n in learner.calls(written)), "")
        learner.not_yet(
            f"`own_tool` is {kind_of(tool)}, not a function."
            + (f" That is what `{called}` gives." if called else ""),
            f"Write the function's name, without brackets: `own_tool = {written}`.",
        )
    name = tool.__name__
    if name not in CHOICES:
        learner.not_yet(
            f"`own_tool` is the function {name!r}.", f"Write one of {', '.join(CHOICES)}."
        )
    if said := _other_tool(learner, name):
        learner.not_yet(*said)
    takes, examples, nonsense = CHOICES[name]
    parameter, _, kind = takes.partition(": ")
    right = f"Write `def {name}({takes}) -> str:`."
    if inspect.iscoroutinefunction(tool):
        learner.not_yet(f"`{name}` is an `async def`.", right)
    learner.step("It says what it takes")
    has = inspect.signature(tool).parameters
    if list(has) != [parameter]:
        learner.not_yet(f"It takes {', '.join(has) or 'nothing'}.", right)
    stated = has[parameter].annotation
    stated = stated if isinstance(stated, str) else getattr(stated, "__name__", "")
    if stated != kind and not (kind == "float" and stated == "int"):
        learner.not_yet(
            f"`{parameter}` has "
            + ("no type" if stated == "_empty" else f"the type {stated}")
            + ": the model learns the wrong thing of it.",
            right,
        )
    learner.step("It says what it is for")
    defined = _definition(learner, name)
    if not (inspect.getdoc(tool) or "").strip():
        if defined and any(
            isinstance(line, ast.Expr)
            and isinstance(line.value, ast.Constant)
            and isinstance(line.value.value, str)
            for line in defined.body[1:]
        ):
            learner.not_yet(
                "A text is further down: it is a docstring only as the first thing.",
                "Move it up, to the line below `def`.",
            )
        learner.not_yet(
            "It has no docstring, so the model does not know when to use it.",
            'Write one on the line below `def`: `"""Tell …"""`.',
        )
    learner.step("It needs nothing from outside")
    await _alone(learner, tool, defined, examples[0][0])
    learner.step("It gives the right answer")
    for given, want in examples:
        try:
            got = await in_thread(lambda given=given: tool(given), 1)
        except Exception:
            if parameter in _imported(defined):
                learner.not_yet(
                    f"The import takes the parameter's name: from there on `{parameter}` is no "
                    "longer what the function was given.",
                    "Import it under another name: `from datetime import date as day`.",
                )
            raise
        if got is None or got is ...:
            returns_nothing(learner, name, "Return the answer as a text.")
        if not isinstance(got, str):
            learner.not_yet(
                f"For {given!r} it gives {kind_of(got)}, {short(got)}.",
                f"Return a text: for {given!r} it must be {want!r}.",
            )
        if " ".join(got.split()).rstrip(".").lower() != want.lower():
            why, do = _off(got, want)
            learner.not_yet(
                f"For {given!r} it gives {short(got)}." + (f" {why}" if why else ""),
                f"It must be {want!r}." + (f" {do}" if do else ""),
            )
    learner.step("It raises ValueError for what makes no sense")
    try:
        got = await in_thread(lambda: tool(nonsense), 1)
    except ValueError:
        return
    if any(
        isinstance(line, ast.Expr) and line.value in list(learner.calls("ValueError"))
        for line in ast.walk(learner.tree)
    ):
        learner.not_yet(
            f"For {nonsense!r} a ValueError is made, and nothing happens.",
            "Write `raise` in front of it: `raise ValueError(…)`.",
        )
    learner.not_yet(
        f"For {nonsense!r} it gives {short(got)}, as if nothing had failed.",
        f"`if {parameter} < 0:` raise a `ValueError` that says so."
        if kind == "float"
        else "Let the error of `fromisoformat` through: it is a ValueError.",
    )


def _off(got: str, want: str) -> tuple[str, str]:
    """How an answer differs from the right one, and the way there; empty where it is unclear."""
    if got and want.startswith(got):
        return (
            ("The unit is missing.", "Write it behind the number.")
            if want[0].isdigit()
            else ("That is the short name.", "`%A` gives the whole one.")
        )
    number, wanted = (re.search(r"-?\d+(\.\d+)?", text) for text in (got, want))
    if not number or not wanted or number[0] == wanted[0]:
        return "", ""
    places = len((number[1] or ".")[1:])
    if places != 2 and abs(float(number[0]) - float(wanted[0])) <= 0.5 * 10 ** -min(places, 2):
        return (
            "The number does not have two decimals.",
            "Round it in the text: `:.2f` behind it, inside of the braces, as in `{…:.2f}`.",
        )
    return "", ""


def _definition(learner: Learner, name: str) -> ast.FunctionDef | None:
    return next(
        (n for n in learner.tree.body if isinstance(n, ast.FunctionDef) and n.name == name), None
    )


def _imported(defined: ast.FunctionDef | None) -> list[str]:
    """The names that imports inside of a function bind."""
    return [
        alias.asname or alias.name
        for node in (ast.walk(defined) if defined else ())
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    ]


def _other_tool(learner: Learner, name: str) -> tuple[str, str] | None:
    """What to say where `own_tool` is not the tool that the cell defines."""
    written = [choice for choice in CHOICES if _definition(learner, choice)]
    if name not in CHOICES or not written or name in written:
        return None
    return (
        f"The cell defines `{written[0]}`, and `own_tool` is `{name}`.",
        f"Write `own_tool = {written[0]}`.",
    )


async def _alone(learner: Learner, tool: Any, defined: ast.FunctionDef | None, given: Any) -> None:
    """The function needs no name of the notebook: it moves into a file of its own."""
    names: dict[str, Any] = {"__builtins__": dict(vars(builtins))}
    try:
        copied = FunctionType(tool.__code__, names, tool.__name__)
        if defined:
            exec(compile(ast.Module([defined], []), "<the tool's file>", "exec"), names)
        await in_thread(lambda: copied(given), 1)
    except NameError as error:
        gone = str(error).split("'")[1] if "'" in str(error) else str(error)
        for decorator in defined.decorator_list if defined else ():
            if gone in ast.unparse(decorator):
                learner.not_yet(
                    f"The file of `{tool.__name__}` has only the function: it does not know "
                    f"`@{ast.unparse(decorator)}`.",
                    "Take the decorator away; `server_with` offers a plain function.",
                )
        learner.not_yet(
            f"It uses `{gone}`, which is outside of the function: its file has only the "
            "function.",
            f"Move the line that makes `{gone}` into the function.",
        )
    except Exception:
        return  # what it gives, and what it raises, is looked at next


# --- the exercise: a call through MCP ---


class _Session:
    """Stands in for a session with an MCP server: it notes the calls, and answers or fails."""

    def __init__(self, *parts: str, fails: bool = False) -> None:
        self.parts, self.fails = parts, fails
        self.calls: list[tuple[Any, Any]] = []
        self.open, self.too_late = 0, False
        self.unknown: list[str] = []
        """Keywords that a real session does not take."""

    @asynccontextmanager
    async def session(self) -> AsyncIterator[_Session]:
        self.open += 1
        try:
            yield self
        finally:
            self.open -= 1

    async def call_tool(
        self, name: Any = None, arguments: Any = None, *_: Any, **named: Any
    ) -> Any:
        self.calls.append((name, arguments))
        self.too_late = self.too_late or not self.open
        from mcp import Client  # slow to import

        known = inspect.signature(Client.call_tool).parameters
        self.unknown += [name for name in named if name not in known]
        content = [SimpleNamespace(type="text", text=part) for part in self.parts]
        return _Result(content=content, is_error=self.fails)

    async def list_tools(self) -> Any:
        return SimpleNamespace(tools=[])


class _Result(SimpleNamespace):
    """Stands in for a session's answer."""

    def __repr__(self) -> str:
        return "CallToolResult(…)"


@blank(
    "mcp_call",
    hints=(
        "Which method of a session calls a tool, and what does it have to know? And when is an "
        "answer an error?",
        "It is called as your Activity is: `session.call_tool(name, arguments)`. In the lesson "
        "you see how a failed tool becomes an error.",
        "`result = await session.call_tool(name, arguments)`, `if result.is_error:`, and "
        "`raise ApplicationError(text, non_retryable=True)`.",
    ),
    means="A tool in another process is a step of the Workflow, and its failure is not retried.",
)
async def mcp_call(learner: Learner) -> None:
    ran(learner)
    learner.step("call_tool is an Activity")
    function = learner.name("call_tool")
    if not hasattr(function, "__temporal_activity_definition"):
        learner.not_yet(
            f"`call_tool` is {kind_of(function)}, without @activity.defn.",
            "Write `@activity.defn` on the line above, as it was given.",
        )
    function = is_coroutine_function(
        learner, "call_tool", "call_tool(name: str, arguments: dict) -> str"
    )
    given = {"place": "Oslo"}
    learner.step("It calls the tool, in a session")
    well = _Session("a table", "for four")
    right = "Write `result = await session.call_tool(name, arguments)`."
    try:
        got = await patience.wait_for(
            learner.copy(function, mcp_session=well.session)("book_table", given), 2
        )
    except ApplicationError:
        tests = [n.test for n in ast.walk(learner.tree) if isinstance(n, ast.If)]
        asks = next((ast.unparse(t) for t in tests if "is_error" in ast.unparse(t)), "")
        learner.not_yet(
            "The tool has succeeded, and an ApplicationError is raised."
            + (f" `if {asks}:` is true of a success." if asks else ""),
            "Raise only where the tool has failed: `if result.is_error:`, without `not`.",
        )
    except RecursionError:
        learner.not_yet(
            "`call_tool` calls itself, without end.",
            "Call the session's: `result = await session.call_tool(name, arguments)`.",
        )
    except AttributeError as error:
        if error.obj is not well or error.name != "is_error":
            raise
        learner.not_yet(
            "`session.is_error`: a session has no such thing, each of its answers has.",
            "Write `if result.is_error:`.",
        )
    if well.too_late:
        learner.not_yet(
            "The tool is asked for below the `async with`: there the session is closed.",
            "Indent the line, so that it is inside of `async with`.",
        )
    if well.unknown:
        starred = well.unknown[0] in given
        learner.not_yet(
            "`**arguments` makes a keyword of each argument, and call_tool takes the whole dict."
            if starred
            else f"call_tool takes no `{well.unknown[0]}=`; it is called `arguments`.",
            right,
        )
    if not well.calls:
        learner.not_yet("The session was not asked: a coroutine has to be awaited.", right)
    if len(well.calls) > 1:
        learner.not_yet(f"The tool is called {len(well.calls)} times.", "Call it once.")
    if well.calls[0] != ("book_table", given):
        name, arguments = well.calls[0]
        learner.not_yet(
            f"The tool is asked for as {short(name)}, with {short(arguments)}; book_table was "
            f"wanted, with {given}.",
            right,
        )
    learner.step("It returns what the tool said")
    if got != "a table\nfor four":
        learner.not_yet(f"It returns {short(got)}.", "Keep `return text`, as it was given.")
    learner.step("A tool that failed is an error")
    failed = _Session("no such place", fails=True)
    right = "Write `if result.is_error:` and `raise ApplicationError(text, non_retryable=True)`."
    try:
        got = await patience.wait_for(
            learner.copy(function, mcp_session=failed.session)("book_table", given), 2
        )
    except ApplicationError as error:
        learner.step("It says why, and is not retried")
        if not isinstance(error.message, str):
            learner.not_yet(
                "The error is given the whole result, where a text belongs.",
                "Give it the text: `ApplicationError(text, non_retryable=True)`.",
            )
        if "no such place" not in str(error):
            learner.not_yet(
                f"The error says {short(str(error))}, and not what the tool said.",
                "Give it the text: `ApplicationError(text, non_retryable=True)`.",
            )
        if not error.non_retryable:
            learner.not_yet(
                "The error is one that Temporal retries, and the tool would say the same again.",
                "Write `ApplicationError(text, non_retryable=True)`.",
            )
        return
    except Exception as error:
        if isinstance(error, TypeError) and any(learner.calls("ActivityError")):
            learner.not_yet(
                "`ActivityError` is made by Temporal itself, for the Workflow.",
                "Write `raise ApplicationError(text, non_retryable=True)`.",
            )
        if isinstance(error, TypeError) and "derive from BaseException" in str(error):
            learner.not_yet(
                "Only an error can be raised, and this is none.",
                "Write `raise ApplicationError(text, non_retryable=True)`.",
            )
        learner.not_yet(
            f"It raises {type(error).__name__}, which Temporal retries; the tool would say the "
            "same again.",
            right,
        )
    lines = [
        line
        for branch in ast.walk(learner.tree)
        if isinstance(branch, ast.If)
        for line in branch.body
    ]
    if any(isinstance(n, ast.Expr) and "ApplicationError(" in ast.unparse(n) for n in lines):
        learner.not_yet(
            "An ApplicationError is made, and nothing happens.",
            "Write `raise` in front of it: `raise ApplicationError(text, non_retryable=True)`.",
        )
    if returned := [n for n in lines if isinstance(n, ast.Return)]:
        learner.not_yet(
            f"The tool has failed, and `{ast.unparse(returned[0])}` gives that back as a result.",
            "Write `raise ApplicationError(text, non_retryable=True)` in its place.",
        )
    learner.not_yet(f"The tool has failed, and `call_tool` returns {short(got)}.", right)


# --- the exercise: consent ---

TOOL = ("call-1", "weekday", '{"date": "2026-11-22"}')
OTHER = ("call-2", "weekday", '{"date": "2024-02-29"}')
AGAIN = ("call-1", "weekday", '{"date": "2025-12-24"}')
"""In a later turn, under the first one's id: there are models that count anew in each turn."""
HOUR = 3600.0


@blank(
    "consent",
    hints=(
        "What does the wait look at, and under which name does the Update keep it? And what is "
        "the answer when nobody says anything?",
        "The class `Consents` of the lesson does the same, with a deadline of a day; "
        "https://docs.temporal.io/develop/python/message-passing#updates",
        "`self.consents[consent.call_id] = consent.allowed`; the validator looks into both, "
        "`self.waiting` and `self.consents`; in `use` a `wait_condition(lambda: "
        "call.id in self.consents, timeout=timedelta(hours=1))` in a `try`; then `if not "
        'self.consents.pop(call.id, False): return "error: nobody allowed it"`.',
    ),
    means="The tool is not called without a person's yes, and silence is a no.",
)
async def consent(learner: Learner) -> None:
    kind = is_workflow(learner, "CarefulAgent")
    follows_rule_4(learner)
    has_handler(learner, kind, "decide", "update")
    gives_back(learner, "timeout=timedelta(hours=1)")
    copy = learner.copy(kind, **learner.trapped("llm_call", "completion", "call_tool"))
    given = learner.name("AgentInput")(GOAL)
    yes, no, silent = Errand(), Errand(), Errand()
    again = Errand(agents.turn("", TOOL), agents.turn("", AGAIN), agents.turn("It is Sunday."))
    learner.step("It runs on the Temporal Service")

    async def allows(talk: Talk) -> None:
        await _waits(learner, talk, yes)
        learner.step("A call that does not wait is refused")
        taken, answer = await _decides(learner, talk, "another-call", True)
        if taken:
            learner.not_yet(
                f"A decision about a call that does not wait was taken: {short(answer)}.",
                "In `check_consent`, raise `ValueError` where "
                "`consent.call_id not in self.waiting`.",
            )
        learner.step("A yes lets the call run")
        taken, answer = await _decides(learner, talk, TOOL[0], True)
        if not taken:
            learner.not_yet(
                f"The decision about the call that waits is refused: {answer[:100]}",
                "The validator refuses only what does not wait.",
            )
        _refuses_well(learner, copy)
        keep = (
            "Keep it in `decide`: `self.consents[consent.call_id] = consent.allowed`; and wait for "
            "`call.id in self.consents`."
        )
        decided = talk.until(
            lambda: bool(yes.used) or talk.trial.completed or bool(talk.trial.failure)
        )
        saw = f"A person has said yes, and the tool does not run. {_kept(learner, copy)}".strip()
        await within(learner, decided, saw, keep)
        learner.step("The other call still waits for its own decision")
        if OTHER[0] not in [call["id"] for call in await _waiting(talk)]:
            learner.not_yet(
                "One of two calls is decided, and the other goes on too.",
                "Wait for the call's own id: `lambda: call.id in self.consents`.",
            )
        await _decides(learner, talk, OTHER[0], False)
        await within(
            learner, talk.ended(), "Both calls are decided, and the Workflow still waits.", keep
        )

    async def refuses(talk: Talk) -> None:
        await talk.until(lambda: bool(no.model.asked) and bool(talk.trial.completed_activities))
        await _until_waiting(talk)
        for id in (TOOL[0], OTHER[0]):
            await talk.update("decide", {"call_id": id, "allowed": False})
        with contextlib.suppress(Stuck):
            await talk.ended()

    async def allows_one(talk: Talk) -> None:
        await _until_waiting(talk, 1)
        await talk.update("decide", {"call_id": TOOL[0], "allowed": True})
        await talk.until(
            lambda: (
                talk.trial.completed_activities.count("llm_call") > 1
                or talk.trial.completed
                or bool(talk.trial.failure)
            )
        )
        if await _until_waiting(talk, 1):
            await talk.update("decide", {"call_id": AGAIN[0], "allowed": False})
        with contextlib.suppress(Stuck):
            await talk.ended()

    first = await run_workflow(copy, given, yes.stand_ins, script=allows)
    if "'Consent' object has no attribute" in str(first.task_failure):
        learner.not_yet(
            f"A Consent has `call_id` and `allowed`: {first.task_failure}.",
            "Write `self.consents[consent.call_id] = consent.allowed`.",
        )
    if "'bool' object is not callable" in str(first.task_failure):
        learner.not_yet(
            "The condition was looked at once, before the wait, and is True or False: 'bool' "
            "object is not callable.",
            "`lambda` makes a function of it, which is asked again and again: `lambda: call.id in "
            "self.consents`.",
        )
    code_failed(learner, first, [Step("call_tool", 30, {}, "…")])
    _ends(learner, first)
    if len(yes.used) != 1:
        saw = (
            "One call was allowed and one refused, and the tool ran "
            f"{counted(len(yes.used), 'time')}."
        )
        asks = _asks_whether(learner)
        if len(yes.used) > 1 and asks and _keeps_a_no(learner, copy):
            learner.not_yet(
                f"{saw} `{asks}` asks whether somebody has decided, and not what: a no is in "
                "`self.consents` too, as False.",
                "Ask for the decision itself: `if not self.consents.pop(call.id, False):`.",
            )
        learner.not_yet(
            saw,
            "Keep `consent.allowed` in `decide`, and in `use` run the tool only where that is "
            "true: `if not self.consents.pop(call.id, False):`.",
        )
    learner.step("A no does not")
    second, third, silence = await asyncio.gather(
        run_workflow(copy, given, no.stand_ins, script=refuses),
        run_workflow(copy, given, again.stand_ins, script=allows_one),
        after_silence(copy, given, silent.stand_ins, enough=30 * HOUR),
    )
    code_failed(learner, second, [Step("call_tool", 30, {}, "…")])
    if no.used:
        learner.not_yet(
            "The person said no, and the tool ran.",
            "Return the error unless it is allowed: `if not self.consents.pop(call.id, False):`.",
        )
    _ends(learner, second)
    _is_told(learner, no)
    learner.step("An hour of silence is a no")
    caught = any(isinstance(node, ast.Try) for node in ast.walk(learner.tree))
    if silence.trial.task_failure and not caught:
        learner.not_yet(
            "When the hour is over the wait raises asyncio.TimeoutError, and nothing catches it.",
            "Put the wait into a `try:`, with `except asyncio.TimeoutError:` and `pass` below.",
        )
    if "KeyError" in str(silence.trial.task_failure):
        learner.not_yet(
            f"Nobody has decided, so `self.consents` has no entry: {silence.trial.task_failure}.",
            "Silence is a no: `self.consents.pop(call.id, False)`.",
        )
    code_failed(learner, silence.trial, [Step("call_tool", 30, {}, "…")])
    ended = silence.trial.completed or silence.trial.failure
    if silence.blocks or not ended or silence.seconds > 300 * HOUR:
        learner.not_yet(
            "Nobody decides, and after a day it still waits.",
            "Give wait_condition `timeout=timedelta(hours=1)`.",
        )
    if silence.trial.failure:
        learner.not_yet(
            f"Nobody decides, and the Workflow fails: {silence.trial.failure}",
            "Catch the time-out of the wait: `except asyncio.TimeoutError: pass`.",
        )
    if silent.used:
        learner.not_yet("Nobody said yes, and the tool ran.", "Silence is a no.")
    if abs(silence.seconds - HOUR) > 60:
        learner.not_yet(
            f"It waited {silence.seconds / 60:g} minutes.", "Write `timeout=timedelta(hours=1)`."
        )
    _is_told(learner, silent)
    await _leaves_nothing(learner, kind)
    learner.step("A yes counts for one call")
    code_failed(learner, third, [Step("call_tool", 30, {}, "…")])
    if len(again.used) > 1:
        learner.not_yet(
            "A person has allowed a call. In its next turn the model asked for another one, under "
            "the same id, and the tool ran: nobody was asked.",
            "Take the decision out where you use it: `if not self.consents.pop(call.id, False):`.",
        )
    _ends(learner, third)
    _decides_once(learner, kind)
    await _replays(learner, kind)


# The next ones try the class as plain Python, without the Temporal Service: there its own
# attributes can be looked at.


def _refuses_well(learner: Learner, kind: type) -> None:
    """The validator refuses with a ValueError, and changes nothing."""
    try:
        agent = kind(learner.name("AgentInput")(GOAL))
        before = copies.deepcopy(vars(agent))
    except Exception:
        return  # it needs a Workflow around it
    try:
        agent.check_consent(learner.name("Consent")("another-call", True))
    except (KeyError, AssertionError) as error:
        by = "a KeyError" if isinstance(error, KeyError) else "an assert"
        learner.not_yet(
            f"The decision is refused by {by}, which does not tell the person why.",
            "Where `consent.call_id not in self.waiting`, write `raise ValueError(…)`.",
        )
    except Exception:
        pass
    if vars(agent) != before:
        learner.not_yet(
            "The validator `check_consent` keeps something, even of a decision that it refuses. "
            "That is not in the Event History, and a replay does not know of it.",
            "Only look in the validator; keep the consent in `decide`.",
        )


def _kept(learner: Learner, kind: type) -> str:
    """What is wrong with what `decide` keeps; empty where it cannot be seen."""
    with contextlib.suppress(Exception):
        agent = kind(learner.name("AgentInput")(GOAL))
        agent.decide(learner.name("Consent")(TOOL[0], True))
        if agent.consents == {True: TOOL[0]}:
            return f"`self.consents` is {agent.consents}: key and value have changed places."
    return ""


def _keeps_a_no(learner: Learner, kind: type) -> bool:
    """Whether `decide` keeps a no as one."""
    with contextlib.suppress(Exception):
        agent = kind(learner.name("AgentInput")(GOAL))
        agent.decide(learner.name("Consent")(TOOL[0], False))
        return bool(agent.consents == {TOOL[0]: False})
    return False


def _asks_whether(learner: Learner) -> str:
    """What decides in `use` whether the tool runs, where that looks for an entry alone."""
    for use in ast.walk(learner.tree):
        if not isinstance(use, (ast.FunctionDef, ast.AsyncFunctionDef)) or use.name != "use":
            continue
        for node in ast.walk(use):
            if isinstance(node, (ast.If, ast.IfExp)) and re.search(
                r"\bin self\.consents|is (not )?None|^not self\.consents$", ast.unparse(node.test)
            ):
                return ast.unparse(node.test)
    return ""


def _decides_once(learner: Learner, kind: type) -> None:
    """A call that is decided and has not gone on yet is refused a second decision."""
    learner.step("A call is decided once")
    call, consent = learner.name("ToolCall")(*TOOL), learner.name("Consent")
    try:
        agent = kind(learner.name("AgentInput")(GOAL))
        agent.waiting[call.id] = call
        agent.decide(consent(call.id, False))
        agent.check_consent(consent(call.id, True))
    except Exception:
        return  # refused
    learner.not_yet(
        "Two people decide in the same moment: the no of the first is taken, and so is the yes of "
        "the second.",
        "In `check_consent`, refuse a call that is decided already as well: `or consent.call_id in "
        "self.consents`.",
    )


async def _used_at_once(learner: Learner, agent: Any) -> str:
    """What `use` makes of a call for which nothing is waited."""

    async def result(*_: Any) -> str:
        return "Sunday"

    agent.run_tool = result
    return str(await patience.wait_for(agent.use(learner.name("ToolCall")(*TOOL)), 0.5))


def _waits_by(learner: Learner, kind: type) -> Any:
    """An agent whose waits end at once: they raise where their condition is not true."""

    async def look(condition: Any, **_: Any) -> None:
        if not condition():
            raise asyncio.TimeoutError

    here = SimpleNamespace(**{**vars(workflow), "wait_condition": look})
    return learner.copy(kind, workflow=here)(learner.name("AgentInput")(GOAL))


async def _replays(learner: Learner, kind: type) -> None:
    """A decision that comes before its call waits counts, as it does in a replay.

    The SDK hands a Workflow its Updates before the results of its Activities.
    """
    learner.step("A replay takes the decision as well")
    before = "In a replay a decision may come before `run` has come to its call."
    try:
        agent = _waits_by(learner, kind)
    except Exception:
        return  # it needs a Workflow around it
    try:
        agent.decide(learner.name("Consent")(TOOL[0], True))
    except Exception as error:
        learner.not_yet(
            f"{before} Then `decide` raises {type(error).__name__}, and this Workflow hangs.",
            "Rely only on what `__init__` made: `self.consents[consent.call_id] = "
            "consent.allowed`.",
        )
    try:
        result = await _used_at_once(learner, agent)
    except Exception:
        return
    if result != "Sunday":
        learner.not_yet(
            f"{before} Then `use` loses the yes that a person has given.",
            "Leave `self.consents` alone before the wait; take the decision out after it.",
        )


async def _leaves_nothing(learner: Learner, kind: type) -> None:
    """A call that is over waits no longer, whether a person has spoken or not."""
    learner.step("A call that is over does not wait any more")
    call = learner.name("ToolCall")(*TOOL)
    try:
        agent = _waits_by(learner, kind)
        await _used_at_once(learner, agent)
    except Exception:
        return  # it needs a Workflow around it
    if call.id in agent.waiting:
        learner.not_yet(
            "The hour is over, and the call is still in `self.waiting`: `waits_for` shows it, and "
            "a person can decide about it.",
            "Run `del self.waiting[call.id]` after the wait, before any `return`.",
        )


class Errand:
    """Stands in for the Activities of the exercise's agent: what was asked, and what ran."""

    def __init__(self, *turns: dict[str, Any]) -> None:
        both = (agents.turn("", TOOL, OTHER), agents.turn("It is Sunday."))
        self.model = Model(*(turns or both))
        self.used: list[Any] = []

    @property
    def stand_ins(self) -> dict[str, Any]:
        return {"llm_call": self.model, "list_tools": lambda: DESCRIBED, "call_tool": self._run}

    def _run(self, *given: Any) -> str:
        self.used.append(given)
        return "Sunday"


async def _waiting(talk: Talk) -> list[dict[str, Any]]:
    """The calls that wait for a person; none where the Query fails."""
    with contextlib.suppress(WorkflowQueryFailedError, RPCError):
        return await talk.query("waits_for") or []
    return []


async def _until_waiting(talk: Talk, count: int = 2) -> bool:
    """Whether so many calls wait for a person, once the Workflow does nothing more by itself."""
    with contextlib.suppress(Stuck):
        await talk.settled()
    return len(await _waiting(talk)) == count


async def _waits(learner: Learner, talk: Talk, errand: Errand) -> None:
    learner.step("It waits for a person before the tool runs")
    wait = (
        "Write `await workflow.wait_condition(lambda: call.id in self.consents, "
        "timeout=timedelta(hours=1))` in `use`."
    )
    await talk.until(
        lambda: (
            "llm_call" in talk.trial.completed_activities
            or talk.trial.completed
            or bool(talk.trial.failure)
        )
    )
    waiting = await _until_waiting(talk)
    if errand.used or "call_tool" in [a.name for a in talk.trial.activities]:
        learner.not_yet("The tool ran before anybody had said yes.", wait)
    if not waiting and (talk.trial.completed or talk.trial.failure):
        learner.not_yet("The Workflow has ended, and nobody has decided: it does not wait.", wait)
    if not waiting:
        learner.not_yet(
            "No call is among those that wait.", "Keep `self.waiting[call.id] = call` in `use`."
        )


async def _decides(learner: Learner, talk: Talk, id: str, allowed: bool) -> tuple[bool, str]:
    try:
        return await talk.update("decide", {"call_id": id, "allowed": allowed})
    except Stuck:
        learner.not_yet(
            "The Update is neither accepted nor refused.",
            "Let `decide` keep the consent and return at once.",
        )


def _ends(learner: Learner, trial: Trial) -> None:
    if trial.failure:
        learner.not_yet(
            f"The Workflow failed: {trial.failure}", "A decision is not an error: return a text."
        )
    if not trial.completed:
        learner.not_yet(
            "The person has decided, and the Workflow does not end.",
            "Wait for `call.id in self.consents`: a no is a decision too.",
        )


def _is_told(learner: Learner, errand: Errand) -> None:
    """The model has read that the call was not allowed."""
    said = [m for asked in errand.model.asked[1:2] for m in asked["messages"]]
    text = next((str(m["content"]) for m in said if m["role"] == "tool"), "")
    if not text.lower().startswith("error"):
        learner.not_yet(
            f"The call was not allowed, and the model reads {short(text)}.",
            'Return `"error: nobody allowed it"`.',
        )


# --- predictions ---

MISSING_PAGE = Prediction(
    "missing_page",
    (3, 1, 10),
    right="a",
    why="`fetch_page` may be tried three times, and its policy does not name the error of a 404.",
)
CHAIN = Prediction(
    "chain",
    (6, 5, 4),
    right="c",
    why="The new Worker took all earlier decisions and results from the Event History.",
)
BEES = Prediction(
    "bees",
    (0, 1, None),
    right="b",
    why="The model read the page's sentence as an instruction, and nothing held it back.",
)
