"""What the checks of lesson 05 and its exercise try, and their hints."""

from __future__ import annotations

import ast
import asyncio
import builtins
import difflib
import re
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from numbers import Real
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from workshop.checks import Learner, blank
from workshop.checks import calls as providers
from workshop.checks.learner import last_name
from workshop.checks.predict import Prediction
from workshop.checks.steps import follows_rule_4, is_activity, is_workflow, kind_of, ran
from workshop.checks.trial import Trial, answered, connect, replays, run_workflow
from workshop.checks.words import explain_text

from .pipelines import (
    Archive,
    Child,
    Database,
    HereToo,
    Raising,
    Retries,
    at_work,
    attempt_of,
    children,
    database,
)

TOPIC, URL, TEXT = "octopuses", "http://127.0.0.1:9/pages/octopuses", "They have three hearts."
FINAL = {
    "AuthenticationError": "a wrong key",
    "BadRequestError": "a request that makes no sense",
    "ContentPolicyViolationError": "a question that the provider does not answer",
    "ContextWindowExceededError": "a prompt that is too long",
    "NotFoundError": "a model that does not exist",
    "PermissionDeniedError": "a key that may not do that",
    "UnprocessableEntityError": "a value that cannot be used",
}
"""LiteLLM's errors that no waiting cures."""
PASSING = {
    "InternalServerError": "trouble at the provider",
    "RateLimitError": "too many requests",
    "ServiceUnavailableError": "a provider that is too busy",
    "Timeout": "an answer that does not come in time",
}
"""And those that pass."""


def _short(thing: Any) -> str:
    text = repr(thing)
    return text if len(text) <= 70 else f"{text[:66]}…"


def _value_of(learner: Learner, name: str) -> str:
    """How the cell writes what a name is; empty where it does not set it."""
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.Assign) and name in map(ast.unparse, node.targets):
            return ast.unparse(node.value)
    return ""


def _blocks(learner: Learner, name: str, why: str) -> None:
    """An `async def` that never awaits holds up its Worker."""
    learner.step(f"{name} does not hold up its Worker")
    node = next((n for n in ast.walk(learner.tree) if getattr(n, "name", "") == name), None)
    if not isinstance(node, ast.AsyncFunctionDef):
        return
    if not any(isinstance(part, ast.Await) for part in ast.walk(node)):
        learner.not_yet(
            f"`{name}` is an `async def` and awaits nothing: {why}, and meanwhile the whole "
            "Worker does nothing else.",
            f"Write `def {name}(…)`, as it was given: then it runs in a thread of its own.",
        )


# --- a row, once ---

KEY = '`key = f"{info.workflow_id}/{info.activity_type}"`'
DO_NOTHING = 'row.on_conflict_do_nothing(index_elements=["key"])'


@blank(
    "idempotent_save",
    hints=(
        "What does a second attempt of the same step have in common with the first, and what not?",
        "`info.workflow_id` and `info.activity_type` are the same at each attempt. For the insert "
        "see https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#insert-on-conflict-upsert",
        'The key: f"{info.workflow_id}/{info.activity_type}". Execute '
        'row.on_conflict_do_nothing(index_elements=["key"]).',
    ),
    means="However often this step runs, its row is there once.",
)
async def idempotent_save(learner: Learner) -> None:
    function = is_activity(learner, "save_result", "SaveInput")
    given = learner.name("SaveInput")(topic=TOPIC, source_url=URL, summary=TEXT)
    with database(learner) as room:
        copy = learner.copy(function, engine=room.engine)
        first = await _first_row(learner, copy, given, room)
        key = room.rows[0]["key"]
        learner.step("A second attempt finds it there, and changes nothing")
        # On another Worker, which knows nothing of what the first one had in its memory.
        other = learner.copy(function, engine=room.engine)
        try:
            second = await _save(other, given, attempt=2)
        except UnboundLocalError as error:
            if not learner.swallows:
                raise
            name = str(error).split("'")[1]
            learner.not_yet(
                "The second attempt's insert fails, as the key is there already. The `except` "
                f"swallows that, and `{name}` is never set.",
                f"Without `try` and `except`: `done = connection.execute({DO_NOTHING})`.",
            )
        except IntegrityError:
            _not_kept(learner)
            memory = any(any(learner.calls(word)) for word in ("globals", "add", "append"))
            told = " What the first Worker process had in its memory, the second does not know."
            learner.not_yet(
                "The second attempt fails: the database has that key already, and refuses. "
                f"Temporal would try again, and it would fail again.{told if memory else ''}",
                f"Say what to do then: `connection.execute({DO_NOTHING})`.",
            )
        if len(room.rows) > 1:
            other = next(row["key"] for row in room.rows if row["key"] != key)
            learner.not_yet(
                f"After the second attempt there are two rows, with the keys {_short(key)} and "
                f"{_short(other)}.{_why_another(learner)}",
                f"Make the key of what stays the same: {KEY}.",
            )
        learner.step("It says whether the row is new")
        for attempt, saved, new in ((1, first, True), (2, second, False)):
            _is_saved(learner, saved, key, new, attempt)
        await _other_rows(learner, copy, given, room, key)
    if any(learner.calls("hash")):
        learner.not_yet(
            "`hash` of a text is another number in each process, so the next Worker makes another "
            "key.",
            f"Take what stays the same: {KEY}.",
        )
    learner.step("It is right for PostgreSQL as well")
    if any("OR IGNORE" in said.upper() or "OR REPLACE" in said.upper() for said in room.said):
        learner.not_yet(
            "The statement has words that SQLite alone knows: `INSERT OR …`.",
            f"Both databases know `{DO_NOTHING}`.",
        )
    _blocks(learner, "save_result", "SQLAlchemy's call blocks")
    if learner.swallows:
        await _tells_of_trouble(learner, function, given)


def _not_kept(learner: Learner) -> None:
    """End the check where on_conflict_… was called, and its result went nowhere."""
    for node in ast.walk(learner.tree):
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and last_name(call.func).startswith("on_conflict"):
            owner = ast.unparse(call.func).rpartition(".")[0]
            learner.not_yet(
                f"`{ast.unparse(call)}` gives a new insert back and leaves `{owner}` as it was: "
                "the second attempt executes the old one, and fails.",
                f"Keep what it gives: `{owner} = {ast.unparse(call)}`.",
            )


async def _save(copy: Any, given: Any, **info: Any) -> Any:
    """One attempt of save_result; the learner's Workflow has the id `check`."""
    told = {"workflow_id": "check", "activity_type": "save_result", "workflow_run_id": "run of it"}
    return await attempt_of(copy, given, **(told | info))


async def _first_row(learner: Learner, copy: Any, given: Any, room: Database) -> Any:
    learner.step("It writes the row")
    try:
        saved = await _save(copy, given, attempt=1)
    except asyncio.TimeoutError:
        raise
    except SQLAlchemyError as error:
        _database_words(learner, error)
        raise
    except AttributeError as error:
        if "rowcount" in str(error):
            learner.not_yet(
                f"`done` is {_done(learner)}, which has no `rowcount`.",
                f"Write `done = connection.execute({DO_NOTHING})`.",
            )
        raise
    if len(room.rows) != 1:
        if not any("INSERT" in said.upper() for said in room.said):
            learner.not_yet(
                "The Activity has run, and nothing was written: the insert is not executed.",
                f"Write `done = connection.execute({DO_NOTHING})`.",
            )
        if not room.rows:
            learner.not_yet(
                "The Activity has run, and no row is there: the transaction was not committed.",
                "Keep `with engine.begin() as connection:`, which commits at its end.",
            )
        learner.not_yet(f"One attempt wrote {len(room.rows)} rows.", "Execute the insert once.")
    row = room.rows[0]
    for column, right in (
        ("workflow_id", "check"),
        ("topic", TOPIC),
        ("source_url", URL),
        ("summary", TEXT),
    ):
        if row[column] != right:
            learner.not_yet(
                f"The row's {column} is {_short(row[column])}.",
                "Keep `.values(…)` as it was given; only the key is yours.",
            )
    return saved


def _database_words(learner: Learner, error: SQLAlchemyError) -> None:
    """End the check where it is known what the database does not like."""
    text, value = str(error), _value_of(learner, "key")
    if "NOT NULL" in text:
        learner.not_yet(f"`key = {value}` is None, and a key must be something.", f"Write {KEY}.")
    if "is not supported" in text or "unsupported type" in text or "adapt" in text:
        learner.not_yet(
            f"The database cannot keep what `{value or 'the key'}` is.",
            f"A key must be a text: {KEY}.",
        )
    if "ON CONFLICT" in text:
        learner.not_yet(
            "The database finds no rule for the column that on_conflict names.",
            f"The column is `key`: `{DO_NOTHING}`.",
        )


def _done(learner: Learner) -> str:
    value = _value_of(learner, "done")
    return f"what `{value}` gives" if value else "nothing"


def _why_another(learner: Learner) -> str:
    """What in the cell's key is not the same at the next attempt."""
    value = _value_of(learner, "key")
    for word, told in (
        ("attempt", "`attempt` is 1, and then 2."),
        ("uuid", "A uuid is another one each time."),
        ("task_token", "The task token is another one at each attempt."),
        ("started_time", "`started_time` is that of the attempt, not of the step."),
        ("time", "The time is another one at each attempt."),
        ("now", "The time is another one at each attempt."),
        ("random", "A random value is another one each time."),
        ("id(", "`id(…)` is a place in memory."),
        ("hash(", "`hash` of a text is another one in each process."),
    ):
        if word in value:
            return f" {told}"
    return ""


def _is_saved(learner: Learner, saved: Any, key: str, new: bool, attempt: int) -> None:
    right = "Keep `return Saved(key, new=done.rowcount == 1)`."
    if not isinstance(saved, learner.name("Saved")):
        learner.not_yet(f"Attempt {attempt} returns {kind_of(saved)}, not Saved.", right)
    if saved.key != key:
        learner.not_yet(f"Attempt {attempt} returns the key {_short(saved.key)}.", right)
    if bool(saved.new) is not new:
        updates = "on_conflict_do_update" in learner.text
        learner.not_yet(
            f"Attempt {attempt} says new={saved.new!r}"
            + (": do_update writes the row again." if updates else "."),
            f"Execute `{DO_NOTHING}`: then rowcount is 1 for a new row, 0 for one that is there.",
        )


