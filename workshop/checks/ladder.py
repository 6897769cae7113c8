"""The ladder: a first "not yet" says what was seen, the next attempt a direction, a hint the rest.

Whoever is told the line at once copies it. The place is kept with progress, so that a restart of
the kernel does not begin anew.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import replace

from workshop.checks.learner import Learner
from workshop.checks.outcome import RIGHT, Outcome
from workshop.checks.progress import Place

SAW, DIRECTION, DO = 1, 2, 3


def attempt(learner: Learner) -> str:
    """A digest of the cell: another comment or other spaces are no new attempt."""
    text = ast.dump(learner.tree) if learner.tree.body else learner.text
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def climb(before: Place | None, outcome: Outcome, text: str) -> Place | None:
    """The place after a check; the same where there was nothing to judge, or one of typing."""
    if outcome.verdict == RIGHT:
        return None
    if not outcome.climbs:
        return before
    if before is None or before.step != outcome.step:
        return Place(outcome.step, text, SAW)
    return before if before.text == text else Place(outcome.step, text, DIRECTION)


def higher(before: Place, again: bool) -> Place:
    """The place after a hint.

    Args:
        again: the same hint is wanted once more.
    """
    rung = max(before.rung, DIRECTION) if again else min(before.rung + 1, DO)
    return replace(before, rung=rung)
