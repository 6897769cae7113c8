"""Checks of lesson 02 and its exercise: what each blank is to do, and its hints."""

from __future__ import annotations

import ast
import inspect
import json
import tempfile
import uuid
from base64 import b64encode
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from numbers import Real
from pathlib import Path
from typing import Any, cast

from temporalio.client import WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

from workshop.checks import Learner, blank
from workshop.checks.compare import missing_given
from workshop.checks.predict import Prediction
from workshop.checks.steps import (
    AGAIN,
    Step,
    asks_for,
    builds_worker,
    follows_rule_4,
    is_activity,
    is_workflow,
    kind_of,
    lets_errors_through,
    ran,
    started,
)
from workshop.checks.trial import answered, connect, run_activity
from workshop.toolbox.report import first_page, whole_file
from workshop.watching.follow.workers import outdated, start_again

FACTS = "## Facts\n\nOctopuses have three hearts.\n\nR&D <b>costs"
LESSON_PDF, EXERCISE_PDF = "research_pdf.pdf", "exercise_report.pdf"
SENT = "sent by a stand-in"
REPORT = b"%PDF-1.4 the report of a check"


def answer(text: str) -> Any:
    """An answer as a model gives it: a LiteLLM ModelResponse."""
    from litellm import ModelResponse  # takes seconds, unless the lesson has it already

    return ModelResponse(
        model="stand-in",
        choices=[
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        ],
        usage={"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    )


# --- the lesson ---


@blank(
    "create_pdf_activity",
    hints=(
        "What tells Temporal that `llm_call` is an Activity, and not just a function?",
        "Look at the cell above this one, right over `def llm_call`; or at "
        "https://docs.temporal.io/develop/python/core-application#develop-activities",
        "One line over the function: `@activity.` and then `defn`, short for definition.",
    ),
    means="Temporal can run this function on a Worker, retry it, time it and keep its result.",
)
async def create_pdf_activity(learner: Learner) -> None:
    function = is_activity(learner, "create_pdf_activity", "PDFGenerationInput")
    learner.step("It writes a PDF")
    with tempfile.TemporaryDirectory() as folder:
        copy = learner.copy(function, whole_file=partial(whole_file, folder=folder))
        given = learner.name("PDFGenerationInput")(content=FACTS, filename="a/b")
        result = await run_activity(copy, given)
        written = list(Path(folder).glob("*.pdf"))
        if not written:
            learner.not_yet("No PDF was written.", "Keep the block with whole_file and build.")
        first_page(written[0])
        learner.step("It returns the file's name")
        if result is None:
            learner.not_yet(
                "The Activity returns nothing.", "Keep `return safe_name(input.filename)`."
            )
        if result != written[0].name:
            learner.not_yet(
                f"The file is called {written[0].name!r}, the Activity says {result!r}.",
                "Return `safe_name(input.filename)`.",
            )
        if learner.swallows:
            full = learner.copy(function, whole_file=_full_disk)
            await lets_errors_through(learner, run_activity(full, given), "The disk is full")


@blank(
    "generatereportworkflow",
    hints=(
        "How does Temporal know which method to run first? And how does the first step ask for "
        "its Activity?",
        "The call of llm_call, a few lines up, is the pattern. Rule 2, above, names the "
        "decorator. See https://docs.temporal.io/develop/python/core-application",
        "`@workflow.run` over `async def run`; then create_pdf_activity, "
        "PDFGenerationInput(content=content) and start_to_close_timeout=timedelta(seconds=10).",
    ),
    means="The Event History shows both Activities in order, with your input and your timeout.",
)
async def generatereportworkflow(learner: Learner) -> None:
    kind = is_workflow(learner, "GenerateReportWorkflow")
    follows_rule_4(learner)
    trial = await asks_for(
        learner,
        kind,
        learner.name("GenerateReportInput")(prompt="three facts about octopuses"),
        [
            Step(
                "llm_call",
                None,
                {"prompt": "three facts about octopuses"},
                "LLMCallInput(prompt=input.prompt)",
            ),
            Step(
                "create_pdf_activity", 10, {"content": FACTS}, "PDFGenerationInput(content=content)"
            ),
        ],
        {"llm_call": lambda *_: answer(FACTS), "create_pdf_activity": _written},
        _origins("three facts about octopuses"),
    )
    _result_names(learner, trial.result, LESSON_PDF)


@blank(
    "worker",
    hints=(
        "Which queue will the Client put its Workflow on, and which functions will that Workflow "
        "ask for?",
        "The text above names the Task Queue. The Activities are the two that the Workflow calls; "
        "https://docs.temporal.io/develop/python/core-application#run-a-dev-worker shows a Worker.",
        '`task_queue="research"`, and `activities=[llm_call, create_pdf_activity]`.',
    ),
    means="This Worker polls the right queue and knows the Workflow and both of its Activities.",
)
async def worker(learner: Learner) -> None:
    await builds_worker(
        learner,
        "run_worker",
        task_queue="research",
        workflows=["GenerateReportWorkflow"],
        activities=["llm_call", "create_pdf_activity"],
    )


@blank(
    "client",
    hints=(
        "What does the Temporal Service have to know so that a Worker can take the work?",
        "The Worker cell says which Workflow and which Task Queue; "
        "https://docs.temporal.io/develop/python/temporal-client#start-workflow-execution",
        '`GenerateReportWorkflow.run` and `task_queue="research"`.',
    ),
    means="The Temporal Service has the Workflow, on the Task Queue that your Worker polls.",
)
async def client(learner: Learner) -> None:
    await started(
        learner,
        "handle",
        workflow="GenerateReportWorkflow",
        task_queue="research",
        input={"prompt": str},
        wording="GenerateReportInput(prompt=…)",
    )


@blank(
    "web_ui_hunt",
    hints=(
        "Where does the Web UI show what a step was given, and what it gave back?",
        "Open the Workflow by the link over the steps. The summary on top has the Task Queue; a "
        "click on an event opens its input, result or timeouts. The newest event is listed first.",
        "Task Queue: as in your Worker. Activities: the names of the two functions. Fields: as in "
        "the dataclasses LLMCallInput and GenerateReportOutput. The output is a file name.",
    ),
    means="These facts are in the Event History, and your code can read them too.",
)
async def web_ui_hunt(learner: Learner) -> None:
    ran(learner, _without_quotes)
    learner.step("found is a dict with seven entries")
    found = learner.name("found")
    if not isinstance(found, dict):
        learner.not_yet(f"`found` is {kind_of(found)}.", "Keep `found = {…}` as it was given.")
    truth = await _truth(learner)
    for name in truth:
        if name not in found:
            learner.not_yet(f"The entry {name!r} is missing.", "Keep the names as they were given.")
    for name, right in truth.items():
        learner.step(f"{name} is found")
        if callable(found[name]):
            learner.not_yet(
                f"{name!r} is {kind_of(found[name])} itself, not its name.",
                "Write the name as a text, in quotes.",
            )
        if isinstance(found[name], (list, tuple, set, dict)):
            learner.not_yet(
                f"{name!r} is {kind_of(found[name])}, not a text.", "Write the text alone."
            )
        said = str(found[name]).strip().strip("\"'")
        if isinstance(found[name], timedelta):
            said = f"{found[name].total_seconds():g}"
        if not said or found[name] is ...:
            learner.not_yet(f"{name!r} is still empty.", WHERE[name])
        if said == right or (name == "its timeout" and _seconds(said) == float(right)):
            continue
        other = next((key for key, value in truth.items() if said == value), "")
        if other:
            learner.not_yet(f"{name!r}: {said!r} is {_the(other)}.", WHERE[name])
        if said.lower().replace(" ", "_") == right.lower():
            learner.not_yet(f"{name!r}: {said!r} is nearly it.", "Write it exactly as it is shown.")
        learner.not_yet(f"{name!r} is not {said!r}.", WHERE[name])


_EVENT = "Look at the event Activity Task {} with the {} number: its {}."
WHERE = {
    "Task Queue": "Look at the summary on top of the Workflow's page, under Task Queue.",
    "first Activity": _EVENT.format("Scheduled", "lower", "Activity Type"),
    "field of its input": _EVENT.format("Scheduled", "lower", "Input, the name before the colon"),
    "second Activity": _EVENT.format("Scheduled", "higher", "Activity Type"),
    "its output": _EVENT.format("Completed", "higher", "Result, a file name"),
    "its timeout": _EVENT.format("Scheduled", "higher", "Start To Close Timeout, in seconds"),
    "field of the result": "Look at the Workflow's own Result, on top: the name before the colon.",
}


@blank(
    "generate_summary",
    hints=(
        "Which line makes the Activity fail each time?",
        "The TODO is on that line. Write nothing instead of it.",
        "The function's body is one line: `return ask_model(input.prompt)`.",
    ),
    means="The Activity answers, and an error of the model still reaches Temporal, which retries.",
)
async def generate_summary(learner: Learner) -> None:
    function = is_activity(learner, "generate_summary", "LLMCallInput")
    given = learner.name("LLMCallInput")(prompt="Sum this up")
    learner.step("It raises nothing while the service works")
    asked: list[Any] = []
    bare: list[bool] = []

    def well(*values: Any, **named: Any) -> Any:
        # As the real one would, refuse what it cannot take.
        bound = inspect.signature(learner.name("ask_model")).bind(*values, **named)
        asked.append(next(iter(bound.arguments.values()), None))
        return answer("A summary.")

    def called(*_: Any, **named: Any) -> Any:
        asked.append(None)
        bare.append("api_base" not in named)
        return answer("A summary.")

    def broken(*_: Any, **__: Any) -> Any:
        raise ApplicationError("the stand-in is down")

    result = await _mended(learner, function, given, ask_model=well, completion=called)
    learner.step("It returns what the model said")
    right = "Return what the model says: `return ask_model(input.prompt)`."
    _no_error(learner, result, "`return ask_model(input.prompt)`")
    if result is None and learner.swallows:
        learner.not_yet(
            "The exception is swallowed and the Activity returns nothing: to Temporal a success.",
            "Take `try`, `raise` and `except` out; then `return ask_model(input.prompt)`.",
        )
    if result is None and not asked:
        learner.not_yet("The model is not asked, and the Activity returns None.", right)
    if callable(result):
        learner.not_yet(
            f"The Activity returns the function {getattr(result, '__name__', '')} itself.",
            "Call it: `return ask_model(input.prompt)`, with the parentheses.",
        )
    if not asked and result == given.prompt:
        learner.not_yet("The Activity returns the prompt; the model was not asked.", right)
    if not asked:
        learner.not_yet("The model was not asked; the Activity makes up its answer.", right)
    if len(asked) > 1:
        learner.not_yet(
            f"The model is asked {len(asked)} times, and each answer is paid for.",
            "Ask once: `return ask_model(input.prompt)`.",
        )
    if any(bare):
        learner.not_yet(
            "`completion(…)` is called without the key and the address of the settings.",
            "`ask_model` has them: write `return ask_model(input.prompt)`.",
        )
    if getattr(function, "__annotations__", {}).get("return") in (str, "str"):
        learner.not_yet(
            "The function says `-> str`, and its answer is a ModelResponse.",
            "Write `-> ModelResponse`, as it was given: Temporal reads the answer by that type.",
        )
    if asked[0] is not None and asked[0] != "Sum this up":
        learner.not_yet(
            f"The model was asked {str(asked[0])[:60]!r}, not what the input says.",
            "Ask with the prompt: `ask_model(input.prompt)`.",
        )
    if result is None:
        learner.not_yet("The Activity returns nothing.", "Write `return ask_model(input.prompt)`.")
    if not _reads_as_an_answer(result):
        learner.not_yet(
            f"The Activity returns {type(result).__name__}, and the Workflow reads "
            '`summary["choices"]`.',
            "Return the whole answer: `return ask_model(input.prompt)`.",
        )
    copy = learner.copy(function, ask_model=broken, completion=broken)
    await lets_errors_through(learner, run_activity(copy, given), "The model fails")


@blank(
    "retry_policy",
    hints=(
        "How long is the first wait, and by what is it multiplied to get the second?",
        "The text above says what each field means; see also "
        "https://docs.temporal.io/encyclopedia/retry-policies",
        "initial_interval is a timedelta of 2 seconds; 2 times backoff_coefficient is 6; "
        "maximum_attempts counts the first attempt too.",
    ),
    means="Three attempts, 2 s and then 6 s apart: you can read a policy as a schedule of waits.",
)
async def retry_policy(learner: Learner) -> None:
    ran(learner)
    learner.step("retry_policy is a RetryPolicy")
    policy = learner.name("retry_policy")
    if isinstance(policy, tuple) and len(policy) == 1:
        learner.not_yet(
            "`retry_policy` is a tuple: there is a comma after the last parenthesis.",
            "Take that comma away.",
        )
    if not isinstance(policy, RetryPolicy):
        learner.not_yet(
            f"`retry_policy` is {kind_of(policy)}.", "Keep `retry_policy = RetryPolicy(…)`."
        )
    if isinstance(policy.maximum_interval, int):
        learner.not_yet(
            f"maximum_interval is {policy.maximum_interval}: the third place is that one.",
            "Name each thing: `maximum_attempts=3`.",
        )
    for field in ("initial_interval", "maximum_interval"):
        value = getattr(policy, field)
        if value is not None and not isinstance(value, timedelta):
            learner.not_yet(
                f"{field} is {value!r}: {kind_of(value)} without a unit.",
                f"Write `{field}=timedelta(seconds=…)`.",
            )
    for field in ("backoff_coefficient", "maximum_attempts"):
        value = getattr(policy, field)
        if not isinstance(value, Real) or isinstance(value, bool):
            learner.not_yet(
                f"{field} is {value!r}, not a number.", f"Write `{field}=` and a bare number."
            )
    first = policy.initial_interval.total_seconds()
    longest = policy.maximum_interval.total_seconds() if policy.maximum_interval else 100 * first
    second = min(first * policy.backoff_coefficient, longest)
    learner.step("It tries 3 times")
    attempts = policy.maximum_attempts
    if attempts == 0:
        learner.not_yet("maximum_attempts is 0: it would try without end.", "Three in all: 3.")
    if attempts != 3:
        learner.not_yet(
            f"maximum_attempts is {attempts}: {attempts} attempts, the first one included.",
            "Three in all: `maximum_attempts=3`.",
        )
    learner.step("It waits 2 s first")
    if first != 2:
        learner.not_yet(
            f"The first wait is {first:g} s.{' Minutes?' if first == 120 else ''}",
            "Write `initial_interval=timedelta(seconds=2)`.",
        )
    learner.step("Then it waits 6 s")
    if second != 6:
        if policy.backoff_coefficient != 3 or longest >= 6:
            learner.not_yet(
                f"With backoff_coefficient={policy.backoff_coefficient:g} the second wait is "
                f"{second:g} s.",
                "6 is how many times 2? Write that as backoff_coefficient.",
            )
        learner.not_yet(
            f"maximum_interval cuts the second wait to {second:g} s.", "Leave maximum_interval out."
        )


# --- the exercise ---


@blank(
    "send_email_activity",
    hints=(
        "What is missing that `create_pdf_activity` has?",
        "The first Activities are a few cells above; compare the line over their `def`.",
        "`@activity.defn` on the line above `def send_email`. The error stays for now.",
    ),
    means="A Worker can run it. When it fails, the Temporal Service has it tried again.",
)
async def send_email_activity(learner: Learner) -> None:
    function = is_activity(learner, "send_email", "EmailInput")
    learner.step("It raises an error, as the mail service does today")
    given = learner.name("EmailInput")(to="reader@example.com", attachment="report.pdf")
    try:
        result = await run_activity(learner.copy(function), given)
    except ApplicationError as error:
        if error.non_retryable:
            learner.not_yet(
                "The error is marked non_retryable, so Temporal gives up at once.",
                "Leave `raise ApplicationError(…)` as it was given.",
            )
        return
    except NameError:
        raise
    except Exception as error:
        if "must derive from BaseException" in str(error):
            learner.not_yet(
                f"It raises a text, and Python answers {type(error).__name__}: {error}.",
                'Write `raise ApplicationError("…")`, as it was given.',
            )
        if "No active exception" in str(error):
            learner.not_yet(
                "A bare `raise` has nothing to raise.",
                'Write `raise ApplicationError("…")`, as it was given.',
            )
        return
    if gone := _unreachable_raise(learner):
        learner.not_yet(
            f"`{gone}` is above the `raise`, which is never reached.",
            "Take the `return` out: for now the Activity only fails.",
        )
    if learner.swallows:
        learner.not_yet(
            "The error is raised, and an `except` swallows it: to Temporal that is a success.",
            "Take the `try` and `except` out, and leave the `raise` alone in the function.",
        )
    if isinstance(result, BaseException):
        learner.not_yet(
            "The error is returned: `return` instead of `raise`. To Temporal that is a success.",
            "Write `raise ApplicationError(…)`, as it was given.",
        )
    learner.not_yet(
        "send_email raises nothing.",
        "Leave the error in for now: first watch Temporal retry. Task 5 takes it out.",
    )


@blank(
    "emailreportworkflow",
    hints=(
        "Which Activity is missing, what does it have to know, and how long may it take?",
        "The call of create_pdf_activity above it is the pattern; the input of a letter has two "
        "fields.",
        '`send_email`, `EmailInput(to="reader@example.com", attachment=pdf_filename)`, '
        "`start_to_close_timeout=timedelta(seconds=20)`; and `@workflow.run` over `async def run`.",
    ),
    means="Three Activities in the Event History, each with its own input and timeout.",
)
async def emailreportworkflow(learner: Learner) -> None:
    kind = is_workflow(learner, "GenerateReportWorkflow")
    follows_rule_4(learner)
    prompt = "three facts about octopuses"
    wording = 'EmailInput(to="reader@example.com", attachment=pdf_filename)'
    trial = await asks_for(
        learner,
        kind,
        learner.name("GenerateReportInput")(prompt=prompt),
        [
            Step("llm_call", None, {"prompt": prompt}, "LLMCallInput(prompt=input.prompt)"),
            Step("create_pdf_activity", 10, {"content": FACTS}, "PDFGenerationInput(content=…)"),
            Step(
                "send_email",
                20,
                {"to": "reader@example.com", "attachment": EXERCISE_PDF},
                wording,
                5,
            ),
        ],
        {
            "llm_call": lambda *_: answer(FACTS),
            "create_pdf_activity": _written,
            "send_email": lambda *_: SENT,
        },
        _origins(prompt),
    )
    _result_names(learner, trial.result, SENT)


@blank(
    "email_worker",
    hints=(
        "This exercise has a Task Queue of its own. What is it called, and which steps are there?",
        "The text of the task names the queue; the Workflow above asks for three Activities.",
        '`task_queue="research-exercise"`, '
        "`activities=[llm_call, create_pdf_activity, send_email]`.",
    ),
    means="This Worker polls the exercise's own queue and knows all three Activities.",
)
async def email_worker(learner: Learner) -> None:
    await builds_worker(
        learner,
        "run_worker",
        task_queue="research-exercise",
        workflows=["GenerateReportWorkflow"],
        activities=["llm_call", "create_pdf_activity", "send_email"],
    )


@blank(
    "email_client",
    hints=(
        "What is started, and what must take it?",
        "The Worker of task 3 has both names.",
        '`GenerateReportWorkflow.run` and `task_queue="research-exercise"`.',
    ),
    means="The Workflow has started, on the queue that your Worker polls.",
)
async def email_client(learner: Learner) -> None:
    await started(
        learner,
        "handle",
        workflow="GenerateReportWorkflow",
        task_queue="research-exercise",
        input={"prompt": str},
        wording="GenerateReportInput(prompt=…)",
    )


@blank(
    "send_email",
    hints=(
        "Which line is between the Activity and its work?",
        "The TODO is on that line. The rest of the function is finished.",
        "Remove the line that begins with `raise`; change nothing else.",
    ),
    means="The report is delivered, and the same report sent twice is still one letter.",
)
async def send_email(learner: Learner) -> None:
    function = is_activity(learner, "send_email", "EmailInput")
    learner.step("It raises nothing, now that the mail service is back")
    with tempfile.TemporaryDirectory() as folder, Letters() as letters:
        report = Path(folder) / "report.pdf"
        report.write_bytes(REPORT)
        given = learner.name("EmailInput")(to="reader@example.com", attachment=str(report))
        result = await _mended(learner, function, given, workflow_id=letters.name)
        _no_error(learner, result, "keep the lines below it: they deliver")
        learner.step("It delivers one letter with the report")
        if not letters():
            learner.not_yet(
                "No letter arrived in the folder outbox.",
                "Keep the lines below the one that you take out: they deliver.",
            )
        if not _holds_report(letters()[0]):
            attached = [part.get_content() for part in letters()[0].iter_attachments()]
            learner.not_yet(
                "The letter holds another file than the input names."
                if any(attached)
                else "The letter holds no report, or an empty one.",
                "Attach the file that the input names: `Path(input.attachment)`, and "
                "`message.add_attachment(…)` as it was given.",
            )
        to = str(letters()[0]["To"])
        if to != given.to:
            learner.not_yet(
                f"The letter went to {to}, not to the address of the input.",
                'Keep `message["To"] = input.to`.',
            )
        learner.step("It says what it did")
        if not isinstance(result, str) or not result:
            learner.not_yet(
                f"The Activity returns {kind_of(result)}.",
                'Return a text, as its last line was given: `return f"Sent …"`.',
            )
        learner.step("Sent twice, it is still one letter")
        copy = learner.copy(function)
        await run_activity(copy, given, workflow_id=letters.name, attempt=2)
        if len(letters()) > 1:
            learner.not_yet(
                "A second attempt made a second letter.",
                "Name the file after `activity.info().workflow_id` alone, as it was given: then it "
                "replaces the first.",
            )
        if any(path.read_bytes().count(b64encode(REPORT)) > 1 for path in letters.paths()):
            learner.not_yet(
                "A second attempt is added to the same file: two letters in one.",
                "Write the whole file again each time, as `write_bytes` does.",
            )
        learner.step("Another report is another letter")
        await run_activity(copy, given, workflow_id=f"{letters.name}-other")
        if len(letters()) < 2:
            learner.not_yet(
                "The letter of another Workflow replaces this one: both files have one name.",
                "Name the file after `activity.info().workflow_id`, as it was given.",
            )
        report.unlink()
        await lets_errors_through(learner, run_activity(copy, given), "The report is missing")


class Letters:
    """The letters of this check in the learner's outbox, which is left as it was."""

    def __init__(self) -> None:
        self.name = f"check-{uuid.uuid4()}"
        """The Workflow id under which they are sent."""
        self.outbox = Path("outbox")
        self.before = set(self.outbox.glob("*")) if self.outbox.is_dir() else None

    def __enter__(self) -> Letters:
        return self

    def __call__(self) -> list[EmailMessage]:
        return [letter for _, letter in self._ours()]

    def paths(self) -> list[Path]:
        return [path for path, _ in self._ours()]

    def _ours(self) -> list[tuple[Path, EmailMessage]]:
        found = []
        for path in sorted(set(self.outbox.glob("*")) - (self.before or set())):
            letter = cast(EmailMessage, message_from_bytes(path.read_bytes(), policy=default))
            # The learner's own Worker may deliver meanwhile: that one is not ours.
            if self.name in path.name or _holds_report(letter):
                found.append((path, letter))
        return found

    def __exit__(self, *_: object) -> None:
        for path, _letter in self._ours():
            path.unlink(missing_ok=True)
        if self.before is None and self.outbox.is_dir() and not any(self.outbox.iterdir()):
            self.outbox.rmdir()


def _holds_report(letter: EmailMessage) -> bool:
    return REPORT in [part.get_content() for part in letter.iter_attachments()]


# --- what several of them need ---


def _unreachable_raise(learner: Learner) -> str:
    """A `return` of a function that stands above its `raise`."""
    for function in ast.walk(learner.tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            kinds = [type(statement) for statement in function.body]
            if ast.Return in kinds and ast.Raise in kinds[kinds.index(ast.Return) :]:
                return ast.unparse(function.body[kinds.index(ast.Return)])
    return ""


def _without_quotes(error: BaseException) -> tuple[str, str] | None:
    if not isinstance(error, NameError):
        return None
    name = str(error).split("'")[1] if "'" in str(error) else "it"
    return f"{type(error).__name__}: {error}.", f'What you found is a text, in quotes: `"{name}"`.'


def _written(input: Any = None, *_: Any) -> str:
    """A stand-in that says which PDF it would write."""
    return str(input.get("filename", LESSON_PDF)) if isinstance(input, dict) else LESSON_PDF


def _full_disk(*_: Any, **__: Any) -> Any:
    raise OSError("No space left on device")


def _reads_as_an_answer(result: Any) -> bool:
    try:
        return isinstance(result["choices"][0]["message"]["content"], str)
    except (TypeError, LookupError):
        return False


async def _mended(
    learner: Learner, function: Any, given: Any, workflow_id: str = "check", **instead: Any
) -> Any:
    """Run an Activity that is said to be mended; the check ends where it still raises."""
    try:
        copy = learner.copy(function, **instead)
        return await run_activity(copy, given, workflow_id=workflow_id)
    except ConnectionError as error:
        learner.not_yet(
            f"There is no mail server here ({type(error).__name__}).",
            "Deliver into the folder outbox, as it was given; no smtplib is needed.",
        )
    except ApplicationError as error:
        gone = missing_given(learner)
        learner.not_yet(
            f"It still raises: {error.message}",
            f"Take the line with `raise` out, put `{gone[0]}` back, and {AGAIN}."
            if gone
            else f"Take the line with `raise` out, and {AGAIN}.",
        )


def _no_error(learner: Learner, result: Any, instead: str) -> None:
    if isinstance(result, BaseException):
        learner.not_yet(
            f"The Activity returns an error ({type(result).__name__}) instead of raising it: to "
            "Temporal that is a success.",
            f"The service is back: take the error out altogether, and {instead}.",
        )


def _origins(prompt: str) -> dict[str, Any]:
    """Wrong places that people take the content from."""
    whole = json.loads(answer(FACTS).model_dump_json())
    choice = whole["choices"][0]
    return {
        "the prompt, not what the model said": prompt,
        "the model's whole answer": whole,
        "one choice of the answer, with the message still in it": choice,
        "the message, with the content still in it": choice["message"],
        "the facts, not the name of the PDF": FACTS,
        "the name of the PDF": EXERCISE_PDF,
    }


def _result_names(learner: Learner, result: Any, text: str) -> None:
    learner.step("The result says what was made")
    said = result.get("result") if isinstance(result, dict) else None
    if said is None:
        learner.not_yet(
            "The Workflow returns nothing." if result is None else f"The result is {result!r}.",
            "Keep `return GenerateReportOutput(result=…)`.",
        )
    if text not in str(said):
        learner.not_yet(
            f"The result is {str(said)[:80]!r}; what the last Activity gave is not in it.",
            "Await the Activity and put what it returns into the result.",
        )


async def _truth(learner: Learner) -> dict[str, str]:
    """What the Event History of the learner's Workflow says."""
    handle = learner.name("handle")
    wrong = "`handle` is not the report that you looked at."
    do = "Run the Client cell and the one with follow again, then this one."
    # A Workflow that an old Worker runs has other steps than its cell says.
    do = f"{start_again(outdated())} {do}".strip()
    if not isinstance(handle, WorkflowHandle):
        learner.not_attempted(wrong, do)
    asked = (await connect()).get_workflow_handle(handle.id, run_id=handle.result_run_id)
    history = await answered(asked.fetch_history())
    events = [getattr(e, e.WhichOneof("attributes")) for e in history.events]
    kinds = [type(e).__name__.removesuffix("EventAttributes") for e in events]
    scheduled = [e for e, k in zip(events, kinds, strict=True) if k == "ActivityTaskScheduled"]
    ended = [e for e, k in zip(events, kinds, strict=True) if k == "ActivityTaskCompleted"]
    if kinds[-1] != "WorkflowExecutionCompleted" or len(scheduled) != 2 or len(ended) != 2:
        learner.not_attempted(f"{wrong} It has not completed, or has other steps.", do)
    first, second = scheduled

    def field(payloads: Any) -> str:
        return str(next(iter(json.loads(payloads.payloads[0].data))))

    return {
        "Task Queue": events[0].task_queue.name,
        "first Activity": first.activity_type.name,
        "field of its input": field(first.input),
        "second Activity": second.activity_type.name,
        "its output": str(json.loads(ended[1].result.payloads[0].data)),
        "its timeout": str(second.start_to_close_timeout.seconds),
        "field of the result": field(events[-1].result),
    }


def _the(name: str) -> str:
    return f"the {name}" if not name.startswith(("its", "field")) else f"what belongs to {name!r}"


def _seconds(said: str) -> float:
    try:
        return float(said.lower().removesuffix("econds").removesuffix("ec").rstrip("s").strip())
    except ValueError:
        return -1.0


# --- predictions ---

TWO_CLICKS = Prediction(
    "two_clicks",
    (3, 2, 1),
    right="c",
    why="All three clicks have one id: the second joined the first, and the third was refused.",
)
ANOTHER_PROMPT = Prediction(
    "another_prompt",
    (
        ["ForgetfulWorkflow"],
        ["OtherReportWorkflow", "ForgetfulWorkflow"],
        ["OtherReportWorkflow"],
    ),
    right="a",
    why="A replay compares which steps come, and in which order, not what is in them.",
)
DURING_THE_CALL = Prediction(
    "during_the_call",
    (1, 2, 3),
    right="b",
    why="The step had not completed, so it ran again, and both answers were charged.",
)