async def _other_rows(learner: Learner, copy: Any, given: Any, room: Database, key: str) -> None:
    learner.step("Another Workflow has a row of its own")
    await _save(copy, given, workflow_id="another", workflow_run_id="another run")
    if len(room.rows) != 2:
        is_field = {TOPIC: " That is the topic.", URL: " That is the source's address, source_url."}
        quoted = " The names are in quotes, so they are only letters: an f is missing before them."
        told = is_field.get(key, quoted if "info." in key else "")
        learner.not_yet(
            "Another Workflow saves the same source, and its row is not there: the key is "
            f"{_short(key)} again.{told}",
            f"The Workflow's id belongs in it: {KEY}.",
        )
    learner.step("The key names the step as well")
    if key == "check":
        learner.not_yet(
            "The key is the Workflow's id alone: a second step that saves something would find its "
            "row there already.",
            f"Put the step behind it: {KEY}.",
        )


async def _tells_of_trouble(learner: Learner, function: Any, given: Any) -> None:
    learner.step("It lets errors through, so that Temporal can retry")

    class Broken:
        dialect = learner.name("engine").dialect

        def begin(self) -> Any:
            raise ApplicationError("the stand-in of the database is away")

        connect = begin

    try:
        await _save(learner.copy(function, engine=Broken()), given)
    except Exception:
        await _tells_of_a_full_disk(learner, function, given)
        return
    learner.not_yet(
        "The database is away, and the Activity swallows the error: to Temporal that is a success.",
        "Take the `try` and `except` out: only an error that is raised is tried again.",
    )


async def _tells_of_a_full_disk(learner: Learner, function: Any, given: Any) -> None:
    """The connection is there, and the insert fails: an `except` around it must not hide that."""
    with database(learner) as room:

        @event.listens_for(room.engine, "before_cursor_execute")
        def refuse(*values: Any) -> None:
            if "INSERT" in str(values[2]).upper():
                raise OperationalError(str(values[2]), {}, OSError("the disk is full"))

        try:
            saved = await _save(learner.copy(function, engine=room.engine), given)
        except Exception:
            return
    learner.not_yet(
        "The database's disk is full, nothing is written, and the Activity returns "
        f"{_short(saved)}: the `except` swallows every error, and not only that of a key that is "
        "there. To Temporal that is a success.",
        f"Without `try` and `except`: `done = connection.execute({DO_NOTHING})`.",
    )


# --- the policy ---


@blank(
    "llm_retry_policy",
    hints=(
        "For each of the eleven errors: will the same request succeed if you only wait?",
        "Go through the table above. The list holds names as texts, exactly as in its first "
        "column; https://docs.temporal.io/encyclopedia/retry-policies has the other fields.",
        "timedelta(seconds=5), timedelta(minutes=2), and seven names: all but "
        "InternalServerError, RateLimitError, ServiceUnavailableError and Timeout.",
    ),
    means="Errors that pass are tried again, and errors that stay are reported at once.",
)
async def llm_retry_policy(learner: Learner) -> None:
    ran(learner, _policy_words)
    learner.step("LLM_RETRY_POLICY is a RetryPolicy")
    policy = learner.name("LLM_RETRY_POLICY")
    if isinstance(policy, tuple) and len(policy) == 1:
        learner.not_yet(
            "`LLM_RETRY_POLICY` is a tuple: there is a comma after the last parenthesis.",
            "Take that comma away.",
        )
    if not isinstance(policy, RetryPolicy):
        learner.not_yet(
            f"`LLM_RETRY_POLICY` is {kind_of(policy)}.", "Keep `LLM_RETRY_POLICY = RetryPolicy(…)`."
        )
    _waits(learner, policy)
    await _retries(learner, policy)


def _policy_words(error: BaseException) -> tuple[str, str] | None:
    others = ("wait_exponential", "stop_after_attempt", "retry_if_exception_type", "retry")
    if isinstance(error, NameError) and getattr(error, "name", "") in others:
        return (
            f"`{error.name}` belongs to another library, and is not known here.",
            "RetryPolicy has fields of its own: `initial_interval`, `maximum_interval` and the "
            "list of names.",
        )
    name = str(getattr(error, "name", None) or "")
    if isinstance(error, NameError) and (name in FINAL or name in PASSING):
        return (
            f"`{name}` stands without quotes: Python looks for a thing of that name, and the list "
            "holds the names themselves, as texts.",
            f'Write `"{name}"`, and each name of the list in the same way.',
        )
    return None


def _waits(learner: Learner, policy: RetryPolicy) -> None:
    first, longest = policy.initial_interval, policy.maximum_interval
    if first == timedelta(minutes=2) and longest == timedelta(seconds=5):
        learner.step("The first wait is 5 s")
        learner.not_yet(
            "initial_interval is two minutes, maximum_interval five seconds: they are exchanged.",
            "Write `initial_interval=timedelta(seconds=5)` and "
            "`maximum_interval=timedelta(minutes=2)`.",
        )
    for name, right, seconds, said in (
        ("initial_interval", "timedelta(seconds=5)", 5.0, "The first wait"),
        ("maximum_interval", "timedelta(minutes=2)", 120.0, "The longest wait"),
    ):
        learner.step(f"{said} is {seconds:g} s")
        value = getattr(policy, name)
        if value is ...:
            learner.not_yet(f"`...` is still at {name}.", f"Write `{name}={right}`.")
        if value is None:
            learner.not_yet(
                f"{name} is missing: then it is 100 times the first wait.",
                f"Write `{name}={right}`.",
            )
        if not isinstance(value, timedelta):
            learner.not_yet(
                f"{name} is {value!r}: {kind_of(value)} without a unit.",
                f"Write `{name}={right}`.",
            )
        if value.total_seconds() != seconds:
            found = value.total_seconds()
            units = {seconds * 60: "Minutes are not seconds.", seconds / 60: "Those are seconds."}
            units |= {seconds * 86400: "A bare number in timedelta(…) counts days."}
            units |= {seconds / 1000: "Those are milliseconds."}
            learner.not_yet(
                f"{said} is {found:g} s. {units.get(found, '')}".strip(), f"Write `{name}={right}`."
            )
    learner.step("Each wait is twice the one before, ten attempts in all")
    if not isinstance(policy.backoff_coefficient, Real) or policy.backoff_coefficient != 2:
        learner.not_yet(
            f"backoff_coefficient is {policy.backoff_coefficient!r}.",
            "Keep `backoff_coefficient=2.0`.",
        )
    if policy.maximum_attempts != 10:
        learner.not_yet(
            f"maximum_attempts is {policy.maximum_attempts!r}.", "Keep `maximum_attempts=10`."
        )


async def _retries(learner: Learner, policy: RetryPolicy) -> None:
    learner.step("non_retryable_error_types is a list of names")
    names = policy.non_retryable_error_types
    if isinstance(names, str):
        learner.not_yet(
            "non_retryable_error_types is one text, and is read letter by letter.",
            f'Write a list: `["{next(iter(FINAL))}", …]`.',
        )
    if not names:
        there = "non_retryable_error_types" in learner.text
        learner.not_yet(
            "non_retryable_error_types is empty: everything is retried."
            if there
            else "non_retryable_error_types is not there: everything is retried.",
            "List the errors that stay, however long you wait."
            if there
            else f'Put it back: `non_retryable_error_types=["{next(iter(FINAL))}", …]`.',
        )
    for name in names:
        if isinstance(name, type):
            learner.not_yet(
                f"{name.__name__} is the class, not its name.", f'Write `"{name.__name__}"`.'
            )
        if not isinstance(name, str):
            learner.not_yet(f"{_short(name)} is {kind_of(name)}, not a name.", "Write it as text.")
    learner.step("Each name is exactly that of an error")
    for name in names:
        _is_exact(learner, name)
    raising = Raising()
    wish = {"never": list(names), "errors": [*FINAL, *PASSING]}
    trial = await run_workflow(Retries, wish, {"raises": raising})
    attempts: dict[str, int] = trial.result or raising.attempts
    learner.step("An error that passes is tried again")
    given_up = [name for name in PASSING if attempts.get(name) == 1]
    if given_up == list(PASSING) and all(attempts.get(name) != 1 for name in FINAL):
        learner.not_yet(
            "Too many requests are given up at the first attempt, and a wrong key is tried again: "
            "it is the other way round. The list holds what is **not** retried.",
            f"List the others: `{list(FINAL)}`.",
        )
    if len(given_up) > 1:
        learner.not_yet(
            f"{', '.join(given_up)} are given up at the first attempt, and each of them passes.",
            "Take them out of the list.",
        )
    for name, told in PASSING.items():
        if attempts.get(name) == 1:
            learner.not_yet(
                f"{name} is given up at the first attempt: that is {told}, and it passes.",
                f'Take `"{name}"` out of the list.',
            )
    learner.step("An error that stays is given up at once")
    for name, told in FINAL.items():
        if attempts.get(name) != 1:
            family = name in ("ContentPolicyViolationError", "ContextWindowExceededError")
            more = " That its parent is in the list does not count." if family else ""
            learner.not_yet(
                f"{told[0].upper()}{told[1:]}: it is tried again, ten times over.{more}",
                f'Add `"{name}"` to the list.',
            )


def _is_exact(learner: Learner, name: str) -> None:
    known = [*FINAL, *PASSING]
    if name in known:
        return
    inside = [one for one in known if one in name]
    if len(inside) > 1:
        together = f'`"{inside[0]}", "{inside[1]}"`'
        learner.not_yet(
            f"{_short(name)} is one text."
            if "," in name
            else f"{_short(name)} is one name: a comma is missing, and Python joins the two texts.",
            f"Each name has quotes of its own, with a comma between them: {together}.",
        )
    if isinstance(getattr(builtins, name.strip(), None), type):
        learner.not_yet(
            f"{name} is Python's own error: LiteLLM's have other names, and parents do not count.",
            f'Take `"{name}"` out, and list the exact names from the table above: a wrong key is '
            "an AuthenticationError, a key that may not do that a PermissionDeniedError.",
        )
    bare = name.strip().rpartition(".")[2]
    if bare in known and bare != name:
        learner.not_yet(
            f"{name!r} is compared letter by letter, and no error has that name.",
            f'The bare name alone: `"{bare}"`.',
        )
    near = next(iter(difflib.get_close_matches(bare, known, 1, 0.8)), "")
    near = near or (f"{bare}Error" if f"{bare}Error" in known else "")
    if near:
        learner.not_yet(
            f"{name!r} is nearly the name of an error, and only the exact name counts.",
            f'Write `"{near}"`.',
        )
    if name.isdigit():
        learner.not_yet(
            f"{name!r} is a status, and the list is compared with names.",
            "Write the name from the first column of the table.",
        )


# --- what a 429 means ---

QUOTA = 'raise ApplicationError("…", type="QuotaExhausted", non_retryable=True) from None'
LATER = 'raise ApplicationError("…", type="RateLimitError", next_retry_delay=wait) from None'


