"""The tools: functions with hints and a docstring, which are Activities as they stand."""

import functools
import inspect
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urljoin

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from temporalio import activity
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

from workshop.demos import calculator, fetching, load, notes

OUTBOX = Path("outbox")


@activity.defn
def search_notes(query: str) -> str:
    """Search the notes of the workshop for a subject, such as "tardigrades"."""
    found = notes.search_notes(query)
    return "\n\n".join(f"{n.title}\n{n.text}" for n in found) or f"No note is about {query!r}."


@activity.defn
def calculate(expression: str) -> str:
    """Calculate an expression of numbers, such as "(17 + 4) * 2"."""
    return str(calculator.calculate(expression))


@activity.defn
async def fetch_page(url: str) -> str:
    """Fetch a page by its url, and return its readable text."""
    # One host is allowed, and redirects are checked too. Without this list a model could be
    # talked into reading whatever this machine can reach.
    host = f"127.0.0.1:{load().site_port}"
    try:
        return await fetching.read_page(urljoin(f"http://{host}/", url), hosts={host})
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        # What is not there will not be there in a second. A busy server may be well by then.
        raise ApplicationError(
            f"the page answered {status}",
            type="HTTPStatusError",
            non_retryable=status < 500 and status != 429,
        ) from None


@activity.defn
def send_email(to: str, text: str) -> str:
    """Send an email with a text to an address."""
    # The name is the same at a second attempt: nobody gets it twice.
    info = activity.info()
    name = re.sub(r"[^\w.-]", "-", f"{info.workflow_run_id}-{info.activity_id}.txt")
    OUTBOX.mkdir(exist_ok=True)
    # Whole or not at all: written elsewhere, then renamed.
    part = OUTBOX / f".{name}.{os.getpid()}.part"
    part.write_text(f"To: {to}\n\n{text}\n", encoding="utf-8")
    part.replace(OUTBOX / name)
    return f"Sent to {to}."


@dataclass(frozen=True)
class Tool:
    """A tool and how the Workflow has it run."""

    run: Callable[..., Any]
    seconds: float  # what one attempt may take
    attempts: int = 3
    never_again: tuple[str, ...] = ()  # errors that no further attempt changes, by exact name
    consent: bool = False  # a person is asked first

    @property
    def limits(self) -> dict[str, Any]:
        """What execute_activity is told."""
        return {
            "start_to_close_timeout": timedelta(seconds=self.seconds),
            "retry_policy": RetryPolicy(
                maximum_attempts=self.attempts, non_retryable_error_types=list(self.never_again)
            ),
        }


TOOLS = {
    "search_notes": Tool(search_notes, seconds=5),
    "calculate": Tool(calculate, seconds=5, never_again=("CalculatorError",)),
    "fetch_page": Tool(fetch_page, seconds=10, never_again=("PageRefused",)),
    "send_email": Tool(send_email, seconds=10, consent=True),
}


@functools.cache
def fields(function: Callable[..., Any]) -> type[BaseModel]:
    """A function's parameters as a pydantic model: it has a schema, and it checks.

    TypeAdapter(function) has the same schema. But where it checks it calls the function as well,
    and a tool is not for the Workflow to call.
    """
    hints = get_type_hints(function)
    given = {
        name: (hints[name], ... if one.default is one.empty else one.default)
        for name, one in inspect.signature(function).parameters.items()
    }
    return create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **given)


@functools.cache
def describe(function: Callable[..., Any]) -> dict[str, Any]:
    """What a chat API is told about a tool."""
    return {
        "type": "function",
        "function": {
            "name": function.__name__,
            "description": inspect.getdoc(function),
            "parameters": fields(function).model_json_schema(),
        },
    }


def parsed(function: Callable[..., Any], arguments: str) -> list[Any]:
    """The values of a call, in the order of the function's parameters.

    Raises:
        ValueError: they are no JSON, or do not fit; in words for the model.
    """
    try:
        values = fields(function).model_validate_json(arguments)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        ]
        raise ValueError("; ".join(wrong)) from None
    return [getattr(values, name) for name in type(values).model_fields]
