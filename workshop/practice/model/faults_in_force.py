"""The faults that are in force at the practice model, and whose calls they are for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workshop.core.display import counted, dollars
from workshop.practice.model import NOBODY, WAYS
from workshop.practice.model.api import ApiError, wrong_key_error

_KINDS = (
    *("rate_limited", "quota_exhausted", "server_error", "wrong_key", "slow", "dropped"),
    *("unplugged", "budget", "misbehaving"),
)


@dataclass(eq=False)
class Fault:
    """One fault that some client holds."""

    kind: str
    times: int | None = None
    """Calls that it is still for; None means all."""
    seconds: float = 0
    matching: str = ""
    dollars: float | None = None
    """What a budget allows, in US dollars; None means any amount."""
    calls: int | None = None
    """Answers that a budget allows; None means any number."""
    how: str = ""
    """In which way a model misbehaves, one of `WAYS`; empty for other faults."""
    notebook: str = NOBODY
    """Whose calls it is for."""
    spent: float = 0
    """US dollars of a budget that were spent."""
    answered: int = 0
    """Calls of a budget that were answered."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the fault is over."""

    @classmethod
    def from_line(cls, line: bytes) -> Fault:
        """Read what `FaultContext` sends.

        Raises:
            ValueError: it is no such line.
        """
        wish: dict[str, Any] = json.loads(line)
        if wish["kind"] not in _KINDS:
            raise ValueError("unknown fault")
        how = wish.get("how") or ""
        if (wish["kind"] == "misbehaving") != (how in WAYS):
            raise ValueError("unknown misbehaviour")
        times, seconds = wish.get("times"), wish.get("seconds") or 0
        return cls(
            kind=wish["kind"],
            times=None if times is None else int(times),
            seconds=min(max(float(seconds), 0), 3600),
            matching=str(wish.get("matching") or ""),
            dollars=None if wish.get("dollars") is None else float(wish["dollars"]),
            calls=None if wish.get("calls") is None else int(wish["calls"]),
            how=how,
            notebook=str(wish.get("notebook") or NOBODY),
        )

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

    def _used_up(self) -> str:
        """What a budget's error says, in a sentence."""
        given = [] if self.dollars is None else [f"${self.dollars:g}"]
        given += [] if self.calls is None else [counted(self.calls, "call")]
        return (
            f"The budget of {' or '.join(given)} is used up: "
            f"{counted(self.answered, 'call')} answered, {dollars(self.spent)} spent."
        )

    def error(self) -> ApiError | None:
        """The answer that the API gives for this fault; None where it gives none.

        https://platform.openai.com/docs/guides/error-codes
        """
        match self.kind:
            case "rate_limited":
                seconds = f"{self.seconds:g}"
                return ApiError(
                    429,
                    "Rate limit reached for practice-model on requests per min (RPM). "
                    f"Please try again in {seconds}s.",
                    kind="requests",
                    code="rate_limit_exceeded",
                    headers={"Retry-After": seconds},
                )
            case "quota_exhausted" | "budget" as kind:
                words = (
                    "You exceeded your current quota, please check your plan and billing details."
                )
                words += f" {self._used_up()}" if kind == "budget" else ""
                quota = "insufficient_quota"
                return ApiError(429, words, kind=quota, code=quota)
            case "server_error" as kind:
                words = "The server had an error while processing your request. Sorry about that."
                return ApiError(500, words, kind=kind, code=kind)
            case "wrong_key":
                return wrong_key_error()
        return None


class Faults:
    """The faults in force. The newest that fits a call decides, as the innermost block would."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._active.append(fault)

    def end(self, fault: Fault) -> None:
        """Take it out of force. Twice is harmless."""
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
        """The fault for a call of this notebook with this prompt, counted as used.

        Args:
            applies: whether a fault makes sense for the call, beyond its prompt.
        """
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