@blank(
    "error_mapping",
    hints=(
        "Which of the two is the same in an hour? And where is it said how long the other lasts?",
        "`fetch_url`, in the cell before, does both: look at PageNotFound and PageBusy. See also "
        "https://docs.temporal.io/develop/python/failure-detection#next-retry-delay",
        f"`{QUOTA}`, and below it `{LATER}`.",
    ),
    means="An empty account ends it at once; a busy provider is asked again when it says so.",
)
async def error_mapping(learner: Learner) -> None:
    function = is_activity(learner, "call_llm", "str")
    model = _Model(learner)
    learner.step("While the model answers, it returns a Summary")
    summary = await model.answers(function, None)
    if not isinstance(summary, learner.name("Summary")):
        learner.not_yet(
            f"The Activity returns {kind_of(summary)}, not a Summary.",
            "Keep `return summary_of(answer)` at the end.",
        )
    if summary.text != TEXT:
        learner.not_yet(
            f"The Summary's text is {_short(summary.text)}, not what the model said.",
            "Keep `answer = ask_model(prompt)` and `return summary_of(answer)`.",
        )
    if model.asked != ["a question"]:
        learner.not_yet(
            f"The model was asked {_short(model.asked)}.", "Ask once: `ask_model(prompt)`."
        )
    learner.step("It does not wait or ask again itself")
    for name in ("sleep", "heartbeat"):
        for call in learner.calls(name):
            learner.not_yet(
                f"`{ast.unparse(call)}` keeps the Activity, and its thread, waiting.",
                f"Tell Temporal how long to wait: `{LATER}`.",
            )
    _blocks(learner, "call_llm", "LiteLLM's call blocks")
    await _empty_account(learner, function, model)
    await _told_to_wait(learner, function, model)
    learner.step("Every other error is raised as it is")
    for error in (_error("AuthenticationError"), _error("InternalServerError"), _error("Timeout")):
        name = type(error).__name__
        got = await model.raises(function, error, f"{name} comes")
        kind = got.type if isinstance(got, ApplicationError) else type(got).__name__
        if kind != name:
            learner.not_yet(
                f"{name} becomes {kind}, and the policy does not know it any more.",
                "Catch `RateLimitError` alone, as it was given.",
            )


class _Model:
    """Stands in for ask_model: answers, or fails as it is told."""

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self.asked: list[Any] = []

    async def answers(self, function: Any, error: Exception | None) -> Any:
        self.asked = []

        def ask(prompt: Any) -> Any:
            self.asked.append(prompt)
            if len(self.asked) > 20:
                raise ApplicationError("the stand-in was asked 20 times in one attempt")
            if error is not None:
                raise error
            return providers.answer(TEXT)

        copy = self.learner.copy(function, ask_model=ask, completion=lambda **_: ask("a question"))
        return await attempt_of(copy, "a question", activity_type="call_llm")

    async def raises(self, function: Any, error: Exception, when: str) -> BaseException:
        """What the Activity raises of an error of the model."""
        try:
            result = await self.answers(function, error)
        except (NameError, TypeError, AttributeError):
            raise
        except asyncio.TimeoutError:
            raise
        except Exception as raised:
            if len(self.asked) > 1:
                self.learner.not_yet(
                    f"{when}, and the Activity asks {len(self.asked)} times in one attempt.",
                    "Raise, and let Temporal ask again.",
                )
            return raised
        if isinstance(result, Exception):
            self.learner.not_yet(
                f"{when}, and the Activity returns the error: to Temporal a success.",
                "Write `raise` instead of `return`.",
            )
        self.learner.not_yet(
            f"{when}, and the Activity returns {_short(result)}: to Temporal a success.",
            "An error has to be raised.",
        )


def _error(name: str, seconds: str | None = None, code: str = "rate_limit_exceeded") -> Exception:
    """An error as LiteLLM raises it."""
    import litellm

    error: Exception = getattr(litellm.exceptions, name)(
        message="a stand-in fails", llm_provider="check", model="stand-in"
    )
    if name == "RateLimitError":
        error.body = {"code": code, "message": "a stand-in fails"}  # type: ignore[attr-defined]
        headers = {} if seconds is None else {"retry-after": seconds}
        error.litellm_response_headers = headers  # type: ignore[attr-defined]
    return error


def _branch(learner: Learner) -> ast.If | None:
    """The `if` of the cell that asks whether the account is empty."""
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.If) and "out_of_money" in ast.unparse(node.test):
            return node
    return None


def _raises(body: Sequence[ast.stmt]) -> bool:
    return any(isinstance(part, ast.Raise) for one in body for part in ast.walk(one))


async def _empty_account(learner: Learner, function: Any, model: _Model) -> None:
    learner.step("An empty account is final")
    error = _error("RateLimitError", code="insufficient_quota")
    got = await _mapped(learner, model, function, error, "The account is empty", QUOTA)
    branch = _branch(learner)
    if not got.non_retryable and branch and not _raises([*branch.body, *branch.orelse]):
        first = ast.unparse(branch.body[0])[:60]
        does = "raises nothing"
        if first.startswith("print("):
            does = "prints, and raises nothing"
        elif "Error(" in first:
            does = "makes an error, and does not raise it"
        learner.not_yet(
            f"The account is empty. `{first}` {does}; the line below it makes of it an error that "
            "is retried.",
            f"Raise there: `{QUOTA}`.",
        )
    if not got.non_retryable and got.type == "RateLimitError" and "QuotaExh" in learner.text:
        later = await model.raises(function, _error("RateLimitError", "7"), "A 429 comes")
        if branch and isinstance(branch.test, ast.UnaryOp):
            learner.not_yet(
                f"`if {ast.unparse(branch.test)}:` asks for the opposite: with `not` the empty "
                "account is retried, and too many requests are final.",
                "Write `if out_of_money(error):`, as it was given.",
            )
        if isinstance(later, ApplicationError) and later.type == "QuotaExhausted":
            learner.not_yet(
                "The empty account would be asked again, and who asked too fast is given up: the "
                "two kinds of 429 are exchanged.",
                f"Under `if out_of_money(error):` `{QUOTA}`.",
            )
    if not got.non_retryable and not branch and "out_of_money" not in _used(learner):
        learner.not_yet(
            "Both kinds of 429 are retried: an empty account would be asked ten times.",
            f"Put back `if out_of_money(error):`, and under it `{QUOTA}`.",
        )
    if not got.non_retryable:
        learner.not_yet(
            "The account is empty, and the error may be retried: ten times the same answer.",
            f"Say that it is final: `{QUOTA}`.",
        )
    _typed(learner, got, "QuotaExhausted", QUOTA)


def _used(learner: Learner) -> set[str]:
    """The names that the cell calls."""
    return {last_name(call.func) for call in _all_calls(learner)}


async def _told_to_wait(learner: Learner, function: Any, model: _Model) -> None:
    learner.step("Too many requests: it is tried again when they say so")
    for seconds in (7, 2):
        error = _error("RateLimitError", str(seconds))
        when = f"The provider says: come back in {seconds} s"
        try:
            got = await _mapped(learner, model, function, error, when, LATER)
        except UnboundLocalError:
            branch = _branch(learner)
            raises = [n for n in ast.walk(branch or ast.Pass()) if isinstance(n, ast.Raise)]
            made = [
                ast.unparse(n.value)
                for n in ast.walk(learner.tree)
                if isinstance(n, ast.Expr) and "Error(" in ast.unparse(n.value)
            ]
            saw = "the Activity goes on without an answer."
            if len(raises) > 1:
                saw = "the second `raise` is inside of the `if`, where it is never reached."
            elif made:
                saw = f"`{made[0][:60]}…` makes an error, and does not raise it."
            learner.not_yet(
                f"{when}, and nothing is raised: {saw}",
                f"Below the `if`, indented as far as it is: `{LATER}`.",
            )
        if got.non_retryable:
            learner.not_yet(f"{when}. The error says: never again.", f"Write `{LATER}`.")
        delay = got.next_retry_delay
        if delay is None:
            learner.not_yet(
                f"{when}. The error does not say so, and the policy's own wait counts.",
                f"Write `{LATER}`.",
            )
        if not isinstance(delay, timedelta):
            learner.not_yet(
                f"next_retry_delay is {_short(delay)}: {kind_of(delay)}, no duration.",
                "`wait` is one: `next_retry_delay=wait`.",
            )
        if delay != timedelta(seconds=seconds):
            learner.not_yet(
                f"{when}, and the next attempt comes after {delay.total_seconds():g} s.",
                "`wait` is what the header says: `next_retry_delay=wait`.",
            )
        _typed(learner, got, "RateLimitError", LATER)
    learner.step("Without that header the policy's own wait counts")
    bare = await model.raises(function, _error("RateLimitError"), "A 429 comes without Retry-After")
    if isinstance(bare, ApplicationError) and (bare.non_retryable or bare.next_retry_delay):
        learner.not_yet(
            f"A 429 comes without Retry-After, and the error says {_short(bare.next_retry_delay)}.",
            "`retry_after` gives None then: pass that on, and the policy decides.",
        )


async def _mapped(
    learner: Learner, model: _Model, function: Any, error: Exception, when: str, right: str
) -> ApplicationError:
    """The ApplicationError that a RateLimitError becomes."""
    got = await model.raises(function, error, when)
    if isinstance(got, ApplicationError):
        return got
    if got is error:
        learner.not_yet(
            f"{when}, and the RateLimitError is raised as it is.", f"Write `{right}`."
        )
    learner.not_yet(
        f"{when}, and the Activity raises {type(got).__name__}, to which nothing can be added.",
        f"Write `{right}`.",
    )


def _typed(learner: Learner, got: ApplicationError, name: str, right: str) -> None:
    if got.type == name:
        return
    if got.type is None and name in map(str, got.details):
        learner.not_yet(
            f"{name!r} is a detail of the error, and its type is empty: what comes after the "
            "message without a name is a detail.",
            f'The type is given by its name: `type="{name}"`.',
        )
    if got.type is None and name in got.message:
        learner.not_yet(
            f"{name} is in the message, and the error's type is empty.", f"Write `{right}`."
        )
    learner.not_yet(f"The error's type is {got.type!r}.", f"Write `{right}`.")


# --- fan out ---

CHILD = (
    "await workflow.execute_child_workflow(ResearchWorkflow.run, source, "
    'id=f"{workflow.info().workflow_id}/{number}")'
)
GATHER = "await asyncio.gather(*(self.research(n, s) for n, s in enumerate(input.sources, 1)))"
APPEND = "self.report.failed.append(Failure(source.topic, source.source_url, reason_of(error)))"
AT_ONCE, SOURCES, BAD = 2, 5, (2, 4)
REASON = "PageNotFound: the page answers 410"


