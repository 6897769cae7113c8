"""Checks of lesson 01 and its exercise: what each blank is to do, and its hints."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import inspect
import json
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.breaking.full_disk import full_disk
from workshop.checks import Learner, NotYet, blank
from workshop.checks.calls import (
    Provider,
    answer,
    asks_well,
    away,
    function_of,
    lets_fail,
    pages_of,
    printed_instead,
)
from workshop.checks.predict import Prediction
from workshop.checks.steps import kind_of, ran
from workshop.checks.words import explain
from workshop.core import settings
from workshop.toolbox.report import safe_name, story, whole_file
from workshop.toolbox.report.files import ReportFileError

PROMPT = "three facts about octopuses"
MORE = "\n\n".join(f"Fact {n}: octopuses are clever." for n in range(80))
FACTS = "## Facts\n\nOctopuses have three hearts.\n\nR&D <b>costs"
READ = 'response["choices"][0]["message"]["content"]'


# --- the lesson ---


@blank(
    "llm_call",
    hints=(
        "Which parts of the first call are the same for every question, and which two change?",
        "The first call of this notebook has all six arguments; "
        "https://docs.litellm.ai/docs/completion/input explains each.",
        'response = completion(model=…, api_key=…, api_base=…, messages=[{"role": "user", '
        '"content": prompt}], timeout=timeout, max_retries=0), the first three as in the first '
        "call.",
    ),
    means="One prompt is one request with a time limit, and the whole answer comes back.",
)
async def llm_call(learner: Learner) -> None:
    given = "prompt: str, timeout: float = settings.llm_timeout"
    function = function_of(learner, "llm_call", given)
    provider = Provider(learner)
    learner.step("It asks once")
    result = await provider.runs(function, PROMPT, timeout=7)
    asks_well(learner, provider, PROMPT)
    learner.step("It has a time limit")
    _own_timeout(learner, provider)
    if "timeout" in inspect.signature(function).parameters:
        by_default = Provider(learner)
        await by_default.runs(function, PROMPT)
        seconds = by_default.call.get("timeout")
        if not isinstance(seconds, (int, float)) or not 1 <= seconds <= _longest_call():
            learner.not_yet(
                f"Without a limit of its own, the call may take {seconds!r} seconds.",
                "Keep `timeout: float = settings.llm_timeout` in the first line.",
            )
    learner.step("It returns the whole answer")
    _whole_answer(learner, result, provider)
    await _provider_fails(learner, function, PROMPT)


@blank(
    "create_pdf",
    hints=(
        "What does a document need to be built from, and which name did the file get in the end?",
        "The text above says what story and safe_name do; "
        "https://docs.reportlab.com/reportlab/userguide/ch5_platypus/ shows build.",
        'document.build(story(content, title="Research Report"), **pages), inside of the with; '
        "then return safe_name(filename).",
    ),
    means="The PDF is there whole or not at all, holds what it was given, and its name comes back.",
)
async def create_pdf(learner: Learner) -> None:
    function = function_of(
        learner, "create_pdf", 'content: str, filename: str = "research_pdf.pdf"'
    )
    learner.step("It writes a PDF")
    content = f"{FACTS}\n\n{MORE}"  # of more than one page
    built: list[Any] = []

    def spied(*values: Any, **named: Any) -> Any:
        built.append(values)
        return story(*values, **named)

    async with away() as room:
        copy = learner.copy(function, whole_file=_named_by_text(learner), story=spied)
        try:
            result = await room.runs(copy, content, "a/b")
        except Exception as error:
            _pdf_failed(learner, error)
        written = room.files()
        _one(learner, written)
        if len(built) > 1:
            learner.not_yet(
                f"The document is built {len(built)} times.", "Call it once: one `build`."
            )
        if written[0] != safe_name("a/b"):
            learner.not_yet(
                f"The file should be called 'a/b', and is {written[0]!r}.",
                "Write `whole_file(filename)`: the name that the function is given.",
            )
        learner.step("It holds the content, on numbered pages")
        _holds(learner, pages_of(room.folder / written[0]))
        learner.step("It returns the file's name")
        _returns_name(learner, result, written[0], "a/b", "safe_name(filename)")
        if (usual := await room.runs(learner.copy(function), FACTS)) != "research_pdf.pdf":
            learner.not_yet(
                f"Without a filename the PDF is called {usual!r}.",
                'Keep `filename: str = "research_pdf.pdf"` in the first line.',
            )
    await _full_disk(learner, lambda: learner.copy(function), content, "full")


@blank(
    "research",
    hints=(
        "What does the first step give, what does the second one want, and what is between them?",
        "The cell that asked a question of your own printed the text of an answer; the one below "
        "the PDF gave such a text to create_pdf.",
        f"response = llm_call(prompt); content = {READ}; pdf_name = create_pdf(content, filename).",
    ),
    means="The prompt goes to the model once, its text into the PDF, and the name comes back.",
)
async def research(learner: Learner) -> None:
    function = function_of(learner, "research", 'prompt: str, filename: str = "research_pdf.pdf"')
    chain = _Chain(learner)
    learner.step("It asks the model once, with the prompt")
    async with away() as room:
        result = await _chained(learner, chain, room, function)
        chain.asked_once()
        learner.step("It gives the text of the answer to create_pdf")
        chain.wrote_once(FACTS, READ)
        learner.step("It passes the filename on, and returns the PDF's name")
        chain.named("octopuses.pdf")
        chain.returned(result)
        await lets_fail(
            learner,
            "Errors are raised",
            room.runs(chain.copy(function, fails=True), PROMPT, "octopuses.pdf"),
            "The model fails",
        )


@blank(
    "losses",
    hints=(
        "What did the line `answered` of each receipt say, and was there a PDF at the end?",
        "Run the failures' cells again and read the receipts: what was answered was paid, also "
        "where nobody received it.",
        "Paid are, from top to bottom: 0, 1, 0, 0, 1, and 2 for the killed process. What was lost "
        "and what you would want are in your own words.",
    ),
    means="You have measured it: the expensive failures are those after the answer.",
)
async def losses(learner: Learner) -> None:
    ran(learner, _row_words)
    learner.step("losses is a dict with six rows")
    table = learner.name("losses")
    if not isinstance(table, dict):
        learner.not_yet(f"`losses` is {kind_of(table)}.", "Keep `losses = {…}` as it was given.")
    for name in PAID:
        if name not in table:
            learner.not_yet(f"The row {name!r} is missing.", "Keep the names as they were given.")
    for name in PAID:
        learner.step(f"{name}: paid, lost, wanted")
        _row(learner, name, table[name])


@blank(
    "saved_call",
    hints=(
        "What has to be looked at first, so that a saved answer costs nothing? And which errors "
        "pass by themselves?",
        "Errors: https://docs.python.org/3/tutorial/errors.html#handling-exceptions, with a tuple "
        "of classes after `except`. Files, read, written and renamed: "
        "https://docs.python.org/3/library/pathlib.html",
        "if file.exists(): return file.read_text(…). Then for attempt in (1, 2, 3): try llm_call "
        "and break; except (RateLimitError, Timeout, InternalServerError): if attempt == 3: raise, "
        "else time.sleep(attempt). At the end draft.write_text(…) and draft.replace(file).",
    ),
    means="A saved answer is not asked for again, an error that passes is, and files are whole.",
)
async def saved_call(learner: Learner) -> None:
    function = function_of(learner, "saved_call", "prompt: str", _retry_words)
    async with away() as room:
        trial = _Saving(learner, function, room)
        await trial.asks_and_saves()
        await trial.reads_what_is_saved()
        await trial.tries_again()
        await trial.gives_up()
        await trial.stops_at_once()
        await trial.saves_whole()


# --- its exercise ---


@blank(
    "ask_subject",
    hints=(
        "How does this call differ from the one in llm_call, and which part of the answer is the "
        "text?",
        "The text above names the one argument that is new; "
        "https://docs.litellm.ai/docs/completion/json_mode shows it.",
        "completion(…) as in llm_call, with `question` as content, response_format=Subject, "
        f"timeout=settings.llm_timeout; then return {READ}.",
    ),
    means="The model is asked for a shape, and what it says comes back as the text that it is.",
)
async def ask_subject(learner: Learner) -> None:
    function = function_of(learner, "ask_subject", "prompt: str")
    shape = learner.name("Subject")
    said = '{"subject": "octopuses", "facts": 3}'
    provider = Provider(learner, said)
    learner.step("It asks once")
    result = await provider.runs(function, PROMPT)
    asks_well(learner, provider, PROMPT, wording="question")
    learner.step("It asks for the shape of Subject")
    _shape(learner, provider.call.get("response_format"), shape)
    learner.step("It has a time limit")
    _some_timeout(learner, provider)
    learner.step("It returns the text of the answer")
    _text_alone(learner, result, provider, said, shape)
    await _provider_fails(learner, function, PROMPT)


@blank(
    "read_subject",
    hints=(
        "Which line of yours raises where the text does not fit, and what is to happen then?",
        "https://docs.pydantic.dev/latest/concepts/models/ shows how a model reads JSON, and what "
        "it raises; https://docs.python.org/3/tutorial/errors.html#handling-exceptions what to do "
        "then.",
        "try: checked = Subject.model_validate_json(text), except ValidationError: checked = "
        'Subject(subject="Research Report").',
    ),
    means="Nothing that a model says is used before it was checked, and the report goes on.",
)
async def read_subject(learner: Learner) -> None:
    function = function_of(learner, "read_subject", "text: str")
    shape = learner.name("Subject")
    if any(learner.calls("eval")) or any(learner.calls("exec")):
        learner.step("What a model says is read, and never run")
        learner.not_yet(
            "eval runs what a model says as code: it may do anything on this machine.",
            "Write `Subject.model_validate_json(text)`.",
        )
    provider = Provider(learner)
    async with away() as room:
        copy = provider.copy(
            function, ask_subject=provider.completion, llm_call=provider.completion
        )
        learner.step("What fits is taken as it is")
        good = '{"subject": "octopuses", "facts": 3}'
        result = await room.runs(copy, good)
        _checked(learner, result, shape, good)
        if (result.subject, result.facts) != ("octopuses", 3):
            if any(learner.calls("model_validate")):
                learner.not_yet(
                    "A good text is refused: model_validate takes a dict, and this is a text.",
                    "Write `Subject.model_validate_json(text)`.",
                )
            learner.not_yet(
                f"From {good}, which fits, it makes {result!r}.",
                "Return what `Subject.model_validate_json(text)` gives, and the plain one only "
                "where that raises: in the `except`.",
            )
        learner.step("What does not fit is not used, and raises nothing")
        plain = []
        for text, why in UNFIT.items():
            try:
                found = await room.runs(copy, text)
            except Exception as error:
                if provider.calls:
                    _asks_again(learner)
                _not_caught(learner, error, text, why)
            if provider.calls:
                _asks_again(learner)
            _checked(learner, found, shape, text, fits=False)
            _valid(learner, shape, found, text, why)
            if found.subject == text:
                learner.not_yet(
                    f"{text!r} does not fit ({why}), and is the subject all the same.",
                    'Take a fixed one: `Subject(subject="Research Report")`.',
                )
            plain.append(found.subject)
        if len(set(plain)) > 1:
            learner.not_yet(
                f"Where the text does not fit, the subject is {plain[0]!r} once, and "
                f"{next(p for p in plain if p != plain[0])!r} another time.",
                'Take the same plain one each time: `Subject(subject="Research Report")`.',
            )


@blank(
    "named_report",
    hints=(
        "Which three functions of yours come one after the other, and in which order does a reader "
        "see cover and text?",
        "The first two blanks of this exercise: one gives a text, the other reads it. Two lists of "
        "paragraphs are joined as any lists are.",
        "subject = read_subject(ask_subject(prompt)); title, name = subject.subject.capitalize(), "
        "subject.subject; document.build(cover(title, prompt) + story(content, title=title), "
        "**pages); return safe_name(name).",
    ),
    means="Two calls, a checked subject, a cover in front, and a file that stays in its folder.",
)
async def named_report(learner: Learner) -> None:
    function = function_of(learner, "named_report", "prompt: str")
    chain = _Named(learner)
    learner.step("It asks for the content and for the subject")
    async with away() as room:
        try:
            result = await room.runs(chain.copy(function), PROMPT)
        except Exception as error:
            _pdf_failed(learner, error, nothing_written=BUILD_COVER)
        chain.asked()
        learner.step("It writes one PDF, named after the subject")
        written = room.files()
        _one(learner, written)
        chain.file(written)
        learner.step("It begins with the cover, and goes on with the text")
        chain.pages(pages_of(room.folder / written[0]))
        learner.step("It returns the file's name")
        _returns_name(learner, result, written[0], HOSTILE, "safe_name(name)")
    await _full_disk(learner, lambda: chain.copy(function), PROMPT)


# --- calls ---


def _own_timeout(learner: Learner, provider: Provider) -> None:
    seconds = provider.call.get("timeout")
    if seconds == 7:
        return
    if "timeout" not in provider.call:
        other = next((n for n in ("request_timeout", "time_out") if n in provider.call), "")
        learner.not_yet(
            f"completion is given {other}=, and no timeout=."
            if other
            else "The call has no limit of time: a provider that hangs holds the app for more than "
            "an hour.",
            "Write `timeout=timeout` in the call.",
        )
    learner.not_yet(
        f"The function was given 7 seconds, and completion {seconds!r}.",
        "Pass the function's own limit on: `timeout=timeout`.",
    )


def _longest_call() -> float:
    """Seconds above which a limit for one call is not one."""
    return max(120.0, settings.load().llm_timeout)


def _some_timeout(learner: Learner, provider: Provider) -> None:
    seconds = provider.call.get("timeout")
    if seconds is None:
        learner.not_yet(
            "The call may take as long as it likes: it may hang as the first one may.",
            "Write `timeout=settings.llm_timeout` in the call.",
        )
    if not isinstance(seconds, (int, float)) or not 1 <= seconds <= _longest_call():
        learner.not_yet(
            f"The timeout is {seconds!r}.", "Write `timeout=settings.llm_timeout`, in seconds."
        )


def _whole_answer(learner: Learner, result: Any, provider: Provider) -> None:
    whole = provider.answers[-1]
    if result is whole:
        return
    right = "Return the answer as it came: `return response`."
    if result is None:
        printed_instead(learner, right)
        learner.not_yet("The function returns nothing; the answer is paid, and gone.", right)
    if isinstance(result, str):
        learner.not_yet(
            "The function returns the text alone; the next cells read the whole answer, with "
            "choices and usage.",
            f"{right} The caller can take the text out.",
        )
    for what, part in (
        ("choices", whole.choices),
        ("its first choice", whole.choices[0]),
        ("its message", whole.choices[0].message),
        ("usage", whole.usage),
    ):
        if result is part:
            learner.not_yet(f"The function returns a part of the answer: {what}.", right)
    if isinstance(result, tuple) and len(result) == 1 and result[0] is whole:
        learner.not_yet(
            "The function returns a tuple: there is a comma after the answer.",
            "Take the comma away.",
        )
    if isinstance(result, BaseException):
        learner.not_yet(
            "The function returns the error, where it should raise it.",
            "Take `try` and `except` out: who calls it decides what to do.",
        )
    if callable(result):
        learner.not_yet("The function returns a function, not an answer.", right)
    learner.not_yet(f"The function returns {kind_of(result)}, not the model's answer.", right)


def _text_alone(learner: Learner, result: Any, provider: Provider, said: str, shape: Any) -> None:
    right = f"Return its text: `return {READ}`."
    if result == said:
        return
    whole = provider.answers[-1]
    if result is None:
        printed_instead(learner, right)
        learner.not_yet("The function returns nothing.", right)
    if result is whole:
        learner.not_yet("The function returns the whole answer.", right)
    if result is whole.choices or result is whole.choices[0]:
        learner.not_yet("The function returns a whole choice, and not its text.", right)
    if result is whole.choices[0].message:
        learner.not_yet("The function returns the message, with the content still in it.", right)
    if isinstance(shape, type) and isinstance(result, shape):
        learner.not_yet(
            "The function checks the text already, and returns a Subject.",
            f"That is the next task. {right}",
        )
    if isinstance(result, (dict, list)):
        learner.not_yet(
            f"The function returns {kind_of(result)}: the JSON is read already, and not checked.",
            f"{right} The next task reads and checks it.",
        )
    if isinstance(result, str) and result == str(whole):
        learner.not_yet("The function returns the whole answer, printed into a text.", right)
    learner.not_yet(f"The function returns {str(result)[:60]!r}, not what the model said.", right)


def _shape(learner: Learner, wanted: Any, shape: Any) -> None:
    right = "Write `response_format=Subject`."
    if wanted is shape:
        return
    if wanted is None and any(learner.calls("llm_call")):
        learner.not_yet(
            "llm_call cannot ask for a shape: it passes no response_format on.",
            "Call `completion(…)` itself, with `response_format=Subject`.",
        )
    if wanted is None:
        learner.not_yet(
            "completion is given no response_format: the model may say anything.", right
        )
    if isinstance(wanted, dict):
        told = json.dumps(wanted, default=str)
        if wanted.get("type") == "json_schema" and '"subject"' in told:
            return
        if wanted.get("type") == "json_object":
            learner.not_yet(
                'response_format asks for a "json_object": any JSON at all, of any shape.', right
            )
        learner.not_yet(f"response_format is {told[:80]}, which names no shape.", right)
    if isinstance(wanted, str):
        learner.not_yet(
            f"response_format is the text {wanted!r}, not the class.", f"{right} Without quotes."
        )
    if isinstance(shape, type) and isinstance(wanted, shape):
        learner.not_yet("response_format is an object, not the class.", f"{right} No parentheses.")
    learner.not_yet(f"response_format is {kind_of(wanted)}.", right)


async def _provider_fails(learner: Learner, function: Any, prompt: str) -> None:
    provider = Provider(learner, fails=True)
    await lets_fail(
        learner, "Errors are raised", provider.runs(function, prompt), "The provider answers 429"
    )
    if len(provider.calls) > 1:
        learner.not_yet(
            f"The provider refuses, and is asked {len(provider.calls)} times: a loop of its own.",
            "Ask once here. The caller of this function decides whether to try again.",
        )


# --- PDFs ---

BUILD = "Write `document.build(story(content, title=…), **pages)` inside of the with block."
BUILD_COVER = (
    "Write `document.build(cover(title, prompt) + story(content, title=title), **pages)` inside of "
    "the with block."
)


def _named_by_text(learner: Learner) -> Any:
    """whole_file, which says it in words where it is given no text."""

    def named(filename: Any, folder: Any = ".") -> Any:
        if not isinstance(filename, str):
            learner.not_yet(
                f"whole_file is given {kind_of(filename)}, not a name.",
                "Give it the file's name, a text.",
            )
        return whole_file(filename, folder)

    return named


async def _full_disk(learner: Learner, copy: Callable[[], Any], *given: Any) -> None:
    """On a full disk the error goes through, and no half file is left."""
    async with away() as room:

        async def on_a_full_disk() -> Any:
            with full_disk(1000):
                return await room.runs(copy(), *given)

        step = "On a full disk it leaves no half file, and says so"
        learner.step(step)
        run = asyncio.ensure_future(on_a_full_disk())
        await asyncio.wait({run})
        if room.files():
            learner.not_yet(
                "The PDF is not written through whole_file: on a full disk half of it is left.",
                "Keep `with whole_file(…) as path:`, and give SimpleDocTemplate `str(path)`.",
            )
        learner.steps.remove(step)
        await lets_fail(learner, step, run, "The disk is full")


def _pdf_failed(learner: Learner, error: Exception, nothing_written: str = BUILD) -> None:
    """What to say of an error in a function that makes a PDF."""
    text = str(error)
    builds = list(learner.calls("build"))
    given = [ast.unparse(a) for call in builds for a in call.args]
    if isinstance(error, ReportFileError) and "Nothing was written" in text:
        if not builds:
            learner.not_yet("document.build is not called: nothing is written.", nothing_written)
        moved = re.search(
            r"\b(path\.(rename|replace)|Path\(path\)\.(rename|replace)"
            r"|(os|shutil)\.(rename|replace|move)\(path|\bmove\(path)\b",
            learner.text,
        )
        if moved:
            learner.not_yet(
                f"`{moved[0].partition('(path')[0] or moved[0]}` moves the draft away; whole_file "
                "renames it by itself when the block ends.",
                "Take that line out.",
            )
        learner.not_yet(
            "When the with block ends, nothing is written yet: build comes too late, or writes to "
            "another file.",
            f"{nothing_written} The document is made with `str(path)`.",
        )
    if isinstance(error, (ReportFileError, FileNotFoundError)) and not list(
        learner.calls("whole_file")
    ):
        learner.not_yet(
            f"The name a/b leads into a folder that is not there ({type(error).__name__}).",
            "Write to the path that `whole_file(filename)` gives.",
        )
    if isinstance(error, FileNotFoundError):
        learner.not_yet(
            "The path of whole_file is used after its block: by then the file has its real name.",
            nothing_written,
        )
    if builds and not given:
        learner.not_yet("document.build is given no story.", nothing_written)
    if any(one in ("content", "str(content)") for one in given):
        learner.not_yet(
            f"document.build is given the text itself ({type(error).__name__}).",
            "It wants paragraphs: `story(content, …)` makes them.",
        )
    if any(one.startswith("[story(") for one in given):
        learner.not_yet(
            "document.build is given a list with a list in it.",
            "story gives a list already: take away the brackets around it.",
        )
    if any(one == "story" for one in given):
        learner.not_yet(
            "document.build is given the function story itself.", "Call it: `story(content, …)`."
        )
    if any(one == "pages" for one in given) or re.search(r"\bpages=", learner.text):
        learner.not_yet(
            f"`pages` is passed as one thing: {type(error).__name__}.",
            "Two stars spread it into its arguments: `**pages`.",
        )
    if "paraparser" in text or "Parse error" in text or "parse ended" in text:
        learner.not_yet(
            "The content was read as markup: a `<b>` in a model's text ends the app.",
            "Make the paragraphs with `story(content, …)`, which takes it as text.",
        )
    raise error


def _one(learner: Learner, written: list[str]) -> None:
    if not written:
        learner.not_yet("No PDF was written.", "Keep the block with whole_file, and build in it.")
    if len(written) > 1:
        learner.not_yet(
            f"{len(written)} files were written: {', '.join(written)}.",
            "Write one, to the path that whole_file gives.",
        )


def _holds(learner: Learner, pages: list[str]) -> None:
    text = "\n".join(pages)
    if "three hearts" not in text:
        learner.not_yet(
            "The content that the function was given is not in the PDF.",
            "Build it from `story(content, …)`: the parameter, without quotes.",
        )
    if "R&D <b>costs" not in text:
        learner.not_yet(
            "A part of the text is lost: `R&D <b>costs` was read as markup.",
            "Make the paragraphs with `story(content, …)`, which takes it as text.",
        )
    if "## Facts" in text:
        learner.not_yet(
            "The Markdown is shown as it is: `## Facts`.",
            "Make the paragraphs with `story(content, …)`.",
        )
    if not all(f"Page {n}" in page for n, page in enumerate(pages, 1)):
        learner.not_yet(
            "The pages have no numbers, or only the first one has.",
            "Pass what `pages` holds, for the first page and later ones: `**pages` in build.",
        )


def _returns_name(learner: Learner, result: Any, written: str, asked: str, how: str) -> None:
    right = f"Write `return {how}` as the last line, behind the with block."
    if result == written:
        return
    if result is None:
        printed_instead(learner, right)
        learner.not_yet("The function returns nothing, and its caller needs the name.", right)
    if result == asked:
        learner.not_yet(
            f"The function returns {asked!r}, and the file is called {written!r}.", right
        )
    if callable(result):
        learner.not_yet(
            "The function returns a function, which is not called: the parentheses are missing.",
            right,
        )
    if str(result).lower() == written.lower():
        learner.not_yet(
            f"The function returns {result!r}, made from the title; the file is called "
            f"{written!r}.",
            right,
        )
    if isinstance(result, Path) or ".part" in str(result):
        learner.not_yet(
            "The function returns a path, the temporary one or another, not the file's name.", right
        )
    if isinstance(result, tuple):
        learner.not_yet(
            f"The function returns a tuple of {len(result)}.", f"One name alone. {right}"
        )
    learner.not_yet(f"The function returns {str(result)[:60]!r}, not {written!r}.", right)


# --- the chain ---

MADE = "the PDF that a check has made.pdf"


class _Chain:
    """Stand-ins for llm_call and create_pdf, and what they were asked for, in order."""

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self.asked: list[Any] = []
        self.within: list[Any] = []
        self.wrote: list[tuple[Any, Any]] = []
        self.order: list[str] = []
        self.provider = Provider(learner, FACTS)

    def copy(self, function: Any, fails: bool = False) -> Any:
        def llm_call(prompt: Any, timeout: float = 20) -> Any:
            if fails:
                raise Provider.refused()
            self.order.append("llm_call")
            self.asked.append(prompt)
            self.within.append(timeout)
            self.whole = answer(FACTS)
            return self.whole

        def create_pdf(content: Any, filename: Any = "research_pdf.pdf") -> str:
            self.order.append("create_pdf")
            self.wrote.append((content, filename))
            return MADE

        return self.provider.copy(function, llm_call=llm_call, create_pdf=create_pdf)

    def asked_once(self) -> None:
        say = self.learner.not_yet
        if not self.asked and self.provider.calls:
            say(
                "completion is called directly, without the limits that llm_call has.",
                "Call your own function: `llm_call(prompt)`.",
            )
        if not self.asked:
            say("The model is not asked: llm_call is not called.", "Write `llm_call(prompt)`.")
        if len(self.asked) > 1:
            say(
                f"The model is asked {len(self.asked)} times, and each answer is paid for.",
                "Call it once, keep its answer in a variable, and use that.",
            )
        if self.asked[0] == "a prompt of the notebook":
            say(
                "The model was asked the notebook's `prompt`, not the one that the function has.",
                "Keep `prompt` as the function's parameter.",
            )
        if self.asked[0] != PROMPT:
            say(
                f"The model was asked {str(self.asked[0])[:60]!r}, not the prompt.",
                "Write `llm_call(prompt)`, without quotes.",
            )
        _within(self.learner, self.within)

    def wrote_once(self, text: str, read: str) -> None:
        say, right = self.learner.not_yet, f"Give it the text: `{read}`."
        if not self.wrote:
            say("create_pdf is not called: the answer is paid, and no PDF is made.", right)
        if self.order[0] != "llm_call":
            say("create_pdf comes before llm_call.", "First ask, then write.")
        if len(self.wrote) > 1:
            say(f"create_pdf is called {len(self.wrote)} times.", "Once is enough.")
        content, filename = self.wrote[0]
        if content == text:
            return
        if content == "octopuses.pdf" and filename == text:
            say("Content and filename are swapped.", "Write `create_pdf(content, filename)`.")
        if content is self.whole:
            say("create_pdf is given the whole answer.", right)
        if content is self.whole.choices[0] or content is self.whole.choices:
            say("create_pdf is given a whole choice, and not its text.", right)
        if content is self.whole.choices[0].message:
            say("create_pdf is given the message, with the content still in it.", right)
        if content == PROMPT:
            say("create_pdf is given the prompt, not what the model said.", right)
        if isinstance(content, str) and text in content:
            say("create_pdf is given more than the text of the answer.", right)
        say(f"create_pdf is given {str(content)[:60]!r}, not the text of the answer.", right)

    def named(self, name: str) -> None:
        filename = self.wrote[0][1]
        if filename == "research_pdf.pdf":
            self.learner.not_yet(
                "The filename is not passed on: every report gets the usual name, and replaces "
                "the one before.",
                "Write `create_pdf(content, filename)`.",
            )
        if filename != name:
            self.learner.not_yet(
                f"create_pdf is given the name {str(filename)[:60]!r}, not the function's.",
                "Write `create_pdf(content, filename)`, without quotes.",
            )

    def returned(self, result: Any) -> None:
        say, right = self.learner.not_yet, "Return what create_pdf gives: `return pdf_name`."
        if result == MADE:
            return
        if result is None:
            printed_instead(self.learner, right)
            say("The function returns nothing.", right)
        if result == "octopuses.pdf":
            say(
                "The function returns the name that it was given; the file may have another.", right
            )
        if result == FACTS:
            say("The function returns the text, not the PDF's name.", right)
        if result is self.whole:
            say("The function returns the model's answer, not the PDF's name.", right)
        if callable(result):
            say("The function returns a function.", f"Call it. {right}")
        say(f"The function returns {str(result)[:60]!r}.", right)


def _within(learner: Learner, timeouts: list[Any]) -> None:
    """What llm_call was given as its second argument is a time."""
    for seconds in timeouts:
        number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
        if not number or not seconds > 0:
            learner.not_yet(
                f"llm_call is given {str(seconds)[:40]!r} as its timeout: not a number of seconds."
                if not number
                else f"llm_call is given a timeout of {seconds} seconds: no answer comes in that.",
                "Give it the prompt alone: `llm_call(prompt)`. Its second parameter is `timeout`.",
            )


async def _chained(learner: Learner, chain: _Chain, room: Any, function: Any) -> Any:
    try:
        return await room.runs(chain.copy(function), PROMPT, "octopuses.pdf")
    except TypeError as error:
        if "create_pdf()" in str(error) or "llm_call()" in str(error):
            text = str(error).rpartition(".")[2]
            learner.not_yet(
                f"A function is not called as it is defined: {text}.",
                "They are `llm_call(prompt)` and `create_pdf(content, filename)`.",
            )
        raise
    except RecursionError:
        learner.not_yet(
            "The function calls itself, again and again.", "Ask the model: `llm_call(prompt)`."
        )
    except NameError as error:
        if -1 < learner.text.find("create_pdf(") < learner.text.find("llm_call("):
            saw, _ = explain(learner, error)
            learner.not_yet(saw, "First ask, then take the text out, then write.")
        raise


# --- the table ---

PAID = {
    "too many requests": 0,
    "no answer in time": 1,
    "key revoked": 0,
    "connection dropped": 0,
    "full disk": 1,
    "process killed": 2,
}
"""What was paid in each failure, as the receipts say."""
WHY = {
    "too many requests": "a 429 is no answer, and is not charged",
    "no answer in time": "you gave up, the provider answered all the same, and charged for it",
    "key revoked": "the provider refused the key before it answered",
    "connection dropped": "the receipt says dropped, and no answer",
    "full disk": "the model had answered before the PDF failed",
    "process killed": "the answer of the first run, and that of the second, for one report",
}
_WORDS = {"zero": 0, "none": 0, "nothing": 0, "no": 0, "one": 1, "once": 1, "two": 2, "twice": 2}
_NO_LOSS = re.compile(
    r"(nothing|none|no|-|–|nil|n/a|0)\W*(at all|lost|really|much)?\W*"
    r"|no (money|loss|costs?|answer)\W*"
    r"|nothing\s*[,;:.(–-](?!.*\b(gone|lost|paid)\b).*\b(still|kept|there|have|variable)\b.*",
    re.IGNORECASE,
)
_OPEN = re.compile(r"\W*(todo|tbd|xxx)\W*", re.IGNORECASE)
_AGAIN = re.compile(
    r"\b(re-?try(ing)?|re-?tries|try(ing)? (it )?again|ask(ing)? again|repeat(ing)?"
    r"|keeps? (on )?(trying|asking|calling)|(try|ask|call) until)\b",
    re.IGNORECASE,
)
_UNLESS = re.compile(
    r"\b(not|no|never|without|don.?t|new|other|right|correct|once|when|then|person|"
    r"until(?!.*\b(works?|succeeds?|passes|answers?|through)\b)|"
    r"after(?! (an? |some |the )?(\w+ )?(pause|while|wait|break|delay|time|bit|minute|second)s?\b"
    r"|\W*\d| waiting)|"
    r"human|someone|somebody|stop|alert|tell|fix\w*|renew\w*|replace\w*)\b",
    re.IGNORECASE,
)


def _row(learner: Learner, name: str, row: Any) -> None:
    if not isinstance(row, (tuple, list)):
        learner.not_yet(
            f"{name!r} is {kind_of(row)}, not three things in parentheses.",
            "Write `(calls paid, what I lost, what I would want)`, as it was given.",
        )
    if len(row) != 3:
        learner.not_yet(
            f"{name!r} has {len(row)} entries, not three.",
            "Write `(calls paid, what I lost, what I would want)`; texts are written in quotes.",
        )
    paid, lost, wanted = row
    count = _count(paid)
    if paid is ... or paid == "":
        learner.not_yet(
            f"{name!r}: the calls paid are still open.",
            "Run its cell again: the receipt says how many were answered.",
        )
    if count is None:
        learner.not_yet(
            f"{name!r}: {paid!r} is not a number of calls.",
            "Count the calls that were answered: 0, 1 or 2. Dollars and tokens are on the receipt.",
        )
    if count != PAID[name]:
        learner.not_yet(
            f"{name!r}: its receipt does not show {count} paid calls.",
            f"Read its receipt once more: {WHY[name]}. What was answered was paid.",
        )
    for what, text in (("what you lost", lost), ("what you would want", wanted)):
        if not isinstance(text, str):
            learner.not_yet(
                f"{name!r}: {what} is {'still open' if text is ... else kind_of(text)}.",
                "Write a few words, in quotes.",
            )
        if not text.strip(" .…?"):
            learner.not_yet(f"{name!r}: {what} is still empty.", "Write a few words of your own.")
        if _OPEN.fullmatch(text) or (text is wanted and not re.search(r"\w", text)):
            learner.not_yet(
                f"{name!r}: {what} is {text!r}, which says nothing.",
                "Write a few words of your own.",
            )
    if PAID[name] and _NO_LOSS.fullmatch(lost.strip()):
        learner.not_yet(
            f"{name!r}: {lost!r} was lost, and {count} was paid: an answer is gone.",
            "Say what was paid and is nowhere: the function that held the answer has ended.",
        )
    if name == "key revoked" and _AGAIN.search(wanted) and not _UNLESS.search(wanted):
        learner.not_yet(
            f"{name!r}: {wanted!r} with the same key gets the same 401, however often you ask.",
            "What would help? Somebody has to do something first.",
        )


def _count(paid: Any) -> int | None:
    """The number that an entry is; None where it is none."""
    if isinstance(paid, bool):
        return None
    if isinstance(paid, (int, float)):
        return int(paid) if paid == int(paid) else None
    said = str(paid).strip().lower()
    first = re.match(r"(\d+)(?![\d.,])|([a-z]+)", said)
    if not first:
        return None
    return int(first[1]) if first[1] else _WORDS.get(first[2])


def _row_words(error: BaseException) -> tuple[str, str] | None:
    if isinstance(error, NameError):
        return f"{type(error).__name__}: {error}.", 'Write words of your own in quotes: `"…"`.'
    return None


# --- the checkpoint ---

SAVED = "Octopuses have three hearts. Ça va: é 🐙"
_LIMIT_CALLS = 8


class _Endless(BaseException):
    """The model was asked too often: the loop has no end."""


class _Saving:
    """saved_call, run on a folder of the check's own, with a model that fails on demand."""

    def __init__(self, learner: Learner, function: Any, room: Any) -> None:
        self.learner, self.function, self.room = learner, function, room
        self.folder: Path = room.folder / "answers"
        self.folder.mkdir()
        self.reset([])

    def reset(self, script: list[BaseException]) -> None:
        """Begin with no calls; the model raises what the script says, then answers."""
        self.script = list(script)
        self.asked: list[Any] = []
        self.pauses: list[float] = []
        self.named: list[Any] = []
        self.within: list[Any] = []
        self.early = False
        self.text = SAVED

    def file_of(self, prompt: Any) -> Path:
        self.named.append(prompt)
        return self.own(prompt)

    async def run(self, prompt: str = PROMPT) -> Any:
        def llm_call(prompt: Any, timeout: float = 20) -> Any:
            self.asked.append(prompt)
            self.within.append(timeout)
            self.early = self.early or self.own(prompt).exists()
            if len(self.asked) > _LIMIT_CALLS:
                raise _Endless
            if self.script:
                raise self.script.pop(0)
            return answer(self.text)

        def sleep(seconds: Any) -> None:
            if float(seconds) < 0:  # as the real one, it refuses what is no time
                raise ValueError("sleep length must be non-negative")
            self.pauses.append(float(seconds))

        instead = {"llm_call": llm_call, "file_of": self.file_of, "answers": self.folder}
        provider = Provider(self.learner)
        copy = provider.copy(self.function, sleep=sleep, **instead)
        try:
            return await self.room.runs(copy, prompt)
        except ModuleNotFoundError as error:
            if said := _retry_words(error):
                self.learner.not_yet(*said)
            raise
        except OSError as error:
            self._no_file(error)
            raise
        except _Endless:
            self.learner.not_yet(
                f"The model is asked again and again: {_LIMIT_CALLS} times, and no end.",
                "Count the attempts: `for attempt in (1, 2, 3):`, and `raise` at the third.",
            )

    def _no_file(self, error: OSError) -> None:
        """What to say of a file that is not there: its name, and nothing of the check's folder."""
        if not isinstance(error, FileNotFoundError) or str(self.folder) not in str(error):
            return
        which = "draft" if ".part" in str(error.filename) else "file"
        if re.search(r"\.exists\b(?!\()", self.learner.text):
            self.learner.not_yet(
                "`file.exists` is a method, which is not called: it counts as true, and the file "
                "that is not there is read (FileNotFoundError).",
                "The parentheses are missing: `if file.exists():`.",
            )
        if re.search(r"\bfile\.(replace|rename)\(draft", self.learner.text):
            self.learner.not_yet(
                "The file is renamed to the draft, and there is no file yet (FileNotFoundError).",
                "The other way round: `draft.replace(file)`.",
            )
        told, do = explain(self.learner, error)
        told = told.replace(f"{self.folder}/", "")
        self.learner.not_yet(f"`{which}` is not there. {told}", do)

    def own(self, prompt: Any) -> Path:
        return self.folder / f"{hashlib.sha256(str(prompt).encode()).hexdigest()[:12]}.txt"

    def _short(self, result: Any) -> str:
        """A result, shortened, and without the check's folder."""
        return str(result).replace(f"{self.folder}/", "")[:50]

    def empty(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()

    async def asks_and_saves(self) -> None:
        say = self.learner.not_yet
        self.learner.step("Where nothing is saved, it asks once and saves the text")
        self.reset([])
        result = await self.run()
        if not self.asked:
            say("Nothing is saved, and the model is not asked.", "Call `llm_call(prompt)`.")
        if self.asked[0] != PROMPT:
            say(
                f"The model is asked {str(self.asked[0])[:50]!r}, not the prompt.",
                "Write `llm_call(prompt)`.",
            )
        _within(self.learner, self.within)
        if len(self.asked) > 1:
            say(
                f"The model answers at once, and is asked {len(self.asked)} times nevertheless.",
                "Leave the loop when there is an answer: `break` behind the call.",
            )
        if self.early:
            say(
                "The file is there before the answer is: a crash now leaves an empty checkpoint.",
                "Save at the end, when `content` is there.",
            )
        if result is None:
            printed_instead(self.learner, "Write `return content` at the end.")
            say("The function returns nothing.", "Write `return content` at the end.")
        if not isinstance(result, str):
            say(
                f"The function returns {kind_of(result)}, not the text of the answer.",
                f"Take the text out: `content = {READ}`.",
            )
        if result != SAVED:
            say(
                f"The function returns {self._short(result)!r}, not the text of the answer.",
                f"`{READ}`.",
            )
        found = sorted(path.name for path in self.folder.iterdir())
        if not found:
            say(
                "The answer is saved nowhere: the next run pays for it again.",
                "Write it to `draft`, and put that in its place: `draft.replace(file)`.",
            )
        if self.own(PROMPT).name in found and len(found) > 1:
            say(
                "The draft is still beside the file: it was not put in its place, the file was "
                "written by itself, and is half for a moment.",
                "Rename the draft: `draft.replace(file)`, and do not write to `file`.",
            )
        if self.own(PROMPT).name not in found:
            say(
                f"The answer is in {found[0]!r}, where nobody looks for it.",
                "Put it in its place: `draft.replace(file)`."
                if "file_of" in self.learner.text
                else "Each prompt has a file of its own: keep `file = file_of(prompt)`.",
            )
        try:
            kept = self.own(PROMPT).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            kept = ""
        if kept != SAVED:
            say(
                f"The file holds {kept[:50]!r}, not the text as it was.",
                'Write the content itself, with encoding="utf-8".',
            )

    async def reads_what_is_saved(self) -> None:
        say = self.learner.not_yet
        self.learner.step("A saved answer is read, and nobody is asked")
        self.reset([])
        other = "a saved answer: 🐙"
        self.own(PROMPT).write_text(other, encoding="utf-8")
        result = await self.run()
        if self.asked and "draft.exists()" in self.learner.text:
            say(
                "It looks for the draft, which is gone when it has become the file.",
                "Look for `file`: `if file.exists(): return file.read_text(…)`.",
            )
        if self.asked:
            say(
                "An answer is saved, and the model is asked nevertheless: it is paid again.",
                "Begin with `if file.exists(): return file.read_text(…)`.",
            )
        if result is None:
            say("The saved answer is read, and not returned.", "`return file.read_text(…)`.")
        if isinstance(result, Path):
            say("The function returns the file, not the text in it.", "`return file.read_text(…)`.")
        if isinstance(result, bytes):
            say("The function returns bytes.", '`return file.read_text(encoding="utf-8")`.')
        if result != other:
            say(
                f"The file holds {other!r}; the function returns {self._short(result)!r}.",
                '`return file.read_text(encoding="utf-8")`.',
            )
        if self.own(PROMPT).read_text(encoding="utf-8") != other:
            say("Reading changes the file.", "Return at once what was read.")
        self.reset([])
        await self.run("another prompt")
        if not self.asked:
            say(
                "Another prompt gets the answer of the first one.",
                "Keep `file = file_of(prompt)`: each prompt has a file of its own.",
            )

    async def tries_again(self) -> None:
        say = self.learner.not_yet
        self.learner.step("What passes by itself is tried again, after a pause")
        for name in PASSES:
            self.empty()
            self.reset([_error(name)])
            try:
                result = await self.run()
            except Exception as error:
                if type(error).__name__ == name:
                    self._caught_otherwise(name)
                    say(
                        f"After one failure ({PASSES[name]}) it gives up at once, and the next "
                        "call would have been answered.",
                        "Catch it: `except (RateLimitError, Timeout, InternalServerError):`.",
                    )
                raise
            if result != SAVED:
                say(
                    f"After a {name} and an answer, the function returns {str(result)[:40]!r}.",
                    "After the pause the loop asks again, and its answer is returned.",
                )
            if not any(pause > 0 for pause in self.pauses):
                if "asyncio.sleep" in self.learner.text:
                    say(
                        "asyncio.sleep pauses only what awaits it; here nothing waits.",
                        "In a plain function write `time.sleep(attempt)`.",
                    )
                say(
                    "There is no pause before the next attempt; the provider is still busy then.",
                    "Write `time.sleep(attempt)` in the `except`.",
                )
            if max(self.pauses) > 60:
                say(f"The pause is {max(self.pauses):g} seconds.", "A second or two will do.")

    def _caught_otherwise(self, name: str) -> None:
        """What the cell catches in place of this error, where that is a known mix-up."""
        right = "Write `except (RateLimitError, Timeout, InternalServerError):`."
        for node in ast.walk(self.learner.tree):
            if not isinstance(node, ast.ExceptHandler) or node.type is None:
                continue
            if isinstance(node.type, ast.BoolOp):
                told = ast.unparse(node.type)
                self.learner.not_yet(
                    f"`{told}` is its first name alone: after {PASSES[name]} it gives up at once.",
                    f"Write several errors in parentheses, with commas. {right}",
                )
            names = [n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)]
            if name == "Timeout" and "TimeoutError" in names:
                self.learner.not_yet(
                    "TimeoutError is Python's own, and LiteLLM raises another: after "
                    f"{PASSES[name]} it gives up at once.",
                    right,
                )

    def _range(self) -> None:
        """A range that counts to another number than 3 attempts, or never is 3."""
        for node in ast.walk(self.learner.tree):
            if not isinstance(node, ast.For) or not isinstance(node.iter, ast.Call):
                continue
            text = ast.unparse(node.iter)
            if not re.fullmatch(r"range\(\d\d?(, \d\d?)?\)", text):
                continue
            counted = list(range(*map(int, re.findall(r"\d+", text))))
            right = "Write `for attempt in (1, 2, 3):`, or `range(1, 4)`."
            if len(counted) < 3 and len(self.asked) == len(counted):
                self.learner.not_yet(
                    f"`{text}` gives up too early: it does not count three attempts.", right
                )
            if len(counted) == 3 and 3 not in counted and "== 3" in self.learner.text:
                self.learner.not_yet(
                    f"`{text}` gives other numbers, never 3: after the third failure nothing is "
                    "raised.",
                    right,
                )

    async def gives_up(self) -> None:
        say = self.learner.not_yet
        self.learner.step("After the third failure the error is raised, and nothing is saved")
        self.empty()
        self.reset([_error("RateLimitError")] * _LIMIT_CALLS)
        raised = None
        try:
            result = await self.run()
        except NotYet:
            raise
        except Exception as error:
            raised = error
        if not isinstance(raised, _kind("RateLimitError")) or len(self.asked) < 3:
            self._range()
        if len(self.asked) != 3 and (raised is None or isinstance(raised, _kind("RateLimitError"))):
            say(
                f"All calls fail, and there are {_times(len(self.asked))}.",
                "Count all attempts, the first one too: `for attempt in (1, 2, 3):`.",
            )
        if raised is None:
            told = "nothing" if result is None else repr(result)[:40]
            say(
                f"Three calls fail, and the function returns {told}, as if nothing had failed.",
                "At the third attempt raise the error again: `if attempt == 3: raise`.",
            )
        if not isinstance(raised, _kind("RateLimitError")):
            saw, _ = explain(self.learner, raised)
            say(
                f"Three calls fail with RateLimitError, and what is raised is another: {saw}",
                "At the third attempt raise the error itself: `if attempt == 3: raise`.",
            )
        if any(path.suffix == ".txt" for path in self.folder.iterdir()):
            say(
                "All calls have failed, and a file is saved: the next run takes it for an answer.",
                "Save behind the loop, when there is an answer.",
            )

    async def stops_at_once(self) -> None:
        say = self.learner.not_yet
        self.learner.step("An error that stays is raised at once")
        for name, why in (
            ("AuthenticationError", "a wrong key stays wrong"),
            ("BadRequestError", "a request that is wrong stays wrong"),
        ):
            self.empty()
            self.reset([_error(name)] * _LIMIT_CALLS)
            raised = None
            try:
                await self.run()
            except NotYet:
                raise
            except Exception as error:
                raised = error
            if len(self.asked) > 1:
                say(
                    f"After an {name} the model is asked again, {len(self.asked)} times: {why}."
                    if name[0] == "A"
                    else f"After a {name} the model is asked again: {why}.",
                    "Catch the three that pass by themselves, and no others: "
                    "`except (RateLimitError, Timeout, InternalServerError):`.",
                )
            if raised is None:
                say(
                    f"{name} is swallowed: nobody learns that {why}.",
                    "Catch the three that pass by themselves, and do not catch any other.",
                )
            if not isinstance(raised, _kind(name)):
                saw, _ = explain(self.learner, raised)
                say(f"{name} becomes another error: {saw}", "Do not catch it.")

    async def saves_whole(self) -> None:
        self.learner.step("The file is saved whole, or not at all")
        self.empty()
        self.reset([])
        self.text = "All of it. " * 2000
        try:
            with full_disk(4096):
                await self.run()
        except OSError:
            pass  # the disk is full: who calls it may know
        if self.own(PROMPT).exists():
            self.learner.not_yet(
                "On a full disk half a file is left under the real name, and the next run takes it "
                "for the answer.",
                "Write to `draft` first, then rename it: `draft.replace(file)`.",
            )


