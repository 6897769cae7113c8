"""The learner's cell beside the one that was given and one right way of finishing it, by lines."""

from __future__ import annotations

import difflib
import keyword
import re
from dataclasses import dataclass

from workshop.checks.blanks import code_lines
from workshop.checks.learner import Learner

WORD = re.compile(r"\w+")
_ALIKE = 0.45
"""From this ratio on a cell or a line is the given one, changed; below it is another text."""


@dataclass(frozen=True)
class Difference:
    """A place where the learner's cell differs from one right way: lines that stand there."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]


def differences(learner: Learner) -> list[Difference]:
    """The places, in order; none where the cell is another text altogether."""
    ours, theirs = code_lines(learner.text), code_lines(learner.blank.finished)
    match = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    if difflib.SequenceMatcher(None, "\n".join(ours), "\n".join(theirs)).ratio() < _ALIKE:
        return []
    return [
        Difference(tuple(ours[a:b]), tuple(theirs[c:d]))
        for tag, a, b, c, d in match.get_opcodes()
        if tag != "equal"
    ]


def secret(learner: Learner) -> set[str]:
    """Words of the solution that the learner's cell has not got, not even misspelt."""
    own = {*WORD.findall(learner.text), *keyword.kwlist}
    theirs = {*WORD.findall("\n".join(code_lines(learner.blank.finished)))} - own
    return {word for word in theirs if not difflib.get_close_matches(word, own, 1, 0.8)}


def missing_given(learner: Learner) -> list[str]:
    """Lines that were given, that every way needs, and that are gone from the cell."""
    solution, text = code_lines(learner.blank.finished), code_lines(learner.text)
    given = [line for line in code_lines(learner.blank.practice) if line in solution]
    return [line for line in given if line not in text and re.search(r"\w", line)]


def advice(learner: Learner, line: str = "") -> str:
    """What to write where the cell differs, or an empty string.

    Args:
        line: the line of the cell in which something went wrong; that place is looked at first.
    """
    found = differences(learner)
    if not found or len(found) > 6:
        return ""
    bare = code_lines(line)
    chosen = next((d for d in found if bare and bare[0] in d.ours), found[0])
    ours, theirs = list(chosen.ours), list(chosen.theirs)
    if bare and bare[0] in ours and len(ours) > 1:
        near = difflib.get_close_matches(bare[0], theirs, 1, _ALIKE)
        ours, theirs = bare[:1], near or theirs
    if [f"{line}," for line in ours] == theirs:
        return f"A comma is missing at the end of {_shown(ours)}."
    if not theirs:
        return f"Take {_shown(ours)} out."
    if not ours:
        return f"{_shown(theirs)} is missing: put it in."
    if max(len(ours), len(theirs)) > 4:
        return ""
    return f"Instead of {_shown(ours)} write {_shown(theirs)}."


def _shown(lines: list[str]) -> str:
    cut = [line if len(line) <= 120 else f"{line[:117]}…" for line in lines]
    return " and below it ".join(f"`{line}`" for line in cut)