@blank(
    "fan_out",
    hints=(
        "What makes twenty coroutines run at once, and what waits for the last of them?",
        "One call starts a child and waits for its result: "
        "https://docs.temporal.io/develop/python/child-workflows. Failure has three fields.",
        f"`{CHILD}`; `{APPEND}`; and in run `{GATHER}`.",
    ),
    means="Many sources run at once, no more than the slots allow, and a bad one is named.",
)
async def fan_out(learner: Learner) -> None:
    kind = is_workflow(learner, "ResearchBatchWorkflow")
    follows_rule_4(learner)
    sources = [{"topic": f"topic {n}", "source_url": f"{URL}/{n}"} for n in range(1, SOURCES + 1)]
    bad = [sources[n - 1] for n in BAD]
    trial, copy = await _batch(learner, kind, sources, bad)
    learner.step("Each source has a child Workflow of its own")
    _each_once(learner, trial, sources)
    _ids(learner, trial)
    learner.step(f"As many at once as there are slots: {AT_ONCE} here")
    _at_once(learner, trial)
    learner.step("It waits for all of them")
    report = _report(learner, trial)
    learner.step("Those that failed are named, with the reason")
    _named(learner, report, bad)
    learner.step("The others are saved")
    good = [one["topic"] for one in sources if one not in bad]
    if sorted(report.get("saved") or []) != good:
        learner.not_yet(
            f"saved is {_short(report.get('saved'))}; the sources that worked are {_short(good)}.",
            "Keep `self.report.saved.append(source.topic)` below the child, inside of `try`.",
        )
    learner.step("A replay of its Event History goes the same way")
    if fault := await replays(copy, trial, trial_id(trial)):
        learner.not_yet(f"The replay fails: {fault[:200]}", "Move what may differ to an Activity.")


def research_one(bad: Sequence[Any]) -> Callable[[Any], Any]:
    """A stand-in for the research of a source; the pages of those in `bad` are gone."""

    def research(source: Any) -> Any:
        if source in bad:
            raise ApplicationError("the page answers 410", type="PageNotFound", non_retryable=True)
        return {**source, "summary": f"a summary of {source['topic']}"}

    return research


def trial_id(trial: Trial) -> str:
    return trial.events[0].workflow_execution_started_event_attributes.workflow_id


async def _batch(
    learner: Learner, kind: type, sources: Sequence[Mapping[str, str]], bad: Sequence[Any]
) -> tuple[Trial, type]:
    learner.step("It runs on the Temporal Service")
    source_kind, input_kind = learner.name("ResearchInput"), learner.name("BatchInput")
    given = input_kind([source_kind(**one) for one in sources], AT_ONCE)

    traps = learner.trapped("fetch_url", "call_llm", "save_result", "ask_model", "completion")
    copy = learner.copy(kind, workflow=HereToo("research-queue"), **traps)
    trial = await run_workflow(copy, given, {"research one": research_one(bad)}, children=[Child])
    if trial.completed and at_work(trial)[-1]:
        _only_started(learner)
        learner.not_yet(
            "The Workflow ends while children of it still run.",
            f"Wait for all, `{GATHER}`, and let no child's error end the batch: `{APPEND}`.",
        )
    if trial.task_failure:
        _code_failed(learner, trial)
    return trial, copy


def _only_started(learner: Learner) -> None:
    """End the check where the children's start is waited for, and nothing awaits their handles."""
    started = any(last_name(c.func) == "start_child_workflow" for c in _all_calls(learner))
    handles = any(
        isinstance(n, ast.Await) and not isinstance(n.value, ast.Call)
        for n in ast.walk(learner.tree)
    )
    if started and not handles:
        learner.not_yet(
            "`start_child_workflow` waits for the child's start, and not for its end: the Workflow "
            "ends while its children still run.",
            f"`execute_child_workflow` waits for the end: `{CHILD}`.",
        )


def _code_failed(learner: Learner, trial: Trial) -> None:
    """End the check with why the Workflow's own code failed."""
    name, _, message = trial.task_failure.partition(": ")
    if "coroutine" in message and "awaited" in message:
        learner.not_yet(f"A call was not awaited ({message}).", f"Write `{CHILD}`.")
    if any(ast.unparse(c.func) == "ResearchWorkflow.run" for c in _all_calls(learner)):
        learner.not_yet(
            "`ResearchWorkflow.run(…)` calls the method here, inside of this Workflow.",
            f"Let the Temporal Service start it: `{CHILD}`.",
        )
    for call in learner.calls("gather"):
        alone = call.args[0] if len(call.args) == 1 else None
        if isinstance(alone, (ast.GeneratorExp, ast.ListComp, ast.List, ast.Tuple)):
            learner.not_yet(
                "`asyncio.gather` is given all coroutines as one thing, and waits for that: a `*` "
                "is missing before them.",
                f"The `*` passes them one by one: `{GATHER}`.",
            )
    for call in learner.calls("execute_child_workflow"):
        if "positional argument" in message and len(call.args) > 2:
            learner.not_yet(
                f"The child is given {len(call.args) - 1} inputs: "
                f"`{', '.join(map(ast.unparse, call.args[1:]))}`.",
                f"It takes one, the source as it is: `{CHILD}`.",
            )
    if "execute_activity()" in message:
        learner.not_yet(
            "`execute_activity` is for an Activity, and ResearchWorkflow is a Workflow.",
            f"Write `{CHILD}`.",
        )
    line = trial.task_failure_line(learner.text)
    saw, do = explain_text(learner, name, message, line)
    learner.not_yet(f"The Workflow's code fails: {saw}", do)


def _all_calls(learner: Learner) -> list[ast.Call]:
    return [node for node in ast.walk(learner.tree) if isinstance(node, ast.Call)]


def _each_once(learner: Learner, trial: Trial, sources: Sequence[Any]) -> None:
    started = children(trial)
    if not started:
        if trial.failure:
            learner.not_yet(f"The Workflow failed: {trial.failure}", f"Write `{CHILD}`.")
        if not any("child_workflow" in last_name(c.func) for c in _all_calls(learner)):
            outside = [c for c in _all_calls(learner) if ast.unparse(c.func).startswith("client.")]
            told = f" `{ast.unparse(outside[0].func)}` is for code outside." if outside else ""
            learner.not_yet(
                f"No child Workflow is asked for.{told}"
                + (" A client talks to the network, which Workflow code must not." * bool(outside)),
                f"Write `{CHILD}`.",
            )
        if not any(ast.unparse(c.func) == "self.research" for c in _all_calls(learner)):
            learner.not_yet("`run` asks `research` for nothing.", f"Write `{GATHER}`.")
        if not all(map(learner.awaited, learner.calls("execute_child_workflow"))):
            learner.not_yet(
                "`workflow.execute_child_workflow(…)` is not awaited, and no child is started.",
                f"Write `{CHILD}`.",
            )
        learner.not_yet(
            "The Workflow has ended, and no child was started: what `research` gives is not "
            "awaited.",
            f"Write `{GATHER}`.",
        )
    if wrong := next((one for one in started if one.kind != "ResearchWorkflow"), None):
        learner.not_yet(
            f"The child that is started is {wrong.kind!r}.",
            "It must be `ResearchWorkflow.run`, without quotes and without parentheses.",
        )
    mine = trial.events[0].workflow_execution_started_event_attributes.task_queue.name
    if away := next((one for one in started if one.queue != mine), None):
        learner.not_yet(
            f"The child is put on the Task Queue {away.queue!r}, where no Worker knows it.",
            "Leave `task_queue` out: a child takes that of its parent, `research-queue`.",
        )
    # By its ids: whether the first one still runs, and the second is refused, is a matter of time.
    if len({one.id for one in started}) < len(started) or "already started" in trial.failure:
        _no_number(learner, started)
        learner.not_yet(
            "Two children were given the same id, which only one at a time may have: the number is "
            "not another one for each source.",
            f"Number the sources: `{GATHER}`.",
        )
    given = [one.inputs[0] if len(one.inputs) == 1 else one.inputs for one in started]
    strange = next((one for one in given if one not in sources), None)
    if strange is not None:
        _turned_round(learner)
        learner.not_yet(
            f"A child was given {_short(strange)} instead of one source.",
            "The second thing that execute_child_workflow is given is `source`.",
        )
    twice = next((one for one in sources if given.count(one) > 1), None)
    if twice:
        learner.not_yet(
            f"{twice['topic']} has {given.count(twice)} children: it is paid for each time.",
            "Start each source once.",
        )
    missing = [one["topic"] for one in sources if one not in given]
    if missing and trial.failure:
        _not_caught(learner, trial)
    if missing:
        again = "" if trial.completed else " Does a slot stay taken?"
        part = [
            ast.unparse(n)
            for n in ast.walk(learner.tree)
            if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Slice)
        ]
        if part:
            again = f" `{part[0]}` is a part of them."
        elif trial.completed and any(learner.calls("create_task")):
            again = " Tasks that nobody awaits end with the Workflow."
        elif trial.completed and not all(map(learner.awaited, learner.calls("gather"))):
            again = " `asyncio.gather(…)` is not awaited, and the Workflow ends without the others."
        learner.not_yet(
            f"There are {len(sources)} sources, and {len(given)} children: {missing[0]} has none."
            f"{again}",
            f"Research all of them: `{GATHER}`.",
        )


def _turned_round(learner: Learner) -> None:
    """End the check where `research` is given number and source the other way round."""
    for node in ast.walk(learner.tree):
        if not isinstance(node, (ast.comprehension, ast.For)):
            continue
        if not (isinstance(node.iter, ast.Call) and last_name(node.iter.func) == "enumerate"):
            continue
        numbered = [ast.unparse(name) for name in getattr(node.target, "elts", [])]
        for call in learner.calls("research"):
            if numbered and [ast.unparse(one) for one in call.args] == numbered[::-1]:
                learner.not_yet(
                    f"`{ast.unparse(call)}` gives the source first and then the number; "
                    "`research` takes the number first, and so the child was given the number.",
                    f"Exchange them: `self.research({', '.join(numbered)})`.",
                )


def _no_number(learner: Learner, started: Sequence[Any]) -> None:
    """End the check where nothing in a child's id belongs to its source."""
    method = next(
        (
            n
            for n in ast.walk(learner.tree)
            if isinstance(n, ast.AsyncFunctionDef)
            and any(last_name(c.func).endswith("child_workflow") for c in _calls_in(n))
        ),
        None,
    )
    if method is None or method.name == "run":
        return
    own = {arg.arg for arg in method.args.args} - {"self"}
    for call in _calls_in(method):
        for word in call.keywords:
            if word.arg != "id" or not last_name(call.func).endswith("child_workflow"):
                continue
            made = ast.unparse(word.value)
            made = _value_of(learner, made) or made
            if not any(re.search(rf"\b{re.escape(name)}\b", made) for name in own):
                learner.not_yet(
                    f"All children have the id {_short(started[0].id)}, which only one at a time "
                    f"may have: the `number` does not stand in `{made}`.",
                    f"Put it behind the Workflow's id: `{CHILD}`.",
                )


