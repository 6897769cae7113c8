"""Steps for functions that ask a model: run with a stand-in for the provider, in a folder away."""

from __future__ import annotations

import ast
import asyncio
import functools
import inspect
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from workshop.checks.learner import Learner
from workshop.checks.steps import kind_of, ran
from workshop.checks.trial import in_thread
from workshop.core import settings

KEY = "the key of a check"
MODEL = "openai/the-model-of-a-check"
BASE = "http://127.0.0.1:9/v1"
"""Nobody answers there: a call that goes past the stand-in is refused, and not paid."""
LIMIT = 2.0
"""Seconds of a quiet machine for one run of a function."""

_standing_in: ContextVar[dict[str, Any]] = ContextVar("standing_in", default={})  # noqa: B039
"""What stands in for functions of modules, by their names, in the code of a check alone."""


def answer(text: str) -> Any:
    """An answer as a model gives it: a LiteLLM ModelResponse."""
    from litellm import ModelResponse  # takes seconds, unless the lesson has it already

    return ModelResponse(
        model="gpt-4o",  # one whose price is known
        choices=[
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        ],
        usage={"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    )


# --- functions, and where they run ---


def function_of(
    learner: Learner,
    name: str,
    takes: str,
    told: Callable[[BaseException], tuple[str, str] | None] | None = None,
) -> Any:
    """The name is an ordinary function with these parameters. Returns the function.

    Args:
        takes: its parameters as they are written, such as `prompt: str, timeout: float = 20`.
        told: what was seen and what to try, of an error of the cell that it knows.
    """
    ran(learner, told)
    learner.step(f"{name} is a function")
    function = learner.name(name)
    if not inspect.isroutine(function):
        learner.not_yet(
            f"`{name}` is {kind_of(function)}.", f"Define it as a function: `def {name}({takes}):`."
        )
    if inspect.iscoroutinefunction(function):
        learner.not_yet(
            f"`{name}` is an `async def`: called, it gives a coroutine and does nothing.",
            f"Write `def {name}(…)`, without `async`.",
        )
    if inspect.isgeneratorfunction(function):
        learner.not_yet(
            f"`{name}` has a `yield`: called, it does nothing yet.",
            "Write `return` in its place.",
        )
    wanted = [one.partition(":")[0].strip() for one in takes.split(", ")]
    has = list(inspect.signature(function).parameters.values())
    names = [one.name for one in has]
    if names == wanted:
        return function
    varied = any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in has)
    more = [one.name for one in has if one.default is one.empty and one.name not in wanted]
    missing = [] if varied else [one for one in wanted if one not in names]
    if missing or more:
        learner.not_yet(
            f"`{name}` takes {', '.join(names) or 'nothing'}; the next cells give it "
            f"{' and '.join(missing or wanted)}.",
            f"Keep the first line as it was given: `def {name}({takes})`.",
        )
    return function


@dataclass
class Room:
    """A folder in which a function runs, so that it changes no file of the learner's."""

    folder: Path

    async def runs(self, function: Any, *values: Any, **named: Any) -> Any:
        """Call it in a thread.

        Raises:
            asyncio.TimeoutError: it takes longer than `LIMIT` seconds of a quiet machine.
            Exception: whatever it raises.
        """
        return await in_thread(lambda: function(*values, **named), LIMIT)

    def files(self) -> list[str]:
        """The names of the files in it, hidden ones left out."""
        return sorted(p.name for p in self.folder.iterdir() if p.is_file() and p.name[0] != ".")


@asynccontextmanager
async def away() -> AsyncIterator[Room]:
    """A temporary working folder for this process, while the block lasts."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        # Two folders deep: a name that leads out of the inner one is still in the outer one.
        folder = Path(name).resolve() / "in" / "here"
        folder.mkdir(parents=True)
        os.chdir(folder)
        try:
            yield Room(folder)
        finally:
            os.chdir(before)


async def lets_fail(learner: Learner, step: str, run: Awaitable[Any], what: str) -> None:
    """Run a function so that its work fails: who calls it has to hear of that.

    Args:
        run: the call.
        what: what fails, as the beginning of a sentence.
    """
    learner.step(step)
    try:
        result = await run
    except asyncio.TimeoutError:
        raise
    except Exception:
        return
    told = "nothing" if result is None else "the error" if isinstance(result, Exception) else ""
    learner.not_yet(
        f"{what}, and the function returns {told or repr(result)[:40]}, as if nothing had failed.",
        "Take `try` and `except` out: who calls it decides what to do about an error.",
    )


def printed_instead(learner: Learner, right: str) -> None:
    """Where the cell prints and returns nothing, say so."""
    returned = [n for n in ast.walk(learner.tree) if isinstance(n, ast.Return) and n.value]
    if not returned and any(learner.calls("print")):
        learner.not_yet("The function prints, and returns nothing.", right)
    if any(
        isinstance(n.value, ast.Call) and ast.unparse(n.value.func) == "print" for n in returned
    ):
        learner.not_yet("The function returns what print gives: nothing.", right)


def pages_of(path: Path) -> list[str]:
    """The text of each page of a PDF."""
    from workshop.toolbox.report.files import opened

    texts = []
    with opened(path) as document:
        for page in document:
            told = page.get_textpage()
            texts.append(told.get_text_bounded().replace("\r\n", "\n"))
            told.close()
            page.close()
    return texts


# --- the provider ---


class Provider:
    """A stand-in for `completion`: it notes what it is given, and answers, or fails."""

    def __init__(
        self, learner: Learner, text: str = "Octopuses have three hearts.", fails: bool = False
    ) -> None:
        self.learner, self.text, self.fails = learner, text, fails
        self.calls: list[dict[str, Any]] = []
        """The arguments of each call by their names."""
        self.answers: list[Any] = []
        self.printed: list[str] = []

    @property
    def call(self) -> dict[str, Any]:
        return self.calls[0] if self.calls else {}

    @staticmethod
    def refused() -> Exception:
        from litellm.exceptions import RateLimitError

        return RateLimitError("a stand-in is busy", "check", "stand-in")

    def completion(self, *values: Any, **named: Any) -> Any:
        import litellm

        real = _real(litellm.completion)
        # Without a model too: the step that looks at the settings says what is missing.
        bound = inspect.signature(real).bind_partial(*values, **named).arguments
        self.calls.append({**bound.pop("kwargs", {}), **bound})
        if self.fails:
            raise self.refused()
        self.answers.append(answer(self.text))
        return self.answers[-1]

    def copy(
        self, function: Any, sleep: Callable[[float], None] | None = None, **instead: Any
    ) -> Any:
        """The learner's function, with this provider in place of the real one.

        Args:
            sleep: in place of `time.sleep`, however the code reaches it.
            instead: what further names stand for.
        """
        import litellm

        def note(*values: Any, **_: Any) -> None:
            self.printed.append(" ".join(map(str, values)))

        known = {
            "settings": replace(
                settings.load(),
                llm_model=MODEL,
                llm_api_key=SecretStr(KEY),
                llm_api_base=BASE,
            ),
            "completion": self.completion,
            "print": note,
            "prompt": "a prompt of the notebook",
        }
        if sleep and self.learner.names.get("sleep") is time.sleep:
            known["sleep"] = sleep  # from time import sleep
        for name, value in self.learner.names.items():
            if (alias := self._alias(value)) is not None:
                known.setdefault(name, alias)
        copied = self.learner.copy(function, **{**known, **instead})
        modules: dict[str, Any] = {"completion": litellm} | ({"sleep": time} if sleep else {})
        stand_ins = {"completion": self.completion} | ({"sleep": sleep} if sleep else {})

        def run(*values: Any, **named: Any) -> Any:
            token = _standing_in.set(stand_ins)
            try:
                with ExitStack() as stack:
                    for name, module in modules.items():
                        stack.enter_context(_patched(module, name))
                    return copied(*values, **named)
            finally:
                _standing_in.reset(token)

        return run

    def _alias(self, value: Any) -> Any:
        """The stand-in for `completion` under another name, or in a partial; None for others."""
        import litellm

        real = _real(litellm.completion)
        if inspect.isfunction(value) and _real(value) is real:
            return self.completion
        if not isinstance(value, functools.partial) or _real(value.func) is not real:
            return None
        # What it took from the settings is, in a check, what the check's settings say.
        own = self.learner.names.get("settings") or settings.load()
        key = own.llm_api_key.get_secret_value() if own.llm_api_key else None
        instead = {own.llm_model: MODEL, own.llm_api_base: BASE, key: KEY}
        instead = {old: new for old, new in instead.items() if old and old not in self.learner.text}

        def checks(given: Any) -> Any:
            return instead.get(given, given) if isinstance(given, str) else given

        values = [checks(one) for one in value.args]
        named = {name: checks(one) for name, one in value.keywords.items()}
        return functools.partial(self.completion, *values, **named)

    async def runs(self, function: Any, *values: Any, **named: Any) -> Any:
        """Call the learner's function with this provider, in a folder away."""
        async with away() as room:
            try:
                return await room.runs(self.copy(function), *values, **named)
            except Exception as error:
                elsewhere = type(error).__module__.partition(".")[0] in (
                    "openai",
                    "httpx",
                    "requests",
                )
                if elsewhere and not self.calls:
                    self.learner.not_yet(
                        "The model is asked by another way than `completion`, and nobody answers "
                        f"a check there ({type(error).__name__}).",
                        "Use LiteLLM's `completion(…)`, as in the first call.",
                    )
                raise


def _real(function: Any) -> Any:
    return getattr(function, "_real", function)


@contextmanager
def _patched(module: Any, name: str) -> Iterator[None]:
    """A function of a module is its stand-in, for code that runs in this context alone."""
    real = getattr(module, name)

    def standing_in(*values: Any, **named: Any) -> Any:
        return (_standing_in.get().get(name) or real)(*values, **named)

    standing_in._real = _real(real)  # type: ignore[attr-defined]
    setattr(module, name, standing_in)
    try:
        yield
    finally:
        setattr(module, name, real)


def asks_well(learner: Learner, provider: Provider, prompt: str, wording: str = "prompt") -> None:
    """The function made one call, with the settings, the prompt and no retries of its own.

    Args:
        wording: the variable that is the content of the user's message.
    """
    say, calls = learner.not_yet, provider.calls
    if not calls:
        say(
            "The function has run, and made no call.",
            "Call `completion(…)` with the arguments of the first call.",
        )
    if len(calls) > 1:
        say(
            f"The model is asked {len(calls)} times, and each answer is paid for.",
            "Call completion once, and keep its answer in a variable.",
        )
    learner.step("It uses the settings")
    _settings(learner, provider.call)
    learner.step(f"The message holds the {wording}")
    _messages(learner, provider.call.get("messages"), prompt, wording)
    learner.step("One call is one request")
    _retries(learner, provider.call)
    learner.step("The key is shown nowhere")
    if any(KEY in text for text in provider.printed):
        say(
            "The key is printed: it is in the notebook now, for all to read.",
            "Take that print out. In real life, renew the key as well.",
        )


def _settings(learner: Learner, call: dict[str, Any]) -> None:
    say, model, key = learner.not_yet, call.get("model"), call.get("api_key")
    if not isinstance(model, str) or not model:
        say("The call does not say whom it asks.", "Write `model=settings.llm_model`.")
    if model != MODEL:
        say(
            f"The model is {model!r}, whatever the settings say.",
            "Take it from the settings: `model=settings.llm_model`.",
        )
    if key is None:
        say(
            "The call is made without a key: the provider would refuse it.",
            "Write `api_key=settings.llm_api_key.get_secret_value()`.",
        )
    if isinstance(key, SecretStr) or (isinstance(key, str) and set(key) == {"*"}):
        say(
            "api_key is the wrapper, not the key in it.",
            "Take it out: `settings.llm_api_key.get_secret_value()`.",
        )
    if callable(key):
        say(
            "api_key is a method, which is not called.",
            "The parentheses are missing: `settings.llm_api_key.get_secret_value()`.",
        )
    if key != KEY:
        # What it is instead is not repeated: it may be somebody's key.
        say(
            "api_key is not the key of the settings. A key in code is read by all who read the "
            "code.",
            "Write `api_key=settings.llm_api_key.get_secret_value()`.",
        )
    if call.get("api_base", call.get("base_url")) != BASE:
        told = "has no address" if "api_base" not in call else "has an api_base of its own"
        say(
            f"The call {told}: it would not go where the settings say.",
            "Write `api_base=settings.llm_api_base`.",
        )
    if call.get("stream"):
        say("The answer is asked for as a stream, in pieces.", "Take `stream=` out.")


def _messages(learner: Learner, messages: Any, prompt: str, wording: str) -> None:
    say, right = learner.not_yet, f'Write `messages=[{{"role": "user", "content": {wording}}}]`.'
    if messages is None or messages == []:
        say("The call is made, and nothing is asked in it.", right)
    if isinstance(messages, str):
        say("`messages` is a str, not a list: it does not say who speaks.", right)
    if isinstance(messages, dict):
        say("`messages` is one dict, and not a list.", f"Put brackets around it. {right}")
    if isinstance(messages, set) or not isinstance(messages, (list, tuple)):
        say(f"`messages` is {kind_of(messages)}: it does not say who speaks.", right)
    for message in messages:
        if not isinstance(message, dict):
            say(f"A message is {kind_of(message)}: it does not say who speaks.", right)
        if missing := [key for key in ("role", "content") if key not in message]:
            told = {"role": "it does not say who speaks", "content": "nothing is said in it"}
            has = ", ".join(map(repr, message)) or "nothing"
            say(f"A message has {has} alone: {told[missing[0]]}.", right)
        if message["role"] not in ("system", "user", "assistant", "developer"):
            say(f"There is no role {message['role']!r}.", f"A question has the role user. {right}")
    users = [message["content"] for message in messages if message["role"] == "user"]
    if not users:
        say(
            f"The prompt is a message of the {messages[-1]['role']}: nobody is asking.",
            right,
        )
    content = users[-1]
    if isinstance(content, list):
        content = " ".join(
            str(part.get("text", part)) for part in content if isinstance(part, dict)
        )
    if not isinstance(content, str):
        say(f"The content is {kind_of(content)}, not a text.", right)
    if content.strip() == prompt and wording != "prompt":
        if any(_tells(one) for one in messages if one["content"] is not users[-1]):
            return
        if len(messages) > 1:
            say(
                f"The model is given the prompt, and {len(messages) - 1} more, which does not say "
                "what is wanted of it either.",
                f"Send the `{wording}` instead of the prompt: it says so, and holds the prompt.",
            )
        say(
            "The model is given the prompt alone, and not told what is wanted of it.",
            f"Send the `{wording}`, which holds the prompt. {right}",
        )
    if prompt in content:
        return
    if "a prompt of the notebook" in content:
        say(
            "The model is asked the notebook's `prompt`, not the one that the function is given.",
            f"Keep `prompt` as the name of the function's parameter. {right}",
        )
    if content in ("prompt", "question"):
        say(f"The model is asked the word {content!r}.", f"Without quotes. {right}")
    if "{" in content:
        say(
            f"The model is asked {content[:50]!r}, with the braces in it.",
            f"An `f` is missing before the quotes, or take them away. {right}",
        )
    say(f"The model is asked {content[:60]!r}, whatever the prompt is.", right)


def _tells(message: dict[str, Any]) -> bool:
    """Whether a message beside the prompt says what is wanted, and not only who is asked."""
    text = str(message["content"])
    if re.search(r"subject|topic|about|title|theme", text, re.IGNORECASE):
        return True
    return len(text.split()) > 2 and not re.search("assistant|you are", text, re.IGNORECASE)


def _retries(learner: Learner, call: dict[str, Any]) -> None:
    say, right = learner.not_yet, "Write `max_retries=0` in the call."
    times = call.get("max_retries")
    if times == 0 and times is not False:
        if call.get("num_retries"):
            say(
                f"num_retries={call['num_retries']} lets LiteLLM call again by itself.",
                "Take it out: who tries again, and when, is decided elsewhere.",
            )
        return
    if "max_retries" not in call:
        if "num_retries" in call:
            say(
                "num_retries is another setting: the client below it still tries three times.",
                right,
            )
        say(
            "The client below `completion` tries again by itself: one call may become three "
            "requests, each paid.",
            right,
        )
    say(f"max_retries is {times!r}: a call may become several requests.", right)
