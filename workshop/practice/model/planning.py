"""Which tools a request needs, and in what order: its clauses, each with the tool that fits it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from workshop.practice.model import arguments
from workshop.practice.model.rewriting import words

_ENOUGH = 2
"""A tool fits when this many of its words are there; words of its name count double."""
_BREAK = re.compile(
    r"(?i)(?P<mark>[,;:]\s+|[.?!](?:\s+|$)|\n+|\s+(?=(?:and|then)\s))(?:and\s+)?(?P<then>then,?\s+)?"
)
_QUOTED = re.compile(r"\"[^\"\n]*\"|\u201c[^\u201d\n]*\u201d|`[^`\n]*`")
_PREPOSITION = re.compile(r"(?:for|about|on|in|of|at|regarding)\s", re.IGNORECASE)
_VERB = re.compile(
    r"(?i)(?:say|tell|write|explain|answer|compare|summar\w+|report|give|show|find|name|list|describe|"
    r"book|send|make|add|use|decide|which|what|who|how|when|where|why|whether|if|please)\b"
)
_SUM = re.compile(r"[\d)]\s*(?:\*\*|[-+*/%^×÷])\s*[(\d-]")
_OF_RESULTS = re.compile(
    r"(?i)\b(?:times|plus|minus|multipl\w+|divid\w+|add|subtract)\b[^.?!]*\d|\b(?:sum|product|difference)\b"
    r"|\b(?:add|multiply|divide|subtract)\s+(?:them|these|those|both|the)\b"
)
"""Asks to calculate with what results said."""
_ADDRESS = re.compile(r"https?://\S")
_GIVEN = re.compile(f"{_SUM.pattern}|{_ADDRESS.pattern}")
_SUBJECT_WORDS = 4
_MOST_SUBJECTS = 8


@dataclass
class Step:
    """One tool, called once for each of its texts, all in one turn."""

    tool: dict[str, Any]
    texts: list[str] = field(default_factory=list)
    """The clauses that its arguments come from."""


def fit(tool: dict[str, Any], text: str) -> int:
    """How well a tool fits a text, counted in words; a sum or an address counts as two."""
    asked = set(words(re.sub(r"\be-mail", "email", text, flags=re.IGNORECASE)))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]", " ", tool["name"])
    named, described = set(words(spaced)), set(words(str(tool.get("description") or "")))
    score = 2 * len(asked & named) + len(asked & (described - named))
    takes = " ".join(arguments.known(tool)).casefold()
    sums = _SUM.search(text) or _OF_RESULTS.search(text)
    score += _ENOUGH if sums and re.search(arguments.SUM_NAMES, takes) else 0
    address = _ADDRESS.search(text) and re.search(arguments.ADDRESS_NAMES, takes)
    return score + (_ENOUGH if address else 0)


def plan(request: str, tools: list[dict[str, Any]]) -> list[Step]:
    """The steps that a request asks for, in its own order; empty where no tool fits.

    "Search the notes for bees and for tea, then calculate 2 * 3" is two steps: the notes are
    searched twice in one turn, and what follows waits for it.
    """
    steps: list[Step] = []
    for text, later in _clauses(request):
        tool = _best(tools, text)
        started = {step.tool["name"] for step in steps}
        # "… and say which note is older" names the notes, but asks for a text.
        if (
            tool
            and steps
            and tool["name"] in started
            and _VERB.match(text)
            and not _GIVEN.search(text)
        ):
            continue
        if tool and steps and steps[-1].tool is tool and not later:
            steps[-1].texts.append(text)
        elif tool:
            steps.append(Step(tool, [text]))
        elif steps and not later and (more := _another(steps[-1], text)):
            steps[-1].texts.append(more)
    if not steps and (whole := _best(tools, request)):
        steps = [Step(whole, [request])]
    for step in steps:
        most = _MOST_SUBJECTS if _one_needed(step.tool) else 1
        step.texts = list(dict.fromkeys(step.texts))[:most]
    return steps


def ranked(request: str, tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tools, best first."""
    return sorted(tools, key=lambda tool: -fit(tool, request))


def _best(tools: list[dict[str, Any]], text: str) -> dict[str, Any] | None:
    first = next(iter(ranked(text, tools)), None)
    return first if first and fit(first, text) >= _ENOUGH else None


def _clauses(request: str) -> list[tuple[str, bool]]:
    """The request's clauses, each with whether "then" stands before it."""
    masked = _QUOTED.sub(lambda found: re.sub(r"\s", "\0", found[0]), request)
    found: list[tuple[str, bool]] = []
    start, later = 0, False
    for gap in _BREAK.finditer(masked):
        found.append((masked[start : gap.start()], later))
        start, later = gap.end(), bool(gap["then"])
    found.append((masked[start:], later))
    return [(text.replace("\0", " ").strip(), then) for text, then in found if text.strip()]


def _another(step: Step, text: str) -> str | None:
    """A clause that only names one more subject for the step before it, as a whole clause."""
    if _VERB.match(text) or not _one_needed(step.tool):
        return None
    short = len(text.split()) <= _SUBJECT_WORDS
    if _PREPOSITION.match(text):
        return text if short else None
    before = [found[0] for found in re.finditer(_PREPOSITION.pattern, step.texts[-1])]
    return f"{before[-1]}{text}" if short and before and re.search(r"\w", text) else None


def _one_needed(tool: dict[str, Any]) -> bool:
    """Whether just one argument is needed: only then another subject is another call."""
    return len(arguments.needed(tool)) == 1