def _calls_in(node: ast.AST) -> list[ast.Call]:
    return [part for part in ast.walk(node) if isinstance(part, ast.Call)]


def _not_caught(learner: Learner, trial: Trial) -> None:
    learner.not_yet(
        f"One child failed, and the whole batch with it: {trial.failure}",
        "Catch it in `research`, as it was given: `except ChildWorkflowError as error:`, and "
        f"there `{APPEND}`.",
    )


def _ids(learner: Learner, trial: Trial) -> None:
    learner.step("Its id is made of this Workflow's id and its number")
    mine = trial_id(trial)
    for one in children(trial):
        if not one.id.startswith(mine) or one.id == mine:
            braces = " An f is missing before the quotes." if "{" in one.id else ""
            told = _short(one.id)
            learner.not_yet(
                f"A child's id is {told}, which does not begin with this Workflow's id.{braces} "
                "Its rows would not be found, and a second batch would have the same ids.",
                f"Write `{CHILD}`.",
            )


def _at_once(learner: Learner, trial: Trial) -> None:
    most = max(at_work(trial), default=0)
    if most == 1:
        learner.not_yet(
            "One child runs at a time: each is waited for before the next one begins.",
            f"Start them all, then wait: `{GATHER}`.",
        )
    if most > AT_ONCE:
        _only_started(learner)
        learner.not_yet(
            f"{most} children run at once.",
            "Keep `async with self.slots:` around the child, from its start to its end.",
        )


def _report(learner: Learner, trial: Trial) -> dict[str, Any]:
    if trial.failure:
        _not_caught(learner, trial)
    if not trial.completed:
        learner.not_yet(
            "The Workflow does not end.",
            "See what it waits for when all children have ended. A slot that is taken must be "
            "given back: keep `async with self.slots:`.",
        )
    report = trial.result
    if not isinstance(report, dict) or "saved" not in report:
        learner.not_yet(
            f"The result is {kind_of(report)}, not a BatchReport.", "Keep `return self.report`."
        )
    known = len(report["saved"]) + len(report.get("failed") or [])
    if known == 0:
        learner.not_yet(
            "The Workflow returns its report before any child has ended.", f"Write `{GATHER}`."
        )
    return report


def _named(learner: Learner, report: Mapping[str, Any], bad: Sequence[Any]) -> None:
    failed = report.get("failed")
    names = [one.get("topic") for one in failed or [] if isinstance(one, dict)]
    wanted = [one["topic"] for one in bad]
    started = any(last_name(c.func) == "start_child_workflow" for c in _all_calls(learner))
    if started and sorted(map(str, names)) != wanted:
        learner.not_yet(
            "`start_child_workflow` waits for the child's start, and not for its end: how it ends "
            "is not known here.",
            f"Write `{CHILD}`.",
        )
    if not failed:
        among = any(
            name in str(one) for one in report["saved"] for name in (wanted[0], "Failure", "410")
        )
        learner.not_yet(
            f"{len(bad)} children have failed, and the report has them among the saved."
            if among
            else f"{len(bad)} children have failed, and the report names none of them.",
            f"In `except`: `{APPEND}`.",
        )
    if not all(isinstance(one, dict) for one in failed):
        learner.not_yet(f"failed holds {_short(failed[0])}, not a Failure.", f"Write `{APPEND}`.")
    if sorted(map(str, names)) != wanted:
        learner.not_yet(
            f"failed names {_short(names)}; the sources that failed are {_short(wanted)}.",
            f"One Failure for each: `{APPEND}`.",
        )
    for one in failed:
        right = next(source for source in bad if source["topic"] == one["topic"])
        if one.get("source_url") != right["source_url"]:
            learner.not_yet(
                f"The Failure's source_url is {_short(one.get('source_url'))}.",
                "It must be `source.source_url`.",
            )
        reason = one.get("reason")
        if not isinstance(reason, str) or REASON.partition(": ")[2] not in reason:
            wrapped = isinstance(reason, str) and "hild" in reason
            learner.not_yet(
                f"The reason is {_short(reason)}"
                + (": that is the wrapping, and not what happened." if wrapped else "."),
                "`reason_of(error)` unwraps it: give the Failure that.",
            )


# --- the heartbeat ---

DETAILS = "done = info.heartbeat_details[0] if info.heartbeat_details else 0"


@blank(
    "heartbeat",
    hints=(
        "What must the next attempt know, so that it can go on? And when is it true?",
        "`info` has what was told last, as a sequence that is empty at the first attempt: "
        "https://docs.temporal.io/develop/python/failure-detection#activity-heartbeats",
        f"`{DETAILS}`, and at the end of the loop `activity.heartbeat(done)`.",
    ),
    means="An attempt that dies has told how far it was, and the next one goes on from there.",
)
async def heartbeat(learner: Learner) -> None:
    function = is_activity(learner, "download", "str")
    with tempfile.TemporaryDirectory() as folder:
        whole = Archive(Path(folder) / "whole.txt")
        learner.step("The first attempt begins at the start, and fetches all")
        result = await _fetch(learner, function, whole)
        _is_whole(learner, whole, "After an attempt that nothing interrupts")
        if whole.starts[0] != 0:
            learner.not_yet(
                f"The first attempt asks from byte {whole.starts[0]}.",
                f"Nothing has been told yet, so it begins at 0: `{DETAILS}`.",
            )
        if getattr(result, "bytes", None) != len(whole.data):
            learner.not_yet(
                f"It returns {_short(result)}; there are {len(whole.data)} bytes.",
                "Keep `return Downloaded(done, parts)`.",
            )
        _tells(learner, whole)
        learner.step("The next attempt goes on where that one was")
        broken = Archive(Path(folder) / "broken.txt", breaks_at=4)
        await _breaks(learner, function, broken)
        # The last word of an attempt that dies may be lost: the one before it counts.
        told = list(broken.heard[-2])
        broken.breaks_at, broken.starts = 0, []
        await _fetch(learner, function, broken, told, attempt=2)
        _goes_on(learner, broken, told)
        _is_whole(learner, broken, "After an attempt that was interrupted and another")


async def _fetch(
    learner: Learner, function: Any, archive: Archive, details: Sequence[Any] = (), attempt: int = 1
) -> Any:
    copy = learner.copy(function, read_part=archive.read_part, archive_file=lambda *_: archive.file)
    try:
        return await attempt_of(
            copy,
            "http://127.0.0.1:9/archive",
            heard=archive.hear,
            workflow_id="check",
            attempt=attempt,
            heartbeat_details=list(details),
        )
    except IndexError:
        value = _value_of(learner, "done")
        if details:
            learner.not_yet(
                f"`{value}`: one thing was told, and this asks for a second.",
                f"The first has the place [0]: `{DETAILS}`.",
            )
        if value.startswith("0 if "):
            learner.not_yet(
                f"`{value}` is the wrong way round: it takes 0 where something was told.",
                f"Exchange the two: `{DETAILS}`.",
            )
        learner.not_yet(
            "The first attempt fails: nothing has been told yet, and `heartbeat_details` is empty.",
            f"Look first whether there is something: `{DETAILS}`.",
        )
    except TypeError as error:
        value = _value_of(learner, "done")
        if "..." in value:
            raise
        _needless_await(learner, error)
        if details and isinstance(details[0], float):
            calls = [ast.unparse(call) for call in learner.calls("heartbeat")]
            learner.not_yet(
                f"`{calls[0] if calls else 'heartbeat'}` tells {details[0]:g}, a share, and the "
                f"next attempt wants to know at which byte to begin ({error}).",
                "Tell the number of bytes that are written: `activity.heartbeat(done)`.",
            )
        if re.fullmatch(r"\S*heartbeat_details(\(\)| or .+)?", value):
            learner.not_yet(
                f"`{value}` is the sequence of all that was told, not a number ({error}).",
                f"Take its first entry, if there is one: `{DETAILS}`.",
            )
        raise
    except ApplicationError as error:
        if error.type == "Endless":
            learner.not_yet(
                f"The same parts are asked for again and again: from {archive.starts[:4]} …",
                "Keep `done, parts = done + len(part), parts + 1`.",
            )
        raise


def _needless_await(learner: Learner, error: TypeError) -> None:
    """End the check where something is awaited that answers at once; `read_part` does not."""
    if "'await' expression" not in str(error):
        return
    for node in ast.walk(learner.tree):
        call = node.value if isinstance(node, ast.Await) else None
        if isinstance(call, ast.Call) and last_name(call.func) != "read_part":
            learner.not_yet(
                f"`await {ast.unparse(call)}`: `{ast.unparse(call.func)}` gives its answer at "
                "once, and cannot be awaited.",
                f"Take the `await` before it away: `{ast.unparse(call)}`.",
            )


async def _breaks(learner: Learner, function: Any, archive: Archive) -> None:
    import httpx

    try:
        await _fetch(learner, function, archive)
    except httpx.ReadError:
        return
    learner.not_yet(
        "The connection breaks, and the Activity swallows the error: to Temporal a success.",
        "Take `try` and `except` out: only an error that is raised is tried again.",
    )


def _tells(learner: Learner, archive: Archive) -> None:
    learner.step("It tells Temporal after each part how far it is")
    right = "Write `activity.heartbeat(done)` at the end of the loop."
    if not archive.heard:
        named = re.search(r"activity\.heartbeat\b", learner.text)
        kept = any("heartbeat_details" in ast.unparse(c.func) for c in _all_calls(learner))
        saw = "It tells nothing: an attempt that dies leaves no number."
        if named and not any(learner.calls("heartbeat")):
            saw = "`activity.heartbeat` is named, and not called."
        elif kept:
            saw = "`heartbeat_details` is what was told before; nobody reads what is added to it."
        learner.not_yet(saw, right)
    if not archive.heard[-1]:
        learner.not_yet("It says that it runs, and not how far it is.", right)
    if len(archive.heard) < len(archive.starts):
        learner.not_yet(
            f"{len(archive.starts)} parts came, and it told {len(archive.heard)} times: an attempt "
            "that dies in between leaves no word.",
            "Put `activity.heartbeat(done)` into the loop.",
        )
    if len(archive.heard) > 1 and all(s[0] == len(archive.data) for s in archive.heard):
        learner.not_yet(
            f"It tells {len(archive.data)} each time: that is `total`, and not how far it is.",
            right,
        )
    early = [
        (said, size)
        for said, size in zip(archive.heard, archive.on_disk, strict=True)
        if isinstance(said[0], int) and said[0] in range(size + 1, len(archive.data) + 1)
    ]
    if early and any("heartbeat" in ast.unparse(call) for call in learner.calls("heartbeat")):
        learner.not_yet(
            f"It tells {early[0][0][0]} bytes while {early[0][1]} are on disk: a crash in between "
            "leaves a gap.",
            "First write and flush, then `activity.heartbeat(done)`.",
        )


