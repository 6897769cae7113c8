"""Spans and marks: what a timeline is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workshop.watching.follow.rows import SIGNS

WAITING = "waiting for a Worker"
CONTINUED = "continued as new"
UNTAKEN_SECONDS = 0.5
"""A Worker that is there takes a task within milliseconds; on a busy machine it may need longer."""


@dataclass(frozen=True)
class Span:
    """A stretch of a row, in seconds since the Workflow's start."""

    state: str
    """How it is drawn: completed, failed, timed out, running, waiting, timer, left open, untaken,
    unanswered or run."""
    what: str
    """In words, such as "attempt 4 completed"."""
    begins: float
    ends: float
    error: str = ""
    words: str = ""
    """What else is to be said of it, such as why a timer was cancelled."""

    @property
    def sign(self) -> str:
        if self.state in ("untaken", "unanswered"):
            return "✗"
        if self.what.startswith(CONTINUED):
            return "✓"
        return SIGNS.get(self.what) or SIGNS.get(self.state, "…")


@dataclass(frozen=True)
class Mark:
    """A moment of a row, in seconds since the Workflow's start."""

    kind: str
    """signal, query, rejected (an Update that was) or call."""
    what: str
    at: float
    words: str = ""
    dollars: float = 0.0
    """What an LLM call cost, in US dollars."""
    failed: bool = False
    """The LLM call got no good answer."""
    lost: bool = False
    """The LLM call was answered and paid for, and its Activity's attempt did not complete."""


@dataclass(frozen=True)
class Row:
    """One line of the picture."""

    kind: str
    """run, worker, activity, timer, child, signal, update, query or call."""
    label: str
    words: str
    """Its state with a sign, and how long it took."""
    error: str = ""
    plain: bool = False
    """Whether it completed at once, so that a picture with too many rows may leave it out."""
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()

    def since(self, zero: float) -> Row:
        """The same row, of which the times so far were Unix seconds."""
        spans = [
            replace(s, begins=s.begins - zero, ends=max(s.begins, s.ends) - zero)
            for s in self.spans
        ]
        marks = [replace(mark, at=mark.at - zero) for mark in self.marks]
        return replace(self, spans=tuple(spans), marks=tuple(marks))


def times(count: int, word: str) -> str:
    return word if count == 1 else f"{word} {count} times"
