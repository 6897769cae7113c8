"""What a check says: right, not yet, not attempted; and the exceptions that lead there."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from workshop.core.errors import WorkshopError
from workshop.core.svg import VERBATIM

RIGHT, NOT_YET, NOT_ATTEMPTED = "right", "not yet", "not attempted"
NOT_DECIDED = "not decided"
_HEADS = {
    RIGHT: "✓ Right",
    NOT_YET: "✗ Not yet",
    NOT_ATTEMPTED: "– Not attempted",
    NOT_DECIDED: "? Not decided",
}


class CheckFailed(WorkshopError):
    """A check that is not right, where WORKSHOP_STRICT=1 asks for an exception."""


class CheckNotDecided(WorkshopError):
    """A check that could find out nothing, where WORKSHOP_STRICT=1 asks for an exception."""


class NotDecided(BaseException):
    """Nothing can be said: this machine is too busy. No `except Exception` of a check takes it."""


class Slip(str):
    """What to do about a mistake of typing: nobody learns from a search for it, so it is said."""


class NotYet(Exception):
    """A step is not as it should be: what was seen, and what to try."""

    verdict = NOT_YET

    def __init__(self, saw: str, do: str = "") -> None:
        super().__init__(saw, do)
        self.saw, self.do = saw, do


class NotAttempted(NotYet):
    """There is nothing to judge yet: the blank is open, or its cell has not been run."""

    verdict = NOT_ATTEMPTED


@dataclass(frozen=True)
class Outcome:
    """What one check found. In a notebook it shows itself."""

    name: str
    verdict: str
    """`right`, `not yet`, `not attempted` or `not decided`."""
    passed: tuple[str, ...] = ()
    """The steps that are right, in order."""
    step: str = ""
    """The first step that is not."""
    saw: str = ""
    direction: str = ""
    """Where to look. It is shown from the second rung on."""
    do: str = ""
    """What to write. It is shown where nothing is to be learned from finding it."""
    means: str = ""
    """Where it is right: what that means."""
    told: str = ""
    """How far the learner is, in words."""
    seconds: float = 0.0
    slip: bool = False
    """A mistake of typing."""
    rung: int = 0
    """How much of the ladder is shown: 1 what was seen, 2 the direction, 3 what to do."""
    remedy: str = ""
    """What one right way has in that place, beside what the learner has."""

    @property
    def climbs(self) -> bool:
        """Whether there is something to find: then it is told a rung at a time."""
        return self.verdict == NOT_YET and not self.slip

    @property
    def _said(self) -> list[tuple[str, str]]:
        """Names and words of what this rung shows."""
        told = [("Saw", self.saw)]
        if not self.climbs:
            told.append(("Try", self.do))
        elif self.rung > 1:
            told.append(("Where", self.direction))
        return told

    @property
    def _below(self) -> list[str]:
        more = f'More help: hint("{self.name}")' if self.climbs else ""
        return [line for line in (self.told, more) if line]

    @property
    def _step(self) -> str:
        return f"{'? not decided' if self.verdict == NOT_DECIDED else '✗ not yet'}: {self.step}"

    @property
    def text(self) -> str:
        """All of it in words, as it is printed."""
        lines = [f"{_HEADS[self.verdict]}: {self.name}"]
        if self.verdict == RIGHT:
            lines.append(f"  {self.means}")
        else:
            lines += [f"  ✓ right: {step}" for step in self.passed]
            lines += [f"  {self._step}"] if self.step else []
            lines += [f"  {name}: {words}" for name, words in self._said]
        return "\n".join([*lines, *(f"  {line}" for line in self._below)])

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        escape = html.escape
        rows: Sequence[str]
        if self.verdict == RIGHT:
            rows = [escape(self.means)]
        else:
            rows = [f"✓ right: {escape(step)}" for step in self.passed]
            rows += [escape(self._step)] if self.step else []
            rows += [f"<strong>{name}</strong> {_marked(words)}" for name, words in self._said]
        rows = [*rows, *map(escape, self._below)]
        edge = {RIGHT: "solid", NOT_YET: "dashed"}.get(self.verdict, "dotted")
        body = "".join(f"<div>{row}</div>" for row in rows)
        return (
            f'<div role="status" class="{VERBATIM}" '
            f'style="border-left:4px {edge} currentColor;padding:2px 0 2px 12px;'
            "color:var(--jp-content-font-color1,inherit);line-height:1.6;"
            'overflow-wrap:anywhere">'
            f"<strong>{_HEADS[self.verdict]}: {escape(self.name)}</strong>{body}</div>"
        )


def _marked(text: str) -> str:
    """Escaped, with what stands in backticks as code."""
    parts = html.escape(text).split("`")
    if len(parts) % 2 == 0:
        return html.escape(text)
    return "".join(f"<code>{p}</code>" if n % 2 else p for n, p in enumerate(parts))