def _goes_on(learner: Learner, archive: Archive, told: Sequence[Any]) -> None:
    start, right = archive.starts[0], 2000
    if start == right:
        return
    value = _value_of(learner, "done")
    saw = f"{right} bytes were reached, {_short(told)} was told, and the second attempt begins at "
    saw += f"{start}."
    if "attempt" in value.replace("heartbeat_details", ""):
        saw += f" `{value}` guesses it from the attempt."
    elif start == 3000:
        saw += " That is the file's size: it is on this machine alone, and may hold more than was"
        saw += " told."
    elif start:
        calls = [ast.unparse(call) for call in learner.calls("heartbeat")]
        learner.not_yet(
            f"{saw} `{calls[0]}` tells something else than the bytes." if calls else saw,
            "Tell the number of bytes that are written, `activity.heartbeat(done)`, and begin "
            "there.",
        )
    learner.not_yet(saw, f"Begin where the earlier attempt was: `{DETAILS}`.")


def _is_whole(learner: Learner, archive: Archive, when: str) -> None:
    found = archive.file.read_bytes() if archive.file.exists() else b""
    if found == archive.data:
        return
    loops = [n for n in ast.walk(learner.tree) if isinstance(n, ast.While)]
    if any(isinstance(part, ast.Return) for loop in loops for part in ast.walk(loop)):
        learner.not_yet(
            f"`return` is in the loop: after the first part, {len(found)} bytes, it is over.",
            "Indent `return Downloaded(done, parts)` as far as `with`, so that it comes last.",
        )
    if len(found) > len(archive.data) and "truncate" not in learner.text:
        learner.not_yet(
            f"{when} the file has {len(found)} bytes of {len(archive.data)}: what an earlier "
            "attempt wrote and did not tell is in it twice.",
            "Keep `file.truncate(done)`.",
        )
    told = (
        f" of {len(archive.data)}." if len(found) != len(archive.data) else ", not the right ones."
    )
    learner.not_yet(
        f"{when} the file has {len(found)} bytes{told}",
        "Keep the lines around the blanks: truncate, then write each part at its place.",
    )


# --- the exercise: a letter, once ---

NAME = '`name = f"{activity.info().workflow_id}.txt"`'
WHOLE = "`draft.write_text(text)`, and below it `draft.replace(file)`"
SUBJECT = "3 of 4 sources"


@blank(
    "send_digest",
    hints=(
        "What is the same at each attempt, and another one for each digest?",
        "`activity.info()` has it, as in `save_result`; for the file see "
        "https://docs.python.org/3/library/pathlib.html",
        'f"{activity.info().workflow_id}.txt"; then draft.write_text(text) and '
        "draft.replace(file).",
    ),
    means="A digest has one letter, whole, however often the step runs.",
)
async def send_digest(learner: Learner) -> None:
    function = is_activity(learner, "send_digest", "Letter")
    letter = learner.name("Letter")(subject=SUBJECT, text=TEXT)
    learner.step("It writes the letter")
    async with providers.away() as room:
        outbox = room.folder / "outbox"
        name = await _sent(learner, function, letter)
        _letters(learner, outbox, name)
        learner.step("A second attempt leaves one letter")
        again = await _sent(learner, function, letter, attempt=2)
        found = sorted(path.name for path in outbox.iterdir())
        if len(found) > 1:
            learner.not_yet(
                f"After the second attempt there are {len(found)} files: {_short(found)}."
                f"{_why_another_name(learner)}",
                f"Make the name of what stays the same: {NAME}.",
            )
        if again != name:
            learner.not_yet(f"The second attempt returns {_short(again)}.", "Keep `return name`.")
        learner.step("Another digest has a letter of its own")
        await _sent(learner, function, letter, workflow_id="digest-b", workflow_run_id="another")
        if len(list(outbox.iterdir())) != 2:
            learner.not_yet(
                f"Another digest writes {name!r} again, over the first one's letter.",
                f"The Workflow's id belongs in the name: {NAME}.",
            )
    learner.step("Nobody sees half a letter")
    async with providers.away() as room:
        full = {"Path": _HalfPath, "open": lambda file, *v, **n: _HalfPath(file).open(*v, **n)}
        half, failed = learner.copy(function, **full), False
        try:
            await attempt_of(half, letter, workflow_id="digest-a")
        except OSError:
            failed = True
        file = room.folder / "outbox" / name
        if file.exists() and TEXT not in file.read_text():
            learner.not_yet(
                "The disk is full in the middle of writing, and half a letter is there under its "
                "real name.",
                f"Write {WHOLE}.",
            )
        if not failed and learner.swallows:
            learner.not_yet(
                "The disk is full, and the `except` swallows the error: to Temporal the letter is "
                "sent, and nobody tries again.",
                "Take `try` and `except` out: only an error that is raised is tried again.",
            )


class _HalfPath(type(Path())):  # type: ignore[misc]
    """A path on a disk that is full after some characters."""

    def open(self, mode: str = "r", *values: Any, **named: Any) -> Any:
        file = super().open(mode, *values, **named)
        return file if "r" in mode else _HalfFile(file)

    def write_text(self, data: str, *_: Any, **__: Any) -> int:
        with self.open("w") as file:
            return int(file.write(data))

    def write_bytes(self, data: Any) -> int:
        with self.open("wb") as file:
            return int(file.write(bytes(data)))