PASSES = {
    "RateLimitError": "too many requests",
    "Timeout": "no answer in time",
    "InternalServerError": "an error of the provider's own",
}
"""LiteLLM's errors that pass by themselves, in words."""


def _retry_words(error: BaseException) -> tuple[str, str] | None:
    if not isinstance(error, ModuleNotFoundError):
        return None
    if error.name not in ("tenacity", "backoff", "retry", "retrying", "stamina"):
        return None
    return (
        f"`{error.name}` is not installed here, and nothing has to be.",
        "Write the loop yourself: `for attempt in (1, 2, 3):`, with `try`, `except` and "
        "`time.sleep(attempt)`.",
    )


def _times(count: int) -> str:
    return "1 of them" if count == 1 else f"{count} of them"


def _kind(name: str) -> Any:
    import litellm.exceptions

    return getattr(litellm.exceptions, name)


def _error(name: str) -> Any:
    return _kind(name)(message="a stand-in fails", llm_provider="check", model="stand-in")


# --- the exercise's own ---

UNFIT = {
    "Octopuses": "it is not JSON",
    '{"answer": "octopuses"}': "the field subject is missing",
    '{"subject": ["octopuses"]}': "subject is a list",
    '{"subject": "x"}': "subject is shorter than 2 characters",
    '{"subject": "octopuses", "facts": 900}': "facts is more than 20",
    "[]": "it is a list",
    "": "it is empty",
}
"""Texts that no Subject fits, and why."""
HOSTILE = "../Giant Squid"


