"""The faults that are in force at the practice model, and whose calls they are for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from workshop.core.display import counted, dollars
from workshop.practice.model import NOBODY, WAYS
from workshop.practice.model.errors import ApiError, wrong_key

_RATE = (
    "Rate limit reached for practice-model on requests per min (RPM). "
    "Please try again in {0.retry_after:g}s."
)
_QUOTA = "You exceeded your current quota, please check your plan and billing details."
_SORRY = "The server had an error while processing your request. Sorry about that."
_ERRORS = {
    "rate_limited": (429, "requests", "rate_limit_exceeded", _RATE),
    "quota_exhausted": (429, "insufficient_quota", "insufficient_quota", _QUOTA),
    "budget": (429, "insufficient_quota", "insufficient_quota", _QUOTA + " {0.used_up}"),
    "server_error": (500, "server_error", "server_error", _SORRY),
}
"""Status, type, code and message: https://platform.openai.com/docs/guides/error-codes"""
_KINDS = (*_ERRORS, "wrong_key", "slow", "dropped", "unplugged", "misbehaving")


@dataclass(eq=False)
class Fault:
    """One fault that some client holds."""

    kind: str
    times: int | None = None
    """Calls that it is still for; None means all."""
    seconds: float = 0
    retry_after: float = 0
    matching: str = ""
    dollars: float | None = None
    """What a budget allows, in US dollars; None means any amount."""
    calls: int | None = None
    """Answers that a budget allows; None means any number."""
    how: str = ""
    """In which way a model misbehaves, one of `WAYS`; empty for other faults."""
    notebook: str = NOBODY
    """Whose calls it is for."""
    spent: float = field(default=0, init=False)
    """US dollars of a budget that were spent."""
    answered: int = field(default=0, init=False)
    """Calls of a budget that were answered."""
    ended: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set when the fault is over."""

    def __post_init__(self) -> None:
        """Raises ValueError or TypeError for what is no number, here and not in somebody's call."""
        self.times, self.calls = (n if n is None else int(n) for n in (self.times, self.calls))
        self.dollars = None if self.dollars is None else float(self.dollars)
        self.seconds = min(max(float(self.seconds), 0), 3600)
        self.retry_after = float(self.retry_after)
        self.matching, self.notebook = str(self.matching), str(self.notebook)

    @classmethod
    def from_line(cls, line: bytes) -> Fault:
        """Read what `FaultContext` sends.

        Raises:
            ValueError, TypeError: it is no such line.
        """
        fault = cls(**json.loads(line))
        if fault.kind not in _KINDS or (fault.kind == "misbehaving") != (fault.how in WAYS):
            raise ValueError("unknown fault")
        return fault

    def fits(self, notebook: str, prompt: str) -> bool:
        """Whether it is meant for a call of this notebook with this prompt."""
        return self.notebook == notebook and self.matching.casefold() in prompt.casefold()

    @property
    def sleeps(self) -> bool:
        """Whether it lets calls pass: it was for fewer, or its budget is not used up yet."""
        if self.kind != "budget":
            return self.times == 0
        poor = self.dollars is not None and self.spent >= self.dollars
        return not poor and (self.calls is None or self.answered < self.calls)

    @property
    def used_up(self) -> str:
        """What a budget's error says, in a sentence."""
        given = [] if self.dollars is None else [f"${self.dollars:g}"]
        given += [] if self.calls is None else [counted(self.calls, "call")]
        return (
            f"The budget of {' or '.join(given)} is used up: "
            f"{counted(self.answered, 'call')} answered, {dollars(self.spent)} spent."
        )

    def error(self) -> ApiError | None:
        """The answer that the API gives for this fault; None where it gives none."""
        if self.kind == "wrong_key":
            return wrong_key()
        if self.kind not in _ERRORS:
            return None
        status, kind, code, message = _ERRORS[self.kind]
        error = ApiError(status, message.format(self), kind=kind, code=code)
        if self.kind == "rate_limited":
            error.headers["Retry-After"] = f"{self.retry_after:g}"
        return error


class Faults:
    """The faults in force. The newest that fits a call decides, as the innermost block would."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._active.append(fault)

    def end(self, fault: Fault) -> None:
        """Take a fault out of force. Twice is harmless."""
        fault.ended.set()
        if fault in self._active:
            self._active.remove(fault)

    def end_all(self, notebook: str | None = None) -> int:
        """End every fault of a notebook, or of all; returns how many there were."""
        faults = [fault for fault in self._active if notebook in (None, fault.notebook)]
        for fault in faults:
            self.end(fault)
        return len(faults)

    def unplugged(self, notebook: str) -> bool:
        """Whether this notebook's connections are to be cut."""
        return any(f.kind == "unplugged" and f.notebook == notebook for f in self._active)

    def take(
        self, notebook: str, prompt: str, applies: Callable[[Fault], bool] = lambda fault: True
    ) -> Fault | None:
        """The fault for a call of this notebook with this prompt, counted as used."""
        for fault in reversed(self._active):
            if fault.kind == "unplugged" or fault.sleeps:
                continue
            if fault.fits(notebook, prompt) and applies(fault):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def charge(self, notebook: str, prompt: str, dollars: float) -> None:
        """Count an answer that is about to be given, and its price, in every budget it is for."""
        for fault in self._active:
            if fault.kind == "budget" and fault.fits(notebook, prompt):
                fault.answered += 1
                fault.spent += dollars