class _HalfFile:
    """A file on that disk."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> _HalfFile:
        return self

    def __exit__(self, *_: Any) -> None:
        self.file.close()

    def write(self, data: Any) -> int:
        self.file.write(data[:10])
        self.file.flush()
        raise OSError(28, "No space left on device")


async def _sent(learner: Learner, function: Any, letter: Any, **info: Any) -> Any:
    told = {"workflow_id": "digest-a", "workflow_run_id": "run", "attempt": 1}
    told |= {"activity_type": "send_digest"}
    try:
        return await attempt_of(function, letter, **(told | info))
    except NameError as error:
        if getattr(error, "name", "") == "info":
            learner.not_yet("There is no `info` in this Activity.", f"Ask for it: {NAME}.")
        raise
    except FileNotFoundError as error:
        if "outbox" in _value_of(learner, "name"):
            learner.not_yet(
                "There is no folder outbox/outbox: the name has the folder in it, and "
                '`Path("outbox", name)` adds it once more.',
                f"Take it out of the name: {NAME}.",
            )
        for call in _renames(learner):
            first = call.args[0] if ast.unparse(call.func).startswith("os.") else call.func
            if "file" in ast.unparse(first).split("."):
                learner.not_yet(
                    f"`{ast.unparse(call)}` renames the letter to the draft, and there is no "
                    "letter yet: the two are exchanged.",
                    "Write first the file that is there: `draft.replace(file)`.",
                )
        # The path is that of the check's folder.
        learner.not_yet(
            f"There is no file {Path(str(error.filename)).name!r} to rename or to write to.",
            f"First write, then rename: {WHOLE}.",
        )


def _renames(learner: Learner) -> list[ast.Call]:
    """The calls of the cell that are to rename a file."""
    return [
        call
        for call in _all_calls(learner)
        if last_name(call.func) in ("replace", "rename") and call.args
    ]


def _letters(learner: Learner, outbox: Path, name: Any) -> None:
    found = sorted(path.name for path in outbox.iterdir()) if outbox.exists() else []
    if not found and isinstance(name, str) and (outbox.parent / name).exists():
        learner.not_yet(
            f"{name!r} is beside the outbox, and not in it: a name alone has no folder.",
            "`file` has it: write `draft.replace(file)`.",
        )
    if not found:
        printed = " Nobody gets what is printed." if any(learner.calls("print")) else ""
        learner.not_yet(
            f"The Activity has run, and the outbox is empty.{printed}", f"Write {WHOLE}."
        )
    if not isinstance(name, str) or name not in found:
        left = [one for one in found if one.endswith(".part")]
        for call in _renames(learner) if left else ():
            owner = ast.unparse(call.func).rpartition(".")[0]
            if owner in ("name", "text") or owner.startswith("str(") or owner.endswith(".name"):
                learner.not_yet(
                    f"`{owner}` is a text: its `{last_name(call.func)}` changes letters and "
                    f"renames no file. {left[0]!r} is in the outbox.",
                    "A path renames its file: `draft.replace(file)`.",
                )
        learner.not_yet(
            f"{left[0]!r} is in the outbox: it is still called a draft."
            if left
            else f"The outbox has {_short(found)}, and the Activity returns {_short(name)}.",
            "Rename it: `draft.replace(file)`." if left else "Keep `return name`.",
        )
    if len(found) > 1:
        learner.not_yet(
            f"The outbox has {_short(found)}: more than the letter.",
            f"The draft becomes the letter: {WHOLE}.",
        )
    if not name.endswith(".txt"):
        learner.not_yet(f"The letter is called {name!r}.", f"End the name with .txt: {NAME}.")
    text = (outbox / name).read_text()
    for part, what in ((SUBJECT, "subject"), (TEXT, "text")):
        if part not in text:
            learner.not_yet(
                f"The letter has no {what}: {_short(text)}.", "Write `text`, as it was given."
            )


def _why_another_name(learner: Learner) -> str:
    value = _value_of(learner, "name")
    for word, told in (
        ("attempt", "`attempt` is 1, and then 2."),
        ("uuid", "A uuid is another one each time."),
        ("now", "The time is another one at each attempt."),
        ("time", "The time is another one at each attempt."),
    ):
        if word in value:
            return f" {told}"
    return ""


# --- the exercise: a letter in any case ---

EXCEPTIONS = "`return_exceptions=True`, as the last thing that gather is given"
MISSING = (
    '`missing = [f"{source.topic}: {reason_of(result)}" for source, result in '
    "zip(input.sources, results) if isinstance(result, BaseException)]`"
)
SEND = (
    "`name = await workflow.execute_activity(send_digest, letter, "
    "start_to_close_timeout=timedelta(seconds=10))`"
)


@blank(
    "digest_workflow",
    hints=(
        "What does `gather` give you when one of five fails, and you have asked for exceptions?",
        "https://docs.python.org/3/library/asyncio-task.html#asyncio.gather for the first blank; "
        "`found`, one line below, is a pattern for the second.",
        f"{EXCEPTIONS}; {MISSING}; {SEND}.",
    ),
    means="One page is gone, the letter arrives all the same, and says what is missing and why.",
)
async def digest_workflow(learner: Learner) -> None:
    kind = is_workflow(learner, "DigestWorkflow")
    follows_rule_4(learner)
    learner.step("It runs on the Temporal Service, with two broken sources of three")
    sources = [{"topic": f"topic {n}", "source_url": f"{URL}/{n}"} for n in (1, 2, 3)]
    bad = [sources[0], sources[2]]
    letters: list[Any] = []
    kept: list[Any] = []  # what the cell takes for missing, when it makes the letter

    def letter_of(found: Any, missing: Any) -> Any:
        kept.append(missing)
        return learner.name("letter_of")(found, missing)

    def send(letter: Any) -> str:
        letters.append(letter)
        return "digest.txt"

    source_kind = learner.name("ResearchInput")
    given = learner.name("DigestInput")([source_kind(**one) for one in sources])
    traps = learner.trapped("send_digest", "fetch_url", "call_llm")
    copy = learner.copy(kind, letter_of=letter_of, **traps)
    stand_ins = {"research one": research_one(bad), "send_digest": send}
    trial = await run_workflow(copy, given, stand_ins, children=[Child])
    if trial.failure:
        learner.not_yet(
            f"One source has failed, and the digest with it: {trial.failure}",
            f"Let gather give errors back as results: {EXCEPTIONS}.",
        )
    _no_texts(learner, kept[0] if kept else [])
    _digest_code(learner, trial)
    learner.step("It researches all sources at once")
    if max(at_work(trial), default=0) == 1:
        learner.not_yet(
            "One child runs at a time: each is waited for before the next one begins.",
            "Keep `asyncio.gather`, which starts them all and then waits.",
        )
    learner.step("It sends one letter")
    _one_letter(learner, trial, letters)
    learner.step("The letter has every summary, and names what is missing")
    _tells_all(learner, letters[0], sources, bad)
    learner.step("The result says the same")
    wanted = len(sources) - len(bad)
    result = trial.result
    if not isinstance(result, dict) or result.get("found") != wanted:
        learner.not_yet(
            f"The result is {_short(result)}; {wanted} sources were found.",
            "Keep `return Digest(name, len(found), missing)`.",
        )
    if len(result.get("missing") or []) != len(bad):
        learner.not_yet(
            f"The result's missing is {_short(result.get('missing'))}; {len(bad)} sources are.",
            "Keep `return Digest(name, len(found), missing)`.",
        )
    if result.get("letter") != "digest.txt":
        learner.not_yet(
            f"The result's letter is {_short(result.get('letter'))}, and send_digest gave "
            "'digest.txt'.",
            SEND + ".",
        )
    learner.step("A replay of its Event History goes the same way")
    if fault := await replays(copy, trial, trial_id(trial)):
        learner.not_yet(f"The replay fails: {fault[:200]}", "Move what may differ to an Activity.")


def _no_texts(learner: Learner, missing: Any) -> None:
    """End the check where `missing` is no list."""
    why = ""
    if isinstance(missing, dict):
        why = "is a dict, and `letter_of` takes its keys alone: the reasons are lost"
    elif isinstance(missing, (set, frozenset)):
        why = "is a set, whose order another process need not share: a replay may go another way"
    elif isinstance(missing, Iterator):
        why = "can be read once, and has no length: the letter reads it, and the result after that"
    if why:
        learner.not_yet(f"`missing` {why}.", f"Make a list of texts: {MISSING}.")


def _digest_code(learner: Learner, trial: Trial) -> None:
    if not trial.task_failure:
        return
    name, _, message = trial.task_failure.partition(": ")
    if name == "CalledDirectly":
        learner.not_yet(
            "The Workflow calls `send_digest(…)` itself: nothing retries it or remembers it.",
            f"Write {SEND}.",
        )
    if "start_to_close_timeout" in message:
        learner.not_yet("send_digest is asked for without a timeout.", f"Write {SEND}.")
    if "coroutine" in message and not all(map(learner.awaited, learner.calls("execute_activity"))):
        learner.not_yet(
            "`workflow.execute_activity(…)` is not awaited: `name` is a coroutine, and not what "
            "send_digest gives.",
            "Put `await` before it: `name = await workflow.execute_activity(…)`.",
        )
    if found := re.search(r"expected str instance, (\w+) found", message):
        what = " the errors themselves," if found[1].endswith("Error") else ""
        learner.not_yet(
            f"`missing` holds{what} {found[1]} in place of a text, and a letter is made of texts.",
            f"Make a text of each: {MISSING}.",
        )
    if "_ActivityHandle" in message:
        learner.not_yet(
            "`workflow.start_activity` gives a handle at once, and nobody awaits it.",
            f"`execute_activity` waits for what send_digest gives: {SEND}.",
        )
    if "coroutine" in message or "_asyncio.Task" in message or "ellipsis" in message:
        learner.not_yet(
            f"What `name` is cannot be a part of the result ({message[:120]}).", f"Write {SEND}."
        )
    line = trial.task_failure_line(learner.text)
    saw, do = explain_text(learner, name, message, line)
    learner.not_yet(f"The Workflow's code fails: {saw}", do)


def _one_letter(learner: Learner, trial: Trial, letters: Sequence[Any]) -> None:
    asked = [one for one in trial.activities if one.name == "send_digest"]
    if not asked and not trial.completed:
        learner.not_yet(
            "The Workflow does not end, and has sent no letter.",
            f"Write {SEND}. If it looks right, the machine may be slow: run this cell again.",
        )
    if not asked:
        strange = [one.name for one in trial.activities]
        told = f" It asks for {strange[0]!r}." if strange else ""
        learner.not_yet(f"No letter is sent.{told}", f"Write {SEND}.")
    if len(asked) > 1:
        learner.not_yet(f"{len(asked)} letters are sent.", "Send one, when all results are there.")
    if len(asked[0].inputs) != 1:
        learner.not_yet(
            f"send_digest is given {len(asked[0].inputs)} inputs, and takes one: each attempt "
            "fails, and the Workflow does not end.",
            f"Give it `letter`, as a whole: {SEND}.",
        )
    if not trial.completed:
        learner.not_yet("The Workflow does not end.", f"Write {SEND}.")
    given = letters[0] if letters else None
    if not isinstance(given, dict) or "text" not in given:
        learner.not_yet(f"send_digest is given {kind_of(given)}.", "Give it `letter`.")
    by_name = [k.arg for call in learner.calls("execute_activity") for k in call.keywords]
    if "schedule_to_close_timeout" in by_name and "start_to_close_timeout" not in by_name:
        learner.not_yet(
            "send_digest has a schedule_to_close_timeout, which limits all attempts together.",
            "One attempt is limited by `start_to_close_timeout=timedelta(seconds=10)`.",
        )
    if asked[0].start_to_close != 10:
        learner.not_yet(
            f"send_digest has a Start-to-Close timeout of {asked[0].start_to_close:g} s.",
            "Write `start_to_close_timeout=timedelta(seconds=10)`.",
        )
    if asked[0].maximum_attempts == 1:
        learner.not_yet(
            "send_digest has maximum_attempts=1: it is tried once, and never again.",
            "Leave that out: the letter has one name, so a second attempt does no harm.",
        )


def _tells_all(
    learner: Learner, letter: Mapping[str, Any], sources: Sequence[Any], bad: Sequence[Any]
) -> None:
    text = str(letter["text"])
    for source in sources:
        topic = source["topic"]
        if source not in bad and f"a summary of {topic}" not in text:
            learner.not_yet(
                f"The summary of {topic} is not in the letter.",
                "Keep `found` and `letter_of(found, missing)` as they were given.",
            )
    lines = text.partition("Missing today:")[2].strip().splitlines()
    if not lines:
        learner.not_yet(
            f"{len(bad)} sources have failed, and the letter names none.{_why_none(learner)}",
            f"Write {MISSING}.",
        )
    if all(len(line) <= 1 for line in lines):
        learner.not_yet(
            "`missing` is one text, and the letter has a line for each of its letters.",
            f"It must be a list of texts: {MISSING}.",
        )
    named = [one for one in sources if any(one["topic"] in line for line in lines)]
    if named and not any(one in bad for one in named):
        asked = [
            ast.unparse(c)
            for c in learner.calls("isinstance")
            if "Research" in ast.unparse(c) and ast.unparse(c) in _value_of(learner, "missing")
        ]
        told = f" `{asked[0]}` asks for those that worked." if asked else ""
        learner.not_yet(
            f"The letter says that {named[0]['topic']} is missing, which worked, and does not name "
            f"{bad[0]['topic']}, which failed: the condition is the opposite.{told}",
            f"Those that failed are exceptions: {MISSING}.",
        )
    for source in bad:
        mine = [line for line in lines if source["topic"] in line]
        if not mine:
            learner.not_yet(
                f"{source['topic']} has failed, and the letter does not name it: "
                f"{_short(lines)}.{_why_others(learner)}",
                f"Name the source: {MISSING}.",
            )
        if f"{source['topic']}:" not in mine[0]:
            learner.not_yet(
                f"The letter says {_short(mine[0])}: there is no colon after the topic.",
                f"Write {MISSING}.",
            )
        if mine[0].endswith(": None"):
            learner.not_yet(
                f"The letter says {_short(mine[0])}: the reason is lost in an `except`.",
                f"Take it out of `research`, and let gather keep the error: {EXCEPTIONS}.",
            )
        if REASON.partition(": ")[2] not in mine[0]:
            learner.not_yet(
                f"The letter says {_short(mine[0])}: the reason is not what happened."
                f"{_why_others(learner)}",
                "`reason_of(result)` unwraps it."
                if "result" in re.sub("results", "", learner.text)
                else f"It is in the result of the source: {MISSING}.",
            )
    if len(lines) != len(bad):
        learner.not_yet(
            f"{len(bad)} sources have failed, and the letter names {len(lines)}: {_short(lines)}."
            f"{_why_others(learner)}",
            f"Only those that are exceptions: {MISSING}.",
        )


def _why_none(learner: Learner) -> str:
    """Why the cell finds nothing that is missing, where that is known."""
    for call in learner.calls("isinstance"):
        kind = ast.unparse(call.args[1]) if len(call.args) == 2 else ""
        if kind in ("ApplicationError", "ActivityError", "str"):
            return (
                f" `{ast.unparse(call)}`: what gather gives back is a ChildWorkflowError, with the "
                "others inside of it."
            )
    if any(isinstance(n, ast.ExceptHandler) for n in ast.walk(learner.tree)):
        return " An `except` sees nothing here: gather has caught the errors, and returned them."
    for node in ast.walk(learner.tree):
        if isinstance(node, ast.Compare) and ast.unparse(node).endswith("is None"):
            return f" `{ast.unparse(node)}`: who has failed is an exception, not None."
    return _why_others(learner)


def _why_others(learner: Learner) -> str:
    """Why the cell finds others than those that have failed, where that is known."""
    loops = [n for n in ast.walk(learner.tree) if isinstance(n, (ast.comprehension, ast.For))]
    for node in loops:
        if isinstance(node.iter, ast.Call) and last_name(node.iter.func) == "zip":
            targets = [ast.unparse(one) for one in getattr(node.target, "elts", [])]
            if told := _zip_words(learner, [ast.unparse(one) for one in node.iter.args], targets):
                return told
        for test in ast.walk(learner.tree):
            if not isinstance(test, ast.Compare) or ast.unparse(test.comparators[0]) != "found":
                continue
            if ast.unparse(node.iter) == "input.sources" and (
                ast.unparse(test.left) == ast.unparse(node.target)
            ):
                return (
                    f" `found` holds what was found, and `{ast.unparse(test.left)}` is a source: "
                    f"`{ast.unparse(test)}` is so for all of them."
                )
    return ""


def _zip_words(learner: Learner, zipped: Sequence[str], targets: Sequence[str]) -> str:
    """What is wrong with how sources and results are brought together."""
    order = f"zip({', '.join(zipped)})"
    if "found" in zipped:
        return " `found` holds those that worked, and none that failed: zip `results`."
    for name in zipped:
        if re.search(r"\bif\b", _value_of(learner, name)):
            return (
                f" `{name}` is shorter than `input.sources`: `{order}` gives its first one to the "
                "first source, also if another one failed. Zip `results`, and leave out afterwards."
            )
    for name, target in zip(zipped, targets, strict=False):
        sources = "input.sources" in (name, _value_of(learner, name))
        asked = {
            ast.unparse(call.args[0])
            for call in (*learner.calls("isinstance"), *learner.calls("reason_of"))
            if call.args
        }
        if sources and target in asked:
            return f" `{target}` is not in the order of `{order}`: here it is a source."
    return ""


# --- the exercise: a Schedule ---

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


@blank(
    "schedule",
    hints=(
        "Which numbers are Monday and Friday, when Sunday is 0?",
        "https://python.temporal.io/temporalio.client.ScheduleCalendarSpec.html lists the fields; "
        "each is a list of ranges, also where it is one number.",
        "hour=[ScheduleRange(5)], minute=[ScheduleRange(30)], day_of_week=[ScheduleRange(1, 5)].",
    ),
    means="The Temporal Service has read your Schedule: half past five, on weekdays.",
)
async def schedule(learner: Learner) -> None:
    from temporalio.client import Schedule

    ran(learner, lambda error: _range_words(learner, error))
    learner.step("every_weekday is a Schedule")
    made = learner.name("every_weekday")
    if not isinstance(made, Schedule):
        learner.not_yet(
            f"`every_weekday` is {kind_of(made)}.", "Keep `every_weekday = Schedule(…)`."
        )
    if made.spec.calendars or not made.spec.cron_expressions:
        for field in ("hour", "minute", "day_of_week"):
            _is_ranges(learner, made, field)
    learner.step("The Temporal Service takes it")
    moments = await _next_times(learner, made)
    if not moments:
        learner.not_yet(
            "The Temporal Service finds no time at which it would ever run.",
            "Hours go from 0 to 23, minutes from 0 to 59, days of the week from 0 to 6.",
        )
    learner.step("It runs at half past five")
    times = sorted({f"{moment:%H:%M}" for moment in moments})
    if times != ["05:30"]:
        more = " 5.30 in the afternoon is 17:30." if times == ["17:30"] else ""
        do = ["`hour=[ScheduleRange(5)]`", "`minute=[ScheduleRange(30)]`"]
        if len(made.spec.calendars) == 1:
            own = made.spec.calendars[0]
            wrong = [
                (field, right, getattr(own, field))
                for field, right in (("hour", 5), ("minute", 30))
                if _numbers(getattr(own, field)) != [right]
            ]
            do = [f"`{field}=[ScheduleRange({right})]`" for field, right, _ in wrong] or do
            for field, _, value in wrong:
                if len(_numbers(value)) > 1 and field in learner.text:
                    more += f" {_means(field, value)}"
        shown = ", ".join(times[:3]) + (" …" if len(times) > 3 else "")
        learner.not_yet(f"It runs at {shown} (UTC).{more}", f"Write {' and '.join(do)}.")
    learner.step("It runs from Monday to Friday")
    days = {int(f"{moment:%w}") for moment in moments}
    if days != {1, 2, 3, 4, 5} and "day_of_month" in learner.text:
        learner.not_yet(
            "`day_of_month` counts the days of a month: 1 to 5 are its first five.",
            "Write `day_of_week=[ScheduleRange(1, 5)]`.",
        )
    if days != {1, 2, 3, 4, 5}:
        told = ""
        if len(made.spec.calendars) == 1 and "day_of_week" in learner.text:
            told = f" {_means('day_of_week', made.spec.calendars[0].day_of_week)}"
        learner.not_yet(
            f"It runs on {', '.join(DAYS[day] for day in sorted(days))}.{told}",
            "In a cron expression the last of the five is the day of the week: `30 5 * * 1-5`."
            if made.spec.cron_expressions
            else "Write `day_of_week=[ScheduleRange(1, 5)]`: Sunday is 0.",
        )
    _is_action(learner, made)


def _numbers(ranges: Sequence[Any]) -> list[int]:
    """The numbers that ranges stand for, as the Temporal Service reads them."""
    found: set[int] = set()
    for one in ranges:
        found |= set(range(one.start, max(one.start, one.end) + 1, max(one.step, 1)))
    return sorted(found)


def _means(field: str, ranges: Sequence[Any]) -> str:
    """What ranges mean, in words; the SDK's rule where it differs from what one may expect."""
    said = []
    for one in ranges:
        numbers = _numbers([one])
        words = [DAYS[n % 7] if field == "day_of_week" else str(n) for n in numbers]
        parts = [one.start, one.end, one.step]
        if one.step in (0, 1):
            parts = [one.start] if one.end <= one.start else [one.start, one.end]
        many = f"{words[0]} to {words[-1]}" if len(words) > 3 and len(parts) == 2 else ""
        if many and field != "day_of_week":
            many += f", {len(words)} {field}s"
        shown = f"`ScheduleRange({', '.join(map(str, parts))})`"
        said.append(f"{shown} is {many or ', '.join(words[:6])}")
    rule = ""
    if len(ranges) > 1:
        rule = "each range of the list counts for itself, and one has a start and an end"
    elif ranges and ranges[0].step > 1:
        rule = "a range is start, end and step"
    elif ranges and ranges[0].end > ranges[0].start:
        rule = "a range is start and end, and the end belongs to it, other than in Python's range()"
    return f"{'; '.join(said)}{': ' if rule else ''}{rule}." if said else f"{field} is empty."