def _checked(learner: Learner, result: Any, shape: Any, text: str, fits: bool = True) -> None:
    """The result is a Subject."""
    if isinstance(result, shape):
        return
    right = "Return a Subject: `Subject.model_validate_json(text)` gives one."
    if not fits:
        right = 'Where it does not fit, return `Subject(subject="Research Report")`.'
    if result is None:
        printed_instead(learner, right)
        learner.not_yet(f"For {text!r} the function returns nothing.", right)
    if result is shape:
        learner.not_yet("The function returns the class Subject itself.", right)
    if isinstance(result, BaseException):
        learner.not_yet(
            f"For {text!r} the function returns the error.",
            "Return a plain Subject in its place, with a subject of your own.",
        )
    learner.not_yet(f"For {text!r} the function returns {kind_of(result)}, not a Subject.", right)


def _asks_again(learner: Learner) -> None:
    learner.not_yet(
        "Where the text does not fit, the model is asked again: a further call is paid each time.",
        'Here do without: `Subject(subject="Research Report")`.',
    )


def _valid(learner: Learner, shape: Any, found: Any, text: str, why: str) -> None:
    """A Subject that was made of an unfit text fits its own class."""
    try:
        shape.model_validate(found.model_dump(warnings=False))
    except Exception:
        learner.not_yet(
            f"{text!r} does not fit ({why}), and a Subject is made of it without a check.",
            "Use `Subject.model_validate_json(text)`, which checks every field.",
        )


