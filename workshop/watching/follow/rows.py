"""Rows: the steps of a Workflow, and what is said of them, without keys and escape codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import TimeoutType
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError, FailureError

from workshop.core import settings
from workshop.core.display import clean, counted
from workshop.core.errors import WorkshopError

ERROR_LENGTH = 240
"""Characters of an error that a row shows: the SDK's and LiteLLM's own come whole."""
LEFT_OPEN = "left open"
SIGNS = {
    "waiting for a Worker": "…",
    "running": "…",
    "retrying": "↻",
    "paused": "…",
    "completed": "✓",
    "fired": "✓",
    "received": "✓",
    "accepted": "…",
    "failed": "✗",
    "timed out": "✗",
    "terminated": "✗",
    "cancelled": "-",
    LEFT_OPEN: "-",
}
"""The states of a step and their signs. A sign never stands without its word."""


@dataclass(frozen=True)
class Step:
    """One row of an Event History. Times are Unix seconds, durations seconds."""

    kind: str
    """activity, timer, child, signal or update."""
    name: str
    """The Activity's type, the Signal's name …; for a timer its summary or its length."""
    state: str
    """A word of `SIGNS`."""
    event_id: int
    began: float
    ended: float | None = None
    attempt: int = 0
    """Number of the latest attempt that has begun; 0 before the first one, and for other kinds."""
    failures: int = 0
    """Attempts that have failed so far."""
    error: str = ""
    """Type and message of the latest failure, one line, shortened."""
    outside: str = ""
    """Why the latest failure is not of the Activity's own code, in words; empty where it is."""
    worker: str = ""
    """The identity of the Worker that took it last."""
    next_attempt_in: float | None = None
    """Only while retrying."""
    fires_in: float | None = None
    """Only while a timer runs."""

    @property
    def seconds(self) -> float | None:
        """From scheduled to closed, waits between attempts included; None while it is open."""
        return None if self.ended is None else max(0.0, self.ended - self.began)

    @property
    def open(self) -> bool:
        return self.ended is None and self.state != LEFT_OPEN

    @property
    def label(self) -> str:
        """Its name, and what it is where that is no Activity and no timer."""
        what = {"signal": "Signal ", "update": "Update ", "child": "child Workflow "}
        return what.get(self.kind, "") + self.name


@dataclass(frozen=True)
class Progress:
    """All that is known of a Workflow at one moment; what a condition is asked about."""

    workflow_type: str
    workflow_id: str
    run_id: str
    status: str
    """running, completed, failed, canceled, terminated, continued as new, timed out or paused."""
    steps: tuple[Step, ...]
    workers: frozenset[str] = frozenset()
    """The identities of the Workers that ran the Workflow's code."""

    @property
    def running(self) -> bool:
        return self.status in ("running", "paused")

    def summary(self) -> str:
        """How far it is, such as "2 of 3 steps completed so far". Each row is counted in it.

        Signals and Updates are no steps. Nor is a timer that was cancelled: `wait_condition` with a
        timeout starts one, and needs it no more when its condition comes true.
        """
        steps = [s for s in self.steps if s.kind in ("activity", "timer", "child")]
        idle = [s for s in steps if s.kind == "timer" and s.state == "cancelled"]
        done = sum(s.state in ("completed", "fired") for s in steps)
        count = len(steps) - len(idle)
        text = f"{done} of {count} steps completed" if count else "no steps"
        text += " so far" if self.running else ""
        kinds = [("timer", "cancelled", len(idle))]
        for kind in ("Signal", "Update"):
            kinds.append((kind, "received", sum(s.kind == kind.lower() for s in self.steps)))
        more = [f"{counted(n, kind)} {word}" for kind, word, n in kinds if n]
        return ", ".join([text, *more])


def _inside(failure: Failure) -> Failure:
    """The failure that is told of: those around it only say that something inside failed."""
    outer = ("activity_failure_info", "child_workflow_execution_failure_info")
    while failure.WhichOneof("failure_info") in outer and failure.HasField("cause"):
        failure = failure.cause
    return failure


def outside(failure: Failure) -> str:
    """Why a failure is not of the Activity's own code, in words; empty where it is."""
    failure = _inside(failure)
    if failure.WhichOneof("failure_info") == "timeout_failure_info":
        kind = TimeoutType.Name(failure.timeout_failure_info.timeout_type)
        named = kind.removeprefix("TIMEOUT_TYPE_").replace("_", "-").capitalize()
        return f"its {named} timeout was over"
    if "is not registered on this worker" in failure.message:
        return "the Worker does not know it"
    files = re.findall(r'File "(.+?)", line \d+', failure.stack_trace)
    if files and all(is_library(file) for file in files):
        return "the SDK could not give it its input, or could not keep what it returned"
    return ""


def is_library(file: str) -> bool:
    """Whether code is Python's or a package's, and not what somebody here has written."""
    place = file.replace("\\", "/")
    return "/site-packages/" in place or "/lib/python" in place or place.startswith("<frozen")


def failure_text(failure: Failure, limit: int = ERROR_LENGTH) -> str:
    """Type and message of a failure as one line, shortened to `limit` characters."""
    failure = _inside(failure)
    kind = {
        "application_failure_info": failure.application_failure_info.type or "ApplicationError",
        "timeout_failure_info": "TimeoutError",
        "canceled_failure_info": "CancelledError",
        "terminated_failure_info": "TerminatedError",
        "server_failure_info": "ServerError",
    }.get(failure.WhichOneof("failure_info") or "", "Failure")
    return error_line(kind, failure.message, limit)


def error_line(kind: str, message: str, limit: int) -> str:
    """An error as one line of at most `limit` characters, without the key that it may hold."""
    return clean(_without_key(f"{kind}: {message}"), limit)


def exception_line(error: BaseException) -> str:
    """Type and message of an exception as one line."""
    kind = type(error).__name__
    if isinstance(error, ApplicationError):
        kind = error.type or kind
    message = error.message if isinstance(error, FailureError) else str(error)
    return error_line(kind, message, 300)


@lru_cache(maxsize=256)  # a panel shows the same error many times a second
def _without_key(text: str) -> str:
    try:
        return settings.load().without_key(text)
    except WorkshopError:
        return text


def seconds(named: Timestamp | Duration) -> float:
    """Unix seconds of a moment that the service names, or a length of time; 0.0 where none."""
    return float(named.seconds) + named.nanos / 1e9