def _is_action(learner: Learner, made: Any) -> None:
    learner.step("It starts the digest, where its Worker polls")
    what, queue = getattr(made.action, "workflow", ""), getattr(made.action, "task_queue", "")
    if what != "DigestWorkflow":
        learner.not_yet(f"It starts {what or 'nothing'}.", "Keep `DigestWorkflow.run`.")
    if queue != "digest-exercise":
        learner.not_yet(
            f"It puts the Workflow on the Task Queue {queue!r}.",
            'Keep `task_queue="digest-exercise"`.',
        )


def _range_words(learner: Learner, error: BaseException) -> tuple[str, str] | None:
    if isinstance(error, TypeError) and "positional" in str(error):
        return (
            f"ScheduleRange: {error}.",
            "It takes a start, an end and a step: ScheduleRange(1, 5).",
        )
    return None


def _is_ranges(learner: Learner, made: Any, field: str) -> None:
    from temporalio.client import ScheduleRange

    learner.step(f"{field} is a list of ranges")
    right = {"hour": "5", "minute": "30", "day_of_week": "1, 5"}[field]
    do = f"Write `{field}=[ScheduleRange({right})]`."
    calendars = made.spec.calendars
    if not calendars:
        learner.not_yet("The Schedule has no calendar.", "Keep `calendars=[…]` as it was given.")
    value = getattr(calendars[0], field)
    if value is ...:
        learner.not_yet(f"`...` is still at {field}.", do)
    if isinstance(value, ScheduleRange):
        learner.not_yet(f"{field} is one range, not a list of ranges.", do)
    if isinstance(value, range):
        learner.not_yet(f"{field} is Python's {value}, not a list of `ScheduleRange`.", do)
    if isinstance(value, (str, int)) or not isinstance(value, (list, tuple)):
        learner.not_yet(f"{field} is {_short(value)}, not a list of ranges.", do)
    for one in value:
        if not isinstance(one, ScheduleRange):
            learner.not_yet(f"{field} holds {_short(one)}, which is not a range.", do)
        texts = [part for part in (one.start, one.end) if isinstance(part, str)]
        if texts and any(part.strip().isdigit() for part in texts):
            learner.not_yet(
                f"{field} has a range with the text {texts[0]!r}: numbers have no quotes.", do
            )
        if texts and field == "day_of_week":
            learner.not_yet(
                f"day_of_week has a range with the text {texts[0]!r}, and a day is a number here: "
                "Sunday is 0, Monday 1, Friday 5, Saturday 6.",
                do,
            )
        if texts:
            learner.not_yet(
                f"{field} has a range with the text {texts[0]!r}, and a range is of numbers.", do
            )


async def _next_times(learner: Learner, made: Any) -> list[Any]:
    """When it would run next; it is made on the real service, paused, and taken away again."""
    from temporalio.client import ScheduleState

    client = await connect()
    paused = replace(made, state=ScheduleState(paused=True, note="a check looks at it"))
    try:
        handle = await answered(client.create_schedule(f"check-{uuid.uuid4()}", paused))
    except RPCError as error:
        learner.not_yet(
            f"The Temporal Service refuses it: {error.message}",
            "Hours go from 0 to 23, minutes from 0 to 59, days of the week from 0 to 6.",
        )
    try:
        return list((await answered(handle.describe())).info.next_action_times)
    finally:
        await handle.delete()


# --- predictions ---

CARELESS = Prediction(
    "careless",
    (1, 2, 3),
    right="b",
    why="The call stands in the Workflow's own code, which a replay runs again.",
)
REVOKED_KEY = Prediction(
    "revoked_key",
    (False, None, True),
    right="c",
    why="The error is called `AuthenticationError`, and that name is not in the list.",
)
TWENTY = Prediction(
    "twenty",
    (18, 20, 4),
    right="a",
    why="A broken source fails alone, and each of the others has one key, and so one row.",
)
