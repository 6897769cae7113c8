"""Stand-ins for an agent's model and tools, and steps that only the checks of lesson 04 need."""

from __future__ import annotations

import ast
import asyncio
import difflib
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from temporalio import activity, workflow

from workshop.checks.calls import BASE, KEY, MODEL, Provider
from workshop.checks.learner import Learner
from workshop.checks.steps import kind_of, ran

GOAL = "tell me about octopuses"
CALLS = (
    ("call-1", "search_notes", '{"query": "octopuses"}'),
    ("call-2", "calculate", '{"expression": "8 * 3"}'),
)
"""What a stand-in for the model asks for in its first turn: id, name, arguments."""


# --- functions ---


def is_coroutine_function(learner: Learner, name: str, signature: str) -> Any:
    """The name is an async function with these parameters. Returns it."""
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
    wanted = [one.partition(":")[0].strip() for one in inside(signature).split(",")]
    takes = list(inspect.signature(function).parameters)
    if takes != wanted and len(takes) != len(wanted):
        learner.not_yet(
            f"`{name}` takes {' and '.join(takes) or 'nothing'}.",
            f"Write `async def {signature}`, as it was given.",
        )
    return function


def inside(signature: str) -> str:
    """What stands between the outer brackets of a signature."""
    return signature[signature.index("(") + 1 : signature.rindex(")")]


def short(thing: Any, most: int = 70) -> str:
    """A thing as it is shown in a sentence."""
    text = re.sub(r" at 0x[0-9a-f]+", "", repr(thing))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def open_blank(thing: Any) -> bool:
    """Whether a `...` is left anywhere in a value."""
    if thing is ...:
        return True
    if isinstance(thing, Mapping):
        return any(open_blank(value) for value in thing.values())
    return isinstance(thing, (list, tuple)) and any(open_blank(value) for value in thing)


def returns_nothing(learner: Learner, name: str, right: str) -> None:
    """End the check: the function gives None."""
    if any(learner.calls("print")):
        learner.not_yet(f"`{name}` prints, and returns nothing.", right)
    learner.not_yet(f"`{name}` returns nothing.", right)


# --- the provider, with tools ---


class ToolProvider(Provider):
    """A stand-in for `completion` whose answers ask for tools.

    Args:
        calls: id, name and arguments of each; none for an answer that is a text alone.
    """

    def __init__(
        self,
        learner: Learner,
        text: str | None = None,
        calls: Sequence[tuple[str, str, str]] = (),
        fails: bool = False,
    ) -> None:
        super().__init__(learner, text or "", fails)
        self.said, self.tools = text, calls

    def completion(self, *values: Any, **named: Any) -> Any:
        from litellm import ModelResponse

        super().completion(*values, **named)
        message: dict[str, Any] = {"role": "assistant", "content": self.said}
        if self.tools:
            message["tool_calls"] = [
                {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
                for id, name, arguments in self.tools
            ]
        self.answers[-1] = ModelResponse(
            model="gpt-4o",
            choices=[{"index": 0, "finish_reason": "stop", "message": message}],
            usage={"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        )
        return self.answers[-1]


async def asked(learner: Learner, provider: ToolProvider, function: Any, given: Any) -> Any:
    """What the LLM Activity returns for an input, with this provider in place of the real one."""
    try:
        return await provider.runs(function, given)
    except AttributeError as error:
        if error.obj is not given:
            raise
        near = difflib.get_close_matches(error.name, ["messages", "tools"], 1, 0.0)[0]
        learner.not_yet(
            f"The input has no `{error.name}`: it has messages and tools.",
            f"Write `input.{near}`.",
        )


def uses_the_settings(learner: Learner, call: Mapping[str, Any]) -> None:
    """The call of `completion` has what was given: model, key, base, one request, a time limit."""
    learner.step("It asks as it was given: with the settings, and one request an attempt")
    wanted = {"model": MODEL, "api_key": KEY, "api_base": BASE, "max_retries": 0}
    lines = {
        "model": "model=settings.llm_model",
        "api_key": "api_key=settings.llm_api_key.get_secret_value()",
        "api_base": "api_base=settings.llm_api_base",
        "max_retries": "max_retries=0",
    }
    for name, value in wanted.items():
        if call.get(name) != value or call.get(name) is False:
            told = "is missing" if name not in call else "is another one"
            learner.not_yet(
                f"`{name}=` {told} in the call of completion.",
                f"Write `{lines[name]}`, as it was given.",
            )
    if not call.get("timeout"):
        learner.not_yet(
            "completion is given no timeout.", "Keep `timeout=settings.llm_timeout` in the call."
        )


# --- a Workflow that calls a function of the learner's ---


@activity.defn
async def search_notes(query: str) -> str:
    """Search."""
    return query


@activity.defn
async def book_table(place: str, guests: int) -> str:
    """Book a table."""
    return f"{place} {guests}"


@activity.defn
async def wait_in_line() -> str:
    """Wait."""
    return ""


TOOLS = {"search_notes": search_notes, "book_table": book_table, "wait_in_line": wait_in_line}
"""Tools of the check's own: their names, and their parameters in order."""


@workflow.defn(name="Caller", sandboxed=False)
class Caller:
    """Gives each call to the function that is tried, and tells what it returned or raised.

    The last call is cancelled while it runs.
    """

    tried: Callable[[Any], Any]
    kind: type

    @workflow.run
    async def run(self, calls: list[dict[str, str]]) -> list[list[Any]]:
        *these, last = [self.kind(**call) for call in calls]
        found = [await self._one(call) for call in these]
        return [*found, await self._cancelled(last)]

    async def _one(self, call: Any) -> list[Any]:
        try:
            result = await type(self).tried(call)
        except Exception as error:
            return ["raised", type(error).__name__, str(error)]
        if inspect.iscoroutine(result):
            result.close()
        if result is None or result is ... or not isinstance(result, str):
            return ["returned", "" if result is ... else kind_of(result), None]
        return ["returned", "a text", result]

    async def _cancelled(self, call: Any) -> list[Any]:
        """The same for a call that is cancelled while it runs."""
        task = asyncio.create_task(self._one(call))
        await asyncio.sleep(0.01)
        task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            return ["raised", "CancelledError", ""]


# --- the loop ---


class Model:
    """Stands in for llm_call: turns by their number, and what it was asked."""

    def __init__(self, *turns: dict[str, Any], most: int = 12) -> None:
        self.turns, self.most = turns, most
        self.asked: list[Any] = []

    def __call__(self, given: Any) -> dict[str, Any]:
        from temporalio.exceptions import ApplicationError

        self.asked.append(given)
        if len(self.asked) > self.most:
            raise ApplicationError("the stand-in has had enough", non_retryable=True)
        return self.turns[min(len(self.asked), len(self.turns)) - 1]


def turn(text: str = "", *calls: tuple[str, str, str], dollars: float = 0.25) -> dict[str, Any]:
    """A Turn as JSON has it."""
    keys = ("id", "name", "arguments")
    return {
        "text": text,
        "calls": [dict(zip(keys, call, strict=True)) for call in calls],
        "dollars": dollars,
    }


def loops_of(learner: Learner) -> list[ast.While | ast.For | ast.AsyncFor]:
    return [n for n in ast.walk(learner.tree) if isinstance(n, (ast.While, ast.For, ast.AsyncFor))]