def _not_caught(learner: Learner, error: Exception, text: str, why: str) -> None:
    name = type(error).__name__
    if name == "ValidationError" and _in_except(learner, error):
        found = error.errors()[0]  # type: ignore[attr-defined]
        field = ".".join(map(str, found["loc"])) or "the text"
        if field == "facts" and "facts=" in learner.text:
            learner.not_yet(
                f"The plain subject does not fit by itself: facts={found['input']!r}. "
                f"{found['msg']}.",
                'Leave facts out: `Subject(subject="Research Report")`.',
            )
        learner.not_yet(
            f"{text!r} does not fit ({why}), and what `except` makes of it does not either "
            f"({field}).",
            'Take a fixed one there: `Subject(subject="Research Report")`.',
        )
    if name == "ValidationError":
        learner.not_yet(
            f"{text!r} does not fit ({why}): a ValidationError ends the report.",
            'Catch it: `except ValidationError:` and take `Subject(subject="Research Report")`.',
        )
    if name == "JSONDecodeError":
        learner.not_yet(
            f"{text!r} does not fit ({why}): json.loads raises JSONDecodeError.",
            "`Subject.model_validate_json(text)` reads and checks in one, with one error to catch.",
        )
    saw, do = explain(learner, error)
    learner.not_yet(f"For {text!r} ({why}): {saw}", do)


def _in_except(learner: Learner, error: BaseException) -> bool:
    """Whether an error was raised by a line of an `except` of the cell."""
    if type(error.__context__) is type(error):
        return True
    lines = learner.text.split("\n")
    handled = {
        line.strip()
        for node in ast.walk(learner.tree)
        if isinstance(node, ast.ExceptHandler)
        for line in lines[node.lineno - 1 : node.end_lineno]
    }
    return any(frame.line in handled for frame in traceback.extract_tb(error.__traceback__))


class _Named:
    """Stand-ins for what named_report calls, and what they were asked for."""

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self.content: list[Any] = []
        self.within: list[Any] = []
        self.subject: list[Any] = []
        self.read: list[Any] = []
        self.said = json.dumps({"subject": HOSTILE})
        self.provider = Provider(learner, FACTS)

    def copy(self, function: Any) -> Any:
        shape = self.learner.name("Subject")

        def llm_call(prompt: Any, timeout: float = 20) -> Any:
            self.content.append(prompt)
            self.within.append(timeout)
            return answer(FACTS)

        def ask_subject(prompt: Any) -> str:
            self.subject.append(prompt)
            return self.said

        def read_subject(text: Any) -> Any:
            self.read.append(text)
            return shape(subject=HOSTILE)

        return self.provider.copy(
            function,
            said='{"subject": "said before"}',
            whole_file=_named_by_text(self.learner),
            llm_call=llm_call,
            ask_subject=ask_subject,
            read_subject=read_subject,
        )

    def asked(self) -> None:
        say = self.learner.not_yet
        if self.provider.calls:
            say("completion is called directly.", "Use your own llm_call and ask_subject.")
        if not self.content:
            say("The content is not asked for.", "Keep the line with `llm_call(prompt)`.")
        if not self.subject:
            say(
                "Nobody asks for the subject.",
                "Write `read_subject(ask_subject(prompt))`.",
            )
        if len(self.content) > 1 or len(self.subject) > 1:
            say(
                f"The model is asked {len(self.content) + len(self.subject)} times for one report.",
                "Two calls will do: llm_call once, ask_subject once.",
            )
        if self.subject[0] == FACTS:
            say(
                "ask_subject is given the content, many tokens long.",
                "Give it the prompt: `ask_subject(prompt)`.",
            )
        if self.subject[0] != PROMPT or self.content[0] != PROMPT:
            say("A call is made with another text than the prompt.", "`ask_subject(prompt)`.")
        _within(self.learner, self.within)
        if not self.read:
            say(
                "What ask_subject says is used without a check.",
                "Check it: `read_subject(ask_subject(prompt))`.",
            )
        if self.read[0] != self.said:
            say(
                f"read_subject is given {str(self.read[0])[:50]!r}, not what ask_subject said.",
                "Write `read_subject(ask_subject(prompt))`.",
            )

    def file(self, written: list[str]) -> None:
        if "giantsquid" not in re.sub(r"[\W_]", "", written[0].lower()):
            self.learner.not_yet(
                f"The subject is {HOSTILE!r}, and the file is called {written[0]!r}.",
                "Name it after the subject: `name = subject.subject`.",
            )
        if "subject" in written[0]:
            self.learner.not_yet(
                f"The file is called {written[0]!r}: the whole object, printed.",
                "Take its field: `subject.subject`.",
            )

    def _built_twice(self, gone: str) -> None:
        if len(list(self.learner.calls("build"))) > 1:
            self.learner.not_yet(
                f"build is called twice: the second writes the file again, and {gone} is gone.",
                "Build once, from both: `document.build(cover(title, prompt) + story(content, "
                "title=title), **pages)`.",
            )

    def pages(self, pages: list[str]) -> None:
        say = self.learner.not_yet
        first, rest = pages[0], "\n".join(pages[1:])
        if "three hearts" not in first + rest:
            self._built_twice("the text")
            say("The content is not in the PDF.", BUILD_COVER)
        if PROMPT not in first + rest:
            self._built_twice("the cover")
            say("The report has no cover.", BUILD_COVER)
        if "three hearts" in first and PROMPT not in first.partition("Asked for:")[2]:
            if PROMPT in rest.partition("Asked for:")[2]:
                say("The cover is not in front of the text, but behind it.", BUILD_COVER)
            say(
                "The cover says that the content was asked for: prompt and content are swapped.",
                BUILD_COVER,
            )
        if PROMPT not in first or "three hearts" not in rest:
            say("The cover is not in front of the text.", BUILD_COVER)
        if "subject=" in first:
            say("The title is the whole object, printed.", "Take its field: `subject.subject`.")
        if first.lower().rfind("giant squid") > first.find(PROMPT) > -1:
            say(
                "On the cover, the prompt is where the title should be.",
                "The title comes first: `cover(title, prompt)`.",
            )
        if "giant squid" not in first.lower():
            say(
                "The title on the cover is not the subject.",
                "Make it of the subject: `title = subject.subject.capitalize()`.",
            )
        if not all(f"Page {n}" in page for n, page in enumerate(pages, 1)):
            say("The pages have no numbers.", "Pass what `pages` holds: `**pages` in build.")


# --- predictions ---

GAVE_UP = Prediction(
    "gave_up",
    (0, 1, 2),
    right="b",
    why="The provider finished its answer and charged for it.",
)
BEFORE_THE_SAVE = Prediction(
    "before_the_save",
    (2, 1, 3),
    right="a",
    why="The first answer was paid, and not yet on disk when the program was killed.",
)
HIDDEN_RETRIES = Prediction(
    "hidden_retries",
    (0, 1, 3),
    right="c",
    why="The client inside LiteLLM asked twice more, and the provider charged each time.",
)
